"""How much work a folder may ask for: a forged one is refused at once, not after hours or out of memory."""

from collections.abc import Iterable
from fractions import Fraction
from math import gcd

from robustmech.verification.checks import Flaw

MOST_AXES = 30
"""Agents of a grid or of boxes, each of whom has an axis."""
LONGEST_LIST = 2**22
MOST_ENTRIES = 2**28
"""Numbers in one array."""
MOST_BITS = 2**35
"""Binary digits in one array of whole numbers, all together."""
MOST_STEPS = 2**31
"""Products of whole numbers."""
LONGEST_DENOMINATOR = 2**17
"""Binary digits of a common denominator."""


def check_axes(agents: int, where: str) -> None:
    """Refuse a product of more axes than arrays have.

    Raises:
        Flaw: if there are.
    """
    if agents > MOST_AXES:
        raise Flaw(f"{where}: {agents} agents with an axis each, more than the limit of {MOST_AXES}")


def check_array(count: int, bits: int, where: str) -> None:
    """Refuse an array of so many whole numbers of so many binary digits that it would not fit into memory.

    Raises:
        Flaw: if it would not.
    """
    if count > MOST_ENTRIES or count * bits > MOST_BITS:
        raise Flaw(f"{where}: {count} numbers of {bits} binary digits, more than the limit")


def check_steps(rows: int, terms: int, where: str) -> None:
    """Refuse a computation with so many rows and so many terms at each that it would take hours.

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
