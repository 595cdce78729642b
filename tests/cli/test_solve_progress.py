"""The progress display: on the error stream, and only if that is a terminal."""

import json
import math
import re

from cli.command_runs import COMMON_VALUES, EXAMPLES, Ran, run_process, start_on_terminal
from robustmech import Stage
from robustmech.cli.progress import described
from robustmech.lp import Iteration
from robustmech.model import Side

LONG = EXAMPLES / "independent-values.toml"  # a second or two


def on_terminal(*arguments: object) -> Ran:
    return start_on_terminal(arguments).finish()


def test_terminal_shows_stage_iteration_and_gap() -> None:
    ran = on_terminal("solve", LONG, "--actions", "24", "--json")
    assert ran.answer["status"] == "proved"
    for side in ("lower", "upper"):
        lines = re.findall(rf"{side} bound: solving, iteration (\d+), solver's gap (\S+)", ran.err)
        assert lines
        iterations = [int(number) for number, _ in lines]
        assert iterations == sorted(iterations)
        assert iterations[-1] > 0
        assert all(0 <= float(gap) < math.inf for _, gap in lines)
        assert f"{side} bound: certifying" in ran.err
    assert re.search(r"\d:\d\d:\d\d", ran.err)


def test_quiet_terminal_shows_nothing() -> None:
    ran = on_terminal("solve", COMMON_VALUES, "--json", "--quiet")
    assert ran.answer["status"] == "proved"
    assert ran.err == ""


def test_no_progress_without_a_terminal() -> None:
    ran = run_process("solve", COMMON_VALUES, "--json")
    assert json.loads(ran.out)["status"] == "proved"
    assert ran.err == ""


def test_each_report_is_one_line_without_made_up_numbers() -> None:
    assert described(Stage(side=Side.UPPER, name="assembling")) == "upper bound: assembling"
    step = Iteration(iteration=7, primal=1.5, dual=1.0)
    assert (
        described(Stage(side=Side.LOWER, name="solving", iteration=step))
        == "lower bound: solving, iteration 7, solver's gap 5.0e-01"
    )
    unknown = Iteration(iteration=-1, primal=1.5, dual=math.nan)
    assert described(Stage(side=Side.LOWER, name="solving", iteration=unknown)) == "lower bound: solving, iteration 0"
