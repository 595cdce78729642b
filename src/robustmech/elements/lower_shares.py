r"""Mechanisms of alike agents that depend on shares of the sum of actions and on the sum, for two agents or more.

With :math:`s = \sum_i x_i` and shares :math:`y_i = x_i / s` the mechanism is :math:`c(x) = \sum_i y_i C_i(s)`, where
the :math:`C_i(s)`, the decision where agent i alone acts, are piecewise linear, equal at s = 0 and constant beyond the
last breakpoint. Being averages of decisions they are feasible everywhere. Then

.. math:: \partial_m c = \frac{1}{s} \Big[ C_m(s) - \sum_i y_i C_i(s) \Big] + \sum_i y_i C_i'(s),

which on a cell is linear in the shares and in 1/s, so an inequality that holds for each agent alone at both ends of a
cell holds in it; in the first cell it is constant. All right-derivatives come from the cell above. Good sold in
proportion to bids, rationed below a boundary, is of this form exactly. The sum has the Erlang law and is independent of
the shares.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import scipy.sparse as sp

from robustmech.elements.integrals import context, decimal, exponential
from robustmech.elements.masses import balanced, rounded, whole
from robustmech.elements.operators import Entries, gathered
from robustmech.elements.spacing import Spacing
from robustmech.elements.triangle_rule import located
from robustmech.model import Discretisation, Environment, FloatArray, IntArray, RationalArray


def on_shares(spacing: Spacing, agents: int) -> Discretisation:
    """The lower program on mechanisms in shares and the sum.

    Nodes: the sum zero, then for each breakpoint each agent alone. Rows: the first cell; then for each cell its low end
    and its high end, each agent alone; then the last breakpoint, each agent alone; then the far end of the tail.
    """
    cells, nodes = spacing.cells, 1 + spacing.cells * agents
    own, average = _masses(spacing, agents)
    weights = balanced(own)
    mass = rounded(weights)
    rows = mass.size
    points = spacing.positions
    agent = np.tile(np.arange(agents), 2 * cells - 1)
    cell = np.concatenate([np.repeat(np.arange(1, cells), 2 * agents), np.full(agents, cells)])
    late = np.concatenate([np.tile(np.repeat([0, 1], agents), cells - 1), np.zeros(agents, dtype=np.int64)])
    row = 1 + np.arange(agent.size)
    low, high = _node(cell, agent, agents), _node(np.minimum(cell + 1, cells), agent, agents)
    inverse = 1 / points[cell + late]
    slope = np.append(np.array([float(1 / width) for width in spacing.widths]), 0.0)[cell]
    local = []
    for m in range(agents):
        other = _node(cell + late, np.full(agent.size, m), agents)
        here = _node(cell + late, agent, agents)
        parts = [
            (np.zeros(2, dtype=np.int64), np.array([1 + m, 0]), np.array([1.0, -1.0]) * float(1 / spacing.widths[0])),
            (
                np.tile(row, 4),
                np.concatenate([other, here, high, low]),
                np.concatenate([inverse, -inverse, slope, -slope]),
            ),
        ]
        local.append(_matrix(parts, (rows, nodes)))
    return Discretisation(
        evaluation=_evaluation(spacing, agents, average, rounded(own)),
        local=tuple(local),
        mass=mass,
        mass_weights=weights,
        mass_doubt=4 * rows,
        lowest=tuple(np.append(0, 1 + np.flatnonzero(np.arange(nodes - 1) % agents != i)) for i in range(agents)),
        row_shape=(rows,),
        node_shape=(nodes,),
        exchanged={(i, j): _exchange(rows, nodes, agents, i, j) for i, j in combinations(range(agents), 2)},
    )


def erlang_tail(shape: int, place: Fraction) -> Decimal:
    """The probability that a sum of independent exponentials is above a place."""
    with localcontext(context()):
        x, term, total = decimal(place), Decimal(1), Decimal(0)
        for k in range(shape):
            total += term
            term = term * x / (k + 1)
        return total * exponential(-place)


def _moments(spacing: Spacing, agents: int) -> list[tuple[Decimal, Decimal, Decimal]]:
    """∫ s^k f(s) ds over each cell and the tail, for k = −1, 0, 1."""
    scale = {-1: 1 / Decimal(agents - 1), 0: Decimal(1), 1: Decimal(agents)}
    found = []
    for k in (-1, 0, 1):
        tails = [*(erlang_tail(agents + k, point) for point in spacing.breakpoints), Decimal(0)]
        found.append([scale[k] * (low - high) for low, high in pairwise(tails)])
    return list(zip(*found, strict=True))


def _masses(spacing: Spacing, agents: int) -> tuple[RationalArray, list[list[Decimal]]]:
    """The rows' masses in whole units, and for each cell after the first the means of products of weights.

    They are products of the weights in 1/s (low, high) with the linear ones (low, high); the first cell's come last.
    """
    with localcontext(context()):
        first, *inner, tail = _moments(spacing, agents)
        masses, products = [first[1]], []
        for (inverse, whole_, sum_), start, width in zip(
            inner, spacing.breakpoints[1:], spacing.widths[1:], strict=False
        ):
            a, h = decimal(start), decimal(width)
            b = a + h
            mixed = ((a + b) * whole_ - sum_ - a * b * inverse) / (h * h)
            low_low = a * (b * b * inverse - 2 * b * whole_ + sum_) / (h * h)
            high_high = b * (sum_ - 2 * a * whole_ + a * a * inverse) / (h * h)
            products.append([low_low, a * mixed, b * mixed, high_high])
            low = low_low + a * mixed
            masses += [low / agents] * agents + [(whole_ - low) / agents] * agents
        last = decimal(spacing.breakpoints[-1])
        masses += [last * tail[0] / agents] * agents + [tail[1] - last * tail[0]]
        products.append(
            [first[1] - first[2] / decimal(spacing.breakpoints[1]), first[2] / decimal(spacing.breakpoints[1])]
        )
        return whole(masses), products


def _evaluation(spacing: Spacing, agents: int, products: list[list[Decimal]], mass: FloatArray) -> sp.csr_array:
    """Each row's part of the mean decision: the mean of C_i for agent i alone, of c at the far end.

    Only what the parts add up to matters: they enter Ξ where the designer's payoff does, in every state alike.
    """
    cells, nodes = spacing.cells, 1 + spacing.cells * agents
    everyone = np.arange(agents)
    start, end = (float(value) for value in products[-1])
    parts = [(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.array([start / mass[0]]))]
    parts.append((np.zeros(agents, dtype=np.int64), 1 + everyone, np.full(agents, end / agents / mass[0])))
    for cell in range(1, cells):
        for late in (0, 1):
            row = 1 + (2 * (cell - 1) + late) * agents + everyone
            for high in (0, 1):
                share = float(products[cell - 1][2 * late + high]) / agents
                parts.append((row, _node(np.full(agents, cell + high), everyone, agents), share / mass[row]))
    last = 1 + 2 * (cells - 1) * agents + everyone
    parts.append((last, _node(np.full(agents, cells), everyone, agents), np.ones(agents)))
    far = np.full(agents, mass.size - 1)
    parts.append((far, _node(np.full(agents, cells), everyone, agents), np.full(agents, 1 / agents)))
    return _matrix(parts, (mass.size, nodes))


def _node(breakpoint_: IntArray, agent: IntArray, agents: int) -> IntArray:
    return 1 + (breakpoint_ - 1) * agents + agent


def _matrix(parts: list[Entries], shape: tuple[int, int]) -> sp.csr_array:
    found = gathered(parts, shape)
    found.eliminate_zeros()
    return found


def _exchange(rows: int, nodes: int, agents: int, i: int, j: int) -> tuple[IntArray, IntArray]:
    order = np.arange(agents)
    order[i], order[j] = j, i

    def moved(count: int, last: int) -> IntArray:
        middle = np.arange(count - 1 - last)
        return np.concatenate(
            [[0], 1 + agents * (middle // agents) + order[middle % agents], np.arange(count - last, count)]
        )

    return moved(rows, 1), moved(nodes, 0)


def shares_interpolated(spacing: Spacing, agents: int, values: FloatArray, bids: FloatArray) -> FloatArray:
    """The decision at real bids: values of shape (nodes, …), bids of shape (bids, agents)."""
    s = bids.sum(axis=1)
    cell, share = located(spacing, s)
    extra = (slice(None), *([None] * (values.ndim - 1)))
    total = np.zeros((bids.shape[0], *values.shape[1:]))
    y = np.divide(bids, s[:, None], out=np.zeros_like(bids), where=s[:, None] > 0)
    y[s <= 0, 0] = 1.0
    for i in range(agents):
        low = np.where(cell == 0, 0, 1 + (cell - 1) * agents + i)
        high = 1 + cell * agents + i
        total += y[:, i][extra] * ((1 - share)[extra] * values[low] + share[extra] * values[high])
    return total


def shares_growth(
    spacing: Spacing, agents: int, environment: Environment, decisions: FloatArray, growth: FloatArray
) -> FloatArray:
    """Ξ at the rows; where the designer's payoff varies, Ξ less its mean payoff and the payoff at the row's place.

    Args:
        decisions: at the nodes, shape (nodes, decisions).
        growth: Ξ, shape (rows,).
    Returns:
        Shape (rows,), or (rows, 2); the last row's place, the far end of the tail, is no agent's and counts nothing.
    """
    if not environment.payoff_rounded.any():
        return growth
    payoff = decisions @ environment.payoff_rounded[0]
    mean = on_shares(spacing, agents).evaluation @ payoff
    return np.stack([growth - mean, np.append(payoff[place_nodes(spacing, agents)], 0.0)], axis=1)


def place_nodes(spacing: Spacing, agents: int) -> IntArray:
    """The node at the place of each row but the last, whose place is the far end of the tail."""
    cells, everyone = spacing.cells, np.arange(agents)
    inner = [_node(np.full(agents, cell + late), everyone, agents) for cell in range(1, cells) for late in (0, 1)]
    last = _node(np.full(agents, cells), everyone, agents)
    return np.concatenate([np.zeros(1, dtype=np.int64), *inner, last])
