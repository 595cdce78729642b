r"""The best belief multipliers for given decisions.

With Φ the strategic virtual objective of the decisions, nature picks a law of rows and states with the law of the state
in the beliefs to make :math:`\Phi - \lambda_0` least in expectation; multipliers on the belief rows are what proves it.
Without transfers rows are free, so that only :math:`m(\theta) = \min_x \Phi(x, \theta) - \lambda_0(\theta)` matters:
where the prior is known it is the multiplier itself, and else a linear program has one unknown for each state.
"""

import numpy as np
import scipy.sparse as sp

from robustmech.bounds.evaluation import exact_multipliers, strategic_virtual_objective
from robustmech.bounds.units import program_unit
from robustmech.errors import SolveError
from robustmech.lp import ClarabelSolver, HighsSolver, LinearProgram, LinearSolver, solve_scaled
from robustmech.model import Beliefs, Discretisation, Environment, FloatArray, IntArray, RationalArray, floats
from robustmech.model.belief_units import belief_units


def best_multipliers(
    environment: Environment, discretisation: Discretisation, counts: IntArray, solver: LinearSolver | None = None
) -> RationalArray:
    """The multipliers y with which decisions prove the most, to the solver's accuracy; any others are valid too.

    Args:
        environment: the environment.
        discretisation: a lower program's.
        counts: feasible decisions, shape (nodes, decisions).
        solver: for what needs a linear program.
    Raises:
        SolveError: if it is needed and ends with nothing.
    """
    objective, error = strategic_virtual_objective(environment, discretisation, counts)
    if not environment.transfers:
        return multipliers_for_least(environment, (objective - error).min(axis=0), solver)
    penalties = environment.beliefs.penalties
    if penalties is not None:
        objective = objective - penalties.astype(np.float64)
    return _of_nature(environment, objective, discretisation.mass, solver or ClarabelSolver())


def known_multipliers(beliefs: Beliefs, state_multipliers: FloatArray) -> FloatArray | None:
    """The multipliers y with λ = Bᵀy + λ₀ up to a constant, where rows pin all states, or all but one; else None."""
    wanted: FloatArray = state_multipliers
    if beliefs.penalties is not None:
        wanted = wanted - beliefs.penalties.astype(np.float64)
    pinned: dict[int, tuple[int, float]] = {}
    equality = beliefs.equality
    for r, row in enumerate(beliefs.exact_rows()):
        if len(row) == 1 and equality[r]:
            ((state, exact),) = row.items()
            pinned.setdefault(state, (r, float(exact)))
    loose = [state for state in range(beliefs.states) if state not in pinned]
    if len(loose) > 1:
        return None
    level = float(wanted[loose[0]]) if loose else 0.0
    found = np.zeros(beliefs.rows)
    for state, (r, entry) in pinned.items():
        found[r] = (wanted[state] - level) / entry
    return found


def are_known(beliefs: Beliefs) -> bool:
    """Whether rows pin all states, or all but one, so that the best multipliers without transfers are a minimum."""
    return known_multipliers(beliefs, np.zeros(beliefs.states)) is not None


def multipliers_for_least(
    environment: Environment, least: FloatArray, solver: LinearSolver | None = None
) -> RationalArray:
    """The best multipliers where Φ is at least so much in each state, in every row alike.

    Args:
        environment: the environment.
        least: shape (states,).
        solver: for beliefs other than a known prior.
    Raises:
        SolveError: if it is needed and ends with nothing.
    """
    known = known_multipliers(environment.beliefs, least)
    if known is not None:
        return exact_multipliers(environment, known)
    penalties = environment.beliefs.penalties
    if penalties is not None:
        least = least - penalties.astype(np.float64)
    if not least.any():
        return exact_multipliers(environment, np.zeros(environment.beliefs.rows))
    return _of_nature(environment, least[None, :], np.ones(1), solver or HighsSolver(method="simplex"))


def _of_nature(
    environment: Environment, objective: FloatArray, mass: FloatArray, solver: LinearSolver
) -> RationalArray:
    """The multipliers on the belief rows of nature's problem, in which each row has its mass; it is feasible.

    Args:
        objective: Φ − λ₀, shape (rows, states).
    """
    beliefs = environment.beliefs
    rows, states = objective.shape
    own, unit = belief_units(beliefs), program_unit(environment)
    each = sp.kron(sp.identity(rows), np.ones((1, states)), format="csr")
    found = solve_scaled(
        solver,
        LinearProgram(
            cost=(objective * mass[:, None]).ravel() / float(unit),
            matrix=sp.csr_array(sp.vstack([each, sp.kron(mass[None, :], own.matrix)], format="csr")),
            row_lower=np.concatenate([np.ones(rows), own.lower]),
            row_upper=np.concatenate([np.ones(rows), own.upper]),
            column_lower=np.zeros(rows * states),
            column_upper=np.full(rows * states, np.inf),
        ),
    )
    if not found.status.has_solution:
        raise SolveError(f"the solver ended with '{found.detail}' on the belief multipliers: give some")
    return exact_multipliers(environment, -found.multipliers[rows:] * floats(unit / own.unit))
