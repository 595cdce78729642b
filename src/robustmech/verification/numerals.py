"""Exact numbers as text: `[+-]digits` or `[+-]digits/digits`, of bounded length, and nothing else."""

import re
from fractions import Fraction

from robustmech.verification.checks import Flaw

LONGEST_NUMBER = 20_000
_WHOLE = re.compile(r"[+-]?[0-9]+")
_EXACT = re.compile(r"([+-]?[0-9]+)(?:/([0-9]+))?")
_CHUNK = 4_000  # below the interpreter's limit on the digits that int() reads


def whole_from_digits(text: str, where: str) -> int:
    """The whole number that `[+-]digits` stands for, read in pieces so that only we limit its length."""
    if len(text) > LONGEST_NUMBER:
        raise Flaw(f"{where}: longer than {LONGEST_NUMBER} characters")
    if not _WHOLE.fullmatch(text):
        raise Flaw(f"{where}: {text[:40]!r} is not a whole number")
    digits = text.lstrip("+-")
    value = 0
    for start in range(0, len(digits), _CHUNK):
        chunk = digits[start : start + _CHUNK]
        value = value * 10 ** len(chunk) + int(chunk)
    return -value if text.startswith("-") else value


def exact(value: object, where: str) -> Fraction:
    """The exact number that a JSON whole number or a string `"p/q"` stands for."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if not isinstance(value, str):
        raise Flaw(f"{where}: expected a whole number or a string 'p/q'")
    if len(value) > LONGEST_NUMBER:
        raise Flaw(f"{where}: longer than {LONGEST_NUMBER} characters")
    match = _EXACT.fullmatch(value)
    if match is None:
        raise Flaw(f"{where}: {value[:40]!r} is not a whole number or 'p/q'")
    denominator = whole_from_digits(match[2] or "1", where)
    if denominator == 0:
        raise Flaw(f"{where}: the denominator is zero")
    return Fraction(whole_from_digits(match[1], where), denominator)
