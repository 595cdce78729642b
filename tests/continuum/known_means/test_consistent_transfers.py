"""Canonical transfers of the consistent rule: the definition, the identity, ties, limits, and extended precision."""

import itertools

import mpmath as mp
import numpy as np
import pytest
from extended_consistent import consistent_mean_growth
from extended_precision import DIGITS, canonical, consistent_shares, growth_residual, separate
from known_means_cases import consistent_kinks
from maxmin_conditions import Array, far_from_kinks, growth_residuals, random_bids

from robustmech.continuum.known_means import ConsistentRule, ShapleyRule

WRITTEN_OUT = canonical(consistent_mean_growth)


def exact(eta: list[float], bids: Array) -> list[float]:
    with mp.workdps(DIGITS):
        return [float(value) for value in WRITTEN_OUT(separate(eta), [mp.mpf(float(bid)) for bid in bids])]


@pytest.mark.parametrize("eta", [[0.57, 0.21], [0.5, 0.3, 0.2], [0.4, 0.4, 0.4], [0.6, 1e-4, 0.3]])
def test_the_written_out_transfers_have_the_growth_and_are_ours(eta: list[float]) -> None:
    drawn = np.random.default_rng(len(eta)).exponential(size=(3, len(eta))) * np.array([[1.2], [0.3], [4.0]])
    for bids in drawn:
        with mp.workdps(DIGITS):
            found = growth_residual(WRITTEN_OUT, consistent_shares, separate(eta), [mp.mpf(bid) for bid in bids])
            assert abs(found) < mp.mpf(10) ** -40
        np.testing.assert_allclose(ConsistentRule(eta).canonical_transfers(bids), exact(eta, bids), rtol=0, atol=2e-14)


@pytest.mark.parametrize(
    "eta",
    [
        [1.0, 1e-4, 1e-2],
        [0.5, 0.5 - 1e-9, 0.5 - 1e-6],
        [1e-4, 1.0, 1e-4],
        [1e-7, 0.3, 0.4],
        [1e-5] * 3,
        [20.0, 9.0, 1.0],
    ],
)
def test_ties_tiny_and_huge_bids_and_very_different_sensitivities(eta: list[float]) -> None:
    rule, rng = ConsistentRule(eta), np.random.default_rng(3)
    scales = 1 / np.array(eta)
    claims = [
        [0.2, 0.2, 0.21],
        [0.2, 0.2, 0.85],
        [0.7, 0.7, 0.7],
        [1e9, 0.2, 0.3],
        [1e9, 1e9, 0.3],
        [0, 1e-12, 0.9],
        [0, 0, 0.3],
    ]
    for bids in [*(np.array(claims) * scales), *(rng.uniform(0, 1, (3, 3)) * scales), rng.exponential(size=3)]:
        np.testing.assert_allclose(rule.transfers(bids), exact(eta, bids), rtol=0, atol=5e-14)


@pytest.mark.parametrize(
    "eta", [[0.1, 0.35, 0.3, 0.4], [0.3, 0.3, 0.3, 0.3], [1.0, 0.1, 1e-2, 1e-4], [1.0, 1e-4, 1e-2, 0.5, 0.1]]
)
def test_more_bidders_pay_what_extended_precision_says(eta: list[float]) -> None:
    bids = np.random.default_rng(5).exponential(size=len(eta))
    np.testing.assert_allclose(ConsistentRule(eta).transfers(bids), exact(eta, bids), rtol=0, atol=2e-14)


@pytest.mark.parametrize("eta", [[0.5, 0.3, 0.2], [0.4, 0.4, 0.4], [0.3, 0.2, 0.2, 0.1], [0.2, 0.2, 0.2, 0.15, 0.1]])
def test_transfers_have_the_aggregate_excess_growth(eta: list[float]) -> None:
    rule = ConsistentRule(eta)
    bids = random_bids(len(eta), {3: 80, 4: 40, 5: 16}[len(eta)], 2)
    bids = bids[far_from_kinks(rule, bids, np.stack(consistent_kinks(bids * np.array(eta) / 2), axis=1))]
    assert bids.shape[0] >= 8
    assert np.max(np.abs(growth_residuals(rule, bids))) < 1e-11


@pytest.mark.slow
def test_eight_bidders_of_very_different_sensitivities() -> None:
    """∇·t − Σt = Ξ by differences of fourth order; each bidder pays a bounded sum, and nothing for nothing."""
    rule = ConsistentRule(np.geomspace(1e-4, 1.0, 8))
    bids = np.array([0.31, 2.7, 0.9, 0.4, 1.3, 0.57, 0.83, 0.29])
    step = 1e-3
    moves = np.concatenate([bids + sign * step * np.eye(8) for sign in (1, -1, 2, -2)])
    paid = rule.canonical_transfers(np.concatenate([bids[None], moves]))
    ends = np.diagonal(paid[1:].reshape(4, 8, 8), axis1=1, axis2=2).sum(axis=1)
    growth = (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / (12 * step)
    assert growth - paid[0].sum() == pytest.approx(rule.excess_growth(bids), abs=1e-9)
    assert np.all(np.abs(paid) < 1)


def test_two_bidders_pay_as_by_the_shapley_rule() -> None:
    bids = np.concatenate([random_bids(2, 300, 4), [[0.0, 1.0], [1e-9, 1e9], [0.0, 0.0]]])
    for eta in ([0.5, 0.2], [0.4, 0.4], [1.0, 1e-4], [3.0, 1e-6], [0.4, 0.4 - 1e-12]):
        np.testing.assert_allclose(ConsistentRule(eta).transfers(bids), ShapleyRule(eta).transfers(bids), atol=5e-14)


def test_exchanging_bidders_exchanges_their_payments() -> None:
    for eta in (np.array([0.5, 0.3, 0.01]), np.array([0.3, 0.3, 0.2, 0.1, 0.05])):
        order = np.random.default_rng(3).permutation(eta.size)
        bids = random_bids(eta.size, 20, 5)
        bids[3:6, 1] = 0.0
        expected = ConsistentRule(eta).transfers(bids)[:, order]
        np.testing.assert_allclose(ConsistentRule(eta[order]).transfers(bids[:, order]), expected, atol=2e-14)
        assert not expected[bids[:, order] == 0].any()


def test_near_ties_pay_nearly_the_same() -> None:
    """A sensitivity, or a claim that ties with another, changed by a small part changes payments by as little."""
    bids = np.array([[0.5, 0.5, 0.5], [1.3, 0.4, 0.4], [2.1, 2.1, 0.2], [0.2, 0.9, 2.0]])
    tied = ConsistentRule([0.37, 0.37, 0.37])
    paid = tied.transfers(bids)
    for gap in (1e-4, 1e-7, 1e-10, 1e-13):
        close = ConsistentRule([0.37, 0.37 * (1 + gap), 0.37 * (1 - gap / 2)]).transfers(bids)
        assert np.abs(close - paid).max() < 2 * gap + 2e-14
        moved = tied.transfers(bids * (1 + gap * np.array([0.0, 1.0, -0.7])))
        assert np.abs(moved - paid).max() < 2 * gap + 2e-14


def test_profiles_are_priced_alike_alone_and_together() -> None:
    rule = ConsistentRule([0.3, 0.2, 0.2, 0.1])
    bids = random_bids(4, 3000, 6)
    paid = rule.transfers(bids)
    np.testing.assert_allclose(
        np.stack([rule.transfers(bids[k]) for k in (0, 1500, 2999)]), paid[[0, 1500, 2999]], atol=1e-15
    )
    assert rule.transfers(np.zeros((0, 4))).shape == (0, 4)


def test_a_bid_without_end_has_a_limit() -> None:
    rule = ConsistentRule([0.4, 0.3, 0.2])
    bids = np.array([[10.0**k, 0.9, 1.7] for k in range(1, 300, 13)])
    paid = rule.transfers(bids)
    np.testing.assert_allclose(paid[1:], np.broadcast_to(paid[-1], paid[1:].shape), atol=1e-14)
    assert np.all(np.abs(paid) < 1)


@pytest.mark.parametrize("bids", [(0.7, 1.9, 0.4), (2.2, 0.3, 1.1), (1.6, 1.5, 2.5)])
def test_canonical_transfers_are_the_papers_integral_for_three(bids: tuple[float, float, float]) -> None:
    """(31)-(33) as printed: over orders, the differences of averages of Ξ, integrated over one's own bid.

    Ξ is constant between jumps, so along the own bid integrals are exact; over the others' random bids the average is
    over midpoints in e^{−s}.
    """
    rule = ConsistentRule([0.5, 0.3, 0.4])
    cells = {0: 1, 1: 4000, 2: 110}

    def integral(known: tuple[int, ...]) -> float:
        """∫_0^{a_0} e^{a_0 − x} τ(x, a) dx with τ the average of Ξ while the bids of these are known."""
        random = [k for k in (1, 2) if k not in known]
        signals = -np.log((np.arange(cells[len(random)]) + 0.5) / cells[len(random)])
        axes = [signals if k in random else np.array([bids[k]]) for k in (1, 2)]
        others = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        jumps = np.sort(own_jumps(others * rule.sensitivities[1:] / 2) * 2 / rule.sensitivities[0], axis=1)
        last = bids[0] if 0 in known else np.inf
        edges = np.clip(np.pad(jumps, ((0, 0), (1, 1)), constant_values=((0, 0), (0, last))), 0.0, last)
        middle = np.where(np.isinf(edges[:, 1:]), edges[:, :-1] + 1.0, (edges[:, :-1] + edges[:, 1:]) / 2)
        profiles = np.concatenate([middle[..., None], np.repeat(others[:, None], middle.shape[1], axis=1)], axis=2)
        weights = np.exp(-edges[:, :-1]) - np.exp(-edges[:, 1:])
        total = float((weights * rule.excess_growth(profiles)).sum(axis=1).mean())
        return total * float(np.exp(bids[0]) if 0 in known else np.expm1(bids[0]))

    paid = 0.0
    for order in itertools.permutations(range(3)):
        place = order.index(0)
        paid += (integral(order[: place + 1]) - integral(order[:place])) / 6
    assert rule.transfers(bids)[0] == pytest.approx(paid, abs=5e-5)


def own_jumps(halves: Array) -> Array:
    """For halves x_1, x_2 of two requests, all x_0 at which Ξ jumps, and more: (profiles, places)."""
    first, second = halves.T
    found = [1 - first - second, 0.5 - first - second, first, second]
    for known, other in ((first, second), (second, first)):
        found += [1 - known - np.minimum(other, known)]  # min(x, x_1) sums to one; then max(x, 2x − x_1)
        rest = 1 - known - np.maximum(other, 2 * other - known)
        found += [rest, (rest + known) / 2]
        found += [np.ones_like(known), (1 - known) / 2, np.full_like(known, 1 / 3)]  # min(x, x_0) sums to one
        found += [2 * first + 2 * second - 1, 1 - known - other]  # max(x, 2x − x_0) does, one or both of them above
    return np.stack(found, axis=1)
