r"""Rules and information on real bids and signals, put on grids: certified numbers to lay over brackets.

Any function from bids to decisions, sampled on a grid and pushed into the decision set, is a finite mechanism, and any
posterior law of the state given signals, averaged over the cells of a grid, a finite information structure. Both have
certified numbers: the bounds of Theorem 1 hold for every mechanism, every belief multiplier and every information.
Source: Brooks & Du (2023), Theorem 1, Lemma 1 and programs (20) and (27).
"""

from collections.abc import Callable, Sequence

import numpy as np

from robustmech.bounds.evaluation import informational_value, strategic_value
from robustmech.bounds.information_repair import exact_information
from robustmech.bounds.multipliers import best_multipliers as best_multipliers_of
from robustmech.bounds.participation import feasible_decisions
from robustmech.errors import InputError, ShapeError
from robustmech.lp import LinearSolver
from robustmech.model import (
    Discretisation,
    Environment,
    FloatArray,
    Grid,
    InformationStructure,
    IntArray,
    Mechanism,
    RationalArray,
    Side,
    on_grids,
    rationals,
)
from robustmech.model.grid import one_per_agent
from robustmech.model.rational import Numbers
from robustmech.transfers import equal_division, individual_growth_transfers

_MOST_CELL_POINTS = 64


def bid_positions(grid: Grid) -> FloatArray:
    r"""The bid that each action of a grid stands for: :math:`x_{j+1} - x_j = \rho_j / S_{j+1}`, from zero.

    With this spacing ∇⁺ of a function that is linear in the own bid is its derivative, so that the linear pieces of an
    allocation keep their slopes. (On the grid X(k) the bids are j/(k−1).)
    """
    return np.concatenate([[0.0], np.cumsum(1.0 / grid.upward[:-1])])


def mechanism_on_grids(
    decisions: Callable[[FloatArray], FloatArray],
    environment: Environment,
    grids: Sequence[Grid],
    *,
    transfers: Callable[[FloatArray], FloatArray] | None = None,
    multipliers: Numbers | None = None,
) -> Mechanism:
    """A rule on real bids as a finite mechanism.

    Args:
        decisions: from bids, shape (…, agents), to decisions, shape (…, decisions): an auction's `allocate`, or
            `PublicExpenditure.contributions`.
        environment: what the designer knows.
        grids: one grid per agent.
        transfers: the rule's own transfers, from bids to what each agent pays, shape (…, agents), to be kept at
            `bid_positions`; if left out they are rebuilt for the grid. Their aggregate excess growth on the grid is not
            that in the continuum, so that all that is certain is what `robustmech.guarantee` finds.
        multipliers: the belief multipliers y, one per belief row, for which transfers are rebuilt; the best ones if
            left out.
    Returns:
        The decisions at `bid_positions`, pushed into the decision set and, at action 0, made participation secure; with
        transfers, the rule's own or those of the equal division of the balanced aggregate excess growth that is best
        for the decisions.
    Raises:
        ShapeError: if the grids are not one per agent, or the rule's decisions or transfers not the environment's.
        InputError: if the rule returns something that is not a finite number, asks for a payment at action 0, or has
            transfers where nobody can pay.
        RepairError: if participation security cannot be restored.
    """
    chosen = one_per_agent(grids, environment.agents)
    bids = np.stack(np.meshgrid(*(bid_positions(grid) for grid in chosen), indexing="ij"), axis=-1)
    shape = bids.shape[:-1]
    proposed = _sampled(decisions, bids, environment.decisions, "decisions")
    discretisation = on_grids(chosen, Side.LOWER)
    counts = feasible_decisions(environment, discretisation, proposed.reshape(-1, environment.decisions))
    paid = balanced = None
    if transfers is not None:
        paid = _own_transfers(transfers, bids, environment)
    elif environment.transfers:
        exact = _multipliers(environment, discretisation, counts, multipliers)
        growth = strategic_value(environment, discretisation, counts, exact)[1]
        parts = equal_division(growth.reshape(shape), chosen)
        balanced = np.sum(parts, axis=0)
        paid = individual_growth_transfers(parts, chosen)
    return Mechanism(
        grids=chosen,
        decision_counts=counts.reshape(*shape, environment.decisions),
        transfers=paid,
        aggregate_excess_growth=balanced,
        decision_names=environment.decision_names,
    )


def lower_number(mechanism: Mechanism, environment: Environment, *, multipliers: Numbers | None = None) -> float:
    """A certified lower bound on the maximum guarantee, rounded down.

    It is guaranteed by the mechanism's decisions with the transfers that `mechanism_on_grids` gives them for the same
    multipliers; the mechanism's own transfers play no part.

    Args:
        mechanism: its decisions must be in the decision set and participation secure at action 0.
        environment: what the designer knows.
        multipliers: the belief multipliers y; the best ones if left out.
    Raises:
        InputError: if the mechanism is not feasible.
    """
    discretisation, counts = _feasible_counts(mechanism, environment)
    exact = _multipliers(environment, discretisation, counts, multipliers)
    return strategic_value(environment, discretisation, counts, exact)[0]


def best_multipliers(
    mechanism: Mechanism, environment: Environment, *, solver: LinearSolver | None = None
) -> RationalArray:
    """The belief multipliers y that make `lower_number` largest, to the solver's accuracy; any others are valid too."""
    discretisation, counts = _feasible_counts(mechanism, environment)
    return best_multipliers_of(environment, discretisation, counts, solver)


def information_on_grids(
    posterior: Callable[[FloatArray], FloatArray],
    environment: Environment,
    grids: Sequence[Grid],
    *,
    density: Callable[[FloatArray], FloatArray] | None = None,
    points: int = 2,
) -> InformationStructure:
    """Information with real signals as a finite information structure.

    Action j of a grid stands for the cell between the quantiles of an exponential signal that j and j+1 are at.
    Knowing only the cell is a garbling of knowing the signal.

    Args:
        posterior: from signals, shape (…, agents), to the law of the state, shape (…, states).
        environment: what the designer knows; the law of the state is corrected to be in the beliefs exactly.
        grids: one grid per agent.
        density: the joint density of signals, shape (…); independent exponentials if left out. Only for environments
            without transfers. Where it is unbounded the number may be far above the continuum's; for public
            expenditure use `discrete_information`.
        points: Gauss points per cell and agent for the average over the cell.
    Raises:
        ShapeError: if the grids are not one per agent, or the posterior's states not the environment's.
        InputError: for a density with transfers, or a law that is not finite.
        RepairError: if the law of the state is too far from the beliefs.
    """
    chosen = one_per_agent(grids, environment.agents)
    if density is not None and environment.transfers:
        raise InputError("with transfers signals must be independent exponentials: leave the density out")
    if not 1 <= points <= _MOST_CELL_POINTS:
        raise InputError(f"{points} points per cell: choose between 1 and {_MOST_CELL_POINTS}")
    axes = [_cell_points(grid, points) for grid in chosen]
    signals = np.stack(np.meshgrid(*(own.ravel() for own in axes), indexing="ij"), axis=-1)
    law = np.asarray(posterior(signals), dtype=np.float64)
    if law.shape != (*signals.shape[:-1], environment.states):
        raise ShapeError(f"the posterior has shape {law.shape}: expected {(*signals.shape[:-1], environment.states)}")
    if density is not None:
        law = law * (density(signals) * np.exp(signals.sum(axis=-1)))[..., None]
    if not np.isfinite(law).all():
        raise InputError("the posterior or the density is not a finite number at some signals")
    weights = np.polynomial.legendre.leggauss(points)[1] / 2
    averages = law
    for axis, grid in enumerate(chosen):
        cells = averages.reshape(*averages.shape[:axis], grid.actions, points, *averages.shape[axis + 1 :])
        averages = np.tensordot(cells, weights, axes=([axis + 1], [0]))
    discretisation = on_grids(chosen, Side.UPPER)
    proposed = discretisation.mass[:, None] * averages.reshape(-1, environment.states)
    return exact_information(environment, discretisation, chosen, proposed)


def upper_number(information: InformationStructure, environment: Environment) -> float:
    """A certified upper bound on the minimum potential, rounded up: the potential of the information is at most this.

    Raises:
        InputError: if the law of the state is not in the beliefs, or transfers need independent signals.
    """
    one_per_agent(information.grids, environment.agents)
    beliefs = environment.beliefs
    if information.correction.size != environment.states:
        raise ShapeError(f"{information.correction.size} states in the information, {environment.states} given")
    if environment.transfers != information.product_signals:
        raise InputError("signals must be independent where there are transfers, and only there")
    for found, low, high in zip(beliefs.multiply(information.state_law), beliefs.lower, beliefs.upper, strict=True):
        if (low is not None and found < low) or (high is not None and found > high):
            raise InputError("the information's law of the state is not in the beliefs")
    return informational_value(environment, on_grids(information.grids, Side.UPPER), information)


def _sampled(rule: Callable[[FloatArray], FloatArray], bids: FloatArray, numbers: int, what: str) -> FloatArray:
    """What a rule returns at each profile of bids, shape (…, numbers)."""
    found = np.asarray(rule(bids), dtype=np.float64)
    expected = (*bids.shape[:-1], numbers)
    if found.shape != expected:
        raise ShapeError(f"the rule's {what} have shape {found.shape}: expected {expected}")
    if not np.isfinite(found).all():
        raise InputError(f"one of the rule's {what} is not a finite number")
    return found


def _own_transfers(
    transfers: Callable[[FloatArray], FloatArray], bids: FloatArray, environment: Environment
) -> FloatArray:
    """A rule's transfers at each profile of bids, shape (agents, …): none above zero at action 0, which is secure."""
    if not environment.transfers:
        raise InputError("the rule has transfers, but nobody can pay in this environment: leave them out")
    paid = np.moveaxis(_sampled(transfers, bids, environment.agents, "transfers"), -1, 0).copy()
    for agent, own in enumerate(paid):
        highest = float(own.take(0, axis=agent).max())
        if highest > 0:
            raise InputError(f"the rule asks {environment.agent_names[agent]} for {highest:.6g} at a bid of zero")
    return paid


def _cell_points(grid: Grid, points: int) -> FloatArray:
    """Gauss points of each cell, placed in probability and returned as signals, shape (actions, points)."""
    tails = np.array([s / grid.total for s in grid.tails])
    inside = (np.polynomial.legendre.leggauss(points)[0] + 1) / 2
    return np.asarray(-np.log(tails[:-1, None] + (tails[1:] - tails[:-1])[:, None] * inside), dtype=np.float64)


def _feasible_counts(mechanism: Mechanism, environment: Environment) -> tuple[Discretisation, IntArray]:
    discretisation = on_grids(one_per_agent(mechanism.grids, environment.agents), Side.LOWER)
    if mechanism.decision_counts.shape[-1] != environment.decisions:
        found = mechanism.decision_counts.shape[-1]
        raise ShapeError(f"{found} decisions in the mechanism, {environment.decisions} in the environment")
    counts = mechanism.decision_counts.reshape(discretisation.nodes, environment.decisions)
    repaired = feasible_decisions(environment, discretisation, mechanism.decisions.reshape(counts.shape))
    if (repaired != counts).any():
        raise InputError("the mechanism's decisions are not feasible, or not participation secure at action 0")
    return discretisation, counts


def _multipliers(
    environment: Environment, discretisation: Discretisation, counts: IntArray, given: Numbers | None
) -> RationalArray:
    if given is None:
        return best_multipliers_of(environment, discretisation, counts)
    exact = rationals(given, "multipliers")
    if exact.shape != (environment.beliefs.rows,):
        raise ShapeError(f"multipliers have shape {exact.shape}: expected ({environment.beliefs.rows},)")
    return exact
