"""Joint laws of a signal and the state, kept so that the law of the state is exact."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from robustmech.model.rational import FloatArray, IntArray, RationalArray, floats

LAW_DENOMINATOR = 2**40
"""Conditional laws are kept as whole numbers over this before they are mixed with the correction, or over a larger
power of two where states are unlikely."""
_HALF_BITS = 31
"""So many of the bits of 2^31 whole numbers in 64 bits add up without overflow."""


def weighted_law(weights: RationalArray | None, counts: IntArray, denominator: int) -> RationalArray:
    """The weighted average of the rows of counts / denominator, or their sum, exactly: shape (states,)."""
    if weights is None or (weights == weights[0]).all():
        high, low = counts >> _HALF_BITS, counts & (1 << _HALF_BITS) - 1
        pairs = zip(high.sum(axis=0).tolist(), low.sum(axis=0).tolist(), strict=True)
        totals, whole = [(one << _HALF_BITS) + other for one, other in pairs], 1 if weights is None else weights.size
    else:
        totals, whole = (weights @ counts.astype(object)).tolist(), int(weights.sum())
    return np.array([Fraction(total, whole * denominator) for total in totals], dtype=object)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExactLaw:
    r"""A joint law of rows and states.

    With product signals :math:`\sigma(x,\theta) = \rho(x)[(1-\epsilon) L(x,\theta)/D + \epsilon\nu(\theta)]`, where
    each row of the whole numbers L sums to D; without,
    :math:`\sigma(x,\theta) = (1-\epsilon) L(x,\theta)/D + \epsilon \rho(x)\nu(\theta)`, where all of L sums to D.

    Args:
        counts: L, shape (rows, states).
        mass: ρ, rounded, shape (rows,).
        denominator: D.
        mixture: ε, exact.
        correction: ν, shape (states,).
        product_signals: whether signals have the law ρ whatever the state.
        state_law: the law of the state, exact, shape (states,).
    """

    counts: IntArray
    mass: FloatArray
    denominator: int
    mixture: Fraction
    correction: RationalArray
    product_signals: bool
    state_law: RationalArray

    @property
    def joint(self) -> FloatArray:
        """σ, shape (rows, states), rounded."""
        return mixed(self.counts / self.denominator, self.mass, self.mixture, self.correction, self.product_signals)


def mixed(
    conditional: FloatArray, mass: FloatArray, mixture: Fraction, correction: RationalArray, product_signals: bool
) -> FloatArray:
    """σ from L / D, shape (…, states), with masses of shape (…)."""
    law = mass[..., None]
    base = conditional * law if product_signals else conditional
    return float(1 - mixture) * base + law * (float(mixture) * floats(correction))
