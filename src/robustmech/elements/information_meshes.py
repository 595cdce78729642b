"""The families of information that the upper programs in the continuum search over."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import scipy.sparse as sp

from robustmech.elements import information_rule
from robustmech.elements.spacing import Spacing, cells_in_words, cells_of_the_sum
from robustmech.elements.upper_boxes import on_upper_boxes
from robustmech.elements.upper_sums import on_sums
from robustmech.elements.upper_triangles import on_exponential_triangles
from robustmech.elements.without_transfers import on_share_densities
from robustmech.errors import InputError
from robustmech.model import Counts, Discretisation, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareDensities:
    """Information of alike agents whose density is linear in shares and piecewise quadratic in the sum of signals, for
    problems without transfers.

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
        return f"{self.kind}, {cells_of_the_sum(self.spacing)}"

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
        return f"{self.kind}, {cells_in_words(self.spacings)}"

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
        return f"{self.kind}, {cells_of_the_sum(self.spacing)}"

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
