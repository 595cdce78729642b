"""The robustmech command."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command and exit; an interrupt is one line even while the program is still being loaded."""
    try:
        from robustmech.cli.application import run

        sys.exit(run())
    except KeyboardInterrupt:
        sys.stderr.write("robustmech: interrupted; nothing was written\n")
        sys.exit(130)


__all__ = ["main"]
