"""The lower number: the guarantee of a mechanism, from `mechanism.npz` and the multipliers on the beliefs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from robustmech.verification.arrays import Expected, read_arrays
from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import (
    Whole,
    common_denominator,
    first_place,
    least_ratio,
    scaled,
    whole_array,
)
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places, Rows


class Actions(Protocol):
    """A discretisation of the agents' actions: a grid or a mesh."""

    @property
    def node_shape(self) -> tuple[int, ...]:
        """Where decisions are given: on a product, the number of actions of each agent."""

    @property
    def growth_shape(self) -> tuple[int, ...]:
        """The shape of the written growth."""

    @property
    def growth_array(self) -> str:
        """The name of the array that holds the written growth."""

    @property
    def growth_parts(self) -> int:
        """How many parts the written growth is the sum of, along its first axis."""

    def lowest(self, agent: int) -> Places:
        """The nodes at which the agent takes action 0."""

    def rows(self) -> Rows:
        """Where the objective is evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """The allocation `c(x) = decisions(x) / denominator`, and with transfers what each agent pays.

    Args:
        decisions: whole numbers (m_1, …, m_N, decisions).
        denominator: a positive whole number.
        entry: what each agent pays beside at the nodes, in units of the entry unit over the denominator, whole numbers
            (m_1, …, m_N, agents); `None` where nothing is.
        growth: aggregate excess growth, doubles, `None` without transfers.
        transfers: doubles (agents, m_1, …, m_N), `None` where they are not written.
    """

    decisions: Whole
    denominator: int
    entry: Whole | None
    growth: npt.NDArray[np.float64] | None
    transfers: npt.NDArray[np.float64] | None

    def with_entry_as_decisions(self) -> "Mechanism":
        """The mechanism in which entry payments are the last decisions."""
        if self.entry is None:
            return self
        return replace(self, decisions=np.concatenate([self.decisions, self.entry], axis=-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    r"""A function of the row, `numerators / (scale · denominator)`, with a positive scale for each row.

    `reach` says, in whole numbers, how large a row's terms may be beside the utilities.
    """

    numerators: Whole
    scale: Whole
    denominator: int
    reach: Whole

    def at(self, rows: Places | None) -> "Ratios":
        """The function of these rows in turn, of all of them if there is no list."""
        if rows is None:
            return self
        return Ratios(
            numerators=self.numerators[rows],
            scale=self.scale[rows],
            denominator=self.denominator,
            reach=self.reach[rows],
        )

    def least(self) -> Fraction:
        """The least value."""
        return least_ratio(self.numerators, self.scale) / self.denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastObjective:
    """`Ξ` at every row, and what follows from it; everything that is not exact is rounded both ways."""

    ratios: Ratios
    rows: Rows

    def expectation(self) -> tuple[Fraction, Fraction]:
        """Two numbers with the sum of mass times Ξ between them; the same number twice on a grid."""
        low, high = self._weighted()
        unit = self.rows.masses.unit * self.ratios.denominator
        return Fraction(int(low.sum()), unit), Fraction(int(high.sum()), unit)

    def written(self) -> tuple[Ratios, ...]:
        """What the written growth is to follow: Ξ of each row, or two functions with its means over groups between."""
        group, written = self.rows.group, self.rows.written
        if group is None:
            return (self.ratios.at(written),)
        masses = self.rows.masses
        sums = [_grouped(values, group) for values in (*self._weighted(), masses.low, masses.high)]
        low, high, least, most = sums
        reach: Whole = np.ones(len(low), dtype=np.int64).astype(object)
        np.maximum.at(reach, group, self.ratios.reach)
        return tuple(
            Ratios(numerators=numerators, scale=scale, denominator=self.ratios.denominator, reach=reach).at(written)
            for numerators, scale in (
                (low, np.where(low >= 0, most, least)),
                (high, np.where(high >= 0, least, most)),
            )
        )

    def _weighted(self) -> tuple[Whole, Whole]:
        """Mass times Ξ, in units of the masses over the denominator, rounded down and up."""
        numerators, masses = self.ratios.numerators, self.rows.masses
        least = np.where(numerators >= 0, masses.low, masses.high) * numerators
        most = np.where(numerators >= 0, masses.high, masses.low) * numerators
        return least // self.ratios.scale, -(-most // self.ratios.scale)


def _grouped(values: Whole, group: Places) -> Whole:
    sums: Whole = np.zeros(int(group.max()) + 1, dtype=object)
    np.add.at(sums, group, values)
    return sums


def read_mechanism(
    data: bytes, name: str, problem: Problem, actions: Actions, *, on_grid: bool, with_entry: bool
) -> Mechanism:
    """Read `mechanism.npz`, in which transfers are written on a grid only."""
    expected = {
        "decisions": Expected(kind="<i8", shape=(*actions.node_shape, problem.decisions)),
        "denominator": Expected(kind="<i8", shape=()),
    }
    if problem.transfers:
        expected[actions.growth_array] = Expected(kind="<f8", shape=actions.growth_shape)
    if problem.transfers and on_grid:
        expected["transfers"] = Expected(kind="<f8", shape=(problem.agents, *actions.node_shape))
    if with_entry:
        expected["entry_payments"] = Expected(kind="<i8", shape=(*actions.node_shape, problem.agents))
    arrays: dict[str, npt.NDArray[Any]] = read_arrays(data, name, expected)
    denominator = int(arrays["denominator"])
    if denominator <= 0:
        raise Flaw(f"{name}: the denominator is {denominator}, not positive")
    return Mechanism(
        decisions=whole_array(arrays["decisions"]),
        denominator=denominator,
        entry=whole_array(arrays["entry_payments"]) if with_entry else None,
        growth=arrays.get(actions.growth_array),
        transfers=arrays.get("transfers"),
    )


def check_participation(problem: Problem, actions: Actions, mechanism: Mechanism) -> str:
    """`Σ_k u[i,θ,k] c_k(x) ≥ 0` for every agent i, state θ, and node x at which i takes action 0."""
    denominator = problem.denominator()
    decisions = mechanism.decisions.reshape(-1, problem.decisions)
    nodes = [actions.lowest(agent) for agent in range(problem.agents)]
    at_bottom = [decisions[own] for own in nodes]
    for state, entries in problem.utilities.items():
        utilities: dict[int, Whole] = {}
        for (agent, decision), value in entries.items():
            term = scaled(value, denominator) * at_bottom[agent][:, decision]
            utilities[agent] = utilities[agent] + term if agent in utilities else term
        for agent, utility in utilities.items():
            wrong = np.asarray(utility < 0)
            if np.any(wrong):
                (place,) = first_place(wrong)
                amount = Fraction(utility[place], denominator * mechanism.denominator)
                where = node_name(int(nodes[agent][place]), actions.node_shape)
                raise Flaw(f"agent {agent} gets {described(amount)} at {where} in state {state}")
    return "action 0 gives every agent at least zero in every state"


def node_name(place: int, shape: tuple[int, ...]) -> str:
    """A place in an array, for messages."""
    if len(shape) == 1:
        return f"entry {place}"
    return f"profile {tuple(int(index) for index in np.unravel_index(place, shape))}"


def least_objective(
    problem: Problem, rows: Rows, mechanism: Mechanism, multipliers: Sequence[Fraction]
) -> LeastObjective:
    r"""`Ξ = min_θ { Σ_k [ w[θ,k] c_k + Σ_i u[i,θ,k] D_i(c_k) ] − λ(θ) }` at every row.

    Everything is multiplied by the row's scale, by the allocation's denominator, and by a number that clears
    the denominators of utilities, payoffs and λ: each state's objective is a combination of the same few
    whole-number arrays.
    """
    levels = [mechanism.decisions[..., k].ravel() for k in range(problem.decisions)]
    values = [rows.value(level) for level in levels]
    gains = {(agent, k): rows.derivative(agent, levels[k]) for agent, k in problem.utility_pairs()}
    small = problem.denominator()
    costs = [problem.beliefs.state_value(multipliers, state) for state in range(problem.states)]
    full = common_denominator((Fraction(1, small), *costs))
    least: Whole | None = None
    for state, cost in enumerate(costs):
        objective: Whole = np.zeros(rows.node.shape, dtype=object)
        for k, payoff in problem.payoff.get(state, {}).items():
            objective = objective + scaled(payoff, small) * values[k]
        for pair, utility in problem.utilities.get(state, {}).items():
            objective = objective + scaled(utility, small) * gains[pair]
        objective = (full // small) * objective - scaled(cost, full) * mechanism.denominator * rows.scale
        least = objective if least is None else np.minimum(least, objective)
    if least is None:
        raise Flaw("there are no states")
    ratios = Ratios(numerators=least, scale=rows.scale, denominator=full * mechanism.denominator, reach=rows.reach())
    return LeastObjective(ratios=ratios, rows=rows)
