"""Floor prices: action 0 may be charged for, where what it brings is worth something in every state."""

from fractions import Fraction

import numpy as np
import pytest

from definitions.cases import Q
from definitions.solved import gridded, numbers
from robustmech import Beliefs, Environment, Grid, auction, guarantee, solve
from robustmech.auctions import solved_terms
from robustmech.bounds.evaluation import strategic_value
from robustmech.bounds.floors import above_floors, floor_prices
from robustmech.continuum import CommonValue
from robustmech.elements import PiecewiseLinearMechanism
from robustmech.errors import InputError
from robustmech.model import DecisionSet, Side, on_grids, rationals

HALVES = ["1/2", "1/2"]
THIRDS = [["1/3", "1/3"], [1, 1]]
FORCED = auction(THIRDS, HALVES, caps="3/5", must_sell=True)
UNLIKE = auction([["1/3", "1/5"], [1, "1/2"], ["1/2", 1]], ["1/3"] * 3)
GOODS = auction([[["1/4", 1], [1, "1/2"]], [[1, "1/3"], ["1/2", 1]]], HALVES, caps="3/5", must_sell=True)
FLOORED = {"forced": FORCED, "unlike": UNLIKE, "two goods": GOODS}


def costly_duty() -> Environment:
    """One of two agents must serve; it costs each 1 or 2, which is known to the agents at most; service is worth 5."""
    return Environment(
        utilities=rationals([[[-1, 0], [-2, 0]], [[0, -2], [0, -1]]]),
        payoff=rationals([[5, 5], [5, 5]]),
        decision_set=DecisionSet(group=np.array([0, 0]), required=np.array([True]), cap=rationals([1, 1])),
        beliefs=Beliefs.known(HALVES),
        transfers=True,
    )


def test_prices_are_what_decisions_are_worth_at_least() -> None:
    prices = floor_prices(UNLIKE)
    assert prices is not None
    assert prices.tolist() == [[Fraction(1, 3), 0], [0, Fraction(1, 5)]]
    assert floor_prices(auction([[0, 0], [1, 1]], HALVES)) is None
    duty = floor_prices(costly_duty())
    assert duty is not None
    assert duty.tolist() == [[-2, 0], [0, -2]]


@pytest.mark.parametrize("name", FLOORED)
def test_prices_add_what_action_zero_pays(name: str) -> None:
    """The same decisions and multipliers prove more by the mean of the floor prices of action 0."""
    environment, grids = FLOORED[name], (Q(4), Grid.exponential(3, 2.0))
    solution = solve(environment, grids, charge_floors=False)
    assert solution.lower is not None
    mechanism, _ = gridded(solution)
    prices, place = floor_prices(environment), on_grids(grids, Side.LOWER)
    assert prices is not None
    counts = mechanism.decision_counts.reshape(-1, environment.decisions)
    above, _ = strategic_value(above_floors(environment, prices), place, counts, solution.lower.multipliers)
    paid = mechanism.decisions @ prices.astype(float).T
    one, two = (grid.probabilities for grid in grids)
    expected = solution.lower.value + two @ paid[0, :, 0] + one @ paid[:, 0, 1]
    assert above == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", FLOORED)
def test_mechanism_keeps_its_promise_and_is_secure(name: str) -> None:
    """`guarantee` refuses a mechanism whose action 0 could leave an agent below zero, exactly."""
    environment = FLOORED[name]
    solution = solve(environment, Q(4))
    lower, upper = numbers(solution)
    mechanism, _ = gridded(solution)
    assert guarantee(mechanism, environment).value >= lower - 1e-9
    without = numbers(solve(environment, Q(4), charge_floors=False))
    assert lower > without[0] + 1e-3
    assert upper == pytest.approx(without[1], abs=1e-9)
    assert mechanism.transfers is not None
    assert mechanism.transfers[0, 0].max() > 0.01


def test_what_must_be_shared_is_paid_for() -> None:
    solution = solve(auction([[1, 1]], [1], caps="1/2", must_sell=True))
    assert numbers(solution) == pytest.approx((1, 1), abs=1e-9)


def test_bracket_closes_with_caps_and_must_sell() -> None:
    lower, upper = numbers(solve(FORCED))
    assert upper - lower < 0.01 * lower
    assert numbers(solve(FORCED, charge_floors=False))[0] < 0.1


@pytest.mark.parametrize("must_sell", [False, True])
def test_closed_forms_with_a_positive_lowest_value(must_sell: bool) -> None:
    """Coarse meshes all give the number of a seller who must sell; the search does not stop there."""
    values = ["1/2", 1]
    truth = CommonValue(values, HALVES, 2, must_sell=must_sell).guarantee
    environment = auction([[value, value] for value in values], HALVES, must_sell=must_sell)
    lower, upper = numbers(solve(environment, relative_gap=1e-3))
    assert lower <= truth <= upper
    assert upper - lower < 1e-3 * lower


def test_agents_are_paid_for_what_must_be_done() -> None:
    """By hand: whoever serves is paid at least its cost in the state it fears, 2; the designer keeps 3."""
    solution = solve(costly_duty())
    lower, upper = numbers(solution)
    assert lower <= upper < lower + 0.05
    assert lower >= 3 - 1e-9
    with pytest.raises(InputError, match="participation secure"):
        solve(costly_duty(), charge_floors=False)


def test_rule_on_real_bids_charges_floors() -> None:
    solution = solve(FORCED, relative_gap=0.05, side="lower")
    assert solution.lower is not None
    rule = solution.lower.mechanism
    assert isinstance(rule, PiecewiseLinearMechanism)
    bids = np.array([[0.0, 0.0], [0.0, 1.3], [2.0, 0.0]])
    np.testing.assert_allclose(rule.transfers(bids)[[0, 1], 0], rule.allocate(bids)[[0, 1], 0] / 3, atol=1e-12)
    np.testing.assert_allclose(rule.transfers(bids)[2, 1], rule.allocate(bids)[2, 1] / 3, atol=1e-12)
    with pytest.raises(InputError, match="charge_floors=False"):
        solved_terms(solution)
