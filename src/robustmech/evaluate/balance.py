r"""Multipliers that make transfers drop out of the potential, exactly.

With independent signals agent i's transfers enter only through their interim means :math:`T_i(j)`. In flows
:math:`f(j,j') = \rho_j \alpha(j,j')` and exits :math:`e(j) = \rho_j \beta(j)`, the coefficient on :math:`T_i(j)` in the
Lagrangian is

.. math:: \rho_j - \sum_{j'} f(j,j') - e(j) + \sum_{j'} f(j',j),

so it vanishes when what arrives at each signal (its probability and the flow in) is what leaves it (the flow out and
the exit); then the exits add up to one. The local multipliers S_j/ρ_j are the flow that sends everything down the
chain: f(j, j−1) = S_j, and e(0) = 1. Source: Brooks & Du (2023), B.2, for the local multipliers.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from robustmech.model import FloatArray, Grid

WholeArray = npt.NDArray[np.object_]
"""An object array of whole numbers of any size."""

_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalancedMultipliers:
    """One agent's multipliers, in balance exactly as rationals and here correctly rounded.

    Args:
        deviations: α(j, j'), shape (m, m).
        participation: β(j), shape (m,).
        operator: L = diag(Σ_{j'} α(j, j') + β(j)) − α, entry by entry, shape (m, m).
    """

    deviations: FloatArray
    participation: FloatArray
    operator: FloatArray


def balanced(grid: Grid, flows: FloatArray, exits: FloatArray) -> BalancedMultipliers:
    """Multipliers in balance from proposed flows and exits; see `balanced_flows`."""
    flow, leaving = balanced_flows(grid, flows, exits)
    supply = np.array([w << _BITS for w in grid.weights], dtype=object)
    deviations = (flow / supply[:, None]).astype(np.float64)
    return BalancedMultipliers(
        deviations=deviations,
        participation=(leaving / supply).astype(np.float64),
        operator=np.diag(((flow.sum(axis=1) + leaving) / supply).astype(np.float64)) - deviations,
    )


def balanced_flows(grid: Grid, flows: FloatArray, exits: FloatArray) -> tuple[WholeArray, WholeArray]:
    """Put proposed flows and exits in balance, exactly.

    What leaves a signal in excess is sent to it from signals at which something is left over, directly: each pair of
    signals has a truth-telling constraint. What is then left over leaves there, through participation. For a solver's
    proposal all of this is as small as its residual.

    Args:
        flows: f(j, j'), shape (m, m), any numbers; the diagonal is ignored.
        exits: e(j), shape (m,), any numbers; scaled down if they add up to more than one.
    Returns:
        Flows (m, m) and exits (m,) in whole numbers, in units of 2^−64 over the sum of the grid's weights.
    """
    total = grid.total
    supply = np.array([w << _BITS for w in grid.weights], dtype=object)
    flow = _whole(flows) * total
    np.fill_diagonal(flow, 0)
    leaving = _whole(exits)
    if leaving.sum() > 1 << _BITS:
        leaving = (leaving << _BITS) // leaving.sum()
    leaving = leaving * total
    left = supply + flow.sum(axis=0) - flow.sum(axis=1) - leaving
    _ship(flow, left)
    return flow, leaving + left


def _ship(flow: WholeArray, left: WholeArray) -> None:
    """Cover deficits in ``left`` by flows from surpluses, in place; the total of ``left`` must be at least zero."""
    surpluses = sorted((j for j in range(left.size) if left[j] > 0), key=lambda j: -left[j])
    for deficit in np.flatnonzero(left < 0):
        while left[deficit] < 0:
            source = surpluses[-1]
            sent = min(left[source], -left[deficit])
            flow[source, deficit] += sent
            left[source] -= sent
            left[deficit] += sent
            if not left[source]:
                surpluses.pop()


def _whole(numbers: FloatArray) -> WholeArray:
    """Non-negative numbers as whole multiples of 2^−64, rounded down."""
    clipped = np.clip(numbers, 0.0, None)
    whole = [int(math.ldexp(number, _BITS)) for number in clipped.ravel().tolist()]
    return np.array(whole, dtype=object).reshape(clipped.shape)
