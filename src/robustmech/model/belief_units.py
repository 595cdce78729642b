"""Belief rows counted in units of their largest entry, so that those who state them may choose any others."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import scipy.sparse as sp

from robustmech.model.beliefs import Beliefs
from robustmech.model.exact_systems import Row
from robustmech.model.rational import FloatArray, RationalArray, floats

Limits = tuple[Fraction | None, Fraction | None]
"""The lower and the upper limit of a row."""


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
def exact_rows_in_units(beliefs: Beliefs) -> tuple[list[Row], list[Limits]]:
    """The rows and their limits, exact, each row divided by its largest entry in absolute value.

    Not for changing: they are remembered.
    """
    rows, limits = [], []
    for row, lower, upper in zip(beliefs.exact_rows(), beliefs.lower, beliefs.upper, strict=True):
        unit = max(map(abs, row.values()), default=Fraction(1))
        rows.append({state: value / unit for state, value in row.items()})
        limits.append((None if lower is None else lower / unit, None if upper is None else upper / unit))
    return rows, limits


@lru_cache(maxsize=16)
def belief_units(beliefs: Beliefs) -> BeliefUnits:
    """Count every row in its own unit."""
    unit = np.full(beliefs.rows, Fraction(1), dtype=object)
    for r, row in enumerate(beliefs.exact_rows()):
        unit[r] = max(map(abs, row.values()), default=Fraction(1))
    low, high = np.full(beliefs.rows, -np.inf), np.full(beliefs.rows, np.inf)
    rows, limits = exact_rows_in_units(beliefs)
    for r, (row, (lower, upper)) in enumerate(zip(rows, limits, strict=True)):
        entries = list(row.values()) + [Fraction(0)] * (len(row) < beliefs.states)
        if lower is not None and lower >= min(entries):
            low[r] = lower
        if upper is not None and upper <= max(entries):
            high[r] = upper
    value = floats(beliefs.value / unit[beliefs.row])
    return BeliefUnits(
        unit=unit,
        matrix=sp.csr_array((value, (beliefs.row, beliefs.column)), shape=(beliefs.rows, beliefs.states)),
        lower=low,
        upper=high,
    )
