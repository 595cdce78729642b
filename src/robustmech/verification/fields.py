"""Strict reading of JSON: every field is there, is of its type, and means one thing only."""

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import cast

from robustmech.verification.checks import Flaw
from robustmech.verification.limits import LONGEST_LIST, check_denominators
from robustmech.verification.numerals import exact, whole_from_digits

_SHORT = 600
"""Digits that the interpreter reads by itself, whatever limit it is given."""


def parse_json(data: bytes, file_name: str) -> object:
    """The value that a JSON file holds; duplicate keys, NaN, infinities and very long numbers are flaws."""
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_int=_whole_number,
            parse_float=_finite,
            parse_constant=_refuse,
        )
    except Flaw as flaw:
        raise Flaw(f"{file_name}: {flaw}") from None
    except (ValueError, RecursionError) as error:
        raise Flaw(f"{file_name}: not valid JSON ({error})") from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        seen = Counter(names)
        raise Flaw(f"the key {next(name for name in names if seen[name] > 1)[:40]!r} appears twice")
    return result


def _whole_number(text: str) -> int:
    return int(text) if len(text) < _SHORT else whole_from_digits(text, "a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Flaw(f"the number {text[:40]} is not finite")
    return value


def _refuse(text: str) -> object:
    raise Flaw(f"{text} is not a number")


def whole(value: object, where: str, *, least: int, most: int | None = None) -> int:
    """A JSON whole number between `least` and `most`, both included."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Flaw(f"{where}: expected a whole number")
    if value < least or (most is not None and value > most):
        raise Flaw(f"{where}: expected a whole number from {least} to {'any' if most is None else most}")
    return value


def text(value: object, where: str) -> str:
    """A JSON string."""
    if not isinstance(value, str):
        raise Flaw(f"{where}: expected a string")
    return value


def truth(value: object, where: str) -> bool:
    """A JSON `true` or `false`."""
    if not isinstance(value, bool):
        raise Flaw(f"{where}: expected true or false")
    return value


def double(value: object, where: str) -> float:
    """A JSON number with a point or an exponent, which stands for its nearest double."""
    if not isinstance(value, float):
        raise Flaw(f"{where}: expected a floating-point number")
    return value


def sequence(value: object, where: str, length: int | None = None) -> Sequence[object]:
    """A JSON list, of the given length if there is one."""
    if not isinstance(value, list):
        raise Flaw(f"{where}: expected a list")
    if len(value) > LONGEST_LIST:
        raise Flaw(f"{where}: {len(value)} entries, more than the limit of {LONGEST_LIST}")
    if length is not None and len(value) != length:
        raise Flaw(f"{where}: expected {length} entries, found {len(value)}")
    return cast(Sequence[object], value)


def exact_sequence(value: object, where: str, length: int | None = None) -> tuple[Fraction, ...]:
    """A JSON list of exact numbers, whose common denominator is not absurd."""
    entries = sequence(value, where, length)
    numbers = tuple(exact(entry, f"{where}[{index}]") for index, entry in enumerate(entries))
    check_denominators(numbers, where)
    return numbers


def record(
    value: object, where: str, names: Collection[str], *, optional: Collection[str] = ()
) -> Mapping[str, object]:
    """A JSON object with these keys and no others, as an unknown one might change what the others mean."""
    if not isinstance(value, dict):
        raise Flaw(f"{where}: expected an object")
    for name in names:
        if name not in value:
            raise Flaw(f"{where}: {name!r} is missing")
    for name in value:
        if name not in names and name not in optional:
            raise Flaw(f"{where}: {str(name)[:40]!r} is not a field of this version")
    return cast(Mapping[str, object], value)


def versioned(value: object, where: str, schema: str, wanted: int, names: Collection[str]) -> Mapping[str, object]:
    """A JSON object that states this schema, in the version wanted."""
    if not isinstance(value, dict):
        raise Flaw(f"{where}: expected an object")
    if value.get("schema") != schema:
        raise Flaw(f"{where}: the schema is not {schema!r}")
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version != wanted:
        raise Flaw(f"{where}: version {wanted} is the only one that this software reads; solve the problem again")
    return record(value, where, {"schema", "version", *names})


def sparse(value: object, where: str, axes: Mapping[str, int]) -> dict[tuple[int, ...], Fraction]:
    """The entries of a sparse array: parallel lists, one of indices for each axis and one named `value`.

    Args:
        value: the JSON object.
        where: its place, for messages.
        axes: the length of each axis, by name.
    """
    lists = record(value, where, {*axes, "value"})
    numbers = exact_sequence(lists["value"], f"{where}.value")
    columns = [
        [
            whole(index, f"{where}.{axis}[{place}]", least=0, most=length - 1)
            for place, index in enumerate(sequence(lists[axis], f"{where}.{axis}", len(numbers)))
        ]
        for axis, length in axes.items()
    ]
    entries = dict(zip(zip(*columns, strict=True), numbers, strict=True))
    if len(entries) != len(numbers):
        raise Flaw(f"{where}: two entries have the same indices")
    return entries
