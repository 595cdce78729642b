"""The robustmech command."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Run the command and exit; an interrupt is one line even while the program is still being loaded."""
    interrupts = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        interrupts.append(number)
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    # A request to end is heard as Ctrl-C is: what was found so far is printed.
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, interrupt)
    try:
        from robustmech.cli.application import run

        code = run()
        if threading.active_count() > 1:
            # A search that was left alone may still be in native code, which must not find the interpreter taken down.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        sys.exit(code)
    except KeyboardInterrupt:
        _say_interrupted()
    except ImportError:
        # Compiled modules that are interrupted while they are loaded say that they could not be.
        if not interrupts:
            raise
        _say_interrupted()


def _say_interrupted() -> NoReturn:
    sys.stderr.write("robustmech: interrupted; nothing was written\n")
    sys.exit(130)


__all__ = ["main"]
