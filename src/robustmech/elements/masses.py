"""Masses as whole numbers in units of 2^−160, whose sum is exact."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np

from robustmech.elements.integrals import context
from robustmech.model import FloatArray, RationalArray

UNIT = 2**160
"""One, in units of the whole numbers; the arithmetic behind them has more digits than this."""


def whole(masses: Sequence[Decimal]) -> RationalArray:
    """Masses rounded to whole numbers, an object array; each is within one unit of the truth."""
    with localcontext(context()):
        return np.array([int((m * UNIT).to_integral_value(ROUND_HALF_EVEN)) for m in masses], dtype=object)


def outer(parts: Sequence[RationalArray]) -> RationalArray:
    """All products of one mass from each part, the last part fastest; one unit more of doubt each."""
    total = parts[0]
    for part in parts[1:]:
        total = np.multiply.outer(total, part) // UNIT
    return total.ravel()


def balanced(weights: RationalArray, total: int = UNIT) -> RationalArray:
    """The weights with their sum made exact by changing the largest."""
    result = weights.copy()
    result[int(np.argmax(weights))] += total - int(weights.sum())
    return result


def rounded(weights: RationalArray) -> FloatArray:
    """The masses as doubles."""
    return np.array([w / UNIT for w in weights.tolist()])


def quotients(parts: FloatArray, wholes: FloatArray) -> FloatArray:
    """Parts over wholes; silent where wholes are zero, which a discretisation refuses."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = parts / wholes
    return found
