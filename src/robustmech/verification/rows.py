"""Where a mechanism's objective is evaluated: at rows, each with a value, derivatives and a mass."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from robustmech.verification.enclosure import Enclosure
from robustmech.verification.exactness import Whole

Places = npt.NDArray[np.int64]

Slope = tuple[tuple[Places, Whole], ...]
"""An agent's derivative at every row: pairs (nodes, factors) with `scale · D_i(c) = Σ factor · c(node)`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The rows of a discretisation; nodes are numbered in C order.

    Args:
        node: the node whose decision is each row's value.
        value_terms: where values are not those of nodes, pairs (nodes, factors) with `scale · c = Σ factor · c(node)`.
        slopes: for each agent, the derivatives.
        scale: a positive whole number for each row, which clears its denominators.
        masses: the mass of each row.
        entry: for each row the entry of the written growth that holds there, `None` if there is one for each in turn.
    """

    node: Places
    slopes: tuple[Slope, ...]
    scale: Whole
    masses: Enclosure
    value_terms: Slope = ()
    entry: Places | None = None

    def is_narrow(self) -> bool:
        """Whether the masses are known well."""
        return self.masses.is_narrow()

    def value(self, levels: Whole) -> Whole:
        """`scale · c` at every row, for one decision's levels at the nodes."""
        if self.value_terms:
            return self._combined(self.value_terms, levels)
        return np.asarray(self.scale * levels[self.node])

    def derivative(self, agent: int, levels: Whole) -> Whole:
        """`scale · D_i(c)` at every row."""
        return self._combined(self.slopes[agent], levels)

    def _combined(self, terms: Slope, levels: Whole) -> Whole:
        total: Whole = np.zeros(self.node.shape, dtype=object)
        for nodes, factors in terms:
            total = total + factors * levels[nodes]
        return total


def places(numbers: Iterable[int]) -> Places:
    """An array of node or law numbers."""
    return np.array(list(numbers), dtype=np.int64)


def whole(numbers: Iterable[int]) -> Whole:
    """An array of whole numbers of any size."""
    return np.array(list(numbers), dtype=object)


def lowest_nodes(shape: tuple[int, ...], agent: int) -> Places:
    """On a product of actions, the nodes at which the agent takes the first."""
    nodes = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    return nodes.take(0, axis=agent).ravel()
