"""Closed forms: the models the papers solve with actions in [0, ∞), as auctions that can be run."""

from robustmech.continuum.common_value import CommonValue, ValueLaw
from robustmech.continuum.compound import CompoundProportional
from robustmech.continuum.constant_sum import ConstantSum, ConstantSumAuction
from robustmech.continuum.gridded import GriddedModel, on_grids
from robustmech.continuum.known_means import KnownMeans
from robustmech.continuum.public_expenditure import BilateralTrade, PublicExpenditure
from robustmech.continuum.rules import AuctionRule, checked_bids

__all__ = [
    "AuctionRule",
    "BilateralTrade",
    "CommonValue",
    "CompoundProportional",
    "ConstantSum",
    "ConstantSumAuction",
    "GriddedModel",
    "KnownMeans",
    "PublicExpenditure",
    "ValueLaw",
    "checked_bids",
    "on_grids",
]
