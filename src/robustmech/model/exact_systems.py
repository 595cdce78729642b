"""Linear equations over the rationals, solved exactly and sparsely."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

Row = dict[int, Fraction]
"""A sparse row: column to non-zero coefficient."""


class ExactSystem:
    """Equations ``row · x = target`` in reduced echelon form, taken in one at a time.

    A sparse system stays sparse: each incoming row is reduced by the pivots it touches, and a new pivot
    is eliminated only from the rows that hold it.
    """

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._targets: dict[int, Fraction] = {}
        self._holders: defaultdict[int, set[int]] = defaultdict(set)

    @property
    def rank(self) -> int:
        """The number of independent equations taken in so far."""
        return len(self._rows)

    def add(self, row: Row, target: Fraction, pivots: Sequence[int] = ()) -> bool:
        """Take in one equation.

        Args:
            row: the coefficients.
            target: the right-hand side.
            pivots: columns to prefer as the pivot, best first.
        Returns:
            True if the equation is new, False if the earlier ones imply it.
        Raises:
            ArithmeticError: if the earlier equations contradict it.
        """
        row, target = dict(row), target
        for column in [c for c in row if c in self._rows]:
            target -= row[column] * self._targets[column]
            _subtract(row, row[column], self._rows[column])
        if not row:
            if target:
                raise ArithmeticError("the equations contradict each other")
            return False
        pivot = next((c for c in pivots if c in row), None)
        if pivot is None:
            pivot = next(iter(row))
        scale = row[pivot]
        row = {c: v / scale for c, v in row.items()}
        target /= scale
        for holder in list(self._holders[pivot]):
            other = self._rows[holder]
            self._targets[holder] -= other[pivot] * target
            before = set(other)
            _subtract(other, other[pivot], row)
            for c in set(other) - before:
                self._holders[c].add(holder)
            for c in before - set(other):
                self._holders[c].discard(holder)
        self._rows[pivot], self._targets[pivot] = row, target
        for c in row:
            if c != pivot:
                self._holders[c].add(pivot)
        return True

    def solved(self) -> dict[int, tuple[Row, Fraction]]:
        """Each pivot in terms of the other unknowns: coefficients, and a constant."""
        return {
            pivot: ({c: -v for c, v in row.items() if c != pivot}, self._targets[pivot])
            for pivot, row in self._rows.items()
        }

    def basic_solution(self) -> Row:
        """One solution: the pivots carry the targets, every other unknown is zero."""
        return {column: target for column, target in self._targets.items() if target}


def _subtract(row: Row, factor: Fraction, other: Row) -> None:
    for column, value in other.items():
        left = row.get(column, Fraction(0)) - factor * value
        if left:
            row[column] = left
        else:
            row.pop(column, None)
