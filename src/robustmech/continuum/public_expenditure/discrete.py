r"""The public expenditure problem solved exactly on an even grid, by the same proportional forms as in the continuum.

Agents' actions and signals are whole numbers :math:`j_i` with sum n, and the local multipliers are the same at all of
them: κ upward and d = κ + 1 downward. With shares :math:`j_i/n` both virtual objectives depend on n alone.

Averaging the continuum's information over cells would not do: its density is unbounded where all signals are low, and
the potential of the averages grows without bound as the grid gets finer.
"""

import math

import numpy as np

from robustmech.continuum.public_expenditure.model import PublicExpenditure
from robustmech.continuum.public_expenditure.sharing import proportional_shares
from robustmech.errors import InputError
from robustmech.model import FloatArray, Grid, IntArray

_EVEN = 1e-9


def discrete_contributions(problem: PublicExpenditure, grid: Grid) -> FloatArray:
    r"""The best proportional cost sharing on an even grid: what each agent contributes, shape (m, …, m, agents).

    With spending E(n), the strategic virtual objective (4) is the same in every state, and equal to λ where

    .. math:: \kappa \Big(\bar\theta - 1 - \frac{N-1}{n+1}\Big) E(n+1) = \lambda + (\bar\theta - 1)(\kappa - 1)\, E(n),
              \qquad E(0) = 0.

    Spending follows this recursion until it is full at some n*, from where on the objective is at least
    :math:`\bar\theta - 1 - \kappa (N-1)/(n^*+1)`; n* is chosen to make the smaller of the two largest.

    Args:
        problem: the problem in the continuum.
        grid: an even grid (`Grid.published` or `Grid.exponential`), the same for all agents.
    Raises:
        InputError: if the grid's multipliers are not even.
    Source: derived from Brooks & Du (2023), equation (4); the derivation is in docs/public-expenditure.md.
    """
    _require_even(grid)
    spending = _spending_by_sum(problem, float(grid.upward[0]), grid.actions - 1)
    actions, sums = _profiles(problem, grid)
    return np.asarray(proportional_shares(actions) * spending[np.minimum(sums, spending.size - 1)][..., None])


def discrete_law(problem: PublicExpenditure, grid: Grid) -> FloatArray:
    r"""The worst information of the proportional form on an even grid: σ(j, i), shape (m, …, m, agents).

    With :math:`\sigma(j, i) = R(n)\, j_i/n`, the informational virtual objective (8) is the same for whoever pays, and
    zero if and only if

    .. math:: R(n+1) \Big[ \bar\theta\, \frac{n+N}{n+1} - 1 \Big] = R(n)\, (\bar\theta - 1) (1 + 1/d).

    So R follows this recursion up to a largest sum n̄, where alone the virtual objective is positive; the potential is
    at most :math:`(\bar\theta-1)(1+d)` times the probability of n̄, which is made as small as the grid allows. This
    works for every value above one, and where value / agents is at most one it tends to zero as the grid gets finer.

    Args:
        problem: the problem in the continuum, with at least two agents and a value above one.
        grid: an even grid (`Grid.published` or `Grid.exponential`), the same for all agents.
    Raises:
        InputError: if the grid's multipliers are not even, for one agent, or a value of at most one.
    Source: derived from Brooks & Du (2023), equation (8); the derivation is in docs/public-expenditure.md.
    """
    _require_even(grid)
    if problem.agents < 2 or problem.value <= 1:
        raise InputError("the worst information needs at least two agents and a value above one")
    laws = _laws_by_sum(problem, float(grid.downward[0]), grid.actions - 1)
    signals, sums = _profiles(problem, grid)
    law = np.where(sums < laws.size, laws[np.minimum(sums, laws.size - 1)], 0.0)
    return np.asarray(law[..., None] * proportional_shares(signals))


def _require_even(grid: Grid) -> None:
    downward = grid.downward[:-1]
    if np.ptp(downward) > _EVEN * downward[0]:
        raise InputError(f"grid '{grid.name}' is not even: use Grid.published or Grid.exponential")


def _profiles(problem: PublicExpenditure, grid: Grid) -> tuple[FloatArray, IntArray]:
    """All profiles of whole numbers, shape (m, …, m, agents), and their sums."""
    whole = np.stack(np.meshgrid(*[np.arange(grid.actions)] * problem.agents, indexing="ij"), axis=-1)
    return whole.astype(np.float64), whole.sum(axis=-1)


def _spending_by_sum(problem: PublicExpenditure, multiplier: float, sums: int) -> FloatArray:
    """E(n) for n = 0, …, n*, with n* below the given number of sums; nothing if no spending guarantees anything."""
    others, gain = problem.agents - 1, problem.value - 1
    if not problem.worthwhile:
        return np.zeros(1)
    steps = np.arange(1, sums)
    unit = [0.0]
    for n in steps:
        unit.append((1 + gain * (multiplier - 1) * unit[-1]) / (multiplier * (gain - others / n)))
    highest = np.maximum.accumulate(unit)[1:]
    attained = np.minimum(1 / highest, gain - multiplier * others / (steps + 1))
    full = int(attained.argmax())
    if attained[full] <= 0:
        return np.zeros(1)
    return np.append(attained[full] * np.array(unit[: full + 1]), 1.0)


def _laws_by_sum(problem: PublicExpenditure, multiplier: float, sums: int) -> FloatArray:
    """R(n) for n = 0, …, n̄ with n̄ below the given number of sums, scaled so that all profiles sum to one."""
    agents, value = problem.agents, problem.value
    n = np.arange(sums - 1)
    ratios = (value - 1) * (1 + 1 / multiplier) / (value * (n + agents) / (n + 1) - 1)
    laws = np.concatenate([[0.0], np.cumsum(np.log(ratios))])
    profiles = np.array([math.lgamma(m + agents) - math.lgamma(m + 1) - math.lgamma(agents) for m in range(sums)])
    top = (laws + profiles).max()
    weights = np.exp(laws + profiles - top)
    last = int(np.argmin(weights / np.cumsum(weights)))
    return np.asarray(np.exp(laws[: last + 1] - top) / weights[: last + 1].sum(), dtype=np.float64)
