"""From a file on disk to text and to a dictionary of exact numbers, with one-line errors."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustmech.errors import InputError

LARGEST_FILE = 64 * 2**20
"""The most bytes that are read from one file."""

_LONGEST_SHOWN = 40
_LONGEST_WHOLE_NUMBER = 4300


@dataclass(frozen=True, slots=True)
class DecimalLiteral:
    """A TOML float as it was written, so that 0.1 stays one tenth.

    Args:
        text: the digits as in the file.
    """

    text: str


def one_line(text: str) -> str:
    """The text with line breaks and other unprintable characters written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def shown(thing: object) -> str:
    """A short one-line rendering of something from the person's file, for an error message."""
    if isinstance(thing, DecimalLiteral):
        text = thing.text
    elif isinstance(thing, bool):
        text = str(thing).lower()
    elif isinstance(thing, int) and thing.bit_length() > 200:
        return "a number of more than 60 digits"
    elif isinstance(thing, dict):
        return "a table"
    elif isinstance(thing, list):
        return f"a list of {len(thing)}"
    else:
        text = one_line(str(thing))
        if len(text) > _LONGEST_SHOWN:
            text = text[: _LONGEST_SHOWN - 3] + "..."
        return f"'{text}'" if isinstance(thing, str) else text
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def read_text(path: Path) -> str:
    """Read a whole file as UTF-8, with or without a byte order mark.

    Raises:
        InputError: if there is no such file, it is a folder, it cannot be read, it is larger than
            `LARGEST_FILE`, or it is not UTF-8. The message does not name the file; callers do.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except IsADirectoryError:
        raise InputError("is a folder: give the path of a file") from None
    except FileNotFoundError:
        raise InputError("there is no such file: check the path") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or type(error).__name__})") from None
    except ValueError:
        raise InputError("is not a possible path: it contains a NUL character") from None
    if len(content) > LARGEST_FILE:
        raise InputError(f"is larger than {LARGEST_FILE // 2**20} MiB: give a smaller file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"is not UTF-8 text (byte 0x{content[error.start]:02x} on line {line}): save it again as UTF-8"
        ) from None


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML, keeping every decimal number as it was written.

    Raises:
        InputError: if the text is empty or not TOML.
    """
    if not text.strip():
        raise InputError("is empty: a problem file begins with version = 1")
    try:
        return tomllib.loads(text, parse_float=DecimalLiteral)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not valid TOML: {one_line(str(error))}") from None
    except RecursionError:
        raise InputError("is not valid TOML: brackets are nested too deeply") from None
    except ValueError as error:
        raise InputError(_unreadable_number(text) or f"is not valid TOML: {one_line(str(error))}") from None


def _unreadable_number(text: str) -> str | None:
    """Name the line of a whole number too long for Python to read."""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.search(rf"[0-9_]{{{_LONGEST_WHOLE_NUMBER},}}", line):
            return f"line {number} has a number of more than {_LONGEST_WHOLE_NUMBER} digits: rescale the problem"
    return None
