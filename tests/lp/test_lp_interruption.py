"""Ctrl-C ends a solve soon, whatever the solver; errors and results come back from the thread."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import robustmech
from robustmech.lp.interruption import run_interruptibly

# It says when it is inside the solver, and how it ended. With ten points: 250,000 rows, about a minute of work.
SCRIPT = """
import sys
from fractions import Fraction
import robustmech as rm
points = [Fraction(j, {points} - 1) for j in range({points})]
law = [Fraction(1, {points} ** 2)] * {points} ** 2
environment = rm.auction(rm.product_states([points] * 2), law, caps=[1, "9/10"])  # unlike bidders: nothing to fold
told = set()
def watch(stage):
    said = stage.name if stage.iteration is None else "iterating"
    if said not in told:
        told.add(said)
        print(said, flush=True)
try:
    rm.solve(environment, rm.Grid.published(7), side="lower", solver={solver}, watch=watch)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(130)
"""
CLARABEL, IPX, SIMPLEX = "rm.ClarabelSolver()", "rm.HighsSolver()", "rm.HighsSolver(method='simplex')"


@pytest.mark.parametrize(
    ("solver", "points", "moment", "pause"),
    [
        pytest.param(CLARABEL, 10, "solving", 1.0, id="clarabel, setting up"),
        pytest.param(CLARABEL, 5, "iterating", 0.0, id="clarabel, iterating"),
        pytest.param(IPX, 10, "solving", 1.0, id="highs ipx"),
        pytest.param(SIMPLEX, 10, "solving", 0.4, id="highs simplex, setting up"),
        pytest.param(SIMPLEX, 10, "solving", 2.0, id="highs simplex, iterating"),
    ],
)
def test_ctrl_c_ends_a_solve(solver: str, points: int, moment: str, pause: float) -> None:
    source = str(Path(robustmech.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(solver=solver, points=points)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
    )
    try:
        assert process.stdout is not None
        while (said := process.stdout.readline().strip()) != moment:
            assert said, "the solve ended before it could be interrupted"
        time.sleep(pause)
        assert process.poll() is None, "the solve ended before it could be interrupted: make it larger"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert output.endswith("interrupted\n"), errors
    assert errors == ""
    assert process.returncode == 130


def test_result_and_errors_pass_through() -> None:
    main = threading.current_thread()

    def work() -> int:
        assert threading.current_thread() is not main
        return 7

    assert run_interruptibly(work, lambda: None) == 7

    def fail() -> int:
        raise ArithmeticError("inside")

    with pytest.raises(ArithmeticError, match="inside"):
        run_interruptibly(fail, lambda: None)


@pytest.mark.parametrize("deaf", [False, True])
def test_interrupt_asks_the_work_to_stop_and_does_not_wait_long(deaf: bool) -> None:
    stopped, ended, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        (ended if deaf else stopped).wait(60.0)
        done.set()

    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run_interruptibly(work, stopped.set)
        assert stopped.is_set()
        assert not (deaf and done.is_set()), "deaf work was waited for"
    finally:
        ended.set()
