"""Which actions a picture shows, and the slice for more than two agents."""

import numpy as np
import pytest

from robustmech import Grid
from robustmech.plots.drawing import robust_range
from robustmech.plots.region import median_action, shown_actions, shown_slice


@pytest.mark.parametrize(("actions", "median"), [(2, 0), (4, 1), (5, 2), (8, 3)])
def test_half_of_the_law_is_at_or_below_the_median(actions: int, median: int) -> None:
    assert median_action(Grid.quantile(actions)) == median
    assert median_action(Grid.from_weights([1] * (actions - 1) + [actions])) == actions - 1


@pytest.mark.parametrize(("grid", "shown"), [(Grid.quantile(2), 2), (Grid.quantile(32), 31), (Grid.quantile(400), 397)])
def test_the_top_action_and_the_last_hundredth_are_left_out(grid: Grid, shown: int) -> None:
    assert shown_actions(grid) == shown


def test_published_grid_is_shown_up_to_its_last_hundredth() -> None:
    shown = shown_actions(Grid.published(10))
    assert 0.9**shown < 0.01 <= 0.9 ** (shown - 1)


def test_slice_of_four_agents() -> None:
    grids = [Grid.quantile(m) for m in (3, 4, 5, 6)]
    values = np.arange(360.0).reshape(3, 4, 5, 6)
    np.testing.assert_array_equal(shown_slice(values, grids), values[:2, :3, 2, 2])


def test_robust_range_keeps_extremes_that_are_near() -> None:
    values = np.linspace(-1.0, 1.0, 101)
    assert robust_range(values) == (-1.0, 1.0, "neither")
    assert robust_range(np.append(values, -50.0)).extend == "min"
    assert robust_range(np.append(values, [-50.0, 50.0])).extend == "both"
    assert robust_range(np.array([3.0, 3.0, np.nan])) == (3.0, 3.0, "neither")
