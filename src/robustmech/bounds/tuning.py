r"""Choosing the parameters of a mesh: ascent on the program's value with its envelope gradient.

At an optimum with decisions c, Ξ, and multipliers σ the value of a program changes with its operators as

.. math:: dV = \sum_r \Xi_r\, d\rho_r + \sum_{r, \theta} \sigma_{r\theta} \sum_k \Big[ w_{\theta k}\, d(E c_k)_r +
    \sum_i u_{i \theta k}\, d(\nabla_i c_k)_r \Big],

for either side. The value is a sawtooth in the spacing, smooth while the boundary of rationing stays on the same node,
so ascent starts from several places and takes few steps. What it finds is only a proposal for a mesh.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from robustmech.bounds.assembly import LocalProgram
from robustmech.bounds.sides import Place, Task
from robustmech.errors import SpacingError
from robustmech.lp import HighsSolver, LinearProgram, LinearSolution
from robustmech.model import Discretisation, FloatArray, Side

_STEP = 1e-5
_FIRST_RADIUS = 0.35
_NOISE = 2e-8


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A point, the value there (to be raised), and its slope."""

    place: FloatArray
    value: float
    slope: FloatArray

    def at(self, place: FloatArray) -> float:
        """The tangent elsewhere."""
        return self.value + float(self.slope @ (place - self.place))


def tuned(
    task: Task,
    side: Side,
    place_at: Callable[[FloatArray], Place],
    starts: Sequence[FloatArray],
    *,
    ascents: int,
    evaluations: int,
    deadline: float,
    radius: float = _FIRST_RADIUS,
) -> FloatArray:
    """The best parameters found: logarithms, so that steps are relative.

    From each of the best starts on, a step goes to the highest point of the lower envelope of the tangents so far,
    within a distance that shrinks when a step fails; tangents that pass below the best point are left out.

    Args:
        task: what is solved.
        side: whether the value is raised (lower side) or reduced (upper side).
        place_at: the place at some parameters.
        starts: where to begin.
        ascents: from how many of the starts to go on.
        evaluations: programs to solve in each ascent, at most.
        deadline: a reading of ``time.perf_counter`` after which no further program is solved.
        radius: how far the first step may go.
    """
    sign = 1.0 if side is Side.LOWER else -1.0
    cuts: list[_Cut] = []

    def visit(parameters: FloatArray) -> bool:
        if cuts and time.perf_counter() > deadline:
            return False
        try:
            value, slope = _value_and_slope(task, side, place_at, parameters)
        except SpacingError:  # widths out of range for a mesh
            value, slope = -sign * np.inf, np.zeros(parameters.size)
        cuts.append(_Cut(parameters, sign * value / task.worth, sign * slope / task.worth))
        return True

    for start in starts:
        if not visit(start):
            break
    for begun in sorted(cuts, key=lambda cut: -cut.value)[:ascents]:
        best, reach = begun, radius
        for _ in range(evaluations):
            model = [cut for cut in cuts if np.isfinite(cut.value) and cut.at(best.place) >= best.value - _NOISE]
            step, promised = _highest(model, best.place, reach)
            if promised - best.value < _NOISE or not visit(step):
                break
            if cuts[-1].value > best.value:
                best = cuts[-1]
            else:
                reach /= 2
    return max(cuts, key=lambda cut: cut.value).place


def _highest(cuts: Sequence[_Cut], centre: FloatArray, radius: float) -> tuple[FloatArray, float]:
    """The highest point of the lower envelope of tangents within a box, and its height."""
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


def _value_and_slope(
    task: Task, side: Side, place_at: Callable[[FloatArray], Place], parameters: FloatArray
) -> tuple[float, FloatArray]:
    discretisation = place_at(parameters).discretise(side)
    program, found = task.solved(discretisation, side)
    if not found.status.has_solution:
        return (-np.inf if side is Side.LOWER else np.inf), np.zeros(parameters.size)
    slope = np.zeros(parameters.size)
    here = _lagrangian(program, found, discretisation)
    for p in range(parameters.size):
        moved = parameters.copy()
        moved[p] += _STEP
        slope[p] = (_lagrangian(program, found, place_at(moved).discretise(side)) - here) / _STEP
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
