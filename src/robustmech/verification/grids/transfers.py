"""Transfers on a grid: what agents pay, and its aggregate excess growth."""

import numpy as np
import numpy.typing as npt

from robustmech.verification.checks import Flaw
from robustmech.verification.exactness import Whole, exact_doubles, first_place
from robustmech.verification.grids.grid import Grid, next_action


def check_no_payment_at_bottom(transfers: npt.NDArray[np.float64]) -> str:
    """`t_i(x)` is exactly zero where `x_i = 0`.

    Args:
        transfers: doubles (agents, m_1, …, m_N).
    """
    for agent, own in enumerate(transfers):
        wrong = np.asarray(np.take(own, 0, axis=agent) != 0)
        if np.any(wrong):
            others = first_place(wrong)
            profile = (*others[:agent], 0, *others[agent:])
            raise Flaw(f"agent {agent} pays {float(own[profile])!r} at profile {profile}, not zero")
    return "action 0 pays nothing"


def weighted_growth(grid: Grid, transfers: npt.NDArray[np.float64]) -> tuple[Whole, int]:
    """`W(x) Σ_i (∇⁺_i t_i − t_i)(x)` at every profile in turn, as whole numbers and their denominator.

    Args:
        grid: the grid, whose `W` this is: the scale of its rows.
        transfers: doubles (agents, m_1, …, m_N), each taken to be exactly what it is.
    """
    payments, denominator = exact_doubles(transfers)
    mass = grid.mass()
    total: Whole = np.zeros(grid.shape, dtype=object)
    for agent, own in enumerate(payments):
        total = total + grid.upward_mass(agent) * (next_action(own, agent) - own) - mass * own
    return total.ravel(), denominator
