"""The smoothed highest-bid auction against the conditions that define it."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss

import robustmech as rm
from robustmech.continuum.constant_sum import ConstantSum, ConstantSumAuction
from robustmech.continuum.rules import AuctionRule
from robustmech.errors import InputError, ShapeError
from robustmech.model import FloatArray

SMOOTHINGS = [0.03, 0.37, 1.0, 2.6]
SKEWS = [0.0, -0.25, 0.4]
CENTRAL = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
"""Weights of the central difference of sixth order."""


def random_bids(count: int, smoothing: float) -> FloatArray:
    """Bids of all sizes, half of them within the smoothing window of each other."""
    generator = np.random.default_rng(count)
    bids = generator.exponential(2.0, (count, 2)) * 10.0 ** generator.uniform(-3, 1, (count, 1))
    near = bids[: count // 2]
    near[:, 1] = np.abs(near[:, 0] + smoothing * generator.uniform(-1.5, 1.5, count // 2))
    return bids


def away_from_kinks(bids: FloatArray, smoothing: float, distance: float) -> FloatArray:
    lead = np.abs(bids[:, 0] - bids[:, 1])
    kinks = [lead, np.abs(lead - smoothing), bids[:, 0], bids[:, 1]]
    kinks += [np.abs(bids[:, 0] - smoothing), np.abs(bids[:, 1] - smoothing)]
    clear: FloatArray = np.min(kinks, axis=0)
    return np.asarray(bids[clear > distance], dtype=np.float64)


def own_slopes(function: Callable[[FloatArray], FloatArray], bids: FloatArray, step: float) -> FloatArray:
    slopes = np.zeros(bids.shape)
    for i in range(2):
        for k, weight in CENTRAL.items():
            move = k * step * np.eye(2)[i]
            slopes[:, i] += weight * (function(bids + move) - function(bids - move))[:, i] / step
    return slopes


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("skew", SKEWS)
def test_transfers_have_the_aggregate_excess_growth(smoothing: float, skew: float) -> None:
    auction = ConstantSum(smoothing, 1.7).auction(skew)
    step = smoothing * 0.01
    bids = away_from_kinks(random_bids(8000, smoothing), smoothing, 4 * step)
    growth = (own_slopes(auction.transfers, bids, step) - auction.transfers(bids)).sum(axis=1)
    assert bids.shape[0] > 3000
    assert np.abs(growth - auction.aggregate_excess_growth(bids)).max() < 1e-9


@pytest.mark.parametrize("smoothing", [*SMOOTHINGS, 1e-9, 20.0])
def test_aggregate_excess_growth_is_balanced(smoothing: float) -> None:
    """Quadrature in probability, where the mass of the window is a polynomial on either side of x = m."""
    model = ConstantSum(smoothing, 3.0)
    nodes, weights = leggauss(8)
    mean = 0.0
    for start, end in ((0.0, -math.expm1(-smoothing)), (-math.expm1(-smoothing), 1.0)):
        own = -np.log1p(-(start + (end - start) * (nodes + 1) / 2))
        edges = [np.zeros(8), np.maximum(own - smoothing, 0), own + smoothing, np.full(8, np.inf)]
        for low, high in itertools.pairwise(edges):
            middle = np.where(np.isfinite(high), (low + high) / 2, low + 1.0)
            growth = model.aggregate_excess_growth(np.stack([own, middle], axis=1))
            mean += float((weights * (end - start) / 2 * (np.exp(-low) - np.exp(-high)) * growth).sum())
    assert mean == pytest.approx(0, abs=1e-14 + 1e-15 / smoothing)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_strategic_virtual_objective_is_the_guarantee_everywhere(smoothing: float) -> None:
    model = ConstantSum(smoothing, 1.7)
    bids = away_from_kinks(random_bids(6000, smoothing), smoothing, smoothing * 0.04)
    slopes = own_slopes(model.allocate, bids, smoothing * 0.01)
    values = np.random.default_rng(1).uniform(0, 1.7, bids.shape[0])
    objective = values * slopes[:, 0] + (1.7 - values) * slopes[:, 1] - model.aggregate_excess_growth(bids)
    assert np.abs(objective - model.guarantee).max() < 1e-9


@pytest.mark.parametrize("smoothing", [0.0, 1e-300, 1e-9, *SMOOTHINGS, 50.0, 1e6])
@pytest.mark.parametrize("skew", SKEWS)
def test_feasible_bounded_and_free_for_a_zero_bid(smoothing: float, skew: float) -> None:
    auction = ConstantSumAuction(smoothing=smoothing, total=2.0, skew=skew)
    generator = np.random.default_rng(3)
    bids = 10.0 ** generator.uniform(-320, 308, (4000, 2)) * (generator.random((4000, 2)) > 0.2)
    bids[:500, 1] = bids[:500, 0]
    bids = np.concatenate([bids, random_bids(4000, smoothing)])
    shares, paid = auction.allocate(bids), auction.transfers(bids)
    assert shares.min() >= 0
    assert (shares.sum(axis=1) == 1).all()
    assert (paid[bids == 0] == 0).all()
    assert np.abs(paid).max() <= 2.0 * (0.75 + 3 * abs(skew))
    if smoothing >= 1e-3:
        # The formula itself vanishes at zero: it is continuous there.
        tiny = auction.transfers(np.stack([np.full(50, 1e-13), np.linspace(0, 5, 50)], axis=1))
        assert np.abs(tiny[:, 0]).max() < 1e-9


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_transfers_settle_as_a_bid_grows(smoothing: float) -> None:
    for auction in (ConstantSum(smoothing).equal_auction, ConstantSum(smoothing).posted_price_auction):
        others = np.linspace(0, 6, 30)
        paid = [auction.transfers(np.stack([np.full(30, bid), others], axis=1))[:, 0] for bid in (60.0, 1e8, 1e300)]
        assert np.abs(paid[1] - paid[0]).max() < 1e-12
        assert (paid[1] == paid[2]).all()
        lost = [auction.transfers(np.stack([others, np.full(30, bid)], axis=1))[:, 0] for bid in (60.0, 1e8, 1e300)]
        assert np.abs(lost[1] - lost[0]).max() < 1e-12
        assert (lost[1] == lost[2]).all()


@pytest.mark.parametrize("smoothing", [0.37, 2.6])
@pytest.mark.parametrize("skew", SKEWS)
def test_transfers_are_those_of_the_balanced_division(smoothing: float, skew: float) -> None:
    """t_i = −∫ e^{−y} ξ_i(x_i + y, x_j) dy with ξ_i of equation (46), by quadrature between the jumps."""
    auction = ConstantSum(smoothing).auction(skew)
    nodes, weights = leggauss(24)
    for own, other in ((0.3, 1.1), (1.4, 0.2), (2.0, 2.1), (0.0, 0.7), (3.0, 0.0)):
        jumps = [other + k * smoothing for k in (-1, 0, 1)] + [smoothing]
        cuts = np.unique([own, *(max(own, jump) for jump in jumps), own + 4, own + 10, own + 45])
        paid = 0.0
        for low, high in itertools.pairwise(cuts):
            for node, weight in zip(nodes, weights, strict=True):
                bid = low + (high - low) * (node + 1) / 2
                growth = part(auction, bid, other) - own_mean(auction, other) + own_mean(auction, bid)
                paid -= weight * (high - low) / 2 * math.exp(own - bid) * growth
        assert auction.transfers(np.array([own, other]))[0] == pytest.approx(paid, abs=1e-11)


def part(auction: ConstantSumAuction, own: float, other: float) -> float:
    """An agent's part Ξ/2 + c sign(own − other) of the aggregate excess growth."""
    growth = float(auction.aggregate_excess_growth(np.array([own, other])))
    return growth / 2 + auction.skew * float(np.sign(own - other))


def own_mean(auction: ConstantSumAuction, other: float) -> float:
    """The mean of the part over one's own exponential bid, exact since it is constant between its jumps."""
    cuts = [0.0, *(max(0.0, other + k * auction.smoothing) for k in (-1, 0, 1)), math.inf]
    total = 0.0
    for low, high in itertools.pairwise(cuts):
        if high > low:
            middle = low + 1.0 if math.isinf(high) else (low + high) / 2
            total += (math.exp(-low) - math.exp(-high)) * part(auction, middle, other)
    return total


def test_guarantee_and_its_limit() -> None:
    guarantees = [ConstantSum(m).guarantee for m in (2.0, 1.0, 0.5, 1e-3, 1e-300)]
    assert guarantees[1] == pytest.approx((1 - math.exp(-1)) / 2, rel=2e-15)
    assert guarantees == sorted(guarantees)
    assert guarantees[3] == pytest.approx(0.5 - 1e-3 / 4, abs=1e-7)
    assert 0.5 - 1e-15 <= guarantees[4] <= 0.5
    assert ConstantSum(1.0, 3.0).guarantee == pytest.approx(3 * guarantees[1], rel=1e-15)
    assert ConstantSum(1.0, 3.0).supremum == 1.5


def test_limits_of_both_transfer_rules() -> None:
    bids = np.array([[2.0, 0.7], [0.7, 2.0], [1.2, 1.2], [1.2, 0.0], [0.0, 1.2], [0.0, 0.0]])
    small = ConstantSum(1e-7)
    assert np.abs(small.posted_price_auction.transfers(bids) - small.limit_auction.transfers(bids)).max() < 1e-6
    posted = [[0.5, 0], [0, 0.5], [0.25, 0.25], [0.25, 0], [0, 0.25], [0, 0]]
    assert small.limit_auction.transfers(bids) == pytest.approx(np.array(posted), abs=1e-12)
    assert small.limit_auction.allocate(bids).tolist() == [[1, 0], [0, 1], [0.5, 0.5], [1, 0], [0, 1], [0.5, 0.5]]
    equal = small.equal_auction.transfers(bids)[:, 0]
    e = np.exp
    printed = [
        1 / 4 + e(-0.7) / 2 - e(-2.0) / 4,
        1 / 4 - e(-2.0 + 0.7) / 2 + e(-2.0) / 2 - e(-0.7) / 4,
        e(-1.2) / 2 - e(-1.2) / 4,
        1 / 2 - e(-1.2) / 4,
        0.0,
        0.0,
    ]
    assert equal == pytest.approx(printed, abs=1e-6)
    assert ConstantSumAuction(smoothing=0.0).transfers(bids)[:, 0] == pytest.approx(printed, abs=1e-12)


def test_the_limit_itself_guarantees_nothing() -> None:
    """Both bidding zero is an equilibrium without information: a higher bid wins for sure, and pays for it."""
    limit = ConstantSum(1.0).limit_auction
    shared = 0.5 * limit.allocate(np.zeros(2))[0] - limit.transfers(np.zeros(2))[0]
    higher = np.stack([np.geomspace(1e-6, 1e6, 40), np.zeros(40)], axis=1)
    assert limit.transfers(np.zeros(2)).sum() == 0
    assert (0.5 * limit.allocate(higher)[:, 0] - limit.transfers(higher)[:, 0] <= shared + 1e-12).all()
    smoothed = ConstantSum(0.1).posted_price_auction
    raised = 0.5 * smoothed.allocate(np.array([0.1, 0.0]))[0] - smoothed.transfers(np.array([0.1, 0.0]))[0]
    assert raised > shared + 0.01


def test_the_finite_bracket_contains_the_limit() -> None:
    environment = rm.auction([[1, 0], [0, 1]], ["1/2", "1/2"])
    solution = rm.solve(environment, rm.Grid.quantile(20))
    assert solution.lower is not None
    assert solution.upper is not None
    assert solution.lower.value <= 0.5 <= solution.upper.value
    for smoothing in (0.05, 0.5):
        assert ConstantSum(smoothing).guarantee <= solution.upper.value


def test_rules_and_bad_input() -> None:
    rule: AuctionRule = ConstantSum(1).equal_auction
    assert rule.bidders == 2
    assert rule.transfers(np.ones((4, 3, 2))).shape == (4, 3, 2)
    for smoothing in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InputError):
            ConstantSum(smoothing)
    with pytest.raises(InputError):
        ConstantSum(1.0, -2.0)
    with pytest.raises(InputError):
        ConstantSum(1.0).auction(math.nan)
    with pytest.raises(InputError, match="mass on equal bids"):
        ConstantSum(1.0).limit_auction.aggregate_excess_growth(np.ones(2))
    with pytest.raises(ShapeError):
        rule.transfers(np.ones(3))
    with pytest.raises(InputError):
        rule.allocate(np.array([1.0, math.inf]))
