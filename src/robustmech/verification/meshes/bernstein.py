"""Polynomials on a cell in Bernstein form, whose coefficients are combinations of nodes or laws."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

Combination = dict[int, Fraction]
"""A number for each node or law that it uses."""
Polynomial = list[Combination]
"""The Bernstein coefficients; one more than the degree."""

ONE = (Fraction(1), Fraction(1))
"""The constant one, of degree one: multiplying by it raises the degree."""


def control(place: int) -> Combination:
    """One node or law itself."""
    return {place: Fraction(1)}


def combined(terms: Iterable[tuple[Fraction | int, Combination]]) -> Combination:
    """The sum of factor times combination."""
    found: Combination = {}
    for factor, part in terms:
        for place, weight in part.items():
            found[place] = found.get(place, Fraction(0)) + factor * weight
    return found


def difference(one: Polynomial, other: Polynomial) -> Polynomial:
    """The difference of two polynomials of one degree."""
    return [combined([(1, left), (-1, right)]) for left, right in zip(one, other, strict=True)]


def slope(polynomial: Polynomial, width: Fraction) -> Polynomial:
    """The derivative, on a cell of this width."""
    degree = len(polynomial) - 1
    steps = difference(polynomial[1:], polynomial[:-1])
    return [combined([(degree / width, step)]) for step in steps]


def times(factors: Sequence[Fraction], polynomial: Polynomial) -> Polynomial:
    """The product with a polynomial whose coefficients are numbers, from `C(m,i) C(n,j) / C(m+n,i+j)`."""
    one, other = len(factors) - 1, len(polynomial) - 1
    return [
        combined(
            (
                factors[i] * Fraction(math.comb(one, i) * math.comb(other, k - i), math.comb(one + other, k)),
                polynomial[k - i],
            )
            for i in range(max(0, k - other), min(one, k) + 1)
        )
        for k in range(one + other + 1)
    ]


def moments(low: Fraction, high: Fraction, degree: int, power: int) -> list[Fraction]:
    """`∫ B_k(s) s^power ds` over a cell for all weights of a degree: `s = low + (high − low) τ`, and beta integrals."""
    width, factorial = high - low, math.factorial
    return [
        width
        * math.comb(degree, k)
        * sum(
            (
                Fraction(factorial(k + j) * factorial(degree - k), factorial(degree + j + 1))
                * (math.comb(power, j) * low ** (power - j) * width**j)
                for j in range(power + 1)
            ),
            start=Fraction(0),
        )
        for k in range(degree + 1)
    ]
