"""Auctions for real bids: designed from what a seller knows, written to a file, cleared to the coin."""

from robustmech.auctions.auction_file import AuctionFile, Comparison, read_auction, require_replaceable, write_auction
from robustmech.auctions.bids import SealedBids, parse_bid, read_bids
from robustmech.auctions.designing import design, terms_of
from robustmech.auctions.settlement import Line, Settlement, settle
from robustmech.auctions.terms import CommonValueTerms, KnownMeansTerms, Terms

__all__ = [
    "AuctionFile",
    "CommonValueTerms",
    "Comparison",
    "KnownMeansTerms",
    "Line",
    "SealedBids",
    "Settlement",
    "Terms",
    "design",
    "parse_bid",
    "read_auction",
    "read_bids",
    "require_replaceable",
    "settle",
    "terms_of",
    "write_auction",
]
