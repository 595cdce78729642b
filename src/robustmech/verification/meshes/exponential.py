"""Enclosures of the exponential function and of its divided differences, from whole numbers alone."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import Enclosure, TooWide, between
from robustmech.verification.limits import MOST_SERIES_STEPS

Ends = tuple[int, int]


class Exponentials:
    r"""Divided differences `exp[z_0, …, z_n]` at rational points, enclosed in whole multiples of `1/unit`.

    `exp[z]` is `e^z`, and `exp[z_0, …, z_n] = ∫ e^{Σ λ_j z_j} dλ` over the simplex `{λ ≥ 0 : Σλ = 1}` whose
    volume is `1/n!` (Hermite and Genocchi). Points may repeat: then the integrand gets that point's λ as a
    factor. So all integrals of exponentials against piecewise linear weights are divided differences.
    """

    def __init__(self, unit: int) -> None:
        self.unit = unit
        self._known: dict[tuple[Fraction, ...], Ends] = {}
        self._steps, self._each = 0, 1 + unit.bit_length() // 2048

    def differences(self, lists: Iterable[Sequence[Fraction]]) -> Enclosure:
        """`exp[z_0, …, z_n]` for each list of points."""
        return between((self.difference(points) for points in lists), self.unit)

    def values(self, exponents: Iterable[Fraction]) -> Enclosure:
        """`e^z` for each exponent."""
        return self.differences((exponent,) for exponent in exponents)

    def difference(self, points: Sequence[Fraction]) -> Ends:
        """Two whole numbers with `unit · exp[z_0, …, z_n]` between them."""
        self._count(4 * len(points))  # to sort and to shift them
        key = tuple(sorted(points))
        if key not in self._known:
            self._known[key] = self._compute(key)
        return self._known[key]

    def _compute(self, points: tuple[Fraction, ...]) -> Ends:
        least = points[0]
        if least >= 0:
            return self._series(points)
        if len(points) == 1:
            return self._reciprocal(self.difference((-least,)))
        one = self.difference((least,))
        rest = self.difference(tuple(point - least for point in points))
        return one[0] * rest[0] // self.unit, -(-one[1] * rest[1] // self.unit)

    def _reciprocal(self, ends: Ends) -> Ends:
        low, high = ends
        if low <= 0:
            raise TooWide
        square = self.unit * self.unit
        return square // high, -(-square // low)

    def _count(self, steps: int) -> None:
        """Count the work, which is stopped where it would take hours.

        Raises:
            Flaw: if that is more than anybody's mesh needs.
        """
        self._steps += steps * self._each
        if self._steps > MOST_SERIES_STEPS:
            raise Flaw(
                f"the masses take more than {MOST_SERIES_STEPS} steps: too many distinct widths or agents, "
                "or breakpoints that are too high"
            )

    def _series(self, points: tuple[Fraction, ...]) -> Ends:
        r"""`Σ_m h_m(z) / (m+n)!` for points at least zero, where h_m is the sum of all monomials of degree m.

        With `g_m(k) = h_m(z_0, …, z_k) / (m+n)!`, `g_m(k) = Σ_{j≤k} z_j g_{m−1}(j) / (m+n)`: nothing is
        negative, so the lower sums round down and the upper ones up. As `h_m` is a binomial coefficient times
        the mean of `(λ·z)^m`, the terms shrink at least by `z_n / m`: once m is twice the last point, what
        remains is at most the last term.
        """
        order, largest = len(points) - 1, points[-1]
        ratios = [(point.numerator, point.denominator) for point in points if point]
        first = 1
        for factor in range(2, order + 1):
            first *= factor
        lows, highs = [self.unit // first] * len(ratios), [-(-self.unit // first)] * len(ratios)
        low, high = self.unit // first, -(-self.unit // first)
        term = 0
        while ratios:
            term += 1
            self._count(len(ratios))
            below = above = 0
            for place, (over, under) in enumerate(ratios):
                divisor = under * (term + order)
                below += lows[place] * over // divisor
                above -= -highs[place] * over // divisor
                lows[place], highs[place] = below, above
            low, high = low + below, high + above
            if below == 0 and term + 1 >= 2 * largest:
                high += above
                break
        return low, high
