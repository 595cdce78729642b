"""HiGHS: simplex and interior point. The cross-check."""

import time
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from robustmech.lp.interruption import run_interruptibly
from robustmech.lp.isolation import Task, solve_isolated
from robustmech.lp.program import (
    Capabilities,
    Iteration,
    Limits,
    LinearProgram,
    LinearSolution,
    Progress,
    SolverStatus,
)
from robustmech.memory import require_address_space

if TYPE_CHECKING:
    import highspy

_STATUS = {
    "kOptimal": SolverStatus.OPTIMAL,
    "kTimeLimit": SolverStatus.TIME_LIMIT,
    "kIterationLimit": SolverStatus.ITERATION_LIMIT,
    "kInfeasible": SolverStatus.INFEASIBLE,
    "kUnbounded": SolverStatus.UNBOUNDED,
    "kUnboundedOrInfeasible": SolverStatus.INFEASIBLE,
    # IPX without crossover often ends so, with a usable point (HiGHS 1.15.1).
    "kUnknown": SolverStatus.INACCURATE,
    "kInterrupt": SolverStatus.TIME_LIMIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HighsSolver:
    """HiGHS with one of its methods.

    Args:
        method: "ipx" (interior point) or "simplex".
        crossover: whether an interior solution is moved to a vertex.
        largest_inside: non-zeros of the largest program that is solved inside this process; a larger one gets a
            process of its own, since HiGHS looks for an interrupt too seldom. None for no limit.
    """

    method: Literal["ipx", "simplex"] = "ipx"
    crossover: bool = True
    largest_inside: int | None = 250_000

    @property
    def capabilities(self) -> Capabilities:
        """What this solver can do."""
        from importlib.metadata import version

        return Capabilities(
            name="highs",
            version=version("highspy"),
            method=self.method,
            reports_iterations=self.method == "ipx",
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
        # A fresh object each time: a HiGHS object's time limit counts all its solves together (1.15.1).
        highs = _silent_highs()()
        stopping, reported = [False], [-1]

        def watch(event: "highspy.HighsCallbackEvent") -> None:
            iteration = int(event.data_out.ipm_iteration_count)
            # The count is −1 before the first iteration, and the event comes many times in each.
            if progress is not None and self.method == "ipx" and iteration > reported[0]:
                reported[0] = iteration
                progress(
                    Iteration(
                        iteration=iteration,
                        primal=float(event.data_out.objective_function_value),
                        dual=float("nan"),
                    )
                )
            if stopping[0] and event.data_in is not None:
                event.data_in.user_interrupt = True

        def work() -> LinearSolution:
            started = time.perf_counter()
            self._configure(highs, limits)
            highs.cbIpmInterrupt += watch
            highs.cbSimplexInterrupt += watch
            highs.passModel(_model(program))
            highs.run()
            return _solution(highs, program, time.perf_counter() - started)

        def stop() -> None:
            stopping[0] = True

        return run_interruptibly(work, stop, limits.stopped)

    def _configure(self, highs: "highspy.Highs", limits: Limits) -> None:
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("solver", self.method)
        highs.setOptionValue("run_crossover", "on" if self.crossover else "off")
        if self.method == "simplex":
            highs.setOptionValue("primal_feasibility_tolerance", 1e-10)
            highs.setOptionValue("dual_feasibility_tolerance", 1e-10)
        if limits.seconds is not None:
            highs.setOptionValue("time_limit", float(limits.seconds))
        if limits.iterations is not None:
            highs.setOptionValue("ipm_iteration_limit", int(limits.iterations))
            highs.setOptionValue("simplex_iteration_limit", int(limits.iterations))


# HiGHS is loaded where it is used: many solves never do.
@cache
def _silent_highs() -> "type[highspy.Highs]":
    import highspy

    class Silent(highspy.Highs):
        """A solver that prints nothing, not even while it is made: in 1.16.0 enabling callbacks prints a banner."""

        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return Silent


def _model(program: LinearProgram) -> "highspy.HighsLp":
    import highspy

    columns = program.matrix.tocsc()
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = columns.shape
    model.col_cost_ = program.cost
    model.col_lower_, model.col_upper_ = program.column_lower, program.column_upper
    model.row_lower_, model.row_upper_ = program.row_lower, program.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = columns.indptr.astype(np.int32)
    model.a_matrix_.index_ = columns.indices.astype(np.int32)
    model.a_matrix_.value_ = columns.data
    return model


def _solution(highs: "highspy.Highs", program: LinearProgram, seconds: float) -> LinearSolution:
    detail = highs.getModelStatus()
    found = highs.getSolution()
    info = highs.getInfo()
    status = _STATUS.get(detail.name, SolverStatus.FAILED)
    # For a minimisation HiGHS gives the slope of the optimum in each row's limit, the negative of our multiplier.
    primal, multipliers = np.array(found.col_value), -np.array(found.row_dual)
    if status.has_solution and (primal.size, multipliers.size) != (program.cost.size, program.row_lower.size):
        status = SolverStatus.FAILED
    return LinearSolution(
        status=status,
        primal=primal,
        multipliers=multipliers,
        objective=float(info.objective_function_value),
        iterations=int(max(info.ipm_iteration_count, 0) + max(info.simplex_iteration_count, 0)),
        seconds=seconds,
        detail=str(highs.modelStatusToString(detail)),
    )
