"""Functions of one number, piecewise smooth, on panels with sixteen Gauss–Legendre nodes each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from robustmech.model import FloatArray, IntArray

NODES = 16
POINTS, WEIGHTS = legendre.leggauss(NODES)
# Legendre coefficients of the interpolant through nodal values, and its integral from −1 to each node.
_TO_COEFFICIENTS = (np.arange(NODES)[:, None] + 0.5) * legendre.legvander(POINTS, NODES - 1).T * WEIGHTS
_ANTIDERIVATIVE = legendre.legint(np.eye(NODES), lbnd=-1, axis=0)
_RUNNING = legendre.legvander(POINTS, NODES) @ _ANTIDERIVATIVE @ _TO_COEFFICIENTS
_DEPTH = 48
_MOST_PENDING = 20_000
_TERMS = 64


@dataclass(frozen=True)
class Panels:
    """Adjacent intervals edges[0] < edges[1] < …; functions are given by their values at `nodes`."""

    edges: FloatArray

    @property
    def count(self) -> int:
        """How many panels there are."""
        return len(self.edges) - 1

    @property
    def widths(self) -> FloatArray:
        """Length of each panel."""
        return np.asarray(np.diff(self.edges), dtype=np.float64)

    @property
    def nodes(self) -> FloatArray:
        """Gauss–Legendre points, shape (panels, 16)."""
        middles = 0.5 * (self.edges[1:] + self.edges[:-1])
        return np.asarray(middles[:, None] + 0.5 * self.widths[:, None] * POINTS, dtype=np.float64)

    def integrals(self, values: FloatArray) -> FloatArray:
        """Integral over each panel, shape (panels,)."""
        return np.asarray(0.5 * self.widths * (values @ WEIGHTS), dtype=np.float64)

    def running(self, values: FloatArray) -> FloatArray:
        """Integral from each panel's left edge to each of its nodes, shape (panels, 16)."""
        return np.asarray(0.5 * self.widths[:, None] * (values @ _RUNNING.T), dtype=np.float64)

    def places(self, points: FloatArray) -> IntArray:
        """The panel that holds each point; the first or last for points outside."""
        return np.clip(np.searchsorted(self.edges, points, side="right") - 1, 0, self.count - 1)

    def interpolant(self, values: FloatArray) -> "Piecewise":
        """The piecewise polynomial through nodal values."""
        return Piecewise(panels=self, coefficients=np.ascontiguousarray(_TO_COEFFICIENTS @ values.T))


@dataclass(frozen=True)
class Piecewise:
    """A piecewise polynomial: Legendre coefficients, shape (16, panels)."""

    panels: Panels
    coefficients: FloatArray

    def __call__(self, points: FloatArray) -> FloatArray:
        """Values at points within the panels, by Clenshaw's recurrence."""
        places = self.panels.places(points)
        low, width = self.panels.edges[places], self.panels.widths[places]
        t = 2.0 * (points - low) / width - 1.0
        after = np.zeros_like(t)
        current = np.zeros_like(t)
        for k in range(NODES - 1, 0, -1):
            current, after = (
                self.coefficients[k][places] + (2 * k + 1) / (k + 1) * t * current - (k + 1) / (k + 2) * after,
                current,
            )
        return np.asarray(self.coefficients[0][places] + t * current - 0.5 * after, dtype=np.float64)


def roughness(values: FloatArray) -> FloatArray:
    """Largest of the last two Legendre coefficients of each panel: an estimate of the interpolation error."""
    tail = values @ _TO_COEFFICIENTS[-2:].T
    return np.asarray(np.max(np.abs(tail), axis=1), dtype=np.float64)


def within(error: float) -> Callable[[FloatArray, FloatArray], FloatArray]:
    """The tolerance that leaves each panel's integral about this error."""

    def tolerance(left: FloatArray, right: FloatArray) -> FloatArray:
        return error / (right - left)

    return tolerance


def resolved_edges(
    function: Callable[[FloatArray], FloatArray],
    edges: FloatArray,
    tolerance: Callable[[FloatArray, FloatArray], FloatArray],
) -> FloatArray:
    """Edges of panels on which a function is resolved: panels are halved until their roughness is tolerable.

    Halving stops where it no longer helps: a function with noise above the tolerance is left as it is.

    Args:
        function: vectorised, called on nodes of shape (panels, 16).
        edges: the panels to begin with.
        tolerance: the roughness to accept on panels with the given left and right ends.
    """
    kept = [edges]
    left, right = edges[:-1], edges[1:]
    for _ in range(_DEPTH):
        if not 0 < left.size <= _MOST_PENDING:
            break
        middle = 0.5 * (left + right)
        values = function(middle[:, None] + 0.5 * (right - left)[:, None] * POINTS)
        split = (roughness(values) > tolerance(left, right)) & (middle > left) & (middle < right)
        kept.append(middle[split])
        left, right = np.concatenate([left[split], middle[split]]), np.concatenate([middle[split], right[split]])
    return np.unique(np.concatenate(kept))


def halved(panels: Panels) -> Panels:
    """Every panel cut in its middle."""
    middles = 0.5 * (panels.edges[1:] + panels.edges[:-1])
    return Panels(np.sort(np.concatenate([panels.edges, middles])))


def quadrature_doubt(function: Callable[[FloatArray], FloatArray], panels: Panels) -> FloatArray:
    """What halving each panel changes in its integral, shape (panels,)."""
    if not panels.count:
        return np.zeros(0)
    whole, finer = panels.integrals(function(panels.nodes)), halved(panels)
    parts = finer.integrals(function(finer.nodes))
    return np.asarray(np.abs(whole - parts[0::2] - parts[1::2]), dtype=np.float64)


def relative_doubt(count: int) -> float:
    """How far a sum of so many panels' terms, and what is made of it, may be rounded, beside the terms' sizes."""
    return float((_TERMS + np.log2(count + 1)) * 2.0**-52)


def sum_doubt(size: float, count: int) -> float:
    """The rounding of sums, and of sums of sums, whose parts' sizes add up to so much."""
    return size * relative_doubt(count)
