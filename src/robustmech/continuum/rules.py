"""What every auction rule on real bids offers."""

from typing import Protocol

import numpy as np

from robustmech.errors import InputError, ShapeError
from robustmech.model import FloatArray


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
        InputError: for a bid that is negative or not finite; the message names its place.
    """
    array = np.asarray(bids, dtype=np.float64)
    if array.ndim == 0 or array.shape[-1] != bidders:
        raise ShapeError(f"bids have shape {array.shape}: expected one bid per bidder, (…, {bidders})")
    bad = np.argwhere(~(np.isfinite(array) & (array >= 0)))
    if bad.size:
        place = tuple(int(v) for v in bad[0])
        raise InputError(f"bids[{', '.join(map(str, place))}] is {array[place]}: bids must be finite and at least zero")
    return array
