r"""How far rounding and quadrature may put a computed number above or below the true one.

Everything is a sum of products of one sign per part, evaluated in doubles with roundoff u, and of integrals by sixteen
Gauss points a panel. With S the largest value and μ the total allocation sensitivity:

- sums of n terms of one sign, each of factors with a few roundings, are within (64 + log₂ n) 2u of their size;
- values ŵ(x) are within 8u S of the truth, or 8u of their distance from the lowest where that is uniform; as Ξ holds
  them as ∫ ŵ dμ from x on, it moves by at most 8u S μ(x), and its mean by 8u S, since E[(N−1)/x] = 1;
- an inverted total is within 32u of the truth, relative to itself; the infimum that λ is has no slope there but where
  values jump, and then one of at most S μ, so that λ moves by at most 32u S μ(x);
- the error of quadrature is taken to be what halving every panel changes, sixteen points on each half.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.growth import Growth
from robustmech.continuum.common_value.panels import quadrature_doubt, relative_doubt, roughness, sum_doubt
from robustmech.model import FloatArray

_UNIT_ROUNDOFF = 2.0**-53
_VALUE_ROUNDINGS, _TOTAL_ROUNDINGS = 8, 32


@dataclass(frozen=True)
class GrowthDoubt:
    """Bounds for the aggregate excess growth Ξ₀ and for what is made of it."""

    growth: Growth

    @property
    def of_values(self) -> float:
        """What errors of the values ŵ(x) come to in their mean under a law of totals."""
        return _VALUE_ROUNDINGS * _UNIT_ROUNDOFF * self._largest

    @property
    def of_values_to_others(self) -> float:
        """The same under the law of the others' total, with density g_{N−1}, beside roundings of the mean's own size.

        Where the law is of atoms, each value is exact and only where it begins is not: it is within 32u of itself.
        """
        revealed, n = self.growth.revealed, self.growth.bidders
        if revealed.law.parts or n == 1:
            return self.of_values
        pieces, begun = revealed.law.quantiles, revealed.ends[1:-1]
        jumps = pieces.start[1:] - pieces.end[:-1]
        moved = _TOTAL_ROUNDINGS * _UNIT_ROUNDOFF * begun
        return float(np.sum(jumps * moved * erlang.density(n - 1, begun * (1.0 - moved))))

    @property
    def _largest(self) -> float:
        return max(self.growth.revealed.law.highest, self.growth.cost)

    @cached_property
    def _known_from(self) -> float:
        """Up to here ŵ is the lowest value, or known relative to its distance from it."""
        revealed = self.growth.revealed
        pieces = revealed.law.quantiles
        first_known = revealed.uniform_start is not None or pieces.start[0] == pieces.end[0]
        return float(revealed.ends[1]) if first_known else self.growth.base_end

    def sensitivity(self, totals: FloatArray) -> FloatArray:
        """What an error in values is multiplied by: μ(x), where values are not known better."""
        end = min(self._known_from, self.growth.tail_start)
        return self.growth.supply.sensitivity(np.maximum(totals, end))

    @cached_property
    def _beyond(self) -> FloatArray:
        """Errors of the integrals from each edge of `middle` on, and last from the end of the tail on: none."""
        own = quadrature_doubt(self.growth.pieces_at, self.growth.middle)
        between = 4.0 * roughness(self.growth.drop_at_nodes) if own.size else own
        return np.append(np.cumsum((own + between)[::-1])[::-1], 0.0)

    @cached_property
    def _limit(self) -> float:
        """The error of Ξ₀(∞) = −E[…]."""
        growth, n = self.growth, self.growth.bidders

        def weighted(nodes: FloatArray) -> FloatArray:
            return growth.above_limit(nodes) * erlang.density(n, nodes)

        own = float(quadrature_doubt(weighted, growth.middle).sum())
        masses = np.diff(erlang.cumulative(n, growth.middle.edges))
        inner = float(np.dot(self._beyond[:-1], np.maximum(masses, 0.0)))
        base = float(self._beyond[0]) * float(erlang.cumulative(n, growth.base_end))
        values = self.of_values
        size = abs(growth.limit) + growth.cost + growth.floor
        return own + inner + base + values + sum_doubt(size, growth.middle.count)

    def __call__(self, totals: FloatArray) -> FloatArray:
        """A bound on the error of Ξ₀(x)."""
        growth = self.growth
        place = np.searchsorted(growth.middle.edges, totals, side="right") - 1
        integrals = self._beyond[np.clip(place, 0, self._beyond.size - 1)]
        size = np.abs(growth.above_floor(totals)) + abs(growth.limit) + growth.cost + growth.floor
        sums = size * relative_doubt(growth.middle.count)
        values = _VALUE_ROUNDINGS * _UNIT_ROUNDOFF * self._largest * self.sensitivity(totals)
        return np.asarray(integrals + sums + values + self._limit, dtype=np.float64)

    def of_objective(self, above: FloatArray, totals: FloatArray) -> FloatArray:
        """A bound on how far the objective at x(v) may be above λ(v).

        Args:
            above: v less the floor.
            totals: x(v).
        """
        growth = self.growth
        with np.errstate(invalid="ignore"):
            gain = np.where(above == 0, 0.0, np.abs(above) * growth.supply.sensitivity(totals))
        inversion = _TOTAL_ROUNDINGS * _UNIT_ROUNDOFF * self._largest
        product = _VALUE_ROUNDINGS * _UNIT_ROUNDOFF * (gain + growth.cost + growth.floor)
        return self(totals) + product + inversion * self.sensitivity(totals)
