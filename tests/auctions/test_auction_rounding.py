"""Shares made whole lots: never above the supply, and by lottery exactly the shares on average."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustmech.auctions.rounding import ExactLots, by_lottery, by_remainders, exact_lots

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=9)


def shares_of(weights: list[float], sold: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    total = sum(weights)
    return np.array(weights) / total * sold if total > 1e-300 else np.zeros(len(weights))


def fractions_of(lots: ExactLots) -> list[Fraction]:
    return [Fraction(numerator, lots.denominator) for numerator in lots.numerators]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SHARES, st.sampled_from([0.0, 0.3, 0.999, 1.0]), st.integers(1, 10**6), st.fractions(0, 1))
def test_whole_lots_are_shares_rounded_down_or_up(
    weights: list[float], sold: float, supply: int, draw: Fraction
) -> None:
    shares = shares_of(weights, sold)
    lots = exact_lots(shares, supply)
    exact = fractions_of(lots)
    assert sum(exact) <= supply
    assert [float(own) for own in exact] == pytest.approx(shares * supply, rel=2e-9, abs=1e-12)
    for counts in (by_lottery(lots, draw % 1), by_remainders(lots)):
        assert sum(counts) <= supply
        assert floor(sum(exact)) <= sum(counts) <= floor(sum(exact)) + 1
        for count, own in zip(counts, exact, strict=True):
            assert floor(own) <= count <= floor(own) + 1
            assert own > 0 or count == 0


def test_all_is_sold_if_the_shares_add_up_to_one() -> None:
    """Thirds in doubles add up to a little less or more than one; nothing may be lost to that, whatever the draw."""
    for bidders in (3, 7, 49, 1000):
        shares = np.full(bidders, 1 / bidders)
        lots = exact_lots(shares, 640)
        assert sum(fractions_of(lots)) == 640
        for draw in (Fraction(0), Fraction(1, 2**200), 1 - Fraction(1, 2**200)):
            assert sum(by_lottery(lots, draw)) == 640
        assert sum(by_remainders(lots)) == 640


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.integers(1, 24))
def test_lots_on_average_are_the_exact_shares(numerators: list[int], denominator: int) -> None:
    """With parts in multiples of 1/d the lottery is constant between multiples of 1/d: their average is the mean."""
    lots = ExactLots(numerators=tuple(numerators), denominator=denominator)
    draws = [Fraction(2 * k + 1, 2 * denominator) for k in range(denominator)]
    results = [by_lottery(lots, draw) for draw in draws]
    for i, numerator in enumerate(numerators):
        assert Fraction(sum(r[i] for r in results), denominator) == Fraction(numerator, denominator)


def test_lottery_by_hand() -> None:
    """Parts 1/2, 3/4, 1/4 end to end reach 1/2, 5/4, 3/2: U picks who holds U and U + 1."""
    lots = ExactLots(numerators=(2, 7, 1), denominator=4)
    assert by_lottery(lots, Fraction(0)) == (1, 2, 0)
    assert by_lottery(lots, Fraction(1, 4)) == (1, 1, 1)
    assert by_lottery(lots, Fraction(1, 2)) == (0, 2, 0)
    assert by_lottery(lots, Fraction(99, 100)) == (0, 2, 0)


def test_remainders_by_hand() -> None:
    assert by_remainders(ExactLots(numerators=(5, 7, 8), denominator=10)) == (0, 1, 1)
    assert by_remainders(ExactLots(numerators=(15, 15, 20), denominator=10)) == (2, 1, 2)
    assert by_remainders(ExactLots(numerators=(15, 14, 20), denominator=10)) == (1, 1, 2)
    just_below = ExactLots(numerators=(5 * 10**12 - 1, 0), denominator=10**12)
    assert by_remainders(just_below) == (5, 0)
