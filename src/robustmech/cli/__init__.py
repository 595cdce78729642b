"""The robustmech command."""

import gc
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from robustmech.streams import open_errors, private_output

_ONE_BURST = 1.0  # seconds
OUTPUT_LOST = 74  # EX_IOERR of sysexits.h


_interrupts: list[float] = []
_HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Several at once are one: a burst must not cut short the answer to its first.
    _interrupts.append(time.monotonic())
    if len(_interrupts) < 2 or _interrupts[-1] - _interrupts[-2] > _ONE_BURST:
        signal.default_int_handler(number, frame)


def require_no_interrupt() -> None:
    """Hear an interrupt that came where Python lets no exception through, such as in a callback of its imports.

    Raises:
        KeyboardInterrupt: if there was one.
    """
    if _interrupts:
        raise KeyboardInterrupt


def main() -> NoReturn:
    """Run the command and exit; an interrupt is one line even while the program is still being loaded."""
    before = {number: signal.getsignal(number) for number in _HEARD}
    try:
        _run(before)
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)


def command() -> NoReturn:
    """The same for a process of its own, which ends at once with what it has printed.

    A search that was left alone may still be in native code, which must not find the interpreter taken down, and a late
    interrupt must not change the answer.
    """
    try:
        _run({number: signal.getsignal(number) for number in _HEARD})
    except SystemExit as ended:
        for number in _HEARD:
            signal.signal(number, signal.SIG_IGN)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with suppress(OSError):  # said already
                stream.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 0)


def _run(before: Mapping[signal.Signals, object]) -> NoReturn:
    _interrupts.clear()
    # A request to end, or a closed terminal, is heard as Ctrl-C is: what was found so far is printed and written.
    for number, handler in before.items():
        if handler in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _interrupt)
    sys.unraisablehook = _unraisable
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
        if not _interrupts:
            raise
        _say_interrupted()
    finally:
        sys.unraisablehook = sys.__unraisablehook__


def _unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    """Say nothing of an interrupt in a callback: it is heard afterwards."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)


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


__all__ = ["command", "main", "require_no_interrupt"]
