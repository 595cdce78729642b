"""The simplex method over the rationals, for polytopes too narrow or too uneven for floating point."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from robustmech.model.exact_systems import Row
from robustmech.model.rational import IntArray, RationalArray

_ARTIFICIAL = -1


class ExactPolytope:
    r"""The polytope :math:`\{x \ge 0: A x = b\}`, walked from vertex to vertex without any rounding.

    The tableau is kept as whole numbers over one common denominator, which is each time the last pivot, so that
    divisions come out even and no fraction is ever reduced.

    Args:
        rows: the rows of A, sparse.
        targets: b.
        columns: the number of unknowns.
    Source: Edmonds (1967), Systems of distinct representatives and linear algebra; Bland (1977), for the pivots.
    """

    def __init__(self, rows: Sequence[Row], targets: Sequence[Fraction], columns: int) -> None:
        self._tableau = np.array([_whole(row, target, columns) for row, target in zip(rows, targets, strict=True)])
        self._tableau = self._tableau.reshape(len(rows), columns + 1)
        self._denominator = 1
        self._basis: IntArray = np.full(len(rows), _ARTIFICIAL)
        self.feasible = self._enter()

    def vertex(self) -> RationalArray:
        """The vertex where the walk stands, shape (columns,)."""
        found = np.full(self._tableau.shape[1] - 1, Fraction(0), dtype=object)
        for place, column in enumerate(self._basis.tolist()):
            if column != _ARTIFICIAL:
                found[column] = Fraction(self._tableau[place, -1], self._denominator)
        return found

    def raise_sum(self, columns: Iterable[int]) -> RationalArray:
        """Walk to a vertex where the sum of some unknowns is as large as it gets; only for bounded sums."""
        cost = np.zeros(self._tableau.shape[1], dtype=object)
        cost[list(columns)] = 1
        basic = np.array(
            [0 if column == _ARTIFICIAL else cost[column] for column in self._basis.tolist()], dtype=object
        )
        self._climb(cost * self._denominator - basic @ self._tableau)
        return self.vertex()

    def _enter(self) -> bool:
        """Whether there is a vertex; if so the walk stands on one, and rows that the others imply are left out."""
        self._climb(self._tableau.sum(axis=0))
        artificial = np.flatnonzero(self._basis == _ARTIFICIAL)
        if any(self._tableau[place, -1] for place in artificial):
            return False
        implied = []
        for place in artificial.tolist():
            useful = np.flatnonzero(np.not_equal(self._tableau[place, :-1], 0))
            if useful.size:
                self._pivot(place, int(useful[0]))
            else:
                implied.append(place)
        self._tableau = np.delete(self._tableau, implied, axis=0)
        self._basis = np.delete(self._basis, implied)
        return True

    def _climb(self, gains: RationalArray) -> None:
        """Pivot until no unknown raises the objective, whose gains are whole numbers over the denominator.

        The steepest unknown enters, or the first one while the vertex stays the same, so that no basis comes twice.
        """
        stuck = False
        while True:
            rising = np.flatnonzero(np.greater(gains[:-1], 0))
            if not rising.size:
                return
            column = int(rising[0] if stuck else rising[np.argmax(gains[rising])])
            place = self._leaving(column)
            if place is None:
                raise ArithmeticError("the objective has no bound")
            stuck = not self._tableau[place, -1]
            pivot, before = self._tableau[place, column], self._denominator
            gains = (pivot * gains - gains[column] * self._tableau[place]) // before
            self._pivot(place, column)

    def _leaving(self, column: int) -> int | None:
        """The row whose unknown reaches zero first as the column's rises; of several, the one first in order."""
        places = np.flatnonzero(np.greater(self._tableau[:, column], 0)).tolist()
        entries = ((Fraction(self._tableau[place, -1], self._tableau[place, column]), place) for place in places)
        found = min(entries, key=lambda entry: (entry[0], self._basis[entry[1]]), default=None)
        return None if found is None else found[1]

    def _pivot(self, place: int, column: int) -> None:
        """Exchange the unknown of a row for that of a column, whose entry there is not zero."""
        row = self._tableau[place].copy()
        pivot = row[column]
        self._tableau = (pivot * self._tableau - np.multiply.outer(self._tableau[:, column], row)) // self._denominator
        self._tableau[place] = row
        if pivot < 0:
            self._tableau = -self._tableau
        self._denominator = abs(pivot)
        self._basis[place] = column


def _whole(row: Row, target: Fraction, columns: int) -> RationalArray:
    """A row and its target, at least zero, as coprime whole numbers."""
    found = np.zeros(columns + 1, dtype=object)
    scale = math.lcm(target.denominator, *(value.denominator for value in row.values()))
    for column, value in row.items():
        found[column] = int(value * scale)
    found[-1] = int(target * scale)
    divisor = math.gcd(*found.tolist()) or 1
    return found // (divisor if target >= 0 else -divisor)
