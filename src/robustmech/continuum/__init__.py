"""Closed forms: the models the papers solve with actions in [0, ∞), as auctions that can be run."""

from robustmech.continuum.rules import AuctionRule, checked_bids

__all__ = ["AuctionRule", "checked_bids"]
