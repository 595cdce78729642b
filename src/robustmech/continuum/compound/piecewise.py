"""Functions of one variable as Chebyshev polynomials on panels, for evaluation at many points at once."""

import numpy as np

from robustmech.model import FloatArray


def halving_breaks(finest: float, widest: float = 1.0) -> FloatArray:
    """0, h, 2h, 4h, … 1 with h the power of two at or below `finest`: panels as long as their distance from zero.

    Panels longer than `widest` are cut into equal parts.
    """
    count = int(np.clip(np.ceil(-np.log2(finest)), 0, 20))
    doubled = np.concatenate([[0.0], 2.0 ** -np.arange(count, -1, -1.0)])
    parts = np.ceil(np.diff(doubled) / widest).astype(np.int64)
    cut = [np.linspace(left, right, n + 1)[:-1] for left, right, n in zip(doubled, doubled[1:], parts, strict=False)]
    return np.concatenate([*cut, [1.0]])


def graded_rule(finest: float, nodes: int, widest: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on [0, 1] of Gauss's rule on every panel of `halving_breaks`, crowded towards zero."""
    breaks = halving_breaks(finest, widest)
    points, weights = np.polynomial.legendre.leggauss(nodes)
    widths = np.diff(breaks)[:, None]
    return (breaks[:-1, None] + widths * (points + 1) / 2).ravel(), (widths * weights / 2).ravel()


def chebyshev_points(degree: int) -> FloatArray:
    """The degree + 1 roots of the Chebyshev polynomial of that degree plus one, in (-1, 1)."""
    return np.asarray(np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1)))


def chebyshev_coefficients(values: FloatArray, axis: int = -1) -> FloatArray:
    """Coefficients of the polynomial with these values at `chebyshev_points`, along one axis."""
    count = values.shape[axis]
    transform = np.cos(np.pi * np.outer(np.arange(count), np.arange(count) + 0.5) / count) * 2.0 / count
    transform[0] /= 2.0
    return np.moveaxis(np.tensordot(values, transform, axes=(axis, 1)), -1, axis)


def chebyshev_values(degree: int, points: FloatArray) -> FloatArray:
    """T_0 … T_degree at points in [-1, 1], shape (degree + 1, …)."""
    values = np.empty((degree + 1, *points.shape))
    values[0] = 1.0
    if degree:
        values[1] = points
    doubled = 2.0 * points
    for order in range(2, degree + 1):
        np.multiply(doubled, values[order - 1], out=values[order])
        values[order] -= values[order - 2]
    return values


def panel_points(breaks: FloatArray, degree: int) -> FloatArray:
    """The Chebyshev points of every panel, shape (panels, degree + 1)."""
    return np.asarray(breaks[:-1, None] + np.diff(breaks)[:, None] * (chebyshev_points(degree) + 1) / 2)


def locate(breaks: FloatArray, points: FloatArray) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.intp]], FloatArray]:
    """The panel of each point, and where in it the point lies, from -1 to 1."""
    panel = np.searchsorted(breaks[1:-1], points, side="right")
    left = breaks[panel]
    inside = 2.0 * (points - left) / (breaks[panel + 1] - left) - 1.0
    return panel, np.asarray(np.minimum(np.maximum(inside, -1.0), 1.0))
