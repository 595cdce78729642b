r"""Piecewise-linear mechanisms of two agents at any real actions.

With balanced Ξ, linear on each triangle, the transfers that share it equally have the individual growths
:math:`\xi_1 = \tfrac12 (\Xi - E_1 \Xi) + \tfrac12 E_2 \Xi`, where :math:`E_i` is the mean over agent i's action, so that

.. math:: t_1(x) = -e^{x_1} \int_{x_1}^\infty \xi_1(z, x_2) e^{-z}\, dz,

zero at action 0, and likewise for agent 2. Along a line Ξ is linear between the breakpoints and the cuts it crosses, so the
integral over the own action has a closed form; the integral of :math:`E_2 \Xi` is smooth within a cell and kept there as
a polynomial that reproduces it to rounding.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev, legendre

from robustmech.elements.spacing import Spacing
from robustmech.model import FloatArray, IntArray

_DEGREE = 20
_POINTS = 16


def located(spacing: Spacing, places: FloatArray) -> tuple[IntArray, FloatArray]:
    """The cell of each place and how far through it, in [0, 1]; places in the tail are at the end of the last cell."""
    points = spacing.positions
    cell = np.clip(np.searchsorted(points, places, side="right") - 1, 0, spacing.cells - 1)
    share = (np.minimum(places, points[-1]) - points[cell]) / np.diff(points)[cell]
    return cell, np.clip(share, 0.0, 1.0)


def interpolated(spacings: tuple[Spacing, Spacing], values: FloatArray, bids: FloatArray) -> FloatArray:
    """The piecewise-linear function with the given values at the nodes.

    Args:
        values: shape (M_1 + 1, M_2 + 1, …).
        bids: shape (bids, 2).
    """
    (a, s), (b, t) = (located(spacing, bids[:, i]) for i, spacing in enumerate(spacings))
    below = s + t <= 1
    corner = np.where(below, 0, 1)
    near = values[a + corner, b + corner]
    weight = np.where(below, 1 - s - t, s + t - 1)
    right, up = np.where(below, s, 1 - t), np.where(below, t, 1 - s)
    extra = (slice(None), *([None] * (values.ndim - 2)))
    result: FloatArray = weight[extra] * near + right[extra] * values[a + 1, b] + up[extra] * values[a, b + 1]
    return result


@dataclass(frozen=True, kw_only=True, eq=False)
class LineIntegrals:
    """Discounted integrals of a function that is linear on triangles, along the first agent's action.

    Args:
        own, other: the breakpoints along the line and across it.
        lower, upper: the function at the corners of each triangle: the corner nearest to the origin or farthest from it,
            that at the larger own action, that at the larger other action; shape (M_own, M_other, 3).
        strip: the function in the tail of the own action at the two ends of each cell of the other, shape (M_other, 2).
        edge: the function in the tail of the other action at the two ends of each cell of the own, shape (M_own, 2).
        corner: the function in both tails.
    """

    own: Spacing
    other: Spacing
    lower: FloatArray
    upper: FloatArray
    strip: FloatArray
    edge: FloatArray
    corner: float

    def beyond(self, start: FloatArray, across: FloatArray) -> FloatArray:
        r"""The mean of the function beyond ``start`` along lines at ``across``: e^s ∫_s^∞ f(z, across) e^{−z} dz."""
        points = self.own.positions
        b, t = located(self.other, across)
        tail = across >= self.other.positions[-1]
        t = t[:, None]
        lower, upper = self.lower[:, b].transpose(1, 0, 2), self.upper[:, b].transpose(1, 0, 2)
        entering = (1 - t) * lower[..., 0] + t * lower[..., 2]
        meeting = (1 - t) * lower[..., 1] + t * lower[..., 2]
        parting = (1 - t) * upper[..., 1] + t * upper[..., 2]
        leaving = (1 - t) * upper[..., 1] + t * upper[..., 0]
        last = (1 - t[:, 0]) * self.strip[b, 0] + t[:, 0] * self.strip[b, 1]
        entering, meeting = (
            np.where(tail[:, None], v, w) for v, w in ((self.edge[:, 0], entering), (self.edge[:, 0], meeting))
        )
        parting, leaving = (
            np.where(tail[:, None], v, w) for v, w in ((self.edge[:, 0], parting), (self.edge[:, 1], leaving))
        )
        last = np.where(tail, self.corner, last)
        cut = points[:-1] + (1 - np.where(tail[:, None], 1.0, t)) * np.diff(points)
        begin, end = points[:-1][None, :], points[1:][None, :]
        total = _piece(start[:, None], begin, cut, entering, meeting).sum(axis=1)
        total += _piece(start[:, None], cut, end, parting, leaving).sum(axis=1)
        total += last * np.exp(-np.maximum(points[-1] - start, 0.0))
        return total


def _piece(start: FloatArray, begin: FloatArray, end: FloatArray, first: FloatArray, last: FloatArray) -> FloatArray:
    """e^s ∫ of a linear function times e^{−z} over the part of [begin, end] beyond s."""
    width = end - begin
    low = np.clip(start, begin, end)
    share = np.divide(low - begin, width, out=np.zeros(np.broadcast_shapes(low.shape, width.shape)), where=width > 0)
    first = first + share * (last - first)
    length = end - low
    whole = -np.expm1(-length)
    late = np.divide(whole - length * np.exp(-length), length, out=np.zeros_like(whole), where=length > 0)
    result: FloatArray = np.exp(np.minimum(start - low, 0.0)) * (first * (whole - late) + last * late)
    return result


@dataclass(frozen=True, kw_only=True, eq=False)
class TriangleTransfers:
    """The transfers of a balanced aggregate excess growth that is linear on triangles.

    Args:
        lines: for each agent, integrals along its own action.
        averages: for each agent, Chebyshev coefficients by cell of the mean, beyond an own action, of the growth's mean
            over the other's; shape (degree + 1, M_i); and its constant value in the tail.
    """

    lines: tuple[LineIntegrals, LineIntegrals]
    averages: tuple[tuple[FloatArray, float], tuple[FloatArray, float]]

    @classmethod
    def of(cls, lines: tuple[LineIntegrals, LineIntegrals]) -> "TriangleTransfers":
        """Prepare the averages."""
        return cls(lines=lines, averages=(_averages(lines[1]), _averages(lines[0])))

    def __call__(self, bids: FloatArray) -> FloatArray:
        """What each agent pays, shape (bids, 2); zero for action 0."""
        paid = np.zeros(bids.shape)
        for i, (line, (table, tail)) in enumerate(zip(self.lines, self.averages, strict=True)):
            own, other = bids[:, i], bids[:, 1 - i]
            cell, share = located(line.own, own)
            average = chebyshev.chebval(2 * share - 1, table[:, cell], tensor=False)
            average = np.where(own >= line.own.positions[-1], tail, average)
            beyond = line.beyond(own, other) - line.beyond(np.zeros_like(own), other)
            paid[:, i] = np.where(own > 0, -(beyond + average) / 2, 0.0)
        return paid


def _averages(crossing: LineIntegrals) -> tuple[FloatArray, float]:
    """The mean beyond z of the mean along the crossing lines, by cells of z: ``crossing.other``."""
    points = crossing.other.positions
    roots, weights = legendre.leggauss(_POINTS)
    nodes = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    tail = float(crossing.beyond(np.zeros(1), points[-1:])[0])
    values = np.zeros((nodes.size, crossing.other.cells))
    after = tail
    for cell in reversed(range(crossing.other.cells)):
        begin, end = points[cell], points[cell + 1]
        start = np.append(begin + (nodes + 1) / 2 * (end - begin), begin)[:, None]
        half = (end - start) / 2
        places = np.clip(start + half * (1 + roots), begin, np.nextafter(end, begin))
        mean = crossing.beyond(np.zeros(places.size), places.ravel()).reshape(places.shape)
        found = (weights * half * mean * np.exp(start - places)).sum(axis=1) + np.exp(start[:, 0] - end) * after
        values[:, cell], after = found[:-1], float(found[-1])
    return chebyshev.chebfit(nodes, values, _DEGREE), tail
