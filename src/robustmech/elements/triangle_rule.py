r"""Piecewise-linear mechanisms of two agents at any real actions, and functions on triangles along lines."""

from dataclasses import dataclass

import numpy as np

from robustmech.elements.spacing import Spacing
from robustmech.model import FloatArray, IntArray


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


@dataclass(frozen=True, kw_only=True, eq=False)
class TriangleLines:
    """A function that is linear on triangles cut along the falling diagonal.

    Args:
        own, other: the breakpoints along the line and across it.
        lower, upper: the function at the corners of each triangle: the corner nearest to the origin or farthest from
            it, that at the larger own action, that at the larger other action; shape (M_own, M_other, 3).
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
        near, before, after, beyond: the function at the corners of the triangles with the least other action, the
            least own action, the largest own action and the largest other action: at the end of their outer side that
            is nearer to the origin, at its far end, and in the middle of the cell; shape (M_own, M_other, 3).
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
