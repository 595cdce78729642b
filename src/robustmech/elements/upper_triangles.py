r"""Information of two agents that is exponential on triangles.

Signals are independent exponentials. Squares :math:`[a, a + h] \times [b, b + h]` are cut by their anti-diagonal. With
:math:`y_i = e^{x_i}` measured from the low corner and r = e^h, the conditional law on either half lies in the span of
1, y_1, y_2, y_1 y_2 and has four control laws: at the half's own corner (O below, Q above), at the two ends of the cut
(P_1 at the larger signal of agent 1, P_2 at that of agent 2), and a virtual one, T. With N the weights of the square's
corners, the weights are

.. math:: \lambda_O = \frac{r - y_1 y_2}{r - 1},\ \lambda_{P_1} = N_{hl},\ \lambda_{P_2} = N_{lh},\
    \lambda_T = (r+1) N_{hh} \quad (y_1 y_2 \le r), \qquad
    \lambda_Q = \frac{y_1 y_2 - r}{r^2 - r},\ …,\ \lambda_T = \frac{r + 1}{r} N_{ll} \quad (y_1 y_2 \ge r),

non-negative on their half, with sum one, and equal on the cut, where the own corner's weight is zero: the law is
continuous there and may jump between squares. An agent's utility less its derivative in the own signal drops the terms
in :math:`y_i`, so it is in the span too and has control values with the same weights; the largest of several such
functions is at most the combination of the largest control values. Where a utility jumps by J across a side of a square
in the own signal, the seller gains at most the largest :math:`-J \cdot c` there. Beyond the last square in a coordinate
the law does not vary with it.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

from robustmech.elements.integrals import context, decimal, exponential
from robustmech.elements.masses import UNIT, balanced, rounded, whole
from robustmech.elements.operators import Term, information_operator
from robustmech.elements.spacing import Spacing, exponential_masses
from robustmech.model import Discretisation, FloatArray, IntArray, RationalArray

LAWS = 5
"""O, P_1, P_2, T, Q in each square."""
ORIGIN, FIRST_END, SECOND_END, VIRTUAL, FAR = range(LAWS)
_LOWER, _UPPER = (ORIGIN, FIRST_END, SECOND_END, VIRTUAL), (FAR, FIRST_END, SECOND_END, VIRTUAL)
_EXCHANGED_LAWS = np.array([ORIGIN, SECOND_END, FIRST_END, VIRTUAL, FAR])
_EXCHANGED_NODES = np.array([0, 2, 1, 3, 4, 6, 5, 7])


@dataclass(frozen=True, slots=True, kw_only=True)
class TriangleLayout:
    """Where laws and nodes stand for n × n squares.

    Laws: five in each square; then for the strips beyond the first agent's last breakpoint two in each cell of the
    other's, likewise beyond the second's, and one in the corner.

    Nodes: four in each lower and four in each upper half; two in each strip's cell; the corner; then the sides across
    the first agent's signal: two for each of n breakpoints and n cells of the other, one for each of n breakpoints in
    the strip beyond the other; likewise for the second agent.
    """

    cells: int

    def square(self, a: IntArray, b: IntArray, law: int) -> IntArray:
        """The law in the square that is a-th in the first agent's signal and b-th in the second's."""
        return LAWS * (self.cells * a + b) + law

    def strip(self, agent: int, cell: IntArray, end: int) -> IntArray:
        """The law beyond the last breakpoint of an agent's signal, at an end of a cell of the other's."""
        return LAWS * self.cells**2 + 2 * self.cells * agent + 2 * cell + end

    @property
    def corner(self) -> int:
        """The law beyond both last breakpoints."""
        return LAWS * self.cells**2 + 4 * self.cells

    @property
    def laws(self) -> int:
        """Their number."""
        return self.corner + 1

    @property
    def inside(self) -> int:
        """The number of nodes that are not on sides."""
        return 8 * self.cells**2 + 4 * self.cells + 1

    @property
    def sides(self) -> int:
        """The number of nodes on the sides across one agent's signal."""
        return 2 * self.cells**2 + self.cells


def on_exponential_triangles(step: Fraction, cells: int) -> Discretisation:
    """The upper program on information that is exponential on triangles.

    Args:
        step: h.
        cells: squares along each signal.
    """
    spacing, layout = Spacing.even(step, cells), TriangleLayout(cells=cells)
    with localcontext(context()):
        growth = float(exponential(step))
    node_weights = triangle_masses(spacing)
    value = _value_terms(layout)
    totals = np.zeros(layout.laws, dtype=object)
    for term in value:
        np.add.at(totals, term.law, node_weights[term.node])
    totals = balanced(totals)
    mass, own = rounded(totals), rounded(node_weights)
    local = [
        information_operator([*_virtual_terms(layout, growth, agent), *_jump_terms(layout, agent)], own, mass)
        for agent in (0, 1)
    ]
    return Discretisation(
        evaluation=information_operator(value, own, mass),
        local=tuple(local),
        mass=mass,
        mass_weights=totals,
        mass_doubt=8 * own.size,
        lowest=(),
        row_shape=(layout.laws,),
        node_shape=(own.size,),
        exchanged={(0, 1): _exchange(layout)},
    )


def _squares(layout: TriangleLayout) -> tuple[IntArray, IntArray, IntArray]:
    index = np.arange(layout.cells**2)
    return index, index // layout.cells, index % layout.cells


def _value_terms(layout: TriangleLayout) -> list[Term]:
    """The law of each node that is not on a side."""
    index, a, b = _squares(layout)
    terms = [
        Term(8 * index + 4 * half + k, layout.square(a, b, law), 1.0)
        for half, laws in enumerate((_LOWER, _UPPER))
        for k, law in enumerate(laws)
    ]
    rest = np.arange(4 * layout.cells + 1)
    return [*terms, Term(8 * index.size + rest, LAWS * index.size + rest, 1.0)]


def control_values(growth: float) -> list[tuple[int, int, int, float]]:
    """Value less derivative in the first agent's signal at a square's nodes: (node, law, coefficient) with the half.

    At the corners of a half it is :math:`E_l = (r f_{ll} - f_{hl})/(r - 1)` where the other signal is low and
    :math:`E_h = (r f_{lh} - f_{hh})/(r - 1)` where it is high, at T it is :math:`(r E_l + E_h)/(r + 1)`; the corner
    that a half does not have is extrapolated, :math:`f_{hh} = (r + 1) T - r O` or :math:`f_{ll} = ((r + 1) T - Q)/r`.
    """
    r = growth
    found = []
    for half, laws in enumerate((_LOWER, _UPPER)):
        near = {ORIGIN: 1.0} if half == 0 else {VIRTUAL: (r + 1) / r, FAR: -1 / r}
        far = {VIRTUAL: r + 1, ORIGIN: -r} if half == 0 else {FAR: 1.0}
        low = _combined(near, r / (r - 1), {FIRST_END: 1.0}, -1 / (r - 1))
        high = _combined({SECOND_END: 1.0}, r / (r - 1), far, -1 / (r - 1))
        middle = _combined(low, r / (r + 1), high, 1 / (r + 1))
        at = {ORIGIN: low, FIRST_END: low, SECOND_END: high, FAR: high, VIRTUAL: middle}
        found += [(half, k, law, entry) for k, node in enumerate(laws) for law, entry in at[node].items()]
    return found


def _combined(one: dict[int, float], on_one: float, two: dict[int, float], on_two: float) -> dict[int, float]:
    return {law: on_one * one.get(law, 0.0) + on_two * two.get(law, 0.0) for law in sorted({*one, *two})}


def _virtual_terms(layout: TriangleLayout, growth: float, agent: int) -> list[Term]:
    """An agent's value less its derivative at every node that is not on a side."""
    index, a, b = _squares(layout)
    terms = []
    for half, node, law, entry in control_values(growth):
        place, own = 4 * half + node, law
        if agent == 1:
            place, own = int(_EXCHANGED_NODES[place]), int(_EXCHANGED_LAWS[law])
        terms.append(Term(8 * index + place, layout.square(a, b, own), entry))
    first = 8 * index.size
    cell = np.arange(layout.cells)
    constant = first + 2 * layout.cells * agent + np.arange(2 * layout.cells)
    terms.append(Term(constant, constant - first + LAWS * index.size, 1.0))
    for end in (0, 1):
        ends = first + 2 * layout.cells * (1 - agent) + 2 * cell + end
        terms.append(Term(ends, layout.strip(1 - agent, cell, 0), growth / (growth - 1)))
        terms.append(Term(ends, layout.strip(1 - agent, cell, 1), -1 / (growth - 1)))
    corner = np.array([layout.inside - 1])
    return [*terms, Term(corner, np.array([layout.corner]), 1.0)]


def _jump_terms(layout: TriangleLayout, agent: int) -> list[Term]:
    """Less the jump across every side in the agent's own signal."""
    n = layout.cells
    along, across = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    last = along == n - 1
    following = np.minimum(along + 1, n - 1)
    high, after = (FIRST_END, SECOND_END) if agent == 0 else (SECOND_END, FIRST_END)

    def square(own: IntArray, law: int) -> IntArray:
        return layout.square(own, across, law) if agent == 0 else layout.square(across, own, law)

    start = layout.inside + layout.sides * agent
    node = start + 2 * (n * along + across)
    beyond = [
        np.where(last, layout.strip(agent, across, end), square(following, (ORIGIN, after)[end])) for end in (0, 1)
    ]
    terms = []
    for end, before in enumerate((high, FAR)):
        terms += [Term(node + end, square(along, before), 1.0), Term(node + end, beyond[end], -1.0)]
    cell = np.arange(n)
    tail = start + 2 * n * n + cell
    after_tail = np.where(cell == n - 1, layout.corner, layout.strip(1 - agent, np.minimum(cell + 1, n - 1), 0))
    return [*terms, Term(tail, layout.strip(1 - agent, cell, 1), 1.0), Term(tail, after_tail, -1.0)]


def triangle_masses(spacing: Spacing) -> RationalArray:
    """The masses of all nodes, whole units."""
    one = Fraction(1)
    with localcontext(context()):
        starts = [exponential(-x) for x in spacing.breakpoints]
        edges = [exponential_masses(x, h, one, one) for x, h in zip(spacing.breakpoints, spacing.widths, strict=False)]
    start = whole(starts)
    place = np.multiply.outer(start[:-1], start[:-1]).reshape(-1, 1)
    squares = place * whole(_half_masses(spacing.widths[0]))[None, :] // UNIT**2
    ends = whole([mass for pair in edges for mass in pair])
    strip = ends * start[-1] // UNIT
    corner = np.array([start[-1] * start[-1] // UNIT], dtype=object)
    sides = np.multiply.outer(start[1:], ends).ravel() // UNIT
    tails = start[1:] * start[-1] // UNIT
    return np.concatenate([squares.ravel(), strip, strip, corner, sides, tails, sides, tails])


def _half_masses(step: Fraction) -> list[Decimal]:
    """The masses of the eight weights of a square at the origin.

    The integrals of 1, y_1 (or y_2) and y_1 y_2 against :math:`e^{-x_1 - x_2}` are 1 − e^{−h}(1 + h), h − 1 + e^{−h}
    and h²/2 over the lower half, (1 − e^{−h})², h (1 − e^{−h}) and h² over the square.
    """
    with localcontext(context()):
        h, r = decimal(step), exponential(step)
        below = (1 - (1 + h) / r, h - 1 + 1 / r, h * h / 2)
        above = ((1 - 1 / r) ** 2 - below[0], h * (1 - 1 / r) - below[1], h * h / 2)
        square = (r - 1) ** 2

        def cut(moments: tuple[Decimal, Decimal, Decimal]) -> Decimal:
            return ((r + 1) * moments[1] - moments[2] - r * moments[0]) / square

        own_below = (r * below[0] - below[2]) / (r - 1)
        own_above = (above[2] - r * above[0]) / (r * r - r)
        virtual_below = (r + 1) * (below[2] - 2 * below[1] + below[0]) / square
        virtual_above = (r + 1) * (r * r * above[0] - 2 * r * above[1] + above[2]) / (r * square)
        return [own_below, cut(below), cut(below), virtual_below, own_above, cut(above), cut(above), virtual_above]


def _exchange(layout: TriangleLayout) -> tuple[IntArray, IntArray]:
    """Where laws and nodes go when the agents change places."""
    n = layout.cells
    _, a, b = _squares(layout)
    turned = n * b + a
    laws = np.concatenate([(LAWS * turned[:, None] + _EXCHANGED_LAWS).ravel(), _swapped(LAWS * n * n, 2 * n, 1)])
    nodes = np.concatenate(
        [
            (8 * turned[:, None] + _EXCHANGED_NODES).ravel(),
            _swapped(8 * n * n, 2 * n, 1),
            _swapped(layout.inside, layout.sides, 0),
        ]
    )
    return laws, nodes


def _swapped(start: int, block: int, fixed: int) -> IntArray:
    """Two blocks that change places, and what stays after them."""
    places = start + np.arange(2 * block + fixed)
    return np.concatenate([places[block : 2 * block], places[:block], places[2 * block :]])


def triangle_shares(growth: float, y1: FloatArray, y2: FloatArray) -> FloatArray:
    """The control laws' weights at places in a square, shape (places, 5)."""
    r = growth
    low1, high1, low2, high2 = (r - y1) / (r - 1), (y1 - 1) / (r - 1), (r - y2) / (r - 1), (y2 - 1) / (r - 1)
    below = y1 * y2 <= r
    shares = np.zeros((y1.size, LAWS))
    shares[:, ORIGIN] = np.where(below, (r - y1 * y2) / (r - 1), 0.0)
    shares[:, FAR] = np.where(below, 0.0, (y1 * y2 - r) / (r * r - r))
    shares[:, FIRST_END], shares[:, SECOND_END] = high1 * low2, low1 * high2
    shares[:, VIRTUAL] = np.where(below, (r + 1) * high1 * high2, (r + 1) / r * low1 * low2)
    return np.clip(shares, 0.0, None)
