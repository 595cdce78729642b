"""Transfers averaged over all orders: by going through sets, by sums of exponentials, and by counting ties."""

import itertools
import math

import numpy as np
import pytest
from common_value_cases import Array, erlang_density, integral, kinks
from scipy import stats

from robustmech.continuum.common_value import CommonValue, OrderAveragedAuction, ValueLaw
from robustmech.continuum.common_value.orders import AllOrders, over_all_sets
from robustmech.continuum.common_value.payments import ImputedGrowth
from robustmech.errors import InputError

MODELS = {
    "uniform": (ValueLaw.uniform(0, 1), 0.2, False),
    "three atoms": (ValueLaw.from_atoms([0.2, 1, 2], ["0.3", "0.3", "0.4"]), 0.1, False),
    "must sell": (ValueLaw.from_atoms([0.2, 1, 2], ["0.3", "0.3", "0.4"]), 0.1, True),
    "high uniform": (ValueLaw.uniform(1, 2), 0.5, False),
    "beta": (ValueLaw.from_scipy(stats.beta(2, 4)), 0.1, False),
    "known": (ValueLaw.from_atoms([1.5], [1]), 0.5, False),
}
each = pytest.mark.parametrize("name", list(MODELS))


def averaged(name: str, bidders: int) -> tuple[CommonValue, OrderAveragedAuction]:
    law, cost, must_sell = MODELS[name]
    model = CommonValue.from_law(law, bidders, cost, must_sell)
    auction = model.auction("orders")
    assert isinstance(auction, OrderAveragedAuction)
    return model, auction


@each
@pytest.mark.parametrize("bidders", [6, 13])
def test_all_orders_at_once_and_set_by_set(name: str, bidders: int) -> None:
    """The same average, with and without going through the 2^N sets: typical, tied, zero and huge bids."""
    model, auction = averaged(name, bidders)
    generator = np.random.default_rng(bidders)
    spread = generator.standard_exponential((6, bidders)) * generator.choice([0, 1e-9, 1, 30, 1e5, 1e305], (6, bidders))
    end = model.graded_intervals[0].end if model.graded_intervals else 12.0
    tied = np.repeat([[end / 3], [end / 4], [end / 5], [40.0]], bidders, axis=1)
    bids = np.concatenate([generator.standard_exponential((4, bidders)), spread, tied])
    imputed = ImputedGrowth(auction.growth)
    at_once, one_by_one = AllOrders(imputed).payments(bids), over_all_sets(imputed, bids)
    np.testing.assert_allclose(at_once, one_by_one, atol=2e-12 * model.law.highest, rtol=0)


def counting_ties(imputed: ImputedGrowth, levels: list[float], counts: list[int]) -> list[float]:
    """Payments above the floor of a bidder at each level, from (22) by counting how many of each level come after."""
    n = sum(counts)
    payments = []
    for own, level in enumerate(levels):
        others = [count - (k == own) for k, count in enumerate(counts)]
        payment = 0.0
        for after in itertools.product(*(range(count + 1) for count in others)):
            size = sum(after)
            ways = math.prod(math.comb(count, k) for count, k in zip(others, after, strict=True))
            total = float(np.dot(after, levels))
            pair = imputed(n - size, np.array([total, total + level]))
            payment += ways / (n * math.comb(n - 1, size)) * float(pair[0] - pair[1])
        payments.append(payment)
    return payments


@each
@pytest.mark.parametrize("bidders", [30])
def test_many_bidders_with_three_different_bids(name: str, bidders: int) -> None:
    model, auction = averaged(name, bidders)
    end = model.graded_intervals[0].end if model.graded_intervals else 0.9 * bidders
    levels, counts = [0.3, end / (bidders / 3), 2.1], [bidders // 3, bidders - bidders // 3 - 7, 7]
    bids = np.repeat(levels, counts)
    paid = auction.transfers(bids) - auction.growth.floor * auction.allocate(bids)
    stated = counting_ties(ImputedGrowth(auction.growth), levels, counts)
    np.testing.assert_allclose(paid, np.repeat(stated, counts), atol=2e-12 * model.law.highest, rtol=0)


def test_equation_22_for_thirty_equal_bids_by_direct_quadrature() -> None:
    """(22), its integrals of Ξ done one by one: with equal bids only the number of bidders after matters."""
    model, auction = averaged("uniform", 30)
    bid, marks = 0.8, kinks(model)

    def term(total: float, imputed: int) -> float:
        def growth(x: Array) -> Array:
            return model.aggregate_excess_growth(total + x) * erlang_density(imputed, x)

        return integral(growth, [k - total for k in marks], high=140.0)

    terms = [term(after * bid, 30 - after) - term((after + 1) * bid, 30 - after) for after in range(30)]
    assert auction.transfers(np.full(30, bid))[7] == pytest.approx(float(np.mean(terms)), abs=1e-10)


@each
def test_thirty_bidders_are_anonymous_and_pay_a_bounded_amount(name: str) -> None:
    model, auction = averaged(name, 30)
    generator = np.random.default_rng(3)
    bids = generator.standard_exponential((3, 30)) * (generator.random((3, 30)) < 0.8)
    bids[1, :4] = [1e300, 250.0, 1e-300, 0.0]
    payments = auction.transfers(bids)
    order = generator.permutation(30)
    np.testing.assert_allclose(auction.transfers(bids[:, order]), payments[:, order], atol=1e-14 * model.law.highest)
    np.testing.assert_array_equal(auction.transfers(bids[2]), payments[2])
    assert np.all(payments[bids == 0] == 0)
    assert np.abs(payments).max() <= 3 * model.law.highest
    large = np.tile(bids[2], (3, 1))
    large[:, 5] = [1e6, 1e9, 1e250]
    settled = auction.transfers(large)[:, 5]
    np.testing.assert_allclose(settled[1:], settled[0], atol=1e-4 * model.law.highest)


@pytest.mark.parametrize("name", ["uniform", "three atoms", "must sell", "high uniform"])
def test_revenue_of_thirty_bidders_by_simulation(name: str) -> None:
    model, auction = averaged(name, 30)
    signals, _ = model.information.sample(np.random.default_rng(9), 40)
    profit = (auction.transfers(signals) - model.cost * auction.allocate(signals)).sum(axis=1)
    assert abs(profit.mean() - model.guarantee) < 3 * profit.std() / np.sqrt(40)


def test_more_bidders_than_all_orders_allow_need_another_rule() -> None:
    model = CommonValue.from_law(ValueLaw.uniform(0, 1), 101)
    with pytest.raises(InputError, match="rotations"):
        model.auction("orders")
    rotations = model.auction("rotations")
    assert isinstance(rotations, OrderAveragedAuction)
    signals, _ = model.information.sample(np.random.default_rng(9), 300)
    profit = rotations.transfers(signals).sum(axis=1)
    assert abs(profit.mean() - model.guarantee) < 3 * profit.std() / np.sqrt(300)
