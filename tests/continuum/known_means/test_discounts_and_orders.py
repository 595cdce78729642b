"""Transfers by discount for any rule, the choice between them and the canonical ones, and the sums over all orders."""

import itertools
from math import comb, factorial

import numpy as np
import pytest
from maxmin_conditions import random_bids

from robustmech import SizeError
from robustmech.continuum.known_means import ConsistentRule, ShapleyRule, WeightedProportional
from robustmech.continuum.known_means.service import ONE_BY_ONE

UNEQUAL = np.linspace(0.02, 0.06, 30)
Maker = type[WeightedProportional | ShapleyRule | ConsistentRule]
MAKERS: list[Maker] = [WeightedProportional, ShapleyRule, ConsistentRule]


@pytest.mark.parametrize("maker", MAKERS)
def test_transfers_are_canonical_up_to_a_stated_number_and_discounted_beyond(maker: Maker) -> None:
    most = maker.most_canonical
    few, many = maker([0.2] * most), maker([0.2] * (most + 1))
    bids = random_bids(most + 1, 20, 1)
    assert few.canonical
    assert not many.canonical
    np.testing.assert_array_equal(few.transfers(bids[:, 1:]), few.canonical_transfers(bids[:, 1:]))
    np.testing.assert_array_equal(many.transfers(bids), many.discounted_transfers(bids))
    if most > 1:
        assert np.abs(few.transfers(bids[:, 1:]) - few.discounted_transfers(bids[:, 1:])).max() > 1e-4


@pytest.mark.parametrize(("maker", "most"), [(WeightedProportional, 12), (ShapleyRule, 12), (ConsistentRule, 6)])
def test_the_stated_numbers(maker: Maker, most: int) -> None:
    assert maker.most_canonical == most


@pytest.mark.parametrize("maker", MAKERS)
def test_canonical_transfers_are_refused_for_more_bidders_than_stated(maker: Maker) -> None:
    most = max(maker.most_canonical, maker.most_on_demand)
    rule = maker([0.2] * (most + 1))
    with pytest.raises(SizeError, match=f"at most {most} included bidders, not {most + 1}; use discounted_transfers"):
        rule.canonical_transfers([0.5] * (most + 1))


def test_the_discount_depends_on_the_sensitivities_and_bids_only() -> None:
    bids = random_bids(5, 50, 2)
    eta = [0.4, 0.3, 0.3, 0.2, 0.0]
    rules = [maker(eta, 3.0) for maker in MAKERS]
    discounts = [3.0 * rule.allocate(bids) - rule.discounted_transfers(bids) for rule in rules]
    for discount in discounts:
        np.testing.assert_allclose(discount, rules[0].compound.discounts(bids), atol=1e-14)
        assert np.all(discount >= -1e-15)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("eta", [UNEQUAL[:9], np.repeat([0.1, 0.15], 5), UNEQUAL])
def test_exchanging_bidders_exchanges_their_payments(maker: Maker, eta: np.ndarray) -> None:
    """Nobody's place in the list matters: bidders alike who exchange bids exchange shares and payments."""
    order = np.random.default_rng(3).permutation(eta.size)
    bids = random_bids(eta.size, 6, 4)
    rule, moved = maker(eta), maker(eta[order])
    np.testing.assert_allclose(moved.transfers(bids[:, order]), rule.transfers(bids)[:, order], atol=1e-14)
    np.testing.assert_allclose(moved.allocate(bids[:, order]), rule.allocate(bids)[:, order], atol=1e-14)


@pytest.mark.parametrize("bidders", [ONE_BY_ONE, ONE_BY_ONE + 1, 17, 30])
def test_shapley_shares_and_slopes_by_counting_subsets(bidders: int) -> None:
    """Requests in 64ths: the subsets of each size and sum are counted, exactly, without naming one."""
    rng = np.random.default_rng(bidders)
    rule = ShapleyRule(np.full(bidders, 1 / 64))
    for units in (rng.integers(0, 9, bidders), rng.integers(0, 30, bidders), np.full(bidders, 3)):
        bids = units.astype(np.float64)
        shares, full = np.zeros(bidders), np.zeros(bidders)
        for bidder in range(bidders):
            ways = np.zeros((bidders, 65))  # subsets of the others by size and by sum, which is cut at 64
            ways[0, 0] = 1
            for other in np.delete(units, bidder):
                for amount in range(64, -1, -1):
                    ways[1:, min(amount + other, 64)] += ways[:-1, amount] * (other > 0)
                if other == 0:
                    ways[1:] += ways[:-1].copy()
            orders = [factorial(k) * factorial(bidders - 1 - k) / factorial(bidders) for k in range(bidders)]
            chance = np.array(orders) @ ways
            shares[bidder] = chance @ np.minimum(units[bidder], 64 - np.arange(65)) / 64
            full[bidder] = chance @ (np.arange(65) + units[bidder] < 64)
            assert np.isclose(sum(orders[k] * comb(bidders - 1, k) for k in range(bidders)), 1)
        np.testing.assert_allclose(rule.allocate(bids), shares, atol=1e-14)
        np.testing.assert_allclose(rule.slopes(bids), full / 64, atol=1e-14)


def test_halves_and_single_subsets_agree() -> None:
    """The same requests with bidders who ask for nothing added, which takes the other way of counting."""
    rng = np.random.default_rng(7)
    eta = rng.uniform(0.1, 0.5, 6)
    bids = random_bids(6, 40, 8)
    few = ShapleyRule(eta)
    many = ShapleyRule(np.concatenate([eta, np.full(ONE_BY_ONE, 0.2)]))
    padded = np.concatenate([bids, np.zeros((40, ONE_BY_ONE))], axis=1)
    np.testing.assert_allclose(many.allocate(padded)[:, :6], few.allocate(bids), atol=1e-14)
    np.testing.assert_allclose(many.slopes(padded)[:, :6], few.slopes(bids), atol=1e-14)
    assert not many.allocate(padded)[:, 6:].any()


def test_consistent_shares_are_consistent_for_many() -> None:
    """Aumann and Maschler's defining property for thirty claimants: every pair divides what it gets as two would."""
    rule = ConsistentRule(UNEQUAL)
    for bids in random_bids(30, 12, 9):
        claims, shares = UNEQUAL * bids, rule.allocate(bids)
        for i, j in itertools.combinations(range(0, 30, 3), 2):
            amount = shares[i] + shares[j]
            conceded = np.maximum(amount - claims[[j, i]], 0.0)
            assert shares[i] == pytest.approx(conceded[0] + (amount - conceded.sum()) / 2, abs=1e-12)
