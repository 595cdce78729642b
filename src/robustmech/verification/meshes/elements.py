"""Elements of two agents' plane on which a mechanism is linear, and the rows at their corners."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from robustmech.verification.enclosure import Enclosure, alternating, joined, outer
from robustmech.verification.meshes.axis import Axis
from robustmech.verification.meshes.boxes import piecewise_linear_masses
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.rows import Places, Rows, Slope, places, whole

Axes = tuple[Axis, Axis]
Terms = tuple[tuple[int, int], ...]
Exponents = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a cell, or of a strip or the quadrant beyond the last breakpoints.

    Args:
        corners: their nodes.
        differences: for each agent, nodes with factors: the derivative times the width of the agent's cell.
        cells: each agent's cell, -1 for the tail.
    """

    corners: tuple[int, ...]
    differences: tuple[Terms, Terms]
    cells: tuple[int, int]


def node_number(axes: Axes, first: int, second: int) -> int:
    """The number of a product of breakpoints, agent 2 fastest."""
    return first * (axes[1].cells + 1) + second


def all_cells(axes: Axes) -> list[tuple[int, int]]:
    """Products of cells, agent 2 fastest."""
    return [(a, b) for a in range(axes[0].cells) for b in range(axes[1].cells)]


def beyond(axes: Axes) -> list[Element]:
    """The strips x_1 ≥ last, the strips x_2 ≥ last, and the quadrant."""
    first, second = axes[0].cells, axes[1].cells
    found = []
    for b in range(second):
        low, high = node_number(axes, first, b), node_number(axes, first, b + 1)
        found.append(Element((low, high), ((), ((high, 1), (low, -1))), (-1, b)))
    for a in range(first):
        low, high = node_number(axes, a, second), node_number(axes, a + 1, second)
        found.append(Element((low, high), (((high, 1), (low, -1)), ()), (a, -1)))
    found.append(Element((node_number(axes, first, second),), ((), ()), (-1, -1)))
    return found


def corner_rows(
    axes: Axes,
    elements: Sequence[Element],
    masses: Enclosure,
    *,
    by_element: bool,
    padded: bool,
) -> Rows:
    """A row for each element and corner: on an element derivatives are constant and the mechanism is linear.

    Args:
        axes: the agents' breakpoints.
        elements: the elements.
        masses: of each element and corner.
        by_element: whether the growth is written for elements, not for corners.
        padded: whether it is written for three corners of each element, the last repeated where there are fewer.
    """
    counts = [len(element.corners) for element in elements]
    widths = [(*axis.widths, Fraction(1)) for axis in axes]  # the last stands for the tail, cell -1
    own = [(widths[0][element.cells[0]], widths[1][element.cells[1]]) for element in elements]
    factors = (
        [one.denominator * other.numerator for one, other in own],
        [one.numerator * other.denominator for one, other in own],
    )
    firsts = np.cumsum([0, *counts[:-1]])
    numbers = np.repeat(np.arange(len(elements), dtype=np.int64), counts)
    entry = numbers if by_element else None
    if padded:
        entry = 3 * numbers + np.arange(len(numbers)) - np.repeat(firsts, counts)
    return Rows(
        node=places(corner for element in elements for corner in element.corners),
        slopes=(_slope(elements, 0, factors[0], counts), _slope(elements, 1, factors[1], counts)),
        scale=np.repeat(whole(one.numerator * other.numerator for one, other in own), counts),
        masses=masses,
        entry=entry,
    )


def _slope(elements: Sequence[Element], agent: int, factors: list[int], counts: list[int]) -> Slope:
    terms = [element.differences[agent] for element in elements]
    most = max(map(len, terms))
    padded = [(*own, *(((0, 0),) * (most - len(own)))) for own in terms]
    slope = []
    for place in range(most):
        nodes: Places = places(own[place][0] for own in padded)
        weights = whole(own[place][1] * factor for own, factor in zip(padded, factors, strict=True))
        slope.append((np.repeat(nodes, counts), np.repeat(weights, counts)))
    return tuple(slope)


def element_masses(
    axes: Axes, exponentials: Exponentials, kinds: Sequence[Sequence[Exponents]], share: Fraction
) -> Enclosure:
    r"""The integral of `e^{−x_1−x_2}` against each element's and corner's weight, strips and quadrant last.

    On a triangle with exponents z at its corners it is twice the area times `exp[z_0, z_1, z_2, z_j]` for corner j.

    Args:
        axes: the agents' breakpoints.
        exponentials: enclosures of exponentials.
        kinds: for each kind of triangle and each cell, `−x_1 − x_2` at the corners, from the cell's low corner.
        share: twice the triangle's part of its cell's area.
    """
    decays = [axis.decay(exponentials) for axis in axes]
    ends = [piecewise_linear_masses(axis, exponentials)[:-1] for axis in axes]
    areas = outer([axis.widths_enclosed(exponentials) for axis in axes]).times(share)
    weight = outer([decays[0][:-1], decays[1][:-1]]) * areas
    triangles = [
        alternating(weight * exponentials.differences((*z, z[corner]) for z in cells) for corner in range(3))
        for cells in kinds
    ]
    strips = [outer([decays[0][-1:], ends[1]]), outer([decays[1][-1:], ends[0]])]
    return joined([*triangles, *strips, outer([decays[0][-1:], decays[1][-1:]])])
