"""The objects against what defines them: the concave hull, the multipliers, and quadrature that shares no code."""

import math

import numpy as np
import pytest
from common_value_cases import CASES, LAWS, Array, erlang_density, integral, kinks, model_of, random_model
from scipy import integrate, stats

from robustmech.continuum.common_value import CommonValue, ValueLaw

KEEPING = [case for case in CASES if not case[3]]


@pytest.mark.parametrize(
    "model",
    [model_of(case) for case in KEEPING] + [random_model(np.random.default_rng(seed)) for seed in range(60, 84)],
)
def test_graded_gains_are_the_slope_of_the_hull(model: CommonValue) -> None:
    """Γ̄ ≥ Γ̂ equal outside graded intervals and at their ends; γ̄ e^{−x} decreasing: these define the hull."""
    x = np.linspace(1e-4, 25, 20001)
    cost, n = model.cost, model.bidders
    graded, revealed = model.graded_value(x) - cost, model.fully_revealing_value(x) - cost
    inside = np.zeros(x.shape, dtype=np.bool_)
    for interval in model.graded_intervals:
        assert 0 <= interval.start < interval.end
        inside |= (x >= interval.start) & (x <= interval.end)
        cuts = kinks(model)

        def shortfall(at: float, cuts: list[float] = cuts) -> float:
            return integral(
                lambda y: (model.graded_value(y) - model.fully_revealing_value(y)) * erlang_density(n, y), cuts, high=at
            )

        scale = max(1.0, model.law.highest)
        assert shortfall(interval.start) == pytest.approx(0, abs=1e-11 * scale) if interval.start else True
        assert shortfall(interval.end) == pytest.approx(0, abs=1e-11 * scale)
        for share in (0.2, 0.5, 0.8):
            assert shortfall(interval.start + share * (interval.end - interval.start)) > -1e-13 * scale
    np.testing.assert_allclose(graded[~inside], revealed[~inside], atol=1e-12)
    if not model.must_sell:
        slopes = graded * np.exp(-x)
        assert np.all(np.diff(slopes) <= 1e-12 * np.max(slopes))
        steps = np.diff(graded)
        assert np.all(steps >= -1e-12)
        assert np.all(steps <= graded[:-1] * math.expm1(x[1] - x[0]) + 1e-9)


def test_every_jump_of_the_value_is_graded() -> None:
    sample = np.random.default_rng(3).random(60)
    model = CommonValue.from_law(ValueLaw.from_sample(sample), 3, cost=0.1)
    jumps = stats.gamma.ppf(np.arange(1, 60) / 60, 3)
    starts = np.array([i.start for i in model.graded_intervals])
    ends = np.array([i.end for i in model.graded_intervals])
    assert len(model.graded_intervals) > 5
    assert all(np.any((starts < jump) & (jump < ends)) for jump in jumps)
    assert np.all(starts[1:] >= ends[:-1])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_multipliers_are_the_smallest_strategic_objective(case: tuple[str, int, float, bool]) -> None:
    """λ(v) = min over aggregate bids, by brute force; E[λ] is the guarantee; λ concave with slope μ(G_N⁻¹(H(v)))."""
    model = model_of(case)
    law = model.law
    x = np.concatenate([np.geomspace(1e-7, 1, 2000), np.linspace(1, 60, 60_000), kinks(model), [1e9]])
    ends = [model.cost + i.level * math.exp(x - i.end) for i in model.graded_intervals for x in (i.start, i.end)]
    marks = sorted({*law.quantiles.start.tolist(), *law.quantiles.end.tolist(), *ends})
    values = np.linspace(law.lowest, law.highest, 41)
    brute = np.min(model.strategic_virtual_objective(values[:, None], x), axis=1)
    multipliers = model.value_multipliers(values)
    scale = max(1.0, law.highest)
    assert np.all(multipliers <= brute + 1e-11 * scale)
    np.testing.assert_allclose(multipliers[1:], brute[1:], atol=2e-6 * scale)
    assert model.guarantee_at(law) == pytest.approx(model.guarantee, abs=1e-11 * scale)
    if law.highest > law.lowest:
        slopes = np.diff(multipliers) / np.diff(values)
        assert np.all(np.diff(slopes[1:]) <= 1e-9)
        for low, high in ((5, 20), (20, 35), (35, 39)):
            start, end = float(values[low]), float(values[high])
            cuts = [v - start for v in marks if start < v < end]

            def slope(above: Array, start: float = start) -> Array:
                totals = stats.gamma.ppf(law.cumulative(start + above), model.bidders)
                return model.total_allocation_sensitivity(totals)

            rise = integral(slope, cuts, high=end - start)
            assert multipliers[high] - multipliers[low] == pytest.approx(rise, abs=1e-9)
    above = model.value_multipliers(np.array([law.highest, law.highest * 3]))
    assert above[0] == pytest.approx(above[1])
    assert above[0] == pytest.approx(-float(model.aggregate_excess_growth(1e12)) - model.cost, abs=1e-9 * scale)


@pytest.mark.parametrize(("bidders", "cost", "a", "b"), [(3, 0.17, 2.0, 3.0), (4, 0.05, 0.7, 0.6), (6, 0.3, 5.0, 2.0)])
def test_guarantee_by_independent_quadrature(bidders: int, cost: float, a: float, b: float) -> None:
    """Beta values: ∫ γ̄ g_{N−1} with the hull found on a grid of a million points, no code shared."""
    x = np.linspace(0, 45 + bidders, 600_001)
    law = stats.beta(a, b)
    gains = law.isf(stats.gamma.sf(x, bidders)) - cost
    density = stats.gamma.pdf(x, bidders)
    growth = integrate.cumulative_simpson(gains * density, x=x, initial=0)
    weight = np.exp(bidders * np.log(np.maximum(x, 1e-300)) - math.lgamma(bidders + 1))
    # these laws are graded on [0, x*] only: x* maximises the chord's slope
    slope = np.full_like(x, -np.inf)
    slope[600:] = growth[600:] / weight[600:]
    best = int(np.argmax(slope))
    others = stats.gamma.pdf(x, bidders - 1)
    rest = integrate.simpson((gains * others)[best:], x=x[best:])
    graded = slope[best] * math.exp((bidders - 1) * math.log(x[best]) - math.lgamma(bidders))
    model = CommonValue.from_law(ValueLaw.from_scipy(law), bidders, cost)
    assert len(model.graded_intervals) == 1
    assert model.cutoff == pytest.approx(x[best], abs=1e-4)
    assert model.guarantee == pytest.approx(graded + rest, abs=2e-9)


def test_a_graded_interval_wider_than_the_cells_that_found_it() -> None:
    """A density that drops where γ̂ e^{−x} is almost flat: both ends lie beyond the neighbouring cells."""
    parts = [ValueLaw.from_atoms([0.2], [1]), ValueLaw.uniform(0.18, 1.21)]
    law = ValueLaw.mixture([*parts, ValueLaw.from_scipy(stats.weibull_min(1.46), above=5)], ["0.51", "0.24", "0.25"])
    for bidders in range(9, 16):
        model = CommonValue.from_law(law, bidders)
        assert model.guarantee == pytest.approx(model.potential, abs=1e-12)
        for interval in model.graded_intervals[1:]:
            ends = np.array([interval.start - 1e-9, interval.end + 1e-9])
            slopes = model.fully_revealing_value(ends) * np.exp(-ends)
            assert slopes[0] == pytest.approx(slopes[1], rel=1e-7)


def test_atoms_by_hand() -> None:
    """Three bidders, three values, must sell: Σ_j v_j (G_{N−1}(x_j) − G_{N−1}(x_{j−1})), x_j the N-bidder quantiles."""
    values, chances = [0.3, 1.0, 2.2], [0.2, 0.5, 0.3]
    marks = stats.gamma.ppf([0, 0.2, 0.7, 1], 3)
    expected = float(np.dot(values, np.diff(stats.gamma.cdf(marks, 2)))) - 0.15
    assert CommonValue(values, chances, 3, 0.15, True).guarantee == pytest.approx(expected, abs=1e-12)


def test_other_laws_of_the_value() -> None:
    """No auction does better than the best for the true law; the guarantee is linear in it (Proposition 7)."""
    generator = np.random.default_rng(11)
    for _ in range(15):
        assumed, true = random_model(generator), random_model(generator)
        believed = CommonValue.from_law(assumed.law, 3, assumed.cost, assumed.must_sell)
        best = CommonValue.from_law(true.law, 3, assumed.cost, assumed.must_sell)
        assert believed.guarantee_at(true.law) <= best.guarantee + 1e-10
        mixed = ValueLaw.mixture([assumed.law, true.law], [0.4, 0.6])
        parts = 0.4 * believed.guarantee + 0.6 * believed.guarantee_at(true.law)
        assert believed.guarantee_at(mixed) == pytest.approx(parts, abs=1e-10)


def test_exponential_assumed_uniform_true() -> None:
    """Figure 10's calculation, its law cut off at a bound: E[λ] under a law other than the one assumed."""
    assumed = CommonValue.from_law(ValueLaw.from_scipy(stats.expon(), above=30.0), 3, must_sell=True)
    # λ(ŵ(x)) = C + ∫_x^∞ … ; by definition λ(v) = λ(0) + ∫_0^v μ(G⁻¹(H(y))) dy and E_H[λ] is the guarantee

    def multiplier(v: float) -> float:
        return integral(lambda y: 2 / stats.gamma.ppf(stats.expon.cdf(y), 3), [], high=v) if v else 0.0

    grid = np.linspace(0, 1, 21)
    rises = np.array([multiplier(v) for v in grid])
    np.testing.assert_allclose(assumed.value_multipliers(grid) - assumed.value_multipliers(0.0), rises, atol=1e-8)
    by_hand = float(assumed.value_multipliers(0.0)) + integrate.fixed_quad(np.vectorize(multiplier), 0, 1, n=40)[0]
    assert assumed.guarantee_at(ValueLaw.uniform(0, 1)) == pytest.approx(by_hand, abs=1e-6)


def test_more_bidders_or_more_commitment() -> None:
    """Proposition 9, with gains from trade known to be positive."""
    for law in (LAWS["uniform"](), LAWS["high uniform"](), LAWS["three atoms"]()):
        for bidders in (2, 3, 6):
            forced = CommonValue.from_law(law, bidders, must_sell=True).guarantee
            keeping = CommonValue.from_law(law, bidders).guarantee
            more = CommonValue.from_law(law, bidders + 1, must_sell=True).guarantee
            assert forced - 1e-13 <= keeping <= more + 1e-13


def test_scaling_and_shifting() -> None:
    law = ValueLaw.from_atoms([0.2, 1, 2], ["0.3", "0.3", "0.4"])
    base = CommonValue.from_law(law, 3, 0.4)
    scaled = CommonValue([2, 10, 20], ["0.3", "0.3", "0.4"], 3, 4)
    assert scaled.guarantee == pytest.approx(10 * base.guarantee, rel=1e-13)
    assert scaled.cutoff == pytest.approx(base.cutoff, rel=1e-12)
    shifted = CommonValue([1.2, 2, 3], ["0.3", "0.3", "0.4"], 3, 1.4)
    assert shifted.guarantee == pytest.approx(base.guarantee, rel=1e-12)


def test_all_bids_zero_is_no_refuge() -> None:
    """Values on [10, 11], no information: the paper's equal split at zero would make bidding nothing an equilibrium."""
    model = CommonValue.from_law(ValueLaw.uniform(10, 11), 2)
    auction = model.auction()
    nothing, small = np.zeros(2), np.array([1e-9, 0.0])
    assert not auction.allocate(nothing).any()
    deviation = model.law.mean * auction.allocate(small)[0] - auction.transfers(small)[0]
    assert deviation > 0.4  # with the equal split, staying at zero would bring half of 10.5
    forced = CommonValue.from_law(ValueLaw.uniform(10, 11), 2, must_sell=True).auction()
    assert forced.allocate(nothing).tolist() == [1.0, 0.0]
    assert forced.transfers(np.array([0.0, 1e-9]))[1] == pytest.approx(10.0, abs=1e-6)
