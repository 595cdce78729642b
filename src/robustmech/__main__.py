"""``python -m robustmech``."""

from robustmech.cli import main

main()
