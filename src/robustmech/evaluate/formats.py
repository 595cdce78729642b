"""Well-known ways to sell one good, as mechanisms on finite sets of actions.

Shares of a good are whole numbers of 2^−40, so that thirds are rounded down; what is paid is the price times the share.
The grids' laws say nothing here: all actions get equal weight.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from robustmech.errors import InputError
from robustmech.model import MECHANISM_DENOMINATOR, FloatArray, Grid, Mechanism, rationals


def posted_price(bidders: int, price: float) -> Mechanism:
    """A price for the good: action 1 accepts and action 0 declines.

    The good goes to the first that accepts in random order, so all that accept are equally likely to get it.
    """
    _require_bidders(bidders)
    exact = _amounts([price], "price")[0]
    accepts = np.indices((2,) * bidders).astype(np.bool_)
    return _sale((2,) * bidders, accepts, np.full(accepts.shape, exact))


def first_price(bidders: int, bids: Sequence[float] | npt.ArrayLike) -> Mechanism:
    """The highest bid wins and pays itself; ties are split equally.

    Args:
        bids: the bids that are allowed, increasing from zero; action j is bid j.
    """
    placed = _placed_bids(bidders, bids)
    return _sale(placed.shape[1:], placed == placed.max(axis=0), placed)


def second_price(bidders: int, bids: Sequence[float] | npt.ArrayLike) -> Mechanism:
    """The highest bid wins and pays the highest of the others' bids; ties are split equally.

    Args:
        bids: the bids that are allowed, increasing from zero; action j is bid j.
    """
    placed = _placed_bids(bidders, bids)
    others = np.zeros_like(placed)
    for i in range(bidders):
        others[i] = np.delete(placed, i, axis=0).max(axis=0, initial=0.0)
    return _sale(placed.shape[1:], placed == placed.max(axis=0), others)


def _sale(shape: tuple[int, ...], winners: npt.NDArray[np.bool_], price: FloatArray) -> Mechanism:
    """Split the good equally among the winners, each at its own price per unit: arrays (bidders, m_1, …, m_N)."""
    share = winners * (MECHANISM_DENOMINATOR // np.maximum(winners.sum(axis=0), 1))
    return Mechanism(
        grids=tuple(Grid.quantile(actions) for actions in shape),
        decision_counts=np.moveaxis(share, 0, -1).astype(np.int64),
        transfers=price * (share / MECHANISM_DENOMINATOR),
        decision_names=tuple(f"bidder {i + 1} gets the good" for i in range(len(shape))),
    )


def _placed_bids(bidders: int, bids: Sequence[float] | npt.ArrayLike) -> FloatArray:
    """Each bidder's bid at each profile, shape (bidders, m, …, m)."""
    _require_bidders(bidders)
    levels = _amounts(bids, "bids")
    if levels.ndim != 1 or levels.size < 2 or levels[0] != 0 or (np.diff(levels) <= 0).any():
        raise InputError("bids must be at least two numbers that increase from zero")
    return levels[np.indices((levels.size,) * bidders)]


def _amounts(numbers: Sequence[float] | npt.ArrayLike, what: str) -> FloatArray:
    amounts = rationals(numbers, what).astype(np.float64)
    if (amounts < 0).any():
        raise InputError(f"{what}: every amount must be at least zero")
    return amounts


def _require_bidders(bidders: int) -> None:
    if bidders < 1:
        raise InputError(f"{bidders} bidders: there must be at least one")
