"""The simplex method over the rationals, for polytopes too narrow or too uneven for floating point."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from robustmech.model.exact_systems import Row
from robustmech.model.rational import IntArray, RationalArray

_ARTIFICIAL = -1
_FAR = 1 << 40


class ExactPolytope:
    r"""The polytope :math:`\{x \ge 0: A x = b\}`, walked from vertex to vertex without any rounding.

    The tableau is kept as whole numbers over one common denominator, which is each time the last pivot, so that
    divisions come out even and no fraction is ever reduced; the targets are times their own common denominator.

    Args:
        rows: the rows of A, sparse.
        targets: b.
        columns: the number of unknowns.
    Source: Edmonds (1967), Systems of distinct representatives and linear algebra; Bland (1977), for the pivots.
    """

    def __init__(self, rows: Sequence[Row], targets: Sequence[Fraction], columns: int) -> None:
        self._clear = math.lcm(*(target.denominator for target in targets))
        self._tableau = np.zeros((len(rows), columns + 1), dtype=object)
        for place, (row, target) in enumerate(zip(rows, targets, strict=True)):
            scale = math.lcm(*(value.denominator for value in row.values())) * (1 if target >= 0 else -1)
            for column, value in row.items():
                self._tableau[place, column] = int(value * scale)
            self._tableau[place, -1] = int(target * scale * self._clear)
        self._denominator = 1
        self._basis: IntArray = np.full(len(rows), _ARTIFICIAL)
        self.feasible = self._enter()

    def inside(self) -> RationalArray:
        """A point where every unknown is positive that is so anywhere in the polytope, shape (columns,)."""
        points = 1
        total = self._around()
        while self._step(np.flatnonzero(np.equal(total, 0))):
            total = np.add(total, self._around())
            points += 1
        return np.divide(total, points)

    def _around(self) -> RationalArray:
        """The average of points on the edges that leave the vertex, each less than the whole way along.

        How far is a power of two, so that the average is over not much more than the tableau's denominator.
        """
        outside = np.setdiff1d(np.arange(self._tableau.shape[1] - 1), self._basis)
        edges = self._tableau[:, outside]
        level = self._tableau[:, -1]
        exponent = _bit_lengths(level)[:, None] - _bit_lengths(edges) - 1
        exponent[np.less_equal(edges, 0)] = _FAR
        exponent = exponent.min(axis=0, initial=_FAR)
        closed = (np.greater(edges, 0) & np.equal(level, 0)[:, None]).any(axis=0)
        outside, edges, exponent = outside[~closed], edges[:, ~closed], exponent[~closed]
        least = int(exponent.min(initial=0))
        step = np.array([1 << e - least for e in exponent.tolist()], dtype=object)
        share = Fraction(2) ** least / max(outside.size, 1)
        found = np.full(self._tableau.shape[1] - 1, Fraction(0), dtype=object)
        found[self._basis] = (level - (edges @ step) * share) / Fraction(self._denominator * self._clear)
        found[outside] = step * share / self._clear
        return found

    def _step(self, columns: IntArray) -> bool:
        """Walk until one of some unknowns, which are zero, is not; False if they are zero everywhere."""
        cost = np.zeros(self._tableau.shape[1], dtype=object)
        cost[columns] = 1
        return self._climb(cost * self._denominator - cost[self._basis] @ self._tableau, first_rise=True)

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

    def _climb(self, gains: RationalArray, *, first_rise: bool = False) -> bool:
        """Pivot until no unknown raises the objective, whose gains are whole numbers over the denominator.

        Or, if that will do, until it has risen, and then the answer is True.

        The steepest unknown enters, or the first one while the vertex stays the same, so that no basis comes twice.
        """
        stuck = False
        while True:
            rising = np.flatnonzero(np.greater(gains[:-1], 0))
            if not rising.size:
                return False
            column = int(rising[0] if stuck else rising[np.argmax(gains[rising])])
            place = self._leaving(column)
            if place is None:
                raise ArithmeticError("the objective has no bound")
            stuck = not self._tableau[place, -1]
            pivot, before = self._tableau[place, column], self._denominator
            gains = (pivot * gains - gains[column] * self._tableau[place]) // before
            self._pivot(place, column)
            if first_rise and not stuck:
                return True

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


def _bit_lengths(numbers: RationalArray) -> IntArray:
    """How many binary digits each whole number has."""
    found = [int(number).bit_length() for number in numbers.ravel().tolist()]
    return np.array(found, dtype=np.int64).reshape(numbers.shape)
