"""Finding the graded intervals: a concave hull, first on cells, then to rounding error.

The hull of Γ̂ ∘ E⁻¹ has slope k on a graded interval [a, b], with γ̂(a) e^{−a} = k = γ̂(b) e^{−b} and
k = (Γ̂(b) − Γ̂(a)) / (E(b) − E(a)), E(x) = x^N/N!. Slopes are kept as gains at a reference point
(k e^{reference}), and weights as logarithms, so that nothing overflows for thousands of bidders.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize, special

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.grading import GradedInterval
from robustmech.continuum.common_value.panels import Panels
from robustmech.continuum.common_value.revealed import RevealedValue
from robustmech.model import FloatArray, IntArray

_ROUNDS = 3
_PARTS = 4
_NEWTON_STEPS = 60
_ROUNDING = 1e-13
_NARROW = 1e-9
_NEGLIGIBLE = 1e-16


@dataclass(frozen=True)
class _Block:
    """Cells first, …, last − 1 with one slope; `slope` is k e^{end}, a gain."""

    first: int
    last: int
    gain: float
    log_weight: float
    slope: float
    end: float

    def below(self, other: "_Block") -> bool:
        """Whether the slope is at most that of a block to the right."""
        return self.slope * math.exp(min(other.end - self.end, 700.0)) <= other.slope - _ROUNDING * abs(other.slope)


def graded_intervals(revealed: RevealedValue, cost: float) -> tuple[GradedInterval, ...]:
    """All graded intervals, from left to right, when the expected value exceeds the cost."""
    edges = _starting_edges(revealed, cost)
    for _ in range(_ROUNDS):
        gains, rising = _cell_gains(revealed, cost, edges)
        blocks = _pooled(revealed.bidders, edges, gains)
        cells = _worth_splitting(blocks, rising, edges.size - 1)
        edges = _subdivided(edges, cells[np.diff(edges)[cells] > _NARROW * edges[cells + 1]])
    gains, _ = _cell_gains(revealed, cost, edges)
    intervals: list[GradedInterval] = []
    for first, last in _around_every_jump(revealed, edges, _pooled(revealed.bidders, edges, gains)):
        interval = _Polishing(revealed, cost, edges, gains, first, last).interval()
        if interval.end > interval.start * (1.0 + 1e-14):
            intervals.append(interval)
    return tuple(intervals)


def _around_every_jump(revealed: RevealedValue, edges: FloatArray, blocks: list[_Block]) -> list[tuple[int, int]]:
    """Cells of the blocks, and the two cells around a jump of the value that is too small to have pooled them."""
    spans = [(block.first, block.last) for block in blocks]
    inside = np.zeros(edges.size, dtype=np.bool_)
    for first, last in spans:
        inside[first + 1 : last] = True
    pieces = revealed.law.quantiles
    jumps = revealed.ends[1:-1][pieces.end[:-1] < pieces.start[1:]]
    at = np.flatnonzero(np.isin(edges, jumps) & ~inside)
    return sorted(spans + [(int(k) - 1, int(k) + 1) for k in at if 0 < k < edges.size - 1])


def _worth_splitting(blocks: list[_Block], rising: IntArray, count: int) -> IntArray:
    """Cells at the ends of blocks, and cells outside every block within which γ̂ e^{−x} rises."""
    pooled = np.zeros(count, dtype=np.bool_)
    ends = np.zeros(count, dtype=np.bool_)
    for block in blocks:
        pooled[block.first : block.last] = True
        ends[[j for j in (block.first - 1, block.first, block.last - 1, block.last) if 1 <= j < count]] = True
    loose = np.zeros(count, dtype=np.bool_)
    loose[rising] = True
    return np.flatnonzero(ends | (loose & ~pooled))


def _starting_edges(revealed: RevealedValue, cost: float) -> FloatArray:
    """Cell edges: panels that resolve the value, closer on both sides of every jump of it."""
    n = revealed.bidders
    pieces = revealed.law.quantiles
    if pieces.start[0] < pieces.end[0]:
        low = revealed.settled_within(_NEGLIGIBLE * abs(revealed.law.lowest - cost))
    else:
        low = min(float(erlang.quantile(n, 1e-25)), 0.5 * float(revealed.ends[1]))
    high = max(float(erlang.upper_quantile(n, 1e-40)), revealed.settled_above + 1.0)
    jumps = np.flatnonzero(pieces.end[:-1] < pieces.start[1:])
    cuts = []
    for j in jumps:
        at = revealed.ends[j + 1]
        above = max(pieces.start[j + 1] - cost, 1e-300)
        reach = 0.25 * min(1.0, max((pieces.start[j + 1] - pieces.end[j]) / above, 1e-9))
        room = max(at - revealed.ends[j], revealed.ends[j + 2] - at)
        steps = reach * 4.0 ** np.arange(max(1, int(np.ceil(np.log(max(min(room, 4.0) / reach, 1.0)) / np.log(4.0)))))
        cuts += [at - steps[steps < at - revealed.ends[j]], at + steps[steps < revealed.ends[j + 2] - at]]
    panels = revealed.resolving(low, high, np.concatenate([np.empty(0), *cuts]))
    return np.concatenate([[0.0], panels.edges])


def _cell_gains(revealed: RevealedValue, cost: float, edges: FloatArray) -> tuple[FloatArray, IntArray]:
    """∫ γ̂ g_N over each cell, and the cells within which γ̂ e^{−x} rises."""
    panels = Panels(edges)
    nodes = panels.nodes
    above = revealed.on(nodes) - cost
    gains = panels.integrals(above * erlang.density(revealed.bidders, nodes))
    lowest = revealed.law.lowest - cost
    gains[0] = lowest * erlang.mass(revealed.bidders, 0.0, float(edges[1]))
    decay = above[:, 1:] * -np.expm1(-np.diff(nodes, axis=1))
    growing = np.diff(above, axis=1) > decay + _ROUNDING * np.abs(above[:, 1:])
    wide = panels.widths > 1e-4 * np.maximum(edges[1:], 1e-3)
    wide[0] = False
    return gains, np.flatnonzero(growing.any(axis=1) & wide)


def _subdivided(edges: FloatArray, cells: IntArray) -> FloatArray:
    inner = np.arange(1, _PARTS) / _PARTS
    extra = edges[cells][:, None] + (edges[cells + 1] - edges[cells])[:, None] * inner
    return np.unique(np.concatenate([edges, extra.ravel()]))


def _pooled(bidders: int, edges: FloatArray, gains: FloatArray) -> list[_Block]:
    """Blocks of more than one cell on which the concave hull is straight: pool adjacent violators."""
    with np.errstate(divide="ignore"):
        shares = -np.expm1(bidders * np.log1p(-np.diff(edges) / edges[1:]))
    log_weights = bidders * np.log(edges[1:]) + np.log(shares) - special.gammaln(bidders + 1)

    def block(first: int, last: int, gain: float, log_weight: float) -> _Block:
        end = float(edges[last])
        slope = gain * math.exp(min(end - log_weight, 700.0))
        return _Block(first, last, gain, log_weight, slope, end)

    stack: list[_Block] = []
    for cell, (gain, log_weight) in enumerate(zip(gains.tolist(), log_weights.tolist(), strict=True)):
        latest = block(cell, cell + 1, gain, log_weight)
        while stack and stack[-1].below(latest):
            left = stack.pop()
            together = float(np.logaddexp(left.log_weight, latest.log_weight))
            latest = block(left.first, cell + 1, left.gain + latest.gain, together)
        stack.append(latest)
    return [found for found in stack if found.last - found.first > 1]


@dataclass(frozen=True)
class _Polishing:
    """A block of cells [first, last) whose ends are known to within a cell, to be made exact."""

    revealed: RevealedValue
    cost: float
    edges: FloatArray
    gains: FloatArray
    first: int
    last: int

    def interval(self) -> GradedInterval:
        """Newton's method for the slope k: φ(k) = Γ̂(b) − Γ̂(a) − k (E(b) − E(a)) has derivative −(E(b) − E(a))."""
        start, end = float(self.edges[self.first]), float(self.edges[self.last])
        log_slope, step = math.inf, math.inf
        for _ in range(_NEWTON_STEPS):
            before, last_step = log_slope, step
            log_slope = self._log_slope(start, end)
            start, end = self._left_end(log_slope), self._right_end(log_slope)
            step = abs(log_slope - before)
            if step <= 4e-15 or last_step <= step <= 1e-9:
                break
        level = float(self._above(np.array([end]), right=True)[0])
        return GradedInterval(start, end, level, self._gain(start, end), self.revealed.bidders)

    @cached_property
    def _stretches(self) -> tuple[int, int]:
        """The stretches of the quantile function just left of the block's left end and just right of its right end."""
        return self._stretch(self.first, right=False), self._stretch(self.last, right=True)

    def _stretch(self, edge: int, right: bool) -> int:
        neighbour = min(max(edge + (0 if right else -1), 0), self.edges.size - 2)
        middle = 0.5 * (self.edges[neighbour] + self.edges[neighbour + 1])
        return int(self.revealed.stretch_of(np.array([middle]))[0])

    def _constant(self, right: bool) -> float | None:
        """The gain beyond the right (or left) end where the value is an atom there."""
        stretch = self._stretches[right]
        pieces = self.revealed.law.quantiles
        return float(pieces.start[stretch]) - self.cost if pieces.start[stretch] == pieces.end[stretch] else None

    def _above(self, totals: FloatArray, right: bool) -> FloatArray:
        """Gains γ̂ at totals near the right (or left) end, in the stretch beyond it."""
        n = self.revealed.bidders
        levels = erlang.cumulative(n, totals), erlang.survival(n, totals)
        return self.revealed.law.quantiles.on_stretch(self._stretches[right], *levels) - self.cost

    def _gain(self, start: float, end: float) -> float:
        """∫ γ̂ g_N from start to end."""
        total = float(self.gains[self.first : self.last].sum())
        total -= self._small(float(self.edges[self.first]), start, right=False)
        return total + self._small(float(self.edges[self.last]), end, right=True)

    def _small(self, low: float, high: float, right: bool) -> float:
        """∫ γ̂ g_N from an end of the block to a point in a cell next to it, negative if the point is to the left."""
        if low == high:
            return 0.0
        constant = self._constant(right)
        if constant is not None or (self.first == 0 and not right):
            gain = self.revealed.law.lowest - self.cost if constant is None else constant
            return gain * erlang.mass(self.revealed.bidders, low, high)
        panels = Panels(np.array([min(low, high), max(low, high)]))
        values = self._above(panels.nodes, right) * erlang.density(self.revealed.bidders, panels.nodes)
        return float(panels.integrals(values)[0]) * (1.0 if high > low else -1.0)

    def _log_slope(self, start: float, end: float) -> float:
        n = self.revealed.bidders
        share = -math.expm1(n * math.log1p(-(end - start) / end)) if start > 0 else 1.0
        log_power = n * np.log(end) - special.gammaln(n + 1)
        return float(np.log(max(self._gain(start, end), 1e-300)) - log_power - np.log(share))

    def _left_end(self, log_slope: float) -> float:
        if self.first > 0:
            return self._crossing(self.first, log_slope, right=False)
        lowest = self.revealed.law.lowest - self.cost
        if lowest <= 0:
            return 0.0
        return float(np.clip(np.log(lowest) - log_slope, 0.0, self.edges[1]))

    def _right_end(self, log_slope: float) -> float:
        return self._crossing(self.last, log_slope, right=True)

    def _crossing(self, edge: int, log_slope: float, right: bool) -> float:
        """Where log γ̂(x) − x falls through log k near an edge, on the side of it that is not the block's own jump."""
        low, high = float(self.edges[max(edge - 1, 0)]), float(self.edges[min(edge + 1, self.edges.size - 1)])
        at = float(self.edges[edge])
        if np.any(self.revealed.ends == at):
            low, high = (at, high) if right else (low, at)

        constant = self._constant(right)
        if constant is not None:
            return min(max(math.log(max(constant, 1e-300)) - log_slope, low), high)

        def excess(x: float) -> float:
            gain = float(self._above(np.array([x]), right)[0])
            return float(np.log(max(gain, 1e-300))) - x - log_slope

        at_low, at_high = excess(low), excess(high)
        if at_low <= 0:
            return low
        if at_high >= 0:
            return high
        return float(optimize.brentq(excess, low, high, xtol=1e-300, rtol=1e-15, maxiter=300))
