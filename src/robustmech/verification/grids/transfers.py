"""Transfers on a grid: what agents pay beside entry payments, and its aggregate excess growth."""

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import Whole, exact_doubles, first_place
from robustmech.verification.grids.grid import Grid, next_action
from robustmech.verification.guarantee import Mechanism


def beside_entry(transfers: npt.NDArray[np.float64], mechanism: Mechanism, unit: Fraction | None) -> tuple[Whole, int]:
    """What agents pay beside entry payments, as whole numbers (agents, m_1, …, m_N) and their denominator.

    Args:
        transfers: doubles (agents, m_1, …, m_N), each taken to be exactly what it is.
        mechanism: with its entry payments.
        unit: theirs, `None` if there are none.
    """
    payments, denominator = exact_doubles(transfers)
    if unit is None or mechanism.entry is None:
        return payments, denominator
    small = unit.denominator * mechanism.denominator
    common = math.lcm(denominator, small)
    entry = np.moveaxis(mechanism.entry, -1, 0) * (unit.numerator * (common // small))
    return payments * (common // denominator) - entry, common


def check_payment_at_bottom(transfers: npt.NDArray[np.float64], payments: Whole, denominator: int) -> str:
    """Where `x_i = 0` the transfer is the largest double that is at most the entry payment: zero where there is none.

    Args:
        transfers: doubles (agents, m_1, …, m_N).
        payments: whole numbers (agents, m_1, …, m_N), what is paid beside entry payments.
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
            raise Flaw(f"agent {agent} pays {amount} at profile {profile} beside the entry payment, not zero")
    return "action 0 pays the entry payment and nothing else"


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
