"""A prior inside a polytope of priors: in floating point where that will do, made exact, else exact throughout."""

from fractions import Fraction
from functools import lru_cache

import numpy as np
import scipy.sparse as sp

from robustmech.errors import InputError
from robustmech.lp import HighsSolver, LinearProgram, solve_scaled
from robustmech.model.belief_units import belief_units
from robustmech.model.beliefs import Beliefs
from robustmech.model.exact_simplex import ExactPolytope
from robustmech.model.exact_systems import ExactSystem, Row
from robustmech.model.priors import BoolArray, correction, equality_targets, exclusions, possible_states
from robustmech.model.rational import RationalArray

_ZERO, _ONE = Fraction(0), Fraction(1)
_BITS = 60
"""Probabilities found in floating point are rounded to so many bits before they are made exact."""


@lru_cache(maxsize=16)
def interior_law(beliefs: Beliefs) -> RationalArray:
    """A prior in the polytope that gives positive probability to every state that any prior there gives one.

    It is strictly between a row's two limits wherever some prior is. It is asked for several times in a solve, and
    remembered; the array is read-only.

    Raises:
        InputError: if no prior satisfies the rows, which is proved exactly.
    """
    possible = possible_states(beliefs, exclusions(beliefs))
    system = _equations(beliefs, possible)
    if system.rank == np.count_nonzero(possible):
        law = np.full(beliefs.states, _ZERO, dtype=object)
        for state, probability in system.basic_solution().items():
            law[state] = probability
        if not _contains(beliefs, law):
            raise InputError("beliefs: no prior satisfies the rows")
    else:
        found = _made_exact(beliefs, possible)
        law = _exactly_inside(beliefs, possible) if found is None else found
    law.setflags(write=False)
    return law


def _equations(beliefs: Beliefs, possible: BoolArray) -> ExactSystem:
    """The equality rows and the probabilities' sum, on the possible states."""
    system = ExactSystem()
    rows = beliefs.exact_rows()
    try:
        for r, target in equality_targets(beliefs).items():
            system.add({c: v for c, v in rows[r].items() if possible[c]}, target)
        system.add(dict.fromkeys(np.flatnonzero(possible).tolist(), _ONE), _ONE)
    except ArithmeticError:
        raise InputError("beliefs: the rows contradict each other, so no prior satisfies them all") from None
    return system


def _contains(beliefs: Beliefs, law: RationalArray, inside: BoolArray | None = None) -> bool:
    """Whether a law is a prior in the polytope; strictly within limits, and positive where asked, if that is given."""
    if min(law) < 0 or law.sum() != 1 or (inside is not None and not (law[inside] > 0).all()):
        return False
    for value, low, high in zip(beliefs.multiply(law), beliefs.lower, beliefs.upper, strict=True):
        if (low is not None and value < low) or (high is not None and value > high):
            return False
        if inside is not None and low != high and value in (low, high):
            return False
    return True


def _made_exact(beliefs: Beliefs, possible: BoolArray) -> RationalArray | None:
    """The floating-point prior put on the equality rows exactly; None unless it is then inside all others."""
    rough = _furthest_inside(beliefs, possible)
    if rough is None:
        return None
    law = np.array([Fraction(round(p * 2**_BITS), 2**_BITS) for p in np.where(possible, rough, 0.0)], dtype=object)
    law = law + correction(beliefs, law, possible, equality_targets(beliefs))
    return law if _contains(beliefs, law, possible) else None


def _exactly_inside(beliefs: Beliefs, possible: BoolArray) -> RationalArray:
    """A prior with every state's probability and every limit's slack positive that any prior has so.

    Raises:
        InputError: if there is no prior.
    """
    states = np.flatnonzero(possible).tolist()
    rows, targets, columns = _standard_form(beliefs, states)
    polytope = ExactPolytope(rows, targets, columns)
    if not polytope.feasible:
        raise InputError("beliefs: no prior satisfies the rows")
    law = np.full(beliefs.states, _ZERO, dtype=object)
    law[states] = polytope.inside()[: len(states)]
    return law


def _standard_form(beliefs: Beliefs, states: list[int]) -> tuple[list[Row], list[Fraction], int]:
    """The polytope as equations in the possible states' probabilities and one slack for each limit that can bind."""
    place = {state: column for column, state in enumerate(states)}
    width = len(states)
    rows: list[Row] = [dict.fromkeys(range(width), _ONE)]
    targets = [_ONE]
    for row, low, high in zip(beliefs.exact_rows(), beliefs.lower, beliefs.upper, strict=True):
        own = {place[state]: value for state, value in row.items() if state in place}
        limits = [(low, _ZERO)] if low == high else [(low, -_ONE), (high, _ONE)]
        for limit, sign in limits:
            if limit is None:
                continue
            rows.append({**own, width: sign} if sign else own)
            targets.append(limit)
            width += 1 if sign else 0
    return rows, targets, width


def _furthest_inside(beliefs: Beliefs, possible: BoolArray) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """The prior whose smallest probability, and smallest distance from an inequality row's limits, is largest."""
    counted, states = belief_units(beliefs), np.flatnonzero(possible)
    count, low, high = states.size, counted.lower, counted.upper
    own = counted.matrix[:, states]
    room = np.where(beliefs.equality, 0.0, np.minimum(high - low, 1.0) / 2)
    left = sp.vstack([sp.csr_array(np.ones((1, count))), own, own, sp.identity(count)], format="csr")
    right = sp.csr_array(np.concatenate([[0.0], room, -room, -np.ones(count)])[:, None])
    found = solve_scaled(
        HighsSolver(method="simplex"),
        LinearProgram(
            cost=np.append(np.zeros(count), -1.0),
            matrix=sp.csr_array(sp.hstack([left, right], format="csr")),
            row_lower=np.concatenate([[1.0], np.full(beliefs.rows, -np.inf), low, np.zeros(count)]),
            row_upper=np.concatenate([[1.0], high, np.full(beliefs.rows + count, np.inf)]),
            column_lower=np.zeros(count + 1),
            column_upper=np.ones(count + 1),
        ),
    )
    if not found.status.solved:
        return None
    rough = np.zeros(beliefs.states)
    rough[states] = found.primal[:count]
    return rough
