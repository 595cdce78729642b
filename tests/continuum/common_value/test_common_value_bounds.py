"""The finite programs' lower and upper values enclose the closed form for the same law."""

import numpy as np
import pytest

from robustmech import Grid, auction, solve
from robustmech.continuum.common_value import CommonValue


@pytest.mark.parametrize(
    ("values", "chances", "bidders", "cost", "must_sell", "actions"),
    [
        (["0", "1/2", "1"], ["3/10", "3/10", "2/5"], 2, "0", False, 30),
        (["0", "1/2", "1"], ["3/10", "3/10", "2/5"], 2, "1/5", False, 30),
        (["1/5", "2/5", "7/10", "1"], ["1/10", "3/10", "3/10", "3/10"], 2, "3/10", True, 30),
        (["1", "2"], ["1/2", "1/2"], 2, "1/2", False, 30),
        (["0", "1/2", "1"], ["3/10", "3/10", "2/5"], 3, "1/10", False, 9),
        (["0", "1/4", "1/2", "3/4", "1"], ["1/5"] * 5, 3, "1/10", True, 9),
        (["1/2", "1", "3/2"], ["1/3"] * 3, 1, "1/4", False, 60),
        (["0", "1", "3"], ["1/2", "1/4", "1/4"], 2, "9/10", False, 30),
    ],
)
def test_between_the_finite_bounds(
    values: list[str], chances: list[str], bidders: int, cost: str, must_sell: bool, actions: int
) -> None:
    environment = auction([[value] * bidders for value in values], chances, cost=cost, must_sell=must_sell)
    solution = solve(environment, Grid.quantile(actions))
    assert solution.lower is not None
    assert solution.upper is not None
    guarantee = CommonValue(values, chances, bidders, cost, must_sell).guarantee
    assert float(solution.lower.value) <= guarantee + 1e-12
    assert guarantee <= float(solution.upper.value) + 1e-12


def test_the_bounds_close_in() -> None:
    environment = auction([["0"] * 2, ["1"] * 2], ["1/2", "1/2"])
    guarantee = CommonValue(["0", "1"], ["1/2", "1/2"], 2).guarantee
    gaps = []
    for actions in (10, 20, 40):
        solution = solve(environment, Grid.quantile(actions))
        assert solution.lower is not None
        assert solution.upper is not None
        gaps.append([guarantee - float(solution.lower.value), float(solution.upper.value) - guarantee])
    shrinking = np.array(gaps)
    assert np.all(shrinking > 0)
    assert np.all(shrinking[1:] < 0.62 * shrinking[:-1])
