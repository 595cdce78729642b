"""The limits in the number of bidders, against auctions with many."""

import math

import numpy as np
import pytest

from robustmech.continuum.common_value import CommonValue, OrderAveragedAuction, ProportionalAuction, ValueLaw
from robustmech.continuum.common_value.payments import ImputedGrowth

MODELS = {
    "some gains negative": (ValueLaw.from_atoms([0, 1, 3], ["0.3", "0.3", "0.4"]), 0.5, False),
    "uniform with cost": (ValueLaw.uniform(0, 1), 0.3, False),
    "gains positive": (ValueLaw.uniform(1, 2), 0.5, False),
    "must sell": (ValueLaw.uniform(0, 1), 0.3, True),
}
each = pytest.mark.parametrize(("law", "cost", "must_sell"), list(MODELS.values()), ids=list(MODELS))


@each
def test_guarantee_and_rate(law: ValueLaw, cost: float, must_sell: bool) -> None:
    """Proposition 6: √N (gains − guarantee) → ∫ φ dγ̄."""
    limit = CommonValue.from_law(law, 2, cost, must_sell).many_bidders()
    assert limit.guarantee == pytest.approx(law.mean - cost)
    errors = []
    for bidders in (100, 1600):
        model = CommonValue.from_law(law, bidders, cost, must_sell)
        errors.append(abs(math.sqrt(bidders) * (model.surplus - model.guarantee) - limit.information_rent))
    assert errors[1] < 0.3 * errors[0]
    assert errors[1] < 0.01 * limit.information_rent


def test_information_rent_of_the_uniform_law() -> None:
    """∫ φ² = 1/(2√π)."""
    limit = CommonValue.from_law(ValueLaw.uniform(0, 1), 2).many_bidders()
    assert limit.information_rent == pytest.approx(1 / (2 * math.sqrt(math.pi)), abs=1e-13)


@each
def test_information(law: ValueLaw, cost: float, must_sell: bool) -> None:
    """Lemma 11, away from jumps of the value."""
    limit = CommonValue.from_law(law, 2, cost, must_sell).many_bidders()
    model = CommonValue.from_law(law, 4000, cost, must_sell)
    x = np.array([-1.5, -0.2, 0.8, 1.7])
    np.testing.assert_allclose(model.graded_value(4000 + x * math.sqrt(4000)), limit.graded_value(x), atol=0.01)
    np.testing.assert_allclose(model.aggregate_allocation(4000 + x * math.sqrt(4000)), limit.supply(x), atol=0.04)


@each
def test_aggregate_transfer(law: ValueLaw, cost: float, must_sell: bool) -> None:
    limit = CommonValue.from_law(law, 2, cost, must_sell).many_bidders()
    errors = []
    x, y = np.array([-1.5, 0.0, 1.5]), np.array([0.7, 0.85, 1.3, 2.0])
    for bidders in (400, 6400):
        auction = CommonValue.from_law(law, bidders, cost, must_sell).auction()
        assert isinstance(auction, ProportionalAuction)
        near = auction.aggregate_transfer(bidders + x * math.sqrt(bidders)) - limit.aggregate_transfer(x)
        far = auction.aggregate_transfer(bidders * y) - limit.aggregate_transfer_in_means(y)
        errors.append([np.abs(near).max(), np.abs(far).max()])
    assert errors[1][0] < 0.35 * errors[0][0]
    assert errors[1][1] < 0.35 * errors[0][1]
    assert errors[1][0] < 0.03 * law.highest


@each
@pytest.mark.parametrize(("fraction", "after"), [(0.3, 0.5), (0.5, -0.7)])
def test_price_in_orders(law: ValueLaw, cost: float, must_sell: bool, fraction: float, after: float) -> None:
    """One place in one order: N (F_p(Σ) − F_p(Σ + m))/m plus the floor, against the corrected limits."""
    limit = CommonValue.from_law(law, 2, cost, must_sell).many_bidders()
    errors = []
    for bidders in (100, 500):
        model = CommonValue.from_law(law, bidders, cost, must_sell)
        auction = model.auction("rotations")
        assert isinstance(auction, OrderAveragedAuction)
        later = round(fraction * bidders)
        bid, floor, imputed = 0.1, auction.growth.floor, ImputedGrowth(auction.growth)

        def price(
            total: float, later: int = later, bid: float = bid, imputed: ImputedGrowth = imputed, bidders: int = bidders
        ) -> float:
            pair = imputed(bidders - later, np.array([total, total + bid]))
            return bidders * float(pair[0] - pair[1]) / bid

        near = price(later + after * math.sqrt(bidders)) + floor
        high = price(bidders * (fraction + 0.3)) + floor
        low = price(bidders * (fraction - 0.25)) + floor
        errors.append(
            [
                abs(near - limit.unit_price_in_orders(after, fraction)),
                abs(high - limit.unit_price_in_orders_in_means(fraction + 0.3, fraction)),
                abs(low - limit.unit_price_in_orders_in_means(fraction - 0.25, fraction)),
            ]
        )
    scale = law.highest
    assert all(later < 0.6 * first + 1e-6 for first, later in zip(*errors, strict=True))
    assert max(errors[1]) < 0.1 * scale


def test_supply_in_means() -> None:
    rationed = CommonValue.from_law(ValueLaw.uniform(0, 1), 3000, 0.3)
    x = np.array([0.2, 0.6, 0.9, 1.2])
    limit = rationed.many_bidders()
    np.testing.assert_allclose(rationed.aggregate_allocation(3000 * x), limit.supply_in_means(x), atol=0.02)
    assert CommonValue.from_law(ValueLaw.uniform(1, 2), 2, 0.5).many_bidders().supply_in_means(0.1) == 1
    # where the lowest value is just the cost and the law rises linearly from it, rationing ends at one half
    assert CommonValue.from_law(ValueLaw.uniform(0, 1), 1000).cutoff / 1000 == pytest.approx(0.5, abs=0.002)


def test_misspecified_law_in_the_limit() -> None:
    """Lemma 12 and Proposition 8: λ_N(v) → v − c, so that any law's gains are guaranteed."""
    model = CommonValue.from_law(ValueLaw.uniform(0, 2), 3000, 0.3)
    values = np.array([0.2, 0.9, 1.6])
    np.testing.assert_allclose(model.value_multipliers(values), values - 0.3, atol=0.03)
    other = ValueLaw.from_atoms([0.5, 1.5], ["1/4", "3/4"])
    assert model.guarantee_at(other) == pytest.approx(other.mean - 0.3, abs=0.03)
