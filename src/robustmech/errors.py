"""The exceptions that robustmech raises; each message is one line that says what, where and how to mend it.

`printable` and `escaped` make any text fit for such a line.
"""


def escaped(text: str) -> str:
    """The text with everything that a terminal might act on shown as an escape: what it prints is one line.

    Text from a file or a file's name may hold control characters, directions of writing, or lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def printable(text: str) -> str:
    """The text in one line, with spaces for line breaks and everything else that is not printable escaped."""
    return escaped(" ".join(text.split()))


class RobustmechError(Exception):
    """Base of every exception this library raises on purpose."""


class InputError(RobustmechError, ValueError):
    """A number, array, file or option given by the person cannot be used."""


class ShapeError(InputError):
    """Arrays whose shapes disagree with each other or with the environment."""


class SizeError(InputError):
    """The program would be larger than the limit allows; the message names a grid that fits."""


class SpacingError(InputError):
    """Elements too small, too many, or too far out."""


class SolveError(RobustmechError):
    """The solver produced nothing from which a bound could be certified."""


class RepairError(SolveError):
    """A solver's proposal could not be made exactly feasible; the message names the residual."""
