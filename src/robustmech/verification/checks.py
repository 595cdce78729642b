"""What a verification finds: one line for every condition, whether it holds or not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from robustmech.errors import printable

Result = TypeVar("Result")

_LONGEST_DETAIL = 400
_SHORT_BITS = 80


class Flaw(Exception):  # noqa: N818  (not an error of the program: a finding about an artefact)
    """A condition that the artefact does not meet; the message is the line that says which and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition: its name, whether it holds, and one line of printable text that says what was found and where."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Every condition that was checked, and the two numbers computed again from the artefact.

    Args:
        checks: all conditions, in the order in which they were checked.
        lower: the exact lower number, `None` if there is none or it could not be computed. It is a bound
            only if every check passed.
        upper: the exact upper number, likewise.
        claimed_lower: the lower number that the certificate states.
        claimed_upper: the upper number that the certificate states.
    """

    checks: tuple[Check, ...]
    lower: Fraction | None
    upper: Fraction | None
    claimed_lower: float | None
    claimed_upper: float | None

    @property
    def failures(self) -> tuple[Check, ...]:
        """The conditions that do not hold."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def passed(self) -> bool:
        """Whether there was something to check and every condition holds."""
        return bool(self.checks) and not self.failures


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Collects the checks while an artefact is read; whatever goes wrong becomes a failed check."""

    checks: list[Check] = field(default_factory=list)

    def obtain(self, name: str, work: Callable[[], Result], detail: str = "read") -> Result | None:
        """The result of `work`, recorded as a passed check; `None`, and a failed check, if it raises."""
        try:
            result = work()
        except Flaw as flaw:
            self._record(name, False, str(flaw))
        except MemoryError:
            self._record(name, False, "could not be checked: it takes more memory than there is")
        except Exception as error:  # an artefact may be damaged in ways that nobody listed: fail, never pass
            self._record(name, False, f"could not be checked ({type(error).__name__}: {error})")
        else:
            self._record(name, True, detail)
            return result
        return None

    def require(self, name: str, work: Callable[[], str]) -> None:
        """Record as passed, with the line that `work` returns, or as failed if it raises."""
        detail = self.obtain(name, work)
        if detail is not None:
            self.checks[-1] = Check(name=name, passed=True, detail=detail)

    def _record(self, name: str, passed: bool, detail: str) -> None:
        line = printable(detail)
        line = line if len(line) <= _LONGEST_DETAIL else line[:_LONGEST_DETAIL] + " ..."
        self.checks.append(Check(name=name, passed=passed, detail=line))


def described(value: Fraction) -> str:
    """A number for people: exact where that is short, and its nearest double."""
    bits = value.numerator.bit_length() + value.denominator.bit_length()
    try:
        nearest = repr(float(value))
    except OverflowError:
        return f"a number of about 2^{value.numerator.bit_length() - value.denominator.bit_length()} in size"
    if bits > _SHORT_BITS:
        return nearest
    return str(value) if value.denominator == 1 else f"{value} ({nearest})"
