"""What the programs in the continuum search over: a family of mechanisms, and one of information."""

from dataclasses import dataclass
from typing import Protocol

import scipy.sparse as sp

from robustmech.model import Counts, Discretisation, Environment, FloatArray


class Mesh(Protocol):
    """A family that one of the programs in the continuum searches over."""

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
        """The program's operators."""
        ...


class MechanismMesh(Mesh, Protocol):
    """A family of piecewise-linear mechanisms on real actions."""

    @property
    def averages_payoff(self) -> bool:
        """Whether it is only for problems with transfers whose designer's payoff does not depend on the state."""
        ...

    @property
    def node_shape(self) -> tuple[int, ...]:
        """The shape of a function of nodes."""
        ...

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        """The function with the given values at the nodes, shape (*node_shape, …), at bids (bids, agents)."""
        ...

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray, /) -> FloatArray:
        """Balanced Ξ at the rows as the transfers need it, for decisions (nodes, decisions)."""
        ...

    def transfers(self, growth: FloatArray, bids: FloatArray, /) -> FloatArray:
        """What agents pay at bids (bids, agents), given the parts of Ξ."""
        ...


class InformationMesh(Mesh, Protocol):
    """A family of exponential information on real signals."""

    def weights(self, signals: FloatArray) -> sp.csr_array:
        """How much each row counts at signals (signals, agents); shape (signals, rows), rows sum to one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Meshes:
    """The families that the two sides of a bracket search over.

    Args:
        mechanism: for the lower side.
        information: for the upper side.
    """

    mechanism: MechanismMesh
    information: InformationMesh
