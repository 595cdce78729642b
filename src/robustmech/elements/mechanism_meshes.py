"""The families of mechanisms that the lower programs in the continuum search over."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from robustmech.elements import box_rule, triangle_rule
from robustmech.elements.line_transfers import LineTransfers
from robustmech.elements.lower_boxes import on_lower_boxes
from robustmech.elements.lower_crossed import divided_growth, element_corners, on_crossed_triangles
from robustmech.elements.lower_shares import on_shares, shares_growth, shares_interpolated
from robustmech.elements.lower_triangles import on_triangles, triangles
from robustmech.elements.payoff import growth_at_corners
from robustmech.elements.preparing import Payments, prepared
from robustmech.elements.shares_rule import shares_transfers
from robustmech.elements.spacing import Spacing, cells_in_words, cells_of_the_sum
from robustmech.elements.triangle_rule import CrossedLines, TriangleLines
from robustmech.elements.without_transfers import on_shares_without_transfers, quadratic_interpolated
from robustmech.errors import InputError
from robustmech.model import Counts, Discretisation, Environment, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnBreakpoints:
    """A mesh whose nodes are the products of the agents' breakpoints."""

    spacings: tuple[Spacing, ...]
    kind: ClassVar[str]

    @property
    def agents(self) -> int:
        """The number of agents."""
        return len(self.spacings)

    @property
    def node_shape(self) -> tuple[int, ...]:
        """The shape of a function of nodes."""
        return tuple(spacing.cells + 1 for spacing in self.spacings)

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"{self.kind}, {cells_in_words(self.spacings)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangles(_OnBreakpoints):
    """Mechanisms of two agents that are linear on triangles.

    Args:
        spacings: each agent's breakpoints.
        corner_rows: whether Ξ is linear on each triangle rather than constant; needed without transfers, and where the
            designer's payoff depends on the state.
    """

    spacings: tuple[Spacing, Spacing]
    corner_rows: bool = False
    kind: ClassVar[str] = "triangles"

    @property
    def averages_payoff(self) -> bool:
        """Whether it is only for problems with transfers whose designer's payoff does not depend on the state."""
        return not self.corner_rows

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        one, two = (spacing.cells for spacing in self.spacings)
        elements = 2 * one * two + one + two + 1
        rows = 6 * one * two + 2 * (one + two) + 1 if self.corner_rows else elements
        nodes = (one + 1) * (two + 1)
        evaluation = rows if self.corner_rows else 3 * rows
        return Counts(
            rows=rows, nodes=nodes, local=2 * rows, evaluation=evaluation, separator=3.0 * (min(one, two) + 1)
        )

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        return on_triangles(self.spacings, corner_rows=self.corner_rows)

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray) -> FloatArray:
        """Ξ itself, shape (rows,), or where the designer's payoff varies in elements, at their corners, (rows, 3)."""
        if self.corner_rows:
            return growth
        corners = triangles(self.spacings).corners
        return growth_at_corners(environment, self.discretise().evaluation, corners, decisions, growth)

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The piecewise-linear function with the given values at the nodes."""
        return triangle_rule.interpolated(self.spacings, values, bids)

    def transfers(self, growth: FloatArray, bids: FloatArray) -> FloatArray:
        """What both agents pay, by exact integration of Ξ."""
        return prepared(self, growth, self._payments)(bids)

    def _payments(self, growth: FloatArray) -> Payments:
        lines = self._lines(growth / 2)
        return LineTransfers.of(lines, lines)

    def _lines(self, growth: FloatArray) -> tuple[TriangleLines, TriangleLines]:
        one, two = self.spacings
        m, n = one.cells, two.cells
        corners = self._at_corners(growth)
        lower, upper = corners[: m * n].reshape(m, n, 3), corners[m * n : 2 * m * n].reshape(m, n, 3)
        strip, edge = corners[2 * m * n : 2 * m * n + n, :2], corners[2 * m * n + n : -1, :2]
        far = float(corners[-1, 0])
        # An upper triangle's corners are the far one, the one at the first agent's smaller action, the other one.
        first = TriangleLines(
            own=one, other=two, lower=lower, upper=upper[..., [0, 2, 1]], strip=strip, edge=edge, corner=far
        )
        second = TriangleLines(
            own=two,
            other=one,
            lower=lower.transpose(1, 0, 2)[..., [0, 2, 1]],
            upper=upper.transpose(1, 0, 2),
            strip=edge,
            edge=strip,
            corner=far,
        )
        return first, second

    def _at_corners(self, growth: FloatArray) -> FloatArray:
        if not self.corner_rows:
            return growth if growth.ndim > 1 else np.repeat(growth[:, None], 3, axis=1)
        used = triangles(self.spacings).weights > 0
        corners = np.zeros(used.shape)
        corners[used] = growth
        return corners


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedTriangles:
    """Mechanisms of two agents that are linear on cells cut by both diagonals, for problems with transfers whose
    designer's payoff does not depend on the state.

    Args:
        spacings: each agent's breakpoints.
    """

    spacings: tuple[Spacing, Spacing]
    agents: ClassVar[int] = 2
    kind: ClassVar[str] = "crossed triangles"
    averages_payoff: ClassVar[bool] = True

    @property
    def node_shape(self) -> tuple[int, ...]:
        """The shape of a function of nodes: corners of cells, then middles."""
        one, two = (spacing.cells for spacing in self.spacings)
        return ((one + 1) * (two + 1) + one * two,)

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"{self.kind}, {cells_in_words(self.spacings)}"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        one, two = (spacing.cells for spacing in self.spacings)
        rows = 4 * one * two + one + two + 1
        return Counts(
            rows=rows,
            nodes=self.node_shape[0],
            local=3 * rows,
            evaluation=3 * rows,
            separator=6.0 * (min(one, two) + 1),
        )

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        return on_crossed_triangles(self.spacings)

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray) -> FloatArray:
        """The two agents' parts of Ξ, shape (2, rows), or where the designer's payoff varies, (2, rows, 3 corners)."""
        discretisation, corners = self.discretise(), element_corners(self.spacings)
        cells = self.spacings[0].cells * self.spacings[1].cells
        divided = divided_growth(environment, discretisation, cells, decisions, growth)
        return growth_at_corners(environment, discretisation.evaluation, corners, decisions, divided)

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The piecewise-linear function with the given values at the nodes."""
        return triangle_rule.crossed_interpolated(self.spacings, values, bids)

    def transfers(self, growth: FloatArray, bids: FloatArray) -> FloatArray:
        """What both agents pay, by exact integration of their parts of Ξ."""
        return prepared(self, growth, self._payments)(bids)

    def _payments(self, growth: FloatArray) -> Payments:
        return LineTransfers.of(self._lines(growth[0]), self._lines(growth[1]))

    def _lines(self, part: FloatArray) -> tuple[CrossedLines, CrossedLines]:
        one, two = self.spacings
        size = one.cells * two.cells
        corners = part if part.ndim > 1 else np.repeat(part[:, None], 3, axis=1)
        bottom, left, right, top = corners[: 4 * size].reshape(4, one.cells, two.cells, 3)
        turned = (kind.transpose(1, 0, 2) for kind in (left, bottom, top, right))
        strip, edge = corners[4 * size : 4 * size + two.cells, :2], corners[4 * size + two.cells : -1, :2]
        corner = float(corners[-1, 0])
        first = CrossedLines.of((one, two), (bottom, left, right, top), (strip, edge), corner)
        second = CrossedLines.of((two, one), tuple(turned), (edge, strip), corner)
        return first, second


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes(_OnBreakpoints):
    """Mechanisms of any number of agents that are multilinear on boxes.

    Args:
        spacings: each agent's breakpoints.
    """

    spacings: tuple[Spacing, ...]
    kind: ClassVar[str] = "boxes"
    averages_payoff: ClassVar[bool] = False

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        ends = [2 * spacing.cells + 1 for spacing in self.spacings]
        rows, nodes = math.prod(ends), math.prod(spacing.cells + 1 for spacing in self.spacings)
        return Counts(rows=rows, nodes=nodes, local=2 * rows, evaluation=rows, separator=2.0 * rows / max(ends))

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        return on_lower_boxes(self.spacings)

    def parts(self, _environment: Environment, _decisions: FloatArray, growth: FloatArray) -> FloatArray:
        """Ξ itself: it needs no division among the agents beforehand."""
        return growth

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The multilinear function with the given values at the nodes."""
        return box_rule.interpolated(self.spacings, values, bids)

    def transfers(self, growth: FloatArray, bids: FloatArray) -> FloatArray:
        """What the agents pay, by exact integration of Ξ."""
        return prepared(self, growth, self._payments)(bids)

    def _payments(self, growth: FloatArray) -> Payments:
        ends = tuple(2 * spacing.cells + 1 for spacing in self.spacings)
        return box_rule.BoxTransfers.of(self.spacings, growth.reshape(ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Mechanisms of two or more alike agents in shares of the sum of actions and the sum.

    Args:
        spacing: breakpoints of the sum.
        agents: their number.
    """

    spacing: Spacing
    agents: int
    kind: ClassVar[str] = "shares"
    averages_payoff: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.agents < 2:
            raise InputError("shares: needs at least two agents")

    @property
    def node_shape(self) -> tuple[int, ...]:
        """The shape of a function of nodes."""
        return (1 + self.spacing.cells * self.agents,)

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"{self.kind}, {cells_of_the_sum(self.spacing)}"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        rows = 2 + (2 * self.spacing.cells - 1) * self.agents
        return Counts(rows=rows, nodes=self.node_shape[0], local=4 * rows, evaluation=2 * rows, separator=self.agents)

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        return on_shares(self.spacing, self.agents)

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray) -> FloatArray:
        """Ξ itself, shape (rows,).

        Where the designer's payoff varies, Ξ less its mean payoff, and the payoff, shape (rows, 2).
        """
        return shares_growth(self.spacing, self.agents, environment, decisions, growth)

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The decision at real bids."""
        return shares_interpolated(self.spacing, self.agents, values, bids)

    def transfers(self, growth: FloatArray, bids: FloatArray) -> FloatArray:
        """What each agent pays: its bid times a price that depends on the sum, the same where agents are alike."""
        return shares_transfers(self.spacing, self.agents, growth, bids)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesWithoutTransfers:
    """Mechanisms of alike agents in shares of the sum of actions and the sum, for problems without transfers.

    Args:
        spacing: breakpoints of the sum.
        agents: their number.
    """

    spacing: Spacing
    agents: int
    kind: ClassVar[str] = "shares without transfers"
    averages_payoff: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.agents < 2:
            raise InputError("shares: needs at least two agents")

    @property
    def node_shape(self) -> tuple[int, ...]:
        """The shape of a function of nodes."""
        return (1 + 2 * self.spacing.cells * self.agents,)

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"shares, {cells_of_the_sum(self.spacing)}"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        rows = (4 * self.spacing.cells + 1) * self.agents
        return Counts(rows=rows, nodes=self.node_shape[0], local=6 * rows, evaluation=3 * rows, separator=self.agents)

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        return on_shares_without_transfers(self.spacing, self.agents)

    def parts(self, _environment: Environment, _decisions: FloatArray, _growth: FloatArray) -> FloatArray:
        """There are no transfers.

        Raises:
            InputError: always.
        """
        raise InputError(f"{self.kind}: the problem has transfers")

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The decision at real bids."""
        return quadratic_interpolated(self.spacing, values, bids)

    def transfers(self, _growth: FloatArray, _bids: FloatArray) -> FloatArray:
        """There are no transfers.

        Raises:
            InputError: always.
        """
        raise InputError(f"{self.kind}: the problem has transfers")
