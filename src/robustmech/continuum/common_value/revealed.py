"""The fully-revealing value function: the value at the percentile of the aggregate signal."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.law_parts import UniformPart
from robustmech.continuum.common_value.panels import Panels, resolved_edges
from robustmech.continuum.common_value.value_law import ValueLaw
from robustmech.model import FloatArray, IntArray

_NEGLIGIBLE = 1e-16
SMALLEST_LEVEL = 1e-290


@dataclass(frozen=True)
class RevealedValue:
    """ŵ(x) = min{v: H(v) ≥ G_N(x)}, for N bidders with standard exponential signals.

    Source: Brooks & Du (2018), section 4.2.1.
    """

    law: ValueLaw
    bidders: int

    def __call__(self, totals: FloatArray | float) -> FloatArray:
        """The value that goes with each aggregate signal."""
        x = np.asarray(totals, dtype=np.float64)
        return self.law.quantiles(erlang.cumulative(self.bidders, x), erlang.survival(self.bidders, x))

    @cached_property
    def ends(self) -> FloatArray:
        """Aggregate signals at which one stretch of the quantile function gives way to the next; 0 … ∞."""
        return self.totals_at(self.law.quantiles.lower, self.law.quantiles.upper)

    def totals_at(self, below: FloatArray, above: FloatArray) -> FloatArray:
        """Aggregate signals at levels given both from below and from above."""
        return np.where(below <= 0.5, erlang.quantile(self.bidders, below), erlang.upper_quantile(self.bidders, above))

    def total_of(self, values: FloatArray) -> FloatArray:
        """The aggregate signal x(v) with G_N(x) = H(v): zero below the lowest value, infinite from the highest on."""
        return self.totals_at(self.law.cumulative(values), self.law.survival(values))

    @cached_property
    def settled_below(self) -> float:
        """An aggregate signal x up to which the value is the lowest one, to rounding.

        Where the distance from the lowest is known well, so that it is negligible beside x too.
        """
        spread = self.law.highest - self.law.lowest
        if self.uniform_start is None:
            return self.settled_within(_NEGLIGIBLE * spread)
        levels = np.geomspace(SMALLEST_LEVEL, self.law.quantiles.lower[1], 600)
        totals = erlang.quantile(self.bidders, levels)
        near = np.flatnonzero(self.uniform_start * levels <= 0.01 * _NEGLIGIBLE * spread * np.minimum(totals, 1.0))
        return float(totals[near[-1] if near.size else 0])

    def settled_within(self, distance: float) -> float:
        """An aggregate signal up to which the value is the lowest one, to within a distance."""
        if not self._smooth(0):
            return float(min(self.ends[1], erlang.upper_quantile(self.bidders, 1e-30)))
        levels = np.geomspace(SMALLEST_LEVEL, self.law.quantiles.lower[1], 600)
        near = np.flatnonzero(self.law.quantiles(levels, 1.0 - levels) - self.law.lowest <= distance)
        return float(erlang.quantile(self.bidders, levels[near[-1]] if near.size else SMALLEST_LEVEL))

    @cached_property
    def settled_above(self) -> float:
        """An aggregate signal from which on the value is the highest one, to rounding."""
        last = self.ends.size - 2
        if not self._smooth(last):
            return float(self.ends[last])
        highest, spread = self.law.highest, self.law.highest - self.law.lowest
        levels = np.geomspace(SMALLEST_LEVEL, self.law.quantiles.upper[last], 600)
        near = np.flatnonzero(highest - self.law.quantiles(1.0 - levels, levels) <= _NEGLIGIBLE * spread)
        return float(erlang.upper_quantile(self.bidders, levels[near[-1]] if near.size else SMALLEST_LEVEL))

    def _smooth(self, stretch: int) -> bool:
        pieces = self.law.quantiles
        return bool(pieces.start[stretch] < pieces.end[stretch])

    def stretch_of(self, totals: FloatArray) -> IntArray:
        """The stretch of the quantile function in which each aggregate signal lies."""
        return np.clip(np.searchsorted(self.ends, totals, side="right") - 1, 0, self.ends.size - 2)

    def on(self, nodes: FloatArray) -> FloatArray:
        """Values at the nodes of panels that do not straddle the end of a stretch, shape (panels, nodes).

        Rounding never moves a node of one stretch to the next.
        """
        if not nodes.size:
            return nodes.copy()
        stretch = self.stretch_of(nodes[:, nodes.shape[1] // 2])
        values = np.repeat(self.law.quantiles.start[stretch][:, None], nodes.shape[1], axis=1)
        for k in self.law.quantiles.smooth:
            rows = stretch == k
            if rows.any():
                x = nodes[rows]
                values[rows] = self.law.quantiles.on_stretch(
                    int(k), erlang.cumulative(self.bidders, x), erlang.survival(self.bidders, x)
                )
        return values

    @cached_property
    def uniform_start(self) -> float | None:
        """Length over probability of the stretch in which the lowest values are equally likely, if there is one.

        There a value's distance from the lowest is known to a few roundings of the distance itself.
        """
        start = self.law.quantiles.start[0]
        active = [(part, w) for part, w in zip(self.law.parts, self.law.weights, strict=True) if part.low <= start]
        if not self._smooth(0) or len(active) != 1 or not isinstance(active[0][0], UniformPart):
            return None
        part, weight = active[0]
        return (part.high - part.low) / weight if part.low == start else None

    def above_lowest(self, nodes: FloatArray) -> FloatArray:
        """What the values at nodes of panels are above the lowest, without cancellation where that can be avoided."""
        above = self.on(nodes) - self.law.lowest
        if self.uniform_start is not None and nodes.size:
            rows = self.stretch_of(nodes[:, nodes.shape[1] // 2]) == 0
            above[rows] = self.uniform_start * erlang.cumulative(self.bidders, nodes[rows])
        return above

    def resolving(self, low: float, high: float, cuts: FloatArray) -> Panels:
        """Panels from low > 0 to high that resolve the value and the density g_N, with edges at the given cuts."""
        inside = np.concatenate([self.ends, cuts])
        edges = np.unique(np.concatenate([[low, high], inside[(inside > low) & (inside < high)]]))
        edges = np.unique(np.concatenate([edges, *map(self._spaced, edges[:-1], edges[1:])]))
        size = max(self.law.highest, 1e-300)

        def tolerance(left: FloatArray, right: FloatArray) -> FloatArray:
            peak = erlang.density(self.bidders, np.clip(self.bidders - 1.0, left, right))
            return np.maximum(3e-15 * size, 1e-17 * size / np.maximum(peak * (right - left), 1e-300))

        return Panels(resolved_edges(self.on, edges, tolerance))

    def _spaced(self, low: float, high: float) -> list[float]:
        """Points between low and high, closer where the density grows or falls quickly and near zero."""
        points: list[float] = []
        x = low
        while True:
            slope = abs((self.bidders - 1) / x - 1.0)
            x += min(4.0, 3.0 / max(slope, 1e-9), 0.5 * x)
            if x >= high:
                return points
            points.append(x)
