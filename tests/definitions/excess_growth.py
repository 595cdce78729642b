"""Transfers from a balanced aggregate excess growth, by the recursion over queues of Brooks & Du (2023), B.3.3."""

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

from definitions.problem import Law, Profile, moved, profiles, upward

Function = Mapping[Profile, Fraction]
Queue = tuple[int, ...]


def mean_over(laws: Sequence[Law], function: Function, agent: int) -> dict[Profile, Fraction]:
    """The average over one agent's own action, as a function of all (it no longer depends on that agent's)."""
    return {
        x: sum((laws[agent][j] * function[moved(x, agent, j)] for j in range(len(laws[agent]))), Fraction(0))
        for x in profiles(laws)
    }


def individual_growths(laws: Sequence[Law], growth: Function) -> list[dict[Profile, Fraction]]:
    """ξ_i of equation (47), with the equal division: those behind the agent share what it is adjusted by."""
    agents = range(len(laws))
    division: dict[Queue, Function] = {}
    for i in agents:
        division[(i,)] = {x: value / len(laws) for x, value in growth.items()}
    for length in range(1, len(laws)):
        for queue in itertools.permutations(agents, length):
            behind = [j for j in agents if j not in queue]
            adjustment = mean_over(laws, division[queue], queue[-1])
            for j in behind:
                division[(*queue, j)] = {x: value / len(behind) for x, value in adjustment.items()}
    found = []
    for i in agents:
        total = dict.fromkeys(profiles(laws), Fraction(0))
        for queue, part in division.items():
            if queue[-1] == i:
                mean = mean_over(laws, part, i)
                for x in total:
                    total[x] += part[x] - mean[x]
        found.append(total)
    return found


def two_agents(laws: Sequence[Law], first: Function, second: Function) -> tuple[dict[Profile, Fraction], ...]:
    """Equation (46) for a balanced division (Ξ_1, Ξ_2)."""
    adjustments = mean_over(laws, first, 0), mean_over(laws, second, 1)
    return (
        {x: first[x] - adjustments[0][x] + adjustments[1][x] for x in profiles(laws)},
        {x: second[x] - adjustments[1][x] + adjustments[0][x] for x in profiles(laws)},
    )


def aggregate(laws: Sequence[Law], transfers: Sequence[Function]) -> dict[Profile, Fraction]:
    """Ξ of equation (21): growth of every transfer in the payer's own action, less the transfer."""
    result = {}
    for x in profiles(laws):
        total = Fraction(0)
        for i, paid in enumerate(transfers):
            total -= paid[x]
            if x[i] + 1 < len(laws[i]):
                total += upward(laws[i], x[i]) * (paid[moved(x, i, x[i] + 1)] - paid[x])
        result[x] = total
    return result
