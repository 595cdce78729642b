"""Published numbers, and closed forms that were worked out for special laws."""

import math

import numpy as np
import pytest
from common_value_cases import CASES, erlang_density, integral, kinks, model_of
from scipy import integrate, optimize, special

from robustmech.continuum.common_value import CommonValue, ValueLaw, first_price_guarantee, welfare_points


@pytest.mark.parametrize(
    ("bidders", "guarantee"),
    [(1, 0.203632), (2, 0.280518), (3, 0.321480), (5, 0.364674), (10, 0.407306), (30, 0.447842)],
)
def test_uniform(bidders: int, guarantee: float) -> None:
    assert CommonValue.from_law(ValueLaw.uniform(0, 1), bidders).guarantee == pytest.approx(guarantee, abs=5e-7)


def test_uniform_two_bidders() -> None:
    model = CommonValue.from_law(ValueLaw.uniform(0, 1), 2)
    assert model.cutoff == pytest.approx(1.79328, abs=5e-6)
    assert CommonValue.from_law(ValueLaw.uniform(0, 1), 2, must_sell=True).guarantee == pytest.approx(0.25, abs=1e-13)


@pytest.mark.parametrize("bidders", [1, 2, 4, 30, 300, 1000])
def test_uniform_against_its_own_equations(bidders: int) -> None:
    """Section 5.1: G_N(x*) = 2 g_{N+1}(x*), and ∫ exp and ∫ G_N g_{N−1}, integrated by another method."""
    n = bidders

    def log_density(count: int, x: float) -> float:
        return (count - 1) * math.log(x) - x - special.gammaln(count)

    def excess(x: float) -> float:
        return math.log(special.gammainc(n, x)) - math.log(2) - log_density(n + 1, x)

    cutoff = optimize.brentq(excess, 0.5 * n, 1.5 * n, xtol=1e-13) if n > 1 else optimize.brentq(excess, 0.5, 2)
    model = CommonValue.from_law(ValueLaw.uniform(0, 1), n)
    assert model.cutoff == pytest.approx(cutoff, rel=1e-9)
    rest = 0.0
    if n > 1:
        start = max(cutoff, n - 12 * math.sqrt(n))
        rest = integrate.quad(
            lambda x: special.gammainc(n, x) * math.exp(log_density(n - 1, x)),
            start, n + 14 * math.sqrt(n) + 40, epsabs=1e-14, epsrel=1e-13, limit=400, points=[float(n)],
        )[0]  # fmt: skip
    graded = special.gammainc(n, cutoff) * math.exp(log_density(n, cutoff))
    assert model.guarantee == pytest.approx(graded + rest, abs=1e-11)


def test_two_values() -> None:
    model = CommonValue([0, 1], ["1/2", "1/2"], 2)
    assert model.sensitivity == pytest.approx(0.37396, abs=5e-6)
    assert model.guarantee == pytest.approx(0.253406, abs=5e-7)


@pytest.mark.parametrize("bidders", [1, 2, 3, 7])
@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_two_values_against_appendix_b(bidders: int, chance: float) -> None:
    """The value function is min(1, a e^x), with V_N(a) = a Σ_{k≤N} (−log a)^k / k! the chance of value one."""

    def mean(count: int, a: float) -> float:
        return a * sum((-math.log(a)) ** k / math.factorial(k) for k in range(count + 1))

    a = optimize.brentq(lambda a: mean(bidders, a) - chance, 1e-12, 1 - 1e-12, xtol=1e-16)
    model = CommonValue([0, 1], [1 - chance, chance], bidders)
    assert model.cutoff == pytest.approx(-math.log(a), abs=1e-10)
    assert model.guarantee == pytest.approx(mean(bidders - 1, a), abs=1e-12)


@pytest.mark.parametrize(("count", "guarantee"), [(10, 0.271053), (11, 0.272069)])
def test_equally_spaced_values(count: int, guarantee: float) -> None:
    model = CommonValue([f"{j}/{count - 1}" for j in range(count)], [f"1/{count}"] * count, 2)
    assert model.guarantee == pytest.approx(guarantee, abs=5e-7)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_guarantee_is_the_potential_of_the_information(case: tuple[str, int, float, bool]) -> None:
    """From the strategic side ∫ (μ ŵ − c Q) g_N, from the informational side ∫ γ̄ g_{N−1}."""
    model = model_of(case)
    assert model.guarantee == pytest.approx(model.potential, abs=1e-12)


def test_without_surplus_nothing_is_guaranteed() -> None:
    model = CommonValue([0, 1], ["1/2", "1/2"], 3, cost="1/2")
    assert model.guarantee == 0.0
    assert "guarantees more than zero" in model.statement
    auction = model.auction()
    assert not auction.allocate(np.array([1.0, 2.0, 3.0])).any()
    assert not auction.transfers(np.array([1.0, 2.0, 3.0])).any()
    assert np.all(model.value_multipliers(np.array([0.0, 1.0])) == 0)
    assert np.all(model.graded_value(np.array([0.0, 5.0])) == 0.5)
    signals, values = model.information.sample(np.random.default_rng(1), 4000)
    assert signals.shape == (4000, 3)
    assert values.mean() == pytest.approx(0.5, abs=0.03)
    assert CommonValue([0, 1], ["1/2", "1/2"], 3, cost=0.6, must_sell=True).guarantee < 0


def test_one_bidder() -> None:
    """The seller posts a price to one bidder; if she must sell, that bidder bids nothing and pays nothing."""
    assert CommonValue([1, 2], ["1/2", "1/2"], 1).guarantee == pytest.approx(1.0)
    assert CommonValue([1, 2], ["1/2", "1/2"], 1, cost=0.1, must_sell=True).guarantee == pytest.approx(-0.1)


def test_welfare_points() -> None:
    model = CommonValue.from_law(ValueLaw.uniform(0, 1), 2)
    points = welfare_points(model)
    assert (points["B"].bidder_surplus, points["B"].profit) == pytest.approx((0, 0.5))
    assert (points["G"].bidder_surplus, points["G"].profit) == pytest.approx((0.25, 0.25))
    assert points["H"].profit == pytest.approx(1 / 6)
    for label in "ACD":
        assert points[label].profit == pytest.approx(model.guarantee)
    assert points["C"].bidder_surplus + points["C"].profit == pytest.approx(0.5)
    assert points["D"].bidder_surplus + points["D"].profit == pytest.approx(points["E"].profit)
    order = [points[k].bidder_surplus for k in "BDAC"]
    assert order == sorted(order)
    assert model.guarantee < points["F"].profit < points["E"].profit
    # A by quadrature: all surplus under truthful bids, less profit
    total = integrate.quad(
        lambda x: float(model.graded_value(x) * model.aggregate_allocation(x)) * x * math.exp(-x), 0, 60,
        points=[model.cutoff], epsabs=1e-12, limit=200,
    )[0]  # fmt: skip
    assert points["A"].bidder_surplus == pytest.approx(total - model.guarantee, abs=1e-10)


@pytest.mark.parametrize("bidders", [1, 2, 3, 8])
def test_first_price_guarantee_of_the_uniform_law(bidders: int) -> None:
    model = CommonValue.from_law(ValueLaw.uniform(0, 1), bidders)
    assert first_price_guarantee(model) == pytest.approx((bidders - 1) / (4 * bidders - 2), abs=1e-12)


@pytest.mark.parametrize("case", [c for c in CASES if not c[3]], ids=str)
def test_withheld_gains_by_quadrature(case: tuple[str, int, float, bool]) -> None:
    model = model_of(case)
    kept = integral(
        lambda x: (
            (model.graded_value(x) - model.cost)
            * (1 - model.aggregate_allocation(x))
            * erlang_density(model.bidders, x)
        ),
        kinks(model),
    )
    assert welfare_points(model)["A"].bidder_surplus == pytest.approx(model.surplus - kept - model.guarantee, abs=1e-11)
