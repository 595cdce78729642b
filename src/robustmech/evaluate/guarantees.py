"""The exact guarantee of a finite mechanism: the worst over all information and all equilibria."""

import time
from fractions import Fraction

import numpy as np

from robustmech.bounds.evaluation import (
    exact_multipliers,
    multiplier_value,
    round_down,
    state_multipliers_of,
    strategic_virtual_objective,
)
from robustmech.bounds.size import DEFAULT_MEMORY_LIMIT
from robustmech.bounds.solution import record_of
from robustmech.evaluate.deviations import (
    along_own_action,
    deviation_gains,
    on_deviations,
    with_exact_sums,
)
from robustmech.evaluate.evaluation import GuaranteeEvaluation
from robustmech.evaluate.feasibility import require_mechanism
from robustmech.evaluate.obedience import obedience_program
from robustmech.evaluate.size import require_fitting_deviations
from robustmech.evaluate.solving import default_solver, proposal
from robustmech.lp import LinearSolver
from robustmech.model import Environment, FloatArray, IntArray, Mechanism, RationalArray, Side, floats

_UNIT_ROUNDOFF = 2.0**-53


def guarantee(
    mechanism: Mechanism,
    environment: Environment,
    *,
    solver: LinearSolver | None = None,
    time_limit: float | None = None,
    memory_limit: float = DEFAULT_MEMORY_LIMIT,
) -> GuaranteeEvaluation:
    r"""The designer's least payoff over all information structures, equilibria, and priors in the beliefs.

    By the revelation principle it is attained at a Bayes correlated equilibrium, so it is the value of a linear
    program, whatever the actions mean; the grids' laws play no part in it. Decisions are taken at counts/2^40 and
    transfers at their binary value, exactly. The number is the best that the solver's multipliers, the grids' local
    ones, or none at all can prove.

    Args:
        mechanism: participation secure with action 0.
        environment: what the designer knows.
        solver: HiGHS's interior point unless another is given.
        time_limit: seconds of solver time; when it is reached the best certified number so far is returned.
        memory_limit: refuse programs estimated to need more, in bytes.
    Raises:
        InputError: if the mechanism is not one of the environment, or its action 0 not participation secure, or no
            prior satisfies the beliefs.
        SizeError: if the program would be larger than the limit.
        SolveError: if no number could be certified.
    Source: Brooks & Du (2023), section 2 and program (33); Bergemann & Morris (2016).
    """
    started = time.perf_counter()
    require_mechanism(mechanism, environment)
    size = require_fitting_deviations(environment, mechanism.grids, Side.LOWER, memory_limit)
    program = obedience_program(mechanism, environment)
    chosen = solver if solver is not None else default_solver(mechanism.grids)
    found = proposal(program.linear, chosen, time_limit, "beliefs: no prior satisfies the rows")
    proposed = exact_multipliers(environment, program.belief_multipliers(found))
    candidates = [
        (program.deviation_multipliers(found), proposed),
        (tuple(np.diag(grid.upward[:-1], 1) for grid in mechanism.grids), proposed),
        (tuple(np.zeros((grid.actions, grid.actions)) for grid in mechanism.grids), 0 * proposed),
    ]
    proofs = []
    for deviations, exact in candidates:
        multipliers = tuple(with_exact_sums(own) for own in deviations)
        proofs.append((guarantee_bound(mechanism, environment, multipliers, exact, program.states), multipliers, exact))
    value, multipliers, exact = max(proofs, key=lambda proof: proof[0])
    equilibrium, payoff, residual = program.equilibrium(found)
    return GuaranteeEvaluation(
        value=value,
        other_side=payoff,
        residual=residual,
        deviation_multipliers=multipliers,
        belief_multipliers=exact,
        worst_equilibrium=equilibrium,
        record=record_of(found, chosen, size, started),
    )


def guarantee_bound(
    mechanism: Mechanism,
    environment: Environment,
    deviation_multipliers: tuple[FloatArray, ...],
    belief_multipliers: RationalArray,
    states: IntArray,
) -> float:
    r"""A number that the guarantee is at least, for any multipliers, rounded down.

    .. math:: b \cdot y + \min_{x, \theta} \Big\{ W(x,\theta) - \lambda(\theta) + \sum_i \sum_{x'} \alpha_i(x_i, x')
              [U_i(x', x_{-i}, \theta) - U_i(x, \theta)] \Big\}, \qquad \lambda = B^\top y + \lambda_0

    Args:
        deviation_multipliers: α_i ≥ 0 with row sums that are doubles (`with_exact_sums`), each of shape (m_i, m_i).
        belief_multipliers: y, exact, zero on a side without a limit.
        states: the states that the beliefs allow; σ is zero in every other.
    Source: Brooks & Du (2023), program (34).
    """
    operators = [deviation_gains(own) for own in deviation_multipliers]
    discretisation = on_deviations(mechanism.grids, Side.LOWER, operators)
    counts = mechanism.decision_counts.reshape(discretisation.nodes, environment.decisions)
    objective, error = strategic_virtual_objective(environment, discretisation, counts)
    paid, doubt = _virtual_transfers(mechanism, operators)
    state_multipliers = floats(state_multipliers_of(environment, belief_multipliers))
    slack = objective + paid.reshape(-1, 1) - state_multipliers
    error = error + doubt.reshape(-1, 1)
    error += 4 * _UNIT_ROUNDOFF * (np.abs(objective) + np.abs(paid).reshape(-1, 1) + np.abs(state_multipliers))
    least = float((slack - error)[:, states].min())
    return round_down(Fraction(least) + multiplier_value(environment, belief_multipliers))


def _virtual_transfers(mechanism: Mechanism, operators: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Σ_i (t_i − A_i t_i), which is minus the aggregate excess growth, and a bound on its rounding error."""
    shape = mechanism.decision_counts.shape[:-1]
    total, size = np.zeros(shape), np.zeros(shape)
    if mechanism.transfers is None:
        return total, size
    for i, (paid, operator) in enumerate(zip(mechanism.transfers, operators, strict=True)):
        total += paid - along_own_action(operator, paid, i)
        size += np.abs(paid) + along_own_action(np.abs(operator), np.abs(paid), i)
    terms = max(shape) + len(operators) + 4
    return total, size * terms * _UNIT_ROUNDOFF * (1 + 1e-6)
