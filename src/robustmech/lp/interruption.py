"""Running native code so that Ctrl-C is heard.

Python delivers a signal only between bytecodes of the main thread, so a solver that runs there for a minute swallows
Ctrl-C for a minute. The solve runs in a worker thread instead, and the thread that asked for it waits in short steps.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_STEP_SECONDS = 0.05
_PATIENCE_SECONDS = 1.0


def run_interruptibly(
    work: Callable[[], Result], stop: Callable[[], None], stopped: Callable[[], bool] | None = None
) -> Result:
    """Run work in a thread and return its result; on KeyboardInterrupt ask it to stop, and pass the interrupt on.

    Args:
        work: the native call.
        stop: asks work to end soon; called once, from the waiting thread. After an interrupt a worker that has not
            ended a second later is left to end on its own: it holds no files.
        stopped: once it is true work is asked to stop, and waited for.
    """
    outcome: list[Result] = []
    failure: list[BaseException] = []
    # Not Thread.join: interrupted, it marks a running thread as ended (CPython 3.11).
    ended = threading.Event()

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # handed to the waiting thread, which raises it
            failure.append(error)
        finally:
            ended.set()

    threading.Thread(target=run, daemon=True).start()
    try:
        asked = False
        while not ended.wait(_STEP_SECONDS):
            if stopped is not None and not asked and stopped():
                asked = True
                stop()
    except BaseException:
        stop()
        ended.wait(_PATIENCE_SECONDS)
        raise
    if failure:
        raise failure[0]
    return outcome[0]
