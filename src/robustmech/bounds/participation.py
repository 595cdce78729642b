"""Exact participation security of the lowest action.

Where all utilities of an agent are at least zero there is nothing to do. Otherwise the decision vector at each node
where some agents take their lowest action must leave each of them, in every state, at least zero.
"""

from fractions import Fraction

import numpy as np

from robustmech.bounds.decision_repair import into_decision_set
from robustmech.bounds.secure_face import secure_face
from robustmech.errors import RepairError
from robustmech.model import (
    MECHANISM_DENOMINATOR,
    DecisionSet,
    Discretisation,
    Environment,
    FloatArray,
    IntArray,
    RationalArray,
)

_ROUNDS = 24
_ROUNDING = 1e-12
"""Decisions are rounded to this, so that mixing in less may not help."""


def feasible_decisions(environment: Environment, discretisation: Discretisation, proposed: FloatArray) -> IntArray:
    """Push proposed decisions into the decision set, exactly, with action 0 participation secure.

    At nodes where agents take their lowest action, decisions are put on the face of the decision set where those
    agents are secure, exactly, and what violation is left is mixed away with a point inside that face.

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
    at_risk = environment.utilities_rounded.min(axis=(1, 2)) < 0
    if not at_risk.any():
        return counts
    at_lowest &= at_risk[:, None]
    groups, group = np.unique(at_lowest, axis=1, return_inverse=True)
    for g, members in enumerate(groups.T):
        rows = _constraints(environment, tuple(members.tolist()))
        if rows.size:
            nodes = np.flatnonzero(group.ravel() == g)
            counts[nodes] = _secure(environment, rows, proposed[nodes])
    return counts


def require_secure_decision(environment: Environment) -> None:
    """Make sure that some decision leaves every agent at least zero in every state.

    Raises:
        InputError: if none does, so that no mechanism is participation secure.
    """
    rows = _constraints(environment, (True,) * environment.agents)
    if rows.size:
        secure_face(environment.decision_set, rows)


def _constraints(environment: Environment, members: tuple[bool, ...]) -> RationalArray:
    """The distinct rows of utilities that could be negative, for the agents at their lowest action.

    Each is in units of its largest entry, so that one tolerance serves all.
    """
    rows = {
        _in_own_unit(row)
        for i, member in enumerate(members)
        if member
        for row in environment.utilities[i].tolist()
        if min(row) < 0
    }
    table = np.empty((len(rows), environment.decisions), dtype=object)
    for place, row in enumerate(sorted(rows)):
        table[place] = row
    return table


def _in_own_unit(row: list[Fraction]) -> tuple[Fraction, ...]:
    unit = max(map(abs, row))
    return tuple(value / unit for value in row)


def _secure(environment: Environment, rows: RationalArray, proposed: FloatArray) -> IntArray:
    chosen = environment.decision_set
    counts = into_decision_set(chosen, proposed)
    if not _violations(chosen, rows, counts).any():
        return counts
    face = secure_face(chosen, rows)
    counts = face.tied(into_decision_set(chosen, proposed, face.dropped))
    weight = np.zeros(counts.shape[0])
    for attempt in range(_ROUNDS):
        missing = _violations(chosen, rows, counts)
        bad = np.flatnonzero(missing.any(axis=1))
        if not bad.size:
            return counts
        room = np.append(face.slack, face.least_slack)
        needed = (missing[bad] / (missing[bad] + room)).max(axis=1) + _ROUNDING
        weight[bad] = np.minimum(1.0, np.maximum(4 * weight[bad], needed))
        if attempt == _ROUNDS - 1:
            weight[bad] = 1.0
        blend = (1 - weight[bad])[:, None] * np.clip(proposed[bad], 0, 1) + weight[bad][:, None] * face.inside
        counts[bad] = face.tied(into_decision_set(chosen, blend, face.dropped))
    worst = _violations(chosen, rows, counts)
    if worst.any():
        raise RepairError(
            f"participation security of the lowest action is violated by {worst.max():.1e} of a utility's size, and no "
            "decision in units of 2^-40 was found that restores it"
        )
    return counts


def _violations(chosen: DecisionSet, rows: RationalArray, counts: IntArray) -> FloatArray:
    """What each node's utilities lack to be at least zero, and how far its decision is from the decision set.

    Returns:
        Shape (nodes, rows + 1); zero is exact.
    """
    utilities = -(counts.astype(object) @ rows.T) * Fraction(1, MECHANISM_DENOMINATOR)
    missing = np.maximum(utilities.astype(np.float64), 0.0)
    outside = np.maximum(-counts, counts - np.array([int(cap * MECHANISM_DENOMINATOR) for cap in chosen.cap])).max(
        axis=1
    )
    for g, required in enumerate(chosen.required):
        total = counts[:, chosen.group == g].sum(axis=1)
        over = np.abs(total - MECHANISM_DENOMINATOR) if required else total - MECHANISM_DENOMINATOR
        outside = np.maximum(outside, over)
    return np.column_stack([missing, np.maximum(outside, 0) / MECHANISM_DENOMINATOR])
