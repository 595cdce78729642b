"""A solve that is stopped still brackets the program's value, and says that it was stopped."""

import functools
import random
from fractions import Fraction

import pytest

from definitions.cases import CASES, Case
from definitions.local_programs import lower_value, upper_value
from definitions.problem import law, plain
from robustmech import BoundStatus, ClarabelSolver, Grid, HighsSolver, Solution, auction, solve
from robustmech.lp import LinearSolver

SOLVERS: dict[str, LinearSolver] = {
    "clarabel": ClarabelSolver(),
    "highs ipx": HighsSolver(),
    "highs ipx without crossover": HighsSolver(crossover=False),
    "highs simplex": HighsSolver(method="simplex"),
}


@functools.cache
def truth(name: str) -> tuple[Case, float, float]:
    case = CASES[name]()
    problem, laws = plain(case.environment), [law(grid) for grid in case.grids]
    return case, lower_value(problem, laws), upper_value(problem, laws)


def check_bracket(name: str, solution: Solution) -> None:
    case, lower, upper = truth(name)
    assert solution.lower is not None
    assert solution.upper is not None
    assert solution.lower.value <= lower + 1e-9 * case.environment.scale
    assert upper <= solution.upper.value + 1e-9 * case.environment.scale


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_stopped_almost_at_once(name: str, limit: int) -> None:
    case, lower, upper = truth(name)
    solution = solve(case.environment, case.grids, iteration_limit=limit)
    assert solution.status is BoundStatus.STOPPED
    assert all(record.iterations <= limit for record in solution.records)
    check_bracket(name, solution)
    # even then the numbers are not absurd: the designer can always do nothing, and nature say nothing
    assert solution.gap <= upper - lower + 20 * case.environment.scale


@pytest.mark.parametrize("name", CASES)
def test_stopped_anywhere(name: str) -> None:
    case, lower, upper = truth(name)
    for limit in random.Random(name).sample(range(3, 16), 3):
        solution = solve(case.environment, case.grids, iteration_limit=limit)
        check_bracket(name, solution)
        if solution.status is BoundStatus.PROVED:
            assert solution.gap == pytest.approx(upper - lower, abs=2e-6 * case.environment.scale)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["common", "caps with must sell", "means", "public expenditure", "bilateral trade"])
def test_every_solver_can_be_stopped(name: str, solver: str) -> None:
    case, _, _ = truth(name)
    for limit in (1, 4, 9):
        solution = solve(case.environment, case.grids, iteration_limit=limit, solver=SOLVERS[solver])
        check_bracket(name, solution)


@pytest.mark.parametrize("solver", SOLVERS)
def test_time_limit(solver: str) -> None:
    points = [Fraction(j, 5) for j in range(6)]
    environment, grids = auction([[v, v] for v in points], [Fraction(1, 6)] * 6), Grid.published(5)
    stopped = solve(environment, grids, time_limit=1e-3, solver=SOLVERS[solver])
    assert stopped.status is BoundStatus.STOPPED
    assert stopped.lower is not None
    assert stopped.upper is not None
    proved = solve(environment, grids)
    assert proved.lower is not None
    assert proved.upper is not None
    assert stopped.lower.value <= proved.lower.value + 1e-7
    assert proved.upper.value <= stopped.upper.value + 1e-7


def test_more_iterations_end_closer() -> None:
    case, lower, upper = truth("independent")
    gaps = [solve(case.environment, case.grids, iteration_limit=limit).gap for limit in (1, 6, 50)]
    assert gaps[0] > gaps[1] > gaps[2] >= upper - lower
