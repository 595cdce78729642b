"""Where programs live: on grids, or on meshes in the continuum."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from robustmech.bounds.entry import Entry
from robustmech.bounds.size import ProgramSize, estimated_size, program_size
from robustmech.bounds.stored_mechanisms import mechanism_on_grids, mechanism_on_mesh
from robustmech.elements import (
    Boxes,
    ExponentialInformation,
    InformationMesh,
    MechanismMesh,
    Mesh,
    PiecewiseLinearMechanism,
    Spacing,
)
from robustmech.errors import InputError
from robustmech.model import (
    MECHANISM_DENOMINATOR,
    Discretisation,
    Environment,
    ExactLaw,
    FloatArray,
    Grid,
    InformationStructure,
    IntArray,
    Mechanism,
    RationalArray,
    Side,
    on_grids,
)

_MOST_EVALUATIONS = 8_000_000
"""Rows times states, at most, on a mesh that a solved mechanism is evaluated on again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPlace:
    """The product of the agents' grids.

    Args:
        grids: one for each agent.
    """

    grids: tuple[Grid, ...]

    def discretise(self, side: Side) -> Discretisation:
        """Nodes and rows are the profiles."""
        return on_grids(self.grids, side)

    def size(self, environment: Environment, symmetries: int) -> ProgramSize:
        """From the numbers of actions."""
        return program_size(environment, self.grids, symmetries)

    def stored(
        self,
        environment: Environment,
        discretisation: Discretisation,
        counts: IntArray,
        multipliers: RationalArray,
        entry: Entry | None,
    ) -> tuple[Mechanism, float]:
        """The finite mechanism, with transfers that share Ξ equally, and its number with them."""
        return mechanism_on_grids(self.grids, environment, discretisation, counts, multipliers, entry)

    def information(self, law: ExactLaw) -> InformationStructure:
        """The finite information structure."""
        return InformationStructure.on(self.grids, law)

    def finer(self, environment: Environment, counts: IntArray) -> None:
        """A grid's number is the best that its decisions have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeshPlace:
    """A family in the continuum, for one of the sides."""

    mesh: Mesh

    def discretise(self, side: Side) -> Discretisation:  # noqa: ARG002  (a mesh is for one side)
        """The mesh's operators."""
        return self.mesh.discretise()

    def size(self, environment: Environment, symmetries: int) -> ProgramSize:
        """From the mesh's counts."""
        return estimated_size(environment, self.mesh.counts, symmetries)


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismPlace(_MeshPlace):
    """A family of mechanisms on real actions, for the lower side."""

    mesh: MechanismMesh

    def stored(
        self,
        environment: Environment,
        discretisation: Discretisation,
        counts: IntArray,
        multipliers: RationalArray,
        entry: Entry | None,
    ) -> tuple[PiecewiseLinearMechanism, float]:
        """The rule for real bids, and its number with the growth that it stores."""
        mechanism, value = mechanism_on_mesh(self.mesh, environment, discretisation, counts, multipliers)
        return mechanism if entry is None else entry.paid(mechanism), value

    def finer(self, environment: Environment, counts: IntArray) -> tuple["MechanismPlace", FloatArray] | None:
        """Halved boxes and the same mechanism's decisions there, if that may be a better number and is not much work.

        With transfers Ξ is concave on a box, the least of multilinear functions, and counts as multilinear between the
        corners: the less is lost, the smaller the boxes. On triangles derivatives are constant, and without transfers
        the least value is at a corner already.
        """
        mesh = self.mesh
        if not (isinstance(mesh, Boxes) and environment.transfers):
            return None
        try:
            finer = Boxes(spacings=tuple(map(_halved, mesh.spacings)))
        except InputError:  # cells would be too small
            return None
        if finer.counts.rows * environment.states > _MOST_EVALUATIONS:
            return None
        decisions = counts.reshape(*mesh.node_shape, -1) / MECHANISM_DENOMINATOR
        for axis in range(mesh.agents):
            decisions = _with_middles(decisions, axis)
        return MechanismPlace(mesh=finer), decisions.reshape(-1, environment.decisions)


def _halved(spacing: Spacing) -> Spacing:
    points = spacing.breakpoints
    middles = (Fraction(low + high) / 2 for low, high in pairwise(points))
    return Spacing(breakpoints=tuple(sorted((*points, *middles))))


def _with_middles(values: FloatArray, axis: int) -> FloatArray:
    """Averages of neighbours put between them, along one axis."""
    moved = np.moveaxis(values, axis, 0)
    found = np.empty((2 * moved.shape[0] - 1, *moved.shape[1:]))
    found[::2], found[1::2] = moved, (moved[1:] + moved[:-1]) / 2
    return np.moveaxis(found, 0, axis)


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationPlace(_MeshPlace):
    """A family of information with real signals, for the upper side."""

    mesh: InformationMesh

    def information(self, law: ExactLaw) -> ExponentialInformation:
        """The information with real signals."""
        return ExponentialInformation(mesh=self.mesh, law=law)
