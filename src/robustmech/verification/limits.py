"""How much work a folder may ask for: a forged one is refused at once, not after hours or out of memory."""

from collections.abc import Iterable
from fractions import Fraction
from math import gcd

from robustmech.verification.checks import Flaw

MOST_AXES = 30
"""Agents of a grid or of boxes, each of whom has an axis."""
LONGEST_LIST = 2**22
LARGEST_MEMORY = 2**31
"""Bytes of all whole numbers that one computation holds at a time."""
MOST_STEPS = 2**31
"""Products of whole numbers, of one or a few machine words; longer ones count for more."""
_EACH = 40
"""Bytes of a short whole number and of its place in an array."""
MOST_SERIES_STEPS = 2**25
"""Steps of all series of exponentials at one precision, more than one above 2,048 binary digits."""
LONGEST_DENOMINATOR = 2**17
"""Binary digits of a common denominator."""


def check_axes(agents: int, where: str) -> None:
    """Refuse a product of more axes than arrays have.

    Raises:
        Flaw: if there are.
    """
    if agents > MOST_AXES:
        raise Flaw(f"{where}: {agents} agents with an axis each, more than the limit of {MOST_AXES}")


def longest(values: Iterable[int]) -> int:
    """The binary digits of the longest of some whole numbers, numerators or denominators."""
    return max((int(value).bit_length() for value in values), default=0)


def longest_scaled(values: Iterable[Fraction], denominator: int) -> int:
    """The most binary digits that these numbers have as multiples of one over a common denominator."""
    most = max((v.numerator.bit_length() - v.denominator.bit_length() for v in values), default=0)
    return max(0, most + denominator.bit_length() + 1)


def check_array(count: int, bits: int, where: str) -> None:
    """Refuse so many whole numbers of so many binary digits, in all arrays together, that memory would not hold them.

    Raises:
        Flaw: if it would not.
    """
    if count * (_EACH + bits // 7) > LARGEST_MEMORY:  # the interpreter holds 30 digits in 4 bytes
        raise Flaw(f"{where}: {count} numbers of up to {bits} binary digits, more than {LARGEST_MEMORY} bytes")


def product_weight(one: int, other: int) -> int:
    """What a product of two whole numbers counts for, by their binary digits: one where both are short.

    Many digits in both take their product in time, a few of them next to nothing beside the interpreter's own time.
    """
    return 1 + (one // 30 + 1) * (other // 30 + 1) // 64


def check_steps(rows: int, terms: int, where: str) -> None:
    """Refuse a computation with so many rows and so many terms at each that it would take hours.

    Args:
        rows: their number.
        terms: products at each row, each as often as its `product_weight`.
        where: what is computed, for messages.

    Raises:
        Flaw: if it would.
    """
    if rows * terms > MOST_STEPS:
        raise Flaw(f"{where}: {terms} products at each of {rows} rows, more than the limit of {MOST_STEPS} in all")


def check_denominators(values: Iterable[Fraction], where: str) -> None:
    """Refuse numbers whose common denominator is so long that nobody meant it.

    Raises:
        Flaw: if it is.
    """
    found = 1
    for denominator in {value.denominator for value in values}:
        found *= denominator // gcd(found, denominator)
        if found.bit_length() > LONGEST_DENOMINATOR:
            raise Flaw(f"{where}: the common denominator has more than {LONGEST_DENOMINATOR} binary digits")
