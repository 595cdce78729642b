"""robustmech solve: from a problem file to a certified bracket."""

import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from robustmech.cli import require_no_interrupt
from robustmech.cli.application import hold_interrupts, leave_at_once
from robustmech.cli.saying import say, say_json
from robustmech.errors import InputError
from robustmech.memory import require_address_space

# Libraries are loaded where they are used, and so not for help or a mistyped option.
if TYPE_CHECKING:
    from robustmech.bounds import Solution
    from robustmech.model import Grid
    from robustmech.problems import GridRequest, Problem


_SPACE_TO_DRAW = 256 * 2**20  # bytes; native libraries that get less end the process
_LABEL = 20
"""How wide the labels of the table are."""


@click.command("solve", short_help="From a problem file to a certified bracket.")
@click.argument("problem", type=click.Path(path_type=Path))
@click.option(
    "--actions",
    metavar="M",
    help="A grid of equally likely actions per agent: one number, or one each as in 20,30.",
)
@click.option("--published", type=int, metavar="K", help="The papers' grid, with K²+1 actions per agent.")
@click.option(
    "--entry-payments/--no-entry-payments",
    default=None,
    help="Whether, with transfers, the lowest action may be charged for, or paid; by default it may, but not on the "
    "papers' grid, whose program leaves that out.",
)
@click.option("--gap", type=float, metavar="G", help="Without a grid: refine until the bracket is this narrow.")
@click.option(
    "--relative-gap", type=float, metavar="R", help="Likewise, in proportion to the value; 0.01 if neither is given."
)
@click.option("--side", type=click.Choice(["both", "lower", "upper"]), default="both", help="Which number to compute.")
@click.option(
    "--solver",
    type=click.Choice(["clarabel", "highs"]),
    default="clarabel",
    help="The solver that finds the solution to certify.",
)
@click.option(
    "--time-limit",
    type=float,
    metavar="S",
    help="Seconds for everything; without a grid 60, unless there is a limit on work.",
)
@click.option(
    "--work",
    type=float,
    metavar="W",
    help="Without a grid: a limit that does not depend on the clock, in units of about a second; "
    "the same call then prints and writes the same bytes.",
)
@click.option("--iteration-limit", type=int, metavar="N", help="Solver iterations per side.")
@click.option(
    "--memory-limit",
    type=float,
    default=8.0,
    show_default=True,
    metavar="GIB",
    help="Refuse programs estimated to need more memory.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write mechanism, information, certificate and pictures to this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--quiet", is_flag=True, help="No progress display.")
def solve_command(
    problem: Path,
    actions: str | None,
    published: int | None,
    entry_payments: bool | None,
    gap: float | None,
    relative_gap: float | None,
    side: Literal["both", "lower", "upper"],
    solver: Literal["clarabel", "highs"],
    time_limit: float | None,
    work: float | None,
    iteration_limit: int | None,
    memory_limit: float,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Bracket the maximum guarantee and the minimum potential of PROBLEM (a TOML file), with a proof.

    After Ctrl-C or a request to end, what was found so far is printed (and written), and the exit status is 130.
    """
    from robustmech.bounds import Interrupted, solve
    from robustmech.cli.progress import shown_progress
    from robustmech.problems import load_problem

    if out is not None:
        from robustmech.artefacts import require_writable

        require_writable(out)
    asked = load_problem(problem)
    grids = _grids(asked, actions, published)
    if grids is not None and not (gap is None and relative_gap is None):
        raise InputError("--gap and --relative-gap refine without a grid: leave the grid out (also from the file)")
    if not memory_limit > 0:
        raise InputError(f"--memory-limit is {memory_limit}: give a positive number of GiB")
    solution: Solution | None = None
    pictures, interrupted = None, False
    require_no_interrupt()
    try:
        with shown_progress(enabled=not quiet) as watch:
            solution = solve(
                asked.environment,
                grids,
                side=side,
                solver=solver,
                time_limit=time_limit,
                work=work,
                iteration_limit=iteration_limit,
                memory_limit=memory_limit * 2**30,
                gap=gap,
                relative_gap=relative_gap,
                entry_payments=_entry_payments(asked, entry_payments, actions, published),
                watch=watch,
            )
        pictures = _pictures(solution) if out is not None else None
    except InputError as error:
        raise InputError(f"{problem}: {error}") from None
    except KeyboardInterrupt as interrupt:
        solution = interrupt.solution if isinstance(interrupt, Interrupted) else solution
        if solution is None:
            raise
        interrupted = True
    hold_interrupts()
    # Printed first: whatever happens to the folder, the answer is there.
    if as_json:
        from robustmech.report import solution_json

        say_json(json.dumps(solution_json(solution, asked.title, timed=work is None), allow_nan=False))
    else:
        _print_table(asked, solution, timed=work is None)
    if out is not None:
        _write(out, solution, pictures, quiet=as_json)
    if interrupted:
        leave_at_once(in_hand=True)


def _pictures(solution: "Solution") -> bytes | None:
    """Drawing is imported only where it is asked for: it takes longer than a small solve. None where it fails."""
    try:
        require_address_space(_SPACE_TO_DRAW)
        from robustmech.plots import result_png

        return result_png(solution)
    except Exception as error:  # the numbers do not need them
        say(f"robustmech: pictures were left out ({type(error).__name__}: {error})".replace("\n", " "), err=True)
        return None


def _write(out: Path, solution: "Solution", pictures: bytes | None, *, quiet: bool) -> None:
    from robustmech.artefacts import write_result

    write_result(out, solution, pictures)
    if not quiet:
        say(f"written to {out}; check it with: robustmech verify {out}")


def _grids(asked: "Problem", actions: str | None, published: int | None) -> "Grid | tuple[Grid, ...] | None":
    """The grid from the options, else from the problem file, else None."""
    from robustmech.model import Grid

    if actions is not None and published is not None:
        raise InputError("--actions and --published exclude each other: give one")
    try:
        if published is not None:
            return Grid.published(published)
        if actions is not None:
            grids = tuple(Grid.quantile(number) for number in _whole_numbers(actions))
            return grids[0] if len(grids) == 1 else grids
    except InputError as error:
        raise InputError(f"--{'actions' if published is None else 'published'}: {error}") from None
    return _requested(asked.grid)


def _entry_payments(asked: "Problem", option: bool | None, actions: str | None, published: int | None) -> bool | None:
    """What the option says, else what the problem file says of the grid that it names, where that one is used."""
    named = actions is not None or published is not None
    return option if option is not None or named or asked.grid is None else asked.grid.entry_payments


def _whole_numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        shown = text if len(text) <= 40 else text[:37] + "..."
        raise InputError(f"'{shown}' is not a whole number, or one per agent as in 20,30") from None


def _requested(request: "GridRequest | None") -> "Grid | None":
    from robustmech.model import Grid

    if request is None:
        return None
    if request.published is not None:
        return Grid.published(request.published)
    return None if request.actions is None else Grid.quantile(request.actions)


def _print_table(asked: "Problem", solution: "Solution", *, timed: bool) -> None:
    from robustmech.report import data_lines, solution_rows

    if asked.title:
        say(asked.title, bold=True)
    if asked.data is not None:
        for line in data_lines(asked.data):
            say(line)
    for label, text in solution_rows(solution, timed=timed):
        for line in _wrapped(label, text):
            say(line)


def _wrapped(label: str, text: str) -> list[str]:
    """A row of the table: on a terminal in as many lines as it needs, elsewhere in one."""
    if not sys.stdout.isatty():
        return [f"{label:{_LABEL}}{text}"]
    width = max(shutil.get_terminal_size().columns, 2 * _LABEL)
    return textwrap.wrap(text, width, initial_indent=f"{label:{_LABEL}}", subsequent_indent=" " * _LABEL)
