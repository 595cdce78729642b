"""Where the local program lives: an evaluation, one local operator per agent, and a mass.

The strategic side puts the mechanism's unknowns on nodes and nature's law on rows; the informational side the
reverse. Either way an operator maps functions of the mechanism's index to functions of the information's index, and the
mass is that of the information's index.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import scipy.sparse as sp

from robustmech.errors import SpacingError
from robustmech.model.grid import Grid
from robustmech.model.rational import FloatArray, IntArray, RationalArray

_PRECISE_BITS = 56


class Side(Enum):
    """Which of the two bounds a program is for."""

    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How large a discretisation will be, before it is built.

    Args:
        rows, nodes: their numbers.
        local: the entries of one agent's local operator.
        evaluation: the entries of the evaluation.
        separator: nodes on the smallest cut through the middle.
    """

    rows: int
    nodes: int
    local: int
    evaluation: int
    separator: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Discretisation:
    """Operators of one local program.

    Args:
        evaluation: the designer's payoff at each row, shape (rows, nodes).
        local: each agent's local gains at each row, each of shape (rows, nodes).
        mass: the probability of each row; positive, sums to one; rounded.
        mass_weights: whole numbers in proportion to the mass, an object array; each is exact to within ``mass_doubt``,
            and their sum is exact. Empty for a lower program on grids, which does not need them: on the papers' finest
            grids they have hundreds of digits each.
        lowest: for each agent, the nodes at which that agent takes the lowest action.
        row_shape: the shape of a function of rows.
        node_shape: the shape of a function of nodes.
        mass_doubt: a whole number, zero where the weights are exact; else no weight is in doubt by more than 2^−56.
        exchanged: for two agents whose exchange leaves everything as it is, where each row and each node goes.
    """

    evaluation: sp.csr_array
    local: tuple[sp.csr_array, ...]
    mass: FloatArray
    mass_weights: RationalArray
    lowest: tuple[IntArray, ...]
    row_shape: tuple[int, ...]
    node_shape: tuple[int, ...]
    mass_doubt: int = 0
    exchanged: Mapping[tuple[int, int], tuple[IntArray, IntArray]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.mass_doubt and min(self.mass_weights) < self.mass_doubt << _PRECISE_BITS:
            raise SpacingError("spacing: elements too small or too far out for the precision of their masses")

    @property
    def agents(self) -> int:
        """The number of agents."""
        return len(self.local)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.mass.size

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return int(np.prod(self.node_shape))


def on_grids(grids: Sequence[Grid], side: Side) -> Discretisation:
    """The product grid: nodes and rows are the profiles, the local operators are ∇⁺ (lower) or ∇⁻ (upper)."""
    shape = tuple(grid.actions for grid in grids)
    profiles = int(np.prod(shape))
    index = np.arange(profiles).reshape(shape)
    return Discretisation(
        evaluation=sp.csr_array(sp.identity(profiles, format="csr")),
        local=tuple(along(i, _difference(grid, side), shape) for i, grid in enumerate(grids)),
        mass=product_law(grids).ravel(),
        mass_weights=_product_weights(grids).ravel() if side is Side.UPPER else np.empty(0, dtype=object),
        lowest=tuple(index.take(0, axis=i).ravel() for i in range(len(grids))),
        row_shape=shape,
        node_shape=shape,
        exchanged={
            (i, j): (swapped(shape, i, j),) * 2
            for i, j in itertools.combinations(range(len(grids)), 2)
            if grids[i].weights == grids[j].weights
        },
    )


def swapped(shape: tuple[int, ...], i: int, j: int) -> IntArray:
    """Where each entry of a product goes when two of its axes are exchanged."""
    return np.arange(int(np.prod(shape))).reshape(shape).swapaxes(i, j).ravel()


def product_law(grids: Sequence[Grid]) -> FloatArray:
    """The product of the grids' laws, shape (m_1, …, m_N)."""
    law = np.ones(())
    for grid in grids:
        law = np.multiply.outer(law, grid.probabilities)
    return law


def _product_weights(grids: Sequence[Grid]) -> RationalArray:
    weights = np.array(1, dtype=object)
    for grid in grids:
        weights = np.multiply.outer(weights, np.array(grid.weights, dtype=object))
    return weights


def _difference(grid: Grid, side: Side) -> sp.csr_array:
    if side is Side.LOWER:
        ratio = grid.upward
        return _banded(-ratio, ratio[:-1], 1)
    ratio = grid.downward
    return _banded(ratio, -ratio[1:], -1)


def _banded(diagonal: FloatArray, beside: FloatArray, offset: int) -> sp.csr_array:
    """A matrix with a diagonal and one neighbouring band, above (offset 1) or below (offset −1)."""
    own = np.arange(diagonal.size)
    neighbour = own[:-1] if offset > 0 else own[1:]
    entries = np.concatenate([diagonal, beside])
    places = (np.concatenate([own, neighbour]), np.concatenate([own, neighbour + offset]))
    return sp.csr_array((entries, places), shape=(diagonal.size, diagonal.size))


def along(axis: int, operator: sp.csr_array, shape: tuple[int, ...]) -> sp.csr_array:
    """Apply an operator along one axis of a product."""
    before, after = int(np.prod(shape[:axis])), int(np.prod(shape[axis + 1 :]))
    inner = sp.kron(operator, sp.identity(after), format="csr")
    return sp.csr_array(sp.kron(sp.identity(before), inner, format="csr"))
