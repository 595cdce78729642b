"""The families of mechanisms and of information that the programs in the continuum search over."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Protocol

import numpy as np
import scipy.sparse as sp

from robustmech.elements import box_rule, information_rule, triangle_rule
from robustmech.elements.line_transfers import LineTransfers
from robustmech.elements.lower_boxes import on_lower_boxes
from robustmech.elements.lower_crossed import divided_growth, element_corners, on_crossed_triangles
from robustmech.elements.lower_shares import on_shares, shares_growth, shares_interpolated
from robustmech.elements.lower_triangles import on_triangles, triangles
from robustmech.elements.payoff import growth_at_corners
from robustmech.elements.preparing import Payments, prepared
from robustmech.elements.shares_rule import shares_transfers
from robustmech.elements.spacing import Spacing
from robustmech.elements.triangle_rule import CrossedLines, TriangleLines
from robustmech.elements.upper_boxes import on_upper_boxes
from robustmech.elements.upper_sums import on_sums
from robustmech.elements.upper_triangles import on_exponential_triangles
from robustmech.elements.without_transfers import (
    on_share_densities,
    on_shares_without_transfers,
    quadratic_interpolated,
)
from robustmech.errors import InputError
from robustmech.model import Counts, Discretisation, Environment, FloatArray


class MechanismMesh(Protocol):
    """A family of piecewise-linear mechanisms on real actions."""

    @property
    def kind(self) -> str:
        """Its name in files."""
        ...

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        ...

    @property
    def agents(self) -> int:
        """The number of agents."""
        ...

    @property
    def averages_payoff(self) -> bool:
        """Whether it is only for problems with transfers whose designer's payoff does not depend on the state."""
        ...

    @property
    def node_shape(self) -> tuple[int, ...]:
        """The shape of a function of nodes."""
        ...

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        ...

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        ...

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The function with the given values at the nodes, shape (*node_shape, …), at bids (bids, agents)."""
        ...

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray) -> FloatArray:
        """Balanced Ξ at the rows as the transfers need it, for decisions (nodes, decisions)."""
        ...

    def transfers(self, growth: FloatArray, bids: FloatArray) -> FloatArray:
        """What agents pay at bids (bids, agents), given the parts of Ξ."""
        ...


class InformationMesh(Protocol):
    """A family of exponential information on real signals."""

    @property
    def kind(self) -> str:
        """Its name in files."""
        ...

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        ...

    @property
    def agents(self) -> int:
        """The number of agents."""
        ...

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        ...

    def discretise(self) -> Discretisation:
        """The upper program's operators."""
        ...

    def weights(self, signals: FloatArray) -> sp.csr_array:
        """How much each row counts at signals (signals, agents); shape (signals, rows), rows sum to one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangles:
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
        return f"{self.kind}, {_cells(self.spacings)}"

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
        return f"{self.kind}, {_cells(self.spacings)}"

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
class Boxes:
    """Mechanisms of any number of agents that are multilinear on boxes.

    Args:
        spacings: each agent's breakpoints.
    """

    spacings: tuple[Spacing, ...]
    kind: ClassVar[str] = "boxes"
    averages_payoff: ClassVar[bool] = False

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
        return f"{self.kind}, {_cells(self.spacings)}"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        ends = [2 * spacing.cells + 1 for spacing in self.spacings]
        rows, nodes = math.prod(ends), math.prod(spacing.cells + 1 for spacing in self.spacings)
        return Counts(rows=rows, nodes=nodes, local=2 * rows, evaluation=rows, separator=2.0 * rows / max(ends))

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        return on_lower_boxes(self.spacings)

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray) -> FloatArray:
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
        return f"{self.kind}, {self.spacing.cells} cells of the sum"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        rows = 2 + (2 * self.spacing.cells - 1) * self.agents
        return Counts(rows=rows, nodes=self.node_shape[0], local=4 * rows, evaluation=2 * rows, separator=self.agents)

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        return on_shares(self.spacing, self.agents)

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray) -> FloatArray:
        """Ξ itself, shape (rows,), or where the designer's payoff varies, Ξ less its mean payoff and the payoff, (rows, 2)."""
        return shares_growth(self.spacing, self.agents, environment, decisions, growth)

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The decision at real bids."""
        return shares_interpolated(self.spacing, self.agents, values, bids)

    def transfers(self, growth: FloatArray, bids: FloatArray) -> FloatArray:
        """What the agents pay, in proportion to their bids and, where they are alike, at a price that depends on the sum."""
        return shares_transfers(self.spacing, self.agents, growth, bids)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesWithoutTransfers:
    """Mechanisms of two or more alike agents in shares of the sum of actions and the sum, for problems without transfers.

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
        return f"shares, {self.spacing.cells} cells of the sum"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        rows = (4 * self.spacing.cells + 1) * self.agents
        return Counts(rows=rows, nodes=self.node_shape[0], local=6 * rows, evaluation=3 * rows, separator=self.agents)

    def discretise(self) -> Discretisation:
        """The lower program's operators."""
        return on_shares_without_transfers(self.spacing, self.agents)

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray) -> FloatArray:
        """There are no transfers.

        Raises:
            InputError: always.
        """
        raise InputError(f"{self.kind}: the problem has transfers")

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The decision at real bids."""
        return quadratic_interpolated(self.spacing, values, bids)

    def transfers(self, growth: FloatArray, bids: FloatArray) -> FloatArray:
        """There are no transfers.

        Raises:
            InputError: always.
        """
        raise InputError(f"{self.kind}: the problem has transfers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareDensities:
    """Information of two or more alike agents whose density is linear in shares and piecewise quadratic in the sum of signals,
    for problems without transfers.

    Args:
        spacing: breakpoints of the sum; signals do not go beyond the last.
        agents: their number.
    """

    spacing: Spacing
    agents: int
    kind: ClassVar[str] = "share densities"

    def __post_init__(self) -> None:
        if self.agents < 2:
            raise InputError("share densities: needs at least two agents")

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"{self.kind}, {self.spacing.cells} cells of the sum"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        rows, nodes = (2 * self.spacing.cells + 1) * self.agents, (4 * self.spacing.cells + 1) * self.agents
        return Counts(rows=rows, nodes=nodes, local=6 * nodes, evaluation=2 * nodes, separator=3.0 * self.agents)

    def discretise(self) -> Discretisation:
        """The upper program's operators."""
        return on_share_densities(self.spacing, self.agents)

    def weights(self, signals: FloatArray) -> sp.csr_array:
        """The interpolation weights at real signals; none beyond the last breakpoint."""
        return information_rule.density_weights(self.spacing, self.agents, signals)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialBoxes:
    """Information of any number of agents that is exponential on boxes and may jump between them.

    Args:
        spacings: each agent's breakpoints.
    """

    spacings: tuple[Spacing, ...]
    kind: ClassVar[str] = "exponential boxes"

    @property
    def agents(self) -> int:
        """The number of agents."""
        return len(self.spacings)

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"{self.kind}, {_cells(self.spacings)}"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        ends = [2 * spacing.cells + 1 for spacing in self.spacings]
        rows = math.prod(ends)
        faces = sum(rows // end * spacing.cells for end, spacing in zip(ends, self.spacings, strict=True))
        return Counts(rows=rows, nodes=rows + faces, local=4 * rows, evaluation=rows, separator=2.0 * rows / max(ends))

    def discretise(self) -> Discretisation:
        """The upper program's operators."""
        return on_upper_boxes(self.spacings)

    def weights(self, signals: FloatArray) -> sp.csr_array:
        """The interpolation weights at real signals."""
        return information_rule.box_weights(self.spacings, signals)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialTriangles:
    """Information of two agents that is exponential on triangles and may jump between the squares they make.

    Args:
        step: the side of the squares.
        cells: squares along each signal.
    """

    step: Fraction
    cells: int
    agents: ClassVar[int] = 2
    kind: ClassVar[str] = "exponential triangles"

    def __post_init__(self) -> None:
        Spacing.even(self.step, self.cells)

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"{self.kind}, {self.cells} × {self.cells} squares"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        n = self.cells
        rows, nodes = 5 * n * n + 4 * n + 1, 12 * n * n + 6 * n + 1
        local, evaluation = 26 * n * n + 8 * n + 1, 8 * n * n + 4 * n + 1
        return Counts(rows=rows, nodes=nodes, local=local, evaluation=evaluation, separator=20.0 * (n + 1))

    def discretise(self) -> Discretisation:
        """The upper program's operators."""
        return on_exponential_triangles(self.step, self.cells)

    def weights(self, signals: FloatArray) -> sp.csr_array:
        """The interpolation weights at real signals."""
        return information_rule.triangle_weights(self.step, self.cells, signals)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialSums:
    """Information of any number of agents that varies with the weighted sum of their signals only.

    Args:
        spacing: breakpoints of the sum.
        slant: the agents' weights η.
    Raises:
        InputError: for a weight that is not positive.
    """

    spacing: Spacing
    slant: tuple[Fraction, ...]
    kind: ClassVar[str] = "exponential sums"

    def __post_init__(self) -> None:
        if not self.slant or min(self.slant) <= 0:
            raise InputError("exponential sums: every agent needs a positive weight")

    @property
    def agents(self) -> int:
        """The number of agents."""
        return len(self.slant)

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"{self.kind}, {self.spacing.cells} cells of the sum"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        nodes = 3 * self.spacing.cells + 1
        rows = 2 * self.spacing.cells + 1
        return Counts(rows=rows, nodes=nodes, local=4 * nodes, evaluation=nodes, separator=3.0)

    def discretise(self) -> Discretisation:
        """The upper program's operators."""
        return on_sums(self.spacing, self.slant)

    def weights(self, signals: FloatArray) -> sp.csr_array:
        """The interpolation weights at real signals."""
        return information_rule.sum_weights(self.spacing, self.slant, signals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meshes:
    """The families that the two sides of a bracket search over.

    Args:
        mechanism: for the lower side.
        information: for the upper side.
    """

    mechanism: MechanismMesh
    information: InformationMesh


def _cells(spacings: tuple[Spacing, ...]) -> str:
    return " × ".join(str(spacing.cells) for spacing in spacings) + " cells"
