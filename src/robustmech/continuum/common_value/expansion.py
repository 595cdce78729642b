r"""Expected growth as a sum of exponentials in the sum of bids, so that it averages over sets of bidders.

.. math:: F_p(y) = F_p(\infty) + W \int_0^1 e^{-\tau y} (1 + \tau)^{-p}\,d\tau + R_p(y).

The integral is :math:`E[h(y + S_p)]` with :math:`h(x) = (1 - e^{-x})/x`, which takes the slow tail of F_p away. What
remains, :math:`R_p(y) = E[R_0(y + S_p)]`, vanishes beyond a finite sum. With :math:`R_0 = 0` below zero it is defined
for negative sums too, where it falls like :math:`\Pr(S_p > -y)`, and repeated on a long enough period it has the
Fourier coefficients :math:`c_p(\omega) = c_q(\omega) (1 - i\omega)^{q-p}`.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import scipy

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.panels import WEIGHTS, Panels, Piecewise
from robustmech.continuum.common_value.payments import ImputedGrowth
from robustmech.model import FloatArray

ComplexArray = npt.NDArray[np.complex128]
Scalar = TypeVar("Scalar", np.float64, np.complex128)

_ACCURACY = 1e-12
_NEGLIGIBLE = 1e-16
_SMALLEST_RATE_EXPONENT = 54
_SETTLED = 38.0
"""e^{−38} is below the rounding of one."""
_PERIOD_RATIO = 1.5
_OVERSAMPLING = 8


def tail_rates() -> tuple[FloatArray, FloatArray]:
    """Nodes τ and weights of a rule on [0, 1] for e^{−τ y} (1 + τ)^{−p} at any y ≥ 0: panels halve towards zero."""
    edges = np.concatenate([[0.0], 2.0 ** np.arange(-_SMALLEST_RATE_EXPONENT, 1)])
    panels = Panels(edges)
    return panels.nodes.ravel(), (0.5 * panels.widths[:, None] * WEIGHTS).ravel()


def symmetric_sums(powers: npt.NDArray[Scalar], coefficients: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Σ_k coefficients[k] · e_k(all powers but one), for each one left out.

    With e_k the elementary symmetric polynomials, this is the derivative of Σ_k coefficients[k] e_{k+1} in that
    one; it is found by running the recursion of e_k once forwards and once backwards, without a subtraction.

    Args:
        powers: shape (items, columns), at most one in size.
        coefficients: shape (orders, columns).
    Returns:
        Shape (items, columns).
    """
    items, columns = powers.shape
    orders = len(coefficients)
    before = np.zeros((items, orders, columns), dtype=powers.dtype)
    before[0, 0] = 1.0
    for item in range(items - 1):
        before[item + 1] = before[item]
        before[item + 1, 1:] += powers[item] * before[item, :-1]
    outside = coefficients.copy()
    result = np.empty_like(powers)
    for item in range(items - 1, -1, -1):
        result[item] = np.sum(outside * before[item], axis=0)
        outside[:-1] += powers[item] * outside[1:]
    return result


@dataclass(frozen=True)
class Series:
    """R_q(y) = real part of Σ_ω coefficients · e^{iωy}, for 0 ≤ y ≤ period less the reach below zero."""

    frequencies: FloatArray
    coefficients: ComplexArray


@dataclass(frozen=True)
class Remainder:
    """R_p for p ≥ smallest.

    Args:
        imputed: F_p.
        smallest: q, the least smooth of the functions.
    """

    imputed: ImputedGrowth
    smallest: int
    _known: dict[float, Series] = field(default_factory=dict, repr=False, compare=False)

    @property
    def end(self) -> float:
        """From here on R_p is zero."""
        return max(self.imputed.growth.tail_start, _SETTLED)

    @cached_property
    def _reach(self) -> float:
        """How far below zero R_p matters, for any p up to N."""
        return float(erlang.upper_quantile(self.imputed.growth.bidders, _NEGLIGIBLE))

    def series(self, largest: float) -> Series:
        """An expansion that holds up to sums of `largest`; it depends on its order of magnitude only."""
        period = self.end + self._reach
        while period < largest + self._reach:
            period *= _PERIOD_RATIO
        if period not in self._known:
            self._known[period] = self._expanded(period)
        return self._known[period]

    def _expanded(self, period: float) -> Series:
        """The discrete Fourier transform of enough samples that what is left out is below the accuracy."""
        growth = self.imputed.growth
        allowed = _ACCURACY * growth.bidders * max(growth.revealed.law.highest, growth.cost)
        samples = 2 ** int(np.ceil(np.log2(64.0 * period)))
        while True:
            sums = np.arange(samples) * (period / samples)
            sums = np.where(sums > self.end, sums - period, sums)
            transform = scipy.fft.rfft(self._values(sums)) / samples
            left_out = 2.0 * np.cumsum(np.abs(transform[::-1]))[::-1]
            count = max(1, int(np.argmax(left_out <= allowed))) if left_out[-1] <= allowed else samples
            if count * _OVERSAMPLING <= samples:
                break
            samples *= 2
        coefficients = np.concatenate([transform[:1], 2.0 * transform[1:count]])
        return Series(2.0 * np.pi / period * np.arange(count), coefficients)

    def _values(self, sums: FloatArray) -> FloatArray:
        """R_q at sums below `end`; below zero, the imputed bids that lead up to zero are a Poisson number."""
        values = np.zeros_like(sums)
        below = sums < 0
        above = ~below & (sums <= self.end)
        values[above] = self._above_zero(sums[above])
        for arrived in range(self.smallest):
            at_zero = self._less_tail(self.smallest - arrived, np.zeros(1))[0]
            log_chance = scipy.special.xlogy(arrived, -sums[below]) + sums[below] - scipy.special.gammaln(arrived + 1)
            values[below] += np.exp(log_chance) * at_zero
        return values

    @cached_property
    def _above_zero(self) -> Piecewise:
        edges = self.imputed.growth.panels.edges
        beyond = np.arange(edges[-1], self.end, 1.0)[1:]
        panels = Panels(np.unique(np.concatenate([edges, beyond, [self.end]])))
        return panels.interpolant(self._less_tail(self.smallest, panels.nodes))

    def _less_tail(self, count: int, sums: FloatArray) -> FloatArray:
        """R_p at sums of at least zero, p = `count`."""
        growth = self.imputed.growth
        rates, weights = tail_rates()
        tail = np.exp(-sums[..., None] * rates) @ (weights * np.exp(-count * np.log1p(rates)))
        return np.asarray(self.imputed(count, sums) - growth.limit - growth.tail_weight * tail, dtype=np.float64)
