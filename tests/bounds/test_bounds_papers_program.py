"""The papers' own program on their own grid, with its transfers, written out: it charges nothing at action 0."""

import itertools
from fractions import Fraction
from typing import Any

import pytest

from definitions.plain_program import PlainProgram, Sum
from definitions.solved import numbers
from robustmech import Environment, Grid, auction, public_expenditure, solve
from robustmech.elements import Boxes, ExponentialBoxes, Meshes, Spacing

HALVES = ["1/2", "1/2"]
States = list[tuple[float, ...]]


def program_17(states: States, prior: list[float], cost: float, k: int, *, must_sell: bool = False) -> float:
    """Program (17) of Brooks & Du (2023) for one good: λ, q and t, with t = 0 at action 0, and (1) for derivatives."""
    agents, top = len(states[0]), k * k
    program, objective = PlainProgram(), Sum()
    profiles = list(itertools.product(range(top + 1), repeat=agents))
    for x, i in itertools.product(profiles, range(agents)):
        program.declare(("q", i, x), 0.0, 1.0)
        if x[i] == 0:
            program.declare(("t", i, x), 0.0, 0.0)
    for x in profiles:
        sold = Sum()
        for i in range(agents):
            sold.add(("q", i, x), 1)
        program.at_most(sold, 1)
        if must_sell:
            program.at_least(sold, 1)
    for x, (number, state) in itertools.product(profiles, enumerate(states)):
        row = Sum()
        row.add(("λ", number), -1)
        for i, value in enumerate(state):
            row.add(("t", i, x), 1)
            row.add(("q", i, x), -cost)
            if x[i] < top:
                higher = (*x[:i], x[i] + 1, *x[i + 1 :])
                for kind, worth in (("q", value), ("t", -1.0)):
                    row.add((kind, i, higher), (k - 1) * worth)
                    row.add((kind, i, x), -(k - 1) * worth)
        program.at_least(row, 0)
    for number, probability in enumerate(prior):
        objective.add(("λ", number), probability)
    return program.largest(objective)


# values in each state, prior, cost, k, must sell
CASES: dict[str, tuple[States, list[float], float, int, bool]] = {
    "one bidder worth 1, k = 3": ([(1,)], [1], 0, 3, False),
    "one bidder worth 1, k = 5": ([(1,)], [1], 0, 5, False),
    "one bidder worth 1 or 3": ([(1,), (3,)], [0.25, 0.75], 0, 4, False),
    "two bidders worth 1": ([(1, 1)], [1], 0, 2, False),
    "common, never worthless": ([(1, 1), (2, 2)], [0.5, 0.5], 0, 2, False),
    "one worth more": ([(0.5, 0.25), (1, 0.75), (0.25, 1)], [0.5, 0.25, 0.25], 0, 2, False),
    "at a cost": ([(1, 1), (2, 3)], [0.5, 0.5], 0.5, 2, False),
    "must be sold": ([(1, 2), (2, 1)], [0.5, 0.5], 0.25, 2, True),
    "worthless in one state": ([(0, 0), (1, 1)], [0.5, 0.5], 0, 3, False),
}


def environment_of(name: str) -> tuple[Environment, int]:
    states, prior, cost, k, must_sell = CASES[name]
    law = [Fraction(probability) for probability in prior]
    return auction([list(state) for state in states], law, cost=Fraction(cost), must_sell=must_sell), k


@pytest.mark.parametrize("name", CASES)
def test_published_grids_solve_the_papers_program(name: str) -> None:
    environment, k = environment_of(name)
    states, prior, cost, _, must_sell = CASES[name]
    solution = solve(environment, Grid.published(k))
    assert solution.lower is not None
    assert solution.lower.mechanism.entry_payments is None
    truth = program_17(states, prior, cost, k, must_sell=must_sell)
    assert numbers(solution)[0] == pytest.approx(truth, abs=1e-6)
    assert numbers(solution)[0] <= truth + 1e-9


def test_one_bidder_by_hand() -> None:
    """Worth 1: with λ = min Φ the best allocation rises by 1/(k−1) a step, up to one, and the guarantee is 1 − 1/k."""
    for k in (2, 3, 7):
        assert numbers(solve(auction([[1]], [1]), Grid.published(k)))[0] == pytest.approx(1 - 1 / k, abs=1e-6)
    assert numbers(solve(auction([[1]], [1]), Grid.published(3), entry_payments=True))[0] == pytest.approx(1, abs=1e-6)


def allowed(environment: Environment, *grid: Any, **options: Any) -> bool:
    """Whether payments at action 0 were allowed, by the mechanism that came out where they would be used."""
    solution = solve(environment, *grid, **options)
    assert solution.lower is not None
    assert solution.entry_payments == (solution.lower.mechanism.entry_payments is not None)
    assert solution.entry_payments_left_out == (not solution.entry_payments)
    return solution.entry_payments


def test_published_is_a_property_of_weights() -> None:
    """Neither a name nor the way a grid was made decides whether it is the papers'."""
    environment, published = auction([[1, 1], [2, 2]], HALVES), Grid.published(3)
    spaces = (Spacing.even("1/2", 2),) * 2
    assert not allowed(environment, published)
    assert not allowed(environment, (published, Grid.published(2)))
    assert not allowed(environment, Grid(weights=published.weights, name="mine"))
    assert not allowed(environment, Grid.from_weights(published.weights))
    assert allowed(environment, Grid(weights=(3, 2, 1), name="published 3"))
    assert allowed(environment, (published, Grid.quantile(4)))
    assert allowed(environment, Grid.quantile(10))
    assert allowed(environment, Meshes(mechanism=Boxes(spacings=spaces), information=ExponentialBoxes(spacings=spaces)))
    assert allowed(environment, relative_gap=0.2)


def test_the_option_overrules_the_default() -> None:
    environment = auction([[1, 1], [2, 2]], HALVES)
    assert allowed(environment, Grid.published(2), entry_payments=True)
    assert not allowed(environment, Grid.quantile(4), entry_payments=False)
    assert not allowed(environment, relative_gap=0.2, entry_payments=False)


def test_nothing_is_left_out_where_payments_must_be_zero() -> None:
    for environment in (auction([[0, 0], [1, 1]], HALVES), public_expenditure([[0, 3], [3, 0]], HALVES)):
        solution = solve(environment, Grid.published(2))
        assert not solution.entry_payments
        assert not solution.entry_payments_left_out
