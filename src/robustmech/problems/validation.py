"""Check a parsed file against the schema; the first mistake becomes one line that names its place."""

import difflib
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from robustmech.errors import InputError
from robustmech.problems.reading import one_line, shown
from robustmech.problems.schema import SCHEMA_VERSION, TABLES, ProblemFile

Place = tuple[int | str, ...]

_MISSING = {
    "bidders": "write bidders = 2 or however many there are",
    "agents": "write agents = 2 or however many there are",
    "transfers": "write transfers = true if agents also pay the designer, false if not",
    "outcomes": "name the outcomes in a list of strings",
    "values": "give one value per bidder",
    "state": "give at least one state",
    "utilities": "give one list per agent with one number per outcome",
    "payoff": "give the designer's payoff from each outcome",
    "file": "give the path of a CSV file, relative to the problem file",
    "column": "give the name of the column that holds the values",
}


def validate(content: dict[str, Any]) -> ProblemFile:
    """The file's content as checked tables.

    Raises:
        InputError: naming the place of the first mistake, unknown keys before others.
    """
    _check_version(content)
    try:
        return ProblemFile.model_validate(content)
    except ValidationError as error:
        mistakes = sorted(error.errors(include_url=False), key=lambda mistake: mistake["type"] != "extra_forbidden")
        raise InputError(_sentence(mistakes[0])) from None


def written(place: Place) -> str:
    """A place in the file as the person would write it, such as auction.state[2].probability."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{shortened_key(part)}"
    return text.removeprefix(".")


def shortened_key(key: str) -> str:
    """A key on one line, cut where it is absurdly long."""
    key = one_line(key)
    return key if len(key) <= 40 else key[:37] + "..."


def _check_version(content: dict[str, Any]) -> None:
    if "version" not in content:
        raise InputError(f"version is missing: write version = {SCHEMA_VERSION} as the first line")
    version = content["version"]
    if type(version) is not int or version < 1:
        raise InputError(f"version is {shown(version)}: write version = {SCHEMA_VERSION}")
    if version > SCHEMA_VERSION:
        raise InputError(
            f"version is {shown(version)}, but this library reads only {SCHEMA_VERSION}: install a newer one"
        )


def _sentence(mistake: ErrorDetails, outer: Place = ()) -> str:
    place = (*outer, *mistake["loc"])
    inner = mistake.get("ctx", {}).get("error")
    if isinstance(inner, ValidationError):
        return _sentence(inner.errors(include_url=False)[0], place)
    predicate = inner if inner is not None else _predicate(mistake, place)
    return f"{written(place)} {predicate}"


def _predicate(mistake: ErrorDetails, place: Place) -> str:
    kind, key = mistake["type"], place[-1]
    if kind == "extra_forbidden":
        return f"is not a known key: {_known_key(place)}"
    if kind == "missing":
        return f"is missing: {_MISSING[str(key)]}"
    describe = _DESCRIPTIONS.get(kind)
    expected = describe(mistake.get("ctx", {})) if describe else one_line(mistake["msg"])
    return f"is {shown(mistake['input'])}: expected {expected}"


def _known_key(place: Place) -> str:
    table = tuple(part for part in place[:-1] if isinstance(part, str))
    known = list(TABLES[table].model_fields)
    homes = [".".join(home) for home, model in TABLES.items() if place[-1] in model.model_fields]
    if homes:
        return f"it belongs in [{homes[0]}]" if homes[0] else "it belongs at the top of the file"
    nearest = difflib.get_close_matches(str(place[-1])[:100], known, n=1, cutoff=0.5)
    if nearest:
        return f"did you mean {nearest[0]}?"
    return f"the keys here are {', '.join(known)}"


_DESCRIPTIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "int_type": lambda _: "a whole number",
    "bool_type": lambda _: "true or false",
    "string_type": lambda _: "a string in quotes",
    "list_type": lambda _: "a list",
    "model_type": lambda _: "a table",
    "literal_error": lambda context: str(context["expected"]).replace("'", ""),
    "greater_than_equal": lambda context: f"at least {context['ge']}",
    "less_than_equal": lambda context: f"at most {context['le']}",
}
