"""The lower number: the guarantee of a mechanism, from `mechanism.npz` and the multipliers on the beliefs."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

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
from robustmech.verification.grid import Grid, next_action
from robustmech.verification.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """The allocation `c(x) = decisions(x) / denominator`, and with transfers what each agent pays.

    Args:
        decisions: whole numbers (m_1, …, m_N, decisions).
        denominator: a positive whole number.
        growth: aggregate excess growth, doubles (m_1, …, m_N), `None` without transfers.
        transfers: doubles (agents, m_1, …, m_N), `None` without transfers.
    """

    decisions: Whole
    denominator: int
    growth: npt.NDArray[np.float64] | None
    transfers: npt.NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastObjective:
    r"""`Ξ(x) = numerators(x) / (mass(x) · denominator)`, where `mass` is the grid's `W`."""

    numerators: Whole
    mass: Whole
    denominator: int

    def expectation(self, total: int) -> Fraction:
        """`Σ_x ρ(x) Ξ(x)`, where `total` is the sum of `W`."""
        return Fraction(int(self.numerators.sum()), total * self.denominator)

    def least(self) -> Fraction:
        """`min_x Ξ(x)`."""
        return least_ratio(self.numerators, self.mass) / self.denominator

    def largest(self) -> Fraction:
        """`max_x |Ξ(x)|`."""
        return -least_ratio(-np.abs(self.numerators), self.mass) / self.denominator


def read_mechanism(data: bytes, name: str, problem: Problem, grid: Grid) -> Mechanism:
    """Read `mechanism.npz`."""
    expected = {
        "decisions": Expected(kind="<i8", shape=(*grid.shape, problem.decisions)),
        "denominator": Expected(kind="<i8", shape=()),
    }
    if problem.transfers:
        expected["aggregate_excess_growth"] = Expected(kind="<f8", shape=grid.shape)
        expected["transfers"] = Expected(kind="<f8", shape=(problem.agents, *grid.shape))
    arrays: dict[str, npt.NDArray[Any]] = read_arrays(data, name, expected)
    denominator = int(arrays["denominator"])
    if denominator <= 0:
        raise Flaw(f"{name}: the denominator is {denominator}, not positive")
    return Mechanism(
        decisions=whole_array(arrays["decisions"]),
        denominator=denominator,
        growth=arrays.get("aggregate_excess_growth"),
        transfers=arrays.get("transfers"),
    )


def check_participation(problem: Problem, mechanism: Mechanism) -> str:
    """`Σ_k u[i,θ,k] c_k(x) ≥ 0` for every agent i, state θ, and profile x with `x_i = 0`."""
    denominator = problem.denominator()
    at_bottom = [np.take(mechanism.decisions, 0, axis=agent) for agent in range(problem.agents)]
    for state, entries in problem.utilities.items():
        utilities: dict[int, Whole] = {}
        for (agent, decision), value in entries.items():
            term = scaled(value, denominator) * at_bottom[agent][..., decision]
            utilities[agent] = utilities[agent] + term if agent in utilities else term
        for agent, utility in utilities.items():
            wrong = np.asarray(utility < 0)
            if np.any(wrong):
                others = first_place(wrong)
                amount = Fraction(np.asarray(utility)[others], denominator * mechanism.denominator)
                profile = (*others[:agent], 0, *others[agent:])
                raise Flaw(f"agent {agent} gets {described(amount)} at profile {profile} in state {state}")
    return "action 0 gives every agent at least zero in every state"


def least_objective(
    problem: Problem, grid: Grid, mechanism: Mechanism, multipliers: Sequence[Fraction]
) -> LeastObjective:
    r"""`Ξ(x) = min_θ { Σ_k [ w[θ,k] c_k(x) + Σ_i u[i,θ,k] (∇⁺_i c_k)(x) ] − λ(θ) }`.

    Everything is multiplied by `W(x)`, by the allocation's denominator, and by a number that clears the
    denominators of utilities, payoffs and λ. As `W (∇⁺_i c_k)(x) = upward_mass_i(x) (c_k(x+e_i) − c_k(x))`,
    each state's objective is a combination of the same few whole-number arrays.
    """
    mass = grid.mass()
    levels = [mechanism.decisions[..., k] for k in range(problem.decisions)]
    weighted = [mass * level for level in levels]
    upward = [grid.upward_mass(agent) for agent in range(problem.agents)]
    gains = {
        (agent, k): upward[agent] * (next_action(levels[k], agent) - levels[k]) for agent, k in problem.utility_pairs()
    }
    small = problem.denominator()
    values = [problem.beliefs.state_value(multipliers, state) for state in range(problem.states)]
    full = common_denominator((Fraction(1, small), *values))
    least: Whole | None = None
    for state, value in enumerate(values):
        objective: Whole = np.zeros(grid.shape, dtype=object)
        for k, payoff in problem.payoff.get(state, {}).items():
            objective = objective + scaled(payoff, small) * weighted[k]
        for pair, utility in problem.utilities.get(state, {}).items():
            objective = objective + scaled(utility, small) * gains[pair]
        objective = (full // small) * objective - scaled(value, full) * mechanism.denominator * mass
        least = objective if least is None else np.minimum(least, objective)
    if least is None:
        raise Flaw("there are no states")
    return LeastObjective(numerators=least, mass=mass, denominator=full * mechanism.denominator)
