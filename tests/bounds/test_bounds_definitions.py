"""solve() against both programs written out from their definitions, for small problems of every kind."""

import functools

import pytest
from definitions.cases import CASES, Case
from definitions.local_programs import lower_value, upper_value
from definitions.problem import law, plain

from robustmech import Solution, solve


@functools.cache
def solved(name: str) -> tuple[Case, Solution]:
    case = CASES[name]()
    return case, solve(case.environment, case.grids)


@pytest.mark.parametrize("name", CASES)
def test_lower_number_is_the_lower_program(name: str) -> None:
    case, solution = solved(name)
    assert solution.lower is not None
    value, scale = lower_value(plain(case.environment), [law(grid) for grid in case.grids]), case.environment.scale
    assert value - 1e-6 * scale <= solution.lower.value <= value + 1e-9 * scale


@pytest.mark.parametrize("name", CASES)
def test_upper_number_is_the_upper_program(name: str) -> None:
    case, solution = solved(name)
    assert solution.upper is not None
    value, scale = upper_value(plain(case.environment), [law(grid) for grid in case.grids]), case.environment.scale
    assert value - 1e-9 * scale <= solution.upper.value <= value + 1e-6 * scale


@pytest.mark.parametrize("name", CASES)
def test_bracket_is_proved_and_ordered(name: str) -> None:
    case, solution = solved(name)
    assert solution.lower is not None
    assert solution.upper is not None
    assert str(solution.status) == "proved"
    assert solution.lower.value <= solution.upper.value + 1e-12 * case.environment.scale
