r"""Mechanisms as they are stored, and the number that each has with its own transfers, rounded down.

Whatever transfers leave action 0 secure, with aggregate excess growth G every equilibrium gives the designer at least
:math:`b \cdot y + \min_x [\Xi(x) - G(x)]`. With G = Ξ − E Ξ this is the number of the program; transfers in doubles
have another growth, and the number of the mechanism is theirs. What rounding may do to Ξ − G at a row is taken off Ξ
before transfers are made for it, so that it costs what it comes to on average, and not where it is largest.
Source: docs/sharp-bounds.md, section 6.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import fsum

import numpy as np

from robustmech.bounds.entry import Entry
from robustmech.bounds.evaluation import (
    multiplier_value,
    round_down,
    state_multipliers_of,
    strategic_value,
    strategic_virtual_objective,
)
from robustmech.elements import MechanismMesh, PiecewiseLinearMechanism, stored_growth
from robustmech.model import (
    MECHANISM_DENOMINATOR,
    Discretisation,
    Environment,
    FloatArray,
    Grid,
    IntArray,
    Mechanism,
    RationalArray,
    floats,
)
from robustmech.transfers import aggregate_excess_growth, equal_division, individual_growth_transfers, rounding_of

_UNIT_ROUNDOFF = 2.0**-53
_MORE = 1 + 1e-6
_MEAN_ROUNDINGS = 40
"""Roundings in the mean of stored growth: of masses, of a piece's mean, of their product."""
_TRANSFER_ROUNDINGS, _GROWTH_ROUNDINGS = 2.0, 8.0


def least_objective(
    environment: Environment, discretisation: Discretisation, counts: IntArray, multipliers: RationalArray
) -> FloatArray:
    """Ξ at every row, rounded down: at most what it is for the exact decisions and multipliers."""
    objective, error = strategic_virtual_objective(environment, discretisation, counts)
    levels = floats(state_multipliers_of(environment, multipliers))
    error = error + 3 * _UNIT_ROUNDOFF * (np.abs(objective) + np.abs(levels))
    least: FloatArray = (objective - levels - error).min(axis=1)
    return least


def mechanism_on_grids(
    grids: tuple[Grid, ...],
    environment: Environment,
    discretisation: Discretisation,
    counts: IntArray,
    multipliers: RationalArray,
    entry: Entry | None,
) -> tuple[Mechanism, float]:
    """The finite mechanism and its number.

    Args:
        grids: each agent's grid.
        environment: with payments at action 0 among its decisions, if there are any.
        discretisation: the grids'.
        counts: decisions in units of 2^−40, shape (profiles, decisions).
        multipliers: y.
        entry: the environment without and with payments at action 0, if there are any.
    """
    shape = tuple(grid.actions for grid in grids)
    if not environment.transfers:
        mechanism = Mechanism(
            grids=grids,
            decision_counts=counts.reshape(*shape, environment.decisions),
            decision_names=environment.decision_names,
        )
        return mechanism, strategic_value(environment, discretisation, counts, multipliers)[0]
    without = environment if entry is None else entry.without
    payments = None if entry is None else entry.payments(counts.reshape(*shape, -1))
    kept = np.ascontiguousarray(counts[:, : without.decisions])
    least = least_objective(without, discretisation, kept, multipliers).reshape(shape)
    bottom = None if payments is None else payments.at_the_bottom()
    transfers = transfers_below(least, grids, bottom)
    growth, error = _growth_of(transfers, grids)
    margin = least - growth
    margin -= (error + 3 * _UNIT_ROUNDOFF * (np.abs(least) + np.abs(growth))) * _MORE
    value = round_down(Fraction(float(margin.min())) + multiplier_value(without, multipliers))
    beside = transfers if payments is None else transfers - np.moveaxis(payments.amounts, -1, 0)
    mechanism = Mechanism(
        grids=grids,
        decision_counts=kept.reshape(*shape, without.decisions),
        transfers=transfers,
        aggregate_excess_growth=aggregate_excess_growth(beside, grids),
        decision_names=without.decision_names,
        entry_payments=payments,
    )
    return mechanism, value


def transfers_below(
    least: FloatArray, grids: tuple[Grid, ...], bottom: Sequence[FloatArray] | None = None
) -> FloatArray:
    r"""Transfers whose aggregate excess growth is at most Ξ less a number, as large a number as doubles allow.

    Args:
        least: Ξ, shape (m_1, …, m_N).
        grids: each agent's grid.
        bottom: what each agent pays at action 0, shape of the other agents' actions; zeros if None.
    Returns:
        Shape (agents, m_1, …, m_N).
    """
    paid = None
    if bottom is not None:
        paid = tuple(np.broadcast_to(np.expand_dims(own, i), least.shape) for i, own in enumerate(bottom))

    def made(target: FloatArray) -> FloatArray:
        parts = equal_division(target if paid is None else target + np.sum(paid, axis=0), grids)
        if paid is not None and bottom is not None:
            parts = tuple(part - own for part, own in zip(parts, paid, strict=True))
        return individual_growth_transfers(parts, grids, None if bottom is None else tuple(bottom))

    first = made(least)
    rounding = _TRANSFER_ROUNDINGS * rounding_of(first, grids) + _GROWTH_ROUNDINGS * np.abs(least)
    return made(least - _UNIT_ROUNDOFF * rounding)


def _growth_of(transfers: FloatArray, grids: tuple[Grid, ...]) -> tuple[FloatArray, FloatArray]:
    """The aggregate excess growth of transfers in doubles, and a bound on its rounding error."""
    total = np.zeros(transfers.shape[1:])
    size = np.zeros(total.shape)
    for i, grid in enumerate(grids):
        own = np.moveaxis(transfers[i], i, -1)
        rise = np.append(np.diff(own, axis=-1), np.zeros((*own.shape[:-1], 1)), axis=-1) * grid.upward
        total += np.moveaxis(rise - own, -1, i)
        size += np.moveaxis(np.abs(rise) + np.abs(own), -1, i)
    return total, size * (2 * len(grids) + 6) * _UNIT_ROUNDOFF


def mechanism_on_mesh(
    mesh: MechanismMesh,
    environment: Environment,
    discretisation: Discretisation,
    counts: IntArray,
    multipliers: RationalArray,
) -> tuple[PiecewiseLinearMechanism, float]:
    """The rule for real bids and its number; arguments as for grids."""
    growth = None
    if environment.transfers:
        least = least_objective(environment, discretisation, counts, multipliers)
        decisions = counts / MECHANISM_DENOMINATOR
        growth = mesh.parts(environment, decisions, least - discretisation.mass @ least)
    mechanism = PiecewiseLinearMechanism(
        mesh=mesh,
        decision_counts=counts.reshape(*mesh.node_shape, environment.decisions),
        growth=growth,
        own_decisions=environment.own_decisions,
        decision_names=environment.decision_names,
    )
    return mechanism, value_on_mesh(mechanism, environment, discretisation, multipliers)


def value_on_mesh(
    mechanism: PiecewiseLinearMechanism,
    environment: Environment,
    discretisation: Discretisation,
    multipliers: RationalArray,
) -> float:
    r"""The number of a rule for real bids with the growth A that it stores: :math:`b \cdot y + \min [\Xi - A] + E A`.

    Args:
        mechanism: with payments at action 0 among its decisions, if there are any.
        environment: likewise.
        discretisation: the mesh's.
        multipliers: y.
    """
    counts = mechanism.decision_counts.reshape(-1, environment.decisions)
    if mechanism.growth is None:
        return strategic_value(environment, discretisation, counts, multipliers)[0]
    stored = stored_growth(mechanism.mesh, discretisation, mechanism.growth)
    least = least_objective(environment, stored.discretisation, counts, multipliers)
    margin = least - stored.growth - 4 * _UNIT_ROUNDOFF * (np.abs(least) + stored.growth_size) * _MORE
    lowest = Fraction(float(margin.min()))
    if stored.payoff is not None:
        lowest += Fraction(_payoff_missed(environment, counts, stored.payoff))
    products = stored.mass * stored.mean
    doubt = fsum(stored.mass * stored.size) * _MEAN_ROUNDINGS * stored.terms * _UNIT_ROUNDOFF
    return round_down(lowest + Fraction(fsum(products)) - Fraction(doubt) + multiplier_value(environment, multipliers))


def _payoff_missed(environment: Environment, counts: IntArray, payoff: FloatArray) -> float:
    """At least how far the designer's payoff at nodes is above what is stored of it, rounded down."""
    decisions, weights = counts / MECHANISM_DENOMINATOR, environment.payoff_rounded[0]
    true, size = decisions @ weights, decisions @ np.abs(weights) + np.abs(payoff)
    return float((true - payoff - (environment.decisions + 4) * _UNIT_ROUNDOFF * size).min())
