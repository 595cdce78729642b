"""Canonical transfers of many bidders: against all sets, against counts of bidders alike, and by their definition."""

from collections.abc import Callable
from math import comb, factorial

import numpy as np
import numpy.typing as npt
import pytest
from maxmin_conditions import Array, random_bids
from scipy import stats

from robustmech import SizeError
from robustmech.continuum.known_means import ShapleyRule, WeightedProportional
from robustmech.continuum.known_means.few_random import FewRandom, most_random
from robustmech.continuum.known_means.many_random import ManyRandom

Rule = WeightedProportional | ShapleyRule
_CENTRAL = (4 / 5, -1 / 5, 4 / 105, -1 / 280)  # eighth-order central difference

SENSITIVITIES = {
    "nine, apart": np.geomspace(0.4, 0.01, 9),
    "ten, tied": np.full(10, 0.12),
    "eleven, nearly tied": 0.1 + np.repeat([0.0, 1e-9, 1e-3], [5, 5, 1]),
    "twelve, one tiny": np.append(np.full(11, 0.1), 1e-3),
}
"""From the largest down but for the near ties."""


def awkward_requests(eta: Array) -> Array:
    """Requests of every size; equal, zero, tiny and huge ones; sums at the supply and next to it."""
    drawn = random_bids(eta.size, 8, 21) * eta
    drawn[1, 2:4] = 0.0
    drawn[2, 1] = 1e280
    drawn[3, :2] = 1e-200
    drawn[4] = 1.0 / eta.size
    drawn[5] = 0.25
    drawn[6] = 1.0 / (eta.size - 1) + np.arange(eta.size) * 1e-13
    return drawn


@pytest.mark.parametrize("name", SENSITIVITIES)
def test_the_expansion_agrees_with_all_sets(name: str) -> None:
    eta = np.sort(SENSITIVITIES[name])[::-1]
    requests = awkward_requests(eta)
    every = FewRandom.over(eta, eta.size).payments(requests)
    for single in (3, 4):
        parts = FewRandom.over(eta, single), ManyRandom.over(eta, single)
        np.testing.assert_allclose(sum(part.payments(requests) for part in parts), every, rtol=0, atol=2e-12)
    assert np.abs(FewRandom.over(eta, 3).payments(requests) - every).max() > 1e-3


def test_all_sets_are_visited_up_to_the_number_stated() -> None:
    most = WeightedProportional.most_canonical
    assert most_random(most) == most
    assert most_random(most + 1) < most
    assert most_random(WeightedProportional.most_on_demand) == 2


def mean_slopes_of_alike(eta: float, bidders: int, random: int, requested: float) -> float:
    """E Σ ∂q/∂a of the weighted-proportional rule for equal η: H if Z < 1, (H − η)/Z else, Z = y + η · a gamma."""
    start, stop = max(0.0, random - 14 * np.sqrt(random) - 10), random + 14 * np.sqrt(random) + 40
    split = float(np.clip((1 - requested) / eta, start, stop))
    edges = np.concatenate([np.linspace(start, split, 60), np.linspace(split, stop, 60)[1:]])
    points, weights = np.polynomial.legendre.leggauss(10)
    widths = np.diff(edges)[:, None]
    nodes, mass = edges[:-1, None] + widths * (points + 1) / 2, widths * weights / 2
    total = requested + eta * nodes
    slopes = eta * np.where(nodes < split, bidders, (bidders - 1) / np.maximum(total, 1e-300))
    return float(np.sum(mass * stats.gamma.pdf(nodes, random) * slopes))


def by_counts(eta: float, kinds: list[tuple[int, float]], gain: Callable[[int, float, float], float]) -> list[float]:
    """What a bidder of each kind pays: sets of known bidders counted by how many of each of two kinds they hold."""
    bidders = sum(count for count, _ in kinds)
    paid = []
    for own, (_, bid) in enumerate(kinds):
        (first, one), (second, other) = [(count - (kind == own), bid) for kind, (count, bid) in enumerate(kinds)]
        total = 0.0
        for some in range(first + 1):
            for more in range(second + 1):
                asked = eta * (some * one + more * other)
                total += comb(first, some) * comb(second, more) * gain(bidders - some - more, asked, asked + eta * bid)
        paid.append(total)
    return paid


@pytest.mark.parametrize(
    ("bidders", "eta", "kinds"),
    [
        (13, 0.09, [(6, 0.3), (7, 1.1)]),
        (16, 0.08, [(10, 2.0), (6, 0.9)]),
        (30, 0.04, [(14, 0.5), (16, 1.2)]),
        (30, 0.04, [(20, 0.2), (10, 40.0)]),
        (100, 0.012, [(96, 0.9), (4, 3.0)]),
    ],
)
def test_bidders_alike_pay_what_counting_sets_says(bidders: int, eta: float, kinds: list[tuple[int, float]]) -> None:
    def gain(random: int, before: float, after: float) -> float:
        orders = 1.0 / (bidders * comb(bidders - 1, random - 1))
        means = [mean_slopes_of_alike(eta, bidders, random, asked) for asked in (before, after)]
        return orders * (means[0] - means[1])

    bids = np.concatenate([np.full(count, bid) for count, bid in kinds])
    paid = WeightedProportional(np.full(bidders, eta)).canonical_transfers(bids)
    expected = np.repeat(by_counts(eta, kinds, gain), [count for count, _ in kinds])
    np.testing.assert_allclose(paid, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("kinds", [[(5, 0.6), (4, 1.3)], [(8, 0.7), (4, 2.0)], [(6, 0.05), (6, 9.0)]])
def test_shapley_payments_of_bidders_alike_by_counting_sets(kinds: list[tuple[int, float]]) -> None:
    bidders, eta = sum(count for count, _ in kinds), 0.1

    def gain(outside: int, before: float, after: float) -> float:
        total, fixed = 0.0, bidders - outside
        for random in range(1, outside + 1):
            served = random + fixed
            kappa = factorial(served - 1) * factorial(bidders - served) / factorial(bidders)
            kappa *= factorial(fixed) * factorial(random - 1) / factorial(served) * comb(outside - 1, random - 1)
            below = np.diff(stats.gamma.cdf([(1 - after) / eta, (1 - before) / eta], random))
            total += kappa * eta * served * float(below.item())
        return total

    bids = np.concatenate([np.full(count, bid) for count, bid in kinds])
    expected = np.repeat(by_counts(eta, kinds, gain), [count for count, _ in kinds])
    rule = ShapleyRule(np.full(bidders, eta))
    np.testing.assert_allclose(rule.transfers(bids), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(rule.transfers(np.tile(bids, (80, 1)))[7], expected, rtol=0, atol=1e-13)


def growth_residual(rule: Rule, bids: Array, kinds: npt.NDArray[np.intp], step: float = 1e-3) -> float:
    """∇·t − Σt − Ξ where bidders of a kind are alike and bid alike: one difference for each kind."""
    paid = rule.canonical_transfers(bids)
    growth = 0.0
    for kind in np.unique(kinds):
        bidder = int(np.argmax(kinds == kind))
        for distance, weight in enumerate(_CENTRAL, start=1):
            for sign in (1, -1):
                moved = bids.copy()
                moved[bidder] += sign * distance * step
                growth += np.sum(kinds == kind) * sign * weight / step * rule.canonical_transfers(moved)[bidder]
    return float(growth - paid.sum() - rule.excess_growth(bids))


@pytest.mark.parametrize(
    ("maker", "bidders"),
    [(WeightedProportional, 12), (WeightedProportional, 16), (WeightedProportional, 30), (ShapleyRule, 12)],
)
def test_many_bidders_have_the_aggregate_excess_growth(maker: type[Rule], bidders: int) -> None:
    """Three kinds of bidders, each with its sensitivity and bid."""
    kinds = np.arange(bidders) % 3
    rule = maker((np.array([0.8, 1.0, 1.3]) / bidders)[kinds])
    for bids in ([0.31, 0.52, 0.23], [0.93, 1.21, 1.47]):
        assert abs(growth_residual(rule, np.array(bids)[kinds], kinds)) < 1e-10


@pytest.mark.parametrize(
    ("maker", "bidders"), [(WeightedProportional, 14), (WeightedProportional, 30), (ShapleyRule, 11)]
)
def test_many_bidders_by_place_at_zero_and_far_away(maker: type[Rule], bidders: int) -> None:
    rng = np.random.default_rng(bidders)
    eta = rng.uniform(0.4, 1.4, bidders) / bidders
    bids, order = rng.exponential(size=(3, bidders)), rng.permutation(bidders)
    bids[1, :3], bids[2, 0] = [0.0, 1e-13, 1e-300], 1e300
    paid = maker(eta).canonical_transfers(bids)
    np.testing.assert_allclose(maker(eta[order]).canonical_transfers(bids[:, order]), paid[:, order], atol=1e-12)
    assert paid[1, 0] == 0
    assert np.abs(paid[1, 1:3]).max() < 1e-12
    assert np.abs(paid).max() < 1.0
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.all(np.abs(maker(eta).canonical_transfers(np.full(bidders, 1e300))) < 1.0)


@pytest.mark.parametrize(("maker", "bidders"), [(WeightedProportional, 14), (ShapleyRule, 12)])
def test_payments_are_continuous_where_sums_pass_the_supply(maker: type[Rule], bidders: int) -> None:
    """All but one, all but two, or a single bidder request one, a little less, or a little more."""
    rule = maker(np.linspace(0.5, 1.5, bidders) / bidders)
    start = np.random.default_rng(5).uniform(0.5, 1.5, bidders)
    for size in (1, bidders - 2, bidders - 1):
        bids = start.copy()
        bids[:size] /= (bids * rule.sensitivities)[:size].sum()
        near = [bids * (1 + change) for change in (-1e-9, -1e-15, 0.0, 1e-15, 1e-9)]
        paid = rule.canonical_transfers(near)
        assert np.abs(paid - paid[2]).max() < 1e-8
        assert np.abs(paid[1:4] - paid[2]).max() < 1e-11


def test_sensitivities_too_unequal_for_the_expansion_are_refused_in_one_line() -> None:
    rule = WeightedProportional(np.geomspace(0.3, 1e-9, 20))
    for _ in range(2):
        with pytest.raises(SizeError, match="take more than 100000 terms; use discounted_transfers"):
            rule.canonical_transfers(np.ones(20))
    assert np.all(np.isfinite(rule.transfers(np.ones(20))))
