r"""Information that is exponential on boxes, for any number of agents.

Signals are independent exponentials. Every box has its own conditional laws of the state at its corners, interpolated
in each coordinate of a cell :math:`[a, b]` with the weights

.. math:: M_{high}(x) = \frac{e^{x - a} - 1}{e^{b - a} - 1}, \qquad M_{low} = 1 - M_{high},

and constant in a coordinate beyond its last breakpoint. Derivatives stay in the span of the weights, so an agent's
utility less its derivative in the own signal interpolates its values at the corners, and the largest of several
interpolations is at most the interpolation of the largest. Where a utility jumps by J across a face in the own signal,
the seller's gain there is at most the largest :math:`-J \cdot c`; other agents' signals may jump at no cost.
"""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import numpy as np
import scipy.sparse as sp

from robustmech.elements.integrals import exponential
from robustmech.elements.masses import balanced, outer, rounded, whole
from robustmech.elements.products import product_operator
from robustmech.elements.spacing import Spacing, end_slopes, exponential_masses
from robustmech.model import Discretisation, IntArray, RationalArray
from robustmech.model.discretisation import swapped


def on_upper_boxes(spacings: tuple[Spacing, ...]) -> Discretisation:
    """The upper program on exponential information: rows are the corners of every box.

    Nodes are the corners of every box, then for each agent the faces across its own coordinate, with a node at each of
    their corners.
    """
    agents = range(len(spacings))
    parts = [whole(corner_masses(spacing)) for spacing in spacings]
    weights = balanced(outer(parts))
    shape = tuple(part.size for part in parts)
    inside = [sp.csr_array(sp.identity(size, format="csr")) for size in shape]
    virtual = [_virtual(spacing, part) for spacing, part in zip(spacings, parts, strict=True)]
    jumps = [_jumps(spacing, part) for spacing, part in zip(spacings, parts, strict=True)]
    faces = [product_operator([*inside[:i], jumps[i], *inside[i + 1 :]]) for i in agents]
    nothing = [sp.csr_array(face.shape) for face in faces]
    local = [
        sp.hstack(
            [product_operator([*inside[:i], virtual[i], *inside[i + 1 :]]), *nothing[:i], faces[i], *nothing[i + 1 :]]
        )
        for i in agents
    ]
    columns = weights.size + sum(face.shape[1] for face in faces)
    return Discretisation(
        evaluation=sp.csr_array(sp.hstack([product_operator(inside), *nothing])),
        local=tuple(sp.csr_array(operator) for operator in local),
        mass=rounded(weights),
        mass_weights=weights,
        mass_doubt=weights.size + 2 * len(spacings),
        lowest=(),
        row_shape=shape,
        node_shape=(columns,),
        exchanged={
            (i, j): (swapped(shape, i, j), _exchanged_nodes(spacings, shape, i, j))
            for i, j in combinations(agents, 2)
            if spacings[i] == spacings[j]
        },
    )


def corner_masses(spacing: Spacing) -> list[Decimal]:
    """The masses of the exponential weights: of the two ends of each cell in turn, and of the tail."""
    one = Fraction(1)
    pairs = [exponential_masses(x, h, one, one) for x, h in zip(spacing.breakpoints, spacing.widths, strict=False)]
    return [mass for pair in pairs for mass in pair] + [exponential(-spacing.breakpoints[-1])]


def _virtual(spacing: Spacing, weights: RationalArray) -> sp.csr_array:
    """Value less derivative at the ends of the cells, in mass: rows and nodes are the ends and the tail."""
    cells, size = spacing.cells, 2 * spacing.cells + 1
    mass = rounded(weights)
    low, high = 2 * np.arange(cells), 2 * np.arange(cells) + 1
    slope_low, slope_high = np.array([end_slopes(width, Fraction(1)) for width in spacing.widths]).T
    rows = np.concatenate([np.arange(size), low, high, low, high])
    nodes = np.concatenate([np.arange(size), low, low, high, high])
    entries = np.concatenate([np.ones(size), slope_low, -slope_low, slope_high, -slope_high])
    return sp.csr_array((entries * mass[nodes] / mass[rows], (rows, nodes)), shape=(size, size))


def _jumps(spacing: Spacing, weights: RationalArray) -> sp.csr_array:
    """Less the jump at each breakpoint but the first, in mass: rows are ends and the tail, nodes breakpoints."""
    cells, size = spacing.cells, 2 * spacing.cells + 1
    mass = rounded(weights)
    face = rounded(whole([exponential(-x) for x in spacing.breakpoints[1:]]))
    node = np.arange(cells)
    before, after = 2 * node + 1, 2 * node + 2
    return sp.csr_array(
        (
            np.concatenate([face / mass[before], -face / mass[after]]),
            (np.concatenate([before, after]), np.concatenate([node, node])),
        ),
        shape=(size, cells),
    )


def _exchanged_nodes(spacings: tuple[Spacing, ...], shape: tuple[int, ...], i: int, j: int) -> IntArray:
    """Corners of boxes, then the faces of each agent."""
    shapes = [shape, *((*shape[:a], spacing.cells, *shape[a + 1 :]) for a, spacing in enumerate(spacings))]
    starts = np.cumsum([0, *(int(np.prod(block)) for block in shapes)])
    result = []
    for block, own in enumerate(shapes):
        other = block
        if block in (i + 1, j + 1):
            other = i + j + 2 - block
        places = np.arange(int(np.prod(own))).reshape(shapes[other]).swapaxes(i, j)
        result.append(starts[other] + places.ravel())
    return np.concatenate(result)
