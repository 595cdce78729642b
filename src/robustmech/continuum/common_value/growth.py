"""Aggregate excess growth as a function of the aggregate bid, and the aggregate transfer it implies.

Everything is computed for values less a floor: the lowest value if nothing is rationed at a zero
bid, else zero. The floor is charged as a price per unit allocated, which leaves a bounded growth

    Ξ₀(x) = Ξ(x) − floor (μ(x) − Q(x)) = Ξ₀(∞) − ∫_x^∞ (ŵ − floor) dμ + (c − floor)(1 − Q(x)),

where the constant Ξ₀(∞) is such that E[Ξ₀] = 0. See docs/common-value.md.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.grading import Supply
from robustmech.continuum.common_value.panels import Panels, Piecewise
from robustmech.continuum.common_value.revealed import RevealedValue
from robustmech.model import FloatArray

_BASE_WIDTH = 2.0


@dataclass(frozen=True)
class Growth:
    """Ξ(x), in units of the value.

    Source: Brooks & Du (2018), equations (23) and (26); dΞ = ŵ dμ − c dQ (proof of Lemma 8).
    """

    revealed: RevealedValue
    supply: Supply
    cost: float
    floor: float

    def __call__(self, totals: FloatArray) -> FloatArray:
        """Ξ(x) = Ξ₀(x) + floor (μ(x) − Q(x))."""
        value = self.above_floor(totals)
        if self.floor == 0:
            return value
        return value + self.floor * (self.supply.sensitivity(totals) - self.supply.quantity(totals))

    def above_floor(self, totals: FloatArray) -> FloatArray:
        """Ξ₀(x)."""
        inside = np.clip(totals, self.base_end, self.tail_start)
        drop = np.where(totals < self.base_end, self._base_drop, self._drop(inside))
        drop = np.where(totals >= self.tail_start, self.tail_weight / np.maximum(totals, self.tail_start), drop)
        return self.limit + drop + self._net_cost * (1.0 - self.supply.quantity(totals))

    @property
    def bidders(self) -> int:
        """N."""
        return self.revealed.bidders

    @property
    def _net_cost(self) -> float:
        return self.cost - self.floor

    @property
    def rationed_at_zero(self) -> bool:
        """Whether the first graded interval starts at zero."""
        return bool(self.supply.intervals) and self.supply.intervals[0].start == 0

    @cached_property
    def base_end(self) -> float:
        """Up to here Ξ₀ is affine: the first graded interval if it starts at zero, else where the value is lowest."""
        if self.rationed_at_zero:
            return self.supply.intervals[0].end
        starts = [interval.start for interval in self.supply.intervals[:1]]
        return min([self.revealed.settled_below, float(self.revealed.ends[1]), *starts])

    @cached_property
    def tail_start(self) -> float:
        """From here on nothing is rationed, the value is the highest one and the density falls."""
        ends = [interval.end for interval in self.supply.intervals[-1:]]
        return max([self.revealed.settled_above, self.base_end * (1.0 + 1e-6), float(self.bidders), *ends])

    @cached_property
    def middle(self) -> Panels:
        """Panels from `base_end` to `tail_start`."""
        cuts = np.array([end for i in self.supply.intervals for end in (i.start, i.end)])
        return self.revealed.resolving(self.base_end, self.tail_start, cuts)

    @cached_property
    def panels(self) -> Panels:
        """Panels from zero to `tail_start`."""
        count = int(np.ceil(self.base_end / _BASE_WIDTH))
        base = np.linspace(0.0, self.base_end, count + 1)[:-1]
        return Panels(np.concatenate([base, self.middle.edges]))

    @cached_property
    def tail_weight(self) -> float:
        """(N − 1)(highest value − floor): Ξ₀(x) = tail_weight/x + Ξ₀(∞) in the tail."""
        return (self.bidders - 1) * (self.revealed.law.highest - self.floor)

    @cached_property
    def _pieces(self) -> FloatArray:
        return self.pieces_at(self.middle.nodes)

    def pieces_at(self, nodes: FloatArray) -> FloatArray:
        """−(ŵ − floor) dμ/dx at the nodes of panels: μ falls like (N − 1)/x where nothing is rationed."""
        rationed, _ = self.supply.graded(nodes)
        return np.where(rationed, 0.0, (self.bidders - 1) * self.above_floor_values(nodes) / nodes / nodes)

    def above_floor_values(self, nodes: FloatArray) -> FloatArray:
        """ŵ − floor at the nodes of panels."""
        if self.floor == self.revealed.law.lowest:
            return self.revealed.above_lowest(nodes)
        return self.revealed.on(nodes) - self.floor

    @cached_property
    def _after(self) -> FloatArray:
        """−∫ (ŵ − floor) dμ from just left of each edge of `middle` on: jumps of μ at that edge are included."""
        edges = self.middle.edges
        jumps = np.zeros(edges.size)
        for interval in self.supply.intervals:
            start_level = interval.level * np.exp(interval.start - interval.end)
            for at, level in ((interval.start, start_level), (interval.end, interval.level)):
                if at > 0:
                    fall = abs((self.bidders - 1) / at - interval.sensitivity)
                    jumps[np.argmin(np.abs(edges - at))] += fall * (level - (self.floor - self.cost))
        steps = np.concatenate([self.middle.integrals(self._pieces), [self.tail_weight / edges[-1]]])
        return np.asarray(np.cumsum((steps + jumps)[::-1])[::-1], dtype=np.float64)

    @property
    def _base_drop(self) -> float:
        return float(self._after[0])

    @cached_property
    def drop_at_nodes(self) -> FloatArray:
        """−∫_x^∞ (ŵ − floor) dμ at the nodes of `middle`."""
        remainder = self.middle.integrals(self._pieces)[:, None] - self.middle.running(self._pieces)
        return self._after[1:, None] + remainder

    @cached_property
    def _drop(self) -> Piecewise:
        return self.middle.interpolant(self.drop_at_nodes)

    @cached_property
    def limit(self) -> float:
        """Ξ₀(∞) = −(λ(highest value) + c − floor), from E[Ξ₀] = 0; Lemma 6."""
        n, nodes = self.bidders, self.middle.nodes
        base = erlang.mass(n, 0.0, self.base_end)
        kept = base - self.supply.intervals[0].mean_supply if self.rationed_at_zero else 0.0
        values = self.drop_at_nodes + self._net_cost * (1.0 - self.supply.quantity(nodes))
        expected = self._base_drop * base + self._net_cost * kept
        expected += float(self.middle.integrals(values * erlang.density(n, nodes)).sum())
        top = self.revealed.law.highest - self.floor
        return -(expected + top * erlang.mass(n - 1, self.tail_start, np.inf))

    def above_limit(self, totals: FloatArray) -> FloatArray:
        """Ξ₀(x) − Ξ₀(∞), between `base_end` and `tail_start`."""
        return self._drop(totals) + self._net_cost * (1.0 - self.supply.quantity(totals))

    @cached_property
    def base_intercept(self) -> float:
        """Ξ₀(0+)."""
        return self.limit + self._base_drop + (self._net_cost if self.rationed_at_zero else 0.0)

    @cached_property
    def base_slope(self) -> float:
        """−Ξ₀'(x) for x below `base_end`."""
        return self._net_cost / self.base_end if self.rationed_at_zero else 0.0

    @cached_property
    def at_nodes(self) -> FloatArray:
        """Ξ₀ at the nodes of `panels`."""
        count = self.panels.count - self.middle.count
        base = self.base_intercept - self.base_slope * self.panels.nodes[:count]
        kept = 1.0 - self.supply.quantity(self.middle.nodes)
        return np.concatenate([base, self.limit + self.drop_at_nodes + self._net_cost * kept])
