"""Run every example with an installed robustmech, from a folder that is not the repository's.

Arguments: the folder of the installed programs, and that of the examples.
"""

import json
import subprocess
import sys
from pathlib import Path

PROGRAMS, EXAMPLES = (Path(argument).absolute() for argument in sys.argv[1:])


def run(program: str, *arguments: object) -> str:
    """What a program prints; it must end well, and have nothing to say on the error stream."""
    print(program, *arguments, flush=True)
    done = subprocess.run([PROGRAMS / program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise SystemExit(f"ended with {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout


ENDED_BY_ITSELF = ("proved", "a duality gap that may be real")


def solve_and_verify(problem: Path) -> None:
    """The same problem as JSON, in words, to a folder, and the folder's check."""
    answer = json.loads(run("robustmech", "solve", problem, "--json"))
    if not answer["lower"] <= answer["upper"] or answer["status"] not in ENDED_BY_ITSELF:
        raise SystemExit(f"{problem.name}: {answer}")
    for solver in ("clarabel", "highs"):
        json.loads(run("robustmech", "solve", problem, "--json", "--actions", 4, "--solver", solver))
    folder = Path(problem.stem)
    if "guarantee at least" not in run("robustmech", "solve", problem, "--out", folder):
        raise SystemExit(f"{problem.name}: no table")
    if not json.loads(run("robustmech", "verify", folder, "--json"))["verified"]:
        raise SystemExit(f"{problem.name}: not verified")


def design_and_clear(name: str, bidders: int, *source: object) -> None:
    """An auction file with its picture, and sealed bids cleared by it."""
    auction, bids = Path(f"{name}.json"), Path(f"{name}.csv")
    run("robustmech", "design", *source, "--out", auction, "--picture", f"{name}.png")
    bids.write_text("bidder,bid\n" + "".join(f"bidder {i},{i / 2}\n" for i in range(1, bidders + 1)))
    settlement = json.loads(run("robustmech", "clear", auction, bids, "--json"))
    if settlement["auction_digest"] != json.loads(auction.read_text(encoding="utf-8"))["digest"]:
        raise SystemExit(f"{name}: another auction")


def main() -> None:
    """All of them."""
    problems = sorted(EXAMPLES.glob("*.toml"))
    if len(problems) < 8:
        raise SystemExit(f"{EXAMPLES}: there should be more problems")
    for problem in problems:
        solve_and_verify(problem)
    history = ("--history", EXAMPLES / "past-sales.csv", "--column", "price_per_acre", "--bidders", 8)
    design_and_clear("past-sales", 8, *history)
    design_and_clear("means", 2, "--means", "600,400", "--bound", 1000)
    design_and_clear("solved", 2, EXAMPLES / "independent-values.toml", "--lots", 100)
    for script in sorted(EXAMPLES.glob("*.py")):
        picture = Path(f"{script.stem}.png")
        run("python", script, picture)
        if not picture.stat().st_size:
            raise SystemExit(f"{picture}: empty")
    print("all examples run")


main()
