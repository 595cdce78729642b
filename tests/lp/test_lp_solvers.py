"""Every solver on small linear programs whose optimum and multipliers are known."""

import ctypes
import os
from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from robustmech.lp import (
    Capabilities,
    ClarabelSolver,
    HighsSolver,
    Iteration,
    Limits,
    LinearProgram,
    LinearSolution,
    LinearSolver,
    Progress,
    SolverStatus,
    orbits,
)
from robustmech.lp.isolation import Task, solve_isolated

INF = np.inf
SOLVERS: dict[str, LinearSolver] = {
    "clarabel": ClarabelSolver(),
    "highs ipx": HighsSolver(),
    "highs ipx without crossover": HighsSolver(crossover=False),
    "highs simplex": HighsSolver(method="simplex"),
}


def program(
    cost: list[float],
    rows: list[list[float]],
    row_limits: list[tuple[float, float]],
    column_limits: list[tuple[float, float]],
) -> LinearProgram:
    return LinearProgram(
        cost=np.array(cost, dtype=float),
        matrix=sp.csr_array(np.array(rows, dtype=float).reshape(len(row_limits), len(cost))),
        row_lower=np.array([low for low, _ in row_limits], dtype=float),
        row_upper=np.array([high for _, high in row_limits], dtype=float),
        column_lower=np.array([low for low, _ in column_limits], dtype=float),
        column_upper=np.array([high for _, high in column_limits], dtype=float),
    )


@dataclass(frozen=True)
class Known:
    """A program with its only optimum and its only multipliers."""

    program: LinearProgram
    primal: list[float]
    multipliers: list[float]


FREE, POSITIVE = (-INF, INF), (0.0, INF)
KNOWN = {
    # the sign convention: cost + matrixᵀ multipliers = 0 where no column limit binds; upper ≥ 0, lower ≤ 0
    "upper": Known(program([-1, -2], [[1, 1]], [(-INF, 4)], [POSITIVE] * 2), [0, 4], [2]),
    "lower": Known(program([3, 2], [[1, 1]], [(4, INF)], [POSITIVE] * 2), [0, 4], [-2]),
    "equality": Known(program([3, 2], [[1, 2]], [(4, 4)], [POSITIVE] * 2), [0, 2], [-1]),
    "equality, other sign": Known(program([-3, 2], [[1, 2]], [(4, 4)], [POSITIVE] * 2), [4, 0], [3]),
    "range, top": Known(program([-1], [[2]], [(1, 6)], [FREE]), [3], [0.5]),
    "range, bottom": Known(program([1], [[2]], [(1, 6)], [FREE]), [0.5], [-0.5]),
    "range, inside": Known(program([1, 0], [[1, 1], [0, 1]], [(0, 9), (2, 2)], [(1, INF), FREE]), [1, 2], [0, 0]),
    "column limits": Known(program([1, -1], [[1, 1]], [(-INF, 9)], [(-2, 5), (0, 3)]), [-2, 3], [0]),
    "fixed column": Known(program([1, 1], [[1, 1]], [(3, INF)], [(2, 2), FREE]), [2, 1], [-1]),
    "mixed": Known(
        program(
            [-3, -5, 1],
            [[1, 0, 0], [0, 2, 0], [3, 2, 0], [1, 1, -1]],
            [(-INF, 4), (-INF, 12), (-INF, 18), (0, 0)],
            [POSITIVE, POSITIVE, FREE],
        ),
        [2, 6, 8],
        [0, 4 / 3, 2 / 3, 1],
    ),
    "no rows": Known(program([1, -1], [], [], [(0, 1), (0, 1)]), [0, 1], []),
}


def stationarity(linear: LinearProgram, solution: LinearSolution) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(linear.cost + linear.matrix.T @ solution.multipliers)


def check_optimal(linear: LinearProgram, solution: LinearSolution, tolerance: float) -> None:
    """Feasible, stationary, complementary, with signs as documented."""
    activity = linear.matrix @ solution.primal
    assert np.all(activity >= linear.row_lower - tolerance)
    assert np.all(activity <= linear.row_upper + tolerance)
    assert np.all(solution.primal >= linear.column_lower - tolerance)
    assert np.all(solution.primal <= linear.column_upper + tolerance)
    reduced = stationarity(linear, solution)
    for value, at, low, high in zip(
        np.concatenate([-solution.multipliers, reduced]),
        np.concatenate([activity, solution.primal]),
        np.concatenate([linear.row_lower, linear.column_lower]),
        np.concatenate([linear.row_upper, linear.column_upper]),
        strict=True,
    ):
        # the pull of a limit: positive only at a lower limit, negative only at an upper one
        if at > low + 1e-3:
            assert value <= tolerance
        if at < high - 1e-3:
            assert value >= -tolerance


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", KNOWN)
def test_known_optimum_and_multipliers(name: str, solver: str) -> None:
    known = KNOWN[name]
    solution = SOLVERS[solver].solve(known.program)
    assert solution.status is SolverStatus.OPTIMAL
    assert solution.primal == pytest.approx(known.primal, abs=1e-5)
    assert solution.multipliers == pytest.approx(known.multipliers, abs=1e-5)
    assert solution.objective == pytest.approx(known.program.cost @ np.array(known.primal), abs=1e-5)
    check_optimal(known.program, solution, 1e-5)


def random_program(seed: int) -> LinearProgram:
    """Feasible and bounded by construction, with rows of every kind."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, size=(9, 6)) * (rng.random((9, 6)) < 0.7)
    inside = rng.normal(size=6)
    activity = matrix @ inside
    low = np.where(np.arange(9) % 3 == 0, activity, np.where(np.arange(9) % 3 == 1, activity - 1, -INF))
    high = np.where(np.arange(9) % 3 == 0, activity, np.where(np.arange(9) % 3 == 2, activity + 1, INF))
    low[8], high[8] = activity[8] - 1, activity[8] + 1
    return LinearProgram(
        cost=rng.normal(size=6),
        matrix=sp.csr_array(matrix.astype(float)),
        row_lower=low,
        row_upper=high,
        column_lower=np.where(np.arange(6) % 2, -5.0, inside - 3),
        column_upper=np.full(6, 5.0) + np.abs(inside),
    )


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", range(8))
def test_random_programs_against_scipy(seed: int, solver: str) -> None:
    linear = random_program(seed)
    bounded = np.isfinite(linear.row_upper) & (linear.row_upper > linear.row_lower)
    below = np.isfinite(linear.row_lower) & (linear.row_upper > linear.row_lower)
    equal = linear.row_upper == linear.row_lower
    matrix = linear.matrix.toarray()
    expected = linprog(
        linear.cost,
        A_ub=np.vstack([matrix[bounded], -matrix[below]]),
        b_ub=np.concatenate([linear.row_upper[bounded], -linear.row_lower[below]]),
        A_eq=matrix[equal],
        b_eq=linear.row_upper[equal],
        bounds=list(zip(linear.column_lower, linear.column_upper, strict=True)),
    )
    solution = SOLVERS[solver].solve(linear)
    assert solution.status is SolverStatus.OPTIMAL
    assert solution.objective == pytest.approx(expected.fun, abs=1e-5)
    check_optimal(linear, solution, 1e-4)


@pytest.mark.parametrize("solver", SOLVERS)
def test_infeasible_and_unbounded(solver: str) -> None:
    infeasible = program([1, 1], [[1, 1], [1, 1]], [(3, INF), (-INF, 2)], [POSITIVE] * 2)
    unbounded = program([-1, 0], [[1, -1]], [(-INF, 2)], [POSITIVE] * 2)
    found = SOLVERS[solver].solve(infeasible)
    assert found.status is SolverStatus.INFEASIBLE
    assert not found.status.has_solution
    found = SOLVERS[solver].solve(unbounded)
    # presolve may leave it open which of the two it is
    assert found.status in (SolverStatus.UNBOUNDED, SolverStatus.INFEASIBLE)
    assert not found.status.has_solution
    assert found.detail


def dense_program(rows: int, columns: int) -> LinearProgram:
    rng = np.random.default_rng(0)
    return LinearProgram(
        cost=-rng.random(columns),
        matrix=sp.csr_array(rng.random((rows, columns))),
        row_lower=np.full(rows, -INF),
        row_upper=np.ones(rows),
        column_lower=np.zeros(columns),
        column_upper=np.full(columns, INF),
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_iteration_limit(solver: str) -> None:
    linear = dense_program(40, 40)
    solution = SOLVERS[solver].solve(linear, limits=Limits(iterations=2))
    assert solution.status is SolverStatus.ITERATION_LIMIT
    assert not solution.status.solved
    assert solution.status.has_solution
    assert solution.iterations <= 2
    assert solution.primal.shape == (40,)
    assert solution.multipliers.shape == (40,)


@pytest.mark.parametrize("solver", SOLVERS)
def test_time_limit(solver: str) -> None:
    solution = SOLVERS[solver].solve(dense_program(300, 300), limits=Limits(seconds=1e-6))
    assert solution.status is SolverStatus.TIME_LIMIT
    assert not solution.status.solved
    assert solution.seconds < 60.0


@pytest.mark.parametrize("solver", SOLVERS)
def test_generous_limits_change_nothing(solver: str) -> None:
    linear = dense_program(30, 30)
    limited = SOLVERS[solver].solve(linear, limits=Limits(seconds=60.0, iterations=10_000))
    free = SOLVERS[solver].solve(linear)
    assert limited.status is free.status is SolverStatus.OPTIMAL
    assert limited.objective == pytest.approx(free.objective, abs=1e-9)
    assert free.iterations > 0
    assert 0 < free.seconds < 60


@pytest.mark.parametrize("solver", SOLVERS)
def test_progress_where_it_is_promised(solver: str) -> None:
    seen: list[Iteration] = []
    chosen = SOLVERS[solver]
    solution = chosen.solve(dense_program(60, 60), progress=seen.append)
    assert solution.status is SolverStatus.OPTIMAL
    assert bool(seen) is chosen.capabilities.reports_iterations
    assert solution.iterations > 0


@pytest.mark.parametrize("solver", SOLVERS)
def test_progress_counts_upward_from_zero(solver: str) -> None:
    seen: list[Iteration] = []
    SOLVERS[solver].solve(dense_program(60, 60), progress=seen.append)
    assert min((report.iteration for report in seen), default=0) >= 0
    assert [report.iteration for report in seen] == sorted(report.iteration for report in seen)


def test_capabilities_name_the_solver() -> None:
    for name, solver in SOLVERS.items():
        assert solver.capabilities.name == name.split()[0]
        assert solver.capabilities.version[0].isdigit()
    assert SOLVERS["clarabel"].capabilities.method == "interior point"
    assert SOLVERS["highs simplex"].capabilities.method == "simplex"


def test_solving_twice_gives_the_same() -> None:
    linear = replace(dense_program(30, 20), cost=-np.ones(20))
    for solver in SOLVERS.values():
        first, second = solver.solve(linear), solver.solve(linear)
        assert first.primal.tolist() == second.primal.tolist()
        assert first.multipliers.tolist() == second.multipliers.tolist()


def test_orbits_are_connected_components() -> None:
    rng = np.random.default_rng(5)
    for size in [*range(8), 30, 200]:
        for count in range(4):
            made = [rng.permutation(size) if rng.random() < 0.3 else swapped(rng, size) for _ in range(count)]
            edges = sp.csr_array((size, size))
            for permutation in made:
                edges = edges + sp.csr_array((np.ones(size), (np.arange(size), permutation)), shape=(size, size))
            expected = connected_components(edges, directed=False)[1] if size else np.arange(0)
            assert orbits(size, made).tolist() == expected.tolist()


def swapped(rng: np.random.Generator, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    order = np.arange(size)
    if size > 1:
        one, other = rng.choice(size, 2, replace=False)
        order[[one, other]] = order[[other, one]]
    return order


def test_isolated_solver_that_prints_and_one_that_dies() -> None:
    """Answers come on a descriptor of their own; the last words of a process that ends are its detail."""
    linear = dense_program(20, 20)
    limits = Limits()
    plain = solve_isolated(Task(solver=ClarabelSolver(), program=linear, limits=limits), None)
    noisy = solve_isolated(Task(solver=Shouting(), program=linear, limits=limits), None)
    assert noisy.primal.tolist() == plain.primal.tolist()
    dead = solve_isolated(Task(solver=Shouting(then="os._exit(7)"), program=linear, limits=limits), None)
    assert dead.status is SolverStatus.FAILED
    assert dead.detail == "the solver's process ended with code 7: more noise"
    for end in (
        "raise MemoryError",
        "os.write(2, b'memory allocation of 9 bytes failed'); os.abort()",
        "os.kill(os.getpid(), 9)",
    ):
        with pytest.raises(MemoryError, match="too little memory"):
            solve_isolated(Task(solver=Shouting(then=end), program=linear, limits=limits), None)


@dataclass(frozen=True)
class Shouting:
    """Writes to the descriptor of standard output, before its own statement and Clarabel's answer."""

    then: str = "pass"

    @property
    def capabilities(self) -> Capabilities:
        return ClarabelSolver().capabilities

    def solve(
        self, program: LinearProgram, *, limits: Limits | None = None, progress: Progress | None = None
    ) -> LinearSolution:
        os.write(1, b"noise\n")
        ctypes.CDLL(None).printf(b"more noise\n")
        exec(self.then)
        return ClarabelSolver().solve(program, limits=limits, progress=progress)
