"""Solving in a process of its own, which can be ended at any moment.

While Clarabel 0.11 sets up a large program it holds Python's global lock, for as long as the ordering of the matrix
takes: no thread hears Ctrl-C. A process can be killed.
"""

import ctypes
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO

import numpy as np

from robustmech.lp.program import (
    Iteration,
    Limits,
    LinearProgram,
    LinearSolution,
    LinearSolver,
    Progress,
    SolverStatus,
)
from robustmech.memory import says_lack_of_memory

# What solvers print goes to the error stream before any of them is loaded: their standard output carries answers.
_PROCESS = """
from robustmech.streams import private_output
answers = private_output()
from robustmech.lp.isolation import main
main(answers)
"""
_PR_SET_PDEATHSIG = 1  # from Linux's prctl.h
_STEP_SECONDS = 0.05
_LEAST_SECONDS = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the process is sent: a configured solver, a program, and its limits.

    Args:
        solver: which is to solve it.
        program: what is solved.
        limits: as if the solve began now.
        until: when its seconds are over, as a reading of ``time.time``; None if there is no such limit.
    """

    solver: LinearSolver
    program: LinearProgram
    limits: Limits
    until: float | None = None

    def limits_left(self) -> Limits:
        """The limits, less the time since they were made."""
        if self.until is None:
            return self.limits
        return replace(self.limits, seconds=max(self.until - time.time(), _LEAST_SECONDS))


def solve_isolated(task: Task, progress: Progress | None) -> LinearSolution:
    """Solve in a new process; an interrupt kills it and passes through at once, and so does a limit's `stopped`.

    Raises:
        MemoryError: if the process had too little memory.
    """
    stopped, seconds = task.limits.stopped, task.limits.seconds
    until = None if seconds is None else time.time() + seconds
    task = replace(task, limits=replace(task.limits, stopped=None), until=until)
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with tempfile.TemporaryFile() as said:
        # A session of its own, so that the terminal's Ctrl-C reaches only this process, which then decides.
        process = subprocess.Popen(
            [sys.executable, "-c", _PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=paths,
            start_new_session=True,
        )
        ended = threading.Event()
        try:
            if process.stdin is None or process.stdout is None:
                raise OSError("the solver's process has no pipes")
            if stopped is not None:
                threading.Thread(target=_kill_when, args=(stopped, process, ended), daemon=True).start()
            found = _converse(task, process.stdin, process.stdout, progress)
            if found is not None:
                return found
            code = process.wait()
            said.seek(0)
            words = said.read().decode(errors="replace")
            if stopped is not None and stopped():
                return _nothing(task.program, "it was to stop before it had anything")
            # The system kills a process where memory ends; nobody else does.
            if code == -signal.SIGKILL or says_lack_of_memory(words):
                raise MemoryError("the solver's process had too little memory")
            last = words.strip().rpartition("\n")[2]
            return _nothing(task.program, f"the solver's process ended with code {code}{last and f': {last}'}")
        finally:
            ended.set()
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)


def _kill_when(stopped: Callable[[], bool], process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    """Kill the process once a solve is to stop: it may be where it hears nothing else."""
    while not ended.wait(_STEP_SECONDS):
        if stopped():
            process.kill()
            return


def _converse(task: Task, sent: IO[bytes], heard: IO[bytes], progress: Progress | None) -> LinearSolution | None:
    """Send the task and listen until the solution comes; None if the process ends without one."""
    try:
        pickle.dump(task, sent)
        sent.flush()
        while True:
            message = pickle.load(heard)
            if isinstance(message, LinearSolution):
                return message
            if progress is not None:
                progress(message)
    except (EOFError, OSError, pickle.UnpicklingError):
        return None


def _close(pipe: IO[bytes]) -> None:
    with suppress(OSError):  # what was still to be sent to a process that has ended
        pipe.close()


def _nothing(program: LinearProgram, detail: str) -> LinearSolution:
    return LinearSolution(
        status=SolverStatus.FAILED,
        primal=np.zeros(program.cost.size),
        multipliers=np.zeros(program.row_lower.size),
        objective=float("nan"),
        iterations=0,
        seconds=0.0,
        detail=detail,
    )


def _end_with_parent() -> None:
    """End this process when the one that started it is gone and its end of the pipe is closed."""
    sys.stdin.buffer.read()
    os._exit(1)


def main(answers: int) -> None:
    """The process: read a task, report iterations, write the solution.

    Args:
        answers: the descriptor that is listened to.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # The kernel ends this process with its parent even while native code lets no thread of ours run.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    task: Task = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with os.fdopen(answers, "wb") as stream:

        def report(iteration: Iteration) -> None:
            pickle.dump(iteration, stream)
            stream.flush()

        pickle.dump(task.solver.solve(task.program, limits=task.limits_left(), progress=report), stream)
