"""Standard output is ours, whatever a solver prints; where it cannot be written, the command says so with a status."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli.command_runs import COMMON_VALUES, EXAMPLES, environment, run_process, words
from robustmech.lp import HighsSolver

# Solvers that print before, in and after a solve: to the descriptor, through C's own buffer, and from Python.
NOISY = """
import ctypes, os
import robustmech.lp.clarabel, robustmech.lp.highs
from robustmech.cli import main

def noise():
    os.write(1, b"noise from the system\\n")
    ctypes.CDLL(None).printf(b"noise from C\\n")
    print("noise from Python")

def noisy(solve):
    def noisily(*arguments, **options):
        noise()
        return solve(*arguments, **options)
    return noisily

for solver in (robustmech.lp.clarabel.ClarabelSolver, robustmech.lp.highs.HighsSolver):
    solver.solve = noisy(solver.solve)
main()
"""
COMMANDS: dict[str, list[object]] = {
    "help": ["--help"],
    "version": ["--version"],
    "solve": ["solve", COMMON_VALUES, "--actions", "3", "--quiet"],
    "verify": ["verify", "RESULT"],
    "design": ["design", "--means", "600,400", "--bound", "1000", "--out", "AUCTION"],
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "result"
    assert run_process("solve", COMMON_VALUES, "--actions", "3", "--out", folder, "--quiet").code == 0
    return folder


def asked(name: str, result: Path, tmp_path: Path) -> Sequence[object]:
    places = {"RESULT": result, "AUCTION": tmp_path / "auction.json"}
    return [places.get(str(word), word) for word in COMMANDS[name]]


@pytest.mark.parametrize("options", [["--actions", "4"], ["--actions", "4", "--solver", "highs"], []])
def test_noisy_solvers_leave_one_json_object(options: list[str]) -> None:
    arguments = ["solve", str(EXAMPLES / "explicit-states.toml"), "--json", "--quiet", *options]
    done = subprocess.run(
        [sys.executable, "-c", NOISY, *arguments], capture_output=True, env=environment(), check=True, text=True
    )
    assert json.loads(done.stdout)["lower"] <= json.loads(done.stdout)["upper"]
    for source in ("the system", "C", "Python"):
        assert f"noise from {source}\n" in done.stderr


def test_no_solver_prints_from_the_library(capfd: pytest.CaptureFixture[str]) -> None:
    """Not even the banner that HiGHS 1.16 prints while it is made."""
    import robustmech as rm

    environment = rm.auction([[0, 0], [1, 1]], ["1/2", "1/2"])
    for solver in (HighsSolver(), HighsSolver(method="simplex"), HighsSolver(largest_inside=0)):
        rm.solve(environment, rm.Grid.quantile(3), solver=solver)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_reader_that_has_gone(name: str, result: Path, tmp_path: Path) -> None:
    """The status of a program that SIGPIPE ends, and never that of a folder that is not verified."""
    reading, writing = os.pipe()
    os.close(reading)
    ran = run_process(*asked(name, result, tmp_path), stdout=writing)
    os.close(writing)
    assert (ran.code, ran.err) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("name", COMMANDS)
def test_full_device(name: str, result: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = run_process(*asked(name, result, tmp_path), stdout=full.fileno())
    assert ran.code == 74
    assert ran.err == "robustmech: the output could not be written (No space left on device)\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_closed_output(name: str, result: Path, tmp_path: Path) -> None:
    command = ["sh", "-c", 'exec "$@" >&-', "sh", *words(*asked(name, result, tmp_path))]
    done = subprocess.run(command, stderr=subprocess.PIPE, env=environment(), check=False, text=True)
    assert done.returncode == 74
    assert done.stderr == "robustmech: standard output is closed: give it a file, or /dev/null\n"


def test_closed_errors(result: Path, tmp_path: Path) -> None:
    """Nothing that is meant for messages lands in a file that is written."""
    for arguments, code in ((["verify", result], 0), (["verify", tmp_path / "none"], 2)):
        command = ["sh", "-c", 'exec "$@" 2>&-', "sh", *words(*arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, env=environment(), check=False, text=True)
        assert done.returncode == code
        assert ("verified: max guarantee" in done.stdout) is (code == 0)


def test_fault_is_one_line() -> None:
    program = """
import sys, types
from robustmech.cli import main
def break_down(*arguments, **options):
    raise KeyError("nowhere")
import robustmech.problems
robustmech.problems.load_problem = break_down
sys.argv = ["robustmech", "solve", "x.toml"]
main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(), text=True)
    assert done.returncode == 70
    assert done.stderr.startswith("robustmech: a fault of this program at ")
    assert "KeyError: 'nowhere'" in done.stderr
    assert done.stderr.count("\n") == 1
    shown = environment() | {"ROBUSTMECH_TRACEBACK": "1"}
    assert (
        "Traceback" in subprocess.run([sys.executable, "-c", program], capture_output=True, env=shown, text=True).stderr
    )
