"""Bilateral trade: what an interval of prices restricts, and what the default leaves of that."""

from itertools import pairwise

import pytest

from definitions.solved import numbers
from robustmech import Grid, bilateral_trade, solve
from robustmech.continuum.public_expenditure import PublicExpenditure
from robustmech.gridded import discrete_information, upper_number

HALVES = ["1/2", "1/2"]
EVEN = Grid.exponential(10, 4.0)
Values = list[list[int]]

# values, prior
TRADES: dict[str, tuple[Values, list[str]]] = {
    "efficient at price 1": ([[0, 1], [1, 2]], HALVES),
    "of section 4.3": ([[0, 2], [3, 5]], HALVES),
    "lemons": ([[0, 0], [0, 4], [1, 1], [1, 4]], ["1/4"] * 4),
    "a dear seller": ([[1, 3], [4, 4]], HALVES),
    "the buyer may want it less": ([[0, 0], [1, 1], [3, 2], [3, 7]], ["1/10", "1/10", "1/5", "3/5"]),
}


def bracket(name: str, prices: tuple[int, int] | None, grid: Grid) -> tuple[float, float]:
    values, prior = TRADES[name]
    return numbers(solve(bilateral_trade(values, prior, prices=prices), grid))


@pytest.mark.parametrize("grid", [Grid.quantile(6), EVEN], ids=lambda grid: grid.name)
@pytest.mark.parametrize("name", TRADES)
def test_a_wider_interval_raises_both_numbers_and_the_default_is_nearly_the_widest(name: str, grid: Grid) -> None:
    values, _ = TRADES[name]
    lowest, highest = min(map(min, values)), max(map(max, values))
    spread = highest - lowest
    safe = min(buyer for _, buyer in values), max(seller for seller, _ in values)
    nested = [
        (min(safe), max(safe)),
        (lowest, highest),
        (lowest - spread, highest + spread),
        (lowest - 10 * spread, highest + 10 * spread),
    ]
    found = [bracket(name, prices, grid) for prices in nested]
    for narrow, wide in pairwise(found):
        assert narrow[0] <= wide[0] + 1e-6
        assert narrow[1] <= wide[1] + 1e-6
    assert bracket(name, None, grid) == found[2]
    assert found[3][0] == pytest.approx(found[2][0], abs=1e-6)
    assert found[3][1] == pytest.approx(found[2][1], rel=1e-6 if grid is EVEN else 1e-3, abs=1e-7)


def test_upper_numbers_by_prices() -> None:
    """Quantile 8: the price at which trade is always wanted says too little of what other prices could bring."""
    by_prices = {(1, 1): 1.01408, (0, 2): 1.08106, (0, 3): 1.08140, None: 1.08198}
    for prices, upper in by_prices.items():
        assert bracket("efficient at price 1", prices, Grid.quantile(8)) == pytest.approx((1, upper), abs=1e-5)


def test_prices_do_not_count_where_signals_matter_by_their_sum() -> None:
    """Information of the closed form: what it proves is the same at all prices, for a payment helps as it hurts."""
    problem, (values, prior) = PublicExpenditure(2, 3.0), TRADES["of section 4.3"]
    information = discrete_information(problem, problem.environment(), EVEN)
    proved = [
        upper_number(information, bilateral_trade(values, prior, prices=prices))
        for prices in ((2, 3), (-5, 10), (-1000, 1000))
    ]
    assert proved == pytest.approx([upper_number(information, problem.environment())] * 3, abs=1e-6)
