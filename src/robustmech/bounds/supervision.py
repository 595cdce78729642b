"""Running a search so that nothing loses what it has found: not an error, a limit, an interrupt, or a long wait."""

import threading
from collections.abc import Callable

from robustmech.bounds.budget import Budget, OutOfBudgetError
from robustmech.bounds.solution import Solution

_STEP_SECONDS = 0.02
_GRACE_SECONDS, _GRACE_SHARE = 0.4, 0.04
"""How much longer than its limit a search may take to end by itself before it is left alone."""
_PATIENCE_SECONDS = 0.5
"""The same after an interrupt."""


class Interrupted(KeyboardInterrupt):
    """A solve was interrupted.

    Args:
        solution: the bracket in hand, with status "stopped early"; None if there was none.
    """

    def __init__(self, solution: Solution | None) -> None:
        super().__init__("interrupted")
        self.solution = solution


def supervised(search: Callable[[], None], budget: Budget, found: Callable[[], bool]) -> BaseException | None:
    """Run a search in a worker thread until it ends, or its time is up.

    A search that has not ended a little after its time is left to end on its own, as it can be in native code that
    hears nothing; but not before it has found something.

    Args:
        search: the work; it is to look at the budget whenever it can.
        budget: its limits.
        found: whether there is an answer already.
    Returns:
        What the search raised, or that its time was up if it was left alone; None if it ended by itself.
    Raises:
        KeyboardInterrupt: if that comes meanwhile; the search is then asked to stop, and given half a second to.
    """
    failure: list[BaseException] = []
    ended = threading.Event()

    def run() -> None:
        try:
            search()
        except BaseException as error:  # handed to the waiting thread
            failure.append(error)
        finally:
            ended.set()

    threading.Thread(target=run, name="robustmech search", daemon=True).start()
    try:
        while not ended.wait(_STEP_SECONDS) and budget.seconds_left > 0:
            pass
        if not ended.is_set():
            ended.wait(max(_GRACE_SECONDS, _GRACE_SHARE * (budget.seconds or 0.0)))
        while not ended.wait(_STEP_SECONDS) and not found():
            pass
        if not ended.is_set():
            late = budget.ended or "the search did not end in time"
            budget.stop(late)
            return OutOfBudgetError(late)
    except BaseException:
        budget.stop("interrupted")
        ended.wait(_PATIENCE_SECONDS)
        raise
    return failure[0] if failure else None
