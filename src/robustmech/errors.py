"""The exceptions that robustmech raises; each message is one line that says what, where and how to mend it."""


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
