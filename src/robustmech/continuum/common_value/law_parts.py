"""Continuous parts of a law of values: what a mixture needs of each."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from robustmech.continuum.common_value.inversion import invert_increasing
from robustmech.continuum.common_value.panels import POINTS, WEIGHTS, Panels, Piecewise, resolved_edges, within
from robustmech.errors import InputError
from robustmech.model import FloatArray

_DOUBTFUL = 1e-20
_CLOSEST = 1e-323
_MOST_ROUNDS = 12
_NEXT_TO_EDGE = 0.0125
"""More than twice the part of a panel that lies before its first node."""
_FIRST_PANELS = 512
"""Gauss points of so many panels are nowhere farther apart than 1/5000 of the interval: nothing wider is missed."""


class ContinuousPart(Protocol):
    """A law without atoms on [low, high]."""

    @property
    def low(self) -> float:
        """Lowest value."""
        ...

    @property
    def high(self) -> float:
        """Highest value."""
        ...

    @property
    def breaks(self) -> tuple[float, ...]:
        """Values strictly inside where the density is not smooth, as far as they are known."""
        ...

    def cumulative(self, values: FloatArray) -> FloatArray:
        """Probability of at most each value."""
        ...

    def survival(self, values: FloatArray) -> FloatArray:
        """Probability of more than each value."""
        ...

    def quantile(self, levels: FloatArray) -> FloatArray:
        """Inverse of `cumulative`."""
        ...

    def upper_quantile(self, levels: FloatArray) -> FloatArray:
        """Inverse of `survival`."""
        ...


@dataclass(frozen=True)
class UniformPart:
    """Equally likely values on [low, high]."""

    low: float
    high: float
    breaks: tuple[float, ...] = ()

    def cumulative(self, values: FloatArray) -> FloatArray:
        """Probability of at most each value."""
        return np.clip((values - self.low) / (self.high - self.low), 0.0, 1.0)

    def survival(self, values: FloatArray) -> FloatArray:
        """Probability of more than each value."""
        return np.clip((self.high - values) / (self.high - self.low), 0.0, 1.0)

    def quantile(self, levels: FloatArray) -> FloatArray:
        """Inverse of `cumulative`."""
        return self.low + (self.high - self.low) * levels

    def upper_quantile(self, levels: FloatArray) -> FloatArray:
        """Inverse of `survival`."""
        return self.high - (self.high - self.low) * levels


@dataclass(frozen=True)
class DensityPart:
    """A density given as a function, integrated once on panels that resolve it."""

    low: float
    high: float
    breaks: tuple[float, ...]
    total: float
    density: Callable[[FloatArray], FloatArray] = field(repr=False)
    running: Piecewise = field(repr=False)
    before: FloatArray = field(repr=False)
    after: FloatArray = field(repr=False)

    @classmethod
    def of(cls, function: Callable[[Any], Any], low: float, high: float, breaks: tuple[float, ...]) -> "DensityPart":
        """Integrate a density over [low, high].

        Raises:
            InputError: for a density that cannot be evaluated, is negative or not finite somewhere, or zero everywhere.
        """
        evaluated = _on_arrays(function, low, high)

        def density(values: FloatArray) -> FloatArray:
            heights = evaluated(values)
            bad = ~(np.isfinite(heights) & (heights >= 0))
            if bad.any():
                where = values[bad][0]
                raise InputError(
                    f"the density is {heights[bad][0]} at {where:.17g}: it must be finite and not negative"
                )
            return heights

        inside = [b for b in breaks if low < b < high]
        edges = np.unique(np.concatenate([np.linspace(low, high, _FIRST_PANELS + 1), inside]))
        scale = max(float(Panels(edges).integrals(density(Panels(edges).nodes)).sum()), 1e-300)
        panels = Panels(_resolving(density, edges, scale))
        heights = density(panels.nodes)
        pieces = panels.integrals(heights)
        total = float(pieces.sum())
        if not total > 0:
            raise InputError(f"the density is zero on all of [{low:.17g}, {high:.17g}]")
        return cls(
            low=low,
            high=high,
            breaks=tuple(b for b in breaks if low < b < high),
            total=total,
            density=density,
            running=panels.interpolant(panels.running(heights) / total),
            before=np.concatenate([[0.0], np.cumsum(pieces)]) / total,
            after=np.concatenate([np.cumsum(pieces[::-1])[::-1], [0.0]]) / total,
        )

    def _mass(self, left: FloatArray, right: FloatArray) -> FloatArray:
        """Probability of [left, right], accurate relative to itself: what the far tails of quantiles need."""
        half = 0.5 * (right - left)
        heights = self.density(left[:, None] + half[:, None] * (1.0 + POINTS))
        return np.asarray(half * (heights @ WEIGHTS) / self.total, dtype=np.float64)

    def cumulative(self, values: FloatArray) -> FloatArray:
        """Probability of at most each value."""
        inside = np.clip(values, self.low, self.high)
        place = self.running.panels.places(inside)
        level = self.before[place] + self.running(inside)
        first = place == 0
        level[first] = self._mass(np.full(int(first.sum()), self.low), inside[first])
        return np.where(values <= self.low, 0.0, np.where(values >= self.high, 1.0, np.clip(level, 0.0, 1.0)))

    def survival(self, values: FloatArray) -> FloatArray:
        """Probability of more than each value."""
        inside = np.clip(values, self.low, self.high)
        place = self.running.panels.places(inside)
        level = self.after[place] - self.running(inside)
        last = place == self.running.panels.count - 1
        level[last] = self._mass(inside[last], np.full(int(last.sum()), self.high))
        return np.where(values <= self.low, 1.0, np.where(values >= self.high, 0.0, np.clip(level, 0.0, 1.0)))

    def quantile(self, levels: FloatArray) -> FloatArray:
        """Inverse of `cumulative`."""
        edges = self.running.panels.edges
        place = np.clip(np.searchsorted(self.before, levels, side="right") - 1, 0, len(edges) - 2)
        return invert_increasing(self.cumulative, levels, edges[place], edges[place + 1])

    def upper_quantile(self, levels: FloatArray) -> FloatArray:
        """Inverse of `survival`."""
        edges = self.running.panels.edges
        place = np.clip(len(edges) - 1 - np.searchsorted(self.after[::-1], levels, side="left"), 0, len(edges) - 2)
        return invert_increasing(lambda v: -self.survival(v), -levels, edges[place], edges[place + 1])


def _on_arrays(function: Callable[[Any], Any], low: float, high: float) -> Callable[[FloatArray], FloatArray]:
    """A density for arrays, from a function of arrays or of single numbers; whichever works at two values.

    Raises:
        InputError: if neither does, or does not bring one number for each value.
    """
    pair = low + (high - low) * np.array([0.25, 0.75])

    def for_arrays(values: FloatArray) -> FloatArray:
        return np.broadcast_to(np.asarray(function(values), dtype=np.float64), values.shape)

    one_by_one = np.vectorize(function, otypes=[np.float64])
    failure: Exception | None = None
    for candidate in (for_arrays, one_by_one):
        try:
            candidate(pair)
        except Exception as error:  # whatever a person's function raises
            failure = error
        else:
            return candidate
    raise InputError(
        f"the density cannot be evaluated at {pair[0]:g}: {type(failure).__name__}: {failure}"
    ) from failure


def _resolving(density: Callable[[FloatArray], FloatArray], edges: FloatArray, scale: float) -> FloatArray:
    """Edges of panels that resolve a density of about the given mass, with the jumps that nodes alone do not show.

    A jump between an edge and the node next to it shows at the edge: the panel's polynomial is not the density there.
    """
    for _ in range(_MOST_ROUNDS):
        edges = resolved_edges(density, edges, within(1e-15 * scale))
        panels, inner = Panels(edges), edges[1:-1]
        polynomial = panels.interpolant(density(panels.nodes))
        added = []
        for beside, width in ((edges[2:], panels.widths[1:]), (edges[:-2], -panels.widths[:-1])):
            close = np.nextafter(inner, beside)
            missed = np.abs(density(close) - polynomial(close)) * np.abs(width) > 1e-12 * scale
            added.append((inner + _NEXT_TO_EDGE * width)[missed])
        finer = np.unique(np.concatenate([edges, *added]))
        if finer.size == edges.size:
            break
        edges = finer
    return edges


@dataclass(frozen=True)
class ScipyPart:
    """A frozen continuous law of `scipy.stats`, conditional on lying in [low, high]."""

    frozen: Any
    low: float
    high: float
    breaks: tuple[float, ...] = ()

    @cached_property
    def _below(self) -> float:
        return float(self.frozen.cdf(self.low))

    @cached_property
    def _above(self) -> float:
        return float(self.frozen.sf(self.high))

    @staticmethod
    def _quietly(function: Callable[[FloatArray], Any], points: FloatArray) -> FloatArray:
        """SciPy 1.17 warns from compiled code when a quantile at a level such as 1e-200 stops early."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.asarray(function(points), dtype=np.float64)

    @property
    def mass(self) -> float:
        """Probability that the untruncated law gives to [low, high]."""
        return 1.0 - self._below - self._above

    def cumulative(self, values: FloatArray) -> FloatArray:
        """Probability of at most each value."""
        inside = np.clip(values, self.low, self.high)
        level = np.clip((self._quietly(self.frozen.cdf, inside) - self._below) / self.mass, 0.0, 1.0)
        return np.where(values >= self.high, 1.0, level)

    def survival(self, values: FloatArray) -> FloatArray:
        """Probability of more than each value."""
        inside = np.clip(values, self.low, self.high)
        level = np.clip((self._quietly(self.frozen.sf, inside) - self._above) / self.mass, 0.0, 1.0)
        return np.where(values <= self.low, 1.0, level)

    def quantile(self, levels: FloatArray) -> FloatArray:
        """Inverse of `cumulative`."""
        raw = self._below + levels * self.mass
        tail = not self._below
        return self._mended(self._quietly(self.frozen.ppf, raw), raw, self.frozen.cdf, self.low, 1.0, tail)

    def upper_quantile(self, levels: FloatArray) -> FloatArray:
        """Inverse of `survival`."""
        raw = self._above + levels * self.mass
        tail = not self._above
        return self._mended(self._quietly(self.frozen.isf, raw), raw, self.frozen.sf, self.high, -1.0, tail)

    def _mended(
        self,
        values: FloatArray,
        levels: FloatArray,
        chance: Callable[[FloatArray], Any],
        end: float,
        sign: float,
        tail: bool,
    ) -> FloatArray:
        """Quantiles that SciPy gets wrong, found again as functions of the distance from an end.

        SciPy 1.17 returns NaN, or values wrong by orders of magnitude (`beta.ppf` below 1e-100), at tiny levels,
        which there are only where the law is not cut off (`tail`).
        """
        doubtful = np.isnan(values) | ((levels < _DOUBTFUL) & tail)
        if not doubtful.any():
            return np.clip(values, self.low, self.high)
        stated, level = values[doubtful], levels[doubtful]
        distance = np.abs(stated - end)
        slack = 1e-12 * distance + 1e-15 * np.abs(stated)
        less = self._quietly(chance, end + sign * np.maximum(distance - slack, 0.0))
        more = self._quietly(chance, end + sign * (distance + slack))
        wrong = ~((less <= level) & (level <= more))
        if wrong.any():

            def log_chance(log_distance: FloatArray) -> FloatArray:
                return np.log(np.maximum(self._quietly(chance, end + sign * np.exp(log_distance)), _CLOSEST))

            reach = math.log(self.high - self.low)
            targets = np.log(np.maximum(level[wrong], _CLOSEST))
            stated[wrong] = end + sign * np.exp(invert_increasing(log_chance, targets, math.log(_CLOSEST), reach))
        result = values.copy()
        result[doubtful] = stated
        return np.clip(result, self.low, self.high)
