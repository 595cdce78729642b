"""One solver against another, through certificates."""

import functools
from collections.abc import Callable
from fractions import Fraction

import pytest

from definitions.cases import CASES, Case, E, P, Q
from robustmech import ClarabelSolver, HighsSolver, Solution, auction, product_states, public_expenditure, solve
from robustmech.lp import LinearSolver


def medium(kind: str) -> Case:
    points = [Fraction(j, 4) for j in range(5)]
    if kind == "common":
        return Case(auction([[v, v] for v in points], [Fraction(1, 5)] * 5), (Q(9), P(3)))
    if kind == "independent":
        return Case(auction(product_states([points] * 2), [Fraction(1, 25)] * 25), (Q(7), Q(7)))
    return Case(public_expenditure([[3, 0], [0, 3]], ["1/2", "1/2"]), (E(12, 3.0), Q(12)))


PROBLEMS: dict[str, Callable[[], Case]] = {
    **{kind: functools.partial(medium, kind) for kind in ("common", "independent", "public expenditure")},
    **{f"small: {name}": CASES[name] for name in ("marginals", "together", "two goods", "three bidders", "penalty")},
}
OTHERS: dict[str, LinearSolver] = {
    "highs ipx": HighsSolver(),
    "highs simplex": HighsSolver(method="simplex"),
}


def numbers(solution: Solution) -> tuple[float, float]:
    assert solution.lower is not None
    assert solution.upper is not None
    return solution.lower.value, solution.upper.value


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_certified_numbers_agree(name: str, other: str) -> None:
    case = PROBLEMS[name]()
    mine = solve(case.environment, case.grids, solver=ClarabelSolver())
    theirs = solve(case.environment, case.grids, solver=OTHERS[other])
    assert mine.records[0].solver.name == "clarabel"
    assert theirs.records[0].solver.name == "highs"
    assert numbers(mine) == pytest.approx(numbers(theirs), abs=1e-6 * case.environment.scale)


def test_interior_point_without_crossover_is_still_certified() -> None:
    """Its point may be off in the fifth digit (ERRATA); the certificate is then weaker, never wrong."""
    case = medium("common")
    lower, upper = numbers(solve(case.environment, case.grids))
    loose_lower, loose_upper = numbers(solve(case.environment, case.grids, solver=HighsSolver(crossover=False)))
    assert loose_lower <= lower + 1e-7
    assert upper <= loose_upper + 1e-7
    assert (loose_lower, loose_upper) == pytest.approx((lower, upper), abs=1e-3)


def test_tolerance_and_threads_are_settings() -> None:
    case = medium("common")
    loose = solve(case.environment, case.grids, solver=ClarabelSolver(tolerance=1e-3, threads=1))
    tight = solve(case.environment, case.grids, solver=ClarabelSolver(tolerance=1e-9))
    assert loose.records[0].iterations < tight.records[0].iterations
    assert loose.gap > tight.gap
