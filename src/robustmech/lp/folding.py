"""Folding a linear program by its symmetries: one unknown and one constraint for each orbit.

If permutations of columns and rows leave a program as it is, averaging a solution over them gives a solution that is
constant on orbits. The folded program looks only for those, and its solution unfolds to one of the whole program.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from robustmech.lp.program import FloatArray, LinearProgram, LinearSolution

IntArray = npt.NDArray[np.int64]
_LARGEST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folding:
    """A folded program and the way back.

    Args:
        program: the program in orbits.
        column_orbit: the orbit of each column of the whole program.
        row_orbit: the orbit of each row of the whole program.
        row_orbit_size: the number of rows in each orbit.
        kept: the orbits of columns that are in the program; the others' are fixed at zero.
    """

    program: LinearProgram
    column_orbit: IntArray
    row_orbit: IntArray
    row_orbit_size: IntArray
    kept: IntArray

    def unfold(self, solution: LinearSolution) -> LinearSolution:
        """The solution of the whole program: equal on orbits, multipliers divided equally within them, all finite."""
        if not solution.status.has_solution:
            return solution
        primal, multipliers = np.zeros(self.column_orbit.max() + 1), _tamed(solution.multipliers) / self.row_orbit_size
        primal[self.kept] = _tamed(solution.primal)
        return replace(solution, primal=primal[self.column_orbit], multipliers=multipliers[self.row_orbit])


def fold(program: LinearProgram, column_orbit: IntArray, row_orbit: IntArray) -> Folding:
    """Fold a program by orbits of columns and rows, numbered 0, 1, …, under a group that leaves it as it is."""
    columns = program.cost.size
    orbits = int(column_orbit.max()) + 1
    merge = sp.csr_array((np.ones(columns), (np.arange(columns), column_orbit)), shape=(columns, orbits))
    first_row, row_orbit_size = _first_and_size(row_orbit)
    first_column, _ = _first_and_size(column_orbit)
    cost = np.zeros(orbits)
    np.add.at(cost, column_orbit, program.cost)
    lower, upper = program.column_lower[first_column], program.column_upper[first_column]
    kept = np.flatnonzero((lower != 0) | (upper != 0))
    matrix = program.matrix[first_row] @ merge
    folded = LinearProgram(
        cost=cost[kept],
        matrix=sp.csr_array(matrix if kept.size == orbits else matrix[:, kept]),
        row_lower=program.row_lower[first_row],
        row_upper=program.row_upper[first_row],
        column_lower=lower[kept],
        column_upper=upper[kept],
    )
    return Folding(
        program=folded, column_orbit=column_orbit, row_orbit=row_orbit, row_orbit_size=row_orbit_size, kept=kept
    )


def orbits(size: int, permutations: Sequence[IntArray]) -> IntArray:
    """The orbit of each of `size` things under the group that the permutations generate, numbered 0, 1, …."""
    smallest = np.arange(size)  # of its orbit, as far as each thing knows
    settled = not permutations
    while not settled:
        before = smallest
        for permutation in permutations:
            smallest = np.minimum(smallest, smallest[permutation])
            smallest[permutation] = np.minimum(smallest[permutation], smallest)
        smallest = smallest[smallest]
        settled = np.array_equal(smallest, before)
    number = np.cumsum(smallest == np.arange(size)) - 1
    return np.asarray(number[smallest], dtype=np.int64)


def _tamed(numbers: FloatArray) -> FloatArray:
    """Without what is not a number, and no larger than anything that a program in units of one can mean."""
    return np.clip(np.nan_to_num(numbers), -_LARGEST, _LARGEST)


def _first_and_size(orbit: IntArray) -> tuple[IntArray, IntArray]:
    _, first, size = np.unique(orbit, return_index=True, return_counts=True)
    return first, size
