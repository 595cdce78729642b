"""What every auction rule on real bids offers."""

from decimal import ROUND_FLOOR, Context, localcontext
from typing import Protocol

from robustmech.model import FloatArray
from robustmech.model.profiles import checked_profiles


class AuctionRule(Protocol):
    """An auction for non-negative real bids, one per bidder; vectorised over profiles of bids."""

    @property
    def bidders(self) -> int:
        """The number of bidders N."""
        ...

    def allocate(self, bids: FloatArray) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders) for bids of that shape; sums to at most one."""
        ...

    def transfers(self, bids: FloatArray) -> FloatArray:
        """What each bidder pays, shape (…, bidders), in units of the values; zero for a zero bid."""
        ...


def checked_bids(bids: object, bidders: int) -> FloatArray:
    """Bids as a float array of shape (…, bidders).

    Raises:
        ShapeError: if the last axis is not the bidders.
        InputError: for what is not a number, or a bid that is negative or not finite; the message names its place.
    """
    return checked_profiles(bids, bidders, "bidder")


def rounded_down(number: float, digits: int = 6) -> str:
    """A number that is promised, with this many digits and never more than it is."""
    with localcontext(Context(prec=digits, rounding=ROUND_FLOOR)) as context:
        return f"{float(context.create_decimal(repr(float(number)))):.{digits}g}"
