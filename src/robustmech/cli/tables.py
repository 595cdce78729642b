"""Tables in a terminal: columns in line, one number of decimals in each."""

import math
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext

ABSENT = "–"
"""What stands where there is no number."""
_DIGITS, _FEWEST_DIGITS = 7, 4
_LONGEST = 400


def column(numbers: Sequence[float | None], *, least: int = 0, downward: bool = False) -> list[str]:
    """Numbers with as many decimals as give the largest seven digits, and the smallest four as far as that goes.

    Args:
        numbers: what the column holds; None where there is nothing.
        least: the fewest decimals.
        downward: whether numbers are rounded down, as what is promised must be.
    """
    sizes = [abs(number) for number in numbers if number]
    decimals = least
    if sizes:
        wanted = _DIGITS - _places(max(sizes))
        finer = min(_FEWEST_DIGITS - _places(min(sizes)), wanted + _FEWEST_DIGITS)
        decimals = max(least, wanted, finer)
    return [ABSENT if number is None else f"{_shown(number, decimals, downward):,f}" for number in numbers]


def _shown(number: float, decimals: int, downward: bool) -> Decimal:
    """A number with so many decimals, to the nearest or rounded down."""
    rounding = ROUND_FLOOR if downward else ROUND_HALF_EVEN
    with localcontext(Context(prec=_LONGEST)):
        return Decimal(number).quantize(Decimal(1).scaleb(-decimals), rounding=rounding)


def padded(numbers: Sequence[str]) -> list[str]:
    """Decimals as they were written, with zeros up to the most decimals among them; fractions as they are."""
    most = max((len(number.partition(".")[2]) for number in numbers), default=0)
    return [number if "/" in number or not most else _with_decimals(number, most) for number in numbers]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column starts on the left, all others end on the right."""
    widths = [max(map(len, entries)) for entries in zip(headings, *rows, strict=True)]
    lines = []
    for first, *others in (headings, *rows):
        right = [f"{entry:>{width}}" for entry, width in zip(others, widths[1:], strict=True)]
        lines.append("   ".join([f"{first:{widths[0]}}", *right]).rstrip())
    return lines


def _places(size: float) -> int:
    """How many digits stand before the decimal point; zero or less for what is below one."""
    return math.floor(math.log10(size)) + 1


def _with_decimals(number: str, most: int) -> str:
    whole, _, part = number.partition(".")
    return f"{whole}.{part:0<{most}}"
