r"""Mechanisms of two agents that are linear on triangles.

Each cell :math:`[a, a + g] \times [b, b + h]` is cut from its lower right to its upper left corner. On the lower
triangle the derivatives in both own actions are the forward differences at (a, b), on the upper one the backward
differences at (a + g, b + h); beyond the last breakpoint of a coordinate the mechanism is constant in it. The
right-derivatives at any point come from one element: across a vertical or horizontal edge the derivative along it is
the same on both sides, on the cut both come from the upper triangle, and at a corner of cells both come from the lower
triangle to its upper right. The boundary of rationing :math:`\eta \cdot a = 1` is a union of edges where the widths are
in inverse proportion to η.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from robustmech.elements.integrals import context, decimal, exponential, simplex_integral
from robustmech.elements.masses import UNIT, balanced, quotients, rounded, whole
from robustmech.elements.spacing import Spacing, linear_masses
from robustmech.model import Discretisation, FloatArray, IntArray, RationalArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Elements:
    """The triangles, the strips beyond the last breakpoint of one coordinate, and the corner beyond both.

    Args:
        corners: the nodes at the corners of each element, shape (elements, 3); strips have two, the corner one, and
            the rest is repeated.
        weights: the masses of the barycentric coordinates in whole units, shape (elements, 3); zero where repeated.
        ahead, behind: for each agent, the nodes whose difference is the derivative, shape (agents, elements).
        slope: one over the distance between them, or zero, shape (agents, elements).
    """

    corners: IntArray
    weights: RationalArray
    ahead: IntArray
    behind: IntArray
    slope: FloatArray


def on_triangles(spacings: tuple[Spacing, Spacing], *, corner_rows: bool) -> Discretisation:
    """The lower program on piecewise-linear mechanisms of two agents.

    Args:
        spacings: each agent's breakpoints.
        corner_rows: one row per element and corner, which serves any payoff; otherwise one row per element, for
            environments with transfers whose designer's payoff does not depend on the state.
    """
    elements = triangles(spacings)
    count, width = elements.corners.shape
    nodes = (spacings[0].cells + 1, spacings[1].cells + 1)
    size = nodes[0] * nodes[1]
    everywhere = np.arange(count)
    if corner_rows:
        kept = np.flatnonzero(elements.weights.ravel() > 0)
        element, weights = kept // width, balanced(elements.weights.ravel()[kept])
        evaluation = _matrix(np.ones(kept.size), elements.corners.ravel()[kept], size)
    else:
        element, weights = everywhere, balanced(elements.weights.sum(axis=1))
        shares = quotients(rounded(elements.weights.ravel()), np.repeat(rounded(weights), width))
        places = (np.repeat(everywhere, width), elements.corners.ravel())
        evaluation = sp.csr_array((shares, places), shape=(count, size))
    index = np.arange(size).reshape(nodes)
    exchanged = {}
    if spacings[0] == spacings[1]:
        rows = kept if corner_rows else everywhere
        exchanged = {(0, 1): (_exchange(spacings[0].cells, rows, width if corner_rows else 1), index.T.ravel())}
    return Discretisation(
        evaluation=evaluation,
        local=tuple(
            _matrix(slope[element], ahead[element], size) - _matrix(slope[element], behind[element], size)
            for slope, ahead, behind in zip(elements.slope, elements.ahead, elements.behind, strict=True)
        ),
        mass=rounded(weights),
        mass_weights=weights,
        mass_doubt=4 * count,
        lowest=(index[0], index[:, 0]),
        row_shape=(weights.size,),
        node_shape=nodes,
        exchanged=exchanged,
    )


def triangles(spacings: tuple[Spacing, Spacing]) -> Elements:
    """The elements in order: lower triangles cell by cell, upper triangles, strips beyond the first agent's last
    breakpoint, strips beyond the second's, and the corner.
    """
    one, two = spacings
    index = np.arange((one.cells + 1) * (two.cells + 1)).reshape(one.cells + 1, two.cells + 1)
    low, right, up, high = (part.ravel() for part in (index[:-1, :-1], index[1:, :-1], index[:-1, 1:], index[1:, 1:]))
    last, top, far = index[-1], index[:, -1], index[-1:, -1]
    across = np.repeat([float(1 / g) for g in one.widths], two.cells)
    along = np.tile([float(1 / h) for h in two.widths], one.cells)
    nothing = np.zeros(1)
    return Elements(
        corners=np.concatenate(
            [
                np.stack([low, right, up], axis=1),
                np.stack([high, up, right], axis=1),
                np.stack([last[:-1], last[1:], last[1:]], axis=1),
                np.stack([top[:-1], top[1:], top[1:]], axis=1),
                np.stack([far, far, far], axis=1),
            ]
        ),
        weights=element_masses(one, two, _cell_masses),
        ahead=np.stack(
            [
                np.concatenate([right, high, last[:-1], top[1:], far]),
                np.concatenate([up, high, last[1:], top[:-1], far]),
            ]
        ),
        behind=np.stack(
            [
                np.concatenate([low, up, last[:-1], top[:-1], far]),
                np.concatenate([low, right, last[:-1], top[:-1], far]),
            ]
        ),
        slope=np.stack(
            [
                np.concatenate([across, across, np.zeros(two.cells), [float(1 / g) for g in one.widths], nothing]),
                np.concatenate([along, along, [float(1 / h) for h in two.widths], np.zeros(one.cells), nothing]),
            ]
        ),
    )


def element_masses(
    one: Spacing, two: Spacing, cell_masses: Callable[[Fraction, Fraction], RationalArray]
) -> RationalArray:
    """The masses of barycentric coordinates in whole units, shape (elements, 3).

    Triangles come kind by kind and cell by cell, then the strips beyond the first agent's last breakpoint, those beyond
    the second's, and what is beyond both.

    Args:
        one: the first agent's breakpoints.
        two: the second's.
        cell_masses: the same for the triangles of a cell at the origin, from its widths, shape (kinds, 3).
    """
    starts = [whole([exponential(-x) for x in spacing.breakpoints]) for spacing in (one, two)]
    place = np.multiply.outer(starts[0][:-1], starts[1][:-1])
    shapes = {(g, h): cell_masses(g, h) for g in set(one.widths) for h in set(two.widths)}
    shape = np.array([[shapes[g, h] for h in two.widths] for g in one.widths], dtype=object)
    cells = shape * place[:, :, None, None] // UNIT**2
    strips = []
    for own, other in ((two, starts[0][-1]), (one, starts[1][-1])):
        pairs = [whole(linear_masses(x, h, Fraction(1))) for x, h in zip(own.breakpoints, own.widths, strict=False)]
        strips.append(np.array([[*(pair * other // UNIT), 0] for pair in pairs], dtype=object))
    corner = np.array([[starts[0][-1] * starts[1][-1] // UNIT, 0, 0]], dtype=object)
    return np.concatenate([*(cells[:, :, k].reshape(-1, 3) for k in range(cells.shape[2])), *strips, corner])


def _cell_masses(g: Fraction, h: Fraction) -> RationalArray:
    """The masses in a cell at the origin: for the lower and the upper triangle, in the order of their corners."""
    zero = Fraction(0)
    with localcontext(context()):
        area = decimal(g) * decimal(h)
        found: list[Decimal] = []
        for exponents in ((zero, -g, -h), (-g - h, -h, -g)):
            found += [area * simplex_integral(exponents, corner) for corner in range(3)]
    return whole(found).reshape(2, 3)


def _matrix(entries: FloatArray, columns: IntArray, width: int) -> sp.csr_array:
    """One entry per row."""
    return sp.csr_array((entries, (np.arange(entries.size), columns)), shape=(entries.size, width))


def _exchange(cells: int, rows: IntArray, per_element: int) -> IntArray:
    """Where each row goes when the two agents change places.

    Args:
        cells: each agent's cells.
        rows: element · per_element + corner, for each row.
        per_element: corners in an element that may have rows.
    """
    square = np.arange(cells * cells).reshape(cells, cells).T.ravel()
    strip = np.arange(cells)
    first = 2 * cells * cells
    target = np.concatenate([square, cells * cells + square, first + cells + strip, first + strip, [first + 2 * cells]])
    element, corner = np.divmod(rows, per_element)
    moved = np.where((element < first) & (corner > 0), 3 - corner, corner)
    place: IntArray = np.full(target.size * per_element, -1)
    place[rows] = np.arange(rows.size)
    found: IntArray = place[target[element] * per_element + moved]
    return found
