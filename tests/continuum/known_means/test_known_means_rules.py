"""The conditions that define a maxmin auction, for every rule of the known-means model and the compound auction."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from known_means_cases import RULES, rule_for, split_points
from maxmin_conditions import far_from_kinks, growth_residuals, own_derivatives, random_bids

from robustmech.continuum.known_means import ConsistentRule, KnownMeans, ShapleyRule, WeightedProportional

MEANS = {
    "one": [0.5],
    "two": [0.6, 0.4],
    "two tied": [0.5, 0.5],
    "two nearly tied": [0.5, 0.5 - 1e-12],
    "one excluded": [0.8, 0.3],
    "three": [0.6, 0.55, 0.5],
    "three, two tied": [0.6, 0.55, 0.55],
    "five, near ties": [0.5, 0.5 + 1e-3, 0.5 + 1e-6, 0.5 + 1e-9, 0.5 + 1e-12],
    "five, two excluded": [0.7, 0.2, 0.65, 0.1, 0.68],
    "ten": list(np.linspace(0.5, 0.58, 10)),
    "thirty": list(np.linspace(0.4, 0.6, 30)),
    "thirty, near ties": [0.5 + 10.0 ** -(3 + i % 10) for i in range(30)],
}
CASES = [(name, kind) for name, kind in itertools.product(MEANS, RULES)]
KNOWN = [(n, k) for n, k in CASES if len(MEANS[n]) <= RULES[k]]


@pytest.mark.parametrize(("name", "kind"), KNOWN)
def test_feasible_and_secure(name: str, kind: str) -> None:
    rule = rule_for(kind, MEANS[name])
    bids = random_bids(rule.bidders, 400, 1)
    shares, paid = rule.allocate(bids), rule.transfers(bids)
    requests = bids * KnownMeans(MEANS[name]).sensitivities
    assert np.all(shares >= 0)
    assert np.all(shares <= requests * (1 + 1e-12))
    np.testing.assert_allclose(shares.sum(axis=1), np.minimum(1.0, requests.sum(axis=1)), rtol=1e-12)
    for bidder in range(rule.bidders):
        without = bids[:20].copy()
        without[:, bidder] = 0.0
        assert not rule.allocate(without)[:, bidder].any()
        assert not rule.transfers(without)[:, bidder].any()
    assert np.all(np.abs(paid) < 1.0)


@pytest.mark.parametrize(("name", "kind"), KNOWN)
def test_transfers_have_the_aggregate_excess_growth(name: str, kind: str) -> None:
    """∇·t − Σt = Ξ, differentiating what the auction returns."""
    rule = rule_for(kind, MEANS[name])
    bids = random_bids(rule.bidders, {1: 400, 2: 400, 3: 400, 5: 60}.get(rule.bidders, 24), 2)
    bids = bids[far_from_kinks(rule, bids, split_points(rule, bids))]
    assert bids.shape[0] >= 15
    assert np.max(np.abs(growth_residuals(rule, bids))) < 2e-10


@pytest.mark.parametrize(("name", "kind"), KNOWN)
def test_slopes_are_the_derivatives_and_at_most_the_sensitivities(name: str, kind: str) -> None:
    rule = rule_for(kind, MEANS[name])
    eta = KnownMeans(MEANS[name]).sensitivities
    bids = random_bids(rule.bidders, 60, 3)
    slopes = rule.slopes(bids)
    assert np.all(slopes >= 0)
    assert np.all(slopes <= eta * (1 + 1e-12))
    served = bids @ eta < 1
    np.testing.assert_allclose(slopes[served], np.broadcast_to(eta, slopes[served].shape), rtol=1e-12)
    bids = bids[far_from_kinks(rule, bids, split_points(rule, bids))]
    np.testing.assert_allclose(own_derivatives(rule.allocate, bids), rule.slopes(bids), atol=1e-10)


@pytest.mark.parametrize(("name", "kind"), KNOWN)
def test_revenue_at_the_minmax_information_is_the_guarantee(name: str, kind: str) -> None:
    """Truthful play at unit exponential signals, within three standard errors; and E[Ξ] = 0."""
    model, rule = KnownMeans(MEANS[name]), rule_for(kind, MEANS[name])
    signals, _ = model.information.sample(4000 if rule.bidders < 6 else 1000, seed=11)
    for drawn, expected in [(rule.transfers(signals).sum(axis=1), model.guarantee), (rule.excess_growth(signals), 0.0)]:
        assert abs(drawn.mean() - expected) < 3 * drawn.std() / np.sqrt(drawn.size)


@pytest.mark.parametrize(("name", "kind"), KNOWN)
def test_transfers_stay_bounded_as_a_bid_grows(name: str, kind: str) -> None:
    rule = rule_for(kind, MEANS[name])
    bids = np.repeat(random_bids(rule.bidders, 1, 4), 18, axis=0)
    bids[:, 0] = 10.0 ** np.arange(-9, 9)
    paid = rule.transfers(bids)
    assert np.all(np.isfinite(paid))
    assert np.all(np.abs(paid) <= 1.0)
    assert abs(paid[-1, 0] - paid[-2, 0]) < 1e-3
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.all(np.abs(rule.transfers(np.full(rule.bidders, 1e300))) <= 1.0)


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("name", ["two", "three, two tied", "five, two excluded"])
def test_no_other_bid_is_better_at_the_minmax_information(name: str, kind: str) -> None:
    """Common random signals of the others; no deviation gains more than three standard errors."""
    model, rule = KnownMeans(MEANS[name]), rule_for(kind, MEANS[name])
    signals, _ = model.information.sample(400, seed=5)
    for bidder in range(model.bidders):
        for signal in (0.05, 1.0):
            truthful = signals.copy()
            truthful[:, bidder] = signal
            value = model.information.interim_values(truthful)[:, bidder]
            honest = value * rule.allocate(truthful)[:, bidder] - rule.transfers(truthful)[:, bidder]
            for bid in (0.0, 0.3, 3.0, 50.0):
                deviation = truthful.copy()
                deviation[:, bidder] = bid
                gain = value * rule.allocate(deviation)[:, bidder] - rule.transfers(deviation)[:, bidder] - honest
                assert gain.mean() <= 3 * gain.std() / np.sqrt(gain.size) + 1e-12


@pytest.mark.parametrize("kind", RULES)
def test_equilibrium_by_quadrature_for_two(kind: str) -> None:
    """t_i'(a) = E[∂q_i/∂a_i · w_i] at truth, equation (21), and truth is best on a grid."""
    model = KnownMeans([0.6, 0.4])
    rule = rule_for(kind, [0.6, 0.4])
    own, other = model.sensitivities
    for signal in (0.2, 0.9, 1.9):
        grid = np.concatenate([signal + np.array([0.0, -1e-3, 1e-3]), np.linspace(0, 6, 25)])
        payoffs = []
        for bid in grid:
            edges = sorted(
                {0.0, 40.0, *_positive((1 - own * signal) / other, (1 - own * bid) / other, 1 / other - bid)}
            )
            nodes, weights = _panels([*edges, 1 / other])
            profile = np.stack([np.full_like(nodes, bid), nodes], axis=1)
            value = np.exp(np.minimum(own * signal + other * nodes - 1, 0) / own)
            payoff = value * rule.allocate(profile)[:, 0] - rule.transfers(profile)[:, 0]
            payoffs.append(float(np.sum(weights * np.exp(-nodes) * payoff)))
        assert max(payoffs) <= payoffs[0] + 1e-12
        assert abs(payoffs[2] - payoffs[1]) < 2e-6


@pytest.mark.parametrize("kind", RULES)
def test_revenue_by_quadrature_for_two(kind: str) -> None:
    model, rule = KnownMeans([0.6, 0.4]), rule_for(kind, [0.6, 0.4])
    first, second = model.sensitivities
    outer, outer_weights = _panels([0.0, 1 / first, 1 / second, 10.0, 45.0])
    total = 0.0
    for bid, weight in zip(outer, outer_weights, strict=True):
        kinks = _positive((1 - second * bid) / first, 1 / second - bid, 1 / first)
        nodes, weights = _panels(sorted({0.0, 10.0, 45.0, *kinks}))
        revenue = rule.transfers(np.stack([nodes, np.full_like(nodes, bid)], axis=1)).sum(axis=1)
        total += weight * np.exp(-bid) * float(np.sum(weights * np.exp(-nodes) * revenue))
    assert total == pytest.approx(model.guarantee, abs=1e-10)


def test_rules_agree_where_the_papers_say_so() -> None:
    bids = random_bids(2, 200, 8)
    eta = [0.5, 0.2]
    np.testing.assert_allclose(ConsistentRule(eta).allocate(bids), ShapleyRule(eta).allocate(bids), rtol=1e-12)
    tied = KnownMeans([0.5] * 3)
    profile = random_bids(3, 200, 9)
    np.testing.assert_allclose(
        tied.auction().allocate(profile), tied.weighted_proportional().allocate(profile), rtol=1e-12
    )


def test_shapley_shares_are_averages_over_orders() -> None:
    rule = ShapleyRule([0.6, 0.4, 0.3, 0.1])
    for bids in random_bids(4, 30, 10):
        shares = np.zeros(4)
        for order in itertools.permutations(range(4)):
            left = 1.0
            for bidder in order:
                got = min(rule.sensitivities[bidder] * bids[bidder], left)
                shares[bidder] += got / 24
                left -= got
        np.testing.assert_allclose(rule.allocate(bids), shares, atol=1e-14)


def test_consistent_shares_are_consistent() -> None:
    """Every pair shares what it gets together as two claimants would: the property that defines the rule."""
    rule = ConsistentRule([0.6, 0.4, 0.3, 0.1])
    for bids in random_bids(4, 60, 12):
        shares = rule.allocate(bids)
        for i, j in itertools.combinations(range(4), 2):
            claims, amount = rule.sensitivities[[i, j]] * bids[[i, j]], shares[i] + shares[j]
            conceded = np.maximum(amount - claims[::-1], 0.0)
            assert shares[i] == pytest.approx(conceded[0] + (amount - conceded.sum()) / 2, abs=1e-12)


def test_consistent_slopes_leave_the_papers_set_with_three() -> None:
    """Three equal claims a little above the supply: the slope is 2/3, which is not one of 0, 1/2, 1."""
    rule = ConsistentRule([1.0, 1.0, 1.0])
    assert rule.slopes([0.4, 0.4, 0.4]) == pytest.approx([2 / 3] * 3)
    moved = rule.allocate([0.4 + 1e-6, 0.4, 0.4])[0] - rule.allocate([0.4, 0.4, 0.4])[0]
    assert moved / 1e-6 == pytest.approx(2 / 3, rel=1e-6)


def test_canonical_transfers_are_the_papers_integral() -> None:
    """Equations (31)-(33) for two bidders, integrated as printed."""
    rule = WeightedProportional([0.55, 0.3])
    nodes, weights = _panels([0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 45.0], 60)

    def expected(profiles: Callable[[np.ndarray], np.ndarray], kinks: list[float]) -> float:
        points, mass = _panels(sorted({0.0, 1.0, 3.0, 8.0, 45.0, *_positive(*kinks)}), 60)
        return float(np.sum(mass * np.exp(-points) * rule.excess_growth(profiles(points))))

    def growth(x: float, other: float) -> float:
        alone = expected(lambda s: np.stack([np.full_like(s, x), s], axis=1), [(1 - 0.55 * x) / 0.3])
        kept = expected(lambda s: np.stack([s, np.full_like(s, other)], axis=1), [(1 - 0.3 * other) / 0.55])
        both = float(rule.excess_growth([x, other]))
        return (alone - 0.0) / 2 + (both - kept) / 2

    for first, second in [(0.4, 0.7), (1.5, 1.2), (2.5, 0.2)]:
        points, mass = _panels(
            sorted({0.0, first, *[k for k in _positive((1 - 0.3 * second) / 0.55, 1 / 0.55) if k < first]})
        )
        integral = sum(w * np.exp(first - x) * growth(x, second) for x, w in zip(points, mass, strict=True))
        assert rule.transfers([first, second])[0] == pytest.approx(integral, abs=1e-9)
    assert nodes.size == weights.size


def _positive(*points: float) -> list[float]:
    return [point for point in points if 0 < point < 40]


def _panels(edges: list[float], count: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Gauss's rule on the panels between the edges."""
    ordered = np.unique(edges)
    points, weights = np.polynomial.legendre.leggauss(count)
    widths = np.diff(ordered)[:, None]
    return (ordered[:-1, None] + widths * (points + 1) / 2).ravel(), (widths * weights / 2).ravel()
