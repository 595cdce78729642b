r"""Mechanisms of two agents that are linear on crossed triangles: every cell is cut by both diagonals.

A cell :math:`[a, a + g] \times [b, b + h]` has a node at each corner and one in the middle, and four triangles: bottom,
left, right and top. Lines :math:`x_1 / g \pm x_2 / h = const` through corners are unions of edges, so kinks along the
boundary of rationing and along differences of actions are both represented. Beyond the last breakpoint of a coordinate
the mechanism is constant in it.

On the rising diagonal the right-derivatives in the two own actions come from different triangles, R to its lower right
and L to its upper left, and so do the transfers' growths. Writing Ξ = A + B with agent 1's transfers built from A and
agent 2's from B, what counts there is :math:`A_R + B_L`, and taking

.. math:: A_R = \tfrac12 (\Xi_R - \delta),\ B_R = \tfrac12 (\Xi_R + \delta),\qquad
    A_L = \tfrac12 (\Xi_L + \delta),\ B_L = \tfrac12 (\Xi_L - \delta)

leaves Ξ as it is on both and lowers it on the edge by δ, as far as is needed. Each triangle has one rising edge and is
R or L there, so one row per triangle is enough.
"""

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

from robustmech.elements.integrals import context, decimal, simplex_integral
from robustmech.elements.lower_triangles import element_masses
from robustmech.elements.masses import balanced, quotients, rounded, whole
from robustmech.elements.operators import Entries, gathered
from robustmech.elements.spacing import Spacing
from robustmech.model import Discretisation, Environment, FloatArray, IntArray, RationalArray

BOTTOM, LEFT, RIGHT, TOP = range(4)
_EXCHANGED = (LEFT, BOTTOM, TOP, RIGHT)
RISING = ((BOTTOM, LEFT), (RIGHT, TOP))
"""The triangles to the lower right and to the upper left of the two halves of the rising diagonal."""
_ROUNDING = 2.0**-47


def on_crossed_triangles(spacings: tuple[Spacing, Spacing]) -> Discretisation:
    """The lower program on crossed triangles, for problems with transfers whose designer's payoff ignores the state.

    Nodes: the corners of cells, then the middles. Rows: the bottom triangles cell by cell, the left ones, the right
    ones, the top ones; the strips beyond the first agent's last breakpoint, those beyond the second's, and the quadrant
    beyond both.
    """
    one, two = spacings
    low, right, up, high, middle = cell_nodes(one.cells, two.cells)
    last, top, _ = tail_nodes(one.cells, two.cells)
    corners = element_corners(spacings)
    size = (one.cells + 1) * (two.cells + 1) + one.cells * two.cells
    g = np.repeat([float(1 / width) for width in one.widths], two.cells)
    h = np.tile([float(1 / width) for width in two.widths], one.cells)
    corner_weights = element_masses(one, two, _cell_masses)
    weights = balanced(corner_weights.sum(axis=1))
    mass = rounded(weights)
    rows = np.arange(mass.size)
    shares = quotients(rounded(corner_weights.ravel()), np.repeat(mass, 3))
    cells = g.size
    strip_one, strip_two = rows[4 * cells : 4 * cells + two.cells], rows[4 * cells + two.cells : -1]
    across = [
        _slope(rows[:cells], right, low, g),
        *_middle_slope(rows[cells : 2 * cells], middle, low, up, g),
        *_middle_slope(rows[2 * cells : 3 * cells], middle, right, high, -g),
        _slope(rows[3 * cells : 4 * cells], high, up, g),
        _slope(strip_two, top[1:], top[:-1], np.array([float(1 / width) for width in one.widths])),
    ]
    along = [
        *_middle_slope(rows[:cells], middle, low, right, h),
        _slope(rows[cells : 2 * cells], up, low, h),
        _slope(rows[2 * cells : 3 * cells], high, right, h),
        *_middle_slope(rows[3 * cells : 4 * cells], middle, up, high, -h),
        _slope(strip_one, last[1:], last[:-1], np.array([float(1 / width) for width in two.widths])),
    ]
    shape = (mass.size, size)
    index = np.arange((one.cells + 1) * (two.cells + 1)).reshape(one.cells + 1, two.cells + 1)
    return Discretisation(
        evaluation=gathered([(np.repeat(rows, 3), corners.ravel(), shares)], shape),
        local=(gathered(across, shape), gathered(along, shape)),
        mass=mass,
        mass_weights=weights,
        mass_doubt=4 * mass.size,
        lowest=(index[0], index[:, 0]),
        row_shape=(mass.size,),
        node_shape=(size,),
        exchanged={(0, 1): _exchange(one.cells)} if one == two else {},
    )


def element_corners(spacings: tuple[Spacing, Spacing]) -> IntArray:
    """The nodes at the corners of each element, shape (rows, 3).

    Strips have two corners, the quadrant one, and the rest is repeated.
    """
    one, two = spacings
    low, right, up, high, middle = cell_nodes(one.cells, two.cells)
    last, top, far = tail_nodes(one.cells, two.cells)
    return np.concatenate(
        [
            *(np.stack(three, axis=1) for three in ((low, right, middle), (low, up, middle))),
            *(np.stack(three, axis=1) for three in ((right, high, middle), (up, high, middle))),
            np.stack([last[:-1], last[1:], last[1:]], axis=1),
            np.stack([top[:-1], top[1:], top[1:]], axis=1),
            np.stack([far, far, far], axis=1),
        ]
    )


def corner_masses(spacings: tuple[Spacing, Spacing]) -> FloatArray:
    """The masses of barycentric coordinates, in the order of `element_corners`, zero for what is repeated there."""
    return rounded(element_masses(*spacings, _cell_masses).ravel()).reshape(-1, 3)


def cell_nodes(m: int, n: int) -> tuple[IntArray, ...]:
    """The nodes of each cell, second agent's cells fastest: low, right, up and high corner, and middle."""
    index = np.arange((m + 1) * (n + 1)).reshape(m + 1, n + 1)
    corners = (index[:-1, :-1], index[1:, :-1], index[:-1, 1:], index[1:, 1:])
    return (*(part.ravel() for part in corners), index.size + np.arange(m * n))


def tail_nodes(m: int, n: int) -> tuple[IntArray, IntArray, IntArray]:
    """The corners at the first agent's last breakpoint, at the second's, and at both."""
    index = np.arange((m + 1) * (n + 1)).reshape(m + 1, n + 1)
    return index[-1], index[:, -1], index[-1:, -1]


def _slope(rows: IntArray, ahead: IntArray, behind: IntArray, inverse: FloatArray) -> Entries:
    return np.tile(rows, 2), np.concatenate([ahead, behind]), np.concatenate([inverse, -inverse])


def _middle_slope(rows: IntArray, middle: IntArray, one: IntArray, two: IntArray, inverse: FloatArray) -> list[Entries]:
    """The derivative from the mean of two corners to the middle, half a cell away."""
    return [_slope(rows, middle, one, inverse), _slope(rows, middle, two, inverse)]


def _cell_masses(g: Fraction, h: Fraction) -> RationalArray:
    """The masses in a cell at the origin, triangle by triangle in the order of their corners."""
    low, right, up, high, middle = Fraction(0), -g, -h, -g - h, -(g + h) / 2
    with localcontext(context()):
        area = decimal(g) * decimal(h) / 2
        found: list[Decimal] = []
        for exponents in ((low, right, middle), (low, up, middle), (right, high, middle), (up, high, middle)):
            found += [area * simplex_integral(exponents, corner) for corner in range(3)]
    return whole(found).reshape(4, 3)


def _exchange(cells: int) -> tuple[IntArray, IntArray]:
    """Where rows and nodes go when the agents change places."""
    square = np.arange(cells * cells).reshape(cells, cells).T.ravel()
    strip = np.arange(cells)
    first = 4 * cells * cells
    rows = [kind * cells * cells + square for kind in _EXCHANGED]
    rows += [first + cells + strip, first + strip, np.array([first + 2 * cells])]
    corners = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1).T.ravel()
    return np.concatenate(rows), np.concatenate([corners, corners.size + square])


def divided_growth(
    environment: Environment, discretisation: Discretisation, cells: int, decisions: FloatArray, growth: FloatArray
) -> FloatArray:
    r"""A and B for balanced Ξ at the rows, shape (2, rows).

    On a rising edge it is enough to lower Ξ by

    .. math:: \delta = \max_\theta \tfrac12 \big[ u_1 \cdot (\partial_1 c|_L - \partial_1 c|_R)
        + u_2 \cdot (\partial_2 c|_R - \partial_2 c|_L) \big]^+,

    since λ(θ) is at most the mean of what the two triangles' rows allow. It is taken a little larger, as it is rounded,
    which costs nothing: A + B stays as it is.

    Args:
        cells: the number of cells.
        decisions: at the nodes, shape (nodes, decisions).
        growth: Ξ.
    """
    one, two = (
        (local @ decisions) @ environment.utilities_rounded[i].T for i, local in enumerate(discretisation.local)
    )
    size = sum(
        (abs(local) @ np.abs(decisions)) @ np.abs(environment.utilities_rounded[i]).T
        for i, local in enumerate(discretisation.local)
    )
    parts = np.stack([growth / 2, growth / 2])
    for lower, upper in RISING:
        to_the_right, to_the_left = (np.arange(cells) + kind * cells for kind in (lower, upper))
        shortfall = (one[to_the_left] - one[to_the_right] + two[to_the_right] - two[to_the_left]).max(axis=1) / 2
        shortfall += _ROUNDING * (size[to_the_left] + size[to_the_right]).max(axis=1)
        lowered = np.maximum(shortfall, 0.0) / 2
        parts[:, to_the_right] += np.stack([-lowered, lowered])
        parts[:, to_the_left] += np.stack([lowered, -lowered])
    return parts
