"""With transfers: what agents pay has the aggregate excess growth that the lower number needs."""

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import Whole, exact_doubles, first_place, scaled
from robustmech.verification.grid import Grid, next_action
from robustmech.verification.guarantee import LeastObjective

RELATIVE_TOLERANCE = Fraction(1, 10**9)


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
    """`W(x) Σ_i (∇⁺_i t_i − t_i)(x)`, as whole numbers and their denominator.

    Args:
        grid: the grid, whose `W` this is.
        transfers: doubles (agents, m_1, …, m_N), each taken to be exactly what it is.
    """
    payments, denominator = exact_doubles(transfers)
    mass = grid.mass()
    total: Whole = np.zeros(grid.shape, dtype=object)
    for agent, own in enumerate(payments):
        total = total + grid.upward_mass(agent) * (next_action(own, agent) - own) - mass * own
    return total, denominator


def check_growth(
    what: str,
    weighted: tuple[Whole, int],
    objective: LeastObjective,
    expectation: Fraction,
    largest_utility: Fraction,
) -> str:
    """A function of the profile equals `Ξ(x) − E` within 1e-9 of the largest `|Ξ|` or of the largest utility.

    Args:
        what: the function's name, for messages.
        weighted: `W(x)` times the function, as whole numbers and their denominator.
        objective: `Ξ`.
        expectation: `E`.
        largest_utility: the largest `|u[i,θ,k]|`.
    """
    numerators, denominator = weighted
    tolerance = RELATIVE_TOLERANCE * max(objective.largest(), largest_utility)
    common = math.lcm(denominator, objective.denominator, expectation.denominator, tolerance.denominator)
    difference = np.abs(
        (common // denominator) * numerators
        - (common // objective.denominator) * objective.numerators
        + scaled(expectation, common) * objective.mass
    )
    wrong = difference > scaled(tolerance, common) * objective.mass
    if np.any(wrong):
        profile = first_place(wrong)
        error = Fraction(difference[profile], common * objective.mass[profile])
        raise Flaw(f"{what} differs by {described(error)} from what it must be at profile {profile}")
    return f"{what} is the balanced least objective to within {float(tolerance):.2g}"
