"""Grids: the local multipliers against their formulas, and the papers' grid against the papers."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.cases import E, P, Q, W
from definitions.problem import downward, law, published_law, tail, upward
from robustmech import Grid, InputError

GRIDS = {
    "quantile": Q(7),
    "two actions": Q(2),
    "published 2": P(2),
    "published 5": P(5),
    "exponential": E(9, 4.0),
    "weights": W(["1/3", 0.5, 2, 1]),
}


@pytest.mark.parametrize("name", GRIDS)
def test_multipliers_are_tails_over_probabilities(name: str) -> None:
    grid = GRIDS[name]
    rho = law(grid)
    assert grid.actions == len(rho)
    assert grid.total == sum(grid.weights)
    assert grid.probabilities.tolist() == [float(p) for p in rho]
    assert [Fraction(s, grid.total) for s in grid.tails] == [tail(rho, j) for j in range(len(rho) + 1)]
    assert grid.upward.tolist() == [float(upward(rho, j)) for j in range(len(rho))]
    assert grid.downward.tolist() == [float(downward(rho, j)) for j in range(len(rho))]
    assert grid.upward[-1] == 0.0
    assert grid.downward[0] == pytest.approx(1 / float(rho[0]))


@pytest.mark.parametrize("name", GRIDS)
def test_multipliers_make_transfers_drop_out(name: str) -> None:
    """DESIGN, section 2: a_{j−1} ρ_{j−1} = (1 + a_j) ρ_j upward and d_j ρ_j = ρ_j + d_{j+1} ρ_{j+1} downward."""
    grid = GRIDS[name]
    rho, up, down = law(grid), grid.upward, grid.downward
    for j in range(1, grid.actions):
        assert up[j - 1] * float(rho[j - 1]) == pytest.approx((1 + up[j]) * float(rho[j]))
        assert down[j - 1] * float(rho[j - 1]) == pytest.approx(float(rho[j - 1]) + down[j] * float(rho[j]))
    assert down[-1] == 1.0


@pytest.mark.parametrize("k", [2, 3, 7, 10])
def test_published_grid_is_the_papers(k: int) -> None:
    grid = P(k)
    assert law(grid) == published_law(k)
    assert grid.actions == k * k + 1
    assert grid.positions == pytest.approx([j / k for j in range(k * k + 1)])
    # equation (1): k − 1 below the top, 0 there; and the downward derivative, which has 1 at the top and k below it
    assert grid.upward.tolist() == [k - 1.0] * (k * k) + [0.0]
    assert grid.downward.tolist() == [float(k)] * (k * k) + [1.0]


@pytest.mark.parametrize("actions", [2, 5, 50])
def test_quantile_grid_has_whole_multipliers(actions: int) -> None:
    grid = Q(actions)
    assert grid.upward.tolist() == [actions - 1 - j for j in range(actions)]
    assert grid.downward.tolist() == [actions - j for j in range(actions)]
    assert grid.probabilities.tolist() == [1 / actions] * actions


@pytest.mark.parametrize(("actions", "top"), [(2, 1.0), (12, 5.0), (400, 100.0)])
def test_exponential_grid_is_a_censored_exponential(actions: int, top: float) -> None:
    grid = E(actions, top)
    step = top / (actions - 1)
    survival = np.exp(-step * np.arange(actions))
    assert [s / grid.total for s in grid.tails[:-1]] == pytest.approx(survival, rel=1e-9, abs=1e-15)
    assert grid.name == f"exponential {actions} to {top:g}"


def test_weights_count_in_proportion_and_exactly() -> None:
    assert W(["1/3", "1/6", "1/2"]).weights == (2, 1, 3)
    assert W([0.1, 0.1, 0.1]).weights == (1, 1, 1)
    assert W([4, 2, 6]).weights == (2, 1, 3)
    assert W(np.array([0.5, 0.25])).weights == (2, 1)


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=12))
def test_probabilities_sum_to_one_and_positions_increase(weights: list[int]) -> None:
    grid = Grid.from_weights(weights)
    assert np.isclose(grid.probabilities.sum(), 1.0, rtol=1e-14)
    assert sum(law(grid)) == 1
    assert grid.positions[0] == 0.0
    assert np.all(np.diff(grid.positions) > 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Q(1), "at least two actions, not 1"),
        (lambda: Q(0), "at least two actions, not 0"),
        (lambda: Q(-5), "at least two actions, not -5"),
        (lambda: Q(100_001), "a grid of 100001 actions"),
        (lambda: P(1), "published grid k = 1: choose k between 2 and 100"),
        (lambda: P(101), "published grid k = 101"),
        (lambda: E(1, 2.0), "exponential grid of 1 actions"),
        (lambda: E(200_000, 2.0), "exponential grid of 200000 actions"),
        (lambda: E(5, 0.0), "exponential grid with top 0.0"),
        (lambda: E(5, -1.0), "exponential grid with top -1.0"),
        (lambda: E(5, 101.0), "exponential grid with top 101.0"),
        (lambda: E(5, float("nan")), "exponential grid with top nan"),
        (lambda: W([1]), "at least two actions, not 1"),
        (lambda: W([]), "at least two actions, not 0"),
        (lambda: W([1, 0]), "every weight must be positive"),
        (lambda: W([1, -1]), "every weight must be positive"),
        (lambda: W([[1, 2]]), r"grid weights have shape \(1, 2\)"),
        (lambda: W(3), r"grid weights have shape \(\)"),
        (lambda: W([1, "x"]), r"grid weights\[1\] 'x'"),
        (lambda: W([1, float("inf")]), r"grid weights\[1\] is inf"),
        (lambda: Grid(weights=(1, 0)), "every weight must be positive"),
        (lambda: Grid(weights=(1,)), "at least two actions"),
    ],
)
def test_grids_that_make_no_sense(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        make()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("k", [2, 3, 7, 40])
def test_the_papers_grid_is_known_by_its_weights(k: int) -> None:
    assert P(k).published_parameter == k
    assert Grid(weights=tuple(3 * weight for weight in P(k).weights)).published_parameter == k
    for j in (0, k, k * k):
        weights = list(P(k).weights)
        weights[j] += 1
        assert Grid(weights=tuple(weights), name=f"published {k}").published_parameter is None
    assert Grid(weights=P(k).weights[1:], name=f"published {k}").published_parameter is None


@pytest.mark.parametrize("grid", [Q(2), Q(5), Q(10), E(10, 3.0), E(17, 4.0), W([1, 2])])
def test_other_grids_are_not_the_papers(grid: Grid) -> None:
    assert grid.published_parameter is None
