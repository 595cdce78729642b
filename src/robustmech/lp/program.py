"""Linear programs as arrays, and what solvers make of them. Knows no economics."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

FloatArray = npt.NDArray[np.float64]

_SPACE_FIXED, _SPACE_PER_NONZERO = 64 * 2**20, 400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearProgram:
    r"""Minimise ``cost · x`` subject to ``row_lower ≤ matrix x ≤ row_upper`` and ``column_lower ≤ x ≤ column_upper``.

    Infinite limits mean no limit. Shapes: cost (columns,), matrix (rows, columns).
    """

    cost: FloatArray
    matrix: sp.csr_array
    row_lower: FloatArray
    row_upper: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray

    @property
    def space(self) -> int:
        """Bytes of address space to have before a solver starts: native code ends the process where there are none."""
        return _SPACE_FIXED + _SPACE_PER_NONZERO * int(self.matrix.nnz)


class SolverStatus(Enum):
    """How a solver ended, in the library's own terms."""

    OPTIMAL = "optimal"
    INACCURATE = "almost optimal, to reduced accuracy"
    TIME_LIMIT = "time limit reached"
    ITERATION_LIMIT = "iteration limit reached"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "numerical failure"

    @property
    def solved(self) -> bool:
        """Whether the solver says it reached an optimum to its full accuracy."""
        return self is SolverStatus.OPTIMAL

    @property
    def has_solution(self) -> bool:
        """Whether there is a point to look at (good or bad)."""
        return self not in (SolverStatus.INFEASIBLE, SolverStatus.UNBOUNDED, SolverStatus.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration:
    """A progress report from inside a solve: objective values as the solver sees them, never bounds."""

    iteration: int
    primal: float
    dual: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to stop early; None for no limit.

    Args:
        seconds: wall time.
        iterations: the solver's iterations.
        stopped: asked every now and then, from any thread; once it is true the solve ends with what it has, or nothing.
    """

    seconds: float | None = None
    iterations: int | None = None
    stopped: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearSolution:
    r"""What a solver proposes. Nothing in it is a bound.

    Args:
        status: how the solve ended.
        primal: x, shape (columns,).
        multipliers: one per row; the Lagrangian is ``cost · x + multipliers · (matrix x − limit)``, so that a binding
            upper
            limit has a multiplier ≥ 0 and a binding lower limit one ≤ 0.
        objective: the solver's objective value.
        iterations: the number of iterations.
        seconds: wall time of the solve.
        detail: the solver's own words for its status.
    """

    status: SolverStatus
    primal: FloatArray
    multipliers: FloatArray
    objective: float
    iterations: int
    seconds: float
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a solver can do, for choosing one and for saying what was chosen."""

    name: str
    version: str
    method: str
    reports_iterations: bool


Progress = Callable[[Iteration], None]


class LinearSolver(Protocol):
    """A configured solver: arrays in, arrays out."""

    @property
    def capabilities(self) -> Capabilities:
        """What this solver can do."""
        ...

    def solve(
        self, program: LinearProgram, *, limits: Limits = ..., progress: Progress | None = None
    ) -> LinearSolution:
        """Solve one program; KeyboardInterrupt passes through within two seconds."""
        ...
