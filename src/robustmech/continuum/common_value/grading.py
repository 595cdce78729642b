"""Graded intervals, and the aggregate allocation that goes with them."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from robustmech.continuum.common_value import erlang
from robustmech.model import FloatArray, IntArray


@dataclass(frozen=True)
class GradedInterval:
    """An interval [start, end] of aggregate signals on which the expected gains are proportional to e^x.

    Attributes:
        start, end: a and b; b is infinite where there is no surplus over the cost.
        level: the graded gain γ̄(b), in units of the value.
        gain: ∫ γ̂ g_N over the interval, which ∫ γ̄ g_N equals.
        bidders: N.
    Source: Brooks & Du (2018), section 4.2.
    """

    start: float
    end: float
    level: float
    gain: float
    bidders: int

    def one_minus_power(self, exponent: int) -> float:
        """1 − (a/b)^exponent, without cancellation."""
        if self.start == 0:
            return 1.0
        return -math.expm1(exponent * math.log1p(-(self.end - self.start) / self.end))

    @property
    def sensitivity(self) -> float:
        """Total allocation sensitivity C(a, b) = N (b^{N−1} − a^{N−1}) / (b^N − a^N); N/b for a = 0."""
        n = self.bidders
        return n / self.end * self.one_minus_power(n - 1) / self.one_minus_power(n)

    @property
    def bend(self) -> float:
        """D(a, b) / a^{N−1} = (1 − a/b) / (1 − (a/b)^N), the coefficient of (a/x)^{N−1} in (21); zero for a = 0."""
        return self.one_minus_power(1) / self.one_minus_power(self.bidders) if self.start > 0 else 0.0

    @property
    def mean_supply(self) -> float:
        """∫ Q g_N over the interval."""
        n = self.bidders
        linear = self.sensitivity * erlang.mass(n + 1, self.start, self.end)
        if self.start == 0:
            return linear
        first = float(erlang.density(n, self.start))
        return linear + self.bend * first * -math.expm1(self.start - self.end)

    @property
    def potential(self) -> float:
        """∫ γ̄ g_{N−1} over the interval; for one bidder the value at zero if that belongs to it."""
        if self.bidders == 1:
            return self.level * math.exp(-self.end) if self.start == 0 else 0.0
        density = float(erlang.density(self.bidders, self.end))
        return self.level * density * self.one_minus_power(self.bidders - 1)

    @property
    def withheld(self) -> float:
        """∫ γ̄ (1 − Q) g_N over the interval: the gains that rationing forgoes."""
        n, whole = self.bidders, self.one_minus_power(self.bidders)
        linear = self.sensitivity * self.end / (n + 1) * self.one_minus_power(n + 1)
        bent = n * self.bend * (1.0 - self.one_minus_power(n - 1)) * self.one_minus_power(1)
        return self.level * float(erlang.density(n + 1, self.end)) * (whole - linear - bent)


@dataclass(frozen=True)
class Supply:
    """The aggregate allocation as a function of the aggregate bid: one, but rationed on graded intervals.

    Source: Brooks & Du (2018), equations (21) and (25).
    """

    bidders: int
    intervals: tuple[GradedInterval, ...]

    @cached_property
    def _table(self) -> FloatArray:
        """Rows: start, end, sensitivity, bend, level of each interval."""
        rows = [(i.start, i.end, i.sensitivity, i.bend, i.level) for i in self.intervals]
        return np.array(rows, dtype=np.float64).reshape(-1, 5).T

    def graded(self, totals: FloatArray) -> tuple[npt.NDArray[np.bool_], IntArray]:
        """Whether each total lies inside a graded interval, and which interval."""
        if not self.intervals:
            return np.zeros(totals.shape, dtype=np.bool_), np.zeros(totals.shape, dtype=np.int64)
        place = np.clip(np.searchsorted(self._table[0], totals, side="right") - 1, 0, len(self.intervals) - 1)
        return (totals >= self._table[0][place]) & (totals < self._table[1][place]), place

    def _power(self, totals: FloatArray, start: FloatArray) -> FloatArray:
        """(start/x)^{N−1}, zero for start = 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(start > 0, np.exp((self.bidders - 1) * np.minimum(np.log(start / totals), 0.0)), 0.0)

    def quantity(self, totals: FloatArray) -> FloatArray:
        """Q(x), continuous, in [0, 1]."""
        inside, place = self.graded(totals)
        if not inside.any():
            return np.ones_like(totals)
        start, _, sensitivity, bend, _ = self._table[:, place]
        rationed = totals * sensitivity / self.bidders + bend * self._power(totals, start)
        return np.where(inside, np.clip(rationed, 0.0, 1.0), 1.0)

    def slope(self, totals: FloatArray) -> FloatArray:
        """Q'(x), from the right."""
        inside, place = self.graded(totals)
        if not inside.any():
            return np.zeros_like(totals)
        start, _, sensitivity, bend, _ = self._table[:, place]
        with np.errstate(divide="ignore", invalid="ignore"):
            fall = np.where(start > 0, bend * (self.bidders - 1) * self._power(totals, start) / totals, 0.0)
        return np.where(inside, sensitivity / self.bidders - fall, 0.0)

    def sensitivity(self, totals: FloatArray) -> FloatArray:
        """Total allocation sensitivity μ(x) = Q'(x) + (N − 1) Q(x)/x; infinite at zero if nothing is rationed there."""
        inside, place = self.graded(totals)
        with np.errstate(divide="ignore", invalid="ignore"):
            free = np.where(totals == 0, np.inf if self.bidders > 1 else 0.0, (self.bidders - 1) / totals)
        return np.where(inside, self._table[2][place], free) if self.intervals else free

    def graded_gains(self, totals: FloatArray, revealed: FloatArray) -> FloatArray:
        """γ̄(x): γ̄(b) e^{x−b} on graded intervals, the revealed gains elsewhere; Lemma 2 (b)."""
        inside, place = self.graded(totals)
        if not inside.any():
            return revealed
        _, end, _, _, level = self._table[:, place]
        return np.where(inside, level * np.exp(np.minimum(totals - end, 0.0)), revealed)
