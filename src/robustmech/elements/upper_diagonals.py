r"""Information of two agents that varies with the weighted sum and the weighted difference of their signals.

With weights η the coordinates are :math:`s = \eta_1 x_1 + \eta_2 x_2` and :math:`d = \eta_1 x_1 - \eta_2 x_2`, so that
:math:`\partial_i = \eta_i (\partial_s \pm \partial_d)` and :math:`e^{-x_1 - x_2} dx = J e^{-\alpha s - \beta d}\, ds\, dd`
with :math:`J = 1 / 2\eta_1\eta_2`, :math:`\alpha = (1/\eta_1 + 1/\eta_2)/2` and :math:`\beta = (1/\eta_1 - 1/\eta_2)/2`.
Cells are products of intervals between the same breakpoints of s and of ±d; those on the border :math:`|d| = s` are cut in half
and keep their outside corner. Conditional laws of the state interpolate the cell's corners, linearly in d and exponentially,
at the rate α, in s; beyond the last breakpoint they do not vary with s.

Both kinds of weights span a space that is closed under differentiation, so an agent's utility less its derivative in the own
signal interpolates its values at the corners, and the largest of several interpolations is at most the interpolation of
the largest.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

from robustmech.elements.integrals import context, decimal, exponential, simplex_integral
from robustmech.elements.masses import UNIT, balanced, rounded, whole
from robustmech.elements.spacing import Spacing, end_slopes, exponential_masses, linear_masses
from robustmech.model import Discretisation, FloatArray, IntArray, RationalArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Slant:
    """The two agents' weights in the sum, and what follows from them."""

    weights: tuple[Fraction, Fraction]

    @property
    def jacobian(self) -> Fraction:
        """J."""
        return 1 / (2 * self.weights[0] * self.weights[1])

    @property
    def decay(self) -> Fraction:
        """α."""
        return (1 / self.weights[0] + 1 / self.weights[1]) / 2

    @property
    def tilt(self) -> Fraction:
        """β."""
        return (1 / self.weights[0] - 1 / self.weights[1]) / 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corners:
    """The corners of all cells, of the tails beyond the last sum, and of the two regions beyond the last difference.

    Args:
        law: which conditional law each corner has, shape (corners,).
        weights: the masses of the interpolation weights, whole units, shape (corners,).
        sums: pairs of corners whose difference in law, times the slope, is the derivative in s; with that slope.
        differences: likewise in d.
    """

    law: IntArray
    weights: RationalArray
    sums: tuple[IntArray, IntArray, FloatArray]
    differences: tuple[IntArray, IntArray, FloatArray]


def on_diagonals(spacing: Spacing, weights: tuple[Fraction, Fraction]) -> Discretisation:
    """The upper program on information that is continuous in the sum and the difference of signals.

    Args:
        spacing: breakpoints of s, and of d on either side of zero.
        weights: η.
    """
    corners = diagonal_corners(spacing, Slant(weights=weights))
    laws = int(corners.law.max()) + 1
    totals = np.zeros(laws, dtype=object)
    np.add.at(totals, corners.law, corners.weights)
    totals = balanced(totals)
    mass, own = rounded(totals), rounded(corners.weights)
    count = own.size
    everywhere = np.arange(count)

    def operator(terms: list[tuple[IntArray, FloatArray]]) -> sp.csr_array:
        rows = np.concatenate([corners.law[corner] for corner, _ in terms])
        entries = np.concatenate([coefficient * own / mass[corners.law[corner]] for corner, coefficient in terms])
        return sp.csr_array((entries, (rows, np.tile(everywhere, len(terms)))), shape=(laws, count))

    value = [(everywhere, np.ones(count))]
    local = []
    for eta, sign in ((float(weights[0]), 1.0), (float(weights[1]), -1.0)):
        derivative = []
        for (ahead, behind, slope), scale in ((corners.sums, eta), (corners.differences, sign * eta)):
            derivative += [(ahead, -scale * slope), (behind, scale * slope)]
        local.append(operator(value + derivative))
    return Discretisation(
        evaluation=operator(value),
        local=tuple(local),
        mass=mass,
        mass_weights=totals,
        mass_doubt=4 * count,
        lowest=(),
        row_shape=(laws,),
        node_shape=(count,),
        exchanged={(0, 1): _exchange(spacing.cells, corners.law, laws)} if weights[0] == weights[1] else {},
    )


def diagonal_corners(spacing: Spacing, slant: Slant) -> Corners:
    """All corners: cell by cell with corner 2·(d high) + (s high), tails with (d high), the two tips."""
    n = spacing.cells
    c, a = cell_places(n)
    tail = np.arange(-n, n)
    cells, tails = 4 * c.size, 4 * n
    inside, beyond = np.arange(cells), cells + np.arange(tails)
    size = cells + tails + 2
    slopes = np.array([end_slopes(width, slant.decay) for width in spacing.widths])
    steps = np.array([float(1 / width) for width in spacing.widths])
    steps = np.concatenate([steps[::-1], steps])
    ahead, behind, slope = np.arange(size), np.arange(size), np.zeros(size)
    ahead[:cells], behind[:cells], slope[:cells] = inside | 1, inside & ~1, slopes[np.repeat(c, 4), inside & 1]
    right, left, rise = np.arange(size), np.arange(size), np.zeros(size)
    right[:cells], left[:cells], rise[:cells] = inside | 2, inside & ~2, np.repeat(steps[a + n], 4)
    right[cells:-2], left[cells:-2], rise[cells:-2] = beyond | 1, beyond & ~1, np.repeat(steps[tail + n], 2)
    return Corners(
        law=diagonal_laws(n),
        weights=_weights(spacing, slant, c, a),
        sums=(ahead, behind, slope),
        differences=(right, left, rise),
    )


def diagonal_laws(cells: int) -> IntArray:
    """Which conditional law each corner has: corners at the same place, and those beyond the last sum, share one."""
    c, a = cell_places(cells)
    tail = np.arange(-cells, cells)
    places = np.concatenate(
        [
            np.stack([_place(cells, c + s, a + d) for d in (0, 1) for s in (0, 1)], axis=1).ravel(),
            np.stack([_place(cells, cells, tail + d) for d in (0, 1)], axis=1).ravel(),
            [_place(cells, cells, cells), _place(cells, cells, -cells)],
        ]
    )
    found: IntArray = np.unique(places, return_inverse=True)[1]
    return found


def first_cell(row: Any) -> Any:
    """The number of cells with a smaller sum than those in a row."""
    return row * (row + 1)


def cell_places(cells: int) -> tuple[IntArray, IntArray]:
    """The places (c, a) of the cells: s in the c-th interval, d in the a-th, from −c−1 to c."""
    c = np.concatenate([np.full(2 * row + 2, row) for row in range(cells)])
    a = np.concatenate([np.arange(-row - 1, row + 1) for row in range(cells)])
    return c, a


def _place(cells: int, c: Any, a: Any) -> Any:
    """A number for the corner at the c-th breakpoint of s and the a-th of d."""
    return c * (2 * cells + 3) + a + cells + 1


def _weights(spacing: Spacing, slant: Slant, c: IntArray, a: IntArray) -> RationalArray:
    n, points, widths = spacing.cells, spacing.breakpoints, spacing.widths
    alpha, beta = slant.decay, slant.tilt
    intervals = list(zip(points, widths, strict=False))
    with localcontext(context()):
        scale = decimal(slant.jacobian)
        along = [exponential_masses(x, h, alpha, alpha) for x, h in intervals]
        sums = np.array([whole([scale * part for part in pair]) for pair in along], dtype=object)
        below = [whole(linear_masses(x, h, -beta))[::-1] for x, h in reversed(intervals)]
        above = [whole(linear_masses(x, h, beta)) for x, h in intervals]
        differences = np.array([*below, *above], dtype=object)
        beyond = scale * exponential(-alpha * points[-1]) / decimal(alpha)
        tips = [beyond * exponential(-tilt * points[-1]) / decimal(alpha + tilt) for tilt in (beta, -beta)]
        halves = [
            [whole([scale * part for part in half_masses(x, h, alpha, tilt)]) for x, h in intervals]
            for tilt in (beta, -beta)
        ]
    cells = (differences[a + n][:, :, None] * sums[c][:, None, :] // UNIT).reshape(-1, 4)
    for k in range(n):
        cells[np.flatnonzero((c == k) & (a == k))] = halves[0][k]
        cells[np.flatnonzero((c == k) & (a == -k - 1))] = halves[1][k][[2, 3, 0, 1]]
    return np.concatenate([cells.ravel(), (differences * whole([beyond])[0] // UNIT).ravel(), whole(tips)])


def half_masses(start: Fraction, width: Fraction, decay: Fraction, tilt: Fraction) -> list[Decimal]:
    """The masses of a cut cell's weights over start ≤ d ≤ s ≤ start + width, in the order of corners."""
    zero, rate = Fraction(0), decay
    plain = (zero, -decay * width, -(decay + tilt) * width)
    grown = (zero, (rate - decay) * width, (rate - decay - tilt) * width)
    with localcontext(context()):
        area = decimal(width) ** 2 * exponential(-(decay + tilt) * start)
        growth = exponential(rate * width) - 1
        every, high = area * simplex_integral(plain), area * simplex_integral(plain, 2)
        every_late = (area * simplex_integral(grown) - every) / growth
        high_late = (area * simplex_integral(grown, 2) - high) / growth
        low, low_late = every - high, every_late - high_late
        return [low - low_late, low_late, high - high_late, high_late]


def _exchange(cells: int, law: IntArray, laws: int) -> tuple[IntArray, IntArray]:
    """Where laws and corners go when the agents change places and the difference changes its sign."""
    c, a = cell_places(cells)
    cell = first_cell(c) + (c - a)
    corner = (4 * cell[:, None] + (np.arange(4) ^ 2)).ravel()
    beyond = 4 * c.size + 2 * np.arange(2 * cells)[::-1]
    tips = 4 * c.size + 4 * cells + np.array([1, 0])
    nodes = np.concatenate([corner, (beyond[:, None] + np.array([1, 0])).ravel(), tips])
    rows = np.zeros(laws, dtype=np.int64)
    rows[law] = law[nodes]
    return rows, nodes
