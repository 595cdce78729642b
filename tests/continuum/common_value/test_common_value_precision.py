"""∇·t − Σt = Ξ to more than thirty digits, for transfers that the library computes to within 1e-12."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest
from common_value_cases import Array
from common_value_precision import DIGITS, PreciseAuction, precise
from mpmath import mp, mpf

from robustmech.continuum.common_value import CommonValue

MODELS: dict[str, tuple[list[str], list[str], int, str, bool]] = {
    "rationed at low bids": (["0", "1"], ["1/2", "1/2"], 3, "1/5", False),
    "rationed twice": (["0", "1", "6/5", "3"], ["1/5", "1/5", "3/10", "3/10"], 4, "1/5", False),
    "floor and rationing": (["1/5", "1", "2"], ["3/10", "3/10", "2/5"], 3, "1/10", False),
    "must sell": (["1/5", "1", "2"], ["3/10", "3/10", "2/5"], 3, "1/10", True),
    "two bidders": (["1/3", "1", "4"], ["1/4", "1/4", "1/2"], 2, "1/3", False),
}
each = pytest.mark.parametrize("name", list(MODELS))


@pytest.fixture(autouse=True)
def extended_precision() -> Iterator[None]:
    with mp.workdps(DIGITS):
        yield


def exactly(number: str) -> mpf:
    fraction = Fraction(number)
    return mpf(fraction.numerator) / fraction.denominator


def both(name: str) -> tuple[CommonValue, PreciseAuction]:
    values, chances, bidders, cost, must_sell = MODELS[name]
    model = CommonValue(values, chances, bidders, cost, must_sell)
    return model, precise([exactly(v) for v in values], [exactly(p) for p in chances], model)


def random_bids(bidders: int, count: int) -> Array:
    generator = np.random.default_rng(bidders)
    return np.asarray(
        generator.standard_exponential((count, bidders)) * generator.uniform(0.2, 3, (count, 1)), dtype=np.float64
    )


@each
def test_the_library_solves_the_written_out_model(name: str) -> None:
    model, auction = both(name)
    assert abs(auction.guarantee - mpf(model.guarantee)) < 1e-13 * model.law.highest
    assert name != "rationed twice" or len(model.graded_intervals) == 2
    starts = {float(piece.start) for piece in auction.pieces}
    for interval in model.graded_intervals:
        assert min(abs(start - interval.start) for start in starts) < 1e-12
        assert min(abs(start - interval.end) for start in starts) < 1e-12
    for x in np.random.default_rng(1).uniform(0.01, 20, 200).tolist():
        assert abs(auction.growth(mpf(x)) - mpf(float(model.aggregate_excess_growth(x)))) < 1e-11 * model.law.highest


@each
@pytest.mark.parametrize(("rule", "count"), [("proportional", 1000), ("orders", 60)])
def test_implemented_transfers_are_the_written_out_ones(
    name: str, rule: Literal["proportional", "orders"], count: int
) -> None:
    model, auction = both(name)
    bids = random_bids(model.bidders, count)
    written = auction.proportional if rule == "proportional" else auction.orders
    stated = np.array([[float(t) for t in written([mpf(b) for b in row])] for row in bids.tolist()])
    np.testing.assert_allclose(model.auction(rule).transfers(bids), stated, atol=1e-12 * model.law.highest, rtol=0)


@each
@pytest.mark.parametrize(("rule", "count"), [("proportional", 1000), ("orders", 12)])
def test_excess_growth_to_thirty_digits(name: str, rule: Literal["proportional", "orders"], count: int) -> None:
    model, auction = both(name)
    written = auction.proportional if rule == "proportional" else auction.orders
    for row in random_bids(model.bidders, count).tolist():
        bids = [mpf(bid) for bid in row]
        assert abs(auction.growth_of(written, bids) - auction.growth(sum(bids))) < mpf(10) ** -30


def test_values_far_apart_and_far_below_the_cost_are_no_trouble() -> None:
    """Neither the highest value, however rare, decides whether there is a surplus, nor does a jump below the cost."""
    scales = [10.0**k for k in range(-12, 10)]
    total = sum(1 / v for v in scales)
    rare = CommonValue(scales, [1 / v / total for v in scales], 2)
    assert rare.has_surplus
    assert rare.guarantee == pytest.approx(rare.potential, rel=1e-9)
    assert 0 < rare.guarantee < rare.law.mean
    costly = CommonValue([0, 1e-6, 1e10, 5e10], [0.25] * 4, 5, 3e10)
    assert not costly.has_surplus
    assert CommonValue([0, 1e-6, 1e10, 5e10], [0.25] * 4, 5, 1e10).guarantee > 0
