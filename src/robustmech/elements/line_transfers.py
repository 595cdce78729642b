r"""Transfers of two agents from functions that are linear in pieces along lines.

With Ξ = A + B balanced, A for agent 1 and B for agent 2, the individual growths
:math:`\xi_1 = A - E_1 A + E_2 B - E B` and :math:`\xi_2 = B - E_2 B + E_1 A - E A`, where :math:`E_i` is the mean over
agent i's action, add up to Ξ and have mean zero in the own action, so that

.. math:: t_1(x) = -e^{x_1} \int_{x_1}^\infty \xi_1(z, x_2) e^{-z}\, dz,

is zero at action 0, and likewise for agent 2; A = B = Ξ/2 shares Ξ equally. Along a line A is linear between the places
where it may jump, so the integral over the rest of a cell has a closed form. Integrals over whole cells, and that of
:math:`E_2 B`, are smooth in each half of a cell of the other's scale and kept there as polynomials that reproduce them
to rounding; they are prepared once.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.polynomial import chebyshev, legendre

from robustmech.elements.spacing import Spacing
from robustmech.model import FloatArray, IntArray

_DEGREE = 15
_POINTS = 16
_WIDEST = 4.0
"""The widest cell for which polynomials on its halves reproduce exponentials to rounding."""
_BLOCK = 2**15


class Lines(Protocol):
    """A function on the plane, along lines in the first coordinate, linear between places where it may jump."""

    @property
    def own(self) -> Spacing:
        """The breakpoints along the line."""
        ...

    @property
    def other(self) -> Spacing:
        """The breakpoints across it."""
        ...

    def pieces(self, across: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Along lines at places across: where pieces begin and end, shape (lines, pieces), the function at either end,
        and its value beyond the last breakpoint, shape (lines,).

        The first pieces of all cells come first, then the second ones, and so on. In each half of a cell across, ends
        and values are linear.
        """
        ...


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
class LineMeans:
    r"""The mean of a function beyond a place s along a line y, :math:`e^s \int_s^\infty f(z, y) e^{-z}\, dz`.

    Across the lines each cell is cut into parts in which the ends of pieces, and the function there, are linear. The
    mean beyond a breakpoint is smooth in a part, and kept as a polynomial; the rest of the cell that s lies in has a
    closed form.

    Args:
        own: the breakpoints along a line, shape (M + 1,).
        parts: the ends of the parts, shape (parts + 1,).
        ends: where pieces begin and end and the function there, each as its middle and its slope over half a part,
            shape (parts + 1, M, pieces in a cell, 4, 2); the last part is the tail.
        table: Chebyshev coefficients of the mean beyond each breakpoint, shape (parts + 1, M + 1, degree + 1).
    """

    own: FloatArray
    parts: FloatArray
    ends: FloatArray
    table: FloatArray

    @classmethod
    def of(cls, lines: Lines) -> "LineMeans":
        """Prepare the means along lines."""
        own, parts = lines.own.positions, _parts(lines)
        nodes = _nodes()
        places = [low + (nodes + 1) / 2 * (high - low) for low, high in pairwise(parts)]
        ends, means = zip(
            *(_sampled(lines, own, across) for across in [*places, np.full(nodes.size, parts[-1])]), strict=True
        )
        slope = [(part[-1] - part[0]) / (nodes[-1] - nodes[0]) for part in ends]
        lines_of_ends = [
            np.stack([part[0] - rise * nodes[0], rise], axis=-1) for part, rise in zip(ends, slope, strict=True)
        ]
        return cls(
            own=own, parts=parts, ends=np.stack(lines_of_ends), table=np.stack(means).transpose(0, 2, 1) @ _fit().T
        )

    def rise(self, start: FloatArray, across: FloatArray) -> FloatArray:
        """The mean beyond ``start`` less the mean of the whole line, along lines at ``across``."""
        part, place = _placed(self.parts, across)
        cell = np.clip(np.searchsorted(self.own, start, side="right") - 1, 0, self.own.size - 2)
        discount = np.exp(np.minimum(start - self.own[cell + 1], 0.0))
        coefficients = discount[:, None] * self.table[part, cell + 1] - self.table[part, 0]
        found = self.ends[part, cell]
        begin, end, first, final = np.moveaxis(found[..., 0] + place[:, None, None] * found[..., 1], -1, 0)
        inside: FloatArray = _piece(start[:, None], begin, end, first, final).sum(axis=1)
        result: FloatArray = inside + (_basis(place) * coefficients).sum(axis=1)
        return result


@dataclass(frozen=True, kw_only=True, eq=False)
class Average:
    r"""The mean beyond z of the mean along the lines that cross at y: :math:`e^z \int_z^\infty f(y) e^{-y}\, dy`.

    Args:
        parts: the ends of parts in which it is smooth; beyond the last it is constant.
        table: Chebyshev coefficients, shape (parts + 1, degree + 1).
    """

    parts: FloatArray
    table: FloatArray

    @classmethod
    def of(cls, crossing: LineMeans) -> "Average":
        """Prepare the average of the crossing lines' means."""
        parts, nodes = crossing.parts, _nodes()
        roots, weights = legendre.leggauss(_POINTS)
        after = float(crossing.table[-1, 0] @ _basis(np.zeros(1))[0])
        values = np.full((parts.size, nodes.size), after)
        for part in reversed(range(parts.size - 1)):
            half = (parts[part + 1] - parts[part]) / 2
            start = np.append(nodes, -1.0)[:, None]
            places = start + (1 - start) / 2 * (1 + roots)
            mean = _basis(places.ravel()) @ crossing.table[part, 0]
            inside = (weights * mean.reshape(places.shape) * np.exp(half * (start - places))).sum(axis=1)
            found = half * (1 - start[:, 0]) / 2 * inside + np.exp(half * (start[:, 0] - 1)) * after
            values[part], after = found[:-1], float(found[-1])
        return cls(parts=parts, table=values @ _fit().T)

    def rise(self, start: FloatArray) -> FloatArray:
        """The mean beyond some places less the mean of everything."""
        part, place = _placed(self.parts, start)
        total = float(self.table[0] @ _basis(np.array([-1.0]))[0])
        found: FloatArray = (_basis(place) * self.table[part]).sum(axis=1) - total
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class LineTransfers:
    """The transfers that two functions A and B with mean zero together give, one for each agent.

    Args:
        own: for each agent, the means of its part along its own action.
        averages: for each agent, the mean beyond an own action of the other's part averaged over the other's action.
    """

    own: tuple[LineMeans, LineMeans]
    averages: tuple[Average, Average]

    @classmethod
    def of(cls, one: tuple[Lines, Lines], two: tuple[Lines, Lines]) -> "LineTransfers":
        """Prepare the means of A and B, each given along the first and along the second agent's action."""
        first, second = LineMeans.of(one[0]), LineMeans.of(two[1])
        return cls(own=(first, second), averages=(Average.of(second), Average.of(first)))

    def __call__(self, bids: FloatArray) -> FloatArray:
        """What each agent pays, shape (bids, 2); zero for action 0."""
        paid = np.zeros(bids.shape)
        for begin in range(0, bids.shape[0], _BLOCK):
            block = slice(begin, begin + _BLOCK)
            for i, (means, average) in enumerate(zip(self.own, self.averages, strict=True)):
                own, other = bids[block, i], bids[block, 1 - i]
                paid[block, i] = np.where(own > 0, -(means.rise(own, other) + average.rise(own)), 0.0)
        return paid


def _parts(lines: Lines) -> FloatArray:
    """Every cell across the lines cut in its middle, where lines on crossed triangles change form, and further where
    cells are so wide that a polynomial would not do.
    """
    widest = max(float(np.diff(spacing.positions).max()) for spacing in (lines.own, lines.other))
    each = 2 * max(1, int(np.ceil(widest / _WIDEST)))
    ends = [np.linspace(low, high, each, endpoint=False) for low, high in pairwise(lines.other.positions)]
    return np.append(np.concatenate(ends), lines.other.positions[-1])


def _sampled(lines: Lines, own: FloatArray, across: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Along some lines, the pieces' ends and the function there, shape (lines, M, pieces, 4), and the means beyond the
    breakpoints, shape (lines, M + 1).
    """
    *ends, last = lines.pieces(across)
    begin, end, first, final = (kind.reshape(across.size, -1, own.size - 1).transpose(0, 2, 1) for kind in ends)
    cells = _piece(own[:-1, None], begin, end, first, final).sum(axis=2)
    means = np.empty((across.size, own.size))
    means[:, -1] = last
    for cell in reversed(range(own.size - 1)):
        means[:, cell] = cells[:, cell] + np.exp(own[cell] - own[cell + 1]) * means[:, cell + 1]
    return np.stack([begin, end, first, final], axis=-1), means


def _placed(parts: FloatArray, places: FloatArray) -> tuple[IntArray, FloatArray]:
    """The part of each place and where in it from −1 to 1; the last part, beyond all ends, has the one place 0."""
    last = parts.size - 1
    part = np.clip(np.searchsorted(parts, places, side="right") - 1, 0, last)
    inside = np.minimum(part, last - 1)
    share = (np.minimum(places, parts[-1]) - parts[inside]) / np.diff(parts)[inside]
    return part, np.where(part < last, np.clip(2 * share - 1, -1.0, 1.0), 0.0)


def _nodes() -> FloatArray:
    """The roots of the first Chebyshev polynomial beyond the degree, falling."""
    return np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))


def _fit() -> FloatArray:
    """From values at the nodes to coefficients."""
    return np.asarray(np.linalg.inv(chebyshev.chebvander(_nodes(), _DEGREE)), dtype=np.float64)


def _basis(places: FloatArray) -> FloatArray:
    """The Chebyshev polynomials at places from −1 to 1, shape (places, degree + 1)."""
    return np.cos(np.arccos(places)[:, None] * np.arange(_DEGREE + 1))
