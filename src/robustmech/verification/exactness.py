"""Whole-number arithmetic on arrays: once on a common denominator, nothing is rounded."""

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.object_]
"""An array of Python whole numbers, of any size."""


def common_denominator(values: Iterable[Fraction]) -> int:
    """The least whole number that clears every denominator."""
    return math.lcm(*{value.denominator for value in values})


def scaled(value: Fraction, denominator: int) -> int:
    """`value · denominator`, for a denominator that clears the value's."""
    return value.numerator * (denominator // value.denominator)


def whole_array(values: npt.NDArray[np.int64]) -> Whole:
    """The same numbers as Python whole numbers, so that no sum or product can overflow."""
    return values.astype(object)


def exact_doubles(values: npt.NDArray[np.float64]) -> tuple[Whole, int]:
    """Whole numbers n and a power of two d such that `n / d` are exactly these finite doubles."""
    fractions, exponents = np.frexp(values)
    shift = max(0, 53 - int(exponents.min(initial=0)))
    places = np.where(values == 0, 0, exponents.astype(np.int64) - 53 + shift)
    digits = whole_array(np.ldexp(fractions, 53).astype(np.int64))
    return np.left_shift(digits, whole_array(places)), 1 << shift


def least_ratio(numerators: Whole, denominators: Whole) -> Fraction:
    """The least of `numerators / denominators`, entry by entry, for positive denominators."""
    pairs = zip(numerators.ravel().tolist(), denominators.ravel().tolist(), strict=True)
    best, scale = next(pairs)
    for numerator, denominator in pairs:
        if numerator * scale < best * denominator:
            best, scale = numerator, denominator
    return Fraction(best, scale)


def digits(values: Whole) -> int:
    """The binary digits of the longest entry."""
    return max(abs(int(values.max())), abs(int(values.min()))).bit_length() if values.size else 0


def exact_sum(values: Iterable[Fraction]) -> Fraction:
    """The sum, of equal denominators first and then in pairs, so that few of the additions are of long numbers."""
    grouped: dict[int, int] = {}
    for value in values:
        grouped[value.denominator] = grouped.get(value.denominator, 0) + value.numerator
    parts = [Fraction(numerator, denominator) for denominator, numerator in grouped.items()]
    while len(parts) > 1:
        odd = parts[-1:] if len(parts) % 2 else []
        parts = [one + other for one, other in zip(parts[::2], parts[1::2], strict=False)] + odd
    return parts[0] if parts else Fraction(0)


def first_place(mask: npt.NDArray[np.bool_]) -> tuple[int, ...]:
    """The indices of the first entry that is true."""
    return tuple(int(index) for index in np.argwhere(mask)[0])
