"""Transfers on a grid: what agents pay above floor prices, and its aggregate excess growth."""

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import Whole, common_denominator, exact_doubles, first_place, scaled
from robustmech.verification.grids.grid import Grid, next_action


def above_floors(
    transfers: npt.NDArray[np.float64], decisions: Whole, unit: int, prices: Mapping[tuple[int, int], Fraction]
) -> tuple[Whole, int]:
    """`t_i − Σ_k a[i,k] c_k`, as whole numbers (agents, m_1, …, m_N) and their denominator.

    Args:
        transfers: doubles (agents, m_1, …, m_N), each taken to be exactly what it is.
        decisions: whole numbers (m_1, …, m_N, decisions), the decisions `c` times the unit.
        unit: a positive whole number.
        prices: `a`, by (agent, decision).
    """
    payments, denominator = exact_doubles(transfers)
    if not prices:
        return payments, denominator
    small = common_denominator(prices.values())
    common = math.lcm(denominator, small * unit)
    above: Whole = payments * (common // denominator)
    for (agent, decision), price in prices.items():
        above[agent] = above[agent] - scaled(price, small) * (common // (small * unit)) * decisions[..., decision]
    return above, common


def check_payment_at_bottom(transfers: npt.NDArray[np.float64], payments: Whole, denominator: int) -> str:
    """Where `x_i = 0` the transfer is the largest double that is at most the floor prices: zero where there are none.

    Args:
        transfers: doubles (agents, m_1, …, m_N).
        payments: whole numbers (agents, m_1, …, m_N), what is paid above floor prices.
        denominator: their denominator.
    """
    for agent, (paid, above) in enumerate(zip(transfers, payments, strict=True)):
        bottom, excess = np.take(paid, 0, axis=agent), np.take(above, 0, axis=agent)
        step, unit = exact_doubles(np.nextafter(bottom, np.inf) - bottom)
        wrong = np.asarray((excess > 0) | (excess * unit + step * denominator <= 0))
        if np.any(wrong):
            others = first_place(wrong)
            profile = (*others[:agent], 0, *others[agent:])
            amount = described(Fraction(int(excess[others]), denominator))
            raise Flaw(f"agent {agent} pays {amount} at profile {profile} beside floor prices, not zero")
    return "action 0 pays floor prices and nothing else"


def weighted_growth(grid: Grid, payments: Whole, denominator: int) -> tuple[Whole, int]:
    """`W(x) Σ_i (∇⁺_i t_i − t_i)(x)` at every profile in turn, as whole numbers and their denominator.

    Args:
        grid: the grid, whose `W` this is: the scale of its rows.
        payments: whole numbers (agents, m_1, …, m_N), the transfers t times the denominator.
        denominator: a positive whole number.
    """
    mass = grid.mass()
    total: Whole = np.zeros(grid.shape, dtype=object)
    for agent, own in enumerate(payments):
        total = total + grid.upward_mass(agent) * (next_action(own, agent) - own) - mass * own
    return total.ravel(), denominator
