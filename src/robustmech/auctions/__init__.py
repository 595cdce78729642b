"""Auctions for real bids: designed from what a seller knows, written to a file, cleared to the coin."""

from robustmech.auctions.auction_file import AuctionFile, Comparison, Constants, Example
from robustmech.auctions.bids import SealedBids, parse_bid, read_bids
from robustmech.auctions.designing import design
from robustmech.auctions.reading import read_auction
from robustmech.auctions.recognising import terms_of
from robustmech.auctions.rounding import Rounding
from robustmech.auctions.sale import Sale
from robustmech.auctions.settlement import Line, Settlement, settle, settle_all
from robustmech.auctions.solved_terms import SolvedTerms, solved_terms
from robustmech.auctions.terms import ClosedForm, CommonValueTerms, KnownMeansTerms, Terms
from robustmech.auctions.writing import require_replaceable, write_auction

__all__ = [
    "AuctionFile",
    "ClosedForm",
    "CommonValueTerms",
    "Comparison",
    "Constants",
    "Example",
    "KnownMeansTerms",
    "Line",
    "Rounding",
    "Sale",
    "SealedBids",
    "Settlement",
    "SolvedTerms",
    "Terms",
    "design",
    "parse_bid",
    "read_auction",
    "read_bids",
    "require_replaceable",
    "settle",
    "settle_all",
    "solved_terms",
    "terms_of",
    "write_auction",
]
