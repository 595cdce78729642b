"""Time to a certified gap, against HiGHS's interior point on the published grid: the table of `make bench`.

For each problem HiGHS (IPX, no crossover) solves both sides on the published grid with k = 10, and its proposals are
certified. Then Clarabel solves on the smallest quantile grid whose certified bracket is no wider than that, nor than
the one that the papers print. Every measurement is a process of its own, so that its peak memory is its own; repeated
ones are reported by their median. Ratios are within one run.
"""

import argparse
import json
import statistics
import subprocess
import sys
from fractions import Fraction

from rich.console import Console
from rich.table import Table

import robustmech as rm
from robustmech import ClarabelSolver, HighsSolver

PROBLEMS = ("common value", "independent values")
POINTS = 11
PUBLISHED = 10
REPEATS = 5
FIRST_GUESS = {"common value": 22, "independent values": 23}
PRINTED_GAP = {"common value": 0.28196 - 0.26203, "independent values": 0.3127 - 0.2892}
CLAIMED_RATIO = {"common value": 40, "independent values": 80}


def environment(problem: str, points: int) -> rm.Environment:
    """Two bidders with evenly spaced, equally likely values on [0, 1]."""
    values = [Fraction(j, points - 1) for j in range(points)]
    states = [(v, v) for v in values] if problem == "common value" else rm.product_states([values, values]).tolist()
    return rm.auction(states, [Fraction(1, len(states))] * len(states))


def measure(problem: str, points: int, solver: str, grid: rm.Grid) -> dict[str, float]:
    """One solve of both sides, certificates and transfers included."""
    chosen = (
        HighsSolver(crossover=False, largest_inside=None) if solver == "highs" else ClarabelSolver(largest_inside=None)
    )
    solution = rm.solve(environment(problem, points), grid, solver=chosen, memory_limit=float("inf"))
    if solution.lower is None or solution.upper is None:
        raise SystemExit("both sides were asked for")
    return {
        "lower": solution.lower.value,
        "upper": solution.upper.value,
        "gap": solution.gap,
        "seconds": solution.seconds,
        "memory": max(record.peak_memory for record in solution.records),
    }


def in_a_process(problem: str, points: int, solver: str, kind: str, size: int) -> dict[str, float]:
    """The same, in a fresh process."""
    command = [sys.executable, __file__, "--measure", problem, str(points), solver, kind, str(size)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(problem: str, console: Console) -> list[tuple[str, ...]]:
    """The rows of one problem: the published grid with HiGHS, then the quantile grid with Clarabel."""
    console.print(f"{problem}: HiGHS on the published grid (this is the slow part) ...")
    slow = in_a_process(problem, POINTS, "highs", "published", PUBLISHED)
    actions = FIRST_GUESS[problem]
    goal = min(slow["gap"], PRINTED_GAP[problem])
    while (fast := in_a_process(problem, POINTS, "clarabel", "quantile", actions))["gap"] > goal:
        actions += 1
    runs = [fast] + [in_a_process(problem, POINTS, "clarabel", "quantile", actions) for _ in range(REPEATS - 1)]
    seconds = statistics.median(run["seconds"] for run in runs)
    memory = statistics.median(run["memory"] for run in runs)
    ratio = f"{slow['seconds'] / seconds:.0f} (claimed: {CLAIMED_RATIO[problem]})"
    return [
        (problem, f"published {PUBLISHED}, HiGHS IPX", *_cells(slow, slow["seconds"], slow["memory"]), "1", "1"),
        ("", f"quantile {actions}, Clarabel", *_cells(fast, seconds, memory), ratio, f"{slow['memory'] / memory:.1f}"),
    ]


def _cells(run: dict[str, float], seconds: float, memory: float) -> tuple[str, ...]:
    numbers = (f"{run['lower']:.5f}", f"{run['upper']:.5f}", f"{run['gap']:.5f}")
    return (*numbers, f"{seconds:.3g}", f"{memory / 2**20:,.0f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=PROBLEMS, help="one of the problems (the independent one takes ten minutes)")
    arguments = parser.parse_args()
    if arguments.measure:
        problem, points, solver, kind, size = arguments.measure
        grid = rm.Grid.published(int(size)) if kind == "published" else rm.Grid.quantile(int(size))
        print(json.dumps(measure(problem, int(points), solver, grid)))
        return
    console = Console(width=150)
    table = Table(title=f"time to the certified gap of the published grid, two bidders, {POINTS} values, both sides")
    for heading in (
        "problem",
        "grid, solver",
        "lower",
        "upper",
        "gap",
        "seconds",
        "MiB",
        "times faster",
        "times smaller",
    ):
        table.add_column(heading, justify="left" if heading in ("problem", "grid, solver") else "right")
    for problem in [arguments.only] if arguments.only else PROBLEMS:
        for row in compare(problem, console):
            table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()
