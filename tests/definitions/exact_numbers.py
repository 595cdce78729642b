"""The two certified numbers as exact fractions, from the definitions, for any mechanism or information."""

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

from definitions.problem import Law, Problem, Profile, downward, moved, probability, profiles, upward

Vector = Sequence[Fraction]


def lower_number(
    problem: Problem, laws: Sequence[Law], decisions: Mapping[Profile, Vector], multipliers: Vector
) -> Fraction:
    """b·y + mean (or least, without transfers) of min_θ of the strategic virtual objective less λ(θ)."""
    growth = {}
    for x in profiles(laws):
        growth[x] = min(
            _strategic(problem, laws, decisions, x, state)
            - problem.penalty[state]
            - sum(y * entries[state] for y, entries in zip(multipliers, problem.rows, strict=True))
            for state in problem.states
        )
    paid = Fraction(0)
    for y, low, high in zip(multipliers, problem.lower, problem.upper, strict=True):
        limit = low if y > 0 else high
        if y:
            assert limit is not None, "a multiplier on a side without a limit proves nothing"
            paid += y * limit
    if problem.transfers:
        return paid + sum(probability(laws, x) * growth[x] for x in profiles(laws))
    return paid + min(growth.values())


def _strategic(
    problem: Problem, laws: Sequence[Law], decisions: Mapping[Profile, Vector], x: Profile, state: int
) -> Fraction:
    total = sum((problem.w[state][k] * decisions[x][k] for k in problem.decisions), Fraction(0))
    for i in problem.agents:
        if x[i] + 1 < len(laws[i]):
            above = decisions[moved(x, i, x[i] + 1)]
            gain = sum(problem.u[i][state][k] * (above[k] - decisions[x][k]) for k in problem.decisions)
            total += upward(laws[i], x[i]) * gain
    return total


def upper_number(problem: Problem, laws: Sequence[Law], joint: Mapping[tuple[Profile, int], Fraction]) -> Fraction:
    """The largest Lagrangian (6) of any mechanism at the joint law, less the expected penalty."""
    gain = {(x, k): Fraction(0) for x in profiles(laws) for k in problem.decisions}
    for x, state in itertools.product(profiles(laws), problem.states):
        for k in problem.decisions:
            gain[x, k] += problem.w[state][k] * joint[x, state]
            for i in problem.agents:
                change = problem.u[i][state][k] * downward(laws[i], x[i]) * joint[x, state]
                gain[x, k] += change
                if x[i] > 0:
                    gain[moved(x, i, x[i] - 1), k] -= change
    total = sum((largest(problem, [gain[x, k] for k in problem.decisions]) for x in profiles(laws)), Fraction(0))
    return total - sum((problem.penalty[state] * share for (_, state), share in joint.items()), Fraction(0))


def largest(problem: Problem, objective: Vector) -> Fraction:
    """The maximum of a linear function over the decision set, by looking at all its vertices."""
    total = Fraction(0)
    for members, required in zip(problem.groups, problem.required, strict=True):
        values = []
        for order in itertools.permutations(members):
            left, value = Fraction(1), Fraction(0)
            for k in order:
                if not required:
                    values.append(value)
                share = min(left, problem.cap[k])
                left, value = left - share, value + share * objective[k]
            values.append(value)
        total += max(values)
    return total


def in_decision_set(problem: Problem, decision: Vector) -> bool:
    sums = [sum(decision[k] for k in members) for members in problem.groups]
    return all(0 <= c <= cap for c, cap in zip(decision, problem.cap, strict=True)) and all(
        total == 1 if required else total <= 1 for total, required in zip(sums, problem.required, strict=True)
    )


def in_beliefs(problem: Problem, prior: Vector) -> bool:
    averages = [sum(entry * p for entry, p in zip(entries, prior, strict=True)) for entries in problem.rows]
    return (
        min(prior) >= 0
        and sum(prior) == 1
        and all(
            (low is None or low <= average) and (high is None or average <= high)
            for average, low, high in zip(averages, problem.lower, problem.upper, strict=True)
        )
    )
