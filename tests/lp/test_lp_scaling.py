"""Scaling by powers of two: every program is brought near one, nothing is lost, and a breakdown gets a second try."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from robustmech.lp import (
    Capabilities,
    ClarabelSolver,
    HighsSolver,
    Limits,
    LinearProgram,
    LinearSolution,
    LinearSolver,
    Progress,
    SolverStatus,
    solve_scaled,
)
from robustmech.lp.scaling import scaled

INF = np.inf


def small() -> LinearProgram:
    """Minimise −x − 2y with x + y ≤ 4, x ≤ 3, y ≤ 2: the optimum is −6 at (2, 2), with multipliers 1, 0, and 1 on y."""
    return LinearProgram(
        cost=np.array([-1.0, -2.0]),
        matrix=sp.csr_array(np.array([[1.0, 1.0], [1.0, 0.0]])),
        row_lower=np.full(2, -INF),
        row_upper=np.array([4.0, 3.0]),
        column_lower=np.zeros(2),
        column_upper=np.array([INF, 2.0]),
    )


def stated_in(program: LinearProgram, row: list[float], column: list[float]) -> LinearProgram:
    """The same program with rows and unknowns in other units."""
    r, s = np.array(row), np.array(column)
    return LinearProgram(
        cost=program.cost * s,
        matrix=sp.csr_array(program.matrix.toarray() * r[:, None] * s),
        row_lower=program.row_lower * r,
        row_upper=program.row_upper * r,
        column_lower=program.column_lower / s,
        column_upper=program.column_upper / s,
    )


@pytest.mark.parametrize("solver", [ClarabelSolver(), HighsSolver(), HighsSolver(method="simplex")])
@pytest.mark.parametrize("row", [[1e-12, 1e9], [1e15, 1e-6], [1e-30, 1e30]])
@pytest.mark.parametrize("column", [[1.0, 1.0], [100.0, 0.125]])
def test_rows_in_any_units(solver: LinearSolver, row: list[float], column: list[float]) -> None:
    found = solve_scaled(solver, stated_in(small(), row, column))
    assert found.status.solved
    assert found.objective == pytest.approx(-6)
    assert found.primal * column == pytest.approx([2, 2])
    assert found.multipliers * row == pytest.approx([1, 0], abs=1e-7)


exponents = st.lists(st.integers(-60, 60), min_size=3, max_size=3)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(exponents, exponents, st.integers(0, 6))
def test_every_row_and_column_is_brought_near_one_and_back(rows: list[int], columns: list[int], at_ease: int) -> None:
    rng = np.random.default_rng(3)
    plain = rng.uniform(0.5, 1.0, (3, 3))
    program = LinearProgram(
        cost=rng.normal(size=3),
        matrix=sp.csr_array(plain * np.ldexp(1.0, rows)[:, None] * np.ldexp(1.0, columns)),
        row_lower=np.full(3, -INF),
        row_upper=rng.uniform(size=3),
        column_lower=np.array([0.0, -INF, 1.0]),
        column_upper=np.array([1.0, INF, INF]),
    )
    found = scaled(program, at_ease)
    size = np.abs(found.program.matrix.toarray())
    assert size.max(axis=0).max() < 2.0**at_ease * 2
    assert size.max(axis=0).min() >= 2.0 ** (-at_ease - 1)
    back = LinearSolution(
        status=SolverStatus.OPTIMAL, primal=rng.normal(size=3), multipliers=rng.normal(size=3),
        objective=0.0, iterations=0, seconds=0.0, detail="",
    )  # fmt: skip
    undone = found.undo(back)
    # the Lagrangian's terms are the same, to the last bit
    assert (found.program.cost * back.primal == program.cost * undone.primal).all()
    assert (found.program.row_upper * back.multipliers == program.row_upper * undone.multipliers).all()
    assert (
        found.program.matrix.toarray() * back.multipliers[:, None] * back.primal
        == program.matrix.toarray() * undone.multipliers[:, None] * undone.primal
    ).all()


def test_what_is_near_one_already_stays_as_it_is() -> None:
    found = scaled(small())
    assert (found.row == 1).all()
    assert (found.column == 1).all()


class _BreaksDown:
    """A solver that fails the first few times, and keeps what it was given."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.given: list[LinearProgram] = []
        self.seconds: list[float | None] = []

    @property
    def capabilities(self) -> Capabilities:
        return HighsSolver().capabilities

    def solve(
        self, program: LinearProgram, *, limits: Limits | None = None, progress: Progress | None = None
    ) -> LinearSolution:
        self.given.append(program)
        self.seconds.append(None if limits is None else limits.seconds)
        found = HighsSolver().solve(program, progress=progress)
        if len(self.given) <= self.failures:
            return replace(found, status=SolverStatus.FAILED, seconds=7.0)
        return found


def test_a_breakdown_gets_one_more_try_scaled_to_one_in_the_time_that_is_left() -> None:
    program = stated_in(small(), [8.0, 0.25], [1.0, 2.0])
    solver = _BreaksDown(1)
    found = solve_scaled(solver, program, limits=Limits(seconds=10.0))
    assert found.status.solved
    assert found.primal * [1, 2] == pytest.approx([2, 2])
    assert (solver.given[0].matrix.toarray() == program.matrix.toarray()).all()
    assert np.abs(solver.given[1].matrix.toarray()).max(axis=0) == pytest.approx([0.75, 0.75], abs=0.25)
    assert solver.seconds == [10.0, 3.0]
    solver = _BreaksDown(9)
    assert solve_scaled(solver, program).status is SolverStatus.FAILED
    assert len(solver.given) == 2


def test_an_impossible_program_is_not_tried_again() -> None:
    program = replace(small(), row_lower=np.array([9.0, -INF]), row_upper=np.array([INF, 3.0]))
    solver = _BreaksDown(0)
    assert solve_scaled(solver, program).status is SolverStatus.INFEASIBLE
    assert len(solver.given) == 1
