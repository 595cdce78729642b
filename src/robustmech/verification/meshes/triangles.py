"""Mechanisms on triangles, for two agents: cells are cut by their falling diagonal."""

from dataclasses import dataclass
from fractions import Fraction

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import enclosed
from robustmech.verification.fields import record, text
from robustmech.verification.meshes.axis import Axis, OnAxes, check_count, parse_axes
from robustmech.verification.meshes.elements import (
    Element,
    all_cells,
    beyond,
    corner_rows,
    element_masses,
    node_number,
)
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangles(OnAxes):
    """Two axes, and how the growth is written: for every corner, for every element, or for three corners of each."""

    axes: tuple[Axis, Axis]
    by_corner: bool
    has_payoff: bool

    @property
    def growth_shape(self) -> tuple[int, ...]:
        """The number of elements, with three corners if there is a payoff, or of rows."""
        first, second = (axis.cells for axis in self.axes)
        if self.by_corner:
            return (6 * first * second + 2 * (first + second) + 1,)
        count = 2 * first * second + first + second + 1
        return (count, 3) if self.has_payoff else (count,)

    def elements(self) -> list[Element]:
        """All elements, in the order of docs/artefacts.md."""
        lower, upper = [], []
        for a, b in all_cells(self.axes):
            low, right, up, high = (node_number(self.axes, a + i, b + j) for i, j in ((0, 0), (1, 0), (0, 1), (1, 1)))
            lower.append(Element((low, right, up), (((right, 1), (low, -1)), ((up, 1), (low, -1))), (a, b)))
            upper.append(Element((high, up, right), (((high, 1), (up, -1)), ((high, 1), (right, -1))), (a, b)))
        return [*lower, *upper, *beyond(self.axes)]

    def rows(self) -> Rows:
        """One for each element and corner."""
        return enclosed(self._rows)

    def _rows(self, unit: int) -> Rows:
        cells = [(h1, h2) for h1 in self.axes[0].widths for h2 in self.axes[1].widths]
        lower = [(Fraction(0), -h1, -h2) for h1, h2 in cells]
        upper = [(-h1 - h2, -h2, -h1) for h1, h2 in cells]
        return corner_rows(
            self.axes,
            self.elements(),
            element_masses(self.axes, Exponentials(unit), (lower, upper), Fraction(1)),
            by_element=not (self.by_corner or self.has_payoff),
            padded=self.has_payoff and not self.by_corner,
        )


def parse_triangles(value: object, where: str, problem: Problem) -> Triangles:
    """The mesh that a certificate's `discretisation` describes."""
    fields = record(value, where, {"kind", "breakpoints", "rows"})
    if problem.agents != 2:
        raise Flaw(f"{where}: triangles are for two agents, not for {problem.agents}")
    rows = text(fields["rows"], f"{where}.rows")
    if rows not in ("elements", "corners"):
        raise Flaw(f"{where}.rows: expected 'elements' or 'corners', found {rows[:40]!r}")
    if rows == "elements":
        check_averages(problem, f"{where}.rows")
    first, second = parse_axes(fields["breakpoints"], f"{where}.breakpoints", problem.agents)
    check_count(2 * first.ends * second.ends, where, "rows")
    return Triangles(axes=(first, second), by_corner=rows == "corners", has_payoff=problem.has_payoff())


def check_averages(problem: Problem, where: str) -> None:
    """Refuse averages of Ξ over elements where they are no bound."""
    if not (problem.transfers and problem.payoff_ignores_states()):
        raise Flaw(f"{where}: needs transfers and a payoff that does not depend on the state")
