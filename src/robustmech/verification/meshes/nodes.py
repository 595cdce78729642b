"""Where an information structure's potential is evaluated: at nodes, each with a mass and combinations of laws."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robustmech.verification.enclosure import Enclosure, exactly
from robustmech.verification.exactness import Whole
from robustmech.verification.rows import Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Term:
    """A law for each node, and the coefficient that it has there: an enclosure, or a whole number for all nodes."""

    laws: Places
    coefficient: Enclosure | int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Some nodes of one kind.

    Args:
        mass: the mass of each node.
        value: the law that is each node's value, `None` for nodes without one.
        value_terms: where values are not laws, the terms whose sum they are.
        virtual: for each agent, the terms whose sum is the virtual value; none of them stands for zero.
    """

    mass: Enclosure
    value: Places | None
    virtual: tuple[tuple[Term, ...], ...]
    value_terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nodes:
    """All nodes of a mesh.

    Args:
        laws: the number of control laws.
        blocks: the nodes.
        own_masses: the masses of the laws, where they are not those of the nodes whose value they are.
    """

    laws: int
    blocks: tuple[Block, ...]
    own_masses: Enclosure | None = None

    def is_narrow(self) -> bool:
        """Whether the masses are known well."""
        own = self.own_masses is None or self.own_masses.is_narrow()
        return own and all(block.mass.is_narrow() for block in self.blocks)

    @property
    def unit(self) -> int:
        """The unit of all enclosures."""
        return self.blocks[0].mass.unit

    def law_masses(self) -> Enclosure:
        """For each control law its mass: that of the nodes whose value it is, if nothing else is said."""
        if self.own_masses is not None:
            return self.own_masses
        low: Whole = np.zeros(self.laws, dtype=object)
        high: Whole = np.zeros(self.laws, dtype=object)
        for block in self.blocks:
            if block.value is not None:
                np.add.at(low, block.value, block.mass.low)
                np.add.at(high, block.value, block.mass.high)
        return Enclosure(low=low, high=high, unit=self.unit)


class Signals(Protocol):
    """A mesh of signals in the continuum."""

    @property
    def laws(self) -> int:
        """The number of control laws."""

    def nodes(self) -> Nodes:
        """Where the potential is evaluated."""


def combined(terms: tuple[Term, ...], quantity: Enclosure, length: int) -> Enclosure:
    """The sum of coefficient times the law's quantity, for each of so many nodes."""
    total = exactly([0] * length, quantity.unit)
    for term in terms:
        part = quantity[term.laws]
        coefficient = term.coefficient
        total = total + (part.times(coefficient) if isinstance(coefficient, int) else part * coefficient)
    return total
