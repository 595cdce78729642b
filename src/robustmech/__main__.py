"""``python -m robustmech``."""

from robustmech.cli import command

command()
