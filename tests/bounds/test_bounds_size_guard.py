"""Programs that would be too large are refused before they are built, with a size that fits."""

import re
from fractions import Fraction

import numpy as np
import pytest

from robustmech import Environment, Grid, SizeError, auction, product_states, public_expenditure, solve
from robustmech.bounds.assembly import local_program
from robustmech.bounds.size import program_size, require_fitting
from robustmech.model import Side, on_grids

TENTHS = [Fraction(j, 9) for j in range(10)]
INDEPENDENT = auction(product_states([TENTHS] * 2), [Fraction(1, 100)] * 100)
THREE = auction(product_states([[0, 1]] * 3), [Fraction(1, 8)] * 8)
LIMIT = 230e6


def refusal(environment: Environment, grids: Grid | tuple[Grid, ...], limit: float) -> str:
    with pytest.raises(SizeError) as refused:
        solve(environment, grids, memory_limit=limit)
    return str(refused.value)


def test_refusal_is_one_line_that_names_the_sizes_and_a_mend() -> None:
    message = refusal(INDEPENDENT, Grid.quantile(60), LIMIT)
    assert "\n" not in message
    assert "3,600 profiles" in message
    assert "363,600 rows" in message  # each profile: a hundred states and one group of decisions
    assert re.search(r"[\d,]+ non-zeros, about \d+\.\d GiB and [\d,]+ s: above the limit of 0\.2 GiB", message)
    assert re.search(r"\d+ actions each would fit, or raise the memory limit", message)


@pytest.mark.parametrize("environment", [INDEPENDENT, THREE], ids=["two bidders", "three bidders"])
def test_the_grid_that_is_named_is_the_largest_that_passes(environment: Environment) -> None:
    message = refusal(environment, Grid.quantile(90), LIMIT)
    found = re.search(r"(\d+) actions each would fit", message)
    assert found is not None
    fits = int(found[1])
    folds = {2: 2, 3: 6}[environment.agents]

    def guard(actions: int) -> None:
        grids = (Grid.quantile(actions),) * environment.agents
        require_fitting(environment, grids, folds, LIMIT, lambda fewer: (Grid.quantile(fewer),) * environment.agents)

    guard(fits)
    with pytest.raises(SizeError):
        guard(fits + 1)
    solve(environment, Grid.quantile(fits), memory_limit=LIMIT, iteration_limit=1, side="lower")


def test_unequal_grids_are_shrunk_together() -> None:
    message = refusal(INDEPENDENT, (Grid.quantile(120), Grid.quantile(30)), LIMIT)
    found = re.search(r"(\d+) actions", message)
    assert found is not None
    fits = int(found[1])
    assert 30 < fits < 120
    solve(
        INDEPENDENT,
        (Grid.quantile(fits), Grid.quantile(-(-30 * fits // 120))),
        memory_limit=LIMIT,
        iteration_limit=1,
        side="lower",
    )


def test_nothing_fits() -> None:
    assert "no grid fits: use fewer states or agents" in refusal(INDEPENDENT, Grid.quantile(60), 1e6)


def test_refusing_needs_no_program_whatever_the_size() -> None:
    message = refusal(THREE, Grid.quantile(100_000), 8 * 2**30)
    assert "1,000,000,000,000,000 profiles" in message
    assert "would fit" in message


@pytest.mark.parametrize(
    ("environment", "grids"),
    [
        (INDEPENDENT, (Grid.quantile(5), Grid.quantile(4))),
        (THREE, (Grid.quantile(3), Grid.published(2), Grid.quantile(4))),
        (public_expenditure([[3, 0], [0, 3]], ["1/2", "1/2"]), (Grid.quantile(6), Grid.quantile(3))),
        (auction(np.ones((1, 2, 3)), [1], caps="1/2"), (Grid.quantile(5), Grid.quantile(4))),
    ],
)
@pytest.mark.parametrize("side", Side)
def test_estimates_are_of_the_program_that_is_built(
    environment: Environment, grids: tuple[Grid, ...], side: Side
) -> None:
    """Rows and columns within the few belief columns and participation rows; non-zeros never far below."""
    size = program_size(environment, grids)
    linear = local_program(environment, on_grids(grids, side), side).folding.program
    rows, columns = linear.matrix.shape
    lowest = sum(size.profiles // grid.actions for grid in grids) * environment.states
    assert size.rows <= rows <= size.rows + lowest
    assert abs(size.columns - columns) <= environment.beliefs.rows + 1
    assert linear.matrix.nnz <= 1.5 * size.nonzeros
    assert size.nonzeros <= 2 * linear.matrix.nnz


def test_folding_makes_programs_smaller() -> None:
    whole, half = (program_size(INDEPENDENT, (Grid.quantile(20),) * 2, folds) for folds in (1, 2))
    assert half.memory < whole.memory
    assert half.seconds < whole.seconds
    assert (half.rows, half.columns, half.nonzeros) == (whole.rows, whole.columns, whole.nonzeros)


def test_memory_and_time_grow_with_the_grid() -> None:
    sizes = [program_size(INDEPENDENT, (Grid.quantile(m),) * 2) for m in (5, 10, 20, 40)]
    assert [s.memory for s in sizes] == sorted(s.memory for s in sizes)
    assert [s.seconds for s in sizes] == sorted(s.seconds for s in sizes)
