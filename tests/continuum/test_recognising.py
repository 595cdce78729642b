"""Environments are told to be instances of closed forms, however they are written down, and no others are."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import robustmech as rm
from robustmech.continuum import BilateralTrade, CommonValue, KnownMeans, PublicExpenditure
from robustmech.continuum.recognising import (
    CommonValueProblem,
    ConstantSumProblem,
    KnownMeansProblem,
    SpendingProblem,
    known_law,
    recognised,
)
from robustmech.model import Beliefs, Environment, auction, product_states, public_expenditure

HALF = Fraction(1, 2)
CORNERS = product_states([[0, 2]] * 2)


def scaled(beliefs: Beliefs, factor: Fraction) -> Beliefs:
    """The same beliefs with every row multiplied, for a negative factor with limits exchanged."""
    limits = [[None if limit is None else limit * factor for limit in side] for side in (beliefs.lower, beliefs.upper)]
    lower, upper = limits if factor > 0 else limits[::-1]
    return replace(beliefs, value=beliefs.value * factor, lower=tuple(lower), upper=tuple(upper))


def permuted(environment: Environment, order: list[int]) -> Environment:
    """The same environment with its states in another order."""
    place = {state: new for new, state in enumerate(order)}
    beliefs = environment.beliefs
    return replace(
        environment,
        utilities=environment.utilities[:, order],
        payoff=environment.payoff[order],
        beliefs=replace(beliefs, column=np.array([place[int(c)] for c in beliefs.column])),
    )


@pytest.mark.parametrize("factor", [Fraction(1), Fraction(-3), Fraction(10**9)])
@pytest.mark.parametrize("must_sell", [False, True])
def test_a_common_value_in_any_order_and_rows(factor: Fraction, must_sell: bool) -> None:
    values = [[v] * 3 for v in (4, 1, 0, 2)]
    prior = ["1/2", "1/4", "0", "1/4"]
    environment = permuted(auction(values, prior, cost="1/10", must_sell=must_sell), [2, 0, 3, 1])
    found = recognised(replace(environment, beliefs=scaled(environment.beliefs, factor)))
    assert isinstance(found, CommonValueProblem)
    assert [float(value) for value in found.values] == [1, 2, 4]
    assert found.probabilities == (Fraction(1, 4), Fraction(1, 4), HALF)
    assert (found.bidders, found.cost, found.must_sell) == (3, Fraction(1, 10), must_sell)
    assert found.guarantee == CommonValue([1, 2, 4], [0.25, 0.25, 0.5], 3, 0.1, must_sell).guarantee


def test_a_state_without_probability_may_be_anything() -> None:
    environment = auction([[0, 0], [1, 1], [5, 2]], ["1/2", "1/2", "0"])
    assert isinstance(recognised(environment), CommonValueProblem)
    assert recognised(auction([[0, 0], [1, 1], [5, 2]], ["1/2", "1/4", "1/4"])) is None


def test_laws_are_known_from_rows_that_leave_one() -> None:
    most = Beliefs.partition([0, 1, 2], ["1/4", "1/4", "1/2"])
    kept = most.row < 2
    short = replace(most, row=most.row[kept], column=most.column[kept], value=most.value[kept])
    short = replace(short, lower=most.lower[:2], upper=most.upper[:2])
    found = known_law(short)
    assert found is not None
    assert found.tolist() == [Fraction(1, 4), Fraction(1, 4), HALF]
    assert known_law(Beliefs.partition([0, 0, 1], [HALF, HALF])) is None
    never = replace(short, lower=(Fraction(1, 4), None), upper=(Fraction(1, 4), Fraction(0)))
    found = known_law(never)
    assert found is not None
    assert found.tolist() == [Fraction(1, 4), 0, Fraction(3, 4)]
    loose = replace(short, lower=(Fraction(1, 4), Fraction(0)), upper=(Fraction(1, 4), None))
    assert known_law(loose) is None


@pytest.mark.parametrize("factor", [Fraction(1), Fraction(-1, 7)])
def test_known_means_in_any_order_and_rows(factor: Fraction) -> None:
    beliefs = Beliefs.means(CORNERS, [1, "3/4"])
    environment = permuted(auction(CORNERS, beliefs=beliefs), [3, 1, 0, 2])
    found = recognised(replace(environment, beliefs=scaled(environment.beliefs, factor)))
    assert isinstance(found, KnownMeansProblem)
    assert [float(number) for number in (*found.means, found.bound)] == [1, 0.75, 2]
    assert found.guarantee == KnownMeans([1, 0.75], 2).guarantee


def test_known_means_with_room_above_and_values_inside() -> None:
    states = product_states([[0, 1, 2]] * 2)
    found = recognised(auction(states, beliefs=Beliefs.means(states, [(1, 2), ("3/4", "3/4")])))
    assert isinstance(found, KnownMeansProblem)
    assert [float(mean) for mean in found.means] == [1, 0.75]
    missing = [row for row in states.tolist() if row != [2, 2]]
    assert recognised(auction(missing, beliefs=Beliefs.means(missing, [1, "3/4"]))) is None
    together = Beliefs.together(Beliefs.means(CORNERS, [1, 1]), Beliefs.partition([0, 1, 1, 1], [HALF, HALF]))
    assert recognised(auction(CORNERS, beliefs=together)) is None
    assert recognised(auction(CORNERS, beliefs=Beliefs.means(CORNERS, [1, 1]), cost=1)) is None


def test_constant_sums_with_equal_means() -> None:
    found = recognised(auction([[3, 0], [1, 2], [0, 3]], ["1/3", "1/3", "1/3"]))
    assert found is None
    found = recognised(auction([[3, 0], ["3/2", "3/2"], [0, 3]], ["1/4", "1/2", "1/4"]))
    assert isinstance(found, ConstantSumProblem)
    assert found.guarantee == 1.5
    assert recognised(auction([[3, 0, 0], [0, 3, 0]], [HALF, HALF])) is None


@pytest.mark.parametrize("unit", [Fraction(1), Fraction(1, 10**12), Fraction(7)])
def test_spending_and_trade_in_any_unit(unit: Fraction) -> None:
    problem = PublicExpenditure(3, 4.0)
    environment = permuted(problem.environment(), [2, 0, 1])
    found = recognised(replace(environment, utilities=environment.utilities * unit, payoff=environment.payoff * unit))
    assert isinstance(found, SpendingProblem)
    assert (float(found.value), found.unit, list(found.order)) == (4.0, unit, [1, 2, 0])
    assert found.guarantee == pytest.approx(float(unit) * problem.guarantee, rel=1e-15)
    trade = recognised(BilateralTrade(3.0).environment())
    assert isinstance(trade, SpendingProblem)
    assert (trade.name, trade.guarantee) == ("bilateral trade", BilateralTrade(3.0).guarantee)


def test_other_spending_and_trade_are_not() -> None:
    assert recognised(public_expenditure([[3, 0], [0, 3]], ["1/3", "2/3"])) is None
    assert recognised(public_expenditure([[3, 0], [0, 4]], [HALF, HALF])) is None
    assert recognised(public_expenditure([[3, 0], [0, 3], [3, 3]], ["1/4", "1/4", "1/2"])) is None
    wider = rm.bilateral_trade([[0, 2], [3, 5]], [HALF, HALF], prices=(0, 5))
    assert recognised(wider) is None


def test_other_sales_are_not() -> None:
    assert recognised(auction(product_states([[0, 1]] * 2), ["1/4"] * 4)) is None
    assert recognised(auction([[0, 0], [1, 1]], [HALF, HALF], caps=HALF)) is None
    assert recognised(auction([[[0, 0]], [[1, 2]]], [HALF, HALF])) is None
    assert recognised(auction([[0, 0], [1, 1]], beliefs=Beliefs.penalty([0, "1/10"]))) is None
    assert recognised(auction([[1], [2]], [HALF, HALF], must_sell=True)) is None
    plain = auction([[0, 0], [1, 1]], [HALF, HALF])
    envious = plain.utilities.copy()
    envious[0, 1, 1] = Fraction(-1)
    assert recognised(replace(plain, utilities=envious)) is None
