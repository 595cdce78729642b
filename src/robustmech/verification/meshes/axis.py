"""Breakpoints on a half-line: cells of positive width, and the tail beyond the last."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import Enclosure, alternating, joined, nearly
from robustmech.verification.fields import exact_sequence, sequence
from robustmech.verification.limits import check_axes, check_steps, product_weight
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.rows import Places, lowest_nodes, places

LARGEST_BREAKPOINT = 1024
LEAST_WIDTH = Fraction(1, 2**40)
MOST_CELLS = 2_000
MOST_ROWS = 2_000_000
LONGEST_POSITION = 512  # bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Breakpoints `0 = x_0 < … < x_M`, with the low end, then the high end, of each cell, then the tail."""

    breakpoints: tuple[Fraction, ...]

    @property
    def cells(self) -> int:
        """M."""
        return len(self.breakpoints) - 1

    @property
    def ends(self) -> int:
        """`2M + 1`."""
        return 2 * self.cells + 1

    @property
    def widths(self) -> tuple[Fraction, ...]:
        """The width of each cell."""
        return tuple(b - a for a, b in zip(self.breakpoints, self.breakpoints[1:], strict=False))

    @property
    def lows(self) -> tuple[Fraction, ...]:
        """The low end of each cell."""
        return self.breakpoints[:-1]

    @property
    def last(self) -> Fraction:
        """`x_M`."""
        return self.breakpoints[-1]

    def end_breakpoints(self) -> Places:
        """The breakpoint at each end, the last for the tail."""
        return places([j for cell in range(self.cells) for j in (cell, cell + 1)] + [self.cells])

    def decay(self, exponentials: Exponentials) -> Enclosure:
        """`e^{−x}` at each breakpoint."""
        return exponentials.values(-x for x in self.breakpoints)

    def widths_enclosed(self, exponentials: Exponentials) -> Enclosure:
        """The widths, rounded outward."""
        return nearly(self.widths, exponentials.unit)

    def per_cell(self, exponentials: Exponentials, points: Callable[[Fraction], list[Fraction]]) -> Enclosure:
        """`exp[points(h)]` for each cell's width h."""
        return exponentials.differences(points(width) for width in self.widths)

    def with_tail(self, low: Enclosure, high: Enclosure, tail: Enclosure) -> Enclosure:
        """One number for every end: those of the low ends, of the high ends, and of the tail."""
        return joined((alternating((low, high)), tail))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAxes:
    """A mesh whose nodes are the products of the agents' breakpoints."""

    axes: tuple[Axis, ...]
    growth_array: ClassVar[str] = "growth"

    @property
    def node_shape(self) -> tuple[int, ...]:
        """The number of breakpoints of each agent."""
        return tuple(axis.cells + 1 for axis in self.axes)

    def lowest(self, agent: int) -> Places:
        """The nodes at the agent's first breakpoint."""
        return lowest_nodes(self.node_shape, agent)


def parse_axes(value: object, where: str, agents: int) -> tuple[Axis, ...]:
    """One list of breakpoints for each agent."""
    check_axes(agents, where)
    lists = sequence(value, where, agents)
    return tuple(parse_axis(entries, f"{where}[{agent}]") for agent, entries in enumerate(lists))


def parse_axis(value: object, where: str) -> Axis:
    """A list of breakpoints."""
    return checked_axis(exact_sequence(value, where), where)


def checked_axis(breakpoints: tuple[Fraction, ...], where: str) -> Axis:
    """Breakpoints that start from zero and increase, within limits that keep the arithmetic short."""
    if not 2 <= len(breakpoints) <= MOST_CELLS + 1:
        raise Flaw(f"{where}: expected from 2 to {MOST_CELLS + 1} breakpoints, found {len(breakpoints)}")
    for place, point in enumerate(breakpoints):
        check_length(point, f"{where}[{place}]")
    axis = Axis(breakpoints=breakpoints)
    if axis.breakpoints[0] != 0:
        raise Flaw(f"{where}: the first breakpoint is not zero")
    for place, width in enumerate(axis.widths):
        if width < LEAST_WIDTH:
            raise Flaw(f"{where}[{place + 1}]: breakpoints must increase, by at least {LEAST_WIDTH}")
    if axis.last > LARGEST_BREAKPOINT:
        raise Flaw(f"{where}: the last breakpoint is above {LARGEST_BREAKPOINT}")
    return axis


def check_length(value: Fraction, where: str) -> None:
    """Refuse a position with so many digits that nobody meant it."""
    if value.numerator.bit_length() + value.denominator.bit_length() > LONGEST_POSITION:
        raise Flaw(f"{where}: longer than {LONGEST_POSITION} binary digits")


def check_powers(axis: Axis, agents: int, lengths: int, where: str) -> None:
    """Refuse exact polynomials of the breakpoints, of a degree for each agent, whose numbers would be too long.

    Args:
        axis: the breakpoints.
        agents: their number, the degree.
        lengths: the binary digits of each factor.
        where: the place, for messages.
    """
    digits = lengths * agents
    check_steps(axis.ends, 8 * agents * product_weight(digits, digits), f"{where}: powers of {digits} binary digits")


def check_count(count: int, where: str, what: str) -> None:
    """Refuse a mesh that is too large to be looked at."""
    if count > MOST_ROWS:
        raise Flaw(f"{where}: {count} {what}, more than the limit of {MOST_ROWS}")
