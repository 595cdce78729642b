"""Where programs live: on grids, or on meshes in the continuum."""

from dataclasses import dataclass

import numpy as np

from robustmech.bounds.size import ProgramSize, estimated_size, program_size
from robustmech.elements import (
    ExponentialInformation,
    InformationMesh,
    MechanismMesh,
    PiecewiseLinearMechanism,
)
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
    Side,
    on_grids,
)
from robustmech.transfers import equal_division, individual_growth_transfers


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

    def mechanism(
        self,
        environment: Environment,
        counts: IntArray,
        growth: FloatArray,
        mass: FloatArray,  # noqa: ARG002  (the grids know theirs)
    ) -> Mechanism:
        """The finite mechanism, with the transfers that share Ξ equally."""
        shape = tuple(grid.actions for grid in self.grids)
        transfers = balanced = None
        if environment.transfers:
            parts = equal_division(growth.reshape(shape), self.grids)
            balanced = np.sum(parts, axis=0)
            transfers = individual_growth_transfers(parts, self.grids)
        return Mechanism(
            grids=self.grids,
            decision_counts=counts.reshape(*shape, environment.decisions),
            transfers=transfers,
            aggregate_excess_growth=balanced,
            decision_names=environment.decision_names,
        )

    def information(self, law: ExactLaw) -> InformationStructure:
        """The finite information structure."""
        return InformationStructure.on(self.grids, law)


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismPlace:
    """A family of mechanisms on real actions, for the lower side."""

    mesh: MechanismMesh

    def discretise(self, side: Side) -> Discretisation:  # noqa: ARG002  (a mesh is for one side)
        """The mesh's operators."""
        return self.mesh.discretise()

    def size(self, environment: Environment, symmetries: int) -> ProgramSize:
        """From the mesh's counts."""
        return estimated_size(environment, self.mesh.counts, symmetries)

    def mechanism(
        self, environment: Environment, counts: IntArray, growth: FloatArray, mass: FloatArray
    ) -> PiecewiseLinearMechanism:
        """The rule for real bids."""
        decisions = counts / MECHANISM_DENOMINATOR
        balanced = self.mesh.parts(environment, decisions, growth - mass @ growth) if environment.transfers else None
        return PiecewiseLinearMechanism(
            mesh=self.mesh,
            decision_counts=counts.reshape(*self.mesh.node_shape, environment.decisions),
            growth=balanced,
            own_decisions=environment.own_decisions,
            decision_names=environment.decision_names,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationPlace:
    """A family of information with real signals, for the upper side."""

    mesh: InformationMesh

    def discretise(self, side: Side) -> Discretisation:  # noqa: ARG002  (a mesh is for one side)
        """The mesh's operators."""
        return self.mesh.discretise()

    def size(self, environment: Environment, symmetries: int) -> ProgramSize:
        """From the mesh's counts."""
        return estimated_size(environment, self.mesh.counts, symmetries)

    def information(self, law: ExactLaw) -> ExponentialInformation:
        """The information with real signals."""
        return ExponentialInformation(mesh=self.mesh, law=law)
