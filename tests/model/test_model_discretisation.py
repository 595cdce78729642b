"""The product grid's operators against the definitions, profile by profile."""

from collections.abc import Sequence

import numpy as np
import pytest

from definitions.cases import E, P, Q, W
from definitions.problem import downward, law, moved, probability, profiles, upward
from robustmech import Grid
from robustmech.model import Side, on_grids, product_law

GRIDS: dict[str, Sequence[Grid]] = {
    "one": (Q(5),),
    "two": (Q(3), W([1, 4, 2, 2])),
    "three": (E(3, 2.0), Q(2), P(2)),
}


@pytest.mark.parametrize("name", GRIDS)
def test_operators_are_the_local_differences(name: str) -> None:
    grids = GRIDS[name]
    laws = [law(grid) for grid in grids]
    shape = tuple(grid.actions for grid in grids)
    function = np.random.default_rng(0).normal(size=shape)
    for side in Side:
        found = on_grids(grids, side)
        assert found.agents == len(grids)
        assert found.rows == found.nodes == function.size
        assert found.row_shape == found.node_shape == shape
        assert np.array_equal(found.evaluation @ function.ravel(), function.ravel())
        for i, local in enumerate(found.local):
            result = (local @ function.ravel()).reshape(shape)
            for x in profiles(laws):
                j = x[i]
                if side is Side.LOWER:
                    above = function[moved(x, i, j + 1)] if j + 1 < shape[i] else function[x]
                    expected = float(upward(laws[i], j)) * (above - function[x])
                else:
                    below = function[moved(x, i, j - 1)] if j > 0 else 0.0
                    expected = float(downward(laws[i], j)) * (function[x] - below)
                assert result[x] == pytest.approx(expected, abs=1e-12 * 10)


@pytest.mark.parametrize("name", GRIDS)
def test_mass_is_the_product_law(name: str) -> None:
    grids = GRIDS[name]
    laws = [law(grid) for grid in grids]
    expected = [probability(laws, x) for x in profiles(laws)]
    found = on_grids(grids, Side.UPPER)
    assert found.mass == pytest.approx([float(p) for p in expected], rel=1e-14)
    assert product_law(grids).ravel().tolist() == found.mass.tolist()
    total = sum(found.mass_weights.tolist())
    assert [weight / total for weight in found.mass_weights.tolist()] == pytest.approx([float(p) for p in expected])
    assert all(isinstance(weight, int) for weight in found.mass_weights.tolist())


@pytest.mark.parametrize("name", GRIDS)
def test_lowest_actions(name: str) -> None:
    grids = GRIDS[name]
    laws = [law(grid) for grid in grids]
    order = list(profiles(laws))
    for i, lowest in enumerate(on_grids(grids, Side.LOWER).lowest):
        assert sorted(lowest.tolist()) == [place for place, x in enumerate(order) if x[i] == 0]


def test_weights_of_a_fine_published_grid_do_not_overflow() -> None:
    weights = on_grids((P(7), P(7)), Side.UPPER).mass_weights
    assert int(weights.sum()) == P(7).total ** 2
