"""Formats as mechanisms, numbers that are known in closed form, and how numbers must move with the problem."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from dense_programs import environments, random_information, random_mechanism

from robustmech import (
    Beliefs,
    Environment,
    Grid,
    InformationStructure,
    InputError,
    Mechanism,
    ShapeError,
    SizeError,
    auction,
    product_states,
)
from robustmech.evaluate import first_price, guarantee, posted_price, potential, second_price
from robustmech.model import MECHANISM_DENOMINATOR

ENVIRONMENTS = environments()
ONE_WINS = auction([[1, 0], [0, 1]], ["1/2", "1/2"])


@pytest.mark.parametrize("price", [0.125, 0.25, 0.5, 0.75])
@pytest.mark.parametrize("high", ["1/4", "1/2", "9/10"])
def test_posted_price_to_one_bidder_with_a_binary_value(price: float, high: str) -> None:
    """Nature pools all bidders with value 0 with as many with value 1 as leave the pool's mean at the price.

    With probability π of value 1 the pool holds z = p (1 − π)/(1 − p) of them, and the price sells to π − z.
    """
    likely = float(Fraction(high))
    expected = price * max(0.0, (likely - price) / (1 - price))
    environment = auction([[0], [1]], [1 - Fraction(high), high])
    found = guarantee(posted_price(1, price), environment)
    assert expected - 1e-7 < found.value <= expected + 1e-12


def test_posted_price_when_only_the_mean_is_known() -> None:
    """The same pool is the worst over all laws on [0, 1] with a mean, as Markov's inequality says."""
    values = [[Fraction(j, 8)] for j in range(9)]
    environment = auction(values, beliefs=Beliefs.means(values, ["3/4"]))
    assert guarantee(posted_price(1, 0.5), environment).value == pytest.approx(0.5 * (0.75 - 0.5) / 0.5, abs=1e-7)


def test_posted_price_with_a_known_empirical_distribution() -> None:
    """Source: Brooks & Du (2023), section 6.2: with signals that are right three times in four, 13/16 buy."""
    price = 0.5 - 2**-10
    assert 0 < guarantee(posted_price(2, price), ONE_WINS).value <= price * 13 / 16


@pytest.mark.parametrize("grids", [(Grid.quantile(2),) * 2, (Grid.published(2), Grid.from_weights([1, 2, 3]))])
def test_no_information_leaves_the_mean_to_the_seller(grids: tuple[Grid, ...]) -> None:
    """Source: Brooks & Du (2023), section 6.1."""
    information = _independent(grids, np.array([1, 1]), 2)
    assert potential(information, ONE_WINS).value == pytest.approx(0.5, abs=1e-7)


def test_a_bidder_who_knows_its_value_gets_a_monopoly_price() -> None:
    prior = [Fraction(2, 10), Fraction(3, 10), Fraction(4, 10), Fraction(1, 10)]
    values = [Fraction(1, 8), Fraction(2, 8), Fraction(6, 8), Fraction(1)]
    information = InformationStructure(
        grids=(Grid.from_weights(prior),),
        law_counts=np.identity(4, dtype=np.int64),
        denominator=1,
        mixture=Fraction(0),
        correction=np.array([Fraction(1), *[Fraction(0)] * 3], dtype=object),
        product_signals=True,
        state_law=np.array(prior, dtype=object),
    )
    revenue = max(float(v * sum(prior[j:], Fraction(0))) for j, v in enumerate(values))
    found = potential(information, auction([[v] for v in values], prior))
    assert found.value == pytest.approx(revenue, abs=1e-7)
    assert found.best_mechanism.transfers is not None
    np.testing.assert_allclose(found.best_mechanism.transfers[0], [0, 0, 0.75, 0.75], atol=1e-6)


def test_prices_and_shares_of_the_formats() -> None:
    bids = [0, 0.25, 0.5]
    first, second = first_price(2, bids), second_price(2, bids)
    assert first.transfers is not None
    assert second.transfers is not None
    assert first.decisions[2, 1].tolist() == second.decisions[2, 1].tolist() == [1, 0]
    assert first.decisions[1, 1].tolist() == second.decisions[1, 1].tolist() == [0.5, 0.5]
    assert first.transfers[:, 2, 1].tolist() == [0.5, 0]
    assert second.transfers[:, 2, 1].tolist() == [0.25, 0]
    assert first.transfers[:, 1, 1].tolist() == second.transfers[:, 1, 1].tolist() == [0.125, 0.125]
    posted = posted_price(3, 0.3)
    assert posted.transfers is not None
    assert (posted.decision_counts.sum(axis=-1) <= MECHANISM_DENOMINATOR).all()
    assert posted.decision_counts[0, 0, 0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(posted.transfers[:, 1, 0, 1], [0.15, 0, 0.15])


def test_first_price_with_a_common_value_beats_second_price() -> None:
    environment = auction([[Fraction(j, 4)] * 2 for j in range(5)], ["1/5"] * 5)
    bids = np.linspace(0, 1, 11)
    first, second = (guarantee(auctioned(2, bids), environment).value for auctioned in (first_price, second_price))
    assert first > 0.1 > 1e-6 > second >= 0


@pytest.mark.parametrize("name", ["cost and caps", "rows and penalty", "public expenditure"])
def test_numbers_scale_with_payoffs(name: str) -> None:
    environment = ENVIRONMENTS[name]
    factor = 3
    beliefs = environment.beliefs
    penalties = None if beliefs.penalties is None else beliefs.penalties * factor
    scaled = Environment(
        utilities=environment.utilities * factor,
        payoff=environment.payoff * factor,
        decision_set=environment.decision_set,
        beliefs=replace(beliefs, penalties=penalties),
        transfers=environment.transfers,
    )
    mechanism = random_mechanism(environment, 3)
    larger = replace(mechanism, transfers=None if mechanism.transfers is None else factor * mechanism.transfers)
    assert guarantee(larger, scaled).value == pytest.approx(factor * guarantee(mechanism, environment).value, abs=1e-6)
    information = random_information(environment, (Grid.quantile(3),) * 2, 3)
    assert potential(information, scaled).value == pytest.approx(
        factor * potential(information, environment).value, abs=1e-6
    )


def test_names_of_bidders_and_of_actions_do_not_matter() -> None:
    environment = auction(product_states([[0, "1/2", 1]] * 2), ["1/9"] * 9)
    mechanism = random_mechanism(environment, 9, actions=4)
    assert mechanism.transfers is not None
    value = guarantee(mechanism, environment).value
    swapped = Mechanism(
        grids=mechanism.grids[::-1],
        decision_counts=mechanism.decision_counts.swapaxes(0, 1)[..., ::-1].copy(),
        transfers=mechanism.transfers[::-1].swapaxes(1, 2).copy(),
    )
    assert guarantee(swapped, environment).value == pytest.approx(value, abs=1e-6)
    order = [0, 3, 1, 2, 2]
    repeated = Mechanism(
        grids=(Grid.from_weights([1, 2, 3, 4, 5]), mechanism.grids[1]),
        decision_counts=mechanism.decision_counts[order],
        transfers=mechanism.transfers[:, order],
    )
    assert guarantee(repeated, environment).value == pytest.approx(value, abs=1e-6)


def test_a_merged_signal_says_the_same() -> None:
    environment = ENVIRONMENTS["must sell"]
    information = random_information(environment, (Grid.from_weights([2, 1]), Grid.quantile(2)), 4)
    split = replace(
        information,
        grids=(Grid.quantile(3), Grid.quantile(2)),
        law_counts=information.law_counts[[0, 0, 1]],
    )
    assert potential(split, environment).value == pytest.approx(potential(information, environment).value, abs=1e-6)


@pytest.mark.parametrize("amount", [1e-300, 0.25])
def test_participation_is_checked_exactly(amount: float) -> None:
    mechanism = posted_price(2, 0.25)
    assert mechanism.transfers is not None
    charged = mechanism.transfers.copy()
    charged[0, 0, 1] = amount
    with pytest.raises(InputError, match=r"action 0 of bidder 1 is not participation secure.*\(1\)"):
        guarantee(replace(mechanism, transfers=charged), ONE_WINS)


def test_participation_is_checked_in_every_state() -> None:
    environment = ENVIRONMENTS["public expenditure"]
    mechanism = random_mechanism(environment, 0)
    counts = mechanism.decision_counts.copy()
    counts[1, 0] = [0, 1]
    with pytest.raises(InputError, match=r"action 0 of agent 2 is not participation secure: .* \(1\) in state 0"):
        guarantee(replace(mechanism, decision_counts=counts), environment)


def test_objects_of_another_environment_are_refused() -> None:
    mechanism = posted_price(2, 0.25)
    three, public = ENVIRONMENTS["three bidders"], ENVIRONMENTS["public expenditure"]
    with pytest.raises(ShapeError, match="2 agents"):
        guarantee(mechanism, three)
    with pytest.raises(InputError, match="nobody can pay"):
        guarantee(mechanism, public)
    with pytest.raises(InputError, match="no transfers"):
        guarantee(replace(mechanism, transfers=None), ONE_WINS)
    with pytest.raises(InputError, match=r"profile \(0, 0\) are not in the decision set"):
        guarantee(mechanism, auction([[1, 0], [0, 1]], ["1/2", "1/2"], must_sell=True))
    with pytest.raises(SizeError, match="over all deviations"):
        guarantee(mechanism, ONE_WINS, memory_limit=1e6)
    with pytest.raises(InputError, match="time limit"):
        guarantee(mechanism, ONE_WINS, time_limit=0)
    information = _independent((Grid.quantile(2),) * 2, np.array([1, 1]), 2)
    with pytest.raises(ShapeError, match="2 states"):
        potential(information, ENVIRONMENTS["must sell"])
    with pytest.raises(InputError, match="independent"):
        potential(replace(information, product_signals=False), ONE_WINS)
    with pytest.raises(InputError, match="sum to the denominator"):
        potential(replace(information, denominator=3), ONE_WINS)
    law = information.law_counts + np.array([5, -5])
    with pytest.raises(InputError, match="at least zero"):
        potential(replace(information, law_counts=law), ONE_WINS)
    with pytest.raises(InputError, match="mixture"):
        potential(replace(information, mixture=Fraction(1)), ONE_WINS)
    with pytest.raises(SizeError, match="over all deviations"):
        potential(information, ONE_WINS, memory_limit=1e6)


def test_an_empty_set_is_said_to_be_empty() -> None:
    contradictory = Beliefs.moments([[1, 0], [1, 0]], ["1/2", "1/3"])
    with pytest.raises(InputError, match="no prior"):
        guarantee(posted_price(2, 0.25), auction([[1, 0], [0, 1]], beliefs=contradictory))
    public = ENVIRONMENTS["public expenditure"]
    forced = replace(public.decision_set, required=np.array([True]))
    costly = Environment(
        utilities=public.utilities - 2,
        payoff=public.payoff,
        decision_set=forced,
        beliefs=public.beliefs,
        transfers=False,
    )
    with pytest.raises(InputError, match="no direct mechanism"):
        potential(random_information(costly, (Grid.quantile(2),) * 2, 0), costly)


@pytest.mark.parametrize("bids", [[0], [0.5, 1], [0, 1, 1], [0, -1], [[0, 1]]])
def test_bids_must_increase_from_zero(bids: list[float]) -> None:
    with pytest.raises(InputError):
        first_price(2, bids)


def test_a_sale_needs_a_bidder_and_a_price_that_is_not_negative() -> None:
    with pytest.raises(InputError, match="at least one"):
        posted_price(0, 0.5)
    with pytest.raises(InputError, match="price"):
        posted_price(2, -0.5)


def _independent(grids: tuple[Grid, ...], counts: np.ndarray, denominator: int) -> InformationStructure:
    """Signals that say nothing about the state."""
    shape = (*(grid.actions for grid in grids), counts.size)
    law = np.array([Fraction(int(c), denominator) for c in counts], dtype=object)
    return InformationStructure(
        grids=grids,
        law_counts=np.array(np.broadcast_to(counts, shape), dtype=np.int64),
        denominator=denominator,
        mixture=Fraction(0),
        correction=law,
        product_signals=True,
        state_law=law.copy(),
    )
