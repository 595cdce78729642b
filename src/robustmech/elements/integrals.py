r"""Integrals of exponentials over simplices, with many correct digits.

By the Hermite–Genocchi formula the divided difference of the exponential over the values :math:`z_0, …, z_n` of a
linear function at the vertices of a simplex is its mean, in the sense

.. math:: \exp[z_0, …, z_n] = \int_{\lambda \in \Delta^n} e^{\lambda \cdot z}\, d\lambda,

and repeating :math:`z_v` puts the barycentric coordinate :math:`\lambda_v` under the integral. Every mass of an element
is a combination of these. They are computed in decimal arithmetic of 80 digits, from a series of positive terms, so
that equal and nearly equal vertices need no special case.
"""

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

DIGITS = 80
"""Digits of the arithmetic. Spacings of at least 1e-9 lose at most about 27 of them to cancellation."""
_ENOUGH = Decimal(10) ** -(DIGITS + 2)


def context() -> Context:
    """The decimal arithmetic that masses are computed in."""
    return Context(prec=DIGITS)


def decimal(value: Fraction) -> Decimal:
    """A fraction in the present decimal arithmetic."""
    return Decimal(value.numerator) / Decimal(value.denominator)


@lru_cache(maxsize=65536)
def exponential(value: Fraction) -> Decimal:
    """The exponential of a fraction."""
    with localcontext(context()):
        return decimal(value).exp()


@lru_cache(maxsize=65536)
def divided_difference(values: tuple[Fraction, ...]) -> Decimal:
    r"""The divided difference of the exponential over any values, repeated ones included.

    With m the smallest value it is :math:`e^m \sum_r h_r(z - m) / (r + n)!`, where :math:`h_r` is the complete
    homogeneous polynomial, all of whose terms are positive.
    """
    with localcontext(context()):
        lowest = min(values)
        shifted = [decimal(value - lowest) for value in values]
        order = len(values) - 1
        factorial = Decimal(1)
        for r in range(2, order + 1):
            factorial *= r
        powers = [Decimal(1)] * len(shifted)
        total, term, degree = Decimal(0), Decimal(1) / factorial, 0
        while degree < 4 or term > _ENOUGH * total or degree < 4 * max(shifted):
            total += term
            degree += 1
            # powers[j] is the complete homogeneous polynomial of this degree in the first j + 1 values
            running = Decimal(0)
            for j, value in enumerate(shifted):
                running = powers[j] = running + value * powers[j]
            factorial *= degree + order
            term = powers[-1] / factorial
        return total * exponential(lowest)


def simplex_integral(values: Sequence[Fraction], weight: int | None = None) -> Decimal:
    """∫ e^{λ·z} dλ over the standard simplex, times the barycentric coordinate of one vertex if it is named."""
    extra = () if weight is None else (values[weight],)
    return divided_difference(tuple(sorted((*values, *extra))))
