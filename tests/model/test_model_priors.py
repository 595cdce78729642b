"""Exact facts about polytopes of priors, and the exact linear systems they rest on."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.cases import CASES, CORNERS, NINE
from definitions.exact_numbers import in_beliefs
from definitions.plain_program import PlainProgram
from definitions.problem import plain
from robustmech import Beliefs, InputError, auction
from robustmech.model.exact_systems import ExactSystem
from robustmech.model.interior import interior_law
from robustmech.model.priors import (
    correction,
    equality_targets,
    exclusions,
    independent_rows,
    possible_states,
)

Matrix = list[list[Fraction]]
HALF = Fraction(1, 2)


def largest_probability(beliefs: Beliefs, state: int) -> float:
    program = PlainProgram()
    for other in range(beliefs.states):
        program.declare(other)
    program.equal(dict.fromkeys(range(beliefs.states), 1.0), 1.0)
    for row, low, high in zip(beliefs.matrix.toarray(), beliefs.lower, beliefs.upper, strict=True):
        if low is not None:
            program.at_least(dict(enumerate(row)), float(low))
        if high is not None:
            program.at_most(dict(enumerate(row)), float(high))
    return program.largest({state: 1.0})


@pytest.mark.parametrize("name", CASES)
def test_interior_law_is_a_prior_with_every_possible_state(name: str) -> None:
    environment = CASES[name]().environment
    law = interior_law(environment.beliefs)
    assert in_beliefs(plain(environment), law.tolist())
    possible = [largest_probability(environment.beliefs, state) > 1e-9 for state in range(environment.states)]
    assert [p > 0 for p in law] == possible


@pytest.mark.parametrize("name", CASES)
def test_excluded_states_are_exactly_impossible(name: str) -> None:
    beliefs = CASES[name]().environment.beliefs
    found = exclusions(beliefs)
    possible = possible_states(beliefs, found)
    for state in np.flatnonzero(~possible):
        assert largest_probability(beliefs, int(state)) < 1e-12
    # each exclusion is proved by its row: the limit is the extreme over the states left until then
    left = set(range(beliefs.states))
    rows = beliefs.exact_rows()
    for exclusion in found:
        entries = {state: rows[exclusion.row].get(state, Fraction(0)) for state in left}
        limit = (beliefs.lower if exclusion.sign > 0 else beliefs.upper)[exclusion.row]
        assert limit == (max if exclusion.sign > 0 else min)(entries.values())
        assert set(exclusion.states) == {state for state, entry in entries.items() if entry != limit}
        left -= set(exclusion.states)
    assert left == set(np.flatnonzero(possible).tolist())


def test_exclusions_follow_from_one_another() -> None:
    """One row leaves states 0 and 1; only then is the other row's limit its largest entry, whichever comes first."""
    first, second = [0, 0, 1, 1], [1, 0, 3, 2]
    beliefs = Beliefs.moments([first, second], [0, 1], [0, None])
    assert [(e.row, e.states) for e in exclusions(beliefs)] == [(0, (2, 3)), (1, (1,))]
    reverse = Beliefs.moments([second, first], [1, 0], [None, 0])
    assert [(e.row, e.states) for e in exclusions(reverse)] == [(1, (2, 3)), (0, (1,))]


def test_mean_at_its_edge_leaves_the_edge() -> None:
    found = exclusions(Beliefs.means(CORNERS, [1, "0.4"]))
    assert [(e.row, e.sign, e.states) for e in found] == [(0, 1, (0, 1))]
    found = exclusions(Beliefs.means(CORNERS, ["0.4", 0]))
    assert [(e.row, e.sign, e.states) for e in found] == [(1, -1, (1, 3))]


@pytest.mark.parametrize(
    "beliefs",
    [
        Beliefs.means(CORNERS, [2, "0.4"]),
        Beliefs.means(CORNERS, ["0.4", (-2, -1)]),
        Beliefs.partition([0, 0], ["1/2", "1/2"]),
        Beliefs.together(Beliefs.known([1, 0]), Beliefs.known([0, 1])),
    ],
    ids=["mean above", "mean below", "event without states", "two priors"],
)
def test_rows_that_no_state_can_meet(beliefs: Beliefs) -> None:
    with pytest.raises(InputError, match="no prior satisfies row"):
        exclusions(beliefs)


def test_contradicting_rows() -> None:
    contradicting = Beliefs.moments([[1, 2, 3], [2, 4, 6]], [2, 5])
    with pytest.raises(InputError, match="row 1 contradicts the rows before it"):
        independent_rows(contradicting, np.ones(3, dtype=np.bool_), np.arange(2))
    with pytest.raises(InputError, match="no prior satisfies"):
        interior_law(contradicting)
    # consistent as equations, with a negative solution only
    with pytest.raises(InputError, match="no prior satisfies the rows"):
        interior_law(Beliefs.moments([[1, 0, 0], [0, 1, 0]], ["3/4", "3/4"]))
    with pytest.raises(InputError, match="no prior satisfies the rows"):
        interior_law(Beliefs.moments([[1, 0, 0], [0, 1, 0]], ["3/4", "3/4"], [1, 1]))


def rank(rows: Matrix) -> int:
    """By elimination, one column after another."""
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((r for r in range(found, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for r in range(found + 1, len(rows)):
            factor = rows[r][column] / rows[found][column]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[found], strict=True)]
        found += 1
    return found


@pytest.mark.parametrize("name", CASES)
def test_kept_rows_are_independent_of_the_sum_and_span_the_rest(name: str) -> None:
    environment = CASES[name]().environment
    beliefs, rows = environment.beliefs, plain(environment).rows
    possible = possible_states(beliefs, exclusions(beliefs))
    kept = independent_rows(beliefs, possible, np.arange(beliefs.rows))
    assert kept[~beliefs.equality].all()

    def restricted(wanted: npt.NDArray[np.bool_]) -> Matrix:
        chosen = [rows[r] for r in np.flatnonzero(wanted)]
        ones = [Fraction(1)] * beliefs.states
        return [[row[c] for c in np.flatnonzero(possible)] for row in [ones, *chosen]]

    assert rank(restricted(kept & beliefs.equality)) == 1 + np.count_nonzero(kept & beliefs.equality)
    assert rank(restricted(beliefs.equality)) == 1 + np.count_nonzero(kept & beliefs.equality)


@pytest.mark.parametrize("name", ["common", "marginals", "means", "means in intervals", "together", "empirical law"])
def test_correction_puts_a_law_on_the_rows(name: str) -> None:
    environment = CASES[name]().environment
    beliefs = environment.beliefs
    inside = interior_law(beliefs)
    support = np.asarray(inside > 0, dtype=np.bool_)
    rng = np.random.default_rng(0)
    noise = np.array([Fraction(int(v), 10**9) for v in rng.integers(-9, 10, size=beliefs.states)], dtype=object)
    noise[~support] = Fraction(0)
    law = inside + noise
    change = correction(beliefs, law, support, equality_targets(beliefs))
    assert all(delta == 0 for delta, held in zip(change, support, strict=True) if not held)
    assert in_beliefs(plain(environment), (law + change).tolist())
    assert max(abs(change)) < Fraction(1, 10**6)


entries = st.integers(-3, 3).map(Fraction)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(entries, min_size=n + 1, max_size=n + 1), max_size=6)))
def test_exact_system_takes_in_any_rows(rows: Matrix) -> None:
    system, taken = ExactSystem(), Matrix()
    for *row, target in rows:
        sparse = {c: v for c, v in enumerate(row) if v}
        coefficients = [own[:-1] for own in taken]
        new = rank([*coefficients, row]) > rank(coefficients)
        contradicted = not new and rank([*taken, [*row, target]]) > rank(taken)
        if contradicted:
            with pytest.raises(ArithmeticError):
                system.add(sparse, target)
        else:
            assert system.add(sparse, target) is new
            taken.append([*row, target])
        assert system.rank == rank([own[:-1] for own in taken])
        solution = system.basic_solution()
        for *own, wanted in taken:
            assert sum(v * solution.get(c, Fraction(0)) for c, v in enumerate(own)) == wanted


def test_exact_system_prefers_the_pivots_it_is_told() -> None:
    system = ExactSystem()
    assert system.add({0: Fraction(1), 1: Fraction(2), 2: Fraction(4)}, Fraction(8), [2, 1])
    assert system.basic_solution() == {2: Fraction(2)}
    assert system.add({0: Fraction(1), 1: Fraction(1)}, Fraction(1), [5, 1])
    assert system.basic_solution() == {1: Fraction(1), 2: Fraction(3, 2)}
    assert not system.add({0: Fraction(2), 1: Fraction(2)}, Fraction(2))
    with pytest.raises(ArithmeticError):
        system.add({0: Fraction(2), 1: Fraction(2)}, Fraction(3))
    assert system.rank == 2


def test_a_large_polytope_has_an_exact_interior() -> None:
    values = auction(NINE, ["1/9"] * 9).utilities[0, :, 0]
    marginal = {value: Fraction(1, 3) for value in set(values.tolist())}
    beliefs = Beliefs.together(
        Beliefs.marginals(NINE, [marginal] * 2), Beliefs.moments([[1, 0, 0, 0, 1, 0, 0, 0, 1]], ["1/2"], ["3/5"])
    )
    law = interior_law(beliefs)
    assert min(law) > 0
    assert HALF <= law[0] + law[4] + law[8] <= Fraction(3, 5)


def test_the_interior_law_gives_every_possible_state_probability_where_means_are_small() -> None:
    """With rare high values it takes mass from two states to give it to the one with both; that must not be shied."""
    corners = [[0, 0], [1, 0], [0, 1], [1, 1]]
    law = interior_law(Beliefs.means(corners, [Fraction(1, 100), Fraction(1, 50)]))
    assert min(law) > 0
    assert law[1] + law[3] == Fraction(1, 100)
    assert law[2] + law[3] == Fraction(1, 50)
