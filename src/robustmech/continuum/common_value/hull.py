"""Finding the graded intervals: a concave hull, first on cells, then to rounding error.

The hull of Γ̂ ∘ E⁻¹ has slope k on a graded interval [a, b], with γ̂(a) e^{−a} = k = γ̂(b) e^{−b} and
k = (Γ̂(b) − Γ̂(a)) / (E(b) − E(a)), E(x) = x^N/N!. Slopes are kept as gains at a reference point
(k e^{reference}), and weights as logarithms, so that nothing overflows for thousands of bidders. The slope of
a cell is a weighted mean of γ̂(x) e^{reference − x}, never a quotient of two tiny numbers: where the value is
flat to rounding, rounding must not make slopes rise.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy

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
    log_weight: float
    slope: float
    end: float

    def below(self, other: "_Block") -> bool:
        """Whether the slope is at most that of a block to the right."""
        return self.slope * math.exp(min(other.end - self.end, 700.0)) <= other.slope - _ROUNDING * abs(other.slope)

    def joined(self, other: "_Block") -> "_Block":
        """One block made of it and the one to its right, with the mean of their slopes."""
        share = float(scipy.special.expit(self.log_weight - other.log_weight))
        slope = share * self.slope * math.exp(min(other.end - self.end, 700.0)) + (1.0 - share) * other.slope
        together = float(np.logaddexp(self.log_weight, other.log_weight))
        return _Block(self.first, other.last, together, slope, other.end)


def graded_intervals(revealed: RevealedValue, cost: float) -> tuple[GradedInterval, ...]:
    """All graded intervals, from left to right, when the expected value exceeds the cost."""
    edges = _starting_edges(revealed, cost)
    for _ in range(_ROUNDS):
        _, slopes, rising = _cell_gains(revealed, cost, edges)
        blocks = _pooled(revealed.bidders, edges, slopes)
        cells = _worth_splitting(blocks, rising, edges.size - 1)
        edges = _subdivided(edges, cells[np.diff(edges)[cells] > _NARROW * edges[cells + 1]])
    gains, slopes, _ = _cell_gains(revealed, cost, edges)
    stretches = revealed.stretch_of(0.5 * (edges[:-1] + edges[1:]))
    found: list[tuple[int, int, GradedInterval]] = []
    for first, last in _around_every_jump(revealed, edges, _pooled(revealed.bidders, edges, slopes)):
        interval = _Polishing(revealed, cost, edges, gains, stretches, first, last).interval()
        while found and interval.start < found[-1][2].end:
            first = found.pop()[0]
            interval = _Polishing(revealed, cost, edges, gains, stretches, first, last).interval()
        if interval.end > interval.start * (1.0 + 1e-14):
            found.append((first, last, interval))
    return tuple(interval for _, _, interval in found)


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
        above, jump = pieces.start[j + 1] - cost, pieces.start[j + 1] - pieces.end[j]
        reach = 0.25 * (1.0 if above <= jump else max(jump / above, 1e-9))
        room = max(at - revealed.ends[j], revealed.ends[j + 2] - at)
        steps = reach * 4.0 ** np.arange(max(1, int(np.ceil(np.log(max(min(room, 4.0) / reach, 1.0)) / np.log(4.0)))))
        cuts += [at - steps[steps < at - revealed.ends[j]], at + steps[steps < revealed.ends[j + 2] - at]]
    panels = revealed.resolving(low, high, np.concatenate([np.empty(0), *cuts]))
    return np.concatenate([[0.0], panels.edges])


def _cell_gains(revealed: RevealedValue, cost: float, edges: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """∫ γ̂ g_N over each cell, its slope ∫ γ̂ g_N / ∫ e^{x−end} g_N, and the cells within which γ̂ e^{−x} rises."""
    panels, n = Panels(edges), revealed.bidders
    nodes, ends = panels.nodes, edges[1:, None]
    above = revealed.on(nodes) - cost
    relative = np.exp(erlang.log_density_change(n, nodes, ends))
    inside = panels.integrals(above * relative)
    slopes = inside / panels.integrals(np.exp(nodes - ends) * relative)
    gains = inside * erlang.density(n, edges[1:])
    lowest = revealed.law.lowest - cost
    gains[0] = lowest * erlang.mass(n, 0.0, float(edges[1]))
    slopes[0] = lowest * n * float(erlang.lower_ratio(n, edges[1:2])[0])
    decay = above[:, 1:] * -np.expm1(-np.diff(nodes, axis=1))
    growing = np.diff(above, axis=1) > decay + _ROUNDING * np.abs(above[:, 1:])
    wide = panels.widths > 1e-4 * np.maximum(edges[1:], 1e-3)
    wide[0] = False
    return gains, slopes, np.flatnonzero(growing.any(axis=1) & wide)


def _subdivided(edges: FloatArray, cells: IntArray) -> FloatArray:
    inner = np.arange(1, _PARTS) / _PARTS
    extra = edges[cells][:, None] + (edges[cells + 1] - edges[cells])[:, None] * inner
    return np.unique(np.concatenate([edges, extra.ravel()]))


def _pooled(bidders: int, edges: FloatArray, slopes: FloatArray) -> list[_Block]:
    """Blocks of more than one cell on which the concave hull is straight: pool adjacent violators."""
    with np.errstate(divide="ignore"):
        shares = -np.expm1(bidders * np.log1p(-np.diff(edges) / edges[1:]))
    log_weights = bidders * np.log(edges[1:]) + np.log(shares) - scipy.special.gammaln(bidders + 1)
    stack: list[_Block] = []
    for cell, (slope, log_weight) in enumerate(zip(slopes.tolist(), log_weights.tolist(), strict=True)):
        latest = _Block(cell, cell + 1, log_weight, slope, float(edges[cell + 1]))
        while stack and stack[-1].below(latest):
            latest = stack.pop().joined(latest)
        stack.append(latest)
    return [found for found in stack if found.last - found.first > 1]


@dataclass(frozen=True)
class _Polishing:
    """A block of cells [first, last) whose ends are known roughly, to be made exact."""

    revealed: RevealedValue
    cost: float
    edges: FloatArray
    gains: FloatArray
    stretches: IntArray
    first: int
    last: int

    def interval(self) -> GradedInterval:
        """Newton's method for the slope k: φ(k) = Γ̂(b) − Γ̂(a) − k (E(b) − E(a)) has derivative −(E(b) − E(a))."""
        start, end, cell = float(self.edges[self.first]), float(self.edges[self.last]), self.last
        log_slope, step = math.inf, math.inf
        for _ in range(_NEWTON_STEPS):
            before, last_step = log_slope, step
            log_slope = self._log_slope(start, end)
            start = self._left_end(log_slope)
            end, cell = self._crossing(self.last, log_slope, right=True)
            step = abs(log_slope - before)
            if step <= 4e-15 or last_step <= step <= 1e-9:
                break
        level = self._gain_at(cell, end)
        return GradedInterval(start, end, level, self._gain(start, end), self.revealed.bidders)

    def _gain_at(self, cell: int, total: float) -> float:
        """γ̂ at a total in a cell, ends included: in the cell's own stretch of the quantile function."""
        pieces, stretch = self.revealed.law.quantiles, int(self.stretches[cell])
        if pieces.start[stretch] == pieces.end[stretch]:
            return float(pieces.start[stretch]) - self.cost
        x, n = np.array([total]), self.revealed.bidders
        return float(pieces.on_stretch(stretch, erlang.cumulative(n, x), erlang.survival(n, x))[0]) - self.cost

    def _gain(self, start: float, end: float) -> float:
        """∫ γ̂ g_N from start to end."""
        total = float(self.gains[self.first : self.last].sum())
        if self.first > 0:
            total -= self._between(float(self.edges[self.first]), start)
        elif start > 0:
            total -= (self.revealed.law.lowest - self.cost) * erlang.mass(self.revealed.bidders, 0.0, start)
        return total + self._between(float(self.edges[self.last]), end)

    def _between(self, low: float, high: float) -> float:
        """∫ γ̂ g_N from an end of the block to a point, negative if the point is to the left."""
        if low == high:
            return 0.0
        left, right = min(low, high), max(low, high)
        after, before = np.searchsorted(self.edges, left, side="right"), np.searchsorted(self.edges, right)
        panels = Panels(np.concatenate([[left], self.edges[after:before], [right]]))
        values = (self.revealed.on(panels.nodes) - self.cost) * erlang.density(self.revealed.bidders, panels.nodes)
        return float(panels.integrals(values).sum()) * (1.0 if high > low else -1.0)

    def _log_slope(self, start: float, end: float) -> float:
        n = self.revealed.bidders
        share = -math.expm1(n * math.log1p(-(end - start) / end)) if start > 0 else 1.0
        log_power = n * np.log(end) - scipy.special.gammaln(n + 1)
        return float(np.log(max(self._gain(start, end), 1e-300)) - log_power - np.log(share))

    def _left_end(self, log_slope: float) -> float:
        if self.first > 0:
            return self._crossing(self.first, log_slope, right=False)[0]
        lowest = self.revealed.law.lowest - self.cost
        if lowest <= 0:
            return 0.0
        return float(np.clip(np.log(lowest) - log_slope, 0.0, self.edges[1]))

    def _crossing(self, edge: int, log_slope: float, right: bool) -> tuple[float, int]:
        """Where log γ̂(x) − x falls through log k, and the cell: from the cell inside an edge outwards.

        Where the value jumps at the edge, the search begins outside: the jump is the block's own.
        """
        inner, outer, step = (edge - 1, edge, 1) if right else (edge, edge - 1, -1)
        ends, at = self.revealed.ends, float(self.edges[edge])
        cell = outer if ends[min(int(np.searchsorted(ends, at)), ends.size - 1)] == at else inner
        while True:
            found = self._crossing_in(cell, log_slope)
            beyond = found >= self.edges[cell + 1] if right else found <= self.edges[cell]
            if not beyond or not 0 < cell + step < self.edges.size - 1:
                return found, cell
            cell += step

    def _crossing_in(self, cell: int, log_slope: float) -> float:
        """Where log γ̂(x) − x falls through log k in a cell: its left end if it is below there, its right if above."""
        low, high = float(self.edges[cell]), float(self.edges[cell + 1])

        def excess(x: float) -> float:
            return math.log(max(self._gain_at(cell, x), 1e-300)) - x - log_slope

        at_low, at_high = excess(low), excess(high)
        if at_low <= 0:
            return low
        if at_high >= 0:
            return high
        if self._gain_at(cell, low) == self._gain_at(cell, high):
            return min(max(math.log(self._gain_at(cell, low)) - log_slope, low), high)
        return float(scipy.optimize.brentq(excess, low, high, xtol=1e-300, rtol=1e-15, maxiter=300))
