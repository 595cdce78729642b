"""Belief multipliers that keep impossible states from binding.

A state that no prior allows must not enter the minimum that defines Ξ. Rather than leave it out, which a checker
would have to
justify again, the row that excludes it is given so large a multiplier that its λ(θ) falls below every other term, at
no cost
to the value.
"""

import math
from fractions import Fraction

import numpy as np

from robustmech.bounds.assembly import LocalProgram
from robustmech.bounds.evaluation import state_multipliers_of, strategic_virtual_objective
from robustmech.model import IntArray, RationalArray
from robustmech.model.belief_units import belief_units

_FAR_ABOVE_ROUNDING = 2.0**-30
"""An excluded state is pushed below the others by this share of its own terms, besides a unit."""


def sink_excluded_states(program: LocalProgram, decision_counts: IntArray, multipliers: RationalArray) -> RationalArray:
    """Raise or lower the multipliers of the excluding rows, by whole units, until no excluded state binds.

    The row of a later exclusion may lift states that an earlier one excluded, so the exclusions are gone through
    backwards.
    """
    if not program.excluded:
        return multipliers
    environment, beliefs = program.environment, program.environment.beliefs
    objective, _ = strategic_virtual_objective(environment, program.discretisation, decision_counts)
    state_multipliers = state_multipliers_of(environment, multipliers)
    possible = program.states
    growth = (objective[:, possible] - state_multipliers[possible].astype(np.float64)).min(axis=1)
    margin = float(program.unit) + _FAR_ABOVE_ROUNDING * (np.abs(objective).max(axis=0) + np.abs(growth).max())
    ceiling = (objective - growth[:, None]).min(axis=0) - margin
    steps = program.unit / belief_units(beliefs).unit
    result = multipliers.copy()
    rows = beliefs.exact_rows()
    shift = Fraction(0)
    for exclusion in reversed(program.excluded):
        limits = beliefs.lower if exclusion.sign > 0 else beliefs.upper
        extreme = limits[exclusion.row]
        if extreme is None:
            continue
        row = rows[exclusion.row]
        depth = Fraction(0)
        for state in exclusion.states:
            excess = state_multipliers[state] - shift - Fraction(float(ceiling[state]))
            depth = max(depth, excess / abs(row.get(state, Fraction(0)) - extreme))
        whole = math.floor(depth / steps[exclusion.row]) + 1 if depth else 0
        step = exclusion.sign * whole * steps[exclusion.row]
        result[exclusion.row] += step
        for state, entry in row.items():
            state_multipliers[state] += step * entry
        shift += step * extreme
    return result
