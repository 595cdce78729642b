"""Products of one-dimensional operators."""

from collections.abc import Sequence
from functools import reduce

import scipy.sparse as sp


def product_operator(parts: Sequence[sp.csr_array]) -> sp.csr_array:
    """The Kronecker product: each operator along its own axis, the last axis fastest."""
    return sp.csr_array(reduce(lambda total, part: sp.kron(total, part, format="csr"), parts))
