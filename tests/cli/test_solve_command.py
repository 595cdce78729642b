"""robustmech solve: what it prints, and that it is what the library computes."""

import json
import re
from pathlib import Path

import pytest

from cli.command_runs import COMMON_VALUES, EXAMPLES, Command, run_process
from robustmech import ClarabelSolver, Grid, HighsSolver, Solution, solve
from robustmech.problems import load_problem

GAP = EXAMPLES / "duality-gap.toml"
FILES = [file for file in sorted(EXAMPLES.glob("*.toml")) if file != GAP]
LABELS = ["guarantee at least", "potential at most", "gap", "status", "grid", "program", "time", "memory"]
FULL = (0.26176692, 0.28202077)  # common-values.toml, quantile 22, to seven digits


def from_python(file: Path, *grids: Grid, highs: bool = False) -> Solution:
    problem = load_problem(file)
    solver = HighsSolver() if highs else ClarabelSolver()
    return solve(problem.environment, grids[0] if len(grids) == 1 else grids, solver=solver)


def test_there_are_examples() -> None:
    assert len(FILES) >= 8


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_example_prints_a_bracket(command: Command, file: Path) -> None:
    ran = command("solve", file)
    assert ran.code == 0
    assert ran.err == ""
    title = load_problem(file).title
    assert ran.out.splitlines()[0] == title
    rows = [line.split("  ")[0] for line in ran.out.splitlines() if not line.startswith(" ")]
    labels = list(LABELS)
    if load_problem(file).grid is None:
        labels[labels.index("grid") : labels.index("grid") + 1] = ["mechanisms", "information"]
    assert [row for row in rows if row in labels] == labels
    lower, upper, gap = (float(ran.row(label)) for label in LABELS[:3])
    assert 0 < lower < upper
    assert gap == pytest.approx(upper - lower, abs=3e-6 * upper)
    assert gap < 0.3 * upper
    solver = "proved (no solver: closed form" if "; its own" in ran.out else "proved (clarabel "
    assert ran.row("status").startswith(solver)
    pattern = r"^ +(?:less than )?(\d+\.\d\d)% of the (expected value|efficient surplus) [\d.]+ \(under "
    shares = re.findall(pattern, ran.out, re.M)
    assert [name for _, name in shares] == ["expected value", "efficient surplus"]
    assert float(shares[0][0]) >= float(shares[1][0]) >= 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_json_is_what_the_library_computes(command: Command, file: Path) -> None:
    ran = command("solve", file, "--actions", 4, "--json")
    solution = from_python(file, Grid.quantile(4))
    assert solution.lower is not None
    assert solution.upper is not None
    answer = ran.answer
    assert ran.err == ""
    assert answer["lower"] == solution.lower.value
    assert answer["upper"] == solution.upper.value
    assert answer["gap"] == solution.gap
    assert answer["status"] == "proved"
    assert answer["title"] == load_problem(file).title
    assert [side["side"] for side in answer["sides"]] == ["lower", "upper"]
    texts = re.findall(r": (-?[0-9]+[.e][-+.e0-9]+)", ran.out)
    assert len(texts) >= 5
    assert [repr(float(text)) for text in texts] == texts


def test_json_and_table_agree(command: Command) -> None:
    answer = command("solve", COMMON_VALUES, "--actions", 7, "--json").answer
    table = command("solve", COMMON_VALUES, "--actions", 7)
    for label, name in zip(LABELS[:3], ("lower", "upper", "gap"), strict=True):
        assert float(table.row(label)) == pytest.approx(answer[name], rel=1e-6)
    assert float(table.row(LABELS[0])) <= answer["lower"]
    assert float(table.row(LABELS[1])) >= answer["upper"]
    assert answer["expected_value"] == pytest.approx(0.5)
    assert answer["efficient_surplus"] == pytest.approx(0.5)
    share = answer["gap"] / 0.5
    assert f"{share:.2%} of the expected value 0.5 (under the prior)" in table.out


@pytest.mark.slow
def test_a_gap_that_may_be_real_is_said(command: Command) -> None:
    ran = command("solve", GAP, "--time-limit", 600)
    assert ran.code == 0
    assert float(ran.row("guarantee at least")) <= 0 < 0.35 <= float(ran.row("potential at most"))
    assert ran.row("status").startswith("a duality gap that may be real (")
    assert ran.row("tightness").startswith("not known")


def test_entry_payments_are_the_grids_or_as_asked(command: Command, tmp_path: Path) -> None:
    """One bidder worth 1, k = 3: 2/3 in the papers' program, and 1 where action 0 may be charged for."""
    file = tmp_path / "one.toml"
    one = "version = 1\n{}[auction]\nbidders = 1\n[[auction.state]]\nvalues = [1]\nprobability = 1\n"

    def lower(text: str, *options: object) -> tuple[float, bool]:
        file.write_text(one.format(text))
        answer = command("solve", file, *options, "--json").answer
        return round(answer["lower"], 5), answer["entry_payments_allowed"]

    assert lower("", "--published", 3) == (0.66667, False)
    assert lower("", "--published", 3, "--no-entry-payments") == (0.66667, False)
    assert lower("", "--published", 3, "--entry-payments") == (1, True)
    assert lower("", "--actions", 10) == (1, True)
    assert lower("", "--actions", 10, "--no-entry-payments") == (0.9, False)
    assert lower("[grid]\npublished = 3\n") == (0.66667, False)
    assert lower("[grid]\npublished = 3\nentry_payments = true\n") == (1, True)
    assert lower("[grid]\npublished = 3\nentry_payments = true\n", "--no-entry-payments") == (0.66667, False)
    assert lower("[grid]\nactions = 4\nentry_payments = false\n", "--published", 3, "--entry-payments") == (1, True)
    # what the file says is for the grid that it names
    assert lower("[grid]\npublished = 3\nentry_payments = true\n", "--published", 3) == (0.66667, False)
    assert "nothing is paid" in command("solve", file, "--published", 3).row("at lowest actions")


def test_file_names_the_grid_and_the_options_overrule_it(command: Command) -> None:
    assert command("solve", COMMON_VALUES).row("grid") == "quantile 22 (484 profiles)"
    assert command("solve", COMMON_VALUES, "--actions", 5).row("grid") == "quantile 5 (25 profiles)"
    assert command("solve", COMMON_VALUES, "--published", 3).row("grid") == "published 3 (100 profiles)"
    published = EXAMPLES / "public-expenditure.toml"
    assert command("solve", published).row("grid") == "published 5 (676 profiles)"
    assert command("solve", published, "--actions", 4).row("grid") == "quantile 4 (16 profiles)"


def test_published_grid_is_the_published_grid(command: Command) -> None:
    answer = command("solve", COMMON_VALUES, "--published", 4, "--json").answer
    solution = from_python(COMMON_VALUES, Grid.published(4))
    assert solution.lower is not None
    assert (answer["lower"], answer["gap"]) == (solution.lower.value, solution.gap)
    assert answer["grids"] == [{"name": "published 4", "actions": 17}] * 2


def test_agents_may_have_unequal_grids(command: Command) -> None:
    answer = command("solve", COMMON_VALUES, "--actions", "3,9", "--json").answer
    solution = from_python(COMMON_VALUES, Grid.quantile(3), Grid.quantile(9))
    assert solution.upper is not None
    assert answer["upper"] == solution.upper.value
    assert [grid["actions"] for grid in answer["grids"]] == [3, 9]
    assert command("solve", COMMON_VALUES, "--actions", "3,9").row("grid") == "quantile 3 × quantile 9 (27 profiles)"


@pytest.mark.parametrize(("side", "other"), [("lower", "upper"), ("upper", "lower")])
def test_one_side_only(command: Command, side: str, other: str) -> None:
    both = command("solve", COMMON_VALUES, "--actions", 6, "--json").answer
    answer = command("solve", COMMON_VALUES, "--actions", 6, "--side", side, "--json").answer
    assert answer[side] == both[side]
    assert answer[other] is None
    assert answer["gap"] is None
    assert answer["status"] == "proved"
    assert [part["side"] for part in answer["sides"]] == [side]
    table = command("solve", COMMON_VALUES, "--actions", 6, "--side", side)
    assert (LABELS[0] in table.out, LABELS[1] in table.out) == (side == "lower", side == "upper")
    assert "gap" not in table.out
    assert "%" not in table.out


@pytest.mark.parametrize("name", ["common-values", "known-means", "public-expenditure", "three-bidders"])
def test_solvers_agree(command: Command, name: str) -> None:
    file = EXAMPLES / f"{name}.toml"
    answers = [command("solve", file, "--actions", 6, "--solver", s, "--json").answer for s in ("clarabel", "highs")]
    assert answers[0]["lower"] == pytest.approx(answers[1]["lower"], abs=1e-6)
    assert answers[0]["upper"] == pytest.approx(answers[1]["upper"], abs=1e-6)
    assert [answer["sides"][0]["solver"] for answer in answers] == ["clarabel", "highs"]


@pytest.mark.parametrize("solver", ["clarabel", "highs"])
@pytest.mark.parametrize("limit", [("--iteration-limit", 3), ("--time-limit", 1e-6)], ids=lambda limit: limit[0])
def test_stopped_early_is_weaker_and_says_so(command: Command, limit: tuple[str, object], solver: str) -> None:
    ran = command("solve", COMMON_VALUES, *limit, "--solver", solver, "--json")
    answer = ran.answer
    assert answer["status"] == "stopped early"
    assert {side["status"] for side in answer["sides"]} == {"stopped early"}
    assert answer["lower"] <= FULL[0] < FULL[1] <= answer["upper"]
    assert answer["gap"] > 1.01 * (FULL[1] - FULL[0])
    assert answer["upper"] <= 0.5 + 1e-6  # never worse than the efficient surplus


def test_stopped_result_is_written_and_verifies(command: Command, tmp_path: Path) -> None:
    table = command("solve", COMMON_VALUES, "--iteration-limit", 6, "--actions", 6, "--out", tmp_path / "r")
    assert table.code == 0
    assert table.row("status").startswith("stopped early (clarabel ")
    assert command("verify", tmp_path / "r").code == 0
    certificate = json.loads((tmp_path / "r" / "certificate.json").read_bytes())
    assert not {"status"} & (certificate["lower"].keys() | certificate["upper"].keys())  # nothing there could prove it


def test_roomy_limits_change_nothing(command: Command) -> None:
    limits = ("--time-limit", 1000, "--iteration-limit", 1000, "--memory-limit", 100, "--quiet")
    roomy, plain = (command("solve", COMMON_VALUES, "--actions", 5, "--json", *more) for more in (limits, ()))
    assert [roomy.answer[name] for name in ("lower", "upper")] == [plain.answer[name] for name in ("lower", "upper")]


def test_rows_of_a_data_file_are_reported_in_the_table_only(command: Command) -> None:
    file = EXAMPLES / "past-sales.toml"
    lines = command("solve", file, "--actions", 3).out.splitlines()
    assert lines[1].startswith("past-sales.csv, column price_per_acre: 12 rows used, 2 skipped; 6 equally likely bins")
    assert lines[2:4] == ["  row 7 skipped: blank", "  row 10 skipped: not a number: 'withdrawn'"]
    assert command("solve", file, "--actions", 3, "--json").answer["status"] == "proved"


def test_help_and_version(command: Command) -> None:
    assert command().out == command("--help").out
    for name in ("solve", "verify"):
        assert name in command("--help").out
    printed = command("solve", "--help").out
    for option in ("actions", "published", "side", "solver", "time-limit", "iteration-limit", "memory-limit", "out"):
        assert f"--{option} " in printed
    assert re.fullmatch(r"robustmech \S+\n", command("--version").out)


def test_module_runs_as_a_process() -> None:
    ran = run_process("solve", COMMON_VALUES, "--actions", 3, "--json")
    assert ran.answer["status"] == "proved"
    assert ran.err == ""


def test_a_bracket_is_refined_to_the_gap_that_is_asked(command: Command) -> None:
    file = EXAMPLES / "known-means.toml"
    for option, width, allowed in (("--gap", 0.002, 0.002), ("--relative-gap", 0.005, 0.005 * 0.27100)):
        answer = command("solve", file, option, width, "--json").answer
        assert answer["upper"] - answer["lower"] <= allowed
        assert answer["status"] == "proved"
        assert answer["grids"] == []
        assert len(answer["places"]) == 2
    stopped = command("solve", file, "--gap", "1e-13", "--time-limit", "0.5")
    assert stopped.code == 0
    assert stopped.row("status").startswith("stopped early")
    assert "not as narrow as asked for" in stopped.out
