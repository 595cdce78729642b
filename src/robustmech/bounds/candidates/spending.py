"""The closed forms of public expenditure, bilateral trade and constant sums, with no program.

Spending and trade have exact mechanisms and information on even grids; they are proposed there, and where the grids are
given and even, on them. Of constant sums there is the smoothed auction on crossed triangles, whose kinks are edges.
"""

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from robustmech.bounds.candidates.proposals import LowerProposal, UpperProposal
from robustmech.bounds.evaluation import exact_multipliers
from robustmech.bounds.multipliers import best_multipliers, known_multipliers
from robustmech.bounds.places import GridPlace, MechanismPlace
from robustmech.continuum.public_expenditure import discrete_contributions, discrete_law
from robustmech.continuum.recognising import ConstantSumProblem, SpendingProblem
from robustmech.elements import CrossedTriangles, Spacing
from robustmech.model import Discretisation, Environment, FloatArray, Grid, IntArray, RationalArray

_PROFILES = (400, 4_000, 40_000)
_FEWEST = 3
_MOST_TOP = 90.0


def spending_mechanisms(problem: SpendingProblem) -> Iterator[LowerProposal]:
    """The best proportional cost sharing on ever finer even grids up to the boundary."""
    for grid in _even_grids(problem):
        yield from spending_on_grids(problem, GridPlace(grids=(grid,) * problem.agents))


def spending_information(problem: SpendingProblem) -> Iterator[UpperProposal]:
    """The worst proportional information on the same grids."""
    for grid in _even_grids(problem):
        yield from spending_information_on_grids(problem, GridPlace(grids=(grid,) * problem.agents))


def spending_on_grids(problem: SpendingProblem, place: GridPlace) -> Iterator[LowerProposal]:
    """The best proportional cost sharing on given grids; nothing if they are not even and the same."""
    if not _alike(place):
        return
    contributions = discrete_contributions(problem.model, place.grids[0]).reshape(-1, problem.agents)
    decisions = np.zeros_like(contributions)
    decisions[:, list(problem.own)] = contributions
    yield LowerProposal(place=place, decisions=decisions, detail=f"closed form: {problem.name}")


def spending_information_on_grids(problem: SpendingProblem, place: GridPlace) -> Iterator[UpperProposal]:
    """The worst proportional information on given grids; nothing if they are not even and the same."""
    if not _alike(place) or problem.value <= 1:
        return

    def joint(environment: Environment, _discretisation: Discretisation) -> FloatArray:
        found = discrete_law(problem.model, place.grids[0]).reshape(-1, problem.agents)
        law = np.zeros((found.shape[0], environment.states))
        law[:, list(problem.order)] = found
        return law

    yield UpperProposal(place=place, joint=joint, detail=f"closed form: {problem.name}")


def _even_grids(problem: SpendingProblem) -> Iterator[Grid]:
    boundary = problem.model.boundary
    top = min(boundary, _MOST_TOP) if math.isfinite(boundary) else 1.0
    for profiles in _PROFILES:
        actions = int(profiles ** (1 / problem.agents))
        if actions >= _FEWEST:
            yield Grid.exponential(actions, top)


def _alike(place: GridPlace) -> bool:
    return all(grid.weights == place.grids[0].weights for grid in place.grids)


def constant_sum_mechanisms(problem: ConstantSumProblem, environment: Environment) -> Iterator[LowerProposal]:
    """The smoothed auction with ever less smoothing: the higher bid wins, the more surely the further it leads."""
    own = environment.own_decisions
    columns = [0, 1] if own is None else own[:, 0].tolist()
    for cells in (8, 24, 72):
        smoothing = Fraction(math.ceil(math.log(cells)) + 1, cells)
        spacing = Spacing.even(smoothing, cells)
        place = MechanismPlace(mesh=CrossedTriangles(spacings=(spacing, spacing)))
        points = spacing.positions
        middles = (points[1:] + points[:-1]) / 2
        leads = np.concatenate([np.subtract.outer(x, x).ravel() for x in (points, middles)])
        first = np.clip(0.5 + leads / (2 * float(smoothing)), 0.0, 1.0)
        decisions = np.zeros((first.size, 2))
        decisions[:, columns[0]], decisions[:, columns[1]] = first, 1 - first
        yield LowerProposal(
            place=place, decisions=decisions, detail=f"closed form: {problem.name}", multipliers=_constant
        )


def _constant(environment: Environment, discretisation: Discretisation, counts: IntArray) -> RationalArray:
    """The same multiplier in every state: the smoothed auction's virtual objective does not depend on it."""
    found = known_multipliers(environment.beliefs, np.zeros(environment.states))
    if found is None:
        return best_multipliers(environment, discretisation, counts)
    return exact_multipliers(environment, found)
