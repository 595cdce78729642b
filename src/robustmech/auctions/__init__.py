"""Auctions for real bids: designed from what a seller knows, written to a file, cleared to the coin."""

from robustmech.auctions.auction_file import AuctionFile, Comparison, Constants, Example
from robustmech.auctions.bids import SealedBids, parse_bid, read_bids
from robustmech.auctions.designing import design, terms_of
from robustmech.auctions.reading import read_auction
from robustmech.auctions.rounding import Rounding
from robustmech.auctions.settlement import Line, Settlement, settle, settle_all
from robustmech.auctions.terms import CommonValueTerms, KnownMeansTerms, Terms
from robustmech.auctions.writing import require_replaceable, write_auction

__all__ = [
    "AuctionFile",
    "CommonValueTerms",
    "Comparison",
    "Constants",
    "Example",
    "KnownMeansTerms",
    "Line",
    "Rounding",
    "SealedBids",
    "Settlement",
    "Terms",
    "design",
    "parse_bid",
    "read_auction",
    "read_bids",
    "require_replaceable",
    "settle",
    "settle_all",
    "terms_of",
    "write_auction",
]
