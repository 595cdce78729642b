"""Symmetries of an environment: agents that may be exchanged without changing anything."""

import itertools
import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from robustmech.lp import orbits
from robustmech.model.belief_units import Limits, exact_rows_in_units
from robustmech.model.environment import Environment
from robustmech.model.grid import Grid
from robustmech.model.rational import IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exchange:
    """An exchange of two agents that leaves an environment as it is.

    Args:
        agents: the two agents.
        decisions: where each decision goes, shape (decisions,).
        states: where each state goes, shape (states,).
        rows: where each belief row goes, shape (belief rows,).
    """

    agents: tuple[int, int]
    decisions: IntArray
    states: IntArray
    rows: IntArray


def exchanges(environment: Environment, grids: tuple[Grid, ...] | None = None) -> tuple[Exchange, ...]:
    """All exchanges of two agents that leave utilities, payoff, decision set and beliefs the same.

    Where grids are given the two agents' must be equal.

    They generate the group of permutations of the agents within classes of alike ones. Environments whose decisions
    are not marked as anyone's own are taken to have none.
    """
    if environment.own_decisions is None:
        return ()
    found = []
    for i, j in itertools.combinations(range(environment.agents), 2):
        if grids is None or grids[i].weights == grids[j].weights:
            exchange = _exchange(environment, environment.own_decisions, i, j)
            if exchange is not None:
                found.append(exchange)
    return tuple(found)


def symmetries(agents: int, alike: tuple[Exchange, ...]) -> int:
    """The number of permutations of the agents that the exchanges generate."""
    return math.prod(math.factorial(size) for size in Counter(agent_kinds(agents, alike)).values())


def agent_kinds(agents: int, alike: tuple[Exchange, ...]) -> tuple[int, ...]:
    """The class of each agent, numbered from 0; agents that may be exchanged are in one."""
    return tuple(orbits(agents, [_transposition(agents, *exchange.agents) for exchange in alike]).tolist())


def _transposition(agents: int, i: int, j: int) -> IntArray:
    exchanged = np.arange(agents)
    exchanged[i], exchanged[j] = j, i
    return exchanged


def _exchange(environment: Environment, own: IntArray, i: int, j: int) -> Exchange | None:
    decisions = np.arange(environment.decisions)
    decisions[own[i]], decisions[own[j]] = own[j], own[i]
    if np.unique(decisions).size < decisions.size:
        return None
    chosen = environment.decision_set
    if (chosen.group[decisions] != chosen.group).any() or (chosen.cap[decisions] != chosen.cap).any():
        return None
    states = _states(environment, decisions, i, j)
    rows = None if states is None else _rows(environment, states)
    if states is None or rows is None:
        return None
    return Exchange(agents=(i, j), decisions=decisions, states=states, rows=rows)


def _states(environment: Environment, decisions: IntArray, i: int, j: int) -> IntArray | None:
    """The state in which the exchanged agents stand as the agents stand in each state."""
    agents = _transposition(environment.agents, i, j)
    before = _signatures(environment, np.arange(environment.agents), np.arange(environment.decisions))
    after = _signatures(environment, agents, decisions)
    place = {signature: state for state, signature in enumerate(before)}
    if len(place) < len(before):
        return None
    target = [place.get(signature) for signature in after]
    return None if None in target else np.array(target, dtype=np.int64)


def _signatures(environment: Environment, agents: IntArray, decisions: IntArray) -> list[tuple[Any, ...]]:
    utilities = environment.utilities[agents][:, :, decisions]
    penalties = environment.beliefs.penalties
    return [
        (
            *utilities[:, state].ravel().tolist(),
            *environment.payoff[state, decisions].tolist(),
            None if penalties is None else penalties[state],
        )
        for state in range(environment.states)
    ]


def _rows(environment: Environment, states: IntArray) -> IntArray | None:
    """The belief row that each row becomes when the states are exchanged."""
    plain, limits = exact_rows_in_units(environment.beliefs)
    place = {_row_key(row, limit): r for r, (row, limit) in enumerate(zip(plain, limits, strict=True))}
    if len(place) < len(plain):
        return None
    moved = [{int(states[state]): value for state, value in row.items()} for row in plain]
    target = [place.get(_row_key(row, limit)) for row, limit in zip(moved, limits, strict=True)]
    return None if None in target else np.array(target, dtype=np.int64)


def _row_key(row: dict[int, Fraction], limit: Limits) -> tuple[object, ...]:
    return frozenset(row.items()), limit
