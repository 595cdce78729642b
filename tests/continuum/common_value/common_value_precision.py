"""The common value auction for finitely many values, written out again from the paper in numbers of fifty digits.

For atoms, Ξ is a sum of powers of the aggregate bid between jumps of the value and ends of graded intervals, so that
every integral in the transfers is a finite sum of incomplete gamma functions. Only which jumps a graded interval
spans is taken from the library; its ends are solved for again.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mpmath import mp, mpf
from scipy import special

from robustmech.continuum.common_value import CommonValue

Real: TypeAlias = Any
DIGITS = 60
_STEP_DIGITS = 20


def erlang_cumulative(count: int, x: Real) -> Real:
    """G_n(x) = 1 − Σ_{k<n} x^k e^{−x}/k!; equation (11)."""
    return 1 - mp.exp(-x) * sum(x**k / math.factorial(k) for k in range(count)) if x < mp.inf else mpf(1)


@dataclass(frozen=True)
class Piece:
    """On [start, end): supply, sensitivity and growth as {power of x: coefficient}."""

    start: Real
    end: Real
    supply: dict[int, Real]
    sensitivity: dict[int, Real]
    growth: dict[int, Real]


@dataclass
class PreciseAuction:
    """Allocation and both transfer rules, in extended precision."""

    bidders: int
    cost: Real
    floor: Real
    guarantee: Real
    pieces: list[Piece]
    must_sell: bool
    gammas: dict[tuple[int, Real], Real] = field(default_factory=dict)

    def piece_at(self, x: Real) -> Piece:
        return next(piece for piece in self.pieces if x < piece.end)

    def supply(self, x: Real) -> Real:
        return value_of(self.piece_at(x).supply, x)

    def growth(self, x: Real) -> Real:
        """Ξ(x)."""
        return value_of(self.piece_at(x).growth, x)

    def incomplete(self, power: int, x: Real) -> Real:
        """∫_x^∞ u^power e^{−u} du; kept for the ends of pieces, which come again and again."""
        if x == mp.inf:
            return mpf(0)
        if (power, x) not in self.gammas:
            found = mp.gammainc(power + 1, x)
            if not any(x in (piece.start, piece.end) for piece in self.pieces):
                return found
            self.gammas[power, x] = found
        return self.gammas[power, x]

    def tail(self, count: int, y: Real, above_floor: bool) -> Real:
        """∫_y^∞ Ξ(x) g_n(x − y) dx for y > 0, or of Ξ − floor (μ − Q), for y ≥ 0."""
        total = mpf(0)
        table: dict[tuple[int, Real], Real] = {}

        def upper(power: int, x: Real) -> Real:
            if (power, x) not in table:
                table[power, x] = self.incomplete(power, x)
            return table[power, x]

        for piece in self.pieces:
            if piece.end <= y:
                continue
            low, high = max(piece.start, y), piece.end
            powers = dict(piece.growth)
            if above_floor and self.floor:
                for part, sign in ((piece.sensitivity, -1), (piece.supply, 1)):
                    for power, coefficient in part.items():
                        powers[power] = powers.get(power, mpf(0)) + sign * self.floor * coefficient
            for power, coefficient in powers.items():
                if abs(coefficient) < mpf(10) ** (5 - DIGITS):
                    continue
                if y == 0:
                    total += coefficient * (upper(power + count - 1, low) - upper(power + count - 1, high))
                    continue
                for j in range(count):
                    weight = math.comb(count - 1, j) * (-y) ** (count - 1 - j)
                    total += coefficient * weight * (upper(power + j, low) - upper(power + j, high))
        return mp.exp(y) * total / math.factorial(count - 1)

    def proportional(self, bids: Sequence[Real]) -> list[Real]:
        """t_i = m_i T(x)/x with T(x) g_N(x) = −∫_x^∞ Ξ g_N."""
        n, x = self.bidders, sum(bids)
        inside = mpf(0)
        for piece in self.pieces:
            if piece.end > x:
                low = max(piece.start, x)
                for power, coefficient in piece.growth.items():
                    above, beyond = (self.incomplete(power + n - 1, at) for at in (low, piece.end))
                    inside += coefficient * (above - beyond)
        unit = -inside * mp.exp(x) / x**n
        return [bid * unit for bid in bids]

    def orders(self, bids: Sequence[Real]) -> list[Real]:
        """Equation (22) for Ξ above the floor, and the floor per unit allocated."""
        n, x = self.bidders, sum(bids)
        payments = []
        for i, own in enumerate(bids):
            others = [bid for j, bid in enumerate(bids) if j != i]
            payment = self.floor * self.supply(x) * own / x
            for size in range(n):
                for chosen in itertools.combinations(others, size):
                    total = mp.fsum(chosen)
                    gain = self.tail(n - size, total, True) - self.tail(n - size, total + own, True)
                    payment += gain / (n * math.comb(n - 1, size))
            payments.append(payment)
        return payments

    def growth_of(self, rule: Callable[[Sequence[Real]], list[Real]], bids: Sequence[Real]) -> Real:
        """∇·t − Σ t by central differences, which are exact to about forty digits here."""
        step = mpf(10) ** -_STEP_DIGITS
        total = -sum(rule(bids))
        for i in range(self.bidders):
            up, down = list(bids), list(bids)
            up[i] += step
            down[i] -= step
            total += (rule(up)[i] - rule(down)[i]) / (2 * step)
        return total


def value_of(powers: dict[int, Real], x: Real) -> Real:
    return sum((coefficient * x**power for power, coefficient in powers.items()), mpf(0))


def precise(values: Sequence[Real], chances: Sequence[Real], model: CommonValue) -> PreciseAuction:
    """The auction of equations (9), (21) to (25)."""
    n, cost = model.bidders, mpf(model.cost)
    levels = [mp.fsum(chances[: k + 1]) for k in range(len(values) - 1)]
    jumps = [mpf(0), *(_inverse_cumulative(n, level) for level in levels), mp.inf]
    graded = [_solved(values, jumps, cost, n, float(i.start), float(i.end)) for i in model.graded_intervals]
    edges = sorted({*jumps, *itertools.chain(*graded)})
    pieces = []
    for start, end in itertools.pairwise(edges):
        interval = next(((a, b) for a, b in graded if a <= start and end <= b), None)
        if interval is None:
            supply, sensitivity = {0: mpf(1)}, {-1: mpf(n - 1)}
        else:
            a, b = interval
            c = n * (b ** (n - 1) - a ** (n - 1)) / (b**n - a**n)
            d = (b - a) / (b**n - a**n) * a ** (n - 1) * b ** (n - 1)
            supply, sensitivity = {1: c / n, 1 - n: d}, {0: c}
        pieces.append(Piece(start, end, supply, sensitivity, {}))
    multipliers = [mpf(0)]
    for k in range(len(values) - 1, 0, -1):
        slope = value_of(next(p for p in pieces if jumps[k] < p.end).sensitivity, jumps[k])
        multipliers.insert(0, multipliers[0] - slope * (values[k] - values[k - 1]))
    for piece in pieces:
        k = max(j for j in range(len(values)) if jumps[j] <= piece.start)
        for part, factor in ((piece.sensitivity, values[k]), (piece.supply, -cost), ({0: mpf(1)}, -multipliers[k])):
            for power, coefficient in part.items():
                piece.growth[power] = piece.growth.get(power, mpf(0)) + factor * coefficient
    floor = values[0] if not graded or graded[0][0] > 0 else mpf(0)
    auction = PreciseAuction(n, cost, floor, mpf(0), pieces, model.must_sell)
    constant = auction.tail(n, mpf(0), False)
    for piece in pieces:
        piece.growth[0] = piece.growth.get(0, mpf(0)) - constant
    auction.guarantee = constant + mp.fsum(p * m for p, m in zip(chances, multipliers, strict=True))
    return auction


def _inverse_cumulative(count: int, level: Real) -> Real:
    near = mpf(float(special.gammaincinv(count, float(level))))
    return mp.findroot(lambda x: erlang_cumulative(count, x) - level, near)


def _solved(
    values: Sequence[Real], jumps: Sequence[Real], cost: Real, n: int, start: float, end: float
) -> tuple[Real, Real]:
    """Ends of a graded interval: γ̂(a)e^{−a} = γ̂(b)e^{−b} = (Γ̂(b) − Γ̂(a))/(E(b) − E(a)), E(x) = x^N/N!."""
    last = len(values) - 1

    def gain_at(x: float) -> Real:
        return values[max(j for j in range(last + 1) if float(jumps[j]) <= x)] - cost

    low, high = gain_at(start), gain_at(end)

    def ends(log_slope: Real) -> tuple[Real, Real]:
        return (mp.log(low) - log_slope if start > 0 else mpf(0)), mp.log(high) - log_slope

    def excess(log_slope: Real) -> Real:
        a, b = ends(log_slope)
        inside = [a, *(x for x in jumps if a < x < b), b]
        gains = [values[max(j for j in range(last + 1) if jumps[j] <= x)] - cost for x in inside[:-1]]
        gains[0] = low if start > 0 else values[0] - cost
        pairs = zip(gains, itertools.pairwise(inside), strict=True)
        total = mp.fsum(g * (erlang_cumulative(n, y) - erlang_cumulative(n, x)) for g, (x, y) in pairs)
        return total - mp.exp(log_slope) * (b**n - a**n) / math.factorial(n)

    return ends(mp.findroot(excess, mp.log(high) - mpf(end)))
