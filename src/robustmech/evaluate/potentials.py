"""The exact potential of a finite information structure: the best over all mechanisms and equilibria."""

import time

import numpy as np

from robustmech.bounds.evaluation import informational_value
from robustmech.bounds.size import DEFAULT_MEMORY_LIMIT
from robustmech.bounds.solution import record_of
from robustmech.evaluate.balance import BalancedMultipliers, balanced
from robustmech.evaluate.deviations import deviation_gains, on_deviations, with_exact_sums
from robustmech.evaluate.evaluation import PotentialEvaluation
from robustmech.evaluate.feasibility import require_information
from robustmech.evaluate.size import require_fitting_deviations
from robustmech.evaluate.solving import default_solver, proposal
from robustmech.evaluate.truth_telling import signal_laws, truth_telling_program
from robustmech.lp import LinearSolver
from robustmech.model import Environment, FloatArray, InformationStructure, Side


def potential(
    information: InformationStructure,
    environment: Environment,
    *,
    solver: LinearSolver | None = None,
    time_limit: float | None = None,
    memory_limit: float = DEFAULT_MEMORY_LIMIT,
) -> PotentialEvaluation:
    r"""The designer's largest payoff over all direct mechanisms that are truthful and leave every signal at least zero.

    That is at least what any participation-secure mechanism gets in any equilibrium. The grids' laws are the signals'
    laws where there are transfers; otherwise they play no part. The number is the better of what the solver's
    multipliers and the grids' local ones prove. Whether the law of the state is in the beliefs is not asked: only then
    does it bound the minimum potential.

    Args:
        information: the law of signals and state; independent signals where there are transfers.
        environment: the environment.
        solver: HiGHS's interior point unless another is given.
        time_limit: seconds of solver time; when it is reached the best certified number so far is returned.
        memory_limit: refuse programs estimated to need more, in bytes.
    Raises:
        InputError: if the information structure is not one of the environment, or not a law, or no direct mechanism
            leaves every signal at least zero.
        SizeError: if the program would be larger than the limit.
        SolveError: if no number could be certified.
    Source: Brooks & Du (2023), section 2, program (30), and the second program of B.2.
    """
    started = time.perf_counter()
    require_information(information, environment)
    size = require_fitting_deviations(environment, information.grids, Side.UPPER, memory_limit)
    program = truth_telling_program(information, environment)
    chosen = solver if solver is not None else default_solver(information.grids)
    nothing = "no direct mechanism leaves every agent at least zero at every signal"
    found = proposal(program.linear, chosen, time_limit, nothing)
    proofs = []
    for flows in (program.flows(found), _local_flows(information)):
        multipliers = potential_multipliers(information, environment, flows)
        proofs.append((potential_bound(information, environment, multipliers), multipliers))
    value, multipliers = min(proofs, key=lambda proof: proof[0])
    mechanism, payoff, residual = program.mechanism(found)
    return PotentialEvaluation(
        value=value,
        other_side=payoff,
        residual=residual,
        deviation_multipliers=tuple(own.deviations for own in multipliers),
        participation_multipliers=tuple(own.participation for own in multipliers),
        best_mechanism=mechanism,
        record=record_of(found, chosen, size, started),
    )


def potential_multipliers(
    information: InformationStructure, environment: Environment, flows: tuple[tuple[FloatArray, FloatArray], ...]
) -> tuple[BalancedMultipliers, ...]:
    """Multipliers that prove a bound, from any flows f(j, j') and exits e(j) of each agent.

    With transfers they are put in balance exactly; without, any that are at least zero will do.
    """
    if environment.transfers:
        return tuple(balanced(grid, flow, out) for grid, (flow, out) in zip(information.grids, flows, strict=True))
    found = []
    for (flow, out), law in zip(flows, signal_laws(information), strict=True):
        likely = np.where(law > 0, law, np.inf)[:, None]
        multipliers = with_exact_sums(np.column_stack([flow, out]) / likely)
        deviations, participation = multipliers[:, :-1], multipliers[:, -1]
        operator = -deviation_gains(deviations)
        np.fill_diagonal(operator, multipliers.sum(axis=1))
        found.append(BalancedMultipliers(deviations=deviations, participation=participation, operator=operator))
    return tuple(found)


def potential_bound(
    information: InformationStructure, environment: Environment, multipliers: tuple[BalancedMultipliers, ...]
) -> float:
    r"""A number that the potential is at most, for multipliers in balance, rounded up.

    .. math:: \sum_x \max_{c \in C} c \cdot V(x) - \lambda_0 \cdot \mu, \quad V_k(x) = \sum_\theta w_{\theta k}
        \sigma(x, \theta) + \sum_i \sum_\theta (L_i^\top \sigma)(x, \theta) u_{i\theta k}

    Source: Brooks & Du (2023), program (31).
    """
    operators = [own.operator for own in multipliers]
    return informational_value(environment, on_deviations(information.grids, Side.UPPER, operators), information)


def _local_flows(information: InformationStructure) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """The flows of the grids' local multipliers S_j/ρ_j: down the chain, and out at the bottom."""
    flows = []
    for grid, law in zip(information.grids, signal_laws(information), strict=True):
        down = law * grid.downward
        flows.append((np.diag(down[1:], -1), np.concatenate([down[:1], np.zeros(grid.actions - 1)])))
    return tuple(flows)
