"""Information on exponential boxes: laws affine in every `e^{x_i}` on products of cells."""

from dataclasses import dataclass
from functools import reduce

import numpy as np

from robustmech.verification.enclosure import Enclosure, enclosed, exactly, joined, outer
from robustmech.verification.fields import record
from robustmech.verification.meshes.axis import Axis, check_count, parse_axes
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.meshes.line import ExponentialLine, exponential_line, low_ends, twice
from robustmech.verification.meshes.nodes import Block, Nodes, Term
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialBoxes:
    """One axis for each agent; control laws are products of the ends along each, the last agent fastest."""

    axes: tuple[Axis, ...]

    @property
    def laws(self) -> int:
        """The number of products of ends."""
        return reduce(lambda product, axis: product * axis.ends, self.axes, 1)

    def nodes(self) -> Nodes:
        """One in every product of ends, and those on the sides between cells, for each agent."""
        return enclosed(self._nodes)

    def _nodes(self, unit: int) -> Nodes:
        exponentials = Exponentials(unit)
        lines = [exponential_line(axis, exponentials) for axis in self.axes]
        sides = [self._sides(agent, lines) for agent in range(len(lines))]
        return Nodes(laws=self.laws, blocks=(self._inside(lines), *sides))

    def _inside(self, lines: list[ExponentialLine]) -> Block:
        own = [np.arange(axis.ends, dtype=np.int64) for axis in self.axes]
        virtual = []
        for agent, (axis, line) in enumerate(zip(self.axes, lines, strict=True)):
            low, tail = low_ends(axis.cells), axis.ends - 1
            none = exactly([0], line.masses.unit)
            one = exactly([line.masses.unit], line.masses.unit)
            weights = (joined([twice(line.low_weight), one]), joined([twice(line.high_weight).times(-1), none]))
            ends = (np.append(low, tail), np.append(low + 1, tail))
            virtual.append(
                tuple(
                    Term(laws=self._laws(self._with(own, agent, end)), coefficient=self._along(agent, weight))
                    for end, weight in zip(ends, weights, strict=True)
                )
            )
        return Block(
            mass=outer(line.masses for line in lines),
            value=np.arange(self.laws, dtype=np.int64),
            virtual=tuple(virtual),
        )

    def _sides(self, agent: int, lines: list[ExponentialLine]) -> Block:
        """At the agent's breakpoints but the first: the law just below less the law just above."""
        own = [np.arange(axis.ends, dtype=np.int64) for axis in self.axes]
        below = np.arange(self.axes[agent].cells, dtype=np.int64) * 2 + 1
        masses = [line.masses for line in lines]
        masses[agent] = lines[agent].decay[1:]
        difference = (
            Term(laws=self._laws(self._with(own, agent, below))),
            Term(laws=self._laws(self._with(own, agent, below + 1)), coefficient=-1),
        )
        return Block(
            mass=outer(masses),
            value=None,
            virtual=tuple(difference if other == agent else () for other in range(len(lines))),
        )

    def _with(self, own: list[Places], agent: int, ends: Places) -> list[Places]:
        return [*own[:agent], ends, *own[agent + 1 :]]

    def _laws(self, own: list[Places]) -> Places:
        shape = [axis.ends for axis in self.axes]
        return np.ravel_multi_index(np.meshgrid(*own, indexing="ij"), shape).ravel().astype(np.int64)

    def _along(self, agent: int, numbers: Enclosure) -> Enclosure:
        """Numbers for the agent's ends, the same whatever the others'."""
        places = np.indices([axis.ends for axis in self.axes])[agent].ravel()
        return numbers[places]


def parse_exponential_boxes(value: object, where: str, problem: Problem) -> ExponentialBoxes:
    """The mesh that a certificate's `discretisation` describes."""
    fields = record(value, where, {"kind", "breakpoints"})
    boxes = ExponentialBoxes(axes=parse_axes(fields["breakpoints"], f"{where}.breakpoints", problem.agents))
    check_count((problem.agents + 1) * boxes.laws, where, "nodes")
    return boxes
