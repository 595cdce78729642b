"""Sensitivities and guarantees: published numbers, the mean constraints by quadrature, exclusion, ties, brackets."""

import itertools

import numpy as np
import pytest
from scipy import integrate

from robustmech import Beliefs, Grid, InputError, SizeError, auction, solve
from robustmech.continuum.known_means import KnownMeans


def implied_mean(sensitivities: list[float], bidder: int) -> float:
    """∫ w_i(s) e^{−Σs} ds for two included bidders, equation (13), by adaptive quadrature."""
    first, second = sensitivities
    own = sensitivities[bidder]

    def inner(other: float) -> float:
        edge = max(0.0, (1 - second * other) / first)

        def below(signal: float) -> float:
            return float(np.exp((first * signal + second * other - 1) / own - signal - other))

        below_value = integrate.quad(below, 0, edge, epsabs=1e-13, epsrel=1e-13)[0] if edge else 0.0
        return float(below_value + np.exp(-edge - other))

    parts = [integrate.quad(inner, a, b, epsabs=1e-12, epsrel=1e-12)[0] for a, b in [(0, 1 / second), (1 / second, 60)]]
    return float(sum(parts))


def test_published_example() -> None:
    model = KnownMeans([0.6, 0.4])
    np.testing.assert_allclose(model.sensitivities, [0.57206, 0.21126], atol=6e-6)
    assert model.guarantee == pytest.approx(0.270907, abs=6e-7)
    symmetric = KnownMeans([0.5, 0.5])
    np.testing.assert_allclose(symmetric.sensitivities, 0.37396, atol=5e-6)
    assert symmetric.guarantee == pytest.approx(0.253406, abs=6e-7)


@pytest.mark.parametrize("means", [(0.6, 0.4), (0.65, 0.35), (0.9, 0.85), (0.2, 0.18), (0.5, 0.5 - 1e-9)])
def test_mean_constraints_hold_by_quadrature(means: tuple[float, float]) -> None:
    eta = KnownMeans(means).sensitivities.tolist()
    assert [implied_mean(eta, 0), implied_mean(eta, 1)] == pytest.approx(means, abs=1e-10)


def test_figure_two_sensitivities_around_the_proportional_ones() -> None:
    """Compound paper, section 3.3: the best perturbation is 0.170 at (3/5, 2/5), the guarantee there 0.270."""
    from robustmech.continuum.compound import CompoundProportional

    middle = 0.37396314
    steps = np.linspace(0, 0.37, 75)
    values = [CompoundProportional([middle + e, middle - e]).guarantee([0.6, 0.4]) for e in steps]
    assert steps[int(np.argmax(values))] == pytest.approx(0.170, abs=0.006)
    assert max(values) == pytest.approx(0.270, abs=6e-4)
    assert values[0] == pytest.approx(0.253406, abs=1e-6)


def test_figure_three_exclusion() -> None:
    """With means adding up to one, exclusion starts where v̂_1 = v̂_2 − v̂_2 log v̂_2, equation (24)."""
    low, high = 0.3, 0.45
    for _ in range(40):
        difference = (low + high) / 2
        excluded = KnownMeans([0.5 + difference / 2, 0.5 - difference / 2]).sensitivities[1] == 0
        low, high = (low, difference) if excluded else (difference, high)
    second = 0.5 - low / 2
    assert 1 - second == pytest.approx(second - second * np.log(second), abs=1e-9)
    assert low == pytest.approx(0.36, abs=0.005)
    rising = np.array([KnownMeans([0.5 + d / 2, 0.5 - d / 2]).sensitivities for d in np.linspace(0, 0.9, 19)])
    assert np.all(np.diff(rising[:, 0]) > 0)
    assert np.all(np.diff(rising[:, 1]) <= 0)


def test_one_bidder_is_the_closed_form() -> None:
    """v̂ = e^{−x}(1 + x) with x = 1/η, and the guarantee is e^{−x}: section 3.2 of the known-means paper."""
    for mean in (1e-100, 1e-9, 0.1, 0.5, 0.9, 1 - 1e-9):
        model = KnownMeans([mean])
        x = 1 / model.sensitivities[0]
        assert np.exp(-x) * (1 + x) == pytest.approx(mean, rel=1e-12)
        assert model.guarantee == pytest.approx(np.exp(-x), rel=1e-12)


@pytest.mark.parametrize(
    ("bidders", "gap"),
    [(100, 1e-9), *itertools.product([2, 3, 5, 10, 30], [0.0, 1e-12, 1e-9, 1e-6, 1e-3])],
)
def test_ties_and_near_ties(bidders: int, gap: float) -> None:
    """The guarantee moves with the means by Σ η_i dv̂_i, through ties too; equal means get equal sensitivities."""
    model = KnownMeans(0.5 + gap * np.arange(bidders) / bidders)
    tied = KnownMeans(np.full(bidders, 0.5))
    assert len(set(tied.sensitivities)) == 1
    assert np.all(np.diff(model.sensitivities) >= 0)
    shift = float(tied.sensitivities @ (model.means - tied.means))
    assert -1e-13 <= model.guarantee - tied.guarantee - shift <= 40 * bidders * gap**2 + 1e-13


def test_excluded_bidders_change_nothing() -> None:
    model = KnownMeans([0.2, 0.7, 0.1, 0.69, 0.3])
    assert model.included.tolist() == [False, True, False, True, False]
    alone = KnownMeans([0.7, 0.69])
    np.testing.assert_allclose(model.sensitivities[[1, 3]], alone.sensitivities, rtol=1e-12)
    assert model.guarantee == pytest.approx(alone.guarantee, rel=1e-13)
    assert all(mean <= model.guarantee for mean in (0.2, 0.1, 0.3))


def test_units_scale() -> None:
    model, scaled = KnownMeans([0.6, 0.4]), KnownMeans([600, 400], bound=1000)
    np.testing.assert_allclose(scaled.sensitivities, model.sensitivities, rtol=1e-13)
    assert scaled.guarantee == pytest.approx(1000 * model.guarantee, rel=1e-13)
    bids = [0.4, 1.1]
    np.testing.assert_allclose(scaled.auction().transfers(bids), 1000 * model.auction().transfers(bids), rtol=1e-12)


def test_optimal_sensitivities_beat_their_neighbours() -> None:
    rng = np.random.default_rng(3)
    for _ in range(8):
        means = np.sort(rng.uniform(0.2, 0.9, rng.integers(2, 6)))
        model = KnownMeans(means)
        rule = model.auction()
        assert rule.guarantee(means) == pytest.approx(model.guarantee, abs=1e-12)
        for _ in range(5):
            other = np.maximum(model.sensitivities + 0.05 * rng.normal(size=means.size), 1e-6)
            assert type(rule)(other).guarantee(means) < model.guarantee


def test_guarantee_at_misspecified_means_is_linear_and_never_optimistic() -> None:
    model = KnownMeans([0.6, 0.4])
    for means in ([0.6, 0.4], [0.5, 0.5], [0.3, 0.2], [0.9, 0.9]):
        assert model.guarantee_at(means) == pytest.approx(model.auction().guarantee(means), abs=1e-14)
        assert model.guarantee_at(means) <= KnownMeans(means).guarantee + 1e-14


@pytest.mark.parametrize(
    ("means", "actions"),
    [
        (("0.6", "0.4"), 20),
        (("0.8", "0.7"), 20),
        (("0.9", "0.2"), 16),
        (("0.6", "0.5", "0.5"), 7),
        (("0.5", "0.4", "0.3"), 7),
        (("0.55", "0.5", "0.2"), 7),
        (("0.5", "0.45", "0.45", "0.1"), 4),
    ],
)
def test_finite_brackets_contain_the_guarantee(means: tuple[str, ...], actions: int) -> None:
    corners = [list(corner) for corner in itertools.product([0, 1], repeat=len(means))]
    solution = solve(auction(corners, beliefs=Beliefs.means(corners, list(means))), Grid.quantile(actions))
    guarantee = KnownMeans([float(mean) for mean in means]).guarantee
    assert solution.lower is not None
    assert solution.upper is not None
    assert solution.lower.value <= guarantee <= solution.upper.value


def test_a_mean_at_the_bound_is_a_known_value() -> None:
    model = KnownMeans([2.0, 1.0], bound=2.0)
    assert model.guarantee == 2.0
    assert model.sensitivities.tolist() == [np.inf, 0.0]
    with pytest.raises(InputError, match=r"offer the good at a price of 2\.0"):
        model.auction()


@pytest.mark.parametrize(
    ("means", "bound", "message"),
    [
        ([], 1, "one number per bidder"),
        ([0.5, 0.0], 1, r"means\[1\] is 0.0"),
        ([0.5, -0.1], 1, r"means\[1\] is -0.1"),
        ([1.5, 0.5], 1, r"means\[0\] is 1.5.*bound 1.0"),
        ([0.5, float("nan")], 1, r"means\[1\] is nan"),
        ([0.5, float("inf")], 1, r"means\[1\] is inf"),
        (["a"], 1, "one number per bidder"),
        ([0.5], 0, "bound is 0.0"),
        ([0.5], float("inf"), "bound is inf"),
    ],
)
def test_bad_input_is_one_line(means: list[float], bound: float, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        KnownMeans(means, bound)
    assert "\n" not in str(caught.value)


def test_the_shapley_rule_says_how_many_bidders_it_takes() -> None:
    with pytest.raises(SizeError, match="at most 32 included bidders, not 33"):
        KnownMeans([0.5] * 33).shapley()
