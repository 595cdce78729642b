"""Enclosures hold what they enclose, and are far narrower than doubles."""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import Enclosure, TooWide, between, enclosed, exactly, nearly
from robustmech.verification.meshes.exponential import Exponentials

UNIT = 2**256
POINTS = [
    ["0"], ["-1"], ["1/3"], ["-40"], ["700"], ["-700"], ["0", "0"], ["0", "1"], ["-1/1000000", "0"], ["0", "0", "-2"],
    ["3/2", "-1/7", "2", "3/2"], ["1/3", "1/3", "1/3", "1/3"], ["-30", "0", "-30"], ["1/2", "1000000001/2000000000"],
    ["-5", "-4", "-3", "-2", "-1"], ["-12", "-25/2", "-12", "-25/2"],
]  # fmt: skip


def true_difference(points: list[Fraction]) -> mpmath.mpf:
    """The corner of the exponential of the matrix with the points on its diagonal and ones above it."""
    size = len(points)
    matrix = mpmath.zeros(size)
    for place, point in enumerate(points):
        matrix[place, place] = mpmath.mpf(point.numerator) / point.denominator
        if place + 1 < size:
            matrix[place, place + 1] = 1
    return mpmath.expm(matrix, method="taylor")[0, size - 1]


@pytest.mark.parametrize("texts", POINTS)
def test_divided_differences_are_enclosed_narrowly(texts: list[str]) -> None:
    points = [Fraction(text) for text in texts]
    low, high = Exponentials(UNIT).difference(points)
    with mpmath.workdps(450):
        truth = true_difference(points) * UNIT
        assert low <= truth <= high
        growth = max(points) - min(points) + max(Fraction(0), *points)
        assert high - low <= 2 ** (12 + int(growth * 3 / 2))


@pytest.mark.parametrize("unit", [1, 2, 8, 64, 1024])
@pytest.mark.parametrize("texts", [*POINTS, ["0", "0", "0", "20"], ["0"] * 9 + ["15"], ["1/2"] * 6 + ["9", "9"]])
def test_coarse_units_still_enclose(texts: list[str], unit: int) -> None:
    """Where every term of the series is below the unit, or is at first, what is left out must be counted."""
    points = [Fraction(text) for text in texts]
    try:
        low, high = Exponentials(unit).difference(points)
    except TooWide:
        return
    with mpmath.workdps(450):
        assert low <= true_difference(points) * unit <= high


def test_order_of_points_does_not_matter() -> None:
    exponentials, points = Exponentials(UNIT), [Fraction(1, 3), Fraction(-2), Fraction(0), Fraction(-2)]
    assert exponentials.difference(points) == exponentials.difference(points[::-1])


NUMBERS = st.fractions(min_value=-9, max_value=9, max_denominator=50)
SPREADS = st.fractions(min_value=0, max_value=Fraction(1, 3), max_denominator=50)


@given(NUMBERS, SPREADS, NUMBERS, SPREADS, st.fractions(0, 1), st.fractions(0, 1))
@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_operations_round_outward(
    operation: Callable[..., Any],
    one: Fraction,
    wide: Fraction,
    other: Fraction,
    spread: Fraction,
    place: Fraction,
    where: Fraction,
) -> None:
    """Whatever the true numbers are within two coarse intervals, the result is within the operation's."""
    unit = 64

    def coarse(low: Fraction, high: Fraction) -> Enclosure:
        ends = nearly([low, high], unit)
        return between([(int(ends.low[0]), int(ends.high[1]))], unit)

    first, second = coarse(one, one + wide), coarse(other, other + spread)
    values = one + place * wide, other + where * spread
    if operation is operator.truediv and second.low[0] <= 0:
        with pytest.raises(TooWide):
            operation(first, second)
        return
    result = operation(first, second)
    truth: Any = operation(*values)
    assert result.low[0] <= truth * unit <= result.high[0]


@given(NUMBERS, NUMBERS)
def test_multiples_round_outward(number: Fraction, factor: Fraction) -> None:
    result = nearly([number], 64).times(factor)
    assert result.low[0] <= number * factor * 64 <= result.high[0]


class Attempt:
    def __init__(self, unit: int, enough: int) -> None:
        self.narrow = unit.bit_length() > enough

    def is_narrow(self) -> bool:
        return self.narrow


def test_precision_rises_until_it_is_enough() -> None:
    units = []

    def work(unit: int) -> Attempt:
        units.append(unit)
        if unit < 2**500:
            raise TooWide
        return Attempt(unit, 2000)

    assert enclosed(work).narrow
    assert units == [2**256, 2**512, 2**1024, 2**2048]
    with pytest.raises(Flaw, match="binary digits"):
        enclosed(lambda unit: Attempt(unit, 10**6))


def test_narrow_means_positive_and_known() -> None:
    assert exactly([1, 2**200], UNIT).is_narrow()
    assert not exactly([0], UNIT).is_narrow()
    assert not between([(2**90, 2**90 + 1)], UNIT).is_narrow()
    assert between([(2**110, 2**110 + 1)], UNIT).is_narrow()
    assert np.all(nearly([Fraction(1, 3)], UNIT).low * 3 < UNIT)
