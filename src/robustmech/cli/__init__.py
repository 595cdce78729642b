"""The robustmech command."""

import signal
import sys
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
    try:
        from robustmech.cli.application import run

        sys.exit(run())
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
