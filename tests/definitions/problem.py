"""A problem and its grids, in plain lists of fractions."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from robustmech.model import Environment, Grid

Profile = tuple[int, ...]
Law = list[Fraction]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """u[i][θ][k], w[θ][k], the decision set, and the beliefs lower ≤ rows · μ ≤ upper with penalty λ₀."""

    u: list[list[list[Fraction]]]
    w: list[list[Fraction]]
    groups: list[list[int]]
    required: list[bool]
    cap: list[Fraction]
    rows: list[list[Fraction]]
    lower: list[Fraction | None]
    upper: list[Fraction | None]
    penalty: list[Fraction]
    transfers: bool

    @property
    def agents(self) -> range:
        return range(len(self.u))

    @property
    def states(self) -> range:
        return range(len(self.w))

    @property
    def decisions(self) -> range:
        return range(len(self.cap))


def plain(environment: Environment) -> Problem:
    beliefs, chosen = environment.beliefs, environment.decision_set
    rows = [[Fraction(0)] * beliefs.states for _ in beliefs.lower]
    for r, state, value in zip(beliefs.row.tolist(), beliefs.column.tolist(), beliefs.value.tolist(), strict=True):
        rows[r][state] += value
    return Problem(
        u=environment.utilities.tolist(),
        w=environment.payoff.tolist(),
        groups=[[k for k, own in enumerate(chosen.group.tolist()) if own == g] for g in range(len(chosen.required))],
        required=chosen.required.tolist(),
        cap=chosen.cap.tolist(),
        rows=rows,
        lower=list(beliefs.lower),
        upper=list(beliefs.upper),
        penalty=[Fraction(0)] * beliefs.states if beliefs.penalties is None else beliefs.penalties.tolist(),
        transfers=environment.transfers,
    )


def law(grid: Grid) -> Law:
    return [Fraction(weight, sum(grid.weights)) for weight in grid.weights]


def published_law(k: int) -> Law:
    """Censored geometric: each action k times as rarely given up as reached, everything beyond k on the top."""
    survive = 1 - Fraction(1, k)
    return [survive**j / k for j in range(k * k)] + [survive ** (k * k)]


def tail(rho: Law, j: int) -> Fraction:
    return sum(rho[j:], Fraction(0))


def upward(rho: Law, j: int) -> Fraction:
    return tail(rho, j + 1) / rho[j]


def downward(rho: Law, j: int) -> Fraction:
    return tail(rho, j) / rho[j]


def profiles(laws: Sequence[Law]) -> Iterator[Profile]:
    return itertools.product(*(range(len(rho)) for rho in laws))


def probability(laws: Sequence[Law], x: Profile) -> Fraction:
    result = Fraction(1)
    for rho, j in zip(laws, x, strict=True):
        result *= rho[j]
    return result


def moved(x: Profile, agent: int, action: int) -> Profile:
    return (*x[:agent], action, *x[agent + 1 :])
