r"""Sums over the sets of bidders whose bids are known while the others' are still random.

Canonical transfers (31)-(33) of Brooks & Du (2021) integrate, for an order in which the set S comes before i, to

    t_i = E[Ξ(a_S, s_i, s_R)] − E[Ξ(a_S, a_i + s_i, s_R)],        s unit exponentials, R the bidders after i.

Where the expectations depend on what the known bidders request together, the average over orders is a sum, over all
sets W of known bidders, of functions of what W requests: positive for i outside W (its bid is random) and negative for
i in W (its bid is known and grows). What is negative for W is what is positive for W without i: one table serves both.
"""

from dataclasses import dataclass

import numpy as np

from robustmech.continuum.compound.piecewise import chebyshev_coefficients, chebyshev_values, locate, panel_points
from robustmech.model import FloatArray, IntArray

DEGREE = 13
FEW = 64  # profiles; for fewer the coefficients are looked up one by one, for more each set is done by itself


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SetFunctions:
    """Functions of one variable for every set of bidders, all on the same panels."""

    breaks: FloatArray
    coefficients: FloatArray  # Chebyshev, (sets, panels, functions, DEGREE + 1)

    @classmethod
    def through(cls, breaks: FloatArray, values: FloatArray) -> "SetFunctions":
        """The interpolant of values at `nodes(breaks)`, shape (sets, functions, points)."""
        sets, functions, _ = values.shape
        coefficients = chebyshev_coefficients(values.reshape(sets, functions, -1, DEGREE + 1))
        return cls(breaks=breaks, coefficients=np.ascontiguousarray(np.swapaxes(coefficients, 1, 2)))

    def every_set(self, points: FloatArray, sets: IntArray | None = None) -> FloatArray:
        """Values for points (profiles, m) of the functions of m sets, by default all: (profiles, m, functions)."""
        panel, inside = locate(self.breaks, points)
        found = self.coefficients[np.arange(points.shape[1]) if sets is None else sets, panel]
        return np.asarray(np.einsum("dps,psfd->psf", chebyshev_values(DEGREE, inside), found))

    def some_sets(self, sets: IntArray, points: FloatArray) -> FloatArray:
        """Values for several sets at the same points (m,), shape (sets, functions, m)."""
        panel, inside = locate(self.breaks, points)
        order = np.argsort(panel.astype(np.uint16), kind="stable")
        basis = chebyshev_values(DEGREE, inside[order])
        ends = np.searchsorted(panel[order], np.arange(self.breaks.size - 1), side="right")
        functions = self.coefficients.shape[2]
        values = np.empty((sets.size * functions, points.size))
        start = 0
        for place, end in enumerate(ends):
            if end > start:
                rows = self.coefficients[sets, place].reshape(-1, DEGREE + 1)
                values[:, order[start:end]] = rows @ basis[:, start:end]
            start = end
        return np.asarray(values.reshape(sets.size, functions, points.size))


def nodes(breaks: FloatArray) -> FloatArray:
    """The points at which `SetFunctions.through` wants values, all panels in turn."""
    return panel_points(breaks, DEGREE).ravel()


def members(code: int, count: int) -> list[int]:
    """The set that a number stands for: the places of its binary digits that are one."""
    return [member for member in range(count) if code >> member & 1]
