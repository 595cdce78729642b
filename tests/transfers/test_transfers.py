"""Transfers against the growth identity they must satisfy and the papers' constructions."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.cases import CASES, E, P, Q, W
from definitions.excess_growth import aggregate, individual_growths, two_agents
from definitions.problem import law, probability, profiles
from robustmech import Grid, Mechanism, ShapeError, solve
from robustmech.model import FloatArray, product_law
from robustmech.transfers import aggregate_excess_growth, equal_division, individual_growth_transfers

GRIDS: dict[str, tuple[Grid, ...]] = {
    "one agent": (Q(7),),
    "one agent, published": (P(4),),
    "two, quantile": (Q(4), Q(4)),
    "two, published": (P(3), P(3)),
    "two, unequal": (W([5, 1, 2]), E(6, 4.0)),
    "three": (Q(3), W([1, 9]), E(4, 2.0)),
    "three, published": (P(2), P(2), P(2)),
    "four": (W([3, 1]), Q(3), E(3, 1.0), P(2)),
}


def balanced(grids: Sequence[Grid], seed: int) -> FloatArray:
    growth = np.random.default_rng(seed).normal(size=[grid.actions for grid in grids])
    return np.asarray(growth - np.sum(growth * product_law(grids)))


def as_function(array: FloatArray) -> dict[tuple[int, ...], Fraction]:
    return {x: Fraction(float(array[x])) for x in np.ndindex(*array.shape)}


def as_array(function: dict[tuple[int, ...], Fraction], grids: Sequence[Grid]) -> FloatArray:
    return np.array([float(function[x]) for x in np.ndindex(*(grid.actions for grid in grids))]).reshape(
        [grid.actions for grid in grids]
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", GRIDS)
def test_transfers_have_the_growth_and_the_lowest_action_pays_nothing(name: str, seed: int) -> None:
    grids = GRIDS[name]
    growth = balanced(grids, seed)
    transfers = individual_growth_transfers(equal_division(growth, grids), grids)
    assert transfers.shape == (len(grids), *growth.shape)
    for i in range(len(grids)):
        assert np.all(transfers[i].take(0, axis=i) == 0.0)
    # both by the library's sum and by the definition, in exact arithmetic on the same transfers
    largest = np.abs(growth).max()
    assert np.abs(aggregate_excess_growth(transfers, grids) - growth).max() <= 1e-10 * largest
    exact = aggregate([law(grid) for grid in grids], [as_function(own) for own in transfers])
    assert np.abs(as_array(exact, grids) - growth).max() <= 1e-10 * largest


@pytest.mark.parametrize("name", [name for name in GRIDS if not name.startswith("four")])
def test_equal_division_is_the_recursion_over_queues(name: str) -> None:
    grids = GRIDS[name]
    growth = balanced(grids, 7)
    laws = [law(grid) for grid in grids]
    function = as_function(growth)
    # balance it exactly, as the recursion supposes
    mean = sum((probability(laws, x) * value for x, value in function.items()), Fraction(0))
    queues = individual_growths(laws, {x: value - mean for x, value in function.items()})
    for part, expected in zip(equal_division(growth, grids), queues, strict=True):
        assert part == pytest.approx(as_array(expected, grids), abs=1e-13)


@pytest.mark.parametrize("name", ["two, quantile", "two, published", "two, unequal"])
def test_equal_division_is_formula_46_for_two_agents(name: str) -> None:
    grids = GRIDS[name]
    growth = balanced(grids, 8)
    half = as_function(growth / 2)
    expected = two_agents([law(grid) for grid in grids], half, half)
    for part, own in zip(equal_division(growth, grids), expected, strict=True):
        assert part == pytest.approx(as_array(own, grids), abs=1e-13)


@pytest.mark.parametrize("name", GRIDS)
def test_each_part_has_mean_zero_in_its_own_action_and_they_add_up(name: str) -> None:
    grids = GRIDS[name]
    growth = balanced(grids, 9)
    parts = equal_division(growth, grids)
    assert np.sum(parts, axis=0) == pytest.approx(growth, abs=1e-13)
    for i, (part, grid) in enumerate(zip(parts, grids, strict=True)):
        assert np.tensordot(part, grid.probabilities, axes=(i, 0)) == pytest.approx(0.0, abs=1e-13)


def test_a_mean_that_is_not_zero_is_taken_off() -> None:
    grids = GRIDS["three"]
    growth = balanced(grids, 10)
    for part, shifted in zip(equal_division(growth, grids), equal_division(growth + 3.0, grids), strict=True):
        assert part == pytest.approx(shifted, abs=1e-13)


def test_equal_division_treats_agents_alike() -> None:
    """Exchanging two agents, with their grids, exchanges their transfers."""
    grids = GRIDS["two, unequal"]
    growth = balanced(grids, 11)
    first, second = individual_growth_transfers(equal_division(growth, grids), grids)
    swapped = (grids[1], grids[0])
    other = individual_growth_transfers(equal_division(growth.T, swapped), swapped)
    assert other[0] == pytest.approx(second.T)
    assert other[1] == pytest.approx(first.T)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_published_grid_has_the_papers_transfers(k: int) -> None:
    """The first display of B.3.1, which solves the difference equation (42) from the top down."""
    grid = P(k)
    (part,) = equal_division(balanced((grid,), 12), (grid,))
    (paid,) = individual_growth_transfers((part,), (grid,))
    top = k * k
    for j in range(1, top + 1):
        # the paper's formula carries the factor 1/k in the terms below the top only
        expected = -sum(
            ((k - 1) / k) ** (above - j) * (1 / k if above < top else 1.0) * part[above] for above in range(j, top + 1)
        )
        assert paid[j] == pytest.approx(expected, abs=1e-12 * k)
    # and the difference equation itself
    step = np.append((k - 1) * np.diff(paid), 0.0) - paid
    assert step == pytest.approx(part, abs=1e-10)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.integers(1, 50), min_size=2, max_size=4), min_size=1, max_size=3),
    st.integers(0, 2**32 - 1),
)
def test_any_grids(weights: list[list[int]], seed: int) -> None:
    grids = tuple(Grid.from_weights(own) for own in weights)
    growth = balanced(grids, seed)
    transfers = individual_growth_transfers(equal_division(growth, grids), grids)
    found = aggregate_excess_growth(transfers, grids)
    assert np.abs(found - growth).max() <= 1e-10 * np.abs(growth).max()


@pytest.mark.parametrize("name", ["common", "exponential and published", "three bidders", "two goods", "means"])
def test_a_solved_mechanism_has_transfers_with_its_growth(name: str) -> None:
    case = CASES[name]()
    found = solve(case.environment, case.grids, side="lower").lower
    assert found is not None
    mechanism = found.mechanism
    assert isinstance(mechanism, Mechanism)
    assert mechanism.transfers is not None
    assert mechanism.aggregate_excess_growth is not None
    laws = [law(grid) for grid in case.grids]
    growth = aggregate(laws, [as_function(own) for own in mechanism.transfers])
    # the strategic virtual objective less λ, at the state where it is least, shifted to mean zero
    decisions = mechanism.decisions
    matrix, utilities = case.environment.beliefs.matrix.toarray(), case.environment.utilities_rounded
    multipliers = matrix.T @ found.multipliers.astype(float)
    for x in profiles(laws):
        gain = case.environment.payoff_rounded @ decisions[x] - multipliers
        for i, grid in enumerate(case.grids):
            if x[i] + 1 < grid.actions:
                above = (*x[:i], x[i] + 1, *x[i + 1 :])
                gain = gain + grid.upward[x[i]] * utilities[i] @ (decisions[above] - decisions[x])
        growth[x] -= Fraction(float(gain.min()))
    shifts = [float(value) for value in growth.values()]
    assert shifts == pytest.approx([shifts[0]] * len(shifts), abs=1e-9)
    mean = np.sum(mechanism.aggregate_excess_growth * product_law(case.grids))
    assert mean == pytest.approx(0.0, abs=1e-12)


def test_shapes_must_fit() -> None:
    with pytest.raises(ShapeError, match="transfers have shape"):
        aggregate_excess_growth(np.zeros((2, 3, 3)), (Q(3), Q(4)))
