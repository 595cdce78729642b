"""The robustmech command."""

from robustmech.cli.application import main

__all__ = ["main"]
