r"""Transfers from a balanced aggregate excess growth, for any number of agents and any grids.

With :math:`\xi_i = \nabla^+_i t_i - t_i` and tails :math:`S_j`, the definition of the grid's operator gives
:math:`\rho_j \xi_{i,j} = S_{j+1} t_{i,j+1} - S_j t_{i,j}`, so that

.. math:: t_{i,j} = -\frac{1}{S_j} \sum_{l \ge j} \rho_l\, \xi_{i,l},

which is zero at action 0 exactly when ξ_i has mean zero in agent i's own action. (Formula (43) of Brooks & Du (2023)
prints
1/ρ_i in place of 1/S; on the published grid the two differ by the factor k below the top.)
"""

import math

import numpy as np

from robustmech.errors import ShapeError
from robustmech.model import FloatArray, Grid


def aggregate_excess_growth(transfers: FloatArray, grids: tuple[Grid, ...]) -> FloatArray:
    r"""Ξ = Σ_i (∇⁺_i t_i − t_i), shape (m_1, …, m_N).

    Args:
        transfers: shape (agents, m_1, …, m_N).
        grids: each agent's grid.
    Source: Brooks & Du (2023), equation (21).
    """
    if transfers.shape != (len(grids), *(grid.actions for grid in grids)):
        raise ShapeError(f"transfers have shape {transfers.shape}: expected the agents and then the grids' sizes")
    total = np.zeros(transfers.shape[1:])
    for i, grid in enumerate(grids):
        own = np.moveaxis(transfers[i], i, -1)
        growth = np.append(np.diff(own, axis=-1), np.zeros((*own.shape[:-1], 1)), axis=-1) * grid.upward
        total += np.moveaxis(growth - own, -1, i)
    return total


def equal_division(growth: FloatArray, grids: tuple[Grid, ...]) -> tuple[FloatArray, ...]:
    r"""Divide a balanced aggregate excess growth equally, each agent's part with mean zero in its own action.

    The equal division of Brooks & Du (2023), B.3.3, summed over the orders of agents ahead of i, depends only on who is
    ahead: with :math:`E_T` the mean over the actions of the agents in T,

    .. math:: \xi_i = \sum_{T \not\ni i} \frac{|T|!\,(N-|T|-1)!}{N!} (E_T \Xi - E_{T \cup i} \Xi),

    the Shapley value of the game :math:`T \mapsto -E_T \Xi`.

    Args:
        growth: Ξ, shape (m_1, …, m_N), with mean zero under the product of the grids' laws (a mean that is not zero
            is taken off).
        grids: each agent's grid.
    Returns:
        ξ_i for each agent, broadcast to the full shape.
    """
    agents = len(grids)
    means = {0: growth}
    for coalition in range(1, 1 << agents):
        i = coalition.bit_length() - 1
        rest = means[coalition & ~(1 << i)]
        law = grids[i].probabilities.reshape([-1 if j == i else 1 for j in range(agents)])
        means[coalition] = (rest * law).sum(axis=i, keepdims=True)
    parts = []
    for i in range(agents):
        part = np.zeros(growth.shape)
        for coalition, mean in means.items():
            if not coalition >> i & 1:
                ahead = coalition.bit_count()
                weight = math.factorial(ahead) * math.factorial(agents - ahead - 1) / math.factorial(agents)
                part += weight * (mean - means[coalition | 1 << i])
        parts.append(part)
    return tuple(parts)


def individual_growth_transfers(
    parts: tuple[FloatArray, ...], grids: tuple[Grid, ...], bottom: tuple[FloatArray, ...] | None = None
) -> FloatArray:
    r"""Transfers with the given individual excess growths, exactly as given at action 0: (agents, m_1, …, m_N).

    From :math:`S_{j+1} t_{j+1} - S_j t_j = \rho_j \xi_j` each transfer follows from its neighbour, upward from action 0
    and downward from the top, until they meet at the likeliest action. A step takes the rounding of the one before into
    account, so that the growth of what is returned is ξ_j to about an ulp of t times S_j/ρ_j, but for the rounding of
    all steps at the likeliest action, where it is divided by the largest ρ.

    Args:
        parts: ξ_i for each agent, whose mean over the own action is minus the transfer at action 0, to rounding.
        grids: each agent's grid.
        bottom: for each agent the transfers at action 0, shape of all actions but its own; zeros if None.
    """
    transfers = []
    for i, (part, grid) in enumerate(zip(parts, grids, strict=True)):
        growth = np.moveaxis(part, i, 0)
        paid = np.zeros(growth.shape)
        if bottom is not None:
            paid[0] = bottom[i]
        meeting = int(np.argmax(grid.probabilities))
        upward, downward = grid.upward, grid.downward
        for j in range(meeting):
            paid[j + 1] = paid[j] + (growth[j] + paid[j]) / upward[j]
        later = np.zeros(growth.shape[1:])
        for j in reversed(range(meeting + 1, grid.actions)):
            later = paid[j] = later - (growth[j] + later) / downward[j]
        transfers.append(np.moveaxis(paid, 0, i))
    return np.stack(transfers)


def rounding_of(transfers: FloatArray, grids: tuple[Grid, ...]) -> FloatArray:
    r"""How far rounding may move the aggregate excess growth of transfers, in units of a roundoff: (m_1, …, m_N).

    It is :math:`\sum_i (S_j / \rho_j) (|t_i(x)| + |t_i(x + e_i)|)`, of which the mean over actions is small wherever
    the single number is large.
    """
    total = np.zeros(transfers.shape[1:])
    for i, grid in enumerate(grids):
        own = np.abs(np.moveaxis(transfers[i], i, -1))
        above = np.append(own[..., 1:], np.zeros((*own.shape[:-1], 1)), axis=-1)
        total += np.moveaxis(grid.downward * (own + above), -1, i)
    return total
