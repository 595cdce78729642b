"""The one place through which the command's text leaves: nothing in it makes a terminal do anything."""

import click

from robustmech.errors import escaped


def say(text: str, *, bold: bool = False, err: bool = False) -> None:
    """Print a line; control characters in names, titles and paths are shown, not sent."""
    line = escaped(text)
    click.echo(click.style(line, bold=True) if bold else line, err=err)


def say_json(text: str) -> None:
    """Print JSON, which may have line breaks between its tokens; what cannot be printed is escaped as JSON does."""
    click.echo("".join(c if c == "\n" or c.isprintable() else _in_json(c) for c in text))


def _in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
