r"""The closed form of a common value on meshes: its mechanism, its multipliers and its information, with no program.

*Mechanism.* The good is sold in proportion to bids, in the quantity Q(Σ) of the closed form: sampled at the breakpoints
of the sum. On the first graded interval Q is linear and beyond it one, so that little is lost.

*Multipliers.* The strategic virtual objective is :math:`v_\theta \mu_r` plus what depends on the row alone, so that
nature's problem is a transport problem whose cost is a product. It is solved by pairing the highest values with the
rows of the least :math:`\mu_r`, and its dual is read off along the pairing.

*Information.* The closed form's interim value is constant, or grows in proportion to :math:`e^s` on graded intervals:
with breakpoints at their ends it is in the span of the exponential sums, and its control values are known. Laws with
these means, and the prior as their average, are cut out of the prior row by row, in the order of the means: each takes
that stretch of what is left which has its mean (the curtain coupling). Where the good must be sold the virtual
objective is linear, and the prior is cut as it comes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import cast

import numpy as np

from robustmech.bounds.candidates.coupling import curtain, paired_multipliers
from robustmech.bounds.candidates.proposals import LowerProposal, Multipliers, UpperProposal
from robustmech.bounds.evaluation import exact_multipliers, strategic_virtual_objective
from robustmech.bounds.multipliers import known_multipliers
from robustmech.bounds.places import InformationPlace, MechanismPlace
from robustmech.continuum.common_value import CommonValue, erlang
from robustmech.continuum.recognising import CommonValueProblem, known_law
from robustmech.elements import Boxes, ExponentialSums, Shares, Spacing
from robustmech.elements.upper_sums import bernstein_cell, sum_rates
from robustmech.errors import SolveError
from robustmech.model import Discretisation, Environment, FloatArray, IntArray, RationalArray, floats

CELLS = (12, 48, 192)
_MOST_GROUPS = 64
_MOST_INTERVALS = 40
_DETAIL = "closed form: common value"
_MAIN, _RARE = 1e-2, 1e-4
_FARTHEST = 90.0
_GROWTH = 1.15
_APART = 0.3
_UNLIKELY = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouped:
    """A law of few values that stand for groups of neighbouring ones.

    Args:
        problem: the problem.
        model: the closed form of the groups' means.
        group: of each value of the problem.
        share: of each value in its group's probability.
        means: the groups', increasing.
        masses: theirs.
    """

    problem: CommonValueProblem
    model: CommonValue
    group: IntArray
    share: FloatArray
    means: FloatArray
    masses: FloatArray

    @classmethod
    def of(cls, problem: CommonValueProblem, most: int = _MOST_GROUPS) -> "Grouped":
        """Groups by how much of the probability and of the mean lies below, where there are too many values."""
        values = np.array([float(value) for value in problem.values])
        masses = np.array([float(mass) for mass in problem.probabilities])
        group = np.arange(values.size)
        if values.size > most:
            parts = masses * values / (masses @ values)
            below = np.cumsum(masses) - masses / 2 + np.cumsum(parts) - parts / 2
            group = np.unique(np.floor(below * most / 2).astype(np.int64), return_inverse=True)[1]
        together = np.zeros(group.max() + 1)
        np.add.at(together, group, masses)
        worth = np.zeros(together.size)
        np.add.at(worth, group, masses * values)
        means = worth / together
        model = CommonValue(means, together / together.sum(), problem.bidders, float(problem.cost), problem.must_sell)
        return cls(
            problem=problem,
            model=model,
            group=group,
            share=masses / together[group],
            means=means,
            masses=together,
        )


def placed_spacing(grouped: Grouped, cells: int) -> Spacing:
    """Breakpoints of the sum: even where signals mostly lie, then wider; and the ends of the graded intervals."""
    bidders, model = grouped.problem.bidders, grouped.model
    rare = min(float(grouped.masses[-1]), 1e-3) * _RARE
    far = min(float(erlang.upper_quantile(bidders, np.array([rare]))[0]), _FARTHEST)
    main = min(float(erlang.upper_quantile(bidders, np.array([_MAIN]))[0]), far)
    width = main / cells
    points = (width * np.arange(1, cells + 1)).tolist()
    step = width
    while points[-1] < far:
        step *= _GROWTH
        points.append(min(points[-1] + step, _FARTHEST))
    widest = sorted(model.graded_intervals, key=lambda interval: interval.start - interval.end)[:_MOST_INTERVALS]
    ends = {exact_point(x) for interval in widest for x in (interval.start, interval.end) if x > 1e-6 and x < _FARTHEST}
    kept = {exact_point(x) for x in points if all(abs(x - float(end)) > _APART * width for end in ends)}
    likely = [x for x in sorted(kept | ends) if x >= bidders or _below(float(x), bidders) > _UNLIKELY]
    return Spacing(breakpoints=(Fraction(0), *likely))


def exact_point(place: float) -> Fraction:
    """A short exact number close to a place."""
    return Fraction(f"{place:.10g}")


def _below(place: float, bidders: int) -> float:
    return float(erlang.cumulative(bidders, np.array([place]))[0])


def placed_mechanisms(grouped: Grouped, cells: int) -> MechanismPlace:
    """Shares of the sum of bids, or for one bidder its bid, with breakpoints by the closed form."""
    spacing, bidders = placed_spacing(grouped, cells), grouped.problem.bidders
    return MechanismPlace(mesh=Shares(spacing=spacing, agents=bidders) if bidders > 1 else Boxes(spacings=(spacing,)))


def placed_information(grouped: Grouped, cells: int) -> InformationPlace:
    """Sums of signals with breakpoints by the closed form."""
    slant = (Fraction(1),) * grouped.problem.bidders
    return InformationPlace(mesh=ExponentialSums(spacing=placed_spacing(grouped, cells), slant=slant))


def common_value_mechanisms(problem: CommonValueProblem, environment: Environment) -> Iterator[LowerProposal]:
    """The closed form's mechanism on ever finer meshes."""
    grouped = Grouped.of(problem)
    own = _own(environment)
    for cells in CELLS:
        place = placed_mechanisms(grouped, cells)
        mesh = cast(Shares | Boxes, place.mesh)
        spacing = mesh.spacing if isinstance(mesh, Shares) else mesh.spacings[0]
        quantity = grouped.model.aggregate_allocation(spacing.positions)
        decisions = np.zeros((int(np.prod(mesh.node_shape)), problem.bidders))
        if problem.bidders == 1:
            decisions[:, 0] = quantity
        else:
            decisions[0] = quantity[0] / problem.bidders
            for i, decision in enumerate(own):
                decisions[1 + i :: problem.bidders, decision] = quantity[1:]
        yield LowerProposal(place=place, decisions=decisions, detail=_DETAIL, multipliers=value_pairing(environment))


def value_pairing(plain: Environment) -> Multipliers:
    """The best multipliers for a common value, where the good's allocation is all that depends on the value.

    Args:
        plain: the environment without payments at action 0.
    """
    own, law = _own(plain), _law(plain)
    values = plain.utilities_rounded[0, :, own[0]]

    def multipliers(environment: Environment, discretisation: Discretisation, counts: IntArray) -> RationalArray:
        objective, error = strategic_virtual_objective(environment, discretisation, counts)
        slopes = np.zeros(discretisation.rows)
        for local, decision in zip(discretisation.local, own, strict=True):
            slopes += local @ (counts[:, decision] * 2.0**-40)
        paired = paired_multipliers(objective, error, values=values, slopes=slopes, mass=discretisation.mass, law=law)
        found = known_multipliers(environment.beliefs, paired)
        if found is None:
            raise SolveError("the law of the value is not pinned by the belief rows")
        return exact_multipliers(environment, found)

    return multipliers


def common_value_information(problem: CommonValueProblem, environment: Environment) -> Iterator[UpperProposal]:
    """The closed form's information on ever finer meshes."""
    grouped = Grouped.of(problem)
    if not grouped.model.information.informative:
        return
    law = _law(environment)
    value = environment.utilities[0, :, _own(environment)[0]]
    index = {exact: place for place, exact in enumerate(problem.values)}
    at = np.array([index.get(exact, 0) if mass else 0 for exact, mass in zip(value, law, strict=True)])
    part = law / np.array([float(mass) for mass in problem.probabilities])[at]
    part = grouped.share[at] * part

    def joint(
        mesh: ExponentialSums, upward: bool, _environment: Environment, discretisation: Discretisation
    ) -> FloatArray:
        mass = discretisation.mass
        by_group = curtain(grouped.means, grouped.masses, _targets(grouped, mesh, mass), mass, upward)
        return np.asarray(by_group[:, grouped.group][:, at] * part)

    for cells in CELLS:
        place = placed_information(grouped, cells)
        for upward in (True,) if problem.must_sell else (True, False):
            cut = partial(joint, cast(ExponentialSums, place.mesh), upward)
            yield UpperProposal(place=place, joint=cut, detail=_DETAIL)


def _targets(grouped: Grouped, mesh: ExponentialSums, mass: FloatArray) -> FloatArray:
    """The mean of each control law: the closed form's control values; if the good must be sold, any increasing ones."""
    if grouped.problem.must_sell:
        return np.full(mass.size, grouped.means[0])
    positions, cost = mesh.spacing.positions, grouped.model.cost
    ends = grouped.model.graded_value(positions)
    middles = (positions[1:] + positions[:-1]) / 2
    graded = np.zeros(middles.size, dtype=np.bool_)
    for interval in grouped.model.graded_intervals:
        graded |= (interval.start <= middles) & (middles < interval.end)
    slow, fast = sum_rates(mesh.slant)
    bends = {width: bernstein_cell(width, slow, fast).derivatives[0, 0] for width in set(mesh.spacing.widths)}
    bend = np.array([bends[width] for width in mesh.spacing.widths])
    targets = np.empty(mass.size)
    targets[0::2] = ends
    targets[1::2] = np.where(graded, cost + (ends[:-1] - cost) * (1 - 1 / bend), (ends[1:] + ends[:-1]) / 2)
    return targets


def _own(environment: Environment) -> list[int]:
    own = environment.own_decisions
    return list(range(environment.agents)) if own is None else own[:, 0].tolist()


def _law(environment: Environment) -> FloatArray:
    law = known_law(environment.beliefs)
    if law is None:
        raise SolveError("the law of the value is not pinned by the belief rows")
    return floats(law)
