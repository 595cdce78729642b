"""Ctrl-C and lost outputs: the command ends long before its solve would, with what it has found, or nothing."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from cli.command_runs import Ran, environment, run_process, start_on_terminal, words

LARGE = """version = 1
[auction]
bidders = 2
values = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
dependence = "common"
"""
GRID = 11  # the published grid with 14,884 profiles: more than ten seconds
LARGE_GRID = 16  # 66,049 profiles: minutes, and seconds in Clarabel's constructor alone
A_MINUTE = 60.0  # far less than the large solve takes, and more than a busy machine needs to end it
# The same entry point as the command's, with a sign that the imports, a second's work, are over.
READY = """
import sys, pathlib, robustmech.artefacts, robustmech.bounds, robustmech.problems, robustmech.cli.solve_command
from robustmech.cli import main
pathlib.Path(sys.argv.pop()).touch()
main()
"""
NOTHING = "robustmech: interrupted; nothing was written"
IN_HAND = "robustmech: interrupted; this is what was found so far"


def problem_file(folder: Path) -> Path:
    file = folder / "large.toml"
    file.write_text(LARGE)
    return file


def left_running(mark: str) -> list[str]:
    """The processes, if any, that were started with this mark in their environment and still run."""
    if not Path("/proc").is_dir():
        return []
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def nothing_runs(mark: str) -> bool:
    """Whether what was started has ended, or ends soon."""
    for _ in range(1000):
        if not left_running(mark):
            return True
        time.sleep(0.05)
    return False


def interrupted(folder: Path, solver: str, signals: int, after: float) -> Ran:
    """The process's end after Ctrl-C while it solves."""
    file, ready, results = problem_file(folder), folder / "ready", folder / "results"
    results.mkdir()
    mark = f"ROBUSTMECH_TEST_MARK={uuid.uuid4()}"
    options = ["--published", str(LARGE_GRID), "--solver", solver, "--out", str(results / "r")]
    process = subprocess.Popen(
        [sys.executable, "-c", READY, "solve", str(file), *options, str(ready)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment() | dict([mark.split("=")]),
        encoding="utf-8",
    )
    try:
        while not ready.exists():
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(after)
        assert process.poll() is None
        assert left_running(mark) or not Path("/proc").is_dir()
        for _ in range(signals):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        out, err = process.communicate(timeout=A_MINUTE)
    finally:
        process.kill()
    assert nothing_runs(mark)
    return Ran(process.returncode, out, err)


def check_ended(folder: Path, ran: Ran) -> None:
    """With the bracket in hand, printed and written whole, or with nothing where there was none yet."""
    assert ran.code == 130
    (last,) = [line for line in ran.err.splitlines() if line]
    if last == NOTHING:
        assert ran.out == ""
        assert list((folder / "results").iterdir()) == []
        return
    assert last == IN_HAND
    assert ran.row("status").startswith("stopped early")
    assert "interrupted" in ran.row("status")
    verified = run_process("verify", folder / "results" / "r", "--json").answer
    for label, side in (("guarantee at least", "lower"), ("potential at most", "upper")):
        assert float(ran.row(label)) == pytest.approx(verified[side], rel=1e-6)
    assert os.listdir(folder / "results") == ["r"]


@pytest.mark.parametrize(
    ("solver", "signals"), [("clarabel", 1), ("clarabel", 2), ("clarabel", 20), ("highs", 1), ("highs", 2)]
)
def test_ends_at_once_with_what_it_has(tmp_path: Path, solver: str, signals: int) -> None:
    ran = interrupted(tmp_path, solver, signals, 4.0)
    check_ended(tmp_path, ran)
    assert ran.out != ""


@pytest.mark.parametrize("after", [0.0, 0.2])
def test_ends_at_once_while_the_program_is_assembled(tmp_path: Path, after: float) -> None:
    check_ended(tmp_path, interrupted(tmp_path, "clarabel", 1, after))


@pytest.mark.parametrize("after", [1.5, 3.0])
def test_ends_at_once_while_a_large_program_is_made_ready(tmp_path: Path, after: float) -> None:
    """Clarabel orders and analyses the matrix in its constructor, and lets no Python run meanwhile (0.11.1)."""
    check_ended(tmp_path, interrupted(tmp_path, "clarabel", 1, after))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_no_process_outlives_the_command(tmp_path: Path, number: signal.Signals) -> None:
    """However the command ends: `kill` (a closed terminal is alike), or the machine's lack of memory."""
    name, value = "ROBUSTMECH_TEST_MARK", str(uuid.uuid4())
    process = subprocess.Popen(
        words("solve", problem_file(tmp_path), "--published", LARGE_GRID, "--side", "lower", "--out", tmp_path / "r"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment() | {name: value},
    )
    while Path("/proc").is_dir() and len(left_running(f"{name}={value}")) < 2:  # until there is a solver's process
        assert process.poll() is None
        time.sleep(0.1)
    assert process.poll() is None
    process.send_signal(number)
    assert process.wait(timeout=A_MINUTE) != 0
    try:
        assert nothing_runs(f"{name}={value}")
        # A request to end is heard, and what was found is written whole; a killed process writes nothing.
        written = set(os.listdir(tmp_path)) - {"large.toml"}
        assert written <= ({"r"} if number is signal.SIGTERM else set())
        if written:
            assert run_process("verify", tmp_path / "r").code == 0
    finally:
        for place in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if value.encode() in place.read_bytes():
                    os.kill(int(place.parent.name), signal.SIGKILL)


def test_terminal_is_left_tidy(tmp_path: Path) -> None:
    running = start_on_terminal(["solve", problem_file(tmp_path), "--published", GRID, "--out", tmp_path / "r"])
    while not re.search("solving, iteration [0-9]", running.shown):
        assert running.read()
    running.process.send_signal(signal.SIGINT)
    ran = running.finish()
    assert ran.code == 130
    assert ran.row("status").startswith("stopped early")
    assert ran.err.count("interrupted") == 1
    assert ran.err.rstrip().endswith(IN_HAND)
    assert running.shown.rindex("\x1b[?25h") > running.shown.rindex("\x1b[?25l")  # the cursor is shown again
    assert sorted(os.listdir(tmp_path)) == ["large.toml", "r"]
    assert run_process("verify", tmp_path / "r").code == 0


def test_no_traceback_where_the_reader_of_the_output_has_gone(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    file = problem_file(tmp_path)
    command = [sys.executable, "-m", "robustmech", "solve", str(file), "--actions", "3"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False)
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 141


@pytest.mark.parametrize("after", [0.2, 0.5])
def test_no_traceback_while_the_command_starts(tmp_path: Path, after: float) -> None:
    """Importing takes a second, and a person who sees a mistake in what was typed interrupts at once."""
    command = [sys.executable, "-m", "robustmech", "solve", str(problem_file(tmp_path)), "--published", str(GRID)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(), encoding="utf-8")
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_no_traceback_where_the_output_cannot_be_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "robustmech", "solve", str(problem_file(tmp_path)), "--actions", "3"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False, encoding="utf-8"
        )
    assert done.returncode != 0
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


FAILING_IMPORT = """
import os, signal, sys, types
from robustmech.cli import main

def run():
    try:
        os.kill(os.getpid(), {signal})
        signal.raise_signal(signal.SIGCONT)
    except KeyboardInterrupt:
        pass
    raise ImportError("initialization failed")

sys.modules["robustmech.cli.application"] = types.SimpleNamespace(run=run)
main()
"""


def test_compiled_module_that_turns_the_interrupt_into_an_import_error() -> None:
    found = subprocess.run(
        [sys.executable, "-c", FAILING_IMPORT.format(signal="signal.SIGINT")], capture_output=True, text=True
    )
    assert (found.returncode, found.stderr.strip()) == (130, NOTHING)
    other = subprocess.run(
        [sys.executable, "-c", FAILING_IMPORT.format(signal="signal.SIGCONT")], capture_output=True, text=True
    )
    assert other.returncode == 1
    assert "initialization failed" in other.stderr
