"""Whether a mechanism or an information structure is one of this environment: exactly, before anything is solved."""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from robustmech.bounds.decision_repair import into_decision_set
from robustmech.errors import InputError, ShapeError
from robustmech.model import MECHANISM_DENOMINATOR, Environment, InformationStructure, Mechanism


def require_mechanism(mechanism: Mechanism, environment: Environment) -> None:
    """Refuse a mechanism that does not belong to the environment, or whose action 0 is not participation secure.

    Raises:
        ShapeError: if agents or decisions are not the environment's.
        InputError: for decisions outside the decision set, missing or superfluous transfers, or an agent that can end
            up below zero with action 0.
    """
    if not isinstance(mechanism, Mechanism):
        raise InputError(
            "this evaluates finite mechanisms: put a closed form on a grid with gridded.on_grids(model, grids), any "
            "rule with gridded.mechanism_on_grids(rule.allocate, environment, grids)"
        )
    if (mechanism.agents, mechanism.decision_counts.shape[-1]) != (environment.agents, environment.decisions):
        raise ShapeError(
            f"the mechanism has {mechanism.agents} agents and {mechanism.decision_counts.shape[-1]} decisions, "
            f"the environment {environment.agents} and {environment.decisions}"
        )
    if (mechanism.transfers is not None) != environment.transfers:
        raise InputError(
            "the mechanism has no transfers: give them, zeros if nobody pays"
            if environment.transfers
            else "the mechanism has transfers, but nobody can pay in this environment"
        )
    if mechanism.transfers is not None and not np.isfinite(mechanism.transfers).all():
        raise InputError("a transfer of the mechanism is not a finite number")
    counts = mechanism.decision_counts.reshape(-1, environment.decisions)
    inside = (into_decision_set(environment.decision_set, counts / MECHANISM_DENOMINATOR) == counts).all(axis=1)
    if not inside.all():
        place = np.unravel_index(int(inside.argmin()), mechanism.decision_counts.shape[:-1])
        raise InputError(f"the mechanism's decisions at profile {_shown(place)} are not in the decision set")
    for agent in range(environment.agents):
        _require_participation(mechanism, environment, agent)


def _require_participation(mechanism: Mechanism, environment: Environment, agent: int) -> None:
    r"""At least zero in every state for one agent's action 0: :math:`\sum_k u_{i\theta k} c_k(x) \ge t_i(x)`."""
    counts = mechanism.decision_counts.take(0, axis=agent)
    paid = np.zeros(counts.shape[:-1])
    if mechanism.transfers is not None:
        paid = mechanism.transfers[agent].take(0, axis=agent)
    utilities = environment.utilities[agent]
    doubtful = [state for state, row in enumerate(utilities) if min(row) < 0]
    if (paid > 0).any():
        doubtful = list(range(environment.states))
    if not doubtful:
        return
    gains = counts.astype(object) @ utilities[doubtful].T * Fraction(1, MECHANISM_DENOMINATOR)
    gains = gains - np.vectorize(Fraction, otypes=[object])(paid)[..., None]
    failing = np.argwhere(gains < 0)
    if failing.size:
        *others, state = failing[0].tolist()
        raise InputError(
            f"action 0 of {environment.agent_names[agent]} is not participation secure: with the others at "
            f"{_shown(others)} in state {doubtful[state]} it ends up at {float(gains[tuple(failing[0])]):.6g}, "
            "below zero"
        )


def require_information(information: InformationStructure, environment: Environment) -> None:
    """Refuse an information structure that does not belong to the environment, or is not what it says.

    Raises:
        ShapeError: if agents or states are not the environment's.
        InputError: for negative or wrongly summed probabilities, or dependent signals where there are transfers.
    """
    if not isinstance(information, InformationStructure):
        raise InputError(
            "this evaluates finite information structures: put one with real signals on a grid with "
            "gridded.information_on_grids(information.posterior, environment, grids) first"
        )
    counts = information.law_counts
    if (information.agents, counts.shape[-1]) != (environment.agents, environment.states):
        raise ShapeError(
            f"the information structure has {information.agents} agents and {counts.shape[-1]} states, "
            f"the environment {environment.agents} and {environment.states}"
        )
    if environment.transfers and not information.product_signals:
        raise InputError("with transfers the potential needs signals that are independent with the grids' laws")
    sums = counts.sum(axis=-1) if information.product_signals else counts.sum(dtype=object)
    if counts.min() < 0 or not np.all(sums == information.denominator):
        raise InputError("information: the law's whole numbers must be at least zero and sum to the denominator")
    mixed = 0 <= information.mixture < 1 and min(information.correction) >= 0 and sum(information.correction) == 1
    if not mixed:
        raise InputError("information: the mixture must be at least 0 and below 1, and the correction a law")


def _shown(place: Iterable[int | np.integer]) -> str:
    return "(" + ", ".join(str(int(number)) for number in place) + ")"
