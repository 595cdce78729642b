"""Operators from their entries, and those of upper programs from the control values of interpolated laws."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from robustmech.elements.masses import quotients
from robustmech.model import FloatArray, IntArray

Entries = tuple[IntArray, IntArray, FloatArray]
"""Rows, columns and what stands there; entries at one place add up."""


def gathered(parts: Sequence[Entries], shape: tuple[int, int]) -> sp.csr_array:
    """The operator with the given entries."""
    rows, columns, entries = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return sp.csr_array(sp.coo_array((entries, (rows, columns)), shape=shape))


class Term(NamedTuple):
    """At each of some nodes, a law with a coefficient: arrays of one length, or a number for all."""

    node: IntArray
    law: IntArray
    coefficient: FloatArray | float


def information_operator(terms: Sequence[Term], node_mass: FloatArray, law_mass: FloatArray) -> sp.csr_array:
    """From decisions at nodes to laws: the entry of a term is coefficient · node's mass / law's mass."""
    nodes = np.concatenate([np.ravel(term.node) for term in terms])
    laws = np.concatenate([np.ravel(term.law) for term in terms])
    entries = np.concatenate([np.broadcast_to(term.coefficient, np.shape(term.node)).ravel() for term in terms])
    entries = quotients(entries * node_mass[nodes], law_mass[laws])
    return gathered([(laws, nodes, entries)], (law_mass.size, node_mass.size))
