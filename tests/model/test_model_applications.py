"""The applications against their definitions in the papers, and every refusal of the constructors."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from robustmech import (
    Beliefs,
    Environment,
    InputError,
    ShapeError,
    auction,
    bilateral_trade,
    product_states,
    public_expenditure,
    simplex,
)
from robustmech.model import rationals

HALF = Fraction(1, 2)
EVEN = ["1/2", "1/2"]


def test_auction_gives_value_for_the_own_share_and_costs_the_seller() -> None:
    values = [[["0", "0.1"], [1, "0.5"], [2, 2]], [[1, 1], [0, 0], ["1/3", 3]]]
    environment = auction(values, EVEN, cost=[0, "1/4"], caps=[1, "1/2", "2/3"], must_sell=True)
    assert (environment.agents, environment.states, environment.decisions) == (3, 2, 6)
    assert environment.transfers
    shares = np.random.default_rng(0).random((3, 2))  # bidder, good
    decision = shares.ravel()
    table = rationals(values).astype(float)
    for i, state in itertools.product(range(3), range(2)):
        utility = environment.utilities_rounded[i, state] @ decision
        assert utility == pytest.approx(table[state, i] @ shares[i])
    for state in range(2):
        assert environment.payoff_rounded[state] @ decision == pytest.approx(-0.25 * shares[:, 1].sum())
    chosen = environment.decision_set
    assert chosen.group.tolist() == [0, 1] * 3
    assert chosen.required.tolist() == [True, True]
    assert chosen.cap.tolist() == [1, 1, HALF, HALF, Fraction(2, 3), Fraction(2, 3)]
    assert environment.own_decisions is not None
    assert environment.own_decisions.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert environment.decision_names[3] == "bidder 2 gets good 2"
    assert auction([[1]], [1]).decision_names == ("bidder 1 gets the good",)


def test_public_expenditure_is_as_in_section_2() -> None:
    values = np.array([[3.0, 0.5], [0.0, 2.0], [1.0, 1.0]])
    environment = public_expenditure(values, ["1/3"] * 3)
    assert not environment.transfers
    contributions = np.array([0.2, 0.5])
    spent = contributions.sum()
    for i, state in itertools.product(range(2), range(3)):
        utility = environment.utilities_rounded[i, state] @ contributions
        assert utility == pytest.approx(values[state, i] * spent - contributions[i])
    for state in range(3):
        assert environment.payoff_rounded[state] @ contributions == pytest.approx((values[state].sum() - 1) * spent)
    assert environment.decision_set.required.tolist() == [False]
    assert environment.decision_set.groups == 1


def test_bilateral_trade_is_as_in_section_4_3() -> None:
    values = [[0, 2], [3, 5]]
    # the lowest value of the buyer and the highest of the seller: neither loses there
    environment = bilateral_trade(values, EVEN, prices=(2, 3))
    assert environment.agent_names == ("seller", "buyer")
    assert environment.decision_names == ("trade at 2", "trade at 3")
    for state, (seller, buyer) in enumerate(values):
        for k, price in enumerate((2, 3)):
            assert environment.utilities[0, state, k] == price - seller
            assert environment.utilities[1, state, k] == buyer - price
            assert environment.payoff[state, k] == buyer - seller
    chosen = bilateral_trade(values, EVEN, prices=("7/2", 1))
    assert chosen.decision_names == ("trade at 1", "trade at 7/2")
    assert chosen.restrictions == ("trade at prices from 1 to 7/2",)
    assert bilateral_trade(values, EVEN).restrictions == ("trade at prices from -5 to 10",)


def test_bilateral_trade_is_public_expenditure_in_disguise() -> None:
    """Section 4.3: the seller's value is θ₁ in {0, θ̄}, the buyer's θ₁ + θ̄ − 1; the sum of values is θ̄."""
    worth = 3
    trade = bilateral_trade([[0, worth - 1], [worth, 2 * worth - 1]], EVEN, prices=(worth - 1, worth))
    spending = public_expenditure([[worth, 0], [0, worth]], EVEN)
    assert trade.decision_names == ("trade at 2", "trade at 3")
    # agent 1 of one is the seller: paying is trading at the low price; agent 2 pays by trading at the high one
    assert trade.utilities[0].tolist() == spending.utilities[0].tolist()
    assert trade.utilities[1].tolist() == spending.utilities[1].tolist()
    assert trade.payoff.tolist() == spending.payoff.tolist()


def test_product_states_vary_the_last_agent_fastest() -> None:
    states = product_states([[0, "1/2"], [1, 2, 3]])
    assert states.tolist() == [[0, 1], [0, 2], [0, 3], [HALF, 1], [HALF, 2], [HALF, 3]]
    assert product_states([[1, 2]] * 3).shape == (8, 3)
    with pytest.raises(InputError, match=r"values\[1\]\[0\] 'x'"):
        product_states([[0], ["x"]])


def test_scale_and_benchmarks() -> None:
    environment = auction([[0, 0], [1, "1/2"], [4, 8]], ["1/4", "1/4", "1/2"], cost="1/4", caps="1/2")
    assert environment.scale == 8.0
    assert environment.best_surplus().tolist() == [0.0, 0.5 * 0.75 + 0.5 * 0.25, 0.5 * 7.75 + 0.5 * 3.75]
    law = np.array([0.25, 0.25, 0.5])
    assert environment.best_constant_decision(law) == pytest.approx(0.5 * (0.25 + 2 - 0.25) + 0.5 * (0.125 + 4 - 0.25))
    spending = public_expenditure([[3, 0], [0, 3]], EVEN)
    assert spending.best_surplus().tolist() == [2.0, 2.0]
    assert auction([[0, 0]], [1]).scale == 1.0


def general(**changes: Any) -> Environment:
    fields: dict[str, Any] = {
        "utilities": rationals(np.zeros((2, 3, 4))),
        "payoff": rationals(np.zeros((3, 4))),
        "decision_set": simplex(4),
        "beliefs": Beliefs.known(["1/3"] * 3),
        "transfers": False,
        **changes,
    }
    return Environment(**fields)


def test_environment_is_read_only_and_named() -> None:
    environment = general(utilities=rationals(np.ones((2, 3, 4))))
    assert environment.agent_names == ("agent 1", "agent 2")
    assert environment.decision_names == tuple(f"decision {k}" for k in range(1, 5))
    for array in (environment.utilities, environment.payoff, environment.utilities_rounded, environment.payoff_rounded):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert general(agent_names=("a", "b")).agent_names == ("a", "b")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"utilities": np.zeros((2, 3))}, r"utilities has shape \(2, 3\): expected \(agents, states, decisions\)"),
        ({"utilities": np.zeros((0, 3, 4))}, r"utilities has shape \(0, 3, 4\)"),
        ({"payoff": np.zeros((4, 3))}, r"payoff has shape \(4, 3\): expected \(states, decisions\) = \(3, 4\)"),
        ({"decision_set": simplex(3)}, "the decision set has 3 decisions, the utilities 4"),
        ({"beliefs": Beliefs.known([1])}, "beliefs speak of 1 states, the utilities of 3"),
        ({"own_decisions": [[0], [4]]}, "own_decisions must list"),
        ({"own_decisions": [[0]]}, "own_decisions must list"),
        ({"own_decisions": [0, 1]}, "own_decisions must list"),
        ({"agent_names": ("one",)}, "one name per agent"),
        ({"decision_names": ("one",)}, "one name per agent and one per decision"),
    ],
)
def test_environments_whose_shapes_disagree(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=message) as refused:
        general(**changes)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: auction([[0, -1]], [1]), InputError, r"values\[0, 1, 0\] is -1: values must be at least zero"),
        (lambda: auction([[0, "x"]], [1]), InputError, r"values\[0, 1\] 'x'"),
        (lambda: auction([[0, float("nan")]], [1]), InputError, r"values\[0, 1\] is nan"),
        (lambda: auction([[0, 1], [0]], [1]), ShapeError, "values has rows of different lengths"),
        (lambda: auction([0, 1], EVEN), ShapeError, r"values has shape \(2,\): expected \(states, bidders\)"),
        (lambda: auction([[]], [1]), ShapeError, "values has shape"),
        (lambda: auction([[0, 1], ["1/2", 1], [0.5, 1]], ["1/3"] * 3), InputError, r"states 1 and 2 are the same"),
        (lambda: auction([[0, 1]]), InputError, "give either a prior"),
        (lambda: auction([[0, 1]], [1], beliefs=Beliefs.known([1])), InputError, "give either a prior"),
        (lambda: auction([[0, 1]], EVEN), ShapeError, "2 probabilities for 1 states"),
        (lambda: auction([[0, 1]], beliefs=Beliefs.known(EVEN)), ShapeError, "2 probabilities for 1 states"),
        (lambda: auction([[0, 1]], [1], cost=[1, 2]), ShapeError, r"cost has shape \(2,\): give one number, or 1"),
        (lambda: auction([[0, 1]], [1], cost="x"), InputError, "cost 'x'"),
        (lambda: auction([[0, 1]], [1], caps=[1, 1, 1]), ShapeError, r"caps has shape \(3,\): give one number, or 2"),
        (lambda: auction([[0, 1]], [1], caps=0), InputError, "every cap must be positive"),
        (lambda: auction([[0, 1]], [1], caps="1/3", must_sell=True), InputError, "caps of group 0 add up to less"),
        (lambda: public_expenditure([[0, -1]], [1]), InputError, r"values\[0, 1\] is -1"),
        (lambda: public_expenditure([[[1]]], [1]), ShapeError, r"values has shape \(1, 1, 1\)"),
        (lambda: public_expenditure([[1, 1], [1, 1]], EVEN), InputError, "states 0 and 1 are the same"),
        (lambda: public_expenditure([[0, 1]], EVEN), ShapeError, "2 probabilities for 1 states"),
        (lambda: bilateral_trade([[0, 1, 2]], [1]), ShapeError, "seller then buyer"),
        (lambda: bilateral_trade([], []), ShapeError, "seller then buyer"),
        (lambda: bilateral_trade([[0, -1]], [1]), InputError, r"values\[0, 1\] is -1"),
        (lambda: bilateral_trade([[0, 1], [0, 1]], EVEN), InputError, "states 0 and 1 are the same"),
        (lambda: bilateral_trade([[0, 1]], [1], prices=("x", 1)), InputError, "prices 'x'"),
    ],
)
def test_applications_that_make_no_sense(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as refused:
        make()
    assert "\n" not in str(refused.value)
