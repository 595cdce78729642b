"""With transfers: what is written about the balanced least objective agrees with it, to rounding."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import Whole, exact_doubles, first_place, scaled
from robustmech.verification.guarantee import LeastObjective, Mechanism, Ratios, least_objective, node_name
from robustmech.verification.meshes.crossed_triangles import CrossedTriangles
from robustmech.verification.meshes.shares import Shares
from robustmech.verification.problem import Problem

RELATIVE_TOLERANCE = Fraction(1, 10**9)

Scaled = Callable[[Whole], tuple[Whole, int]]
"""A function, times the scale it is given: whole numbers and their denominator."""


def written(growth: npt.NDArray[np.float64], parts: int = 1) -> Scaled:
    """The growth that an artefact states, each double taken to be exactly what it is, and parts added up."""
    numerators, denominator = exact_doubles(growth)
    total = numerators.reshape(parts, -1).sum(axis=0)
    return lambda scale: (scale * total, denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Compares what is written with the balanced least objective.

    Args:
        objective: `Ξ`.
        tolerance: 1e-9 of the largest utility or payoff that the problem states, for a reach of one.
        shape: the shape of the written growth, for messages.
    """

    objective: LeastObjective
    tolerance: Fraction
    shape: tuple[int, ...]

    @classmethod
    def of(cls, problem: Problem, objective: LeastObjective, shape: tuple[int, ...]) -> "Comparison":
        """With the tolerance of docs/artefacts.md, in which nothing counts that a certificate could choose.

        Args:
            problem: as it was, without payments at action 0.
        """
        largest = max(map(abs, (*problem.utility_numbers(), *problem.payoff_numbers())), default=Fraction(0))
        return cls(objective=objective, tolerance=RELATIVE_TOLERANCE * largest, shape=shape)

    def agree(self, what: str, function: Scaled, targets: tuple[Ratios, ...]) -> str:
        """A function equals a target less E; the least and the greatest target and E, where they are enclosed."""
        low, high = self.objective.expectation()
        ends = [(targets[0], high), (targets[-1], low)]
        for target, expectation in ends if low < high else ends[:1]:
            self._within(what, function, target, expectation, both=True)
        return f"{what} is what it must be to rounding"

    def at_most(self, what: str, function: Scaled, target: Ratios) -> str:
        """A function is at most a target less E."""
        self._within(what, function, target, self.objective.expectation()[1], both=False)
        return f"{what} is at most what it may be, to rounding"

    def exactly(self, what: str, function: Scaled, target: Ratios) -> str:
        """A function equals a target."""
        self._within(what, function, target, Fraction(0), both=True)
        return f"{what} is what it must be to rounding"

    def _within(self, what: str, function: Scaled, target: Ratios, shift: Fraction, *, both: bool) -> None:
        numerators, denominator = function(target.scale)
        common = math.lcm(denominator, target.denominator, shift.denominator, self.tolerance.denominator)
        difference = (
            (common // denominator) * numerators
            - (common // target.denominator) * target.numerators
            + scaled(shift, common) * target.scale
        )
        excess = np.abs(difference) if both else difference
        wrong = excess > scaled(self.tolerance, common) * target.reach * target.scale
        if np.any(wrong):
            (row,) = first_place(wrong)
            error = Fraction(difference[row], common * target.scale[row])
            shape = self.shape if math.prod(self.shape) == len(wrong) else wrong.shape
            raise Flaw(f"{what} differs by {described(abs(error))} from what it must be at {node_name(row, shape)}")


def check_rising(
    comparison: Comparison,
    problem: Problem,
    mesh: CrossedTriangles,
    mechanism: Mechanism,
    multipliers: tuple[Fraction, ...],
    growth: npt.NDArray[np.float64],
) -> str:
    """On rising diagonals the parts leave enough, where each agent's derivative is that of another triangle."""
    target = least_objective(problem, mesh.rising_rows(), mechanism, multipliers)
    return comparison.at_most("the parts on rising diagonals", written(mesh.rising_growth(growth), 2), target.ratios)


def check_share_columns(
    comparison: Comparison,
    problem: Problem,
    mesh: Shares,
    mechanism: Mechanism,
    multipliers: tuple[Fraction, ...],
    growth: npt.NDArray[np.float64],
) -> str:
    """The first column is Ξ less the mean payoff, the second the payoff at the row's place, zero at the far end."""
    rows = comparison.objective.rows
    firsts = np.searchsorted(rows.group if rows.group is not None else [], np.arange(len(growth)))
    rest = least_objective(replace(problem, payoff={}), rows, mechanism, multipliers).ratios.at(firsts)
    nodes = np.array([place.node for place in mesh.places()])
    decisions = mechanism.decisions.reshape(-1, problem.decisions)[nodes]
    clear = problem.denominator()
    payoff: Whole = np.zeros(len(nodes), dtype=object)
    for k, value in problem.payoff.get(0, {}).items():
        payoff = payoff + scaled(value, clear) * decisions[:, k]
    payoff = np.where(nodes < 0, 0, payoff)
    ones: Whole = np.ones(len(nodes), dtype=np.int64).astype(object)
    target = Ratios(numerators=payoff, scale=ones, denominator=clear * mechanism.denominator, reach=ones)
    comparison.exactly("the written payoff", written(growth[:, 1]), target)
    return comparison.agree("the written growth", written(growth[:, 0]), (rest,))
