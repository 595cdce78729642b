"""Product grids: for each agent a probability over ordered actions, held as whole-number weights."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import ClassVar

import numpy as np

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import exactly
from robustmech.verification.exactness import Whole
from robustmech.verification.fields import exact_sequence, record, sequence, text
from robustmech.verification.limits import check_array, check_axes, check_denominators
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places, Rows, Slope, lowest_nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    r"""Weights `w_i(j) > 0`, in proportion to `ρ_i(j)`.

    With `S_{i,j}` the total weight from action j on, the ratios `S_{i,j+1}/w_i(j)` and `S_{i,j}/w_i(j)` are
    those of the operators ∇⁺ and ∇⁻, and `ρ(x) = W(x) / Π_i S_{i,0}` with `W(x) = Π_i w_i(x_i)`.
    """

    weights: tuple[tuple[int, ...], ...]
    growth_array: ClassVar[str] = "aggregate_excess_growth"

    @property
    def agents(self) -> int:
        """The number of agents."""
        return len(self.weights)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of actions of each agent."""
        return tuple(len(weights) for weights in self.weights)

    @property
    def node_shape(self) -> tuple[int, ...]:
        """Decisions are given at profiles."""
        return self.shape

    @property
    def growth_shape(self) -> tuple[int, ...]:
        """There is a row for every profile."""
        return self.shape

    def lowest(self, agent: int) -> Places:
        """The profiles at which the agent takes action 0."""
        return lowest_nodes(self.shape, agent)

    def rows(self) -> Rows:
        """One for every profile: `W(x)` is its scale, and its mass is exact."""
        nodes = np.arange(math.prod(self.shape)).reshape(self.shape)
        slopes: list[Slope] = []
        for agent, actions in enumerate(self.shape):
            above = np.take(nodes, np.minimum(np.arange(actions) + 1, actions - 1), axis=agent)
            factor = self.upward_mass(agent).ravel()
            slopes.append(((above.ravel(), factor), (nodes.ravel(), -factor)))
        mass = self.mass().ravel()
        return Rows(node=nodes.ravel(), slopes=tuple(slopes), scale=mass, masses=exactly(mass, self.total))

    @property
    def total(self) -> int:
        """`Π_i S_{i,0}`, which is the sum of `W`."""
        return math.prod(sum(weights) for weights in self.weights)

    @property
    def common_multiple(self) -> int:
        """The least common multiple of all weights.

        Raises:
            Flaw: if it is too long to be worked with.
        """
        weights = {weight for own in self.weights for weight in own}
        check_denominators((Fraction(1, weight) for weight in weights), "the weights of the signals")
        return math.lcm(*weights)

    def tails(self, agent: int) -> tuple[int, ...]:
        """`S_{i,0}, …, S_{i,m_i}`, of which the last is zero."""
        tails = [0]
        for weight in reversed(self.weights[agent]):
            tails.append(tails[-1] + weight)
        return tuple(reversed(tails))

    def mass(self) -> Whole:
        """`W(x) = Π_i w_i(x_i)` on all profiles."""
        return _outer(self.weights)

    def upward_mass(self, agent: int) -> Whole:
        """`W(x) · S_{i,x_i+1} / w_i(x_i)`, a whole number, on all profiles."""
        vectors = list(self.weights)
        vectors[agent] = self.tails(agent)[1:]
        return _outer(tuple(vectors))

    def downward_ratios(self, agent: int, multiple: int) -> Whole:
        """`multiple · S_{i,j} / w_i(j)` for each action j, shaped so that it spreads over all profiles.

        Args:
            agent: i.
            multiple: a common multiple of the agent's weights, so that these are whole numbers.
        """
        pairs = zip(self.tails(agent)[:-1], self.weights[agent], strict=True)
        ratios: Whole = np.array([tail * (multiple // weight) for tail, weight in pairs], dtype=object)
        shape = [1] * self.agents
        shape[agent] = len(ratios)
        return ratios.reshape(shape)


def _outer(vectors: tuple[tuple[int, ...], ...]) -> Whole:
    arrays: list[Whole] = [np.array(vector, dtype=object) for vector in vectors]
    return reduce(np.multiply.outer, arrays)


def next_action(values: Whole, agent: int) -> Whole:
    """`f(x + e_i)` on all profiles, zero where agent i is at the top."""
    moved = np.roll(values, -1, axis=agent)
    top = [slice(None)] * values.ndim
    top[agent] = slice(-1, None)
    moved[tuple(top)] = 0
    return moved


def parse_grid(value: object, where: str, problem: Problem) -> Grid:
    """The grid that a certificate's `discretisation` describes; common factors of weights are taken out."""
    agents = problem.agents
    check_axes(agents, where)
    fields = record(value, where, {"kind", "weights"}, optional={"names"})
    for agent, name in enumerate(sequence(fields["names"], f"{where}.names", agents) if "names" in fields else ()):
        text(name, f"{where}.names[{agent}]")
    lists = sequence(fields["weights"], f"{where}.weights", agents)
    weights = []
    for agent, entries in enumerate(lists):
        place = f"{where}.weights[{agent}]"
        own = exact_sequence(entries, place)
        if not own or any(weight <= 0 or weight.denominator != 1 for weight in own):
            raise Flaw(f"{place}: expected at least one action, and positive whole weights only")
        divisor = math.gcd(*(weight.numerator for weight in own))
        weights.append(tuple(weight.numerator // divisor for weight in own))
    bits = sum(max(own).bit_length() for own in weights)
    count = math.prod(len(own) for own in weights)
    check_array((2 * agents + 1) * count, bits, f"{where}.weights")
    return Grid(weights=tuple(weights))
