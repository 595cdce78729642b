"""Solving a program over all deviations, and the record of it."""

import resource
import sys
import time

from robustmech.bounds import BoundStatus, SolveRecord
from robustmech.bounds.size import ProgramSize
from robustmech.errors import InputError, SolveError
from robustmech.lp import Limits, LinearProgram, LinearSolution, LinearSolver


def proposal(program: LinearProgram, solver: LinearSolver, time_limit: float | None, what: str) -> LinearSolution:
    """Solve a program.

    Args:
        time_limit: seconds of solver time, or None.
        what: what the program is about, for the message.
    Raises:
        InputError: for a time limit that is not positive.
        SolveError: if there is nothing to certify.
    """
    if time_limit is not None and not time_limit > 0:
        raise InputError(f"time limit is {time_limit}: give a positive number of seconds")
    found = solver.solve(program, limits=Limits(seconds=time_limit))
    if not found.status.has_solution:
        raise SolveError(
            f"{solver.capabilities.name} ended with '{found.detail}' on the program of the {what} and left nothing to "
            "certify: try the other solver"
        )
    return found


def record_of(found: LinearSolution, solver: LinearSolver, size: ProgramSize, started: float) -> SolveRecord:
    """The record of a solve that began at a reading of ``time.perf_counter``."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return SolveRecord(
        status=BoundStatus.PROVED if found.status.solved else BoundStatus.STOPPED,
        solver=solver.capabilities,
        detail=found.detail,
        iterations=found.iterations,
        seconds=time.perf_counter() - started,
        size=size,
        peak_memory=peak if sys.platform == "darwin" else peak * 1024,
    )
