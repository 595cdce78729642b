"""Exact numbers: reading them from what people write, and arrays of them.

A number that a certificate rests on is kept as a `fractions.Fraction`, so that a prior of
thirds sums to one exactly. Floats are taken at their exact binary value.
"""

import math
import numbers
import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from robustmech.errors import InputError, ShapeError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
RationalArray = npt.NDArray[np.object_]
"""An object array whose entries are all `Fraction`."""
Numbers = npt.ArrayLike | Iterable[Any]
"""What people write for an array of numbers: nested sequences or arrays of whole numbers, floats, Fractions, text."""

_LONGEST = 60
_LARGEST_EXPONENT = 60
_NUMBER = re.compile(
    r"[+-]?(?P<digits>\d+(\.\d*)?|\.\d+)(e(?P<exponent>[+-]?\d+))?(/(?P<denominator>\d+))?", re.IGNORECASE
)


def rational(number: object, what: str = "number") -> Fraction:
    """Read one finite number exactly.

    Args:
        number: an int, float, Fraction, Decimal, NumPy scalar, or a string such as "1/3", "0.25", "2e-3".
        what: the name used in the error message.
    Raises:
        InputError: if it is not a finite number, or is absurdly long or large (more than 60
            characters, or a power of ten beyond 60).
    """
    if isinstance(number, bool | np.bool_):
        raise InputError(f"{what} is {number}: expected a number")
    if isinstance(number, str):
        return _rational_from_text(number, what)
    if isinstance(number, Decimal):
        return _rational_from_text(str(number), what)
    if isinstance(number, numbers.Rational):
        exact = Fraction(int(number.numerator), int(number.denominator))
    elif isinstance(number, numbers.Real | np.floating):
        if not math.isfinite(number):
            raise InputError(f"{what} is {number}: expected a finite number")
        exact = Fraction(float(number))
    else:
        raise InputError(f"{what} is of type {type(number).__name__}: expected a number or a string such as '1/3'")
    if exact and not Fraction(1, 10**_LARGEST_EXPONENT) <= abs(exact) <= 10**_LARGEST_EXPONENT:
        raise InputError(f"{what} is beyond 1e±{_LARGEST_EXPONENT} in size: rescale the problem")
    return exact


def _rational_from_text(text: str, what: str) -> Fraction:
    shown = text if len(text) <= 20 else text[:17] + "..."
    if len(text) > _LONGEST:
        raise InputError(f"{what} '{shown}' has {len(text)} characters: write at most {_LONGEST}")
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{what} '{shown}' is not a finite number: write it like 0.25, '1/3' or 2e-3")
    if abs(int(match["exponent"] or 0)) > _LARGEST_EXPONENT:
        raise InputError(f"{what} '{shown}' has a power of ten beyond {_LARGEST_EXPONENT}: rescale the problem")
    whole = match["exponent"] is None and "." not in match["digits"]
    if match["denominator"] is not None and not (whole and int(match["denominator"])):
        raise InputError(f"{what} '{shown}' is not a fraction of two whole numbers with a positive denominator")
    return Fraction(text.strip())


def rationals(array: Numbers, what: str = "array") -> RationalArray:
    """Convert an array of numbers to an object array of Fractions of the same shape.

    Raises:
        InputError: for an entry that is not a finite number; the message names its place.
        ShapeError: if the rows have different lengths.
    """
    try:
        source = np.array(array, dtype=object)
        plain = np.asarray(array) if not isinstance(array, np.ndarray) else array
    except ValueError:
        raise ShapeError(f"{what} has rows of different lengths") from None
    if plain.ndim != source.ndim:
        raise ShapeError(f"{what} has rows of different lengths")
    exact = np.empty(source.shape, dtype=object)
    for place in np.ndindex(*source.shape):
        where = f"{what}[{', '.join(map(str, place))}]" if place else what
        exact[place] = rational(source[place], where)
    exact.setflags(write=False)
    return exact


def floats(array: RationalArray) -> FloatArray:
    """Round an array of Fractions to the nearest doubles, read-only."""
    rounded = array.astype(np.float64)
    rounded.setflags(write=False)
    return rounded
