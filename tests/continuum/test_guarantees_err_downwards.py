"""Guarantees of closed forms are at most the exact numbers, found with thirty digits, and hardly less."""

import itertools

import mpmath
import numpy as np
import pytest
from scipy import special

from robustmech.continuum.common_value import CommonValue, ValueLaw
from robustmech.continuum.compound import CompoundProportional
from robustmech.continuum.constant_sum import ConstantSum
from robustmech.continuum.known_means import KnownMeans
from robustmech.continuum.public_expenditure import PublicExpenditure
from robustmech.continuum.rules import rounded_down

mp = mpmath.mp
UNIFORM = [(10.0, 11.0, 2), (10.0, 11.0, 3), (5.0, 5.5, 10), (0.3, 0.4, 2), (1000.0, 1000.25, 4)]


def errs_downwards(found: float, exact: "mpmath.mpf", worst: float) -> None:
    assert mpmath.mpf(found) <= exact
    assert exact - mpmath.mpf(found) <= worst


class ExactUniform:
    """Equally likely values, with nothing rationed and the lowest value charged for each unit."""

    def __init__(self, low: float, high: float, bidders: int) -> None:
        self.low, self.high, self.n = mpmath.mpf(low), mpmath.mpf(high), bidders
        self.spread = self.high - self.low

    def chance(self, x: "mpmath.mpf") -> "mpmath.mpf":
        return mpmath.gammainc(self.n, 0, x, regularized=True)

    def drop(self, x: "mpmath.mpf") -> "mpmath.mpf":
        """∫ (ŵ − low) (N − 1)/z² dz from x on."""
        points = [x, *(point for point in (1, 5, 20, 60) if point > x), mpmath.inf]
        inside = mpmath.quad(lambda z: self.chance(z) * (self.n - 1) / z**2, points)
        return self.spread * inside

    def multiplier(self, value: float) -> "mpmath.mpf":
        points = [0, 1, 5, 20, 60, mpmath.inf]
        mean = mpmath.quad(lambda z: self.chance(z) ** 2 * (self.n - 1) / z**2 if z else 0, points) * self.spread
        share = (mpmath.mpf(value) - self.low) / self.spread
        if share == 0:
            start = mpmath.quad(lambda z: self.chance(z) * (self.n - 1) / z**2 if z else 0, points) * self.spread
            return self.low + mean - start
        if share >= 1:
            return self.low + mean
        start = special.gammaincinv(self.n, float(share))
        x = mpmath.findroot(lambda z: mpmath.log(self.chance(z) / share), mpmath.mpf(start), tol=1e-50)
        return self.low + share * self.spread * (self.n - 1) / x + mean - self.drop(x)

    def guarantee(self) -> "mpmath.mpf":
        """Low plus spread times the chance that a sum of N is below one of N − 1."""
        n = self.n
        chance = sum((mpmath.binomial(n - 1 + j, j) / mpmath.mpf(2) ** (n + j) for j in range(n - 1)), mpmath.mpf(0))
        return self.low + self.spread * chance


@pytest.fixture(autouse=True)
def thirty_digits() -> None:
    mp.dps = 30


def test_value_multiplier_of_the_lowest_value() -> None:
    """9.5 exactly."""
    model = CommonValue.from_law(ValueLaw.uniform(10, 11), 2)
    errs_downwards(float(model.value_multipliers(10.0)), mpmath.mpf("9.5"), 1e-12)
    assert abs(ExactUniform(10, 11, 2).multiplier(10) - mpmath.mpf("9.5")) < 1e-25
    errs_downwards(model.guarantee_at(ValueLaw.from_atoms([10], [1])), mpmath.mpf("9.5"), 1e-12)


@pytest.mark.parametrize(("low", "high", "bidders"), UNIFORM)
def test_uniform_values(low: float, high: float, bidders: int) -> None:
    exact, model = ExactUniform(low, high, bidders), CommonValue.from_law(ValueLaw.uniform(low, high), bidders)
    worst = 1e-12 * high
    errs_downwards(model.guarantee, exact.guarantee(), worst)
    errs_downwards(model.guarantee_at(model.law), exact.guarantee(), worst)
    values = [low, low + (high - low) * 2.0**-12, (low + high) / 2, high]
    truths = [exact.multiplier(value) for value in values]
    for value, truth in zip(values, truths, strict=True):
        errs_downwards(float(model.value_multipliers(value)), truth, worst)
    errs_downwards(model.guarantee_at(ValueLaw.from_atoms(values, [0.25] * 4)), sum(truths) / 4, worst)


def test_values_next_to_the_lowest_one() -> None:
    """Where an aggregate bid is told from zero by few digits of the value."""
    exact, model = ExactUniform(10, 11, 2), CommonValue.from_law(ValueLaw.uniform(10, 11), 2)
    for value in (np.nextafter(10.0, 11.0), 10 + 1e-13, 10 + 1e-9):
        errs_downwards(float(model.value_multipliers(value)), exact.multiplier(value), 1e-11)


def test_two_values() -> None:
    """One half for each of 0 and 1, two bidders: (1 + x) e^{−x}, where (1 + x + x²/2) e^{−x} = 1/2."""
    x = mpmath.findroot(lambda x: (1 + x + x * x / 2) * mpmath.exp(-x) - mpmath.mpf(1) / 2, 2.7)
    exact, model = (1 + x) * mpmath.exp(-x), CommonValue([0, 1], ["1/2", "1/2"], 2)
    errs_downwards(model.guarantee, exact, 1e-13)
    errs_downwards(model.guarantee_at(model.law), exact, 1e-13)


def excess(durations: list["mpmath.mpf"]) -> "mpmath.mpf":
    """E[(η·s − 1)⁺] by partial fractions, for different sensitivities."""
    total = mpmath.mpf(0)
    for k, own in enumerate(durations):
        weight = mpmath.mpf(1)
        for j, other in enumerate(durations):
            if j != k:
                weight *= own / (own - other)
        total += weight * own * mpmath.exp(-1 / own)
    return total


@pytest.mark.parametrize(
    "means", [[0.6, 0.4], [0.9, 0.5, 0.45], [0.3, 0.29, 0.28, 0.27], [1e-3, 2e-3], [0.99, 0.01], [0.9999999, 0.999999]]
)
@pytest.mark.parametrize("bound", [1.0, 70.0])
def test_known_means(means: list[float], bound: float) -> None:
    """What the sensitivities in doubles prove, exactly."""
    model = KnownMeans([mean * bound for mean in means], bound)
    eta = [mpmath.mpf(float(own)) for own in model.sensitivities]
    worth = sum((own * mpmath.mpf(float(mean)) for own, mean in zip(eta, model.means, strict=True)), mpmath.mpf(0))
    exact = worth - mpmath.mpf(bound) * excess([own for own in eta if own])
    errs_downwards(model.guarantee, exact, 1e-12 * bound)
    errs_downwards(CompoundProportional(model.sensitivities, bound).guarantee(model.means), exact, 1e-12 * bound)
    others = model.means * 0.9
    moved = exact - sum(
        (own * mpmath.mpf(float(d)) for own, d in zip(eta, model.means - others, strict=True)), mpmath.mpf(0)
    )
    assert mpmath.mpf(model.guarantee_at(others)) <= moved + mpmath.mpf(2) ** -52 * bound


@pytest.mark.parametrize(("agents", "value"), [*itertools.product([2, 3, 8], [8.001, 10.0, 300.0]), (2, 2 + 2.0**-30)])
def test_public_expenditure(agents: int, value: float) -> None:
    v = mpmath.mpf(value)
    a = (agents - 1) / (v - 1)

    def integral(y: "mpmath.mpf") -> "mpmath.mpf":
        return y / (1 - a) * mpmath.hyp1f1(1, 2 - a, -y)

    model = PublicExpenditure(agents, value)
    boundary = mpmath.findroot(lambda y: (1 - a / y) * integral(y) - 1, mpmath.mpf(model.boundary))
    exact = (v - 1) / integral(boundary)
    errs_downwards(model.guarantee, exact, 1e-13 * float(exact))
    beyond = v - 1 - (agents - 1) / mpmath.mpf(model.boundary)
    inside = (v - 1) / integral(mpmath.mpf(model.boundary))
    assert model.guarantee <= min(beyond, inside)


@pytest.mark.parametrize("smoothing", [1e-9, 0.1, 1.0, 30.0])
def test_constant_sum(smoothing: float) -> None:
    m = mpmath.mpf(smoothing)
    errs_downwards(ConstantSum(smoothing, 3.0).guarantee, -3 * mpmath.expm1(-m) / (2 * m), 1e-14)


def test_sentences_promise_no_more_than_the_number() -> None:
    assert [rounded_down(x) for x in (0.25340585370752, 9.499999999999455, 1e-7 / 3, 0.0, -1 / 3, 2.0, 12345678.0)] == [
        "0.253405", "9.49999", "3.33333e-08", "0", "-0.333334", "2", "1.23456e+07",
    ]  # fmt: skip
    assert "at least 9.49999 " in CommonValue.from_law(ValueLaw.uniform(9.25, 10.25), 2).statement
    assert "at least 2.66732 " in PublicExpenditure(2, 4.0).explanation
