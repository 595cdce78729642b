r"""Choosing the parameters of a mesh: ascent on the program's value with its envelope gradient.

At an optimum with decisions c, Ξ, and multipliers σ the value of a program changes with its operators as

.. math:: dV = \sum_r \Xi_r\, d\rho_r + \sum_{r, \theta} \sigma_{r\theta} \sum_k \Big[ w_{\theta k}\, d(E c_k)_r +
    \sum_i u_{i \theta k}\, d(\nabla_i c_k)_r \Big],

for either side. The value is a sawtooth in the spacing, smooth while the boundary of rationing stays on the same node,
so ascent starts from several places and takes few steps. What it finds is only a proposal for a mesh.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from robustmech.bounds.assembly import LocalProgram
from robustmech.bounds.sides import Place, Task
from robustmech.errors import RobustmechError
from robustmech.lp import HighsSolver, LinearProgram, LinearSolution
from robustmech.model import Discretisation, FloatArray, Side

_STEP = Fraction(1, 10**5)
_FIRST_RADIUS = 0.35
_NOISE = 2e-8
_FINEST = 10**5

Widths = tuple[Fraction, ...]
Family = Callable[[Widths], Place]
"""Places with the same nodes and rows, by the widths of their elements, one for each agent."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Families:
    """Places by their widths, for classes of alike agents.

    Args:
        kinds: for each agent, its class, numbered from 0; the parameters are the logarithms of the classes' widths.
        at: the family that suits some widths. How many elements it has may depend on them; inside it nothing does.
    """

    kinds: tuple[int, ...]
    at: Callable[[Widths], Family]

    def widths(self, parameters: FloatArray) -> Widths:
        """The agents' widths, as short exact numbers."""
        return tuple(exact(float(np.exp(parameters[kind]))) for kind in self.kinds)

    def place(self, parameters: FloatArray) -> Place:
        """The place at some parameters."""
        widths = self.widths(parameters)
        return self.at(widths)(widths)

    def moved(self, widths: Widths, kind: int) -> Widths:
        """The widths with those of one class a little larger."""
        return tuple(
            width * (1 + _STEP) if own == kind else width for own, width in zip(self.kinds, widths, strict=True)
        )


def exact(value: float) -> Fraction:
    """A short exact number close to a positive double."""
    return max(Fraction(1, _FINEST), Fraction(round(value * _FINEST), _FINEST))


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A point, the value there (to be raised), and its slope."""

    place: FloatArray
    value: float
    slope: FloatArray

    def at(self, place: FloatArray) -> float:
        """The tangent elsewhere."""
        return self.value + float(self.slope @ (place - self.place))

    @property
    def usable(self) -> bool:
        """Whether the tangent says anything."""
        return math.isfinite(self.value) and bool(np.isfinite(self.slope).all())


def tuned(
    task: Task,
    side: Side,
    families: Families,
    starts: Sequence[FloatArray],
    *,
    ascents: int,
    evaluations: int,
    radius: float = _FIRST_RADIUS,
) -> FloatArray:
    """The best parameters found: logarithms of widths, so that steps are relative.

    From each of the best starts on, a step goes to the highest point of the lower envelope of the tangents so far,
    within a distance that shrinks when a step fails; tangents that pass below the best point are left out. Parameters
    whose program cannot be made or solved count as bad ones; if none is better, the first start is returned.

    Args:
        task: what is solved; no program is begun, but the first, once its budget has ended.
        side: whether the value is raised (lower side) or reduced (upper side).
        families: the places.
        starts: where to begin.
        ascents: from how many of the starts to go on.
        evaluations: programs to solve in each ascent, at most.
        radius: how far the first step may go.
    """
    cuts: list[_Cut] = []

    def visit(parameters: FloatArray) -> bool:
        if task.budget.ended is not None:
            return False
        cuts.append(_cut(task, side, families, parameters))
        return True

    for start in starts:
        if not visit(start):
            break
    for begun in sorted(filter(_usable, cuts), key=lambda cut: -cut.value)[:ascents]:
        best, reach = begun, radius
        for _ in range(evaluations):
            model = [cut for cut in filter(_usable, cuts) if cut.at(best.place) >= best.value - _NOISE]
            step, promised = _highest(model, best.place, reach)
            if not promised - best.value >= _NOISE or not visit(step):
                break
            if cuts[-1].usable and cuts[-1].value > best.value:
                best = cuts[-1]
            else:
                reach /= 2
    return max(filter(_usable, cuts), key=lambda cut: cut.value, default=_Cut(starts[0], 0.0, starts[0])).place


def _usable(cut: _Cut) -> bool:
    return cut.usable


def _highest(cuts: Sequence[_Cut], centre: FloatArray, radius: float) -> tuple[FloatArray, float]:
    """The highest point of the lower envelope of some tangents within a box, and its height; the centre if unknown."""
    size = centre.size
    program = LinearProgram(
        cost=np.append(np.zeros(size), -1.0),
        matrix=sp.csr_array(np.array([np.append(-cut.slope, 1.0) for cut in cuts])),
        row_lower=np.full(len(cuts), -np.inf),
        row_upper=np.array([cut.value - cut.slope @ cut.place for cut in cuts]),
        column_lower=np.append(centre - radius, -np.inf),
        column_upper=np.append(centre + radius, np.inf),
    )
    found = HighsSolver(method="simplex").solve(program)
    return (found.primal[:-1], float(found.primal[-1])) if found.status.solved else (centre, -np.inf)


def _cut(task: Task, side: Side, families: Families, parameters: FloatArray) -> _Cut:
    """The tangent at some parameters, in units of what is at stake; one that says nothing where there is none."""
    sign = 1.0 if side is Side.LOWER else -1.0
    try:
        value, slope = value_and_slope(task, side, families, parameters)
    except RobustmechError:  # widths out of range for a mesh, or too little time or work
        value, slope = -sign * np.inf, np.zeros(parameters.size)
    return _Cut(parameters, sign * value / task.worth, sign * slope / task.worth)


def value_and_slope(task: Task, side: Side, families: Families, parameters: FloatArray) -> tuple[float, FloatArray]:
    """A program's value as its solver sees it, and its slope in the parameters.

    Raises:
        RobustmechError: if there is no such program, or no time or work left to solve it.
    """
    widths = families.widths(parameters)
    family = families.at(widths)
    program, found = task.solved(family(widths), side)
    slope = np.zeros(parameters.size)
    if not found.status.has_solution:
        return (-np.inf if side is Side.LOWER else np.inf), slope
    here = _lagrangian(program, found, program.discretisation)
    for kind in range(parameters.size):
        there = family(families.moved(widths, kind)).discretise(side)
        slope[kind] = (_lagrangian(program, found, there) - here) / math.log1p(_STEP)
    return program.value(found), slope


def _lagrangian(program: LocalProgram, found: LinearSolution, discretisation: Discretisation) -> float:
    """The part of the Lagrangian that depends on the operators and the masses."""
    environment = program.environment
    decisions = program.decisions(found)
    joint = program.joint_law(found)
    total = float(np.sum(joint * ((discretisation.evaluation @ decisions) @ environment.payoff_rounded.T)))
    for i, local in enumerate(discretisation.local):
        total += float(np.sum(joint * ((local @ decisions) @ environment.utilities_rounded[i].T)))
    if environment.transfers:
        total += float(discretisation.mass @ program.growth(found))
    return total
