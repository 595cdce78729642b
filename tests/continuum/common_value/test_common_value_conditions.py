"""The conditions that define a maxmin auction, checked on the implemented rules at random bids."""

import itertools
from typing import Literal

import numpy as np
import pytest
from common_value_cases import CASES, Array, erlang_density, integral, kinks, model_of, random_model

from robustmech.continuum import AuctionRule
from robustmech.continuum.common_value import CommonValue, OrderAveragedAuction, ProportionalAuction, ValueLaw

Rule = Literal["proportional", "orders"]
RULES: tuple[Rule, ...] = ("proportional", "orders")
_STEP = 1e-3
_REACH = 3.5 * _STEP


def random_bids(model: CommonValue, generator: np.random.Generator, size: int) -> Array:
    scale = generator.uniform(0.2, 2.5, (size, 1))
    return 0.03 + generator.standard_exponential((size, model.bidders)) * scale


def away_from_kinks(model: CommonValue, bids: Array, every_sum: bool) -> Array:
    """Profiles at which no sum that the transfers depend on is within the stencil of a kink."""
    n = model.bidders
    members = np.array(list(itertools.product([0, 1], repeat=n))) if every_sum else np.ones((1, n))
    sums = bids @ members.T
    near = [np.any(np.abs(sums - kink) < _REACH, axis=1) for kink in kinks(model)]
    return bids[~np.any(near, axis=0)] if near else bids


def divergence(rule: AuctionRule, bids: Array, own_only: bool = False) -> Array:
    """Σ_i ∂t_i/∂m_i by sixth-order central differences; of the allocation, one slope per bidder, if `own_only`."""
    slopes = np.empty_like(bids)
    function = rule.allocate if own_only else rule.transfers
    for i in range(bids.shape[-1]):
        shift = np.zeros(bids.shape[-1])
        shift[i] = _STEP
        at = {k: function(bids + k * shift)[..., i] for k in (-3, -2, -1, 1, 2, 3)}
        slopes[..., i] = (45 * (at[1] - at[-1]) - 9 * (at[2] - at[-2]) + (at[3] - at[-3])) / (60 * _STEP)
    return slopes if own_only else slopes.sum(axis=-1)


def models() -> list[tuple[str, CommonValue]]:
    generator = np.random.default_rng(20180309)
    named = [(str(case), model_of(case)) for case in CASES]
    return named + [(f"random {k}", random_model(generator)) for k in range(9)]


MODELS = models()
all_models = pytest.mark.parametrize("model", [m for _, m in MODELS], ids=[name for name, _ in MODELS])


@all_models
@pytest.mark.parametrize("rule", RULES)
def test_excess_growth_of_the_implemented_transfers(model: CommonValue, rule: Rule) -> None:
    """∇·t − Σt = Ξ."""
    auction = model.auction(rule)
    bids = away_from_kinks(model, random_bids(model, np.random.default_rng(3), 400), rule == "orders")
    assert len(bids) > 40
    growth = divergence(auction, bids) - auction.transfers(bids).sum(axis=-1)
    scale = max(1.0, model.law.highest)
    np.testing.assert_allclose(growth, model.aggregate_excess_growth(bids.sum(axis=-1)), atol=2e-9 * scale, rtol=0)


@all_models
@pytest.mark.parametrize("rule", RULES)
def test_feasible_and_nothing_for_nothing(model: CommonValue, rule: Rule) -> None:
    generator = np.random.default_rng(4)
    bids = generator.standard_exponential((3000, model.bidders)) * generator.choice([0, 1e-9, 0.3, 1, 30], (3000, 1))
    bids *= generator.random(bids.shape) < 0.7
    auction = model.auction(rule)
    shares, payments = auction.allocate(bids), auction.transfers(bids)
    assert shares.min() >= 0
    assert shares.sum(axis=-1).max() <= 1
    if model.must_sell:
        np.testing.assert_allclose(shares.sum(axis=-1), 1.0, atol=1e-14)
    assert np.all(payments[bids == 0] == 0)
    assert np.all(np.isfinite(payments))
    order = generator.permutation(model.bidders)
    if bids.any(axis=-1).all() or not model.must_sell:
        np.testing.assert_allclose(auction.allocate(bids[:, order]), shares[:, order], atol=1e-14)
    np.testing.assert_allclose(auction.transfers(bids[:, order]), payments[:, order], atol=1e-11 * model.law.highest)
    one = bids[0]
    np.testing.assert_array_equal(auction.transfers(one), payments[0])
    np.testing.assert_array_equal(auction.transfers(bids.reshape(30, 100, -1)), payments.reshape(30, 100, -1))


@all_models
@pytest.mark.parametrize("rule", RULES)
def test_transfers_stay_bounded_as_a_bid_grows(model: CommonValue, rule: Rule) -> None:
    """Strong transversality in its consequence: t_i(m) has a limit, which is −ξ_i at infinity."""
    generator = np.random.default_rng(5)
    others = generator.standard_exponential(model.bidders)
    bids = np.tile(others, (5, 1))
    bids[:, 0] = [1e4, 1e6, 1e8, 1e100, 1e300]
    payments = model.auction(rule).transfers(bids)
    assert np.all(np.abs(payments) <= 3 * model.bidders * model.law.highest)
    np.testing.assert_allclose(payments[2:, 0], payments[1, 0], atol=1e-4 * model.law.highest * model.bidders)
    assert np.all(np.isfinite(model.auction(rule).transfers(np.full(model.bidders, 1e308))))


@all_models
def test_slope_of_the_allocation(model: CommonValue) -> None:
    """∂q_i/∂m_i ≤ sensitivity, with equality where the good is rationed from zero; Σ_i of them is μ."""
    bids = away_from_kinks(model, random_bids(model, np.random.default_rng(6), 2000), False)
    slopes = divergence(model.auction(), bids, own_only=True)
    totals = bids.sum(axis=-1)
    np.testing.assert_allclose(slopes.sum(axis=-1), model.total_allocation_sensitivity(totals), rtol=1e-6, atol=1e-9)
    if model.cutoff:
        assert slopes.max() <= model.sensitivity * (1 + 1e-8)
        np.testing.assert_allclose(slopes[totals < model.cutoff], model.sensitivity, rtol=1e-8)
    else:
        assert model.sensitivity == np.inf


@all_models
def test_excess_growth_is_balanced(model: CommonValue) -> None:
    """E[Ξ] = 0; for one bidder facing a price, the price is the part of Ξ that sits at a bid of zero."""
    expected = integral(
        lambda x: model.aggregate_excess_growth(x) * erlang_density(model.bidders, x), kinks(model), high=120.0
    )
    if model.bidders == 1 and model.cutoff == 0 and not model.must_sell:
        expected += model.law.lowest
    assert expected == pytest.approx(0.0, abs=1e-11 * max(1.0, model.law.highest))


@all_models
def test_total_sensitivity_falls_and_determines_supply(model: CommonValue) -> None:
    """μ = Q' + (N − 1) Q/x, equation (25) from (21); μ decreasing, Lemma 7; Q continuous in [0, 1]."""
    x = np.linspace(0.02, 12, 6001)
    supply, sensitivity = model.aggregate_allocation(x), model.total_allocation_sensitivity(x)
    assert supply.min() >= 0
    assert supply.max() <= 1
    assert np.all(np.diff(sensitivity) <= 1e-12)
    assert np.max(np.abs(np.diff(supply))) < 0.03
    ends = np.array([e for i in model.graded_intervals for e in (i.start, i.end) if e > 0])
    np.testing.assert_allclose(model.aggregate_allocation(ends), 1.0, atol=1e-12)
    inside = x[np.all(np.abs(x[:, None] - ends) > 1e-4, axis=1)] if ends.size else x
    slope = (model.aggregate_allocation(inside + 1e-5) - model.aggregate_allocation(inside - 1e-5)) / 2e-5
    implied = slope + (model.bidders - 1) * model.aggregate_allocation(inside) / inside
    np.testing.assert_allclose(implied, model.total_allocation_sensitivity(inside), rtol=1e-5, atol=1e-8)


def test_rotations_complete_the_auction_too() -> None:
    """Averaging over N rotations of one order instead of all orders keeps the aggregate excess growth."""
    model = CommonValue.from_law(ValueLaw.uniform(0, 1), 4, cost=0.2)
    full = model.auction("orders")
    assert isinstance(full, OrderAveragedAuction)
    rotations = OrderAveragedAuction(full.growth, must_sell=False, all_orders=False)
    bids = away_from_kinks(model, random_bids(model, np.random.default_rng(8), 300), True)
    growth = divergence(rotations, bids) - rotations.transfers(bids).sum(axis=-1)
    np.testing.assert_allclose(growth, model.aggregate_excess_growth(bids.sum(axis=-1)), atol=1e-9)
    shifted = np.mean([np.roll(rotations.transfers(np.roll(bids, k, axis=1)), -k, axis=1) for k in range(4)], axis=0)
    np.testing.assert_allclose(shifted, rotations.transfers(bids), atol=1e-12)
    orders = [list(order) for order in itertools.permutations(range(4))]
    averaged = np.zeros_like(bids)
    for order in orders:
        averaged[:, order] += rotations.transfers(bids[:, order]) / len(orders)
    np.testing.assert_allclose(averaged, full.transfers(bids), atol=1e-12)


@pytest.mark.parametrize("rule", ["proportional", "rotations"])
def test_forty_bidders(rule: Literal["proportional", "rotations"]) -> None:
    model = CommonValue.from_law(ValueLaw.uniform(0, 1), 40, cost=0.1)
    auction = model.auction(rule)
    signals, _ = model.information.sample(np.random.default_rng(9), 300)
    profit = (auction.transfers(signals) - model.cost * auction.allocate(signals)).sum(axis=1)
    assert abs(profit.mean() - model.guarantee) < 3.5 * profit.std() / np.sqrt(300)
    assert np.abs(auction.transfers(signals)).max() < 1


def test_equation_22_by_direct_quadrature() -> None:
    """(22) with its integral done term by term, three bidders, against the implemented transfers."""
    model = CommonValue([0, 1, 1.5], [0.3, 0.4, 0.3], 3, cost=0.2)
    auction = model.auction("orders")
    bids = np.array([0.7, 1.3, 0.4])

    def term(total: float, imputed: int) -> float:
        cuts = [k - total for k in kinks(model)]
        return integral(lambda x: model.aggregate_excess_growth(total + x) * erlang_density(imputed, x), cuts)

    expected = []
    for i in range(3):
        others = [j for j in range(3) if j != i]
        payment = 0.0
        for size in range(3):
            for chosen in itertools.combinations(others, size):
                total = float(bids[list(chosen)].sum())
                weight = 1 / 3 / (1 if size in (0, 2) else 2)
                payment += weight * (term(total, 3 - size) - term(total + bids[i], 3 - size))
        expected.append(payment)
    np.testing.assert_allclose(auction.transfers(bids), expected, atol=1e-10)


def test_aggregate_transfer_by_direct_quadrature() -> None:
    """T(x) g_N(x) = −∫_x^∞ Ξ g_N."""
    for case in (("three atoms", 3, 0.1, False), ("uniform", 3, 0.3, False), ("beta", 3, 0.1, True)):
        model = model_of(case)
        auction = model.auction()
        assert isinstance(auction, ProportionalAuction)
        for total in (0.1, 0.9, 2.5, 6.0, 20.0, 47.0):

            def weighted(x: Array, model: CommonValue = model, total: float = total) -> Array:
                return model.aggregate_excess_growth(total + x) * np.exp(2 * np.log1p(x / total) - x)

            rest = integral(weighted, [k - total for k in kinks(model)])
            assert auction.aggregate_transfer(total) == pytest.approx(-rest, abs=2e-8 if total < 0.5 else 1e-10)
