"""From exact shares to whole lots: by a lottery anyone can check, or by largest remainders."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from robustmech.model import FloatArray

Rounding = Literal["lottery", "remainders"]

_SAME = 10**9
"""Sums within one part in this many of a whole number, or of the supply, are rounding errors away from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactLots:
    """Each bidder's lots before they are made whole, as exact fractions of one denominator.

    Args:
        numerators: at least zero.
        denominator: above zero.
    """

    numerators: tuple[int, ...]
    denominator: int


def exact_lots(shares: FloatArray, supply: int) -> ExactLots:
    """Shares of the supply as exact numbers of lots that never add up to more than the supply.

    Args:
        shares: at least zero, with a sum of at most one up to rounding.
        supply: the number of lots.
    Returns:
        The shares' binary values times the supply; where they add up to the whole supply within one part in 10^9, or
        to more, they are scaled so that they add up to it exactly.
    """
    ratios = [max(share, 0.0).as_integer_ratio() for share in shares.tolist()]
    denominator = max((below for _, below in ratios), default=1)  # all are powers of two
    parts = [above * (denominator // below) for above, below in ratios]
    total = sum(parts)
    everything = total * _SAME > denominator * (_SAME - 1)
    return ExactLots(
        numerators=tuple(part * supply for part in parts), denominator=total if everything else denominator
    )


def by_lottery(lots: ExactLots, draw: Fraction) -> tuple[int, ...]:
    r"""Round each number of lots down or up, so that on average over the draw nothing is changed.

    With C_i the sum of the first i fractional parts and U the draw, bidder i gets one lot more for every whole number
    k with :math:`C_{i-1} \le U + k < C_i`. For U uniform on [0, 1) that has the probability of the fractional part, and
    the lots together are their exact sum rounded down or up.

    Args:
        lots: what is to be rounded.
        draw: U, at least zero and below one.
    Source: systematic sampling (Madow, 1949).
    """
    rounded: list[int] = []
    reached, drawn = 0, 0
    offset, scale = draw.numerator * lots.denominator, lots.denominator * draw.denominator
    for numerator in lots.numerators:
        whole, rest = divmod(numerator, lots.denominator)
        reached += rest
        past = -((offset - reached * draw.denominator) // scale)
        rounded.append(whole + past - drawn)
        drawn = past
    return tuple(rounded)


def by_remainders(lots: ExactLots) -> tuple[int, ...]:
    """Round each number of lots down; lots left over from the sum, rounded down, go to the largest remainders.

    Sums within 10^−9 of a whole number count as that; ties, to the same accuracy, go to the first.

    Args:
        lots: what is to be rounded.
    """
    whole, rests = zip(*(divmod(numerator, lots.denominator) for numerator in lots.numerators), strict=True)
    total = sum(lots.numerators)
    left = (total * _SAME + lots.denominator) // (lots.denominator * _SAME) - sum(whole)
    order = sorted(range(len(whole)), key=lambda i: (-((rests[i] * _SAME) // lots.denominator), i))
    more = set(order[:left])
    return tuple(count + (i in more) for i, count in enumerate(whole))


def rounding_rule(rounding: Rounding, seed: str) -> str:
    """How lots are rounded, in words."""
    if rounding == "remainders":
        return (
            "Lots are whole: each bidder gets the lots in its share rounded down, and lots left over from the sum of "
            "all shares, itself rounded down, go one each to the largest remainders, ties to the bidder listed first. "
            "Whole lots miss the shares, and so the guarantee, by less than one lot for each bidder."
        )
    named = f" The seed in the rules is '{seed}'." if seed else ""
    return (
        "Lots are whole: each bidder gets the whole lots in its share for certain, and what is left of its share is "
        "its chance of one lot more. One draw U decides for all: the digest of rules and bids, read as a hexadecimal "
        "fraction between 0 and 1. The bidders' parts of a lot are laid end to end in the order listed, and whoever's "
        "part holds U, U + 1, U + 2, … gets one more lot. Lots are the exact shares on average, and never more than "
        f"the supply.{named}"
    )


_PER_LOT = (
    "A bidder pays its price per lot for every lot it gets, rounded half to even to the smallest coin; its price per "
    "lot is what the rules above charge for its share, divided by the lots in its share. A bid of zero pays nothing."
)
_FOR_BIDS = (
    "A bidder pays what the rules above charge for the bids, rounded half to even to the smallest coin, whichever "
    "lots it then gets: payments are for bids and not for lots. So a bidder may pay without getting a lot, and "
    "where the charge is below zero it is paid to the bidder. A bid of zero pays nothing."
)


def payment_rule(pays_per_lot: bool) -> str:
    """What a bidder pays for whole lots, in words."""
    return _PER_LOT if pays_per_lot else _FOR_BIDS
