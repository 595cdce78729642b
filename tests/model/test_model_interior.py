"""Priors inside polytopes that floating point cannot see into, and the exact simplex method that finds them."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustmech import Beliefs, Grid, InputError, auction, product_states, solve
from robustmech.model.exact_simplex import ExactPolytope
from robustmech.model.exact_systems import ExactSystem
from robustmech.model.interior import interior_law

THIRTEEN = 13_000_000_001
Q = [Fraction(n, THIRTEEN) for n in (1, 5 * 10**9, 8 * 10**9)]


def averages(beliefs: Beliefs) -> list[Fraction]:
    return list(beliefs.multiply(interior_law(beliefs)))


def require_prior(beliefs: Beliefs) -> None:
    law = interior_law(beliefs)
    assert min(law) >= 0
    assert sum(law) == 1
    for value, low, high in zip(averages(beliefs), beliefs.lower, beliefs.upper, strict=True):
        assert low is None or low <= value
        assert high is None or value <= high


def test_probabilities_in_intervals_around_a_very_unlikely_state() -> None:
    """Was refused for contradicting equalities, of which there are none."""
    beliefs = Beliefs.moments(np.eye(3, dtype=int).tolist(), [q / 2 for q in Q], [q * Fraction(3, 2) for q in Q])
    require_prior(beliefs)
    for value, q in zip(averages(beliefs), Q, strict=True):
        assert q / 2 < value < q * Fraction(3, 2)


@pytest.mark.parametrize("unit", [Fraction(1), Fraction(1, 10**15), Fraction(10**15)])
def test_means_in_intervals_around_those_of_a_very_uneven_prior(unit: Fraction) -> None:
    values = [[0 * unit, unit], [unit, 0 * unit], [unit, unit]]
    means = [sum(q * value[i] for q, value in zip(Q, values, strict=True)) for i in range(2)]
    beliefs = Beliefs.means(values, [(mean / 2, mean * Fraction(3, 2)) for mean in means])
    require_prior(beliefs)
    assert min(interior_law(beliefs)) > 0
    found = solve(auction(values, beliefs=beliefs), Grid.quantile(3))
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower.value <= found.upper.value


@pytest.mark.parametrize("width", [Fraction(1, 10**k) for k in (0, 6, 9, 12, 20, 40)])
def test_intervals_as_narrow_as_one_likes(width: Fraction) -> None:
    """The only prior that the middles allow is far from even; the widths decide how far one may go from it."""
    prior = [Fraction(1, 10**9), Fraction(1, 10**3), 1 - Fraction(1, 10**9) - Fraction(1, 10**3)]
    rows = [[1, 2, 3], [1, 4, 9]]
    middles = [sum(entry * p for entry, p in zip(row, prior, strict=True)) for row in rows]
    beliefs = Beliefs.moments(rows, [m - width for m in middles], [m + width for m in middles])
    require_prior(beliefs)
    assert min(interior_law(beliefs)) > 0


@pytest.mark.parametrize("short", [Fraction(1, 10**k) for k in (1, 6, 9, 12, 30)])
def test_what_no_prior_satisfies_is_refused_by_however_little_it_is_missed(short: Fraction) -> None:
    rows = [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0]]
    third = Fraction(1, 3)
    just = Beliefs.moments(rows, [third, third, None], [None, None, 2 * third])
    assert averages(just) == [third, third, 2 * third]
    with pytest.raises(InputError, match="no prior satisfies the rows"):
        interior_law(Beliefs.moments(rows, [third, third, None], [None, None, 2 * third - short]))


def test_states_that_rows_exclude_only_together_have_no_probability() -> None:
    """States 0 and 1 have a third each by the first two rows, so that the third leaves nothing for state 2."""
    third = Fraction(1, 3)
    beliefs = Beliefs.moments([[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0]], [third, third, None], [None, None, 2 * third])
    assert interior_law(beliefs).tolist() == [third, third, 0, third]


def test_marginals_over_twenty_orders_of_magnitude() -> None:
    values = [Fraction(j, 6) for j in range(6)]
    weights = [Fraction(1, 10 ** (4 * j)) for j in range(6)]
    marginal = {v: w / sum(weights) for v, w in zip(values, weights, strict=True)}
    beliefs = Beliefs.marginals(product_states([values] * 2), [marginal] * 2)
    require_prior(beliefs)
    assert min(interior_law(beliefs)) > 0


entries = st.fractions(min_value=-3, max_value=3, max_denominator=4)
supports = st.lists(st.booleans(), min_size=5, max_size=5)
rows_of = st.lists(st.lists(entries, min_size=5, max_size=5), min_size=1, max_size=3)


def vertices(rows: list[list[Fraction]], targets: list[Fraction]) -> list[list[Fraction]]:
    """All basic feasible solutions of A x = b, x ≥ 0, by solving for every set of columns."""
    found = []
    for size in range(len(rows) + 1):
        for columns in itertools.combinations(range(5), size):
            system = ExactSystem()
            try:
                for row, target in zip(rows, targets, strict=True):
                    system.add({c: row[c] for c in columns if row[c]}, target)
            except ArithmeticError:
                continue
            point = system.basic_solution()
            if system.rank == size and all(value >= 0 for value in point.values()):
                found.append([point.get(c, Fraction(0)) for c in range(5)])
    return found


@settings(max_examples=150, deadline=None, derandomize=True)
@given(rows_of, st.lists(entries, min_size=3, max_size=3), st.booleans(), supports)
def test_the_walk_ends_inside_exactly_where_there_is_a_vertex(
    rows: list[list[Fraction]], targets: list[Fraction], feasible: bool, support: list[bool]
) -> None:
    rows = [[Fraction(1)] * 5, *rows]
    if feasible and any(support):
        point = [Fraction(int(own), sum(support)) for own in support]
        targets = [sum((a * x for a, x in zip(row, point, strict=True)), Fraction(0)) for row in rows]
    else:
        targets = [Fraction(1), *targets[: len(rows) - 1]]
    sparse = [{c: value for c, value in enumerate(row) if value} for row in rows]
    polytope = ExactPolytope(sparse, targets, 5)
    expected = vertices(rows, targets)
    assert polytope.feasible == bool(expected)
    if polytope.feasible:
        inside = polytope.inside().tolist()
        assert [sum(a * x for a, x in zip(row, inside, strict=True)) for row in rows] == targets
        assert min(inside) >= 0
        assert [x > 0 for x in inside] == [any(vertex[c] for vertex in expected) for c in range(5)]
