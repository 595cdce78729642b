"""What gaps are measured against: the prior where it is known, and otherwise the law that nature chose."""

from dataclasses import replace

import numpy as np
import pytest

from robustmech import Beliefs, Environment, Grid, auction, product_states, public_expenditure, solve
from robustmech.report.summaries import yardstick

SQUARE = [[0, 0], [0, 1], [1, 0], [1, 1]]
HALVES = [{0: "1/2", 1: "1/2"}] * 2
GRID = Grid.quantile(3)


@pytest.mark.parametrize(
    ("environment", "expected_value", "surplus"),
    [
        (auction([[0, 0], [1, 1]], ["1/2", "1/2"]), 0.5, 0.5),
        (auction(SQUARE, ["1/4"] * 4), 0.5, 0.75),
        (auction(SQUARE, ["1/4"] * 4, cost="1/4"), 0.25, 0.75 * 0.75),
        (auction([[0, 0], [1, 3]], ["1/2", "1/2"], caps="1/2"), 1.0, 1.0),
        (auction([[0, 0], [1, 3]], ["1/2", "1/2"], cost=2), 0.0, 0.5),
        (auction([[0, 0], [1, 1]], ["1/2", "1/2"], cost=2, must_sell=True), -1.5, -1.5),
        (public_expenditure([[3, 0], [0, 3]], ["1/2", "1/2"]), 2.0, 2.0),
    ],
)
def test_known_prior(environment: Environment, expected_value: float, surplus: float) -> None:
    measure = yardstick(solve(environment, GRID))
    assert measure.expected_value == pytest.approx(expected_value)
    assert measure.efficient_surplus == pytest.approx(surplus)
    assert measure.law == "the prior"


def test_known_prior_is_the_same_on_one_side() -> None:
    environment = auction(SQUARE, ["1/8", "1/8", "1/4", "1/2"])
    solution = solve(environment, GRID)
    assert yardstick(replace(solution, lower=None)) == yardstick(solution)
    assert yardstick(replace(solution, upper=None)) == yardstick(solution)


UNKNOWN = {
    "dependence, two values each": Beliefs.marginals(SQUARE, HALVES),
    "means": Beliefs.means(SQUARE, ["1/2", "1/2"]),
    "intervals of means": Beliefs.means(SQUARE, [("1/4", "1/2"), ("1/2", "3/4")]),
    "penalties": Beliefs.penalty([1, 0, 0, 0]),
    "events": Beliefs.partition([0, 1, 1, 2], ["1/4", "1/2", "1/4"]),
    "limits on every state": Beliefs.moments(np.eye(4, dtype=int).tolist(), [0] * 4, ["1/2"] * 4),
}


@pytest.mark.parametrize("known", UNKNOWN)
def test_nature_chooses_where_the_prior_is_not_known(known: str) -> None:
    solution = solve(auction(SQUARE, beliefs=UNKNOWN[known]), GRID)
    measure = yardstick(solution)
    law = solution.state_law
    assert law is not None
    assert law.sum() == pytest.approx(1)
    assert measure.law == "nature's law"
    assert measure.efficient_surplus == pytest.approx(law[1] + law[2] + law[3])
    assert measure.expected_value == pytest.approx(max(law[2] + law[3], law[1] + law[3]))


def test_law_inside_the_beliefs_where_only_the_guarantee_was_computed() -> None:
    solution = solve(auction(SQUARE, beliefs=UNKNOWN["means"]), GRID, side="lower")
    measure = yardstick(solution)
    assert measure.law == "a prior inside the beliefs"
    assert measure.expected_value == pytest.approx(0.5)
    assert 0.5 <= measure.efficient_surplus <= 1


def test_independent_values() -> None:
    measure = yardstick(solve(auction(product_states([[0, 1, 2], [0, 3]]), ["1/6"] * 6), GRID))
    assert measure.expected_value == pytest.approx(1.5)
    assert measure.efficient_surplus == pytest.approx(0.5 * 1 + 0.5 * 3)
