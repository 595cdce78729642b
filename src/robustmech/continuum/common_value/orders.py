"""What each bidder pays on average over orders of the bidders: over all of them, or over rotations of one.

In an order, the bidder in place p pays F_p(sum of the bids after hers) − F_p(that sum plus her own),
F_p(y) = E[Ξ₀(y + sum of p imputed exponential bids)]. Over all orders the bidders after her are each set of
N − p others with probability 1 / (N C(N − 1, p − 1)), so that the average is a sum over sets of bidders:
equation (22) of Brooks & Du (2018). Bids and payments have shape (profiles, bidders) here.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robustmech.continuum.common_value.expansion import Remainder, symmetric_sums, tail_rates
from robustmech.continuum.common_value.payments import ImputedGrowth
from robustmech.model import FloatArray, IntArray

_LARGEST = 1e300
_BLOCK = 200_000
_MOST_SETS = 200_000
_MOST_SINGLE = 4
_CELLS = 2_000_000
_ROUNDING = 1e-16


def over_all_sets(imputed: ImputedGrowth, bids: FloatArray) -> FloatArray:
    """The average over all orders by going through all 2^N sets of bidders."""
    n = bids.shape[1]
    members = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(np.bool_)
    sizes = members.sum(axis=1)
    payments = np.zeros_like(bids)
    step = max(1, _BLOCK // 2**n)
    for first in range(0, len(bids), step):
        block = np.minimum(bids[first : first + step], _LARGEST)
        # sums in a fixed order, so that the same bids always give the same bytes
        sums = np.zeros((len(block), 2**n))
        for i in range(n):
            sums[:, members[:, i]] += block[:, i, None]
        chance = 1.0 / n
        for size in range(n):
            without, with_one = sizes == size, sizes == size + 1
            before = imputed(n - size, sums[:, without])
            after = imputed(n - size, sums[:, with_one])
            for i in range(n):
                gained = np.ascontiguousarray(before[:, ~members[without, i]]).sum(axis=1)
                lost = np.ascontiguousarray(after[:, members[with_one, i]]).sum(axis=1)
                payments[first : first + step, i] += chance * (gained - lost)
            chance *= (size + 1) / max(n - 1 - size, 1)
    return payments


def over_rotations(imputed: ImputedGrowth, bids: FloatArray) -> FloatArray:
    """The average over the N rotations of the listed order: in place p, the N − p bidders that follow come after."""
    n = bids.shape[1]
    payments = np.zeros_like(bids)
    own = np.arange(n)
    step = max(1, _BLOCK // n**2)
    for first in range(0, len(bids), step):
        block = np.minimum(bids[first : first + step], _LARGEST)
        sums = np.cumsum(np.concatenate([np.zeros((len(block), 1)), block, block], axis=1), axis=1)
        for place in range(1, n + 1):
            following = np.maximum(sums[:, own + 1 + n - place] - sums[:, own + 1], 0.0)
            payments[first : first + step] += imputed(place, following) - imputed(place, following + block)
    return np.asarray(payments / n, dtype=np.float64)


@dataclass(frozen=True)
class AllOrders:
    r"""The average over all orders without going through all sets.

    A sum of exponentials :math:`F(y) = \sum_\sigma c_\sigma e^{-\sigma y}` adds up over sets by elementary symmetric
    polynomials, in N² steps for each σ and all bidders together:

    .. math:: \sum_{I \not\ni i, |I| = k} F(\Sigma m_I) = \sum_\sigma c_\sigma\, e_k(z_j : j \ne i), \qquad
              z_j = e^{-\sigma m_j}.

    F_p has a short expansion (`Remainder`) unless p is small; for p ≤ `single` the sets are gone through one by one:
    they are few, because all but p bidders come after. Bids are sorted first, so that who is listed where makes no
    difference, not even in rounding. The error is about 1e-12 of the highest value.
    """

    imputed: ImputedGrowth

    def payments(self, bids: FloatArray) -> FloatArray:
        """What each bidder pays above the floor."""
        result = np.empty_like(bids)
        for row, listed in enumerate(np.minimum(bids, _LARGEST)):
            order = np.argsort(listed, kind="stable")
            ordered = listed[order]
            result[row, order] = self._set_by_set(ordered) + self._in_the_tail(ordered) + self._before_it(ordered)
        return result

    @property
    def _bidders(self) -> int:
        return self.imputed.growth.bidders

    @cached_property
    def single(self) -> int:
        """The largest p for which sets are gone through one by one."""
        n, single = self._bidders, 1
        while single < min(_MOST_SINGLE, n - 1) and math.comb(n, single + 1) <= _MOST_SETS:
            single += 1
        return single

    @cached_property
    def _remainder(self) -> Remainder:
        return Remainder(self.imputed, self.single + 1)

    @cached_property
    def _left_out(self) -> tuple[IntArray, ...]:
        """All sets of 0, 1, …, `single` bidders, as rows of increasing places."""
        n = self._bidders
        return tuple(
            np.array(list(itertools.combinations(range(n), size)), dtype=np.int64).reshape(math.comb(n, size), size)
            for size in range(self.single + 1)
        )

    @cached_property
    def _chances(self) -> FloatArray:
        """1 / (N C(N − 1, p − 1)) at p; zero at 0 and for those p that are done one by one."""
        n = self._bidders
        chances = [0.0] + [1.0 / (n * math.comb(n - 1, p - 1)) for p in range(1, n + 1)]
        return np.array(chances) * (np.arange(n + 1) > self.single)

    def _set_by_set(self, ordered: FloatArray) -> FloatArray:
        """The part of p ≤ `single`, for one profile of increasing bids."""
        n = self._bidders
        running = np.concatenate([[0.0], np.cumsum(ordered)])
        sums = [_sums_without(running, places) for places in self._left_out]
        payments = np.zeros(n)
        for p in range(1, self.single + 1):
            chance = 1.0 / (n * math.comb(n - 1, p - 1))
            before, after = self.imputed(p, sums[p]), self.imputed(p, sums[p - 1])
            payments += chance * _totals_by_place(before, self._left_out[p], n)
            payments -= chance * (after.sum() - _totals_by_place(after, self._left_out[p - 1], n))
        return payments

    def _in_the_tail(self, ordered: FloatArray) -> FloatArray:
        """The part of W ∫ e^{−τ y} (1 + τ)^{−p} dτ for p > `single`."""
        n, weight = self._bidders, self.imputed.growth.tail_weight
        if weight == 0:
            return np.zeros(n)
        rates, steps = tail_rates()
        imputed = np.arange(n, self.single, -1)[:, None]
        coefficients = weight * steps * self._chances[imputed] * np.exp(-imputed * np.log1p(rates))
        fall = -np.expm1(-ordered[:, None] * rates)
        return np.asarray((fall * symmetric_sums(1.0 - fall, coefficients)).sum(axis=1), dtype=np.float64)

    def _before_it(self, ordered: FloatArray) -> FloatArray:
        """The part of R_p for p > `single`: bidders with bids beyond the end of R_p never come after."""
        n = self._bidders
        small = int(np.searchsorted(ordered, self._remainder.end, side="right"))
        total = float(ordered[:small].sum())
        series = self._remainder.series(total)
        payments = np.zeros(n)
        for first, last, most in self._stretches(series.frequencies):
            w = series.frequencies[first:last]
            whole = series.coefficients[first:last] * np.exp(1j * total * w)
            imputed = np.arange(n + 1)[:, None]
            powers = np.exp((self.single + 1 - imputed) * np.log(1.0 - 1j * w))
            coefficients = (self._chances[:, None] * powers * whole)[: most + 1]
            back = np.exp(-1j * ordered[:small, None] * w)
            others = coefficients[n - small + 1 :]
            if small and len(others):
                gains = np.expm1(-1j * ordered[:small, None] * w) * symmetric_sums(back, others)
                payments[:small] += gains.real.sum(axis=1)
            own = coefficients[n - small :]
            if small < n and len(own):
                alone = np.concatenate([back, np.zeros((1, w.size), dtype=np.complex128)])
                payments[small:] += symmetric_sums(alone, own)[-1].real.sum()
        return payments

    def _stretches(self, frequencies: FloatArray) -> list[tuple[int, int, int]]:
        """Stretches of frequencies, each with the largest p for which R_p matters there."""
        n, stretches, first = self._bidders, [], 0
        while first < frequencies.size:
            shrink = 0.5 * math.log1p(float(frequencies[first]) ** 2)
            most = n
            if shrink > 0:
                most = min(n, self.single + 2 + math.ceil(-math.log(_ROUNDING) / shrink))
            last = min(frequencies.size, first + max(16, _CELLS // (n * most)))
            if most == n:
                last = min(last, first + 64)
            stretches.append((first, last, most))
            first = last
        return stretches


def _sums_without(running: FloatArray, places: IntArray) -> FloatArray:
    """Sums of increasing bids without those at the places: `running` differences, each as exact as its last term."""
    start = np.zeros(len(places), dtype=np.int64)
    sums = np.zeros(len(places))
    for column in places.T:
        sums += running[column] - running[start]
        start = column + 1
    return np.asarray(sums + (running[-1] - running[start]), dtype=np.float64)


def _totals_by_place(values: FloatArray, places: IntArray, count: int) -> FloatArray:
    """For each place, the sum of the values of the sets that hold it, in a fixed order."""
    size = places.shape[1]
    return np.bincount(places.ravel(), weights=np.repeat(values, size), minlength=count).astype(np.float64)
