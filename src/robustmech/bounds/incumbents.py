"""The best certified numbers so far, kept where no failure can lose them."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from robustmech.bounds.solution import BoundStatus, LowerBound, Solution, UpperBound
from robustmech.errors import InputError, RobustmechError, SolveError
from robustmech.memory import is_lack_of_memory
from robustmech.model import Environment, Side

Bound = LowerBound | UpperBound
Help = TypeVar("Help")
_NEGLIGIBLE_GAP = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """When a bracket is narrow enough, and what may be spent on it.

    Args:
        gap: its width, absolute; or None.
        relative_gap: its width over the smaller of its ends' sizes; or None.
        memory: bytes that one program may be estimated to need.
        worth: what is at stake; a relative gap is reached, too, where the width is a millionth of it.
    """

    gap: float | None
    relative_gap: float | None
    memory: float
    worth: float

    def reached(self, lower: float, upper: float) -> bool:
        """Whether either width is reached."""
        width = upper - lower
        close = width <= (self.worth * _NEGLIGIBLE_GAP if self.gap is None else self.gap)
        return close or (self.relative_gap is not None and width <= self.relative_gap * min(abs(lower), abs(upper)))


@dataclass(slots=True, eq=False)
class Incumbents:
    """The best certified number of each side that is asked for; one thread offers, another may look.

    Args:
        environment: what is solved.
        sides: the sides that are asked for.
        entry_payments: whether mechanisms may have payments at action 0.
        target: when the bracket is narrow enough, where it is being refined.
        notes: what kept the search from going on, in words.
    """

    environment: Environment
    sides: tuple[Side, ...]
    entry_payments: bool
    target: Target | None = None
    notes: list[str] = field(default_factory=list)
    _best: dict[Side, Bound] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def offer(self, bound: Bound, *, instead: bool = False) -> None:
        """Keep a bound if it is the best of its side.

        Args:
            bound: certified.
            instead: whether to keep it in any case, whatever there was.
        Raises:
            SolveError: if its number is not finite, which certifies nothing.
        """
        side = Side.LOWER if isinstance(bound, LowerBound) else Side.UPPER
        if not math.isfinite(bound.value):
            raise SolveError(f"the {side.value} number is {bound.value}: nothing was certified")
        with self._lock:
            best = self._best.get(side)
            better = best is None or (bound.value > best.value if side is Side.LOWER else bound.value < best.value)
            if better or instead:
                self._best[side] = bound

    def offer_stopgap(self, bound: Bound) -> None:
        """The same for a bound that stands in for the one that was asked for: it is not called proved."""
        detail = f"{bound.record.detail} in place of the program"
        self.offer(replace(bound, record=replace(bound.record, status=BoundStatus.STOPPED, detail=detail)))

    def note(self, words: str) -> None:
        """Remember, once, what kept the search from going on."""
        if words not in self.notes:
            self.notes.append(words)

    def try_for(self, wanted: Callable[[], Help]) -> Help | None:
        """What a function returns, or None and a note where it fails in a way that is not the person's mistake."""
        try:
            return wanted()
        except InputError:
            raise
        except Exception as error:
            self.note(in_words(error))
            return None

    @property
    def complete(self) -> bool:
        """Whether every side that is asked for has a number."""
        return set(self._best) == set(self.sides)

    def number(self, side: Side) -> float | None:
        """The best number of one side, None while there is none."""
        best = self._best.get(side)
        return None if best is None else best.value

    @property
    def bracket(self) -> tuple[float, float] | None:
        """Both numbers, None unless there are both."""
        lower, upper = self.number(Side.LOWER), self.number(Side.UPPER)
        return None if lower is None or upper is None else (lower, upper)

    @property
    def narrow_enough(self) -> bool:
        """Whether the target is reached; never where a side has no number."""
        bracket = self.bracket
        return self.target is not None and bracket is not None and self.target.reached(*bracket)

    def solution(self, *, elapsed: float, cause: str | None) -> Solution:
        """What is in hand.

        Args:
            elapsed: seconds of wall time that it took.
            cause: what ended the search, in words; None if it ended by itself.
        """
        with self._lock:
            lower, upper = self._best.get(Side.LOWER), self._best.get(Side.UPPER)
        narrow_enough = self.narrow_enough
        asked = self.target is not None and len(self.sides) == 2
        words = None if narrow_enough else cause or "; ".join(self.notes) or None
        return Solution(
            environment=self.environment,
            lower=lower if isinstance(lower, LowerBound) else None,
            upper=upper if isinstance(upper, UpperBound) else None,
            elapsed=elapsed if self.target is not None or words is not None else None,
            cause=words,
            narrow_enough=narrow_enough or not asked,
            entry_payments=self.entry_payments,
        )


def in_words(error: BaseException) -> str:
    """An error as part of a sentence, in one line."""
    if is_lack_of_memory(error):
        return "there was not enough memory"
    said = " ".join(str(error).split())
    return said if isinstance(error, RobustmechError) else f"{type(error).__name__}: {said}".removesuffix(": ")
