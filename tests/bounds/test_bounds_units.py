"""Units change nothing: a problem in other units of money, or with its belief rows in others, has the same numbers."""

import functools
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.cases import CASES, NINE, Q, general
from definitions.units import in_units
from robustmech import (
    Beliefs,
    Environment,
    Grid,
    InformationStructure,
    Mechanism,
    Solution,
    auction,
    public_expenditure,
    solve,
)
from robustmech.bounds.units import program_unit, worth
from robustmech.evaluate import guarantee, potential
from robustmech.model import rationals
from robustmech.model.interior import interior_law

MEANS = [Fraction(2, 5), Fraction(1, 2)]
WIDE = [Fraction(1, 10**12), Fraction(1, 10**6), Fraction(1), Fraction(10**5), Fraction(10**9)]
RARE = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4) - Fraction(1, 10**6), Fraction(1, 10**6) - Fraction(1, 10**10),
        Fraction(1, 10**10)]  # fmt: skip


def entry_payments() -> tuple[Environment, tuple[Grid, ...]]:
    values = [[Fraction(1, 3), Fraction(2, 3)], [1, Fraction(1, 2)], [Fraction(3, 4), 1]]
    return auction(values, ["1/4", "1/4", "1/2"]), (Q(4), Q(5))


def interval_means() -> tuple[Environment, tuple[Grid, ...]]:
    values = rationals([[0, "1/42"], ["5/42", "1/7"], ["5/12", 1], [1, 0]]).tolist()
    limits = [(m / 2, m * Fraction(3, 2)) for m in MEANS]
    return auction(values, beliefs=Beliefs.means(values, limits)), (Q(4), Q(4))


def wide_values() -> tuple[Environment, tuple[Grid, ...]]:
    return auction([[v, v] for v in WIDE], RARE), (Q(6), Q(6))


def two_solved(name: str) -> tuple[Environment, tuple[Grid, ...]]:
    case = CASES[name]()
    return case.environment, case.grids


PROBLEMS: dict[str, Callable[[], tuple[Environment, tuple[Grid, ...]]]] = {
    **{name: functools.partial(two_solved, name) for name in CASES if name != "large numbers"},
    "entry payments": entry_payments,
    "means in wide intervals": interval_means,
    "values from 1e-12 to 1e9": wide_values,
}


@functools.cache
def problem(name: str) -> tuple[Environment, tuple[Grid, ...]]:
    return PROBLEMS[name]()


@functools.cache
def solved(name: str) -> Solution:
    return solve(*problem(name))


def numbers(solution: Solution) -> tuple[float, float]:
    assert solution.lower is not None
    assert solution.upper is not None
    return solution.lower.value, solution.upper.value


def statuses(solution: Solution) -> tuple[object, ...]:
    return tuple(record.status for record in solution.records)


@pytest.mark.parametrize("name", PROBLEMS)
@settings(max_examples=4, deadline=None, derandomize=True)
@given(power=st.integers(-60, 60))
def test_powers_of_two_multiply_both_numbers_exactly(name: str, power: int) -> None:
    environment, grids = problem(name)
    factor = Fraction(2) ** power
    found = solve(in_units(environment, factor), grids)
    assert numbers(found) == tuple(number * 2.0**power for number in numbers(solved(name)))
    assert statuses(found) == statuses(solved(name))


@pytest.mark.parametrize("name", PROBLEMS)
@settings(max_examples=3, deadline=None, derandomize=True)
@given(power=st.integers(-15, 15), data=st.data())
def test_powers_of_ten_multiply_both_numbers(name: str, power: int, data: st.DataObject) -> None:
    """And belief rows may be stated in any units at all, each in its own."""
    environment, grids = problem(name)
    tens = st.integers(-15, 15).map(lambda exponent: Fraction(10) ** exponent)
    rows = [data.draw(tens) for _ in range(environment.beliefs.rows)]
    found = solve(in_units(environment, Fraction(10) ** power, rows), grids)
    scale = environment.scale
    assert [number / 10.0**power for number in numbers(found)] == pytest.approx(
        numbers(solved(name)), rel=1e-12, abs=1e-12 * scale
    )
    assert statuses(found) == statuses(solved(name))


def exact_numbers(solution: Solution) -> tuple[float, float]:
    """The exact guarantee of a solution's mechanism, and the exact potential of its information."""
    assert solution.lower is not None
    assert solution.upper is not None
    mechanism, information = solution.lower.mechanism, solution.upper.information
    assert isinstance(mechanism, Mechanism)
    assert isinstance(information, InformationStructure)
    return guarantee(mechanism, solution.environment).value, potential(information, solution.environment).value


@pytest.mark.parametrize("name", ["means", "marginals", "means in wide intervals", "penalty", "general 1", "cost"])
@pytest.mark.parametrize("power", [-60, -33, 47, 60])
def test_exact_guarantees_and_potentials_in_other_units(name: str, power: int) -> None:
    environment, grids = problem(name)
    found = exact_numbers(solve(in_units(environment, Fraction(2) ** power), grids))
    assert found == tuple(number * 2.0**power for number in exact_numbers(solved(name)))


@pytest.mark.parametrize("unit", [Fraction(10) ** power for power in (-15, -9, -8, -7, 3, 9, 15, 20)])
def test_a_problem_that_was_refused_or_stopped_early_in_some_units(unit: Fraction) -> None:
    """Not so far from the optimum that a bracket two and a half times as wide would pass, and proved in any unit."""
    values = rationals([[0, "1/42"], ["5/42", "1/7"], ["5/12", 1], [1, 0]]).tolist()
    prior = [Fraction(n, 13) for n in (2, 4, 4, 3)]
    means = [sum(p * v[i] for p, v in zip(prior, values, strict=True)) for i in range(2)]
    stated = [[value * unit for value in row] for row in values]
    limits = [(mean * unit / 2, mean * unit * Fraction(3, 2)) for mean in means]
    found = solve(auction(stated, beliefs=Beliefs.means(stated, limits)), Grid.quantile(4))
    lower, upper = numbers(found)
    assert lower / float(unit) == pytest.approx(0.02733777, abs=1e-8)
    assert upper / float(unit) == pytest.approx(0.11229406, abs=1e-8)
    assert {str(status) for status in statuses(found)} == {"proved"}


def test_values_over_twenty_orders_of_magnitude_are_solved_as_others_are() -> None:
    """A value of 1e9 that adds 0.1 to the mean, beside values of 1: the closed form is 0.2584885."""
    rare = Fraction(1, 10**10)
    environment = auction([[v, v] for v in (Fraction(1, 10**12), 1, 10**9)], ["1/2", Fraction(1, 2) - rare, rare])
    found = solve(environment, Grid.quantile(16))
    lower, upper = numbers(found)
    assert {str(status) for status in statuses(found)} == {"proved"}
    assert lower == pytest.approx(0.2404583, abs=1e-6)
    assert upper == pytest.approx(0.2995579, abs=1e-6)
    assert lower <= 0.2584885 <= upper
    assert worth(environment) == pytest.approx(0.6)


def test_the_unit_does_not_depend_on_what_cannot_or_hardly_ever_happen() -> None:
    alone = auction([[0, 0], [1, 1]], ["1/2", "1/2"])
    assert program_unit(alone) == 1
    assert program_unit(in_units(alone, Fraction(3, 7))) == Fraction(3, 7)
    impossible = auction([[0, 0], [1, 1], [10**12, 0]], ["1/2", "1/2", 0])
    assert program_unit(impossible) == 1
    unlikely = auction(
        [[0, 0], [1, 1], [10**12, 0]], ["1/2", Fraction(1, 2) - Fraction(1, 10**13), Fraction(1, 10**13)]
    )
    assert 1 <= float(program_unit(unlikely)) < 16
    assert program_unit(auction([[0, 0]], [1])) == 1


def test_a_state_that_cannot_happen_changes_no_number_however_large_its_values() -> None:
    prior = ["1/4", "1/4", "1/2"]
    values = [[0, 1], [1, Fraction(1, 2)], [1, 1]]
    expected = numbers(solve(auction(values, prior), Q(4)))
    for large in (10**6, 10**12):
        found = solve(auction([*values, [large, large]], [*prior, 0]), Q(4))
        assert numbers(found) == pytest.approx(expected, abs=1e-9)
        assert {str(status) for status in statuses(found)} == {"proved"}


@pytest.mark.parametrize("transfers", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_prior_weights_over_nine_orders_of_magnitude(seed: int, transfers: bool) -> None:
    """The number is continuous in the prior: unlikely states change it by no more than they are worth."""
    rng = np.random.default_rng(seed)
    case = general(seed + 10, transfers)
    environment = case.environment
    rare = [Fraction(1, 10 ** int(rng.integers(6, 10))) for _ in range(2)]
    law = [*rare, 1 - sum(rare)]
    certain = [Fraction(0), Fraction(0), Fraction(1)]
    found, expected = (
        numbers(
            solve(
                Environment(
                    utilities=environment.utilities,
                    payoff=environment.payoff,
                    decision_set=environment.decision_set,
                    beliefs=Beliefs.known(prior),
                    transfers=transfers,
                ),
                case.grids,
            )
        )
        for prior in (law, certain)
    )
    assert found == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("factor", [Fraction(1, 10**12), Fraction(1, 3), Fraction(10**12)])
def test_refined_brackets_in_other_units(factor: Fraction) -> None:
    """Without a grid, and with limits that nothing reaches: the same search, and so the same bracket."""
    environment = auction(NINE, [Fraction(1, 9)] * 9)
    expected = solve(environment, relative_gap=0.1, time_limit=600)
    found = solve(in_units(environment, factor), relative_gap=0.1, time_limit=600)
    assert found.status == expected.status
    assert [number / float(factor) for number in numbers(found)] == pytest.approx(numbers(expected), rel=1e-9)


def test_public_expenditure_in_other_units() -> None:
    environment = public_expenditure([[3, 0], [0, 3]], ["1/2", "1/2"])
    expected = numbers(solve(environment, Q(6)))
    found = numbers(solve(in_units(environment, Fraction(1, 10**11)), Q(6)))
    assert [number * 1e11 for number in found] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_interior_laws_do_not_depend_on_the_units_of_rows() -> None:
    environment, _ = interval_means()
    expected = interior_law(environment.beliefs).tolist()
    rows = [Fraction(1, 10**20), Fraction(7 * 10**15)]
    assert interior_law(in_units(environment, Fraction(1), rows).beliefs).tolist() == expected
