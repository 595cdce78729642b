"""Transfers on a grid: what agents pay at action 0, and the aggregate excess growth."""

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import Whole, digits, exact_doubles, first_place
from robustmech.verification.grids.grid import Grid, next_action
from robustmech.verification.guarantee import Mechanism, Paid
from robustmech.verification.limits import check_array

_AGREEMENT = 10**9
"""One over how far the growth written for people may be from that of the transfers, beside the sizes of its terms."""


def stored_transfers(transfers: npt.NDArray[np.float64]) -> Paid:
    """The transfers, each double taken to be exactly what it is."""
    amounts, denominator = exact_doubles(transfers)
    return Paid(amounts=amounts, denominator=denominator)


def beside_entry(paid: Paid, mechanism: Mechanism, unit: Fraction | None) -> Paid:
    """What agents pay beside entry payments.

    Args:
        paid: all that they pay.
        mechanism: with its entry payments.
        unit: theirs, `None` if there are none.
    """
    if unit is None or mechanism.entry is None:
        return paid
    small = unit.denominator * mechanism.denominator
    common = math.lcm(paid.denominator, small)
    bits = (common // paid.denominator).bit_length() + digits(paid.amounts)
    raised = unit.numerator * (common // small)
    bits = max(bits, raised.bit_length() + digits(mechanism.entry))
    check_array(4 * paid.amounts.size, bits, "what is paid beside entry payments")
    entry = np.moveaxis(mechanism.entry, -1, 0) * raised
    return Paid(amounts=paid.amounts * (common // paid.denominator) - entry, denominator=common)


def check_payment_at_bottom(transfers: npt.NDArray[np.float64], beside: Paid) -> str:
    """Where `x_i = 0` the transfer is the largest double that is at most the entry payment: zero where there is none.

    Args:
        transfers: doubles (agents, m_1, …, m_N).
        beside: what is paid beside entry payments.
    """
    for agent, (paid, above) in enumerate(zip(transfers, beside.amounts, strict=True)):
        bottom, excess = np.take(paid, 0, axis=agent), np.take(above, 0, axis=agent)
        step, unit = exact_doubles(np.nextafter(bottom, np.inf) - bottom)
        wrong = np.asarray((excess > 0) | (excess * unit + step * beside.denominator <= 0))
        if np.any(wrong):
            others = first_place(wrong)
            profile = (*others[:agent], 0, *others[agent:])
            amount = described(Fraction(int(excess[others]), beside.denominator))
            raise Flaw(f"agent {agent} pays {amount} at profile {profile} beside the entry payment, not zero")
    return "action 0 pays the entry payment and nothing else"


def weighted_growth(grid: Grid, paid: Paid) -> Whole:
    """`W(x) Σ_i (∇⁺_i t_i − t_i)(x)` at every profile in turn, times the denominator of the transfers t.

    Args:
        grid: the grid, whose `W` this is: the scale of its rows.
        paid: the transfers.
    """
    mass = grid.mass()
    check_array(4 * mass.size, grid.total.bit_length() + digits(paid.amounts), "the growth of the transfers")
    total: Whole = np.zeros(grid.shape, dtype=object)
    for agent, own in enumerate(paid.amounts):
        total = total + grid.upward_mass(agent) * (next_action(own, agent) - own) - mass * own
    return total.ravel()


def check_written_growth(grid: Grid, written: npt.NDArray[np.float64], paid: Paid, beside: Paid) -> str:
    """The growth that is written for people is that of the transfers beside entry payments.

    To 1e-9 of the sizes of the terms that it is the sum of at a profile; the number does not depend on it.
    """
    mass = grid.mass()
    size: Whole = np.zeros(grid.shape, dtype=object)
    for agent, own in enumerate(paid.amounts):
        sizes = np.abs(own)
        size = size + grid.upward_mass(agent) * (next_action(sizes, agent) + sizes) + mass * sizes
    numerators, denominator = exact_doubles(written)
    bits = grid.total.bit_length() + beside.denominator.bit_length() + denominator.bit_length()
    bits += _AGREEMENT.bit_length() + max(digits(numerators), digits(paid.amounts), digits(beside.amounts))
    check_array(8 * mass.size, bits, "the written growth")
    right = weighted_growth(grid, beside).reshape(grid.shape)
    difference = np.abs(beside.denominator * (mass * numerators) - denominator * right)
    allowed = denominator * beside.denominator * size
    wrong = np.asarray(_AGREEMENT * paid.denominator * difference > allowed)
    if np.any(wrong):
        profile = first_place(wrong)
        error = Fraction(int(difference[profile]), int(mass[profile]) * denominator * beside.denominator)
        raise Flaw(f"differs by {described(error)} from the growth of the transfers at profile {profile}")
    return "is that of the transfers, for people"
