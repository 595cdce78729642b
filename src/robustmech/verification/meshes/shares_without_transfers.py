"""Mechanisms in shares without transfers: `c(x) = Σ_i y_i C_i(s)`, each `C_i` quadratic on cells of the sum."""

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

import numpy as np

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import exactly
from robustmech.verification.fields import record, whole
from robustmech.verification.meshes.axis import Axis, check_count, parse_axis
from robustmech.verification.meshes.bernstein import ONE, Combination, Polynomial, combined, control, difference, times
from robustmech.verification.meshes.bernstein import slope as slope_of
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places, Rows, Slope, places
from robustmech.verification.rows import whole as wholes


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row: its value, and each agent's derivative."""

    value: Combination
    derivatives: tuple[Combination, ...]

    def over(self, factor: Fraction) -> "Line":
        """The row divided by a positive number."""
        return Line(
            value=combined([(1 / factor, self.value)]),
            derivatives=tuple(combined([(1 / factor, part)]) for part in self.derivatives),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesWithoutTransfers:
    """Breakpoints of the sum."""

    axis: Axis
    agents: int
    growth_array: ClassVar[str] = "growth"

    @property
    def node_shape(self) -> tuple[int, ...]:
        """Nothing done by anybody, then for each cell its middle control and its end, each agent alone."""
        return (1 + 2 * self.axis.cells * self.agents,)

    @property
    def growth_shape(self) -> tuple[int, ...]:
        """Nothing is written, as there are no transfers."""
        return (0,)

    def lowest(self, agent: int) -> Places:
        """The nodes at which the agent does not act."""
        nodes = np.arange(self.node_shape[0], dtype=np.int64)
        return places(nodes[(nodes == 0) | ((nodes - 1) % self.agents != agent)].tolist())

    def controls(self, cell: int, agent: int) -> Polynomial:
        """`C_i` on a cell."""
        return [
            control(0 if place == 0 else 1 + (place - 1) * self.agents + agent)
            for place in range(2 * cell, 2 * cell + 3)
        ]

    def lines(self) -> list[Line]:
        """All rows, in the order of docs/artefacts.md."""
        found: list[Line] = []
        for cell, (low, high) in enumerate(pairwise(self.axis.breakpoints)):
            own = [
                self._first(agent) if cell == 0 else self._further(cell, agent, (low, high))
                for agent in range(self.agents)
            ]
            found += [line for row in zip(*own, strict=True) for line in row]
        ends = [self.controls(self.axis.cells - 1, agent)[2] for agent in range(self.agents)]
        for own_end in ends:
            jumps = (combined([(1, end), (-1, own_end)]) for end in ends)
            found.append(
                Line(value=own_end, derivatives=tuple(combined([(1 / self.axis.last, jump)]) for jump in jumps))
            )
        return [*found, *(Line(value=end, derivatives=({},) * self.agents) for end in ends)]

    def _first(self, agent: int) -> list[Line]:
        """On [0, b], where `s = b τ`, `C_m − C_i` with coefficients (0, d_1, d_2) is s times (2 d_1, d_2)/b."""
        width, own = self.axis.widths[0], self.controls(0, agent)
        derivatives = []
        for other in range(self.agents):
            _, middle, end = difference(self.controls(0, other), own)
            line = [combined([(2 / width, middle)]), combined([(1 / width, end)])]
            derivatives.append(_sum(times(ONE, line), times(ONE, slope_of(own, width))))
        rows = zip(own, *derivatives, strict=True)
        return [Line(value=value, derivatives=tuple(parts)) for value, *parts in rows]

    def _further(self, cell: int, agent: int, ends: tuple[Fraction, Fraction]) -> list[Line]:
        """`s c` and `s ∂_m c = C_m − C_i + s C_i'` where agent i alone acts, over the coefficients of s."""
        own = self.controls(cell, agent)
        width = ends[1] - ends[0]
        growth = times(ONE, times(ends, slope_of(own, width)))
        derivatives = [
            _sum(times(ONE, difference(self.controls(cell, other), own)), growth) for other in range(self.agents)
        ]
        rows = zip(times(ends, own), *derivatives, strict=True)
        return [
            Line(value=value, derivatives=tuple(parts)).over(ends[0] + k * width / 3)
            for k, (value, *parts) in enumerate(rows)
        ]

    def rows(self) -> Rows:
        """The lines in whole numbers; masses do not count, as there are no transfers."""
        lines = self.lines()
        scales = [
            math.lcm(*(weight.denominator for part in (line.value, *line.derivatives) for weight in part.values()))
            for line in lines
        ]
        return Rows(
            node=np.zeros(len(lines), dtype=np.int64),
            value_terms=_cleared([line.value for line in lines], scales),
            slopes=tuple(_cleared([line.derivatives[agent] for line in lines], scales) for agent in range(self.agents)),
            scale=wholes(scales),
            masses=exactly([1] * len(lines), 1),
        )


def _sum(one: Polynomial, other: Polynomial) -> Polynomial:
    return [combined([(1, left), (1, right)]) for left, right in zip(one, other, strict=True)]


def _cleared(combinations: list[Combination], scales: list[int]) -> Slope:
    """Pairs (nodes, factors), as many as the longest combination has terms."""
    length = max(map(len, combinations))
    terms = [[*part.items(), *(((0, Fraction(0)),) * length)][:length] for part in combinations]
    return tuple(
        (
            places(own[place][0] for own in terms),
            wholes(int(own[place][1] * scale) for own, scale in zip(terms, scales, strict=True)),
        )
        for place in range(length)
    )


def parse_shares_without_transfers(value: object, where: str, problem: Problem) -> SharesWithoutTransfers:
    """The mesh that a certificate's `discretisation` describes."""
    axis, agents = parse_shared_axis(value, where, problem)
    return SharesWithoutTransfers(axis=axis, agents=agents)


def parse_shared_axis(value: object, where: str, problem: Problem) -> tuple[Axis, int]:
    """Breakpoints of the sum and the number of agents, for problems without transfers."""
    fields = record(value, where, {"kind", "breakpoints", "agents"})
    agents = whole(fields["agents"], f"{where}.agents", least=2)
    if agents != problem.agents:
        raise Flaw(f"{where}.agents: {agents}, where the problem has {problem.agents}")
    if problem.transfers:
        raise Flaw(f"{where}: only for problems without transfers")
    axis = parse_axis(fields["breakpoints"], f"{where}.breakpoints")
    check_count(12 * agents * agents * axis.ends, where, "terms")
    return axis, agents
