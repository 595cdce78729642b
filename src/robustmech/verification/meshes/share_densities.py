"""Information without transfers: densities `g(x, θ) = Σ_i y_i g_i(s, θ)`, each `g_i` quadratic on cells of the sum."""

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from robustmech.verification.enclosure import enclosed, nearly
from robustmech.verification.meshes.axis import Axis
from robustmech.verification.meshes.bernstein import (
    ONE,
    Combination,
    Polynomial,
    combined,
    control,
    difference,
    moments,
    slope,
    times,
)
from robustmech.verification.meshes.nodes import Block, Nodes, Term
from robustmech.verification.meshes.shares_without_transfers import parse_shared_axis
from robustmech.verification.problem import Problem
from robustmech.verification.rows import places


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareDensities:
    """Breakpoints of the sum; the density ends at the last."""

    axis: Axis
    agents: int

    @property
    def laws(self) -> int:
        """The start, then for each cell its middle and its end, each agent alone."""
        return self.axis.ends * self.agents

    def controls(self, cell: int, agent: int) -> Polynomial:
        """`g_i` on a cell."""
        return [control(place * self.agents + agent) for place in range(2 * cell, 2 * cell + 3)]

    def weights(self) -> list[Fraction]:
        """`W_l`, for each agent alike: the sum has density `s^{N−1}/(N−1)!`, and shares average 1/N."""
        found = [Fraction(0)] * self.axis.ends
        for cell, (low, high) in enumerate(pairwise(self.axis.breakpoints)):
            for place, moment in enumerate(moments(low, high, 2, self.agents - 1)):
                found[2 * cell + place] += moment * self._share
        return found

    @property
    def _share(self) -> Fraction:
        return Fraction(1, self.agents * math.factorial(self.agents - 1))

    def nodes(self) -> Nodes:
        """The coefficients of each cell in turn, and the end; the densities at controls are `L_l / Σ W`."""
        return enclosed(self._nodes)

    def _nodes(self, unit: int) -> Nodes:
        weights = self.weights()
        total = self.agents * sum(weights, Fraction(0))
        end = self.axis.last ** (self.agents - 1) * self._share
        everyone = range(self.agents)
        return Nodes(
            laws=self.laws,
            blocks=(
                self._inside(total, unit),
                Block(
                    mass=nearly([end / total] * self.agents, unit),
                    value=None,
                    virtual=((Term(laws=places(2 * self.axis.cells * self.agents + i for i in everyone)),),)
                    * self.agents,
                ),
            ),
            own_masses=nearly((weight / total for weight in weights for _ in everyone), unit),
        )

    def _inside(self, total: Fraction, unit: int) -> Block:
        """`s g` and `−s ∂_m g = g_i − g_m − s g_i'` where agent i alone counts."""
        masses: list[Fraction] = []
        values: list[Combination] = []
        virtual: list[list[Combination]] = [[] for _ in range(self.agents)]
        for cell, ends in enumerate(pairwise(self.axis.breakpoints)):
            own = [self.controls(cell, agent) for agent in range(self.agents)]
            growths = [times(ONE, times(ends, slope(controls, ends[1] - ends[0]))) for controls in own]
            levels = [times(ends, controls) for controls in own]
            gaps = [[times(ONE, difference(mine, other)) for mine in own] for other in own]
            for k, moment in enumerate(moments(*ends, 3, self.agents - 2)):
                for i in range(self.agents):
                    masses.append(moment * self._share / total)
                    values.append(levels[i][k])
                    for m in range(self.agents):
                        virtual[m].append(combined([(1, gaps[m][i][k]), (-1, growths[i][k])]))
        return Block(
            mass=nearly(masses, unit),
            value=None,
            value_terms=_terms(values, unit),
            virtual=tuple(_terms(part, unit) for part in virtual),
        )


def _terms(combinations: list[Combination], unit: int) -> tuple[Term, ...]:
    """Terms, as many as the longest combination has."""
    length = max(map(len, combinations))
    padded = [[*part.items(), *(((0, Fraction(0)),) * length)][:length] for part in combinations]
    return tuple(
        Term(laws=places(own[place][0] for own in padded), coefficient=nearly((own[place][1] for own in padded), unit))
        for place in range(length)
    )


def parse_share_densities(value: object, where: str, problem: Problem) -> ShareDensities:
    """The mesh that a certificate's `discretisation` describes."""
    axis, agents = parse_shared_axis(value, where, problem)
    return ShareDensities(axis=axis, agents=agents)
