"""Brackets that candidates prove are checked like any others: folders of every closed form verify."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from robustmech import Environment, auction, solve
from robustmech.artefacts import write_result
from robustmech.continuum import BilateralTrade, PublicExpenditure
from robustmech.model import Beliefs, product_states
from robustmech.verification import verify

NINTHS = [Fraction(k, 9) for k in range(10)]


def common(values: list[Fraction], bidders: int, cost: str = "0", *, must_sell: bool = False) -> Environment:
    law = [Fraction(1, len(values))] * len(values)
    return auction([[value] * bidders for value in values], law, cost=cost, must_sell=must_sell)


def means(*expected: str) -> Environment:
    states = product_states([[0, 1]] * len(expected))
    return auction(states, beliefs=Beliefs.means(states, list(expected)))


CASES: dict[str, Callable[[], Environment]] = {
    "common value": lambda: common(NINTHS, 3),
    "one bidder": lambda: common(NINTHS, 1),
    "must sell": lambda: common(NINTHS, 2, "1/5", must_sell=True),
    "entry payments": lambda: common([Fraction(1), Fraction(2)], 2),
    "values far apart": lambda: common([Fraction(1, 10**12), Fraction(1), Fraction(10**6)], 2),
    "known means": lambda: means("3/5", "2/5"),
    "excluded bidder": lambda: means("9/10", "3/10"),
    "low means": lambda: means("1/50", "1/500"),
    "constant sum": lambda: auction([[2, 0], [0, 2]], ["1/2"] * 2),
    "public expenditure": lambda: PublicExpenditure(2, 3.0).environment(),
    "bilateral trade": lambda: BilateralTrade(3.0).environment(),
}


@pytest.mark.parametrize("name", CASES)
def test_a_closed_forms_bracket_verifies(name: str, tmp_path: Path) -> None:
    solution = solve(CASES[name](), relative_gap=0.2)
    assert any(record.detail.startswith("closed form") for record in solution.records)
    write_result(tmp_path / "r", solution, None)
    verification = verify(tmp_path / "r")
    assert verification.failures == ()
    assert solution.lower is not None
    assert solution.upper is not None
    assert verification.lower is not None
    assert verification.upper is not None
    assert solution.lower.value <= verification.lower <= verification.upper <= solution.upper.value
