r"""The closed form of known means on meshes: its mechanism, its multipliers and its information, with no program.

*Mechanism.* The weighted-proportional sale, :math:`q_i = \eta_i x_i / \max\{1, \eta \cdot x\}`, with the closed form's
sensitivities η: on cells whose widths are in inverse proportion to η the boundary of rationing is a union of edges (of
crossed triangles), and where bidders are alike it is a value of the sum. The multiplier of a bidder's mean is
:math:`\eta_i`.

*Information.* Exponential sums with weights η and a breakpoint at :math:`\eta \cdot s = 1`. Values, zero or the bound,
are ordered: with interim chances :math:`w_1 \ge w_2 \ge …` of the bound the laws of the state are :math:`1 - w_1,
w_1 - w_2, …`. At controls the chances are those of the closed form, exactly where η is of two sizes at most. A bidder
that the closed form excludes gets a small weight, and all its chances beyond the boundary.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import cast

import numpy as np

from robustmech.bounds.candidates.proposals import LowerProposal, Multipliers, UpperProposal
from robustmech.bounds.evaluation import exact_multipliers
from robustmech.bounds.places import InformationPlace, MechanismPlace
from robustmech.continuum.recognising import KnownMeansProblem
from robustmech.elements import Boxes, CrossedTriangles, ExponentialSums, Shares, Spacing
from robustmech.elements.upper_sums import bernstein_cell, sum_rates
from robustmech.model import Discretisation, Environment, FloatArray, IntArray, RationalArray

_DETAIL = "closed form: known means"
_LEAST_WEIGHT = Fraction(1, 1000)
_MOST_REACH = 4_000
"""Of the boundary over the least weight: checkers refuse sums much further out."""
_MOST_NODES = 40_000
_REACH = 4
_FARTHEST = 50.0


def boundary_widths(problem: KnownMeansProblem) -> tuple[Fraction | None, ...]:
    """Each bidder's bid with which alone it just gets the good for sure: 1/η; None for an excluded bidder."""
    found = problem.model.sensitivities.tolist()
    return tuple(None if eta <= 0 else Fraction(f"{1 / eta:.10g}") for eta in found)


def known_means_mechanisms(problem: KnownMeansProblem, environment: Environment) -> Iterator[LowerProposal]:
    """The closed form's mechanism on ever finer meshes."""
    rule = problem.model.weighted_proportional()
    for divisor in (1, 2, 4, 8, 16):
        place = placed_mechanisms(problem, divisor)
        nodes = int(np.prod(place.mesh.node_shape))
        if nodes > _MOST_NODES:
            return
        shares = rule.allocate(_bids(place, problem))
        decisions = np.zeros((nodes, environment.decisions))
        own = environment.own_decisions
        columns = range(environment.agents) if own is None else own[:, 0].tolist()
        for i, column in enumerate(columns):
            decisions[:, column] = shares[:, i]
        yield LowerProposal(place=place, decisions=decisions, detail=_DETAIL, multipliers=_multipliers(problem))


def placed_mechanisms(problem: KnownMeansProblem, divisor: int) -> MechanismPlace:
    """The mesh whose cells are a divisor's part of the bid that wins for sure: 1/η over the divisor."""
    widths = boundary_widths(problem)
    bidders = len(widths)
    if bidders > 1 and len(set(widths)) == 1 and widths[0] is not None:
        spacing = _cells(widths[0] / divisor, divisor * (_REACH + bidders), _FARTHEST)
        return MechanismPlace(mesh=Shares(spacing=spacing, agents=bidders))
    spacings = tuple(
        Spacing.even(1, 1) if width is None else _cells(width / divisor, _REACH * divisor, _FARTHEST / bidders)
        for width in widths
    )
    if bidders == 2:
        return MechanismPlace(mesh=CrossedTriangles(spacings=(spacings[0], spacings[1])))
    return MechanismPlace(mesh=Boxes(spacings=spacings))


def _cells(width: Fraction, cells: int, farthest: float) -> Spacing:
    """Even cells, but none far out where next to nobody bids."""
    return Spacing.even(width, max(1, min(cells, int(farthest / width))))


def _bids(place: MechanismPlace, problem: KnownMeansProblem) -> FloatArray:
    """The bids at a mesh's nodes, shape (nodes, bidders)."""
    mesh, bidders = place.mesh, len(problem.means)
    if isinstance(mesh, Shares):
        sums = np.repeat(mesh.spacing.positions[1:], bidders)[:, None]
        alone = np.tile(np.eye(bidders), (mesh.spacing.cells, 1)) * sums
        return np.concatenate([np.zeros((1, bidders)), alone])
    if isinstance(mesh, CrossedTriangles):
        ends = [spacing.positions for spacing in mesh.spacings]
        middles = [(points[1:] + points[:-1]) / 2 for points in ends]
        return np.concatenate([_products(ends), _products(middles)])
    if isinstance(mesh, Boxes):
        return _products([spacing.positions for spacing in mesh.spacings])
    raise TypeError(f"no closed form is put on {mesh.kind}")


def _products(axes: list[FloatArray]) -> FloatArray:
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def _multipliers(problem: KnownMeansProblem) -> Multipliers:
    """The sensitivities, on the rows that say what the means are."""

    def multipliers(environment: Environment, _discretisation: Discretisation, _counts: IntArray) -> RationalArray:
        found = np.zeros(environment.beliefs.rows)
        for eta, (row, slope) in zip(problem.model.sensitivities.tolist(), problem.rows, strict=True):
            found[row] = eta / float(slope)
        return exact_multipliers(environment, found)

    return multipliers


def known_means_information(problem: KnownMeansProblem) -> Iterator[UpperProposal]:
    """The closed form's information on ever finer meshes."""

    def joint(mesh: ExponentialSums, environment: Environment, discretisation: Discretisation) -> FloatArray:
        chances = _with_means(problem, _control_chances(problem, mesh), discretisation.mass)
        return np.asarray(_ordered(problem, environment, chances) * discretisation.mass[:, None])

    for cells in (1, 8, 48):
        place = placed_information(problem, cells)
        yield UpperProposal(place=place, joint=partial(joint, cast(ExponentialSums, place.mesh)), detail=_DETAIL)


def placed_information(problem: KnownMeansProblem, cells: int) -> InformationPlace:
    """Sums of signals weighted by the sensitivities, the largest being one, with a breakpoint at the boundary."""
    eta = problem.model.sensitivities
    boundary = Fraction(f"{1 / float(eta.max()):.10g}")
    least = max(_LEAST_WEIGHT, boundary / _MOST_REACH)
    weights = tuple(max(Fraction(f"{relative:.10g}"), least) for relative in (eta / eta.max()).tolist())
    return InformationPlace(mesh=ExponentialSums(spacing=Spacing.even(boundary / cells, cells), slant=weights))


def _control_chances(problem: KnownMeansProblem, mesh: ExponentialSums) -> FloatArray:
    """Each bidder's chance of the bound at each control law, shape (rows, bidders)."""
    eta = problem.model.sensitivities
    slow, fast = sum_rates(mesh.slant)
    width = mesh.spacing.widths[0]
    bend = bernstein_cell(width, slow, fast).derivatives[0, 0]
    short = (mesh.spacing.positions - mesh.spacing.positions[-1])[:, None]
    rates = np.where(eta > 0, eta.max() / np.where(eta > 0, eta, 1.0), 0.0)
    ends = np.exp(short * rates)
    middles = ends[:-1] * (1 - rates / bend)
    chances = np.empty((2 * mesh.spacing.cells + 1, eta.size))
    chances[0::2], chances[1::2] = ends, middles
    chances[:, eta <= 0] = 0.0
    return np.clip(chances, 0.0, 1.0)


def _with_means(problem: KnownMeansProblem, chances: FloatArray, mass: FloatArray) -> FloatArray:
    """Chances with the right means: those below the boundary scaled, an excluded bidder's chosen beyond it.

    Chances that are scaled down leave virtual values below the boundary at zero, and at it they fall.
    """
    found = chances.copy()
    for i, mean in enumerate(problem.means):
        wanted, below = float(mean / problem.bound), float(mass[:-1] @ chances[:-1, i])
        if below > 0:
            found[:-1, i] *= max(0.0, wanted - float(mass[-1]) * chances[-1, i]) / below
        else:
            found[-1, i] = wanted / float(mass[-1])
    return np.clip(found, 0.0, 1.0)


def _ordered(problem: KnownMeansProblem, environment: Environment, chances: FloatArray) -> FloatArray:
    """Laws of the state in which values are ordered, with these chances of the bound, shape (rows, states)."""
    own = environment.own_decisions
    columns = list(range(environment.agents)) if own is None else own[:, 0].tolist()
    values = np.stack([environment.utilities[i, :, column] for i, column in enumerate(columns)], axis=1)
    place = {tuple(row): state for state, row in enumerate(values.tolist())}
    law = np.zeros((chances.shape[0], environment.states))
    order = np.argsort(-chances, axis=1, kind="stable")
    for row, (agents, chance) in enumerate(zip(order.tolist(), chances, strict=True)):
        levels = [1.0, *chance[agents].tolist(), 0.0]
        high: set[int] = set()
        for k in range(len(agents) + 1):
            corner = tuple(problem.bound if i in high else Fraction(0) for i in range(len(agents)))
            law[row, place[corner]] += levels[k] - levels[k + 1]
            high |= set(agents[k : k + 1])
    return law
