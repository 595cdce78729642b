"""Arrays of numbers that are known to lie between two whole multiples of a small unit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, Protocol, TypeVar

import numpy as np

from robustmech.verification.checks import Flaw
from robustmech.verification.exactness import Whole

PRECISIONS = (256, 512, 1024, 2048, 4096, 8192)
_NARROW = 100  # bits


class TooWide(ArithmeticError):  # noqa: N818  (not an error: the work is done again with more digits)
    """A number could not be told from zero at this precision."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Enclosure:
    """Numbers v with `low ≤ unit · v ≤ high`; every operation rounds outward.

    Args:
        low: whole numbers.
        high: whole numbers, of the same shape.
        unit: a positive whole number.
    """

    low: Whole
    high: Whole
    unit: int

    def __add__(self, other: "Enclosure") -> "Enclosure":
        return Enclosure(low=self.low + other.low, high=self.high + other.high, unit=self.unit)

    def __sub__(self, other: "Enclosure") -> "Enclosure":
        return Enclosure(low=self.low - other.high, high=self.high - other.low, unit=self.unit)

    def __mul__(self, other: "Enclosure") -> "Enclosure":
        low, high = _extremes(self, other)
        return Enclosure(low=low // other.unit, high=-(-high // other.unit), unit=self.unit)

    def __truediv__(self, other: "Enclosure") -> "Enclosure":
        """The quotient by positive numbers.

        Raises:
            TooWide: if a divisor is not known to be positive.
        """
        if np.any(other.low <= 0):
            raise TooWide
        low = np.minimum(self.low * other.unit // other.low, self.low * other.unit // other.high)
        high = np.maximum(-(-self.high * other.unit // other.low), -(-self.high * other.unit // other.high))
        return Enclosure(low=low, high=high, unit=self.unit)

    def times(self, factor: Fraction | int) -> "Enclosure":
        """The product with one exact number."""
        low, high = (self.low, self.high) if factor >= 0 else (self.high, self.low)
        over, under = factor.numerator, factor.denominator
        return Enclosure(low=low * over // under, high=-(-high * over // under), unit=self.unit)

    def __getitem__(self, index: Any) -> "Enclosure":
        return Enclosure(low=self.low[index], high=self.high[index], unit=self.unit)

    def ravel(self) -> "Enclosure":
        """The same numbers in one axis."""
        return Enclosure(low=self.low.ravel(), high=self.high.ravel(), unit=self.unit)

    def total(self) -> "Enclosure":
        """The sum, an array of one number."""
        return between([(int(self.low.sum()), int(self.high.sum()))], self.unit)

    def is_narrow(self) -> bool:
        """Whether all numbers are positive and known to thirty digits."""
        return bool(np.all(self.low > 0) and np.all((self.high - self.low) * 2**_NARROW <= self.low))


def _extremes(first: Enclosure, second: Enclosure) -> tuple[Whole, Whole]:
    """The least and the greatest product, in units of both."""
    if np.all(first.low >= 0) and np.all(second.low >= 0):
        return first.low * second.low, first.high * second.high
    ends = [one * other for one in (first.low, first.high) for other in (second.low, second.high)]
    return reduce(np.minimum, ends), reduce(np.maximum, ends)


def exactly(multiples: Any, unit: int) -> Enclosure:
    """Numbers that are whole multiples of the unit."""
    array: Whole = np.array(multiples, dtype=object)
    return Enclosure(low=array, high=array, unit=unit)


def between(pairs: Iterable[tuple[int, int]], unit: int) -> Enclosure:
    """Numbers between the members of each pair, in units."""
    ends = list(pairs)
    low: Whole = np.array([low for low, _ in ends], dtype=object)
    high: Whole = np.array([high for _, high in ends], dtype=object)
    return Enclosure(low=low, high=high, unit=unit)


def nearly(values: Iterable[Fraction], unit: int) -> Enclosure:
    """Exact numbers, rounded outward to the unit."""
    scaled = [value * unit for value in values]
    return between(((value.__floor__(), value.__ceil__()) for value in scaled), unit)


def joined(parts: Iterable[Enclosure]) -> Enclosure:
    """The numbers of all parts, one after another."""
    parts = list(parts)
    return Enclosure(
        low=np.concatenate([part.low.ravel() for part in parts]),
        high=np.concatenate([part.high.ravel() for part in parts]),
        unit=parts[0].unit,
    )


def alternating(parts: Iterable[Enclosure]) -> Enclosure:
    """The first of every part, then the second of every part, and so on, in one axis."""
    parts = list(parts)
    return Enclosure(
        low=np.stack([part.low for part in parts], axis=-1).ravel(),
        high=np.stack([part.high for part in parts], axis=-1).ravel(),
        unit=parts[0].unit,
    )


def outer(parts: Iterable[Enclosure]) -> Enclosure:
    """Products over all choices of one number from each part, the last part fastest, in one axis."""
    return reduce(lambda one, other: (one[:, np.newaxis] * other[np.newaxis, :]).ravel(), parts)


class Enclosed(Protocol):
    """What is computed at some precision, and knows whether that was enough."""

    def is_narrow(self) -> bool:
        """Whether its masses are known well."""


Result = TypeVar("Result", bound=Enclosed)


def enclosed(work: Callable[[int], Result]) -> Result:
    """The result of `work(unit)`, with as small a unit as it takes.

    Raises:
        Flaw: if no precision that we would spend time on is enough.
    """
    for bits in PRECISIONS:
        try:
            result = work(1 << bits)
        except TooWide:
            continue
        if result.is_narrow():
            return result
    raise Flaw(f"the masses cannot be told from zero within {PRECISIONS[-1]} binary digits")
