"""How fast the command starts, and auctions are designed and cleared: a part of `make bench`.

Nothing here fails on a slow machine: each line has the seconds, and those that a quiet one (two shared cores) is
expected not to exceed. Whole processes are measured in turn, so that a ratio compares like with like.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from robustmech.auctions import KnownMeansTerms, SealedBids, design, settle_all, solved_terms
from robustmech.continuum import KnownMeans
from robustmech.continuum.known_means import ConsistentRule
from robustmech.problems import load_problem

EXAMPLES = Path(__file__).parents[1] / "examples"
REPEATS = 9
IMPORTS = "import click, rich"


def process_seconds(commands: dict[str, list[str]]) -> dict[str, float]:
    """The median wall time of each command as a whole process, all of them in every round."""
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPEATS):
        for name, arguments in commands.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            found[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def starting() -> Iterator[tuple[str, float, float]]:
    """The command from the shell: what is measured, seconds, and those expected at most."""
    command = ["-m", "robustmech"]
    first = str(EXAMPLES / "independent-values.toml")
    seconds = process_seconds(
        {
            IMPORTS: ["-c", IMPORTS],
            "robustmech --help": [*command, "--help"],
            "robustmech --version": [*command, "--version"],
            "robustmech solve --help": [*command, "solve", "--help"],
            "robustmech design --help": [*command, "design", "--help"],
            "robustmech solve independent-values.toml": [*command, "solve", first],
            "robustmech solve common-values.toml": [*command, "solve", str(EXAMPLES / "common-values.toml")],
        }
    )
    base = seconds.pop(IMPORTS)
    yield IMPORTS, base, base
    for name, each in seconds.items():
        yield name, each, 0.8 if "toml" in name else 3 * base


def least_seconds(call: Callable[[], object], times: int = 5) -> float:
    """The least wall time of a few calls, after one that prepares what is kept."""
    call()
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best


def clearing() -> Iterator[tuple[str, float, float]]:
    """Auctions of up to thirty bidders: what is measured, seconds, and those expected at most."""
    draws = np.random.default_rng(8)
    thirty = KnownMeans(np.linspace(0.5, 0.6, 30)).auction()
    bids = draws.exponential(size=(1000, 30))
    yield "compound auction, 30 bidders, 1,000 profiles", least_seconds(lambda: both(thirty, bids)), 0.2
    yield "the same, 100 profiles one by one", least_seconds(lambda: [both(thirty, row) for row in bids[:100]]), 0.1
    terms = KnownMeansTerms(means=tuple(Fraction(300 + 10 * i, 1000) for i in range(30)), bound=Fraction(1))
    started = time.perf_counter()
    auction = design(terms)
    yield "designing for 30 bidders", time.perf_counter() - started, 10.0
    sealed = [
        SealedBids(bidders=auction.bidders, amounts=tuple(Fraction(str(round(bid, 4))) for bid in row)) for row in bids
    ]
    yield "settling 1,000 profiles of 30 to the coin", least_seconds(lambda: settle_all(auction, sealed), 1), 1.0
    for bidders, profiles in ((2, 100_000), (5, 100_000), (10, 500), (12, 50), (30, 4_000)):
        rule = KnownMeans(np.linspace(0.55, 0.6, bidders)).weighted_proportional()
        some = draws.exponential(size=(profiles, bidders))
        name = f"weighted proportional, {bidders} bidders, {profiles:,} profiles"
        yield name, least_seconds(lambda rule=rule, some=some: both(rule, some)), 1.0  # type: ignore[misc]
    for bidders, profiles in ((3, 20_000), (5, 200)):
        consistent = ConsistentRule(np.linspace(0.5, 0.7, bidders) * 1.6 / bidders)
        some = draws.exponential(size=(profiles, bidders))
        name = f"consistent division, {bidders} bidders, {profiles:,} profiles"
        yield name, least_seconds(lambda rule=consistent, some=some: rule.transfers(some), 2), 4.0  # type: ignore[misc]
    for problem in ("independent-values", "three-bidders"):
        solved = solved_terms(load_problem(EXAMPLES / f"{problem}.toml").environment).rule()
        some = draws.exponential(size=(100_000, solved.bidders))
        yield f"solved for {problem}, 100,000 profiles", least_seconds(lambda s=solved, b=some: both(s, b), 1), 5.0  # type: ignore[misc]
        rows = some[:100]
        yield "the same, 100 one by one", least_seconds(lambda s=solved, b=rows: [both(s, r) for r in b], 1), 1.0  # type: ignore[misc]


def both(rule: object, bids: np.ndarray) -> None:
    """Shares and payments."""
    rule.allocate(bids)  # type: ignore[attr-defined]
    rule.transfers(bids)  # type: ignore[attr-defined]


def main() -> None:
    """Print the table."""
    table = Table("what", "seconds", "expected at most", "")
    for source in (starting, clearing):
        for name, seconds, most in source():
            table.add_row(name, f"{seconds:.3f}", f"{most:.3f}", "" if seconds <= most else "slower")
    Console().print(table)


main()
