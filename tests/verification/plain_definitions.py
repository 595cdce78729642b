"""The definitions in docs/artefacts.md, by loops over fractions; shares nothing with the checker."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

Profile = tuple[int, ...]
Function = dict[Profile, Fraction]
Allocation = dict[Profile, list[Fraction]]
JointLaw = dict[Profile, Fraction]  # (*profile, state)
Weights = list[list[int]]


@dataclass(frozen=True, kw_only=True)
class Environment:
    u: list[list[list[Fraction]]]
    w: list[list[Fraction]]
    transfers: bool
    groups: tuple[int, ...]
    required: tuple[bool, ...]
    caps: list[Fraction]
    rows: list[list[Fraction]]
    lower: list[Fraction | None]
    upper: list[Fraction | None]
    penalty: list[Fraction] | None


def profiles(weights: Weights) -> Iterator[Profile]:
    return itertools.product(*(range(len(own)) for own in weights))


def rho(weights: Weights, agent: int, action: int) -> Fraction:
    return Fraction(weights[agent][action], sum(weights[agent]))


def tail(weights: Weights, agent: int, action: int) -> Fraction:
    return sum((rho(weights, agent, j) for j in range(action, len(weights[agent]))), Fraction(0))


def mass(weights: Weights, profile: Profile) -> Fraction:
    result = Fraction(1)
    for agent, action in enumerate(profile):
        result *= rho(weights, agent, action)
    return result


def moved(profile: Profile, agent: int, step: int) -> Profile:
    return (*profile[:agent], profile[agent] + step, *profile[agent + 1 :])


def upward_gradient(weights: Weights, function: Function, agent: int, profile: Profile) -> Fraction:
    action = profile[agent]
    if action + 1 == len(weights[agent]):
        return Fraction(0)
    ratio = tail(weights, agent, action + 1) / rho(weights, agent, action)
    return ratio * (function[moved(profile, agent, 1)] - function[profile])


def lower_number(
    environment: Environment, weights: Weights, allocation: Allocation, multipliers: list[Fraction]
) -> tuple[Fraction, Function]:
    """The lower number, and Ξ."""
    states, decisions = range(len(environment.w)), range(len(environment.caps))
    excess: Function = {}
    levels = [{profile: c[k] for profile, c in allocation.items()} for k in decisions]
    for profile in profiles(weights):
        objectives = []
        for state in states:
            total = -sum((y * row[state] for y, row in zip(multipliers, environment.rows, strict=True)), Fraction(0))
            if environment.penalty is not None:
                total -= environment.penalty[state]
            for k in decisions:
                total += environment.w[state][k] * levels[k][profile]
                for agent in range(len(weights)):
                    gradient = upward_gradient(weights, levels[k], agent, profile)
                    total += environment.u[agent][state][k] * gradient
            objectives.append(total)
        excess[profile] = min(objectives)
    if environment.transfers:
        number = sum((mass(weights, profile) * value for profile, value in excess.items()), Fraction(0))
    else:
        number = min(excess.values())
    for y, low, high in zip(multipliers, environment.lower, environment.upper, strict=True):
        limit = low if y > 0 else high
        if y != 0 and limit is not None:
            number += y * limit
    return number, excess


def balanced(weights: Weights, function: Function) -> Function:
    mean = sum((mass(weights, profile) * value for profile, value in function.items()), Fraction(0))
    return {profile: value - mean for profile, value in function.items()}


def stored_number(weights: Weights, number: Fraction, excess: Function, transfers: list[Function]) -> Fraction:
    """The number with the growth that transfers have, in place of the balanced Ξ: from the balanced one and Ξ."""
    mean = sum((mass(weights, profile) * value for profile, value in excess.items()), Fraction(0))
    left = []
    for profile, value in excess.items():
        growth = sum(
            (upward_gradient(weights, own, agent, profile) - own[profile] for agent, own in enumerate(transfers)),
            Fraction(0),
        )
        left.append(value - growth)
    return number - mean + min(left)


def transfers_with_growth(weights: Weights, growth: Function) -> list[Function]:
    """Transfers, zero at action 0, whose aggregate excess growth is this balanced function.

    Each agent in turn takes what is balanced over the own action, by recursion, and leaves the mean.
    """
    result = []
    for agent, own in enumerate(weights):
        payments: Function = {}
        rest: Function = {}
        for profile in profiles(weights):
            line = [moved(profile, agent, action - profile[agent]) for action in range(len(own))]
            mean = sum((rho(weights, agent, j) * growth[line[j]] for j in range(len(own))), Fraction(0))
            rest[profile] = mean
            value = Fraction(0)
            for action in range(profile[agent]):
                step = growth[line[action]] - mean + value
                value += step * rho(weights, agent, action) / tail(weights, agent, action + 1)
            payments[profile] = value
        result.append(payments)
        growth = rest
    return result


def upper_number(environment: Environment, weights: Weights, sigma: JointLaw) -> Fraction:
    states, decisions = range(len(environment.w)), range(len(environment.caps))
    number = Fraction(0)
    points = set(vertices(environment))
    for profile in profiles(weights):
        values = []
        for k in decisions:
            value = Fraction(0)
            for state in states:
                value += environment.w[state][k] * sigma[(*profile, state)]
                for agent, action in enumerate(profile):
                    ratio = tail(weights, agent, action) / rho(weights, agent, action)
                    slope = ratio * sigma[(*profile, state)]
                    if action + 1 < len(weights[agent]):
                        ratio = tail(weights, agent, action + 1) / rho(weights, agent, action + 1)
                        slope -= ratio * sigma[(*moved(profile, agent, 1), state)]
                    value += environment.u[agent][state][k] * slope
            values.append(value)
        number += max(sum((c * v for c, v in zip(vertex, values, strict=True)), Fraction(0)) for vertex in points)
    for state in states:
        if environment.penalty is not None:
            number -= environment.penalty[state] * sum(sigma[(*p, state)] for p in profiles(weights))
    return number


def vertices(environment: Environment) -> Iterator[tuple[Fraction, ...]]:
    """Points of the decision set, its vertices among them: in each order of decisions, fill or skip each."""
    decisions = range(len(environment.caps))
    for order in itertools.permutations(decisions):
        for chosen in itertools.product((True, False), repeat=len(order)):
            left = [Fraction(1)] * len(environment.required)
            point = [Fraction(0)] * len(order)
            for k, take in zip(order, chosen, strict=True):
                if take:
                    point[k] = min(environment.caps[k], left[environment.groups[k]])
                    left[environment.groups[k]] -= point[k]
            if all(not required or not rest for required, rest in zip(environment.required, left, strict=True)):
                yield tuple(point)
