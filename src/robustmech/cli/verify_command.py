"""robustmech verify: compute both numbers again from the artefacts, exactly."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

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
        click.echo(json.dumps(_as_json(verification), allow_nan=False))
    else:
        for line in _lines(verification):
            click.echo(line)
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
        "exact_lower": None if verification.lower is None else str(verification.lower),
        "exact_upper": None if verification.upper is None else str(verification.upper),
        "checks": [
            {"name": check.name, "passed": check.passed, "detail": check.detail} for check in verification.checks
        ],
    }
