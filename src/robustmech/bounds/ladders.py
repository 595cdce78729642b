"""Sequences of ever finer meshes for one side, each sequence with its own way of choosing where the elements lie."""

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import cast

import numpy as np

from robustmech.bounds.candidates.placing import placed_meshes
from robustmech.bounds.places import GridPlace, InformationPlace, MechanismPlace
from robustmech.bounds.sides import LowerPlace, Task, UpperPlace
from robustmech.bounds.tuning import Families, Family, Widths, tuned
from robustmech.elements import (
    Boxes,
    CrossedTriangles,
    ExponentialBoxes,
    ExponentialSums,
    ExponentialTriangles,
    ShareDensities,
    Shares,
    SharesWithoutTransfers,
    Spacing,
    Triangles,
)
from robustmech.model import Environment, FloatArray, Grid, Side
from robustmech.model.symmetry import Exchange, agent_kinds

AnyPlace = LowerPlace | UpperPlace
_WIDER = 1.5
"""Where agents differ, their widths may lie further apart."""
_NEARBY = 0.1
"""How far, relatively, the widths may move when they are tuned again, for each of the divisor."""
_FURTHER = 0.12
"""By how much more finer meshes reach, for each halving of their elements."""
_ASCENTS = 3
"""From how many starts widths are tuned where agents differ, and the value has many teeth."""
_LIKELY_ENOUGH = 1e-7
_DOUBLING = (1, 2, 4, 8, 16, 32)
Make = Callable[[Widths, int], Family]
"""The family of places that suits some widths and a number of cells along each coordinate."""


class Ladder(ABC):
    """Ever finer meshes for one side."""

    side: Side

    @abstractmethod
    def climb(self, task: Task, rung: int) -> AnyPlace | None:
        """The mesh at a rung, 0, 1, 2, …; None above the last.

        Args:
            task: what is solved; parameters may be tuned by solving small programs, while its budget lasts.
            rung: asked for in order.
        """


@dataclass(slots=True, kw_only=True, eq=False)
class SpacedLadder(Ladder):
    """Meshes of evenly spaced elements, with a width for each class of alike agents.

    The first mesh is small, with usual widths. Then the widths that are best for a mesh of its size are found, and
    divided by whole numbers for finer meshes, so that boundaries that lay on nodes stay on nodes.

    Args:
        side: which side the meshes are for.
        make: the mesh with a width for each agent and some number of cells along each.
        kinds: for each agent, its class, numbered from 0.
        cells: how many cells the first mesh has.
        starts: widths to try at first, the usual one in the middle.
        divisors: what the tuned widths are divided by, rung by rung.
        evaluations: programs that tuning may solve after the starts, for each class.
        further: by how much more finer meshes reach, for each halving of their elements.
        again: programs that tuning may solve again at every later rung.
        hint: a ladder whose tuned widths are also tried.
        with_entry: whether mechanisms may have payments at action 0 while widths are tuned. They help small meshes more
            than large ones, so that the widths found with them need not be the best for large ones.
    """

    side: Side
    make: Make
    kinds: tuple[int, ...]
    cells: int
    starts: tuple[float, ...]
    divisors: tuple[int, ...]
    evaluations: int = 10
    further: float = _FURTHER
    again: int = 0
    hint: "SpacedLadder | None" = None
    with_entry: bool = True
    found: FloatArray | None = field(default=None)

    def climb(self, task: Task, rung: int) -> AnyPlace | None:
        """The mesh at a rung."""
        if rung == 0:
            usual = np.full(max(self.kinds) + 1, np.log(self.starts[len(self.starts) // 2]))
            return cast(AnyPlace, self._families(self.cells).place(usual))
        if rung > len(self.divisors):
            return None
        task = task if self.with_entry else replace(task, entry=None)
        found = self.tune(task)
        divisor = self.divisors[rung - 1]
        cells = int(np.ceil(self.cells * divisor * (1 + self.further * np.log2(divisor))))
        here, families = found - np.log(divisor), self._families(cells)
        if self.again and rung > 1:
            radius = _NEARBY / divisor
            here = tuned(task, self.side, families, [here], ascents=1, evaluations=self.again, radius=radius)
            self.found = here + np.log(divisor)
        return cast(AnyPlace, families.place(here))

    def tune(self, task: Task) -> FloatArray:
        """The logarithms of the best widths for a mesh of the first one's size; found once."""
        if self.found is None:
            starts = self._starts()
            if self.hint is not None:
                found = self.hint.tune(task)
                starts += [found, found - np.log(2)]
            classes = max(self.kinds) + 1
            self.found = tuned(
                task,
                self.side,
                self._families(self.cells),
                starts,
                ascents=1 if classes == 1 else _ASCENTS,
                evaluations=self.evaluations * classes,
            )
        return self.found

    def _starts(self) -> list[FloatArray]:
        """All pairs of widths for two classes of agents, equal widths for more."""
        classes = max(self.kinds) + 1
        if classes == 2:
            low, middle, high = self.starts[0], self.starts[len(self.starts) // 2], self.starts[-1]
            return [np.log(pair) for pair in itertools.product((low, middle, _WIDER * high), repeat=2)]
        return [np.full(classes, np.log(start)) for start in self.starts]

    def _families(self, cells: int) -> Families:
        return Families(kinds=self.kinds, at=lambda widths: self.make(widths, cells))


@dataclass(slots=True, kw_only=True, eq=False)
class GridLadder(Ladder):
    """Quantile grids with ever more actions.

    Args:
        side: which side they are for.
        agents: the number of agents.
        actions: rung by rung.
    """

    side: Side
    agents: int
    actions: tuple[int, ...]

    def climb(self, task: Task, rung: int) -> AnyPlace | None:
        """The grid at a rung; there is nothing to tune."""
        del task
        if rung >= len(self.actions):
            return None
        return GridPlace(grids=(Grid.quantile(self.actions[rung]),) * self.agents)


@dataclass(slots=True, kw_only=True, eq=False)
class PlacedLadder(Ladder):
    """Meshes whose elements lie where a closed form says.

    Args:
        side: which side they are for.
        place: the mesh at a rung; None above the last.
    """

    side: Side
    place: Callable[[int], AnyPlace | None]

    def climb(self, task: Task, rung: int) -> AnyPlace | None:
        """The mesh at a rung; there is nothing to tune."""
        del task
        return self.place(rung)


def ladders(environment: Environment, alike: tuple[Exchange, ...], *, entry: bool = False) -> list[Ladder]:
    """The ladders that suit an environment, for both sides; with payments at action 0 some are tuned both ways."""
    agents = environment.agents
    kinds = agent_kinds(agents, alike)
    interchangeable = max(kinds) == 0 and agents > 1
    plain = environment.transfers and environment.payoff_ignores_state
    far = agents + 3.0 * agents**0.5
    found: list[Ladder] = []
    if interchangeable and plain:
        found.append(_spaced(Side.LOWER, _shares, kinds, 6, (far / 10, far / 7, far / 5), _DOUBLING))
    if environment.transfers:
        found.append(_spaced(Side.UPPER, _sums, kinds, 6, (far / 10, far / 7, far / 5), _DOUBLING))
        found += _pair_ladders(kinds, plain) if agents == 2 else _box_ladders(kinds)
    else:
        if agents > 1:
            one, rungs = (0,) * agents, (2, 4, 8, 16)
            lower, upper = (0.15 * far, 0.05 * far, 0.02 * far), (0.08 * far, 0.025 * far, 0.01 * far)
            found.append(_spaced(Side.LOWER, _plain_shares, one, 8, lower, rungs, 0.0, 3))
            found.append(_spaced(Side.UPPER, _densities, one, 16, upper, rungs, 0.0, 3))
        if agents == 2 and not interchangeable:
            found.append(_squares())
    actions = {1: tuple(10 * 2**k for k in range(11)), 2: (10, 20, 40, 60), 3: (5, 8, 11, 14, 18)}.get(
        agents, (2, 3, 5)
    )
    found += [GridLadder(side=side, agents=agents, actions=actions) for side in Side]
    found += [PlacedLadder(side=side, place=place) for side, place in placed_meshes(environment)]
    _give_hints(found, kinds)
    if entry:
        spaced = [ladder for ladder in found if isinstance(ladder, SpacedLadder) and ladder.side is Side.LOWER]
        found += [replace(ladder, with_entry=False) for ladder in spaced]
    return found


def _pair_ladders(kinds: tuple[int, ...], plain: bool) -> list[Ladder]:
    """Triangles for two agents."""
    return [
        _spaced(Side.LOWER, _crossed if plain else _cut, kinds, 3, (1.1, 1.6, 2.4), (1, 2, 3, 4, 6, 8, 12, 16)),
        _squares(),
    ]


def _squares() -> SpacedLadder:
    return _spaced(Side.UPPER, _exponential_triangles, (0, 0), 4, (0.45, 0.6, 0.8), (1, 2, 3, 4, 5, 6))


def _box_ladders(kinds: tuple[int, ...]) -> list[Ladder]:
    """Boxes for any number of agents: fewer cells in each coordinate where there are many."""
    agents = len(kinds)
    divisors = _DOUBLING if agents == 1 else (1, 2, 3, 4)
    cells = max(1, 3 - agents // 4)
    return [
        _spaced(Side.LOWER, _boxes, kinds, cells, (0.7, 1.1, 1.6), divisors),
        _spaced(Side.UPPER, _exponential_boxes, kinds, cells, (0.5, 0.8, 1.1), divisors),
    ]


def _give_hints(found: list[Ladder], kinds: tuple[int, ...]) -> None:
    """Where agents differ, sums of signals also try the widths that suit mechanisms."""
    spaced = [ladder for ladder in found if isinstance(ladder, SpacedLadder)]
    lower = [ladder for ladder in spaced if ladder.side is Side.LOWER]
    for ladder in spaced:
        if ladder.make is _sums and max(kinds) > 0 and lower:
            ladder.hint = lower[0]


def _spaced(
    side: Side,
    make: Make,
    kinds: tuple[int, ...],
    cells: int,
    starts: tuple[float, ...],
    divisors: tuple[int, ...],
    further: float = _FURTHER,
    again: int = 0,
) -> SpacedLadder:
    return SpacedLadder(
        side=side, make=make, kinds=kinds, cells=cells, starts=starts, divisors=divisors, further=further, again=again
    )


def _even(widths: Widths, cells: int) -> tuple[Spacing, ...]:
    return tuple(Spacing.even(width, cells) for width in widths)


def _kept(width: Fraction, cells: int, agents: int) -> tuple[int, ...]:
    """Which of evenly spaced breakpoints to keep: none where the sum of so many signals hardly ever lies, but zero."""
    likely = (j for j in range(1, cells) if _less_likely(float(width * j), agents) > _LIKELY_ENOUGH)
    return (0, *likely, cells)


def _less_likely(place: float, agents: int) -> float:
    """The first term of the probability that a sum of independent exponentials is below a place."""
    return math.exp(agents * math.log(place) - place - math.lgamma(agents + 1))


def _spacing(width: Fraction, kept: tuple[int, ...]) -> Spacing:
    return Spacing(breakpoints=tuple(width * j for j in kept))


def _crossed(_: Widths, cells: int) -> Family:
    def place(widths: Widths) -> LowerPlace:
        one, two = _even(widths, cells)
        return MechanismPlace(mesh=CrossedTriangles(spacings=(one, two)))

    return place


def _cut(_: Widths, cells: int) -> Family:
    def place(widths: Widths) -> LowerPlace:
        one, two = _even(widths, cells)
        return MechanismPlace(mesh=Triangles(spacings=(one, two), corner_rows=True))

    return place


def _boxes(_: Widths, cells: int) -> Family:
    return lambda widths: MechanismPlace(mesh=Boxes(spacings=_even(widths, cells)))


def _shares(chosen: Widths, cells: int) -> Family:
    agents = len(chosen)
    kept = _kept(chosen[0], cells, agents)
    return lambda widths: MechanismPlace(mesh=Shares(spacing=_spacing(widths[0], kept), agents=agents))


def _plain_shares(chosen: Widths, cells: int) -> Family:
    agents = len(chosen)
    return lambda widths: MechanismPlace(
        mesh=SharesWithoutTransfers(spacing=Spacing.even(widths[0], cells), agents=agents)
    )


def _densities(chosen: Widths, cells: int) -> Family:
    """Cells in geometric proportion: densities may rise without bound towards the origin."""
    smallest = 10.0 ** -(1.0 + 0.75 * np.log2(cells))
    shares = np.concatenate([[0.0], np.geomspace(smallest, 1.0, cells)])[:-1]

    def place(widths: Widths) -> UpperPlace:
        end = widths[0] * cells
        breakpoints = (*(Fraction(f"{float(end) * share:.12g}") for share in shares), end)
        return InformationPlace(mesh=ShareDensities(spacing=Spacing(breakpoints=breakpoints), agents=len(chosen)))

    return place


def _exponential_triangles(_: Widths, cells: int) -> Family:
    return lambda widths: InformationPlace(mesh=ExponentialTriangles(step=widths[0], cells=cells))


def _exponential_boxes(_: Widths, cells: int) -> Family:
    return lambda widths: InformationPlace(mesh=ExponentialBoxes(spacings=_even(widths, cells)))


def _sums(chosen: Widths, cells: int) -> Family:
    """Weights in inverse proportion to the widths, so that an agent alone passes one cell of the sum in one width.

    The number of cells is as if all agents were alike; where they are not, the sum reaches as far in its own spread.
    """
    weights = np.array([float(weight) for weight in _in_proportion(chosen)])
    further = (weights.sum() + 3 * np.sqrt((weights**2).sum())) / (weights.size + 3 * np.sqrt(weights.size))
    kept = _kept(min(chosen), max(2, int(np.ceil(cells * further))), len(chosen))
    return lambda widths: InformationPlace(
        mesh=ExponentialSums(spacing=_spacing(min(widths), kept), slant=_in_proportion(widths))
    )


def _in_proportion(widths: Widths) -> tuple[Fraction, ...]:
    return tuple(min(widths) / width for width in widths)
