"""Certified gap against time on the papers' grid, on quantile grids and on meshes in the continuum.

Every point is both sides of one bracket, certificates and the search for a mesh included; repeated ones are reported
by their median. HiGHS (IPX, no crossover) solves on the published grid with k = 10, in a process of its own;
everything else is Clarabel. Ratios are within one run. ``--plot FILE`` draws what was measured.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

import robustmech as rm
from robustmech.lp import Capabilities, Limits, LinearProgram, LinearSolution, LinearSolver, Progress

PUBLISHED = 10
REPEATS = 3
Environment = Callable[[], rm.Environment]


class Problem(NamedTuple):
    """What is solved: the truth of a closed form, the quantile grids, and the gaps that meshes are asked for."""

    environment: Environment
    truth: float | None
    actions: tuple[int, ...]
    gaps: tuple[float, ...]


def common(points: int, first_worth_more: Fraction = Fraction(0)) -> rm.Environment:
    """Two bidders with one value, evenly spaced and equally likely on [0, 1]."""
    values = [Fraction(j, points - 1) for j in range(points)]
    return rm.auction([[v + first_worth_more, v] for v in values], [Fraction(1, points)] * points)


def independent(points: int) -> rm.Environment:
    """Two bidders with independent values, evenly spaced and equally likely on [0, 1]."""
    values = [Fraction(j, points - 1) for j in range(points)]
    return rm.auction(rm.product_states([values, values]), [Fraction(1, points**2)] * points**2)


def known_means() -> rm.Environment:
    """Two bidders of whose values on [0, 1] only the means are known."""
    corners = [[0, 0], [1, 0], [0, 1], [1, 1]]
    return rm.auction(corners, beliefs=rm.Beliefs.means(corners, [Fraction(6, 10), Fraction(4, 10)]))


PROBLEMS = {
    "common value 0 or 1": Problem(lambda: common(2), 0.2534058594, (10, 20, 40, 80), (1e-2, 1e-3, 1e-4, 1e-5)),
    "common value, 10 points": Problem(
        lambda: common(10), 0.2710529823, (10, 20, 40, 60), (2e-2, 5e-3, 1.5e-3, 5e-4, 1e-4)
    ),
    "bidder 1 worth 0.1 more": Problem(
        lambda: common(11, Fraction(1, 10)), None, (10, 20, 40, 60), (2e-2, 1e-2, 5e-3, 3e-3)
    ),
    "independent, 11 points": Problem(lambda: independent(11), None, (8, 12, 18, 24), (2.35e-2, 4e-3, 2e-3, 1e-3)),
    "known means 0.6, 0.4": Problem(known_means, 0.2709069036, (10, 20, 40), (2e-2, 2e-3, 2e-4, 2e-5)),
    "public expenditure (2, 3)": Problem(
        lambda: rm.continuum.PublicExpenditure(2, 3).environment(), 1.5567237768, (10, 20, 40), (5e-2, 1e-2, 5e-3, 2e-3)
    ),
}


class TimedSolver:
    """A solver that adds up the time spent in it."""

    def __init__(self, solver: LinearSolver) -> None:
        self.solver, self.seconds = solver, 0.0

    @property
    def capabilities(self) -> Capabilities:
        """The solver's own."""
        return self.solver.capabilities

    def solve(
        self, program: LinearProgram, *, limits: Limits | None = None, progress: Progress | None = None
    ) -> LinearSolution:
        """Solve, and count the time."""
        started = time.perf_counter()
        found = self.solver.solve(program, limits=limits, progress=progress)
        self.seconds += time.perf_counter() - started
        return found


def solved(problem: str, grid: rm.Grid | None, gap: float | None, solver: str) -> dict[str, float]:
    """One bracket and its wall time."""
    environment = PROBLEMS[problem].environment()
    chosen = TimedSolver(
        rm.HighsSolver(crossover=False, largest_inside=None) if solver == "highs" else rm.ClarabelSolver()
    )
    started = time.perf_counter()
    found = rm.solve(environment, grid, gap=gap, solver=chosen, memory_limit=float("inf"), time_limit=None)
    if found.lower is None or found.upper is None:
        raise SystemExit("both sides were asked for")
    seconds = time.perf_counter() - started
    numbers = {"lower": found.lower.value, "upper": found.upper.value, "gap": found.gap}
    return numbers | {"seconds": seconds, "solver": chosen.seconds}


def published(problem: str) -> dict[str, float]:
    """HiGHS on the published grid, in a fresh process."""
    command = [sys.executable, __file__, "--published", problem]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def repeated(problem: str, grid: rm.Grid | None, gap: float | None) -> dict[str, float]:
    """The median time of a few runs, after one that warms up."""
    runs = [solved(problem, grid, gap, "clarabel") for _ in range(REPEATS + 1)][1:]
    return runs[-1] | {key: statistics.median(run[key] for run in runs) for key in ("seconds", "solver")}


def compare(name: str, console: Console) -> list[tuple[str, dict[str, float]]]:
    """Every method's brackets for one problem."""
    problem = PROBLEMS[name]
    console.print(f"{name}: HiGHS on the published grid ...")
    found = [(f"published {PUBLISHED}, HiGHS IPX", published(name))]
    for actions in problem.actions:
        console.print(f"{name}: quantile {actions} ...")
        found.append((f"quantile {actions}", repeated(name, rm.Grid.quantile(actions), None)))
    for gap in problem.gaps:
        console.print(f"{name}: meshes to {gap:g} ...")
        found.append((f"meshes, gap {gap:g}", repeated(name, None, gap)))
    return found


def table(name: str, rows: list[tuple[str, dict[str, float]]]) -> Table:
    """The rows of one problem, with times against the published grid's."""
    truth = PROBLEMS[name].truth
    result = Table(title=name + ("" if truth is None else f" (truth {truth:.6f})"))
    for heading in ("method", "lower", "upper", "gap", "seconds", "in the solver", "times faster", "solver alone"):
        result.add_column(heading, justify="left" if heading == "method" else "right")
    slow = rows[0][1]
    for method, run in rows:
        numbers = (f"{run['lower']:.6f}", f"{run['upper']:.6f}", f"{run['gap']:.2e}")
        times = (f"{run['seconds']:.3g}", f"{run['solver']:.3g}")
        ratios = (f"{slow[key] / run[key]:.0f}" for key in ("seconds", "solver"))
        result.add_row(method, *numbers, *times, *ratios)
    return result


def draw(measured: dict[str, list[tuple[str, dict[str, float]]]], path: Path) -> None:
    """Gap against time, a panel for each problem."""
    figure = Figure(figsize=(12, 7), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    kinds = (("published", "s", "0.35"), ("quantile", "o-", "#31688e"), ("meshes", "D-", "#d1495b"))
    for axes, (name, rows) in zip(figure.subplots(2, 3).flat, measured.items(), strict=False):
        for kind, style, colour in kinds:
            runs = [run for method, run in rows if method.startswith(kind)]
            label = {"published": "published k = 10, HiGHS", "quantile": "quantile grids", "meshes": "meshes"}[kind]
            axes.loglog([r["seconds"] for r in runs], [r["gap"] for r in runs], style, color=colour, label=label)
        axes.set_title(name, fontsize=11)
        axes.grid(color="0.9")
        axes.set_xlabel("seconds, both sides")
        axes.set_ylabel("certified gap")
    figure.axes[0].legend(fontsize=9)
    figure.savefig(path, metadata={"Software": None})


def main() -> None:
    """Measure, print the tables, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--published", help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=PROBLEMS, help="one of the problems (independent values take minutes)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw gap against time")
    arguments = parser.parse_args()
    if arguments.published:
        print(json.dumps(solved(arguments.published, rm.Grid.published(PUBLISHED), None, "highs")))
        return
    console = Console(width=150)
    measured = {name: compare(name, console) for name in ([arguments.only] if arguments.only else PROBLEMS)}
    for name, rows in measured.items():
        console.print(table(name, rows))
    if arguments.plot is not None:
        draw(measured, arguments.plot)


if __name__ == "__main__":
    main()
