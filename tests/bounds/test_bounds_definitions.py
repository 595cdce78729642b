"""solve() against both programs written out from their definitions, for small problems of every kind."""

import functools

import pytest

from definitions.cases import CASES, Case
from definitions.local_programs import lower_value, upper_value
from definitions.problem import law, plain
from robustmech import BoundStatus, LowerBound, UpperBound, solve


@functools.cache
def case_of(name: str) -> Case:
    return CASES[name]()


@functools.cache
def lower(name: str) -> LowerBound:
    found = solve(case_of(name).environment, case_of(name).grids, side="lower").lower
    assert found is not None
    return found


@functools.cache
def upper(name: str) -> UpperBound:
    found = solve(case_of(name).environment, case_of(name).grids, side="upper").upper
    assert found is not None
    return found


@pytest.mark.parametrize("name", CASES)
def test_lower_number_is_the_lower_program(name: str) -> None:
    case = case_of(name)
    truth, scale = lower_value(plain(case.environment), [law(grid) for grid in case.grids]), case.environment.scale
    assert lower(name).record.status is BoundStatus.PROVED
    assert truth - 1e-6 * scale <= lower(name).value <= truth + 1e-9 * scale


@pytest.mark.parametrize("name", CASES)
def test_upper_number_is_the_upper_program(name: str) -> None:
    case = case_of(name)
    truth, scale = upper_value(plain(case.environment), [law(grid) for grid in case.grids]), case.environment.scale
    assert upper(name).record.status is BoundStatus.PROVED
    assert truth - 1e-9 * scale <= upper(name).value <= truth + 1e-6 * scale


@pytest.mark.parametrize("name", CASES)
def test_lower_number_is_at_most_the_upper(name: str) -> None:
    assert lower(name).value <= upper(name).value + 1e-12 * case_of(name).environment.scale
