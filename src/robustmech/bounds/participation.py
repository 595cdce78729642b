"""Exact participation security of the lowest action.

Where all utilities of an agent are at least zero there is nothing to do. Otherwise the decision vector at each node
where some agents take
their lowest action must leave each of them, in every state, at least zero.
"""

import itertools
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from robustmech.bounds.decision_repair import into_decision_set
from robustmech.errors import RepairError
from robustmech.lp import HighsSolver, LinearProgram
from robustmech.model import (
    MECHANISM_DENOMINATOR,
    Discretisation,
    Environment,
    FloatArray,
    IntArray,
    RationalArray,
)

_ROUNDS = 8


def feasible_decisions(environment: Environment, discretisation: Discretisation, proposed: FloatArray) -> IntArray:
    """Push proposed decisions into the decision set, exactly, with action 0 participation secure.

    Decisions that hurt an agent at its lowest action, in a state where none helps it, are dropped there; what
    violation is left is mixed away with a decision vector that leaves all agents concerned strictly above zero.

    Args:
        proposed: shape (nodes, decisions), any numbers.
    Returns:
        Whole numbers in units of 2^−40, shape (nodes, decisions).
    Raises:
        RepairError: naming the residual, if participation security cannot be restored.
    """
    counts = into_decision_set(environment.decision_set, proposed)
    at_lowest = np.zeros((environment.agents, discretisation.nodes), dtype=np.bool_)
    for i, lowest in enumerate(discretisation.lowest):
        at_lowest[i, lowest] = True
    for members in itertools.product((False, True), repeat=environment.agents):
        rows = _constraints(environment, members)
        if rows.size:
            nodes = np.flatnonzero((at_lowest == np.array(members)[:, None]).all(axis=0))
            counts[nodes] = _secure(environment, rows, proposed[nodes])
    return counts


def _constraints(environment: Environment, members: tuple[bool, ...]) -> RationalArray:
    """The distinct rows of utilities that could be negative, for the agents at their lowest action."""
    rows = {
        tuple(row)
        for i, member in enumerate(members)
        if member
        for row in environment.utilities[i].tolist()
        if min(row) < 0
    }
    table = np.empty((len(rows), environment.decisions), dtype=object)
    for place, row in enumerate(sorted(rows)):
        table[place] = row
    return table


def _secure(environment: Environment, rows: RationalArray, proposed: FloatArray) -> IntArray:
    chosen = environment.decision_set
    hurtful = np.all(np.asarray(rows <= 0, dtype=np.bool_), axis=1)
    dropped = np.any(np.asarray(rows[hurtful] < 0, dtype=np.bool_).reshape(-1, chosen.decisions), axis=0)
    mixed = rows[~hurtful]
    counts = into_decision_set(chosen, proposed, dropped)
    safe, slack = _safest(environment, mixed, dropped)
    for attempt in range(_ROUNDS):
        worst = _worst_slack(mixed, counts)
        bad = np.flatnonzero(worst < 0)
        if not bad.size:
            break
        violation = -worst[bad]
        if slack > 0:
            weight = np.minimum(1.0, violation / (violation + slack) * (1 + 1e-6) + 4.0**attempt * 1e-12)
            blend = (1 - weight)[:, None] * counts[bad] / MECHANISM_DENOMINATOR + weight[:, None] * safe
            counts[bad] = into_decision_set(chosen, blend, dropped)
    else:
        raise RepairError(
            f"participation security of the lowest action is violated by {violation.max():.1e}, "
            "and no decision leaves every agent strictly above zero"
        )
    for g in np.flatnonzero(chosen.required):
        if (counts[:, chosen.group == g].sum(axis=1) != MECHANISM_DENOMINATOR).any():
            raise RepairError(
                "no decision that is required is participation secure for the agents at their lowest action"
            )
    return counts


def _worst_slack(rows: RationalArray, counts: IntArray) -> FloatArray:
    """The smallest utility at each node; its sign is exact."""
    if not rows.size:
        return np.zeros(counts.shape[0])
    exact = np.min(counts.astype(object) @ rows.T, axis=1) * Fraction(1, MECHANISM_DENOMINATOR)
    slack: FloatArray = exact.astype(np.float64)
    return slack


def _safest(environment: Environment, rows: RationalArray, dropped: npt.NDArray[np.bool_]) -> tuple[FloatArray, float]:
    """The decision vector with the largest worst slack, and that slack."""
    chosen = environment.decision_set
    decisions = chosen.decisions
    member = np.zeros((chosen.groups, decisions))
    member[chosen.group, np.arange(decisions)] = 1.0
    margin = np.vstack([np.ones((rows.shape[0], 1)), np.zeros((chosen.groups, 1))])
    utilities = rows.astype(np.float64).reshape(-1, decisions)
    found = HighsSolver(method="simplex").solve(
        LinearProgram(
            cost=np.append(np.zeros(decisions), -1.0),
            matrix=sp.csr_array(np.hstack([np.vstack([utilities, member]), -margin])),
            row_lower=np.concatenate([np.zeros(rows.shape[0]), np.where(chosen.required, 1.0, -np.inf)]),
            row_upper=np.concatenate([np.full(rows.shape[0], np.inf), np.ones(chosen.groups)]),
            column_lower=np.append(np.zeros(decisions), -environment.scale),
            column_upper=np.append(np.where(dropped, 0.0, chosen.cap.astype(np.float64)), environment.scale),
        )
    )
    if not found.status.solved:
        raise RepairError("no decision is participation secure in every state, so no mechanism is")
    return found.primal[:decisions], float(found.primal[decisions])
