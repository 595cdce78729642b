"""Split the text of a CSV file into records and fields, refusing what would have to be guessed."""

import re
from collections.abc import Iterator

from robustmech.errors import InputError

# Possessive (++, *+), so that an unterminated quote is found in linear time.
_QUOTED = re.compile(r'[ \t]*+"((?:[^"]++|"")*+)"[ \t]*+(?=[,\n]|\Z)')
_QUOTED_OPEN = re.compile(r'[ \t]*+"(?:[^"]++|"")*+("?)')
_PLAIN = re.compile(r"[^,\n]*+")


def split_records(text: str) -> Iterator[tuple[str, ...]]:
    r"""The records of a CSV text, one tuple of fields each.

    Lines may end in \n, \r\n or \r; fields are separated by commas and may be quoted, with a doubled quote
    for a quote. An empty line is a record of one empty field; there is no record after a final line end.

    Raises:
        InputError: for a NUL character, a quote that is never closed, or text after a closing quote; the
            message names the line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise InputError(
            f"line {_line(text, text.index(chr(0)))} contains a NUL character: save it again as UTF-8 text"
        )
    position = 0
    fields: list[str] = []
    while position < len(text) or fields:
        field, position = _field(text, position)
        fields.append(field)
        if text[position : position + 1] != ",":
            yield tuple(fields)
            fields = []
        position += 1


def _field(text: str, position: int) -> tuple[str, int]:
    quoted = _QUOTED.match(text, position)
    if quoted is not None:
        return quoted[1].replace('""', '"'), quoted.end()
    opened = _QUOTED_OPEN.match(text, position)
    if opened is not None:
        line = _line(text, position)
        if opened[1]:
            raise InputError(f"line {line} has text after a closing quote: double a quote that belongs to the text")
        raise InputError(f"line {line} opens a quote that is never closed: close it or remove it")
    plain = _PLAIN.match(text, position)
    return (plain[0], plain.end()) if plain is not None else ("", position)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
