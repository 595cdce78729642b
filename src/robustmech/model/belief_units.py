"""Belief rows counted in units of their largest entry, so that those who state them may choose any others."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import scipy.sparse as sp

from robustmech.model.beliefs import Beliefs
from robustmech.model.rational import FloatArray, RationalArray, floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeliefUnits:
    """The rows of beliefs in their own units, rounded; the same whatever units the rows were stated in.

    Args:
        unit: the largest entry of each row in absolute value, exact; one for an empty row.
        matrix: the rows divided by their units, shape (rows, states).
        lower: the lower limits likewise, −∞ where there is none or every prior is above it.
        upper: the upper limits likewise, ∞ where there is none or every prior is below it.
    """

    unit: RationalArray
    matrix: sp.csr_array
    lower: FloatArray
    upper: FloatArray


@lru_cache(maxsize=16)
def belief_units(beliefs: Beliefs) -> BeliefUnits:
    """Count every row in its own unit."""
    rows = beliefs.exact_rows()
    unit = np.array([max(map(abs, row.values()), default=Fraction(1)) for row in rows], dtype=object)
    low, high = np.full(beliefs.rows, -np.inf), np.full(beliefs.rows, np.inf)
    for r, (lower, upper) in enumerate(zip(beliefs.lower, beliefs.upper, strict=True)):
        entries = list(rows[r].values()) + [Fraction(0)] * (len(rows[r]) < beliefs.states)
        if lower is not None and lower >= min(entries):
            low[r] = lower / unit[r]
        if upper is not None and upper <= max(entries):
            high[r] = upper / unit[r]
    value = floats(beliefs.value / unit[beliefs.row])
    return BeliefUnits(
        unit=unit,
        matrix=sp.csr_array((value, (beliefs.row, beliefs.column)), shape=(beliefs.rows, beliefs.states)),
        lower=low,
        upper=high,
    )
