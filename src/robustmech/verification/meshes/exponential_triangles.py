"""Information on exponential triangles, for two agents: laws bilinear in `e^{x_1}`, `e^{x_2}` on half squares."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import Enclosure, enclosed, exactly, outer
from robustmech.verification.fields import record, whole
from robustmech.verification.meshes.axis import MOST_CELLS, Axis, check_count, checked_axis
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.meshes.line import ExponentialLine, exponential_line, low_ends, twice
from robustmech.verification.meshes.nodes import Block, Nodes, Term
from robustmech.verification.numerals import exact
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places

O, P1, P2, T, Q = range(5)  # noqa: E741  (the names of docs/artefacts.md)
LOWER, UPPER = (O, P1, P2, T), (Q, P1, P2, T)

Weights = tuple[tuple[int, Enclosure], ...]
"""Laws of a square, with coefficients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialTriangles:
    """Squares of one side along an axis that both agents share."""

    axis: Axis

    @property
    def laws(self) -> int:
        """Five for each square, two for each cell of a strip, one for the quadrant."""
        return self._strips(0) + 4 * self.axis.cells + 1

    def nodes(self) -> Nodes:
        """In the halves of all squares, in the strips and the quadrant, and on the sides between them."""
        return enclosed(self._nodes)

    def _nodes(self, unit: int) -> Nodes:
        exponentials = Exponentials(unit)
        line = exponential_line(self.axis, exponentials)
        squares = outer([line.decay[:-1], line.decay[:-1]])
        step = Step.of(self.axis.widths[0], exponentials)
        blocks = [
            *self._half(LOWER, squares, step.lower_masses(), step.lower_virtual()),
            *self._half(UPPER, squares, step.upper_masses(), step.upper_virtual()),
            *(self._strip(agent, line) for agent in range(2)),
            self._quadrant(line),
            *(self._sides(agent, line) for agent in range(2)),
            *(self._strip_sides(agent, line) for agent in range(2)),
        ]
        return Nodes(laws=self.laws, blocks=tuple(blocks))

    def _squares(self, law: int) -> Places:
        """One law of every square, the second agent's cell fastest."""
        return np.arange(self.axis.cells**2, dtype=np.int64) * 5 + law

    def _strips(self, agent: int) -> int:
        """The first law of the strip in which this agent's signal is beyond the last breakpoint."""
        return 5 * self.axis.cells**2 + 2 * agent * self.axis.cells

    def _ends(self, agent: int) -> Places:
        """The laws of that strip: both ends of every cell of the other agent."""
        return self._strips(agent) + np.arange(2 * self.axis.cells, dtype=np.int64)

    def _half(
        self, laws: tuple[int, ...], squares: Enclosure, masses: tuple[Enclosure, ...], virtual: dict[int, Weights]
    ) -> list[Block]:
        """A node for each weight of one half of every square; agents exchanged means P1 and P2 exchanged."""
        exchanged = {O: O, P1: P2, P2: P1, T: T, Q: Q}
        blocks = []
        for law, mass in zip(laws, masses, strict=True):
            first = tuple(Term(laws=self._squares(other), coefficient=c) for other, c in virtual[law])
            second = tuple(
                Term(laws=self._squares(exchanged[other]), coefficient=c) for other, c in virtual[exchanged[law]]
            )
            blocks.append(Block(mass=squares * mass, value=self._squares(law), virtual=(first, second)))
        return blocks

    def _strip(self, agent: int, line: ExponentialLine) -> Block:
        """The law is constant in this agent's signal, and exponential in the other's."""
        ends, low = self._ends(agent), self._strips(agent) + low_ends(self.axis.cells)
        across = (
            Term(laws=low, coefficient=twice(line.low_weight)),
            Term(laws=low + 1, coefficient=twice(line.high_weight).times(-1)),
        )
        along = (Term(laws=ends),)
        virtual = (along, across) if agent == 0 else (across, along)
        return Block(mass=line.cell_masses * line.decay[-1:], value=ends, virtual=virtual)

    def _quadrant(self, line: ExponentialLine) -> Block:
        law = np.array([self.laws - 1], dtype=np.int64)
        mass = line.decay[-1:] * line.decay[-1:]
        return Block(mass=mass, value=law, virtual=((Term(laws=law),), (Term(laws=law),)))

    def _sides(self, agent: int, line: ExponentialLine) -> Block:
        """Across the agent's signal, at every breakpoint but the first and in every cell of the other agent."""
        n = self.axis.cells
        own, other = (P1, P2) if agent == 0 else (P2, P1)
        numbers = np.arange(n * n, dtype=np.int64).reshape(n, n) * 5
        numbers = numbers if agent == 0 else numbers.T  # the agent's cell first, then the other's
        below = np.stack([numbers + own, numbers + Q], axis=-1)
        above = np.concatenate(
            [np.stack([numbers + O, numbers + other], axis=-1)[1:], self._ends(agent).reshape(1, n, 2)]
        )
        return _jumps(agent, below.ravel(), above.ravel(), outer([line.decay[1:], line.cell_masses]))

    def _strip_sides(self, agent: int, line: ExponentialLine) -> Block:
        """Across the agent's signal, within the strip where the other's is beyond the last breakpoint."""
        ends = self._ends(1 - agent)
        above = np.append(ends[2::2], self.laws - 1)
        return _jumps(agent, ends[1::2], above, line.decay[1:] * line.decay[-1:])


def _jumps(agent: int, below: Places, above: Places, mass: Enclosure) -> Block:
    difference = (Term(laws=below), Term(laws=above, coefficient=-1))
    return Block(mass=mass, value=None, virtual=(difference, ()) if agent == 0 else ((), difference))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    r"""One square of side h at the origin, each number an array of one.

    Args:
        r: `e^h`.
        lower: over the lower half, the integrals of `e^{−x_1−x_2}`, of `e^{−x_1}`, and of one: `1 − (1+h) e^{−h}`,
            `h − 1 + e^{−h}` and `h²/2`.
        upper: the same over the upper half.
    """

    r: Enclosure
    lower: tuple[Enclosure, Enclosure, Enclosure]
    upper: tuple[Enclosure, Enclosure, Enclosure]

    @classmethod
    def of(cls, width: Fraction, exponentials: Exponentials) -> "Step":
        """The square whose side is this."""
        one = exactly([exponentials.unit], exponentials.unit)
        inverse = exponentials.values([-width])
        rest = one - inverse
        both, single, area = rest - inverse.times(width), one.times(width) - rest, one.times(width * width / 2)
        return cls(
            r=exponentials.values([width]),
            lower=(both, single, area),
            upper=(rest * rest - both, rest.times(width) - single, area),
        )

    @property
    def one(self) -> Enclosure:
        """One."""
        return exactly([self.r.unit], self.r.unit)

    def lower_masses(self) -> tuple[Enclosure, Enclosure, Enclosure, Enclosure]:
        """The integrals of the weights of O, P1, P2 and T against `e^{−x_1−x_2}`, which is `1/(y_1 y_2)`."""
        r, (both, single, area) = self.r, self.lower
        rise = r - self.one
        side = (r * single - area - r * both + single) / (rise * rise)
        top = (area - single.times(2) + both) * (r + self.one) / (rise * rise)
        return (r * both - area) / rise, side, side, top

    def upper_masses(self) -> tuple[Enclosure, Enclosure, Enclosure, Enclosure]:
        """The integrals of the weights of Q, P1, P2 and T."""
        r, (both, single, area) = self.r, self.upper
        rise = r - self.one
        side = (r * single - area - r * both + single) / (rise * rise)
        top = (r * r * both - (r * single).times(2) + area) * (r + self.one) / (rise * rise) / r
        return (area - r * both) / (r * rise), side, side, top

    def lower_virtual(self) -> dict[int, Weights]:
        """Agent 1's virtual values on the lower half, where `f_ll = O` and `f_hh = (r+1) T − r O`."""
        r, one = self.r, self.one
        low = {O: r, P1: one.times(-1)}
        high = {P2: r, T: (r + one).times(-1), O: r}
        return self._virtual(LOWER, low, high)

    def upper_virtual(self) -> dict[int, Weights]:
        """Agent 1's virtual values on the upper half, where `f_hh = Q` and `f_ll = ((r+1) T − Q) / r`."""
        r, one = self.r, self.one
        low = {T: r + one, Q: one.times(-1), P1: one.times(-1)}
        high = {P2: r, Q: one.times(-1)}
        return self._virtual(UPPER, low, high)

    def _virtual(
        self, laws: tuple[int, ...], low: dict[int, Enclosure], high: dict[int, Enclosure]
    ) -> dict[int, Weights]:
        """E_lo at O and P1, E_hi at P2 and Q, `(r E_lo + E_hi)/(r + 1)` at T; `(r − 1) E` is what is given."""
        rise, total = self.r - self.one, self.r + self.one
        zero = exactly([0], self.r.unit)
        middle = {law: (self.r * low.get(law, zero) + high.get(law, zero)) / total for law in {**low, **high}}
        chosen = {O: low, P1: low, P2: high, Q: high, T: middle}
        return {law: tuple((other, weight / rise) for other, weight in chosen[law].items()) for law in laws}


def parse_exponential_triangles(value: object, where: str, problem: Problem) -> ExponentialTriangles:
    """The mesh that a certificate's `discretisation` describes."""
    fields = record(value, where, {"kind", "step", "cells"})
    if problem.agents != 2:
        raise Flaw(f"{where}: exponential triangles are for two agents, not for {problem.agents}")
    cells = whole(fields["cells"], f"{where}.cells", least=1, most=MOST_CELLS)
    check_count(12 * cells * cells, where, "nodes")
    step = exact(fields["step"], f"{where}.step")
    if step <= 0:
        raise Flaw(f"{where}.step: expected a positive number")
    axis = checked_axis(tuple(cell * step for cell in range(cells + 1)), f"{where}.step")
    return ExponentialTriangles(axis=axis)
