"""Laws from observations: masses and means are exact."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustmech.errors import InputError
from robustmech.problems import empirical_law, equally_likely_bins

observations = st.lists(st.fractions(min_value=0, max_value=100, max_denominator=100), min_size=1, max_size=30)


def mean_between(ordered: list[Fraction], low: Fraction, high: Fraction) -> Fraction:
    """The mean of the empirical quantile function between two probabilities, by integrating it."""
    total = Fraction(0)
    for number, value in enumerate(ordered):
        left, right = Fraction(number, len(ordered)), Fraction(number + 1, len(ordered))
        total += max(Fraction(0), min(right, high) - max(left, low)) * value
    return total / (high - low)


def test_straddling_observation_is_split() -> None:
    law = equally_likely_bins([Fraction(v) for v in (6, 0, 3)], 2)
    assert list(law.values) == [1, 5]
    assert law.probabilities == (Fraction(1, 2), Fraction(1, 2))


def test_equal_bins_are_merged() -> None:
    law = equally_likely_bins([Fraction(v) for v in (1, 1, 1, 5)], 4)
    assert list(law.values) == [1, 5]
    assert law.probabilities == (Fraction(3, 4), Fraction(1, 4))


@given(observations, st.integers(1, 30))
def test_bins_are_conditional_means_of_equal_mass(values: list[Fraction], bins: int) -> None:
    bins = min(bins, len(values))
    law = equally_likely_bins(values, bins)
    ordered = sorted(values)
    expected: dict[Fraction, Fraction] = {}
    for b in range(bins):
        value = mean_between(ordered, Fraction(b, bins), Fraction(b + 1, bins))
        expected[value] = expected.get(value, Fraction(0)) + Fraction(1, bins)
    assert dict(zip(law.values, law.probabilities, strict=True)) == expected


@given(observations, st.integers(1, 30))
def test_mean_and_mass_are_preserved_exactly(values: list[Fraction], bins: int) -> None:
    law = equally_likely_bins(values, min(bins, len(values)))
    assert sum(law.probabilities) == 1
    assert sum(v * p for v, p in zip(law.values, law.probabilities, strict=True)) == sum(values) / len(values)
    assert list(law.values) == sorted(set(law.values))


@given(observations)
def test_empirical_law_counts_and_ignores_order(values: list[Fraction]) -> None:
    law = empirical_law(values)
    assert law == empirical_law(values[::-1])
    for value, probability in zip(law.values, law.probabilities, strict=True):
        assert probability == Fraction(values.count(value), len(values))
    assert set(law.values) == set(values)


@pytest.mark.parametrize("bins", [0, -1, 3])
def test_too_many_or_too_few_bins(bins: int) -> None:
    with pytest.raises(InputError, match="ask for 1 to 2"):
        equally_likely_bins([Fraction(1), Fraction(2)], bins)


def test_no_observations() -> None:
    with pytest.raises(InputError, match="no observations"):
        empirical_law([])
