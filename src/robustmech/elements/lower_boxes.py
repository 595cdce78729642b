r"""Mechanisms that are multilinear on boxes, for any number of agents.

Actions are :math:`[0, \infty)` and their weights exponential. On a product of cells the mechanism interpolates its
values at the corners, linearly in each coordinate; beyond the last breakpoint of a coordinate it is constant in it. Its
derivative in an agent's own action is constant in that action and interpolates in the others, so an inequality that
holds at the corners of a box holds in the box; at a point on several boxes all right-derivatives come from the box
above.
"""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import numpy as np
import scipy.sparse as sp

from robustmech.elements.integrals import exponential
from robustmech.elements.masses import balanced, outer, rounded, whole
from robustmech.elements.products import product_operator
from robustmech.elements.spacing import Spacing, linear_masses
from robustmech.model import Discretisation
from robustmech.model.discretisation import swapped


def on_lower_boxes(spacings: tuple[Spacing, ...]) -> Discretisation:
    """The lower program on multilinear mechanisms: nodes are products of breakpoints, rows the corners of every box."""
    agents = range(len(spacings))
    ends = [cell_ends(spacing) for spacing in spacings]
    slopes = [cell_slopes(spacing) for spacing in spacings]
    weights = balanced(outer([whole(end_masses(spacing)) for spacing in spacings]))
    nodes = tuple(spacing.cells + 1 for spacing in spacings)
    rows = tuple(2 * spacing.cells + 1 for spacing in spacings)
    index = np.arange(int(np.prod(nodes))).reshape(nodes)
    return Discretisation(
        evaluation=product_operator(ends),
        local=tuple(product_operator([*ends[:i], slopes[i], *ends[i + 1 :]]) for i in agents),
        mass=rounded(weights),
        mass_weights=weights,
        mass_doubt=weights.size + 2 * len(spacings),
        lowest=tuple(index.take(0, axis=i).ravel() for i in agents),
        row_shape=rows,
        node_shape=nodes,
        exchanged={
            (i, j): (swapped(rows, i, j), swapped(nodes, i, j))
            for i, j in combinations(agents, 2)
            if spacings[i] == spacings[j]
        },
    )


def end_masses(spacing: Spacing) -> list[Decimal]:
    """The masses of the interpolation weights: of the two ends of each cell in turn, and of the tail."""
    one = Fraction(1)
    pairs = [linear_masses(x, h, one) for x, h in zip(spacing.breakpoints, spacing.widths, strict=False)]
    return [mass for pair in pairs for mass in pair] + [exponential(-spacing.breakpoints[-1])]


def cell_ends(spacing: Spacing) -> sp.csr_array:
    """From breakpoints to the ends of the cells and the tail: 0, 1, 1, 2, 2, …, M, M."""
    rows = np.arange(2 * spacing.cells + 1)
    return sp.csr_array((np.ones(rows.size), (rows, (rows + 1) // 2)), shape=(rows.size, spacing.cells + 1))


def cell_slopes(spacing: Spacing) -> sp.csr_array:
    """From breakpoints to the slopes at the ends of the cells; zero in the tail."""
    rows = np.arange(2 * spacing.cells)
    slope = np.repeat([float(1 / width) for width in spacing.widths], 2)
    return sp.csr_array(
        (np.concatenate([slope, -slope]), (np.concatenate([rows, rows]), np.concatenate([rows // 2 + 1, rows // 2]))),
        shape=(rows.size + 1, spacing.cells + 1),
    )
