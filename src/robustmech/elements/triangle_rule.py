r"""Piecewise-linear mechanisms of two agents at any real actions.

With Ξ = A + B balanced, A for agent 1 and B for agent 2, the individual growths
:math:`\xi_1 = A - E_1 A + E_2 B - E B` and :math:`\xi_2 = B - E_2 B + E_1 A - E A`, where :math:`E_i` is the mean over agent i's
action, add up to Ξ and have mean zero in the own action, so that

.. math:: t_1(x) = -e^{x_1} \int_{x_1}^\infty \xi_1(z, x_2) e^{-z}\, dz,

is zero at action 0, and likewise for agent 2; A = B = Ξ/2 shares Ξ equally. Along a line A is linear between the places where it
may jump, so the integral over the own action has a closed form; that of :math:`E_2 B` is smooth in each piece of the other's
scale and kept there as a polynomial that reproduces it to rounding.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

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
    weight = np.abs(1 - (s + t))
    right, up = np.where(below, s, 1 - t), np.where(below, t, 1 - s)
    extra = (slice(None), *([None] * (values.ndim - 2)))
    result: FloatArray = weight[extra] * near + right[extra] * values[a + 1, b] + up[extra] * values[a, b + 1]
    return result


def crossed_interpolated(spacings: tuple[Spacing, Spacing], values: FloatArray, bids: FloatArray) -> FloatArray:
    """The function that is linear on crossed triangles.

    Args:
        values: at the corners of cells, then at the middles, shape (nodes, …).
        bids: shape (bids, 2).
    """
    (a, s), (b, t) = (located(spacing, bids[:, i]) for i, spacing in enumerate(spacings))
    columns = spacings[1].cells + 1
    low = a * columns + b
    middle = (spacings[0].cells + 1) * columns + a * spacings[1].cells + b
    weights = (
        (low, np.maximum(1 - s - t, 0.0)),
        (low + columns + 1, np.maximum(s + t - 1, 0.0)),
        (low + columns, np.maximum(s - t, 0.0)),
        (low + 1, np.maximum(t - s, 0.0)),
        (middle, 2 * np.minimum(np.minimum(s, t), np.minimum(1 - s, 1 - t))),
    )
    extra = (slice(None), *([None] * (values.ndim - 1)))
    total = np.zeros((bids.shape[0], *values.shape[1:]))
    for node, weight in weights:
        total += weight[extra] * values[node]
    return total


class Lines(Protocol):
    """A function on the plane, along lines in the first coordinate, linear between places where it may jump."""

    own: Spacing
    other: Spacing

    def pieces(self, across: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Along lines at places across: where pieces begin and end, shape (lines, pieces), the function at either end, and
        its value beyond the last breakpoint, shape (lines,).
        """
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class TriangleLines:
    """A function that is linear on triangles cut along the falling diagonal.

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

    def pieces(self, across: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Two pieces in each cell, one on either side of the cut."""
        points = self.own.positions
        b, t = located(self.other, across)
        tail = across >= self.other.positions[-1]
        t = np.where(tail, 1.0, t)[:, None]
        lower, upper = self.lower[:, b].transpose(1, 0, 2), self.upper[:, b].transpose(1, 0, 2)
        ends = [
            (1 - t) * lower[..., 0] + t * lower[..., 2],
            (1 - t) * lower[..., 1] + t * lower[..., 2],
            (1 - t) * upper[..., 1] + t * upper[..., 2],
            (1 - t) * upper[..., 1] + t * upper[..., 0],
        ]
        edges = [self.edge[:, 0], self.edge[:, 0], self.edge[:, 0], self.edge[:, 1]]
        first, meeting, parting, final = (np.where(tail[:, None], e, v) for e, v in zip(edges, ends, strict=True))
        last = np.where(tail, self.corner, (1 - t[:, 0]) * self.strip[b, 0] + t[:, 0] * self.strip[b, 1])
        cut = points[:-1] + (1 - t) * np.diff(points)
        begin, end = np.broadcast_to(points[:-1], cut.shape), np.broadcast_to(points[1:], cut.shape)
        return _joined(begin, cut), _joined(cut, end), _joined(first, parting), _joined(meeting, final), last


@dataclass(frozen=True, kw_only=True, eq=False)
class CrossedLines:
    """A function that is linear on crossed triangles.

    Args:
        own, other: the breakpoints along the line and across it.
        near, before, after, beyond: the function at the corners of the triangles with the least other action, the least own
            action, the largest own action and the largest other action: at the end of their outer side that is nearer to
            the origin, at its far end, and in the middle of the cell; shape (M_own, M_other, 3).
        strip: the function in the tail of the own action at the two ends of each cell of the other, shape (M_other, 2).
        edge: the function in the tail of the other action at the two ends of each cell of the own, shape (M_own, 2).
        corner: the function in both tails.
    """

    own: Spacing
    other: Spacing
    near: FloatArray
    before: FloatArray
    after: FloatArray
    beyond: FloatArray
    strip: FloatArray
    edge: FloatArray
    corner: float

    @classmethod
    def of(
        cls,
        spacings: tuple[Spacing, Spacing],
        triangles: tuple[FloatArray, ...],
        tails: tuple[FloatArray, FloatArray],
        corner: float,
    ) -> "CrossedLines":
        """The function along the first of two coordinates, from its triangles near, before, after and beyond, and its
        tails in the own and in the other coordinate.
        """
        near, before, after, beyond = triangles
        return cls(
            own=spacings[0],
            other=spacings[1],
            near=near,
            before=before,
            after=after,
            beyond=beyond,
            strip=tails[0],
            edge=tails[1],
            corner=corner,
        )

    def pieces(self, across: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Three pieces in each cell."""
        points = self.own.positions
        b, t = located(self.other, across)
        tail = across >= self.other.positions[-1]
        t = np.where(tail, 1.0, t)
        below, side = (t < 0.5)[:, None], t[:, None]
        middle = 2 * np.minimum(side, 1 - side)

        def on_cut(kind: FloatArray, end: int) -> FloatArray:
            """Between a corner and the middle of the cell."""
            found: FloatArray = (1 - middle) * kind[:, b, end].T + middle * kind[:, b, 2].T
            return found

        def on_side(kind: FloatArray) -> FloatArray:
            found: FloatArray = (1 - side) * kind[:, b, 0].T + side * kind[:, b, 1].T
            return found

        inner = [np.where(below, on_cut(self.near, end), on_cut(self.beyond, end)) for end in (0, 1)]
        inner = [np.where(tail[:, None], self.edge[:, end], value) for end, value in enumerate(inner)]
        into = np.where(below, on_cut(self.before, 0), on_cut(self.before, 1))
        out = np.where(below, on_cut(self.after, 0), on_cut(self.after, 1))
        reach = np.minimum(t, 1 - t)[:, None] * np.diff(points)
        begin, end = np.broadcast_to(points[:-1], reach.shape), np.broadcast_to(points[1:], reach.shape)
        starts, ends = _joined(begin, begin + reach, end - reach), _joined(begin + reach, end - reach, end)
        first = _joined(on_side(self.before), inner[0], out)
        final = _joined(into, inner[1], on_side(self.after))
        last = np.where(tail, self.corner, (1 - t) * self.strip[b, 0] + t * self.strip[b, 1])
        return starts, ends, first, final, last


def _joined(*parts: FloatArray) -> FloatArray:
    return np.concatenate(parts, axis=1)


def mean_beyond(lines: Lines, start: FloatArray, across: FloatArray) -> FloatArray:
    r"""The mean of the function beyond ``start`` along lines at ``across``: e^s ∫_s^∞ f(z, across) e^{−z} dz."""
    begin, end, first, final, last = lines.pieces(across)
    total: FloatArray = _piece(start[:, None], begin, end, first, final).sum(axis=1)
    return total + last * np.exp(-np.maximum(lines.own.positions[-1] - start, 0.0))


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
class LineTransfers:
    """The transfers that two functions A and B with mean zero together give, one for each agent.

    Args:
        own: for each agent, its part along its own action.
        averages: for each agent, the mean beyond an own action of the other's part averaged over the other's action.
    """

    own: tuple[Lines, Lines]
    averages: tuple["Average", "Average"]

    @classmethod
    def of(cls, one: tuple[Lines, Lines], two: tuple[Lines, Lines]) -> "LineTransfers":
        """Prepare the averages of A and B, each given along the first and along the second agent's action."""
        return cls(own=(one[0], two[1]), averages=(_averages(two[1]), _averages(one[0])))

    def __call__(self, bids: FloatArray) -> FloatArray:
        """What each agent pays, shape (bids, 2); zero for action 0."""
        paid = np.zeros(bids.shape)
        for i, (lines, average) in enumerate(zip(self.own, self.averages, strict=True)):
            own, other = bids[:, i], bids[:, 1 - i]
            zero = np.zeros_like(own)
            beyond = mean_beyond(lines, own, other) - mean_beyond(lines, zero, other)
            paid[:, i] = np.where(own > 0, -(beyond + average(own) - average(zero)), 0.0)
        return paid


@dataclass(frozen=True, kw_only=True, eq=False)
class Average:
    """A function of one action, smooth on each half of each cell and constant in the tail.

    Args:
        halves: the halves of the cells.
        table: Chebyshev coefficients, shape (degree + 1, 2 M).
        tail: the constant.
    """

    halves: Spacing
    table: FloatArray
    tail: float

    def __call__(self, places: FloatArray) -> FloatArray:
        """The function at some places."""
        cell, share = located(self.halves, places)
        found = chebyshev.chebval(2 * share - 1, self.table[:, cell], tensor=False)
        return np.where(places >= self.halves.positions[-1], self.tail, found)


def _averages(crossing: Lines) -> Average:
    """The mean beyond z of the mean along the crossing lines.

    Lines on crossed triangles change form in the middle of a cell, so each half has coefficients of its own.
    """
    ends = crossing.other.breakpoints
    middles = [(low + high) / 2 for low, high in pairwise(ends)]
    halves = Spacing(breakpoints=tuple(sorted((*ends, *middles))))
    points = halves.positions
    roots, weights = legendre.leggauss(_POINTS)
    nodes = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    tail = float(mean_beyond(crossing, np.zeros(1), points[-1:])[0])
    values = np.zeros((nodes.size, halves.cells))
    after = tail
    for cell in reversed(range(halves.cells)):
        begin, end = points[cell], points[cell + 1]
        start = np.append(begin + (nodes + 1) / 2 * (end - begin), begin)[:, None]
        half = (end - start) / 2
        places = np.clip(start + half * (1 + roots), begin, np.nextafter(end, begin))
        mean = mean_beyond(crossing, np.zeros(places.size), places.ravel()).reshape(places.shape)
        found = (weights * half * mean * np.exp(start - places)).sum(axis=1) + np.exp(start[:, 0] - end) * after
        values[:, cell], after = found[:-1], float(found[-1])
    return Average(halves=halves, table=chebyshev.chebfit(nodes, values, _DEGREE), tail=tail)
