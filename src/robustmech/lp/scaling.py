"""Scaling a linear program by powers of two, so that what a solver sees is near one whatever units it was stated in.

Solvers compare residuals with fixed tolerances, so that a program in millionths is solved to no accuracy and one in
millions to more than there is. Powers of two change no digit, so that nothing is lost by scaling and scaling back.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from robustmech.lp.program import (
    FloatArray,
    Limits,
    LinearProgram,
    LinearSolution,
    LinearSolver,
    Progress,
    SolverStatus,
)

_AT_EASE = 5
"""Exponents of two that leave solvers at ease, either way."""
_LEAST_SECONDS = 1e-3
_Exponents = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaling:
    r"""A scaled program and the way back.

    With the rows multiplied by r and the unknowns counted in units s, the program in :math:`x' = x / s` has the matrix
    :math:`r_i A_{ij} s_j`, the cost :math:`c_j s_j` and, for multipliers z, :math:`z'_i = z_i / r_i`.

    Args:
        program: the scaled program.
        row: r, powers of two, one for each row.
        column: s, powers of two, one for each column.
    """

    program: LinearProgram
    row: FloatArray
    column: FloatArray

    def undo(self, solution: LinearSolution) -> LinearSolution:
        """A solution of the scaled program as one of the program."""
        if solution.primal.size != self.column.size or solution.multipliers.size != self.row.size:
            return solution
        return replace(solution, primal=solution.primal * self.column, multipliers=solution.multipliers * self.row)


def solve_scaled(
    solver: LinearSolver, program: LinearProgram, *, limits: Limits | None = None, progress: Progress | None = None
) -> LinearSolution:
    """What a solver makes of a program, which it is given scaled: see `LinearSolver.solve`.

    Where it breaks down numerically it is given the program once more, with every row and column scaled to one.
    """
    spent = 0.0
    for at_ease in (_AT_EASE, 0):
        left = Limits() if limits is None else limits
        if spent and left.seconds is not None:
            left = replace(left, seconds=max(left.seconds - spent, _LEAST_SECONDS))
        scaling = scaled(program, at_ease)
        found = scaling.undo(solver.solve(scaling.program, limits=left, progress=progress))
        if found.status is not SolverStatus.FAILED:
            break
        spent += found.seconds
    return found


def scaled(program: LinearProgram, at_ease: int = _AT_EASE) -> Scaling:
    """Bring the largest entry of every row, then of every column, to between 2^−a and 2^a in absolute value.

    What lies there already stays as it is: solvers scale such programs themselves, and better for knowing them.

    Args:
        at_ease: a.
    """
    matrix = program.matrix
    exponent = np.frexp(matrix.data)[1].astype(np.int64)
    filled = matrix.data != 0
    own = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[filled]
    other, exponent = matrix.indices[filled], exponent[filled]
    row = _towards_one(_largest(own, exponent, matrix.shape[0]), at_ease)
    column = _towards_one(_largest(other, exponent + row[own], matrix.shape[1]), at_ease)
    by_row, by_column = np.ldexp(1.0, row), np.ldexp(1.0, column)
    data = matrix.data * np.repeat(by_row, np.diff(matrix.indptr)) * by_column[matrix.indices]
    return Scaling(
        program=LinearProgram(
            cost=program.cost * by_column,
            matrix=sp.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape),
            row_lower=program.row_lower * by_row,
            row_upper=program.row_upper * by_row,
            column_lower=program.column_lower / by_column,
            column_upper=program.column_upper / by_column,
        ),
        row=by_row,
        column=by_column,
    )


def _towards_one(exponent: _Exponents, at_ease: int) -> _Exponents:
    """The least scaling that leaves no exponent beyond what solvers are at ease with."""
    return np.clip(exponent, -at_ease, at_ease) - exponent


def _largest(place: npt.NDArray[np.integer], exponent: _Exponents, size: int) -> _Exponents:
    """The largest exponent at each place; zero where there is none."""
    least = np.iinfo(np.int64).min
    found = np.full(size, least)
    np.maximum.at(found, place, exponent)
    return np.where(found == least, 0, found)
