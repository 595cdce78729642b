"""The potential-minimizing information against the definitions: a density, a virtual objective, a saddle point."""

import math

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss

from robustmech.continuum.public_expenditure import PublicExpenditure, PublicExpenditureInformation
from robustmech.model import FloatArray

CASES = [(2, 3.0), (2, 4.0), (3, 5.0), (2, 2.3), (4, 9.0)]


def sum_rule(information: PublicExpenditureInformation, nodes: int = 150) -> tuple[FloatArray, FloatArray]:
    """Nodes y and weights dy on (0, ȳ] that absorb the singularity y^{-a}."""
    power = 1 / (1 - information.exponent)
    s, weights = (leggauss(nodes)[0] + 1) / 2, leggauss(nodes)[1] / 2
    y = information.boundary * s**power
    return y, weights * information.boundary * power * s ** (power - 1)


@pytest.mark.parametrize(("agents", "value"), CASES)
def test_the_sum_of_signals_has_the_density_of_the_paper(agents: int, value: float) -> None:
    information = PublicExpenditure(agents, value).information
    y, dy = sum_rule(information)
    density = information.aggregate_density(y)
    assert (density * dy).sum() == pytest.approx(1, abs=1e-10)
    printed = np.exp(y) * y ** (-(agents - 1) * value / (value - 1)) * y ** (agents - 1)
    assert np.allclose(density / density[75], printed / printed[75], rtol=1e-11)
    assert (information.aggregate_density(information.boundary * np.array([1.0001, 50.0])) == 0).all()
    ends = information.aggregate_distribution(np.array([0.0, information.boundary, 99.0]))
    assert ends == pytest.approx([0, 1, 1], abs=1e-12)
    slope = (information.aggregate_distribution(y + 1e-6) - information.aggregate_distribution(y - 1e-6)) / 2e-6
    assert np.allclose(slope[40:-5], density[40:-5], rtol=1e-5)


@pytest.mark.parametrize(("agents", "value"), CASES)
def test_joint_density_spreads_the_sum_evenly(agents: int, value: float) -> None:
    information = PublicExpenditure(agents, value).information
    generator = np.random.default_rng(3)
    signals = information.boundary * generator.random((4000, agents)) / agents
    sums = signals.sum(axis=1)
    simplex = sums ** (agents - 1) / math.factorial(agents - 1)
    assert np.allclose(information.density(signals) * simplex, information.aggregate_density(sums), rtol=1e-12)
    if agents == 2:
        x, w = (leggauss(60)[0] + 1) / 2, leggauss(60)[1] / 2
        y, dy = sum_rule(information)
        grid = np.stack([np.multiply.outer(y, x), np.multiply.outer(y, 1 - x)], axis=-1)
        assert (information.density(grid) * np.multiply.outer(dy * y, w)).sum() == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize(("agents", "value"), CASES)
def test_informational_virtual_objective_vanishes_inside(agents: int, value: float) -> None:
    information = PublicExpenditure(agents, value).information
    generator = np.random.default_rng(8)
    sums = information.boundary * generator.uniform(0.3, 0.99, 500)
    signals = sums[:, None] * generator.dirichlet(np.full(agents, 5.0), 500)
    signals = signals[(signals > 0.01).all(axis=1)]
    step, valued, paying = 1e-5, np.zeros(signals.shape), np.zeros(signals.shape)
    for i in range(agents):
        for sign in (-1, 1):
            moved = signals.copy()
            moved[:, i] += sign * step
            valued[:, i] += sign * (information.interim_values(moved)[:, i] * information.density(moved)) / (2 * step)
            paying[:, i] += sign * information.density(moved) / (2 * step)
    density = information.density(signals)
    objective = ((value - 1) * density - valued.sum(axis=1))[:, None] + paying
    assert (np.abs(objective) / density[:, None]).max() < 1e-5


@pytest.mark.parametrize(("agents", "value"), CASES)
def test_potential_at_the_information_is_the_guarantee(agents: int, value: float) -> None:
    problem = PublicExpenditure(agents, value)
    information = problem.information
    face = information.boundary ** (agents - 1) / math.factorial(agents - 1)
    inside = np.full(agents, information.boundary * (1 - 1e-14) / agents)
    assert (value - 1) * float(information.density(inside)) * face == pytest.approx(problem.guarantee, rel=1e-10)
    y, dy = sum_rule(information)
    welfare = (value - 1) * (problem.aggregate_expenditure(y) * information.aggregate_density(y) * dy).sum()
    assert welfare == pytest.approx(problem.guarantee, rel=1e-9)


def test_every_mechanism_earns_only_what_it_spends_on_the_boundary() -> None:
    """The Lagrangian of any mechanism (two agents) is (θ̄−1) ρ(ȳ) times the integral of its spending on Σx = ȳ."""
    problem = PublicExpenditure(2, 3)
    information = problem.information
    y, dy = sum_rule(information)
    x, w = (leggauss(60)[0] + 1) / 2, leggauss(60)[1] / 2
    first, second = np.multiply.outer(y, x), np.multiply.outer(y, 1 - x)
    mass = information.density(np.stack([first, second], axis=-1)) * np.multiply.outer(dy * y, w)
    values = information.interim_values(np.stack([first, second], axis=-1))
    generator = np.random.default_rng(2)
    for _ in range(5):
        # Contributions x_i-polynomials times (x_1 + x_2)^2, so that every integral converges at the origin.
        a, b = generator.normal(size=(2, 3))

        def paid(c: FloatArray, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
            sums = u + v
            level = c[0] + c[1] * u + c[2] * v
            return sums**2 * level, 2 * sums * level + sums**2 * c[1], 2 * sums * level + sums**2 * c[2]

        one, one_first, _ = paid(a, first, second)
        two, _, two_second = paid(b, first, second)
        both = a + b
        _, total_first, total_second = paid(both, first, second)
        gains = values[..., 0] * total_first + values[..., 1] * total_second - one_first - two_second
        lagrangian = (mass * (2 * (one + two) + gains)).sum()
        edge = information.density(np.stack([np.zeros_like(y), y], axis=-1)) * dy
        lagrangian -= (edge * (paid(a, np.zeros_like(y), y)[0] + paid(b, y, np.zeros_like(y))[0])).sum()
        end = information.boundary
        spent = paid(both, end * x, end * (1 - x))[0]
        top = float(information.density(np.array([end / 2, end / 2 * (1 - 1e-14)])))
        assert lagrangian == pytest.approx(2 * top * end * (w * spent).sum(), rel=1e-8)


@pytest.mark.parametrize("value", [2.3, 3.0, 4.0, 20.0])
def test_truth_and_obedience_are_an_equilibrium_at_the_saddle_point(value: float) -> None:
    problem = PublicExpenditure(2, value)
    information = problem.information
    s, w = (leggauss(80)[0] + 1) / 2, leggauss(80)[1] / 2
    for signal in problem.boundary * np.array([0.05, 0.2, 0.5, 0.8, 0.97]):
        other = (problem.boundary - signal) * s * (1 - 1e-12)
        own = np.full_like(other, signal)
        density = information.density(np.stack([own, other], axis=-1))
        interim = information.interim_values(np.stack([own, other], axis=-1))[:, 0]
        reports = np.concatenate([problem.boundary * np.linspace(0, 3, 301), [signal]])
        actions = np.stack(np.broadcast_arrays(reports[:, None], other[None, :]), axis=-1)
        utility = interim * problem.expenditure(actions) - problem.contributions(actions)[..., 0]
        expected = (utility * density * w).sum(axis=1) / (density * w).sum()
        assert expected[-1] >= -1e-9
        assert expected[-1] >= expected.max() - 1e-6 * value


def test_samples_follow_the_law() -> None:
    information = PublicExpenditure(3, 5).information
    signals, valued = information.sample(40_000, np.random.default_rng(11))
    assert signals.shape == (40_000, 3)
    ranks = np.sort(information.aggregate_distribution(signals.sum(axis=1)))
    assert np.abs(ranks - (np.arange(40_000) + 0.5) / 40_000).max() < 1.63 / 200
    shares = information.posterior(signals)
    for i in range(3):
        low, high = shares[:, i] < 0.2, shares[:, i] > 0.6
        for group in (low, high):
            assert (valued[group] == i).mean() == pytest.approx(shares[group, i].mean(), abs=0.015)
    assert information.sample(0, np.random.default_rng(0))[0].shape == (0, 3)
