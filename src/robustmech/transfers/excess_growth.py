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


def individual_growth_transfers(parts: tuple[FloatArray, ...], grids: tuple[Grid, ...]) -> FloatArray:
    """Transfers with the given individual excess growths, exactly zero at action 0: shape (agents, m_1, …, m_N)."""
    transfers = []
    for i, (part, grid) in enumerate(zip(parts, grids, strict=True)):
        own = np.moveaxis(part, i, -1) * grid.probabilities
        tail_sums = np.cumsum(own[..., ::-1], axis=-1)[..., ::-1]
        tails = np.array([s / grid.total for s in grid.tails[:-1]])
        paid = -tail_sums / tails
        paid[..., 0] = 0.0
        transfers.append(np.moveaxis(paid, -1, i))
    return np.stack(transfers)
