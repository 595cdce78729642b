"""Laws of the value: every way to state one, and what cannot be used."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from robustmech.continuum.common_value import CommonValue, ValueLaw
from robustmech.errors import InputError, ShapeError


def same_uniform() -> dict[str, ValueLaw]:
    return {
        "uniform": ValueLaw.uniform(0, 1),
        "scipy": ValueLaw.from_scipy(stats.uniform()),
        "truncated": ValueLaw.from_scipy(stats.uniform(0, 5), above=1),
        "cut below": ValueLaw.from_scipy(stats.uniform(-1, 2), below=0),
        "density": ValueLaw.from_density(lambda v: 1.0, 0, 1),
        "halves": ValueLaw.mixture([ValueLaw.uniform(0, 0.5), ValueLaw.uniform(0.5, 1)], ["1/2", "1/2"]),
        "overlapping": ValueLaw.mixture(
            [ValueLaw.from_density(lambda v: 2 * v, 0, 1), ValueLaw.from_density(lambda v: 2 - 2 * v, 0, 1)], [0.5, 0.5]
        ),
    }


@pytest.mark.parametrize("name", list(same_uniform()))
def test_one_law_stated_in_many_ways(name: str) -> None:
    law = same_uniform()[name]
    for bidders, cost in ((3, 0.2),):
        model, plain = (CommonValue.from_law(one, bidders, cost) for one in (law, ValueLaw.uniform(0, 1)))
        assert model.guarantee == pytest.approx(plain.guarantee, abs=1e-12)
        assert model.cutoff == pytest.approx(plain.cutoff, abs=1e-9)
    levels = np.array([1e-9, 0.1, 0.5, 0.77, 1 - 1e-9])
    np.testing.assert_allclose(law.quantiles(levels, 1 - levels), levels, atol=1e-12)
    np.testing.assert_allclose(law.cumulative(levels), levels, atol=1e-12)
    assert law.mean == pytest.approx(0.5, abs=1e-13)


@pytest.mark.parametrize(
    ("stated", "reference"),
    [
        (lambda: ValueLaw.from_density(lambda v: 6 * v * (1 - v), 0, 1), stats.beta(2, 2)),
        (lambda: ValueLaw.from_density(lambda v: 20 * v * (1 - v) ** 3, 0, 1), stats.beta(2, 4)),
        (lambda: ValueLaw.from_density(lambda v: np.where(v < 1, 0.75, 0.25), 0, 2), None),
        (lambda: ValueLaw.from_density(lambda v: np.where(v < 1, 0.75, 0.25), 0, 2, breaks=[1.0]), None),
    ],
)
def test_densities(stated: Callable[[], ValueLaw], reference: Any) -> None:
    other = (
        ValueLaw.from_scipy(reference)
        if reference
        else ValueLaw.mixture([ValueLaw.uniform(0, 1), ValueLaw.uniform(1, 2)], [0.75, 0.25])
    )
    for bidders in (3,):
        first, second = (CommonValue.from_law(law, bidders, 0.1).guarantee for law in (stated(), other))
        assert first == pytest.approx(second, abs=1e-11)


def test_densities_of_single_numbers() -> None:
    law = ValueLaw.from_density(lambda v: 2 * v if v < 1 else 0, 0, 2)
    assert law.mean == pytest.approx(2 / 3, abs=1e-14)
    curved = ValueLaw.from_density(lambda v: math.exp(-v) / (1 - math.exp(-1)), 0, 1)
    assert curved.mean == pytest.approx(1 - 1 / (math.e - 1), abs=1e-14)


def test_narrow_spikes_are_found_without_breaks() -> None:
    """Half of the probability in 1/5000 of the interval, wherever its ends are among the panels."""
    width = 1 / 5000
    for start in (0.5, 255 / 512 + 1e-9, 1 / 3, *np.random.default_rng(2).uniform(0.001, 0.998, 20)):

        def density(v: np.ndarray, start: float = start) -> np.ndarray:
            return np.where((v >= start) & (v < start + width), 0.5 / width, 0.5 / (1 - width))

        law = ValueLaw.from_density(density, 0, 1)
        outside = (0.5 - width * (start + width / 2)) / (1 - width)
        assert law.mean == pytest.approx((start + width / 2 + outside) / 2, abs=1e-11)


@pytest.mark.parametrize(("bidders", "intervals"), [(5, 1), (12, 0)])
def test_rounding_of_a_truncated_law_is_not_graded(bidders: int, intervals: int) -> None:
    """Where the value is its lowest to within rounding, noise must not look like jumps."""
    law = ValueLaw.from_scipy(stats.lognorm(0.6), below=0.3, above=4)
    model = CommonValue.from_law(law, bidders, 0.25)
    assert len(model.graded_intervals) == intervals
    assert all(interval.start > 0.1 for interval in model.graded_intervals)
    assert model.cutoff == 0


@pytest.mark.parametrize(("a", "b"), [(2, 4), (5.8, 5), (3.3, 1.2)])
def test_quantiles_at_tiny_levels(a: float, b: float) -> None:
    """SciPy's own quantiles of these laws are wrong by many orders of magnitude below 1e-100."""
    levels = np.geomspace(1e-280, 1e-3, 500)
    quantiles = ValueLaw.from_scipy(stats.beta(a, b)).quantiles(levels, 1 - levels)
    np.testing.assert_allclose(stats.beta.cdf(quantiles, a, b), levels, rtol=1e-10)
    assert np.all(np.diff(quantiles) > 0)


def test_one_graded_interval_for_a_smooth_law_and_a_thousand_bidders() -> None:
    """Noise in quantiles at levels such as 1e-200 is not graded."""
    model = CommonValue.from_law(ValueLaw.from_scipy(stats.beta(5.8, 5)), 1000)
    assert len(model.graded_intervals) == 1
    assert model.cutoff > 0


def test_samples_and_discrete_laws_are_atoms() -> None:
    sample = ValueLaw.from_sample([3, 1, 1, 2.5])
    assert (sample.atoms, sample.masses) == ((1.0, 2.5, 3.0), (0.5, 0.25, 0.25))
    assert CommonValue.from_law(sample, 3).guarantee == CommonValue([1, 2.5, 3], ["1/2", "1/4", "1/4"], 3).guarantee
    thirds = ValueLaw.from_atoms([Fraction(1, 3), "2/3", 2, 5], ["1/3", Fraction(1, 3), "1/3", 0])
    assert len(thirds.atoms) == 3
    binomial = ValueLaw.from_scipy(stats.binom(5, 0.3))
    assert binomial.mean == pytest.approx(1.5)
    poisson = ValueLaw.from_scipy(stats.poisson(2), above=10)
    assert poisson.highest == 10
    repeated = ValueLaw.from_atoms([1, 2, 1], [0.25, 0.5, 0.25])
    assert repeated.atoms == (1.0, 2.0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 10).map(lambda v: round(v, 9)), st.integers(1, 20)), min_size=1, max_size=8),
    st.integers(1, 6),
    st.floats(0, 9).map(lambda v: round(v, 9)),
    st.booleans(),
)
def test_any_atoms(atoms: list[tuple[float, int]], bidders: int, cost: float, must_sell: bool) -> None:
    total = sum(weight for _, weight in atoms)
    model = CommonValue([v for v, _ in atoms], [Fraction(w, total) for _, w in atoms], bidders, cost, must_sell)
    assert model.guarantee == pytest.approx(model.potential, abs=1e-9)
    assert model.guarantee <= max(model.surplus, 0 if not must_sell else model.surplus) + 1e-12
    assert must_sell or model.guarantee >= 0
    if model.sells:
        assert model.guarantee_at(model.law) == pytest.approx(model.guarantee, abs=1e-9)


def test_rounded_samples_converge() -> None:
    """The guarantee is continuous in the law: samples of quantiles approach the uniform law."""
    exact = CommonValue.from_law(ValueLaw.uniform(0, 1), 3).guarantee
    errors = [
        abs(CommonValue.from_law(ValueLaw.from_sample((np.arange(n) + 0.5) / n), 3).guarantee - exact)
        for n in (10, 100, 400)
    ]
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 2e-3


def test_thousands_of_bidders_do_not_overflow() -> None:
    for law in (ValueLaw.uniform(0, 1), ValueLaw.from_atoms([0, 1], [0.5, 0.5]), ValueLaw.from_scipy(stats.beta(2, 4))):
        for bidders, must_sell in ((1000, False), (1000, True)):
            model = CommonValue.from_law(law, bidders, 0.1, must_sell)
            assert model.guarantee == pytest.approx(model.potential, abs=1e-9)
            assert model.surplus - 1 / np.sqrt(bidders) < model.guarantee < model.surplus
            bids = np.random.default_rng(0).standard_exponential((5, bidders))
            auction = model.auction()
            assert np.all(np.isfinite(auction.transfers(bids)))
            assert np.all(auction.allocate(bids).sum(axis=1) <= 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CommonValue([0, 1], [0.5, 0.6], 2), "sum to"),
        (lambda: CommonValue([0, 1], [1.5, -0.5], 2), r"probabilities\[1\]"),
        (lambda: CommonValue([0, -1], [0.5, 0.5], 2), r"values\[1\]"),
        (lambda: CommonValue([0, float("nan")], [0.5, 0.5], 2), "finite"),
        (lambda: CommonValue([0, float("inf")], [0.5, 0.5], 2), "finite"),
        (lambda: CommonValue([0, 1, 2], [0.5, 0.5], 2), "one probability for each value"),
        (lambda: CommonValue([], [], 2), "at least one value"),
        (lambda: CommonValue([0, 1], [0.5, 0.5], 0), "at least one"),
        (lambda: CommonValue([0, 1], [0.5, 0.5], 2.5), "whole number"),  # type: ignore[arg-type]
        (lambda: CommonValue([0, 1], [0.5, 0.5], True), "whole number"),
        (lambda: CommonValue([0, 1], [0.5, 0.5], 2, cost=-1), "cost"),
        (lambda: CommonValue([0, 1], [0.5, 0.5], 2, cost=float("nan")), "cost"),
        (lambda: CommonValue.from_law(stats.beta(2, 4), 2), "ValueLaw"),  # type: ignore[arg-type]
        (lambda: ValueLaw.from_scipy(stats.norm(1, 1)), "unbounded"),
        (lambda: ValueLaw.from_scipy(stats.expon()), "unbounded"),
        (lambda: ValueLaw.from_scipy(stats.poisson(3)), "unbounded"),
        (lambda: ValueLaw.from_scipy(stats.norm(1, 1), above=3, below=-1), "at least zero"),
        (lambda: ValueLaw.from_scipy(stats.expon(), above=-1), "upper end"),
        (lambda: ValueLaw.from_scipy(stats.norm(1, 0.01), below=5, above=6), "too little"),
        (lambda: ValueLaw.from_scipy("beta"), "frozen"),
        (lambda: ValueLaw.from_density(lambda v: v, 0, 1), "must be one"),
        (lambda: ValueLaw.from_density(lambda v: 2 * v - 0.1, 0, 1), "not negative"),
        (lambda: ValueLaw.from_density(lambda v: 0.0, 0, 1), "zero on all"),
        (lambda: ValueLaw.from_density(lambda v: v, 0, float("inf")), "finite bounds"),
        (lambda: ValueLaw.from_density(lambda v: 1 / 0, 0, 1), "cannot be evaluated at 0.25: ZeroDivisionError"),
        (lambda: ValueLaw.from_density(lambda v: np.ones(3), 0, 1), "cannot be evaluated"),
        (lambda: ValueLaw.uniform(2, 1), "upper end"),
        (lambda: ValueLaw.uniform(-1, 1), "at least zero"),
        (lambda: ValueLaw.from_sample([]), "observations"),
        (lambda: ValueLaw.from_sample([1, -2]), "observation 1"),
        (lambda: ValueLaw.mixture([ValueLaw.uniform(0, 1)], [0.5]), "sum to one"),
        (lambda: ValueLaw.mixture([ValueLaw.uniform(0, 1)], [0.5, 0.5]), "one weight each"),
        (lambda: CommonValue([0, 1], [0.5, 0.5], 2).auction("first price"), "proportional"),  # type: ignore[arg-type]
    ],
)
def test_unusable_input_is_refused_in_one_line(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_bids_are_checked() -> None:
    auction = CommonValue([0, 1], [0.5, 0.5], 2).auction()
    with pytest.raises(ShapeError):
        auction.allocate(np.ones(3))
    with pytest.raises(InputError, match="at least zero"):
        auction.transfers(np.array([1.0, -1.0]))
