"""robustmech verify: compute both numbers again from the artefacts, exactly."""

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from robustmech.cli.saying import say, say_json

if TYPE_CHECKING:
    from robustmech.verification import Verification

NOT_VERIFIED = 1


@click.command("verify", short_help="Check a result folder in exact arithmetic.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify_command(folder: Path, as_json: bool) -> None:
    """Check a result FOLDER in exact arithmetic, with code that shares nothing with the solver."""
    from robustmech.verification import verify

    verification = verify(folder)
    if as_json:
        say_json(json.dumps(_as_json(verification), allow_nan=False))
    else:
        for line in _lines(verification):
            say(line)
    if not verification.passed:
        click.get_current_context().exit(NOT_VERIFIED)


def _lines(verification: "Verification") -> list[str]:
    if not verification.passed:
        lines = [f"FAILED  {check.name}: {check.detail}" for check in verification.failures]
        return [*lines, "not verified"]
    lines = [f"ok  {check.name}: {check.detail}" for check in verification.checks]
    claims = []
    if verification.claimed_lower is not None:
        claims.append(f"max guarantee ≥ {verification.claimed_lower!r}")
    if verification.claimed_upper is not None:
        claims.append(f"min potential ≤ {verification.claimed_upper!r}")
    return [*lines, f"verified: {', '.join(claims)}"]


def _as_json(verification: "Verification") -> dict[str, object]:
    return {
        "verified": verification.passed,
        "lower": verification.claimed_lower,
        "upper": verification.claimed_upper,
        "exact_lower": _exact(verification.lower),
        "exact_upper": _exact(verification.upper),
        "checks": [
            {"name": check.name, "passed": check.passed, "detail": check.detail} for check in verification.checks
        ],
    }


def _exact(number: Fraction | None) -> str | None:
    """An exact number as text, however many digits it has: the interpreter stops at some thousand if not asked."""
    if number is None:
        return None
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return str(number)
    finally:
        sys.set_int_max_str_digits(limit)
