"""The arrays over action or signal profiles that the pictures show, and what to call them."""

from dataclasses import dataclass

import numpy as np

from robustmech.errors import InputError
from robustmech.model import Environment, FloatArray, InformationStructure, IntArray, Mechanism

SMALLEST_AGGREGATE = 1e-6
"""Below this aggregate a share of it is solver noise."""
SMALLEST_RELATIVE_PROBABILITY = 1e-6
"""Signals less likely than this, relative to the likeliest profile, carry an expectation that is solver noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number per profile, with its name in words.

    Args:
        values: shape (m_1, …, m_N); NaN where it is not defined.
        title: what it is, for the top of a picture.
        label: the same in a word or two, for an axis.
        absence: why it is not defined where it is NaN.
    """

    values: FloatArray
    title: str
    label: str
    absence: str = "not defined"


def counted_decisions(environment: Environment, good: int = 0) -> IntArray:
    """The decisions whose sum is the aggregate: the agents' own decisions on one good.

    Where the environment does not say which decisions are whose: all of a group that may add up to less than one, and
    all but the first of a group that must add up to one.

    Raises:
        InputError: if there is no such good (or group).
    """
    own, decision_set = environment.own_decisions, environment.decision_set
    goods = decision_set.groups if own is None else own.shape[1]
    if not 0 <= good < goods:
        raise InputError(f"good {good}: choose between 0 and {goods - 1}")
    if own is not None:
        return np.unique(own[:, good])
    members = np.flatnonzero(decision_set.group == good)
    return members[1:] if decision_set.required[good] and members.size > 1 else members


def subject_decision(environment: Environment, agent: int = 0, good: int = 0) -> int:
    """The agent's own decision on the good; the first counted one where nothing says which decisions are whose.

    Raises:
        InputError: if there is no such agent or good.
    """
    counted = counted_decisions(environment, good)
    if not 0 <= agent < environment.agents:
        raise InputError(f"agent {agent}: choose between 0 and {environment.agents - 1}")
    return int(counted[0] if environment.own_decisions is None else environment.own_decisions[agent, good])


def aggregate(mechanism: Mechanism, environment: Environment, good: int = 0) -> Quantity:
    """The sum of the counted decisions at each profile of actions."""
    counted = counted_decisions(environment, good)
    return Quantity(
        values=mechanism.decisions[..., counted].sum(axis=-1), title=_aggregate_title(environment, good), label="total"
    )


def share(mechanism: Mechanism, environment: Environment, agent: int = 0, good: int = 0) -> Quantity:
    """The agent's own decision over the aggregate; NaN where the aggregate is below 10⁻⁶."""
    subject = subject_decision(environment, agent, good)
    total = aggregate(mechanism, environment, good).values
    some = total >= SMALLEST_AGGREGATE
    values = np.full(total.shape, np.nan)
    values[some] = mechanism.decisions[..., subject][some] / total[some]
    if environment.own_decisions is None:
        title = f"Share of “{environment.decision_names[subject]}” in that sum"
    else:
        what = "aggregate allocation" if environment.transfers else "total"
        title = f"Share of {environment.agent_names[agent]} in the {what}{_good_words(environment, good)}"
    return Quantity(values=values, title=title, label="share", absence="the aggregate is zero")


def decision(mechanism: Mechanism, environment: Environment, agent: int = 0, good: int = 0) -> Quantity:
    """The agent's own decision at each profile of actions."""
    subject = subject_decision(environment, agent, good)
    whose = "Decision" if environment.own_decisions is None else f"Own decision of {environment.agent_names[agent]}"
    return Quantity(
        values=mechanism.decisions[..., subject],
        title=f"{whose}: “{environment.decision_names[subject]}”",
        label="decision",
    )


def payment(mechanism: Mechanism, environment: Environment, agent: int = 0) -> Quantity:
    """What the agent pays at each profile of actions.

    Raises:
        InputError: if the mechanism has no transfers or there is no such agent.
    """
    if mechanism.transfers is None:
        raise InputError("this mechanism has no transfers: draw own_decision instead")
    subject_decision(environment, agent)
    return Quantity(
        values=mechanism.transfers[agent],
        title=f"Transfer from {environment.agent_names[agent]} to the designer",
        label="transfer",
    )


def expected_value(
    information: InformationStructure, environment: Environment, agent: int = 0, good: int = 0
) -> Quantity:
    """The agent's expected utility from its own decision given all signals; NaN for signals without probability."""
    subject = subject_decision(environment, agent, good)
    place = subject if environment.own_decisions is None else good
    law = information.joint.sum(axis=-1)
    values = information.interim_values(environment)[agent, place].copy()
    values[law < SMALLEST_RELATIVE_PROBABILITY * law.max()] = np.nan
    name = environment.agent_names[agent]
    if environment.own_decisions is not None and environment.transfers:
        title = f"Interim expected value of {name}{_good_words(environment, good)}"
    else:
        title = f"Interim expected utility of {name}\nfrom “{environment.decision_names[subject]}”"
    return Quantity(values=values, title=title, label="expected value", absence="signals without probability")


def _aggregate_title(environment: Environment, good: int) -> str:
    if environment.own_decisions is not None:
        what = "Aggregate allocation" if environment.transfers else "Total of the agents' own decisions"
        return f"{what}{_good_words(environment, good)}"
    group = environment.decision_set.group
    counted, members = counted_decisions(environment, good), np.flatnonzero(group == good)
    where = "" if environment.decision_set.groups == 1 else f" in group {good + 1}"
    if counted.size == 1:
        return f"Decision “{environment.decision_names[counted[0]]}”"
    if counted.size == members.size:
        return f"Sum of all decisions{where}"
    return f"Sum of all decisions{where}\nother than “{environment.decision_names[members[0]]}”"


def _good_words(environment: Environment, good: int) -> str:
    goods = 1 if environment.own_decisions is None else environment.own_decisions.shape[1]
    return "" if goods == 1 else f", good {good + 1} of {goods}"
