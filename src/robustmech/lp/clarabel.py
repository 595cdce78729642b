"""Clarabel: an interior-point method whose equations suit these programs. The default solver."""

import threading
import time
from dataclasses import dataclass, replace

import clarabel
import numpy as np
import scipy.sparse as sp

from robustmech.lp.interruption import run_interruptibly
from robustmech.lp.isolation import Task, solve_isolated
from robustmech.lp.program import (
    Capabilities,
    FloatArray,
    Iteration,
    Limits,
    LinearProgram,
    LinearSolution,
    Progress,
    SolverStatus,
)
from robustmech.memory import require_address_space

_SIMPLICIAL_NONZEROS = 200_000
"""Below this the simplicial factorisation was up to four times faster on three agents' programs, above it slower."""
_STATUS = {
    "Solved": SolverStatus.OPTIMAL,
    # To ten times the tolerance; see the settings below.
    "AlmostSolved": SolverStatus.OPTIMAL,
    "MaxTime": SolverStatus.TIME_LIMIT,
    "MaxIterations": SolverStatus.ITERATION_LIMIT,
    "InsufficientProgress": SolverStatus.INACCURATE,
    "PrimalInfeasible": SolverStatus.INFEASIBLE,
    "AlmostPrimalInfeasible": SolverStatus.INFEASIBLE,
    "DualInfeasible": SolverStatus.UNBOUNDED,
    "AlmostDualInfeasible": SolverStatus.UNBOUNDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClarabelSolver:
    """Clarabel, with its simplicial factorisation for smaller programs and its supernodal one for larger.

    Args:
        tolerance: feasibility and relative gap at which it calls a program solved; ten times as much will do where
            it can get no further.
        threads: threads of the factorisation; 0 for as many as there are cores. More than one can be many times
            slower where other work competes for the cores (Clarabel 0.11: its threads spin).
        largest_inside: non-zeros of the largest program that is solved inside this process; a larger one gets a
            process of its own, so that Ctrl-C is heard while it is set up. None for no limit.
    """

    tolerance: float = 1e-9
    threads: int = 1
    largest_inside: int | None = 250_000

    @property
    def capabilities(self) -> Capabilities:
        """What this solver can do."""
        return Capabilities(
            name="clarabel", version=clarabel.__version__, method="interior point", reports_iterations=True
        )

    def solve(
        self, program: LinearProgram, *, limits: Limits | None = None, progress: Progress | None = None
    ) -> LinearSolution:
        """Solve one program; see `LinearSolver`."""
        limits = limits or Limits()
        if self.largest_inside is not None and program.matrix.nnz > self.largest_inside:
            inside = replace(self, largest_inside=None)
            return solve_isolated(Task(solver=inside, program=program, limits=limits), progress)
        require_address_space(program.space)
        stopped = threading.Event()

        def watch(info: clarabel.DefaultInfo) -> bool:
            # An exception raised here is printed and dropped by Clarabel 0.11, so it only ever returns.
            if progress is not None:
                progress(Iteration(iteration=info.iterations, primal=info.cost_primal, dual=info.cost_dual))
            return stopped.is_set()

        def work() -> LinearSolution:
            started = time.perf_counter()
            form = _ConicForm(program)
            solver = clarabel.DefaultSolver(
                sp.csc_matrix((program.cost.size, program.cost.size)),
                program.cost,
                form.matrix,
                form.limit,
                form.cones,
                self._settings(limits, form.matrix.nnz, time.perf_counter() - started),
            )
            solver.set_termination_callback(watch)
            found = solver.solve()
            detail = str(found.status)
            return LinearSolution(
                status=_STATUS.get(detail, SolverStatus.FAILED),
                primal=np.array(found.x),
                multipliers=form.row_multipliers(np.array(found.z)),
                objective=float(found.obj_val),
                iterations=int(found.iterations),
                seconds=time.perf_counter() - started,
                detail=detail,
            )

        return run_interruptibly(work, stopped.set, limits.stopped)

    def _settings(self, limits: Limits, nonzeros: int, spent: float) -> clarabel.DefaultSettings:
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.direct_solve_method = "qdldl" if nonzeros < _SIMPLICIAL_NONZEROS else "faer"
        settings.max_threads = self.threads
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = self.tolerance
        reduced = 10 * self.tolerance
        settings.reduced_tol_gap_abs = settings.reduced_tol_gap_rel = settings.reduced_tol_feas = reduced
        if limits.seconds is not None:
            settings.time_limit = max(limits.seconds - spent, 1e-3)
        if limits.iterations is not None:
            settings.max_iter = limits.iterations
        return settings


class _ConicForm:
    """The program as ``matrix x + s = limit`` with s zero on the equalities and non-negative elsewhere."""

    def __init__(self, program: LinearProgram) -> None:
        equal = program.row_lower == program.row_upper
        self._rows = program.row_lower.size
        self._equal = np.flatnonzero(equal)
        self._above = np.flatnonzero(~equal & np.isfinite(program.row_upper))
        self._below = np.flatnonzero(~equal & np.isfinite(program.row_lower))
        low = np.flatnonzero(np.isfinite(program.column_lower))
        high = np.flatnonzero(np.isfinite(program.column_upper))
        matrix = program.matrix
        self.matrix = sp.csc_matrix(
            sp.vstack(
                [
                    matrix[self._equal],
                    matrix[self._above],
                    -matrix[self._below],
                    -_selection(low, program.cost.size),
                    _selection(high, program.cost.size),
                ],
                format="csc",
            )
        )
        self.limit: FloatArray = np.concatenate(
            [
                program.row_upper[self._equal],
                program.row_upper[self._above],
                -program.row_lower[self._below],
                -program.column_lower[low],
                program.column_upper[high],
            ]
        )
        inequalities = self.limit.size - self._equal.size
        self.cones = [clarabel.ZeroConeT(self._equal.size)] if self._equal.size else []
        if inequalities:
            self.cones.append(clarabel.NonnegativeConeT(inequalities))

    def row_multipliers(self, dual: FloatArray) -> FloatArray:
        """The dual of the conic form as one signed multiplier per row of the program."""
        multipliers = np.zeros(self._rows)
        start = 0
        for rows, sign in ((self._equal, 1.0), (self._above, 1.0), (self._below, -1.0)):
            multipliers[rows] += sign * dual[start : start + rows.size]
            start += rows.size
        return multipliers


def _selection(columns: np.ndarray[tuple[int], np.dtype[np.intp]], width: int) -> sp.csr_array:
    count = columns.size
    return sp.csr_array((np.ones(count), (np.arange(count), columns)), shape=(count, width))
