"""Information on exponential sums: laws of one number `s = Σ η_i x_i`, in the span of 1, `e^{pt}` and `e^{rt}`."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import Enclosure, alternating, enclosed, exactly, joined
from robustmech.verification.fields import exact_sequence, record
from robustmech.verification.limits import MOST_SERIES_STEPS, longest
from robustmech.verification.meshes.axis import Axis, check_length, check_powers, parse_axis
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.meshes.nodes import Block, Nodes, Term
from robustmech.verification.problem import Problem
from robustmech.verification.rows import places

LARGEST_EXPONENT = 4096
_STEPS = 50
"""Steps of series for each end and pair of agents, at the precision that many agents need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialSums:
    """Breakpoints of s, and the weight η of each agent's signal in it."""

    axis: Axis
    weights: tuple[Fraction, ...]

    @property
    def laws(self) -> int:
        """Cell j uses laws 2j, 2j + 1 and 2j + 2; the tail has the last."""
        return self.axis.ends

    @property
    def exponents(self) -> tuple[Fraction, Fraction]:
        """P and r."""
        slow, fast = 1 / max(self.weights), 1 / min(self.weights)
        return slow, fast if fast > slow * Fraction(5, 4) else 2 * slow

    def nodes(self) -> Nodes:
        """The three controls of each cell in turn, and the tail."""
        return enclosed(self._nodes)

    def _nodes(self, unit: int) -> Nodes:
        exponentials = Exponentials(unit)
        cells = self.axis.cells
        first = np.repeat(np.arange(cells, dtype=np.int64) * 2, 3)
        tail = 2 * cells
        slopes = self._derivative(exponentials)
        virtual = []
        for weight in self.weights:
            terms = []
            for control in range(3):
                coefficients = [slopes[row][control].times(-weight) for row in range(3)]
                coefficients[control] = exactly([unit], unit) + coefficients[control]
                end = exactly([unit if control == 2 else 0], unit)
                laws = np.append(first + control, tail)
                terms.append(Term(laws=laws, coefficient=joined([alternating(coefficients), end])))
            virtual.append(tuple(terms))
        value = places([2 * cell + control for cell in range(cells) for control in range(3)] + [tail])
        block = Block(mass=self.masses(exponentials), value=value, virtual=tuple(virtual))
        return Nodes(laws=self.laws, blocks=(block,))

    def _derivative(self, exponentials: Exponentials) -> list[list[Enclosure]]:
        r"""For each control of the derivative its coefficients on the controls of the law, a number per cell.

        With `b_0 = −B_0'(0)` and `b_2 = B_2'(h)`, the derivative is `b_0 (f_1 − f_0)` at 0, `b_2 (f_2 − f_1)` at h,
        and its control in the middle is its value at 0 plus its slope `(f_0 − f_1) B_0''(0) + (f_2 − f_1) B_2''(0)`
        there over `b_0`. As `−φ(h) = pr(r−p) h² exp[0, ph, rh]` and `ψ(h) = pr(r−p) h² exp[0, −ph, −rh]`,
        and `φ'' (0) = −pr(r−p)`, `φ'(h) = −pr(r−p) h exp[ph, rh]`, `ψ'(h) = pr(r−p) h exp[−ph, −rh]`,
        `ψ''(h) = pr (r e^{−rh} − p e^{−ph})`.
        """
        p, r = self.exponents
        widths = self.axis.widths_enclosed(exponentials)

        def per_cell(*points: Fraction | int) -> Enclosure:
            return self.axis.per_cell(exponentials, lambda h: [point * h for point in points])

        falling = per_cell(-p, -r)
        start = falling / (widths * per_cell(0, -p, -r))
        end = per_cell(p, r) / (widths * per_cell(0, p, r))
        bend = exactly([exponentials.unit], exponentials.unit) / (widths * widths * per_cell(0, p, r)) / start
        curl = (per_cell(-r).times(r) - per_cell(-p).times(p)) / (widths * falling).times(r - p)
        middle = start - curl
        zero = start.times(0)
        return [
            [start.times(-1), start, zero],
            [middle.times(-1), middle - bend, bend],
            [zero, end.times(-1), end],
        ]

    def masses(self, exponentials: Exponentials) -> Enclosure:
        r"""The expectation of every control's weight, and the probability of the tail.

        The sum s passes through one phase for each agent, with rates `κ = 1/η`: it is in phase j at a with
        probability `π_j(a) = κ_1 … κ_{j−1} a^{j−1} exp[−κ_1 a, …, −κ_j a]`, and from there
        `E[e^{qt} ; s in the cell] = κ_j … κ_N h^{N−j+1} exp[0, (q−κ_j) h, …, (q−κ_N) h]`.
        """
        phases = [self._phase(exponentials, phase) for phase in range(len(self.weights))]
        weights = [self._weights(exponentials, phase) for phase in range(len(self.weights))]
        parts = [
            _sum([inside[:-1] * weight[control] for inside, weight in zip(phases, weights, strict=True)])
            for control in range(3)
        ]
        return joined([alternating(parts), _sum([inside[-1:] for inside in phases])])

    def _rates(self) -> list[Fraction]:
        return [1 / weight for weight in self.weights]

    def _phase(self, exponentials: Exponentials, phase: int) -> Enclosure:
        """The probability of a phase at each breakpoint."""
        rates, points = self._rates(), self.axis.breakpoints
        at = exponentials.differences([-rate * a for rate in rates[: phase + 1]] for a in points)
        factors = [math.prod(rates[:phase], start=Fraction(1)) * a**phase for a in points]
        return _scaled(at, factors)

    def _weights(self, exponentials: Exponentials, phase: int) -> tuple[Enclosure, Enclosure, Enclosure]:
        """The expectation of the three weights, for each cell's width, from this phase on at the cell's low end."""
        p, r = self.exponents
        rates, widths = self._rates()[phase:], self.axis.widths
        factors = [math.prod(rates, start=Fraction(1)) * h ** len(rates) for h in widths]

        def expectation(q: Fraction) -> Enclosure:
            points = self.axis.per_cell(exponentials, lambda h: [Fraction(0), *((q - rate) * h for rate in rates)])
            return _scaled(points, factors)

        inside, slow, fast = expectation(Fraction(0)), expectation(p), expectation(r)
        fall = self.axis.per_cell(exponentials, lambda h: [-p * h])
        steep = self.axis.per_cell(exponentials, lambda h: [-r * h])
        scale = [p * r * (r - p) * h * h for h in widths]
        rise = _scaled(self.axis.per_cell(exponentials, lambda h: [0 * h, p * h, r * h]), scale)
        drop = _scaled(self.axis.per_cell(exponentials, lambda h: [0 * h, -p * h, -r * h]), scale)
        high = (inside.times(r - p) - slow.times(r) + fast.times(p)) / rise
        low = (inside.times(r - p) - (fall * slow).times(r) + (steep * fast).times(p)) / drop
        return low, inside - low - high, high


def _scaled(numbers: Enclosure, factors: list[Fraction]) -> Enclosure:
    """Each number times its own factor, at least zero."""
    over = np.array([factor.numerator for factor in factors], dtype=object)
    under = np.array([factor.denominator for factor in factors], dtype=object)
    return Enclosure(low=numbers.low * over // under, high=-(-numbers.high * over // under), unit=numbers.unit)


def _sum(parts: list[Enclosure]) -> Enclosure:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def parse_exponential_sums(value: object, where: str, problem: Problem) -> ExponentialSums:
    """The mesh that a certificate's `discretisation` describes."""
    fields = record(value, where, {"kind", "breakpoints", "weights"})
    axis = parse_axis(fields["breakpoints"], f"{where}.breakpoints")
    weights = exact_sequence(fields["weights"], f"{where}.weights", problem.agents)
    for agent, weight in enumerate(weights):
        check_length(weight, f"{where}.weights[{agent}]")
        if weight <= 0:
            raise Flaw(f"{where}.weights[{agent}]: expected a positive number")
    sums = ExponentialSums(axis=axis, weights=weights)
    if max(sums.exponents) * axis.last > LARGEST_EXPONENT:
        raise Flaw(f"{where}: the last breakpoint over the least weight is above {LARGEST_EXPONENT}")
    if _STEPS * axis.ends * len(weights) ** 2 > MOST_SERIES_STEPS:
        raise Flaw(f"{where}: {len(weights)} agents and {axis.cells} cells, more than the limit on both together")
    parts = [part for number in (*axis.breakpoints, *weights) for part in number.as_integer_ratio()]
    check_powers(axis, len(weights), longest(parts), where)
    return sums
