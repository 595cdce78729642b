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
    digits,
    first_place,
    least_ratio,
    scaled,
    whole_array,
)
from robustmech.verification.integrity import Folder
from robustmech.verification.limits import check_array, check_steps, longest, longest_scaled, product_weight
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places, Rows

_AT_A_TIME = 5
"""Arrays of the objective: the least so far, that of a state, and what it is made of."""


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
    r"""A function of the row, `numerators / (scale · denominator)`, with a positive scale for each row."""

    numerators: Whole
    scale: Whole
    denominator: int

    def less(self, numerators: Whole, denominator: int) -> "Ratios":
        """The function less another one, which is `numerators / denominator` at every row."""
        wide, count = digits(numerators), len(self.scale)
        own = digits(self.numerators) + denominator.bit_length()
        bits = max(own, self.denominator.bit_length() + digits(self.scale) + wide)
        check_array(6 * count, bits, "the objective less the growth")
        taken = (self.denominator * self.scale) * numerators
        return Ratios(
            numerators=denominator * self.numerators - taken,
            scale=self.scale,
            denominator=denominator * self.denominator,
        )

    def least(self) -> Fraction:
        """The least value."""
        return least_ratio(self.numerators, self.scale) / self.denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What each agent pays at each profile of a grid.

    Args:
        amounts: whole numbers (agents, m_1, …, m_N).
        denominator: theirs, positive.
    """

    amounts: Whole
    denominator: int


def read_mechanism(
    files: Folder, name: str, problem: Problem, actions: Actions, *, on_grid: bool, with_entry: bool
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
    arrays: dict[str, npt.NDArray[Any]] = read_arrays(files, name, expected)
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


def check_participation(problem: Problem, actions: Actions, mechanism: Mechanism, paid: Paid | None) -> str:
    """`Σ_k u[i,θ,k] c_k(x) ≥ t_i(x)` for every agent i, state θ, and node x at which i takes action 0.

    Args:
        problem: with payments at action 0 among the decisions, unless they are in t.
        actions: the grid or mesh.
        mechanism: likewise.
        paid: t, shape (agents, nodes); nothing where it is `None`.
    """
    denominator = problem.denominator()
    decisions = mechanism.decisions.reshape(-1, problem.decisions)
    unit = denominator * mechanism.denominator
    wide = longest_scaled(problem.utility_numbers(), denominator)
    bits = wide + digits(decisions) + (0 if paid is None else paid.denominator.bit_length())
    bits = max(bits, 0 if paid is None else unit.bit_length() + digits(paid.amounts))
    nodes_in_all = sum(len(actions.lowest(agent)) for agent in range(problem.agents))
    check_array(4 * nodes_in_all, bits, "participation")
    check_steps(nodes_in_all, problem.terms() * product_weight(bits, wide), "participation")
    for agent in range(problem.agents):
        nodes = actions.lowest(agent)
        own = decisions[nodes]
        charged: Whole = np.zeros(len(nodes), dtype=object)
        clear = 1
        if paid is not None:
            charged, clear = unit * paid.amounts[agent].ravel()[nodes], paid.denominator
        for state in range(problem.states):
            worth: Whole = np.zeros(len(nodes), dtype=object)
            for (one, decision), value in problem.utilities.get(state, {}).items():
                if one == agent:
                    worth = worth + scaled(value, denominator) * own[:, decision]
            short = np.asarray(clear * worth < charged)
            if np.any(short):
                (place,) = first_place(short)
                amount = Fraction(int(clear * worth[place] - charged[place]), clear * unit)
                where = node_name(int(nodes[place]), actions.node_shape)
                raise Flaw(f"agent {agent} gets {described(amount)} at {where} in state {state}")
    return "action 0 leaves every agent at least zero in every state"


def node_name(place: int, shape: tuple[int, ...]) -> str:
    """A place in an array, for messages."""
    if len(shape) == 1:
        return f"entry {place}"
    return f"profile {tuple(int(index) for index in np.unravel_index(place, shape))}"


def least_objective(problem: Problem, rows: Rows, mechanism: Mechanism, multipliers: Sequence[Fraction]) -> Ratios:
    r"""`Ξ = min_θ { Σ_k [ w[θ,k] c_k + Σ_i u[i,θ,k] D_i(c_k) ] − λ(θ) }` at every row.

    Everything is multiplied by the row's scale, by the allocation's denominator, and by a number that clears
    the denominators of utilities, payoffs and λ: each state's objective is a combination of the same few
    whole-number arrays.
    """
    small = problem.denominator()
    costs = _costs(problem, multipliers)
    full = common_denominator((Fraction(1, small), *costs))
    _check_size(problem, rows, mechanism, costs, full)
    levels = [mechanism.decisions[..., k].ravel() for k in range(problem.decisions)]
    values = {k: rows.value(levels[k]) for k in problem.payoff_decisions()}
    gains = {(agent, k): rows.derivative(agent, levels[k]) for agent, k in problem.utility_pairs()}
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
    return Ratios(numerators=least, scale=rows.scale, denominator=full * mechanism.denominator)


def _costs(problem: Problem, multipliers: Sequence[Fraction]) -> list[Fraction]:
    """`λ(θ)` in every state, as long as memory holds them."""
    costs: list[Fraction] = []
    bits = 0
    for state in range(problem.states):
        costs.append(problem.beliefs.state_value(multipliers, state))
        bits += longest(costs[-1].as_integer_ratio())
        check_array(1, 2 * bits, "the multipliers times the rows of the beliefs")
    return costs


def _check_size(problem: Problem, rows: Rows, mechanism: Mechanism, costs: Sequence[Fraction], full: int) -> None:
    """Refuse what would take hours, or more memory than there is, by all that enters a product."""
    count, small = len(rows.node), problem.denominator()
    terms = [*rows.value_terms, *(term for slope in rows.slopes for term in slope)]
    scale = digits(rows.scale)
    level = (
        max((scale, *(digits(factors) for _, factors in terms))) + digits(mechanism.decisions) + len(terms).bit_length()
    )
    number = longest_scaled((*problem.utility_numbers(), *problem.payoff_numbers()), small)
    raised, cost = (full // small).bit_length(), longest_scaled(costs, full)
    bits = max(raised + number + level, cost + mechanism.denominator.bit_length() + scale)
    arrays = len(problem.payoff_decisions()) + len(problem.utility_pairs())
    check_array(count * arrays, level, "the objective's values and derivatives")
    check_array(count * _AT_A_TIME, bits, "the objective")
    products = product_weight(number, level) * problem.terms()
    products += (product_weight(raised, number + level) + product_weight(cost, scale)) * problem.states
    check_steps(count, products, "the objective")
