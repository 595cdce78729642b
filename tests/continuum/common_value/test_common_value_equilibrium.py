"""Truthful play at the minmax information: an equilibrium, and the guarantee is what it yields."""

from typing import Literal

import numpy as np
import pytest
from common_value_cases import CASES, Array, erlang_density, integral, kinks, model_of, random_model

from robustmech.continuum.common_value import CommonValue, ProportionalAuction

Rule = Literal["proportional", "orders"]
_SEVERAL = [case for case in CASES if case[1] > 1]
_RANDOM = [m for m in (random_model(np.random.default_rng(seed)) for seed in range(40)) if m.bidders > 1][:6]
MODELS = [model_of(case) for case in _SEVERAL] + _RANDOM
IDS = [str(case) for case in _SEVERAL] + [f"random {k}" for k in range(len(_RANDOM))]
all_models = pytest.mark.parametrize("model", MODELS, ids=IDS)


def expected_share(model: CommonValue, signal: float, bid: float) -> float:
    """E[w̄(signal + y) q_i(bid, …)], y the sum of the others' signals."""
    auction = model.auction()

    def integrand(y: Array) -> Array:
        bids = np.repeat((y / (model.bidders - 1))[..., None], model.bidders, axis=-1)
        bids[..., 0] = bid
        worth = model.graded_value(signal + y) * auction.allocate(bids)[..., 0]
        return np.asarray(worth * erlang_density(model.bidders - 1, y))

    return integral(integrand, [k - at for k in kinks(model) for at in (signal, bid)], pieces=5)


def expected_payment(model: CommonValue, bid: float) -> float:
    """E[t_i(bid, …)] of the proportional auction."""
    auction = model.auction()

    def integrand(y: Array) -> Array:
        bids = np.repeat((y / (model.bidders - 1))[..., None], model.bidders, axis=-1)
        bids[..., 0] = bid
        return np.asarray(auction.transfers(bids)[..., 0] * erlang_density(model.bidders - 1, y))

    return integral(integrand, [k - bid for k in kinks(model)], pieces=5)


@all_models
def test_no_bid_beats_the_truthful_one(model: CommonValue) -> None:
    bids = [0.0, 0.02, 0.3, 0.7, 1.0, 1.6, 2.5, 4.0, 7.0, 15.0, 1e3, 1e8]
    payments = {bid: expected_payment(model, bid) for bid in bids if bid > 0} | {0.0: 0.0}
    for signal in (0.02, 0.7, 1.6, 4.0):
        truthful = expected_share(model, signal, signal) - payments[signal]
        gains = [expected_share(model, signal, bid) - payments[bid] - truthful for bid in bids]
        assert max(gains) <= 1e-9 * max(1.0, model.law.highest)
        assert truthful >= -1e-9


@all_models
def test_both_rules_charge_the_same_on_average(model: CommonValue) -> None:
    """Weak transversality fixes expected payments: E[t_i | m_i] = −∫ Ξ(m_i + x) g_N(x) dx for either rule."""
    for bid in (0.1, 1.0, 3.0):
        cuts = [k - bid for k in kinks(model)]

        def growth(x: Array, bid: float = bid) -> Array:
            return model.aggregate_excess_growth(bid + x) * erlang_density(model.bidders, x)

        stated = -integral(growth, cuts)
        assert expected_payment(model, bid) == pytest.approx(stated, abs=1e-9 * max(1.0, model.law.highest))
    if model.bidders == 2:
        ends = kinks(model)
        for bid in (0.1, 1.0, 3.0):

            def integrand(y: Array, b: float = bid) -> Array:
                bids = np.stack([np.full_like(y, b), y], axis=-1)
                return np.asarray(model.auction("orders").transfers(bids)[..., 0] * np.exp(-y))

            charged = integral(integrand, [*ends, *(k - bid for k in ends)])
            assert charged == pytest.approx(expected_payment(model, bid), abs=1e-9 * max(1.0, model.law.highest))


@all_models
def test_revenue_by_quadrature(model: CommonValue) -> None:
    auction = model.auction()
    assert isinstance(auction, ProportionalAuction)

    def profit(x: Array) -> Array:
        collected = auction.aggregate_transfer(x) - model.cost * model.aggregate_allocation(x)
        return np.asarray(collected * erlang_density(model.bidders, x))

    assert integral(profit, kinks(model)) == pytest.approx(model.guarantee, abs=1e-10 * max(1.0, model.law.highest))


@all_models
@pytest.mark.parametrize("rule", ["proportional", "orders"])
def test_revenue_by_simulation(model: CommonValue, rule: Rule) -> None:
    draws = 20_000
    signals, _ = model.information.sample(np.random.default_rng(2024), draws)
    auction = model.auction(rule)
    profit = (auction.transfers(signals) - model.cost * auction.allocate(signals)).sum(axis=1)
    assert abs(profit.mean() - model.guarantee) <= 3 * profit.std() / np.sqrt(draws) + 1e-12


@all_models
def test_local_objective_at_the_information_is_the_guarantee(model: CommonValue) -> None:
    """At the values that go with signals the strategic virtual objective equals λ, and is never lower anywhere."""
    signals, values = model.information.sample(np.random.default_rng(7), 3000)
    totals = signals.sum(axis=1)
    scale = max(1.0, model.law.highest)
    at_information = model.strategic_virtual_objective(values, totals)
    np.testing.assert_allclose(at_information, model.value_multipliers(values), atol=1e-9 * scale)
    elsewhere = model.strategic_virtual_objective(values, np.random.default_rng(8).permutation(totals))
    assert np.all(elsewhere >= model.value_multipliers(values) - 1e-9 * scale)


@all_models
def test_posterior_keeps_the_law_of_values(model: CommonValue) -> None:
    """The two-point law has the graded mean, and values drawn from it have the stated law."""
    x = np.linspace(0.01, 15, 400)
    low, high, chance = model.information.posterior(x)
    np.testing.assert_allclose(low + chance * (high - low), model.graded_value(x), atol=1e-12 * model.law.highest)
    assert np.all((chance >= 0) & (chance <= 1))

    def moment(power: int) -> float:
        def integrand(totals: Array) -> Array:
            low, high, chance = (v.reshape(totals.shape) for v in model.information.posterior(totals.ravel()))
            return np.asarray(
                (low**power + chance * (high**power - low**power)) * erlang_density(model.bidders, totals)
            )

        return integral(integrand, kinks(model), pieces=30)

    for power in (1, 2, 3):

        def raised(values: Array, power: int = power) -> Array:
            return np.asarray(values**power, dtype=np.float64)

        stated = model.law.expectation(raised)
        assert moment(power) == pytest.approx(
            stated, rel=1e-9 if power == 1 else 3e-5
        )  # the law jumps where its partner does
    _, values = model.information.sample(np.random.default_rng(5), 40_000)
    marks = np.linspace(model.law.lowest, model.law.highest, 9)
    shares = np.mean(values[:, None] <= marks, axis=0)
    np.testing.assert_allclose(shares, model.law.cumulative(marks), atol=0.012)
