"""Mechanisms in shares: `c(x) = Σ_i y_i C_i(s)` with s the sum of actions and `y_i = x_i / s`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import Enclosure, between, enclosed, joined
from robustmech.verification.fields import record, whole
from robustmech.verification.meshes.axis import Axis, check_count, parse_axis
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.meshes.triangles import check_averages
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places, Rows, places
from robustmech.verification.rows import whole as wholes

Combination = dict[int, Fraction]
Known = dict[tuple[Fraction, bool, bool], Enclosure]
"""Integrals over cells, by the low end, the row's end and the breakpoint's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row: where the derivatives are taken, and where the payoff is written.

    Args:
        cell: the cell, M for the tail.
        agent: the agent who acts alone, -1 where that does not matter.
        high: whether it is the cell's high end.
        node: the node at that place, -1 for the far end of the tail.
    """

    cell: int
    agent: int
    high: bool
    node: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Breakpoints of the sum; with a payoff the growth is written in two columns, without it and the payoff."""

    axis: Axis
    agents: int
    has_payoff: bool
    growth_array: ClassVar[str] = "growth"

    @property
    def node_shape(self) -> tuple[int, ...]:
        """Nothing done by anybody, then each agent alone at each further breakpoint."""
        return (1 + self.axis.cells * self.agents,)

    @property
    def growth_shape(self) -> tuple[int, ...]:
        """The number of rows."""
        count = 2 + (2 * self.axis.cells - 1) * self.agents
        return (count, 2) if self.has_payoff else (count,)

    def node(self, breakpoint_number: int, agent: int) -> int:
        """Where the agent acts alone and the sum is at a breakpoint."""
        return 0 if breakpoint_number == 0 else 1 + (breakpoint_number - 1) * self.agents + agent

    def lowest(self, agent: int) -> Places:
        """The nodes at which the agent does not act."""
        nodes = np.arange(self.node_shape[0], dtype=np.int64)
        idle = (nodes == 0) | ((nodes - 1) % self.agents != agent)
        return places(nodes[idle].tolist())

    def places(self) -> Iterator[Place]:
        """All rows, in the order of docs/artefacts.md."""
        yield Place(0, -1, False, 0)
        for cell in range(1, self.axis.cells):
            for high in (False, True):
                for agent in range(self.agents):
                    yield Place(cell, agent, high, self.node(cell + high, agent))
        for agent in range(self.agents):
            yield Place(self.axis.cells, agent, False, self.node(self.axis.cells, agent))
        yield Place(self.axis.cells, -1, True, -1)

    def derivative(self, place: Place, agent: int) -> Combination:
        r"""`∂_m c = (C_m − C_j)/s + C_j' + …` at `y = e_j`, as a combination of nodes.

        On a cell `C_i(s) = A_i + B_i s`, so that `∂_m c = (A_m − Σ_i y_i A_i)/s + B_m`; at the low end a of the cell
        [a, b] this is `C_m(a)/a − C_j(a) b/(a(b−a)) + C_j(b)/(b−a)`, and at the high end
        `C_m(b)/b − C_j(a)/(b−a) + C_j(b) a/(b(b−a))`.
        """
        points, cell, own = self.axis.breakpoints, place.cell, place.agent
        found: Combination = {}

        def add(node: int, weight: Fraction) -> None:
            found[node] = found.get(node, Fraction(0)) + weight

        if cell == 0:
            add(self.node(1, agent), 1 / points[1])
            add(0, -1 / points[1])
        elif cell == self.axis.cells:
            if not place.high:
                add(self.node(cell, agent), 1 / points[cell])
                add(self.node(cell, own), -1 / points[cell])
        else:
            a, b = points[cell], points[cell + 1]
            low, high = (-b / a, Fraction(1)) if not place.high else (Fraction(-1), a / b)
            add(self.node(cell + place.high, agent), 1 / (b if place.high else a))
            add(self.node(cell, own), low / (b - a))
            add(self.node(cell + 1, own), high / (b - a))
        return found

    def rows(self) -> Rows:
        """One for each place and node: its mass is the integral of the place's weight times the node's."""
        return enclosed(self._rows)

    def _rows(self, unit: int) -> Rows:
        exponentials = Exponentials(unit)
        found = list(self.places())
        known: Known = {}
        pairs = [self._masses(place, exponentials, known) for place in found]
        counts = [len(nodes) for nodes, _ in pairs]
        derivatives = [[self.derivative(place, agent) for agent in range(self.agents)] for place in found]
        scales = [math.lcm(*(weight.denominator for one in own for weight in one.values())) for own in derivatives]
        slopes = []
        for agent in range(self.agents):
            terms = [[*own[agent].items(), *(((0, Fraction(0)),) * 3)][:3] for own in derivatives]
            slopes.append(
                tuple(
                    (
                        np.repeat(places(own[place][0] for own in terms), counts),
                        np.repeat(
                            wholes(int(own[place][1] * scale) for own, scale in zip(terms, scales, strict=True)), counts
                        ),
                    )
                    for place in range(3)
                )
            )
        return Rows(
            node=places(node for nodes, _ in pairs for node in nodes),
            slopes=tuple(slopes),
            scale=np.repeat(wholes(scales), counts),
            masses=joined(masses for _, masses in pairs),
            entry=np.repeat(np.arange(len(found), dtype=np.int64), counts),
        )

    def _masses(self, place: Place, exponentials: Exponentials, known: Known) -> tuple[list[int], Enclosure]:
        """The nodes whose weight is not zero in a row's cell, and the integral of both weights for each.

        The sum has density `s^{N−1} e^{−s} / (N−1)!`; shares are independent of it, with `E y_i = 1/N` and
        `E y_i y_j = 1/(N(N+1))`, twice that for `i = j`.
        """
        everyone, cells, n = range(self.agents), self.axis.cells, self.agents
        alone = [Fraction(1, n)] * n
        if place.agent >= 0:
            alone = [Fraction(1 + (agent == place.agent), n * (n + 1)) for agent in everyone]
        points = self.axis.breakpoints
        if place.cell == cells:
            nodes, tail = [self.node(cells, agent) for agent in everyone], self._tail(place, exponentials)
            return nodes, joined(tail.times(share) for share in alone)
        a, b = points[place.cell], points[place.cell + 1]
        if place.cell == 0:
            low, high = (
                self._within(a, b, powers, exponentials).times(b ** (n - 1)) for powers in ((1, n - 1), (0, n))
            )
            nodes = [0, *(self.node(1, agent) for agent in everyone)]
            return nodes, joined([low, *(high.times(share) for share in alone)])
        parts = [self._cell(a, b, place.high, high, exponentials, known) for high in (False, True)]
        nodes = [self.node(place.cell + high, agent) for high in (False, True) for agent in everyone]
        return nodes, joined(part.times(share) for part in parts for share in alone)

    def _tail(self, place: Place, exponentials: Exponentials) -> Enclosure:
        """The integral of `s_M/s`, or of `1 − s_M/s`, over the tail: `e^{−s_M}` times a polynomial."""
        last, n = self.axis.last, self.agents
        if place.high:
            terms = [last**m * Fraction(n - 1 - m, math.factorial(m) * (n - 1)) for m in range(n)]
        else:
            terms = [last ** (m + 1) / (math.factorial(m) * (n - 1)) for m in range(n - 1)]
        return exponentials.values([-last]).times(sum(terms, Fraction(0)))

    def _cell(
        self, a: Fraction, b: Fraction, row_high: bool, high: bool, exponentials: Exponentials, known: Known
    ) -> Enclosure:
        """The integral over [a, b] of a row's weight, linear in 1/s, times the one linear in s of a breakpoint.

        With `s = (1−u) a + u b` the row's weight is `a (1−u)/s` or `b u/s`, and `s^{N−2}` is a sum of binomial terms.
        """
        n, up = self.agents, row_high + high
        if (a, row_high, high) in known:  # the same for every agent who acts alone
            return known[a, row_high, high]
        total: Enclosure | None = None
        for m in range(n - 1):
            part = self._within(a, b, (2 - up + n - 2 - m, up + m), exponentials)
            part = part.times(math.comb(n - 2, m) * a ** (n - 2 - m) * b**m)
            total = part if total is None else total + part
        if total is None:
            raise Flaw("shares need at least two agents")
        known[a, row_high, high] = total.times(b if row_high else a)
        return known[a, row_high, high]

    def _within(self, a: Fraction, b: Fraction, powers: tuple[int, int], exponentials: Exponentials) -> Enclosure:
        """`(b−a)/(N−1)! ∫ (1−u)^P u^Q e^{−s} du` over 0 ≤ u ≤ 1, where `s = (1−u) a + u b`."""
        h, (one, other) = b - a, powers
        repeated = [Fraction(0)] * (one + 1) + [-h] * (other + 1)
        factor = h * Fraction(math.factorial(one) * math.factorial(other), math.factorial(self.agents - 1))
        ends = between([exponentials.difference(repeated)], exponentials.unit)
        return (ends * exponentials.values([-a])).times(factor)


def parse_shares(value: object, where: str, problem: Problem) -> Shares:
    """The mesh that a certificate's `discretisation` describes."""
    fields = record(value, where, {"kind", "breakpoints", "agents"})
    agents = whole(fields["agents"], f"{where}.agents", least=2)
    if agents != problem.agents:
        raise Flaw(f"{where}.agents: {agents}, where the problem has {problem.agents}")
    check_averages(problem, where)
    axis = parse_axis(fields["breakpoints"], f"{where}.breakpoints")
    check_count(4 * agents * agents * axis.ends, where, "rows")
    return Shares(axis=axis, agents=agents, has_payoff=problem.has_payoff())
