"""The quantile function of a mixture of atoms and continuous parts."""

from dataclasses import dataclass

import numpy as np

from robustmech.continuum.common_value.inversion import invert_increasing
from robustmech.continuum.common_value.law_parts import ContinuousPart
from robustmech.model import FloatArray, IntArray


@dataclass(frozen=True)
class Quantiles:
    """v(p) = min{v: H(v) ≥ p}, in stretches: stretch k covers the levels (lower[k], lower[k + 1]].

    `lower` are probabilities counted from below and `upper` the same ends counted from above. A
    stretch is an atom where `start` equals `end`, and otherwise runs continuously from `start` to `end`.
    """

    lower: FloatArray
    upper: FloatArray
    start: FloatArray
    end: FloatArray
    parts: tuple[ContinuousPart, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(
        cls,
        atoms: tuple[float, ...],
        masses: tuple[float, ...],
        parts: tuple[ContinuousPart, ...],
        weights: tuple[float, ...],
    ) -> "Quantiles":
        """Cut a law at its atoms and at the breaks of its parts."""
        marks = {float(b) for part in parts for b in (part.low, *part.breaks, part.high)}
        points = np.array(sorted(marks | set(atoms)))
        mass = np.zeros(points.size)
        mass[np.searchsorted(points, atoms)] = masses
        below, above = np.zeros(points.size), np.zeros(points.size)
        for part, weight in zip(parts, weights, strict=True):
            below += weight * part.cumulative(points)
            above += weight * part.survival(points)
        up_to = below + np.cumsum(mass)
        from_on = above + np.cumsum(mass[::-1])[::-1]
        count = 2 * points.size - 1
        ends = np.empty((5, count))
        ends[0, 0::2], ends[0, 1::2] = up_to, (up_to - mass)[1:]
        ends[1, 0::2], ends[1, 1::2] = from_on - mass, from_on[1:]
        ends[2, 0::2], ends[2, 1::2] = points, points[:-1]
        ends[3, 0::2], ends[3, 1::2] = points, points[1:]
        ends[4, 0::2], ends[4, 1::2] = mass, np.maximum(np.diff(below), -np.diff(above))
        ends = ends[:, ends[4] > 1e-300]
        lower = np.maximum.accumulate(np.concatenate([[0.0], ends[0]]))
        upper = np.minimum.accumulate(np.concatenate([[1.0], ends[1]]))
        lower[-1], upper[-1] = 1.0, 0.0
        # drop what is too unlikely to have levels of its own
        kept = np.where(lower[1:] <= 0.5, lower[1:] > lower[:-1], upper[1:] < upper[:-1])
        lower, upper = lower[np.append(True, kept)], upper[np.append(True, kept)]
        lower[-1], upper[-1] = 1.0, 0.0
        return cls(lower, upper, start=ends[2, kept], end=ends[3, kept], parts=parts, weights=weights)

    @property
    def smooth(self) -> IntArray:
        """Indices of the stretches that are not atoms."""
        return np.flatnonzero(self.start < self.end)

    def __call__(self, below: FloatArray, above: FloatArray) -> FloatArray:
        """The quantile at each level, which is given both as `below` and as `above` = 1 − `below`."""
        last = self.start.size - 1
        from_low = np.clip(np.searchsorted(self.lower, below, side="left") - 1, 0, last)
        from_high = np.clip(last + 1 - np.searchsorted(self.upper[::-1], above, side="right"), 0, last)
        stretch = np.where(below <= 0.5, from_low, from_high)
        values = np.array(self.start[stretch])
        for k in self.smooth:
            here = stretch == k
            if here.any():
                values[here] = self.on_stretch(int(k), below[here], above[here])
        return values

    def on_stretch(self, k: int, below: FloatArray, above: FloatArray) -> FloatArray:
        """The quantile at levels that lie in stretch k."""
        start, end = float(self.start[k]), float(self.end[k])
        if start == end:
            return np.full_like(below, start)
        active = [
            (part, weight)
            for part, weight in zip(self.parts, self.weights, strict=True)
            if part.low <= start and part.high >= end
        ]
        rise, fall = np.maximum(below - self.lower[k], 0.0), np.maximum(above - self.upper[k + 1], 0.0)
        ends = np.array([start, end])
        low_side = below <= 0.5
        values = np.empty_like(below)
        if len(active) == 1:
            part, weight = active[0]
            first, last = part.cumulative(ends)[0], part.survival(ends)[1]
            values[low_side] = part.quantile(np.minimum(first + rise[low_side] / weight, 1.0))
            values[~low_side] = part.upper_quantile(np.minimum(last + fall[~low_side] / weight, 1.0))
        else:
            bases = [weight * float(part.cumulative(ends)[0]) for part, weight in active]
            tops = [weight * float(part.survival(ends)[1]) for part, weight in active]

            def cumulative(v: FloatArray) -> FloatArray:
                terms = (w * p.cumulative(v) - base for (p, w), base in zip(active, bases, strict=True))
                return sum(terms, np.zeros_like(v))

            def minus_survival(v: FloatArray) -> FloatArray:
                terms = (top - w * p.survival(v) for (p, w), top in zip(active, tops, strict=True))
                return sum(terms, np.zeros_like(v))

            values[low_side] = invert_increasing(cumulative, rise[low_side], start, end)
            values[~low_side] = invert_increasing(minus_survival, -fall[~low_side], start, end)
        return np.clip(values, start, end)
