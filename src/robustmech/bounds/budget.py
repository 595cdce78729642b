"""What a solve may spend: wall time, counted work, and until somebody asks it to stop."""

import math
import time
from collections.abc import Callable

from robustmech.errors import SolveError

Clock = Callable[[], float]
USUAL_ITERATIONS = 25
"""Iterations of an interior-point solve that the estimated seconds of a program are for."""


class OutOfBudgetError(SolveError):
    """The time or the work is spent, or the solve was asked to stop; the message says which."""


class Budget:
    """Wall time and work that are left, shared with the parts that are made of it.

    One unit of work is what the estimates of `bounds/size.py` call a second. It is counted from the sizes of programs
    and the iterations that solvers take, never from the clock, so that what is done within it does not depend on how
    busy the machine is.

    Args:
        seconds: wall time, from now on; None for no limit.
        work: units of work; None for no limit.
        clock: what time is read from.
    """

    def __init__(
        self, seconds: float | None = None, work: float | None = None, *, clock: Clock = time.monotonic
    ) -> None:
        self.seconds, self.work = seconds, work
        self._clock = clock
        self._begun = clock()
        self._spent = 0.0
        self._whole: Budget | None = None
        self._cause: str | None = None

    def part(self, share: float) -> "Budget":
        """A budget of that share of this one's time and work, at most what is left; what is spent of it counts here."""
        seconds = None if self.seconds is None else min(share * self.seconds, self.seconds_left)
        work = None if self.work is None else min(share * self.work, self.work_left)
        part = Budget(seconds, work, clock=self._clock)
        part._whole = self
        return part

    @property
    def _root(self) -> "Budget":
        return self if self._whole is None else self._whole._root

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._begun

    @property
    def seconds_left(self) -> float:
        """At least zero; infinite if there is no limit."""
        own = math.inf if self.seconds is None else max(0.0, self.seconds - self.elapsed)
        return own if self._whole is None else min(own, self._whole.seconds_left)

    @property
    def work_left(self) -> float:
        """At least zero; infinite if there is no limit."""
        own = math.inf if self.work is None else max(0.0, self.work - self._spent)
        return own if self._whole is None else min(own, self._whole.work_left)

    def spend(self, work: float) -> None:
        """Count work that was done."""
        self._spent += work
        if self._whole is not None:
            self._whole.spend(work)

    def stop(self, cause: str) -> None:
        """Ask whatever spends it to end; may be called from any thread."""
        self._cause = self._cause or cause

    @property
    def ended(self) -> str | None:
        """Why nothing more is to be done, in words; None while there is something left."""
        if self._cause is not None:
            return self._cause
        if self._whole is not None and self._whole.ended is not None:
            return self._whole.ended
        if self.seconds_left <= 0:
            return f"the time limit of {self._root.seconds:g} s was reached"
        if self.work_left <= 0:
            return f"the work limit of {self._root.work:g} was reached"
        return None

    @property
    def limits_in_words(self) -> str:
        """The limits, where there are any."""
        seconds = None if self.seconds is None else f"time limit of {self.seconds:g} s"
        work = None if self.work is None else f"work limit of {self.work:g}"
        return " and ".join(limit for limit in (seconds, work) if limit is not None)

    def require(self) -> None:
        """Make sure that there is something left.

        Raises:
            OutOfBudgetError: if there is not.
        """
        if self.ended is not None:
            raise OutOfBudgetError(self.ended)

    def iterations(self, estimate: float, asked: int | None) -> int | None:
        """How many iterations the work that is left allows a program of an estimated effort; at least one."""
        if math.isinf(self.work_left):
            return asked
        allowed = max(1, int(self.work_left / estimate * USUAL_ITERATIONS))
        return allowed if asked is None else min(asked, allowed)
