"""Small linear programs on named unknowns, written row by row and solved by SciPy's simplex."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

Row = Mapping[Any, float]


class Sum(dict[Any, float]):
    """A row under construction: adding to an unknown accumulates."""

    def add(self, unknown: Hashable, factor: float) -> None:
        self[unknown] = self.get(unknown, 0.0) + float(factor)


class PlainProgram:
    """Maximise or minimise a sum; an unknown that was not declared is free."""

    def __init__(self) -> None:
        self._place: dict[Hashable, int] = {}
        self._bounds: list[tuple[float | None, float | None]] = []
        self._inequalities: list[tuple[dict[int, float], float]] = []
        self._equations: list[tuple[dict[int, float], float]] = []

    def declare(self, unknown: Hashable, lower: float | None = 0.0, upper: float | None = None) -> None:
        self._bounds[self._number(unknown)] = (lower, upper)

    def at_most(self, row: Row, limit: float) -> None:
        self._inequalities.append((self._numbered(row), limit))

    def at_least(self, row: Row, limit: float) -> None:
        self.at_most({unknown: -factor for unknown, factor in row.items()}, -limit)

    def equal(self, row: Row, limit: float) -> None:
        self._equations.append((self._numbered(row), limit))

    def largest(self, objective: Row) -> float:
        return -self.smallest({unknown: -factor for unknown, factor in objective.items()})

    def smallest(self, objective: Row) -> float:
        factors = self._numbered(objective)
        cost = np.array([factors.get(c, 0.0) for c in range(len(self._bounds))])
        found = linprog(
            cost,
            A_ub=self._matrix(self._inequalities),
            b_ub=[limit for _, limit in self._inequalities],
            A_eq=self._matrix(self._equations),
            b_eq=[limit for _, limit in self._equations],
            bounds=self._bounds,
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if found.status != 0:
            raise ArithmeticError(f"the plain program was not solved: {found.message}")
        return float(found.fun if found.fun is not None else "nan")

    def _number(self, unknown: Hashable) -> int:
        if unknown not in self._place:
            self._place[unknown] = len(self._bounds)
            self._bounds.append((None, None))
        return self._place[unknown]

    def _numbered(self, row: Row) -> dict[int, float]:
        return {self._number(unknown): float(factor) for unknown, factor in row.items()}

    def _matrix(self, rows: list[tuple[dict[int, float], float]]) -> npt.NDArray[np.float64]:
        matrix = np.zeros((len(rows), len(self._bounds)))
        for r, (row, _) in enumerate(rows):
            for c, factor in row.items():
                matrix[r, c] = factor
        return matrix
