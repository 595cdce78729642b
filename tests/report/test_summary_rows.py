"""The short table: labels, digits that are still bounds, and one side only."""

import math
from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustmech import Grid, Solution, auction, bilateral_trade, public_expenditure, solve
from robustmech.report import solution_json, solution_rows

ENVIRONMENT = auction([[0, 0], [1, 1]], ["1/2", "1/2"])


@cache
def solution() -> Solution:
    return solve(ENVIRONMENT, Grid.quantile(3))


@cache
def one_side(side: str) -> Solution:
    return replace(solution(), lower=None) if side == "upper" else replace(solution(), upper=None)


def claiming(lower: float, upper: float) -> Solution:
    """The solution with other numbers, as only their digits matter here."""
    found = solution()
    assert found.lower is not None
    assert found.upper is not None
    return replace(found, lower=replace(found.lower, value=lower), upper=replace(found.upper, value=upper))


def texts(shown: Solution) -> dict[str, str]:
    return {label: text for label, text in solution_rows(shown) if label}


def test_rows_and_their_order() -> None:
    labels = [label for label, _ in solution_rows(solution())]
    assert labels == [
        "guarantee at least",
        "potential at most",
        "gap",
        "",
        "",
        "closed form",
        "status",
        "grid",
        "program",
        "time",
        "memory",
    ]
    shown = texts(solution())
    assert shown["closed form"] == "0.2534059 (common value)"
    assert shown["status"].startswith("proved (clarabel ")
    assert shown["grid"] == "quantile 3 (9 profiles)"
    size = solution().records[0].size
    assert shown["program"] == f"{size.rows:,} rows, {size.columns:,} columns, {size.nonzeros:,} non-zeros"
    assert shown["time"] == f"{solution().seconds:.2f} s"
    assert shown["memory"].endswith(" MiB at most")
    assert not any("\n" in text for text in shown.values())


def test_unequal_grids_are_all_named() -> None:
    shown = texts(solve(ENVIRONMENT, (Grid.quantile(2), Grid.exponential(3, 2))))
    assert shown["grid"] == "quantile 2 × exponential 3 to 2 (6 profiles)"


def test_stopped_solution_says_so() -> None:
    assert texts(solve(ENVIRONMENT, Grid.quantile(3), iteration_limit=2))["status"].startswith("stopped early (")


@pytest.mark.parametrize(("side", "other"), [("lower", "potential at most"), ("upper", "guarantee at least")])
def test_one_side_has_no_gap(side: str, other: str) -> None:
    shown = texts(one_side(side))
    assert other not in shown
    assert "gap" not in shown
    assert not any("%" in text for _, text in solution_rows(one_side(side)))
    content = solution_json(one_side(side), None)
    assert content["gap"] is None
    assert content["lower" if side == "upper" else "upper"] is None


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(lower=NUMBERS, upper=NUMBERS)
def test_printed_digits_are_still_bounds(lower: float, upper: float) -> None:
    shown = texts(claiming(lower, upper))
    for label, number, sign in (
        ("guarantee at least", lower, 1),
        ("potential at most", upper, -1),
        ("gap", upper - lower, -1),
    ):
        slack = sign * (Decimal(number) - Decimal(shown[label]))
        assert 0 <= slack <= abs(Decimal(number)) * Decimal("1e-6"), label


@given(number=st.floats(min_value=1e-6, max_value=1e6))
def test_at_most_seven_digits_are_printed(number: float) -> None:
    digits = texts(claiming(number, number))["potential at most"].replace(".", "").lstrip("0")
    assert 1 <= len(digits) <= 7


@pytest.mark.parametrize(
    ("number", "below", "above"),
    [
        (0.25, "0.25", "0.25"),
        (0.1, "0.1000000", "0.1000001"),
        (1 / 3, "0.3333333", "0.3333334"),
        (-1 / 3, "-0.3333334", "-0.3333333"),
        (math.nextafter(0.25, 0), "0.2499999", "0.2500000"),
        (0.99999999, "0.9999999", "1.000000"),
        (123456789.0, "123456700", "123456800"),
        (0.0, "0", "0"),
    ],
)
def test_digits(number: float, below: str, above: str) -> None:
    shown = texts(claiming(number, number))
    assert (shown["guarantee at least"], shown["potential at most"]) == (below, above)


def test_shares_of_the_yardsticks() -> None:
    """Values 0 and 1, equally likely and common: what is to be had is 1/2, whichever way one counts."""
    shares = [text for label, text in solution_rows(claiming(0.25, 0.35)) if not label]
    assert shares == [
        "20.00% of the expected value 0.5 (under the prior)",
        "20.00% of the efficient surplus 0.5 (under the prior)",
    ]


def test_no_share_of_nothing() -> None:
    worthless = solve(auction([[0, 0], [1, 1]], ["1/2", "1/2"], cost=2), Grid.quantile(2))
    assert not any("%" in text for _, text in solution_rows(worthless))
    content = solution_json(worthless, "worthless")
    assert content["efficient_surplus"] == 0
    assert content["title"] == "worthless"


def test_entry_payments_are_shown() -> None:
    shown = solve(auction([[1, 1]], [1], caps="1/2", must_sell=True), Grid.quantile(3))
    assert shown.lower is not None
    assert shown.lower.mechanism.entry_payments is not None
    assert texts(shown)["at lowest actions"] == "up to 0.5 charged for taking part"
    assert solution_json(shown, None)["entry_payments"] == {"charged": pytest.approx(0.5), "paid": 0.0}
    assert "at lowest actions" not in texts(solution())
    noise = replace(shown.lower.mechanism.entry_payments, counts=1 + 0 * shown.lower.mechanism.decision_counts)
    quiet = replace(shown, lower=replace(shown.lower, mechanism=replace(shown.lower.mechanism, entry_payments=noise)))
    assert "at lowest actions" not in texts(quiet)
    assert solution_json(solution(), None)["entry_payments"] is None


def test_a_closed_form_that_proves_the_bracket_is_said() -> None:
    refined = solve(ENVIRONMENT)
    assert texts(refined)["closed form"] == "0.2534059 (common value; its own mechanism and information)"
    assert texts(refined)["status"] == "proved (no solver: closed form: common value)"
    assert texts(refined)["program"] == "none was needed"
    told = solution_json(refined, None)["closed_form"]
    assert isinstance(told, dict)
    assert told["model"] == "common value"
    assert told["value"] == pytest.approx(0.25340585, abs=1e-8)
    assert told["proves"] == ["lower", "upper"]
    other = solve(auction([[0, 1], [1, 1]], ["1/2", "1/2"]), Grid.quantile(2))
    assert "closed form" not in texts(other)
    assert solution_json(other, None)["closed_form"] is None


def test_whether_action_0_could_be_paid_for() -> None:
    forced = auction([[1, 1]], [1], caps="1/2", must_sell=True)
    for entry_payments, row in ((True, "up to 0.5 charged for taking part"), (False, "nothing is paid (such payments")):
        shown = solve(forced, Grid.quantile(3), entry_payments=entry_payments)
        assert texts(shown)["at lowest actions"].startswith(row)
        assert solution_json(shown, None)["entry_payments_allowed"] is entry_payments
        upper = replace(shown, lower=None)
        assert "at lowest actions" not in texts(upper)
        assert solution_json(upper, None)["entry_payments_allowed"] is None
    assert "at lowest actions" not in texts(solve(ENVIRONMENT, Grid.published(2)))
    assert solution_json(solve(ENVIRONMENT, Grid.published(2)), None)["entry_payments_allowed"] is False
    spending = solve(public_expenditure([[0, 3], [3, 0]], ["1/2", "1/2"]), Grid.published(2))
    assert solution_json(spending, None)["entry_payments_allowed"] is None


def test_existence_of_equilibria_is_assumed_for_rules_on_real_actions_only() -> None:
    searched = solve(ENVIRONMENT, relative_gap=0.1)
    assert texts(searched)["equilibrium"].startswith("assumed to exist")
    assert solution_json(searched, None)["equilibrium_existence"] == "assumed"
    assert "equilibrium" not in texts(solution())
    assert solution_json(solution(), None)["equilibrium_existence"] == "finite game"
    for finite in (replace(searched, lower=None), replace(searched, lower=solution().lower)):
        assert "equilibrium" not in texts(finite)
    assert solution_json(replace(searched, lower=None), None)["equilibrium_existence"] is None


def test_what_decisions_are_restricted_to_is_shown() -> None:
    trade = solve(bilateral_trade([[0, 1], [1, 2]], ["1/2", "1/2"]), Grid.quantile(2))
    assert texts(trade)["restricted to"] == "trade at prices from -2 to 4"
    assert solution_json(trade, None)["restrictions"] == ["trade at prices from -2 to 4"]
    assert "restricted to" not in texts(solution())
    assert solution_json(solution(), None)["restrictions"] == []


def test_an_open_bracket_says_what_it_may_mean() -> None:
    """Where no hypothesis holds the gap may be real; where time ended the search, or one holds, it stopped."""
    spending = public_expenditure([["3/4", "3/4"], [0, 0]], ["9/10", "1/10"])
    gap = replace(solve(spending, Grid.quantile(3)), narrow_enough=False, elapsed=1.0)
    assert texts(gap)["status"].startswith("a duality gap that may be real (clarabel ")
    assert texts(gap)["status"].endswith(": Solved, not as narrow as asked for)")
    assert texts(gap)["tightness"] == "not known: the best guarantee may be below every potential"
    content = solution_json(gap, None)
    assert (content["status"], content["stopped_by"]) == ("a duality gap that may be real", None)
    assert content["tightness"] is None
    stopped = replace(gap, cause="the time limit of 60 s")
    assert texts(stopped)["status"].startswith("stopped early (")
    assert "the time limit of 60 s" in texts(stopped)["status"]
    assert texts(stopped)["tightness"] == texts(gap)["tightness"]
    assert solution_json(stopped, None)["stopped_by"] == "the time limit of 60 s"
    sold = replace(solution(), narrow_enough=False, elapsed=1.0)
    assert texts(sold)["status"].startswith("stopped early (")
    assert "tightness" not in texts(sold)
    assert str(solution_json(sold, None)["tightness"]).startswith("with transfers, each agent can be left")


def test_nothing_is_said_of_limits_on_a_grid() -> None:
    assert "tightness" not in texts(solution())
    assert solution_json(solution(), None)["tightness"] is None
