"""The robustmech command."""

import gc
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import NoReturn

from robustmech.streams import open_errors, private_output

_ONE_BURST = 1.0  # seconds
OUTPUT_LOST = 74  # EX_IOERR of sysexits.h


def main() -> NoReturn:
    """Run the command and exit; an interrupt is one line even while the program is still being loaded."""
    interrupts: list[float] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        # Several at once are one: a burst must not cut short the answer to its first.
        interrupts.append(time.monotonic())
        if len(interrupts) < 2 or interrupts[-1] - interrupts[-2] > _ONE_BURST:
            signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    # A request to end is heard as Ctrl-C is: what was found so far is printed.
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, interrupt)
    try:
        _keep_output()
        # Loading makes many objects and few that go: collecting them at the usual pace takes a tenth of a small solve.
        gc.set_threshold(100_000, 20, 20)
        # More threads would only wait for memory that a limit on it may not give: OpenBLAS then hangs (NumPy 2.4.6).
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from robustmech.cli.application import run

        sys.exit(run())
    except KeyboardInterrupt:
        _say_interrupted()
    except ImportError:
        # Compiled modules that are interrupted while they are loaded say that they could not be.
        if not interrupts:
            raise
        _say_interrupted()


def command() -> NoReturn:
    """The same for a process of its own, which ends even where a search was left alone.

    That may still be in native code, which must not find the interpreter taken down.
    """
    try:
        main()
    except SystemExit as ended:
        if threading.active_count() > 1:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended.code if isinstance(ended.code, int) else 0)
        raise


def _keep_output() -> None:
    """Have our own printing alone reach standard output, and nothing that native code writes to its descriptor."""
    open_errors()
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stderr.write("robustmech: standard output is closed: give it a file, or /dev/null\n")
        sys.exit(OUTPUT_LOST)
    try:
        ours = sys.stdout.fileno() == 1
    except OSError:  # a stream in memory, which native code cannot reach
        return
    if ours:
        old = sys.stdout
        sys.stdout = open(private_output(), "w", encoding=old.encoding, errors=old.errors)  # noqa: SIM115
        sys.__stdout__ = sys.stdout  # type: ignore[misc]


def _say_interrupted() -> NoReturn:
    sys.stderr.write("robustmech: interrupted; nothing was written\n")
    sys.exit(130)


__all__ = ["command", "main"]
