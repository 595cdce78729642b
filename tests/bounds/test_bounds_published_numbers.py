"""Brackets against numbers in print (ERRATA says which were checked) and against known values of the continuum.

The published tolerance is half a unit of the last printed digit, and 1e-7 for the solver.
"""

import functools
from collections.abc import Callable
from fractions import Fraction

import pytest

from robustmech import Beliefs, Environment, Grid, Solution, auction, product_states, public_expenditure, solve

P, Q, E = Grid.published, Grid.quantile, Grid.exponential


def evenly(points: int) -> list[Fraction]:
    return [Fraction(j, points - 1) for j in range(points)]


def common(points: int, bidders: int = 2, first_worth_more: str = "0") -> Environment:
    values = [[v + (Fraction(first_worth_more) if i == 0 else 0) for i in range(bidders)] for v in evenly(points)]
    return auction(values, [Fraction(1, points)] * points)


def independent(points: int) -> Environment:
    return auction(product_states([evenly(points)] * 2), [Fraction(1, points**2)] * points**2)


def unknown_correlation(points: int) -> Environment:
    values = product_states([evenly(points)] * 2)
    return auction(values, beliefs=Beliefs.marginals(values, [dict.fromkeys(evenly(points), Fraction(1, points))] * 2))


def known_means(first: str, second: str) -> Environment:
    corners = product_states([[0, 1]] * 2)
    return auction(corners, beliefs=Beliefs.means(corners, [first, second]))


def lone_beneficiary(agents: int, value: int) -> Environment:
    values = [[value if i == j else 0 for i in range(agents)] for j in range(agents)]
    return public_expenditure(values, [Fraction(1, agents)] * agents)


def bracket(solution: Solution) -> tuple[float, float]:
    assert solution.lower is not None
    assert solution.upper is not None
    return solution.lower.value, solution.upper.value


# problem, grid, lower, upper; the last two columns to five printed digits
STRUCTURE = "structure, B.5.1"
MINIMAX = "strong minimax, 3.4"
PUBLISHED = [
    pytest.param(common(10), P(7), 0.25644, 0.28556, id=f"{MINIMAX}: common"),
    pytest.param(common(11), P(10), 0.26203, 0.28196, id=f"{STRUCTURE}: common"),
    pytest.param(
        common(11, first_worth_more="0.1"), P(10), 0.30453, 0.32722,
        id=f"{STRUCTURE}: first bidder 0.1 more", marks=pytest.mark.slow,
    ),
    pytest.param(common(10, first_worth_more="0.1"), P(7), 0.29846, 0.33160, id=f"{MINIMAX}.1: first bidder 0.1 more"),
    pytest.param(independent(10), P(7), 0.28257, 0.31695, id=f"{MINIMAX}: independent", marks=pytest.mark.slow),
    pytest.param(
        unknown_correlation(10), P(7), 0.25369, 0.28337, id=f"{MINIMAX}: unknown correlation", marks=pytest.mark.slow
    ),
    pytest.param(common(10), Q(22), 0.26177, 0.28202, id="quantile 22: common"),
    pytest.param(common(10), Q(50), 0.26697, 0.27592, id="quantile 50: common"),
    pytest.param(independent(11), Q(24), 0.28827, 0.31149, id="quantile 24: independent"),
    pytest.param(common(10, bidders=3), Q(8), 0.28714, 0.34898, id="quantile 8: common, three bidders"),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "grid", "lower", "upper"), PUBLISHED)
def test_numbers_in_print(environment: Environment, grid: Grid, lower: float, upper: float) -> None:
    found = bracket(solve(environment, grid))
    assert found[0] == pytest.approx(lower, abs=0.5e-5 + 1e-7)
    assert found[1] == pytest.approx(upper, abs=0.5e-5 + 1e-7)


GRIDS = {"quantile 8": Q(8), "quantile 23": Q(23), "published 5": P(5), "exponential 20 to 4": E(20, 4.0)}
# the value of the continuum, rounded to six digits
KNOWN: dict[str, tuple[Callable[[], Environment], float]] = {
    "common, 10 points": (lambda: common(10), 0.271053),
    "common, 11 points": (lambda: common(11), 0.272069),
    "common, 0 or 1": (lambda: common(2), 0.253406),
    "known means": (lambda: known_means("0.6", "0.4"), 0.270907),
    "public expenditure, two agents, value 3": (lambda: lone_beneficiary(2, 3), 1.556724),
    "public expenditure, two agents, value 4": (lambda: lone_beneficiary(2, 4), 2.667323),
}


@functools.cache
def known_bracket(name: str, grid: str) -> tuple[float, float]:
    return bracket(solve(KNOWN[name][0](), GRIDS[grid]))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("name", KNOWN)
def test_bracket_contains_the_known_value(name: str, grid: str) -> None:
    lower, upper = known_bracket(name, grid)
    assert lower <= KNOWN[name][1] + 0.5e-6
    assert KNOWN[name][1] - 0.5e-6 <= upper


@pytest.mark.parametrize("name", KNOWN)
def test_more_actions_come_closer_to_the_known_value_from_both_sides(name: str) -> None:
    coarse, fine, value = known_bracket(name, "quantile 8"), known_bracket(name, "quantile 23"), KNOWN[name][1]
    assert coarse[0] < fine[0] < value < fine[1] < coarse[1]
    assert fine[1] - fine[0] < 0.6 * (coarse[1] - coarse[0])
    assert fine[1] - fine[0] < 0.1 * max(value, 0.3)
