"""Payments at action 0: as much as what it brings is worth in the worst state, or what it costs there."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from definitions.cases import Q
from definitions.local_programs import lower_value
from definitions.problem import law, plain
from definitions.solved import gridded, numbers
from robustmech import Beliefs, Environment, Grid, auction, guarantee, solve
from robustmech.auctions import solved_terms
from robustmech.bounds.entry import Entry
from robustmech.continuum import CommonValue
from robustmech.elements import PiecewiseLinearMechanism
from robustmech.errors import InputError
from robustmech.model import MECHANISM_DENOMINATOR, DecisionSet, rationals

HALVES = ["1/2", "1/2"]
FORCED = auction([["1/3", "1/3"], [1, 1]], HALVES, caps="3/5", must_sell=True)
UNLIKE = auction([["1/3", "1/5"], [1, "1/2"], ["1/2", 1]], ["1/3"] * 3)
GOODS = auction([[[1, 3], [2, 1]], [[3, 1], [1, 2]]], HALVES)


def any_utilities(seed: int, required: bool) -> Environment:
    """Three outcomes, of which one must be chosen or not, and whole utilities of either sign."""
    generator = np.random.default_rng(seed)
    return Environment(
        utilities=rationals(generator.integers(-3, 6, size=(2, 3, 3))),
        payoff=rationals(generator.integers(-2, 3, size=(3, 3))),
        decision_set=DecisionSet(group=np.zeros(3, dtype=int), required=np.array([required]), cap=rationals([1, 1, 1])),
        beliefs=Beliefs.known(["1/3"] * 3),
        transfers=True,
    )


ENVIRONMENTS = {
    "forced": FORCED,
    "unlike": UNLIKE,
    "two goods": GOODS,
    "outcomes": any_utilities(0, required=False),
    "outcomes, one required": any_utilities(1, required=True),
    "nothing secure": any_utilities(3, required=True),
    "worth little": any_utilities(8, required=False),
}
GRIDS = (Q(4), Grid.exponential(3, 2.0))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_number_is_that_of_the_program_written_out(name: str) -> None:
    environment = ENVIRONMENTS[name]
    lower, upper = numbers(solve(environment, GRIDS))
    problem, laws = plain(environment), [law(grid) for grid in GRIDS]
    assert lower == pytest.approx(lower_value(problem, laws), abs=1e-6)
    assert lower <= upper


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_mechanism_keeps_its_promise_and_is_secure(name: str) -> None:
    """`guarantee` refuses a mechanism whose action 0 could leave an agent below zero, exactly."""
    environment = ENVIRONMENTS[name]
    solution = solve(environment, GRIDS)
    mechanism, _ = gridded(solution)
    lower, upper = numbers(solution)
    assert guarantee(mechanism, environment).value >= lower - 1e-7
    assert mechanism.transfers is not None
    entry = mechanism.entry_payments
    assert entry is not None
    for i in range(2):
        at_zero = mechanism.decision_counts.take(0, axis=i)
        worth = (at_zero.astype(object) @ environment.utilities[i].T).min(axis=-1) / MECHANISM_DENOMINATOR
        paid = mechanism.transfers[i].take(0, axis=i)
        assert (worth - np.vectorize(Fraction)(paid) >= 0).all()
        assert worth.astype(float) == pytest.approx(paid, abs=1e-9)
        inner = np.moveaxis(entry.counts, i, 0)[1:, ..., i]
        assert not inner.any()
    try:
        without = numbers(solve(environment, GRIDS, entry_payments=False))
    except InputError:
        assert name == "nothing secure"
    else:
        assert lower > without[0] + 1e-3
        assert upper == pytest.approx(without[1], abs=1e-7)


def test_no_payments_where_a_state_is_worth_nothing() -> None:
    assert Entry.into(auction([[0, 0], [1, 1]], HALVES)) is None
    assert Entry.into(auction([[0, 1], [1, 0], [0, 0]], ["1/3"] * 3, must_sell=True)) is None
    assert Entry.into(auction([[0, 1], [1, 0]], HALVES)) is None
    assert Entry.into(UNLIKE) is not None


def test_alike_agents_stay_alike() -> None:
    entry = Entry.into(FORCED)
    assert entry is not None
    (exchange,) = entry.alike
    assert exchange.decisions.tolist() == [1, 0, 3, 2]
    assert entry.environment.decision_names[2:] == ("paid by bidder 1", "paid by bidder 2")
    harmed = Entry.into(any_utilities(0, required=False))
    assert harmed is not None
    assert harmed.environment.decision_names[3:] == (
        "paid by agent 1",
        "paid by agent 2",
        "paid to agent 1",
        "paid to agent 2",
    )


def test_labelled_arrays_hold_the_payments() -> None:
    mechanism, _ = gridded(solve(UNLIKE, GRIDS))
    entry = mechanism.entry_payments
    assert entry is not None
    np.testing.assert_array_equal(mechanism.labelled()["entry_payments"], entry.amounts)
    assert mechanism.labelled()["entry_payments"].dims == ("action of agent 1", "action of agent 2", "agent")


def test_what_must_be_shared_is_paid_for() -> None:
    solution = solve(auction([[1, 1]], [1], caps="1/2", must_sell=True))
    assert numbers(solution) == pytest.approx((1, 1), abs=1e-9)


def test_bracket_closes_with_caps_and_must_sell() -> None:
    lower, upper = numbers(solve(FORCED))
    assert upper - lower < 0.01 * lower
    assert numbers(solve(FORCED, entry_payments=False))[0] < 0.1


def test_two_goods_with_known_totals_are_sold_for_what_they_are_worth() -> None:
    """Both together are worth 4 to bidder 1 in either state, and charging that for them is best."""
    lower, upper = numbers(solve(GOODS))
    assert (lower, upper) == pytest.approx((4, 4), abs=0.01)


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
    """One of two agents must serve, at a cost of 1 or 2 that they know at most; service is worth 5.

    By hand: whoever serves can be paid 2, whatever the costs, so that the designer keeps 3.
    """
    duty = Environment(
        utilities=rationals([[[-1, 0], [-2, 0]], [[0, -2], [0, -1]]]),
        payoff=rationals([[5, 5], [5, 5]]),
        decision_set=DecisionSet(group=np.array([0, 0]), required=np.array([True]), cap=rationals([1, 1])),
        beliefs=Beliefs.known(HALVES),
        transfers=True,
    )
    lower, upper = numbers(solve(duty))
    assert lower <= upper < lower + 0.05
    assert lower >= 3 - 1e-9
    with pytest.raises(InputError, match="participation secure"):
        solve(duty, entry_payments=False)


def test_rule_on_real_bids_charges_action_zero() -> None:
    solution = solve(FORCED, relative_gap=0.05, side="lower")
    assert solution.lower is not None
    rule = solution.lower.mechanism
    assert isinstance(rule, PiecewiseLinearMechanism)
    bids = np.array([[0.0, 0.0], [0.0, 1.3], [2.0, 0.0]])
    np.testing.assert_allclose(rule.transfers(bids)[[0, 1], 0], rule.allocate(bids)[[0, 1], 0] / 3, atol=1e-9)
    np.testing.assert_allclose(rule.transfers(bids)[2, 1], rule.allocate(bids)[2, 1] / 3, atol=1e-9)
    with pytest.raises(InputError, match="entry_payments=False"):
        solved_terms(solution)


@pytest.mark.parametrize(
    "environment",
    [
        FORCED,
        auction([["1/3"] * 3, [1] * 3, ["1/3", 1, "1/3"], ["1/3", "1/3", 1], [1, "1/3", "1/3"]], ["1/5"] * 5),
        auction([[HALVES[0]] * 3, [1] * 3], HALVES, caps="2/5", must_sell=True, cost="1/5"),
    ],
    ids=["forced", "three", "three, forced"],
)
def test_folding_by_alike_agents_changes_nothing(environment: Environment) -> None:
    folded = numbers(solve(environment, Q(3)))
    apart = numbers(solve(replace(environment, own_decisions=None), Q(3)))
    assert folded == pytest.approx(apart, abs=1e-7)


def test_a_poor_solution_is_no_worse_than_one_without_payments() -> None:
    """Values and probabilities over ten orders of magnitude, where a solver's decisions are noise."""
    values = [["1/1000000000", 5], [1000, "1/1000"], [3, 2], ["1/7", "1/100000"]]
    environment = auction(values, ["1/1000000", "1/10000", "1/100", "989899/1000000"], must_sell=True)
    with_payments, without = (numbers(solve(environment, Q(5), entry_payments=entry))[0] for entry in (True, False))
    assert with_payments >= without - 1e-6
