r"""Mechanisms and information of alike agents in shares and the sum, for problems without transfers.

With :math:`s = \sum_i x_i` and :math:`y_i = x_i / s` both sides are linear in the shares and piecewise quadratic in the
sum: on a cell a function has three control values and the Bernstein weights :math:`(1-\tau)^2, 2\tau(1-\tau), \tau^2`.

*Mechanisms* are :math:`c(x) = \sum_i y_i C_i(s)`, averages of decisions and so feasible, with
:math:`\partial_m c = [C_m - \sum_i y_i C_i]/s + \sum_i y_i C_i'`; the :math:`C_i` are equal at s = 0 and constant
beyond the last breakpoint. s times the strategic virtual objective less a constant is, on a cell, linear in y and cubic
in s, so it is non-negative where its Bernstein coefficients are; divided by those of s itself they are the rows of a
program like any other.

*Information* has a joint density :math:`g(x, \theta) = \sum_i y_i g_i(s, \theta)` up to a last breakpoint S. Without
transfers signals need no particular law, and the informational virtual objective is
:math:`\sum_\theta [w_\theta g - \sum_m u_m \partial_m g]`; s times it is again linear in y and cubic in s, so the
integral of its maximum is at most the sum over Bernstein coefficients of their largest values, with masses
:math:`\int y_i B_k(s) s^{-1} dx`. Where the density ends every agent's utility jumps down, and the designer gains at
most the largest :math:`\sum_m c \cdot u_m g`. All masses are rational.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from math import comb, factorial, lcm

import numpy as np
import numpy.typing as npt

from robustmech.elements.operators import Entries, Term, gathered, information_operator
from robustmech.elements.spacing import Spacing
from robustmech.elements.triangle_rule import located
from robustmech.model import Discretisation, FloatArray, IntArray, RationalArray

Table = npt.NDArray[np.float64]


def on_shares_without_transfers(spacing: Spacing, agents: int) -> Discretisation:
    """The lower program on mechanisms in shares and the sum.

    Nodes: the sum zero; then for each cell its middle control, each agent alone, and its end, each agent alone. Rows:
    the three coefficients of the first cell, each agent alone; the four of each further cell; the last breakpoint and
    the end of the tail.
    """
    everyone = np.arange(agents)
    size, points = 1 + 2 * spacing.cells * agents, spacing.positions
    parts: list[list[Entries]] = [[] for _ in range(agents + 1)]

    def put(operator: int, rows: IntArray, nodes: IntArray, value: float) -> None:
        if value:
            parts[operator].append((rows, nodes, np.full(rows.size, value)))

    row = 0
    for cell, (a, b) in enumerate(pairwise(points.tolist())):
        value, difference, slope = _mechanism_rows(a, b)
        for k in range(value.shape[0]):
            rows = row + everyone
            for control in range(3):
                here = _nodes(2 * cell + control, everyone, agents)
                put(0, rows, here, value[k, control])
                for m in range(agents):
                    put(1 + m, rows, _nodes(2 * cell + control, np.full(agents, m), agents), difference[k, control])
                    put(1 + m, rows, here, slope[k, control] - difference[k, control])
            row += agents
    last, rows = _nodes(2 * spacing.cells, everyone, agents), row + everyone
    for m in range(agents):
        put(1 + m, rows, _nodes(2 * spacing.cells, np.full(agents, m), agents), 1 / float(points[-1]))
        put(1 + m, rows, last, -1 / float(points[-1]))
    put(0, rows, last, 1.0)
    put(0, rows + agents, last, 1.0)
    count = row + 2 * agents
    alone = np.arange(size - 1) % agents
    return Discretisation(
        evaluation=gathered(parts[0], (count, size)),
        local=tuple(gathered(part, (count, size)) for part in parts[1:]),
        mass=np.full(count, 1 / count),
        mass_weights=np.full(count, 1, dtype=object),
        lowest=tuple(np.append(0, 1 + np.flatnonzero(alone != i)) for i in range(agents)),
        row_shape=(count,),
        node_shape=(size,),
        exchanged={
            (i, j): (_turned(count, agents, i, j), np.append(0, 1 + _turned(size - 1, agents, i, j)))
            for i, j in combinations(range(agents), 2)
        },
    )


def _nodes(place: int, agent: IntArray, agents: int) -> IntArray:
    """The nodes at a control, counted from the sum zero, where each agent alone acts."""
    return 1 + (place - 1) * agents + agent if place else np.zeros_like(agent)


def _times_sum(a: float, b: float) -> Table:
    """Cubic Bernstein coefficients of s f from the control values of f: shape (4, 3)."""
    return np.array([[a, 0, 0], [b / 3, 2 * a / 3, 0], [0, 2 * b / 3, a / 3], [0, 0, b]])


def _raised() -> Table:
    """Cubic Bernstein coefficients of f."""
    return _times_sum(1.0, 1.0)


def _times_sum_slope(a: float, b: float) -> Table:
    """Cubic Bernstein coefficients of s f'."""
    first = np.array([[-2.0, 2, 0], [0, -2, 2]]) / (b - a)
    product = np.array([[a, 0], [b / 2, a / 2], [0, b]]) @ first
    found: Table = np.array([[1, 0, 0], [1 / 3, 2 / 3, 0], [0, 2 / 3, 1 / 3], [0, 0, 1.0]]) @ product
    return found


def _mechanism_rows(a: float, b: float) -> tuple[Table, Table, Table]:
    """For each row of a cell, coefficients on the controls of the value, of the difference over s, and of the slope."""
    if a == 0:
        value = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
        difference = np.array([[0, 2, 0], [0, 1, 0.5], [0, 0, 1]]) / b
        slope = np.array([[-2, 2, 0], [-1, 0, 1], [0, -2, 2.0]]) / b
        return value, difference, slope
    places = (a + (b - a) * np.arange(4) / 3)[:, None]
    return _times_sum(a, b) / places, _raised() / places, _times_sum_slope(a, b) / places


def on_share_densities(spacing: Spacing, agents: int) -> Discretisation:
    """The upper program on densities that are linear in shares and piecewise quadratic in the sum.

    Rows: for each control, the end of a cell being the next one's beginning, each agent alone. Nodes: for each cell its
    four coefficients, each agent alone; then the end, each agent alone.
    """
    everyone = np.arange(agents)
    law_mass, node_mass = density_masses(spacing, agents)
    unit = agents * sum(law_mass)
    weights = [mass / unit for mass in law_mass for _ in everyone]
    laws = np.array([float(weight) for weight in weights])
    nodes = np.array([float(mass / unit) for mass in node_mass for _ in everyone])
    value: list[Term] = []
    local: list[list[Term]] = [[] for _ in range(agents)]
    for cell, (a, b) in enumerate(pairwise(spacing.positions.tolist())):
        times_sum, plain, slope = _times_sum(a, b), _raised(), _times_sum_slope(a, b)
        for k in range(4):
            node = (4 * cell + k) * agents + everyone
            for control in range(3):
                first = (2 * cell + control) * agents
                value.append(Term(node, first + everyone, times_sum[k, control]))
                for m in range(agents):
                    local[m].append(Term(node, np.full(agents, first + m), -plain[k, control]))
                    local[m].append(Term(node, first + everyone, plain[k, control] - slope[k, control]))
    end = Term(4 * spacing.cells * agents + everyone, 2 * spacing.cells * agents + everyone, 1.0)
    return Discretisation(
        evaluation=information_operator(value, nodes, laws),
        local=tuple(information_operator([*terms, end], nodes, laws) for terms in local),
        mass=laws,
        mass_weights=_whole(weights),
        lowest=(),
        row_shape=(laws.size,),
        node_shape=(nodes.size,),
        exchanged={
            (i, j): (_turned(laws.size, agents, i, j), _turned(nodes.size, agents, i, j))
            for i, j in combinations(range(agents), 2)
        },
    )


def density_masses(spacing: Spacing, agents: int) -> tuple[list[Fraction], list[Fraction]]:
    """The masses of the controls and of the nodes: exact, the same for every agent.

    They are ∫ y_i W dx for the weights W of the controls, and ∫ y_i B_k(s) s^{−1} dx for the cubic Bernstein weights of
    each cell, then the integral of y_i over the end.
    """
    share = Fraction(1, agents * factorial(agents - 1))
    laws = [Fraction(0)] * (2 * spacing.cells + 1)
    nodes = []
    for cell, (a, b) in enumerate(pairwise(spacing.breakpoints)):
        for control, mass in enumerate(_bernstein_moments(a, b, 2, agents - 1)):
            laws[2 * cell + control] += share * mass
        nodes += [share * mass for mass in _bernstein_moments(a, b, 3, agents - 2)]
    return laws, [*nodes, share * spacing.breakpoints[-1] ** (agents - 1)]


def _bernstein_moments(a: Fraction, b: Fraction, degree: int, power: int) -> list[Fraction]:
    """∫ B_k(s) s^power ds over [a, b], from s^power in Bernstein form of its own degree."""
    width = b - a
    own = [
        sum((comb(power, j) * a ** (power - j) * width**j * Fraction(comb(k, j), comb(power, j))) for j in range(k + 1))
        for k in range(power + 1)
    ]
    top = degree + power
    return [
        sum(
            (Fraction(comb(degree, k) * comb(power, j), comb(top, k + j)) * own[j] for j in range(power + 1)),
            start=Fraction(0),
        )
        * width
        / (top + 1)
        for k in range(degree + 1)
    ]


def quadratic_shares(spacing: Spacing, bids: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """The cell of each profile's sum, the three Bernstein weights there, shape (bids, 3), and the shares."""
    s = bids.sum(axis=1)
    cell, t = located(spacing, s)
    weights = np.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], axis=1)
    y = np.divide(bids, s[:, None], out=np.full_like(bids, 1 / bids.shape[1]), where=s[:, None] > 0)
    return cell, weights, y


def quadratic_interpolated(spacing: Spacing, values: FloatArray, bids: FloatArray) -> FloatArray:
    """The decision at real bids: values of shape (nodes, …), bids of shape (bids, agents)."""
    cell, weights, y = quadratic_shares(spacing, bids)
    agents = bids.shape[1]
    extra = (slice(None), *([None] * (values.ndim - 1)))
    total = np.zeros((bids.shape[0], *values.shape[1:]))
    for control in range(3):
        place = 2 * cell + control
        for i in range(agents):
            node = np.where(place == 0, 0, 1 + (place - 1) * agents + i)
            total += (weights[:, control] * y[:, i])[extra] * values[node]
    return total


def _whole(weights: Sequence[Fraction]) -> RationalArray:
    """Whole numbers in exact proportion."""
    scale = lcm(*(weight.denominator for weight in weights))
    return np.array([int(weight * scale) for weight in weights], dtype=object)


def _turned(count: int, agents: int, i: int, j: int) -> IntArray:
    """Where the entries of a table go, agents fastest, when two agents change places."""
    order = np.arange(agents)
    order[i], order[j] = j, i
    found: IntArray = (np.arange(0, count, agents)[:, None] + order).ravel()
    return found
