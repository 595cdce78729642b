"""Mechanisms on crossed triangles, for two agents: cells are cut by both diagonals."""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import enclosed, exactly
from robustmech.verification.exactness import Whole
from robustmech.verification.fields import record
from robustmech.verification.meshes.axis import Axis, check_count, parse_axes
from robustmech.verification.meshes.elements import (
    Element,
    all_cells,
    beyond,
    corner_rows,
    element_masses,
    node_number,
)
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.meshes.triangles import check_averages
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places, Rows

BOTTOM, LEFT, RIGHT, TOP = range(4)
RISING = ((BOTTOM, LEFT, 0), (RIGHT, TOP, 1))
"""Below and above the middle: the triangle on the right, the one on the left, and the corner that both share."""
MIDDLE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedTriangles:
    """Two axes; the growth is written in two parts, for every element, with three corners if there is a payoff."""

    axes: tuple[Axis, Axis]
    has_payoff: bool
    growth_array: ClassVar[str] = "growth"

    @property
    def cells(self) -> int:
        """The number of cells."""
        return self.axes[0].cells * self.axes[1].cells

    @property
    def corners(self) -> int:
        """The number of products of breakpoints."""
        return (self.axes[0].cells + 1) * (self.axes[1].cells + 1)

    @property
    def node_shape(self) -> tuple[int, ...]:
        """Products of breakpoints, then middles of cells."""
        return (self.corners + self.cells,)

    @property
    def growth_shape(self) -> tuple[int, ...]:
        """Both parts at every element."""
        count = 4 * self.cells + self.axes[0].cells + self.axes[1].cells + 1
        return (2, count, 3) if self.has_payoff else (2, count)

    def lowest(self, agent: int) -> Places:
        """The nodes at the agent's first breakpoint."""
        first, second = self.axes[0].cells + 1, self.axes[1].cells + 1
        return np.arange(second, dtype=np.int64) if agent == 0 else np.arange(first, dtype=np.int64) * second

    def elements(self) -> list[Element]:
        """All elements: bottom triangles, left ones, right ones, top ones, strips, the quadrant."""
        kinds: tuple[list[Element], ...] = ([], [], [], [])
        for cell, (a, b) in enumerate(all_cells(self.axes)):
            low, right, up, high = (node_number(self.axes, a + i, b + j) for i, j in ((0, 0), (1, 0), (0, 1), (1, 1)))
            middle = self.corners + cell
            rise, run = ((middle, 2), (low, -1)), ((middle, -2), (high, 1))
            own = (
                ((low, right, middle), (((right, 1), (low, -1)), (*rise, (right, -1)))),
                ((low, up, middle), ((*rise, (up, -1)), ((up, 1), (low, -1)))),
                ((right, high, middle), ((*run, (right, 1)), ((high, 1), (right, -1)))),
                ((up, high, middle), (((high, 1), (up, -1)), (*run, (up, 1)))),
            )
            for kind, (corners, differences) in zip(kinds, own, strict=True):
                kind.append(Element(corners, differences, (a, b)))
        return [element for kind in (*kinds, beyond(self.axes)) for element in kind]

    def rows(self) -> Rows:
        """One for each element and corner."""
        return enclosed(self._rows)

    def _rows(self, unit: int) -> Rows:
        widths = [(h1, h2) for h1 in self.axes[0].widths for h2 in self.axes[1].widths]
        kinds: tuple[list[tuple[Fraction, ...]], ...] = ([], [], [], [])
        for h1, h2 in widths:
            low, right, up, high = Fraction(0), -h1, -h2, -h1 - h2
            ends = ((low, right), (low, up), (right, high), (up, high))
            for kind, pair in zip(kinds, ends, strict=True):
                kind.append((*pair, high / 2))
        return corner_rows(
            self.axes,
            self.elements(),
            element_masses(self.axes, Exponentials(unit), kinds, Fraction(1, 2)),
            by_element=not self.has_payoff,
            padded=self.has_payoff,
        )

    def rising_rows(self) -> Rows:
        """Rows on the rising diagonals, at both ends of each half: agent 1's derivative is that on the right of the
        diagonal, agent 2's that on the left, which is where each moves to.
        """
        elements = self.elements()
        found = []
        for right, left, end in RISING:
            for corner in (end, MIDDLE):
                for cell in range(self.cells):
                    one, other = elements[right * self.cells + cell], elements[left * self.cells + cell]
                    differences = (one.differences[0], other.differences[1])
                    found.append(Element((one.corners[corner],), differences, one.cells))
        return corner_rows(self.axes, found, exactly([1] * len(found), 1), by_element=False, padded=False)

    def rising_growth(self, parts: Whole) -> Whole:
        """At those rows, agent 1's part on the right of the diagonal and agent 2's on the left, together.

        Args:
            parts: both parts of the growth, each in one axis, shape (2, entries).
        """
        cells = np.arange(self.cells)
        corners = 3 if self.has_payoff else 1
        sums = []
        for right, left, end in RISING:
            for corner in (end, MIDDLE) if self.has_payoff else (0, 0):
                one = parts[0, corners * (right * self.cells + cells) + corner]
                sums.append(one + parts[1, corners * (left * self.cells + cells) + corner])
        return np.concatenate(sums)


def parse_crossed_triangles(value: object, where: str, problem: Problem) -> CrossedTriangles:
    """The mesh that a certificate's `discretisation` describes."""
    fields = record(value, where, {"kind", "breakpoints"})
    if problem.agents != 2:
        raise Flaw(f"{where}: crossed triangles are for two agents, not for {problem.agents}")
    check_averages(problem, where)
    first, second = parse_axes(fields["breakpoints"], f"{where}.breakpoints", problem.agents)
    check_count(4 * first.ends * second.ends, where, "rows")
    return CrossedTriangles(axes=(first, second), has_payoff=problem.has_payoff())
