"""Checking a result folder from its bytes alone."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from robustmech.errors import InputError
from robustmech.verification.certificate import Certificate, parse_certificate
from robustmech.verification.checks import Flaw, Ledger, Verification, described
from robustmech.verification.integrity import (
    CERTIFICATE,
    LARGEST_TOTAL,
    PROBLEM,
    Folder,
    check_manifest,
    check_names,
    open_folder,
    read_folder,
)
from robustmech.verification.lower import check_lower
from robustmech.verification.opening import OpenFiles
from robustmech.verification.problem import Problem, parse_problem
from robustmech.verification.upper import check_upper


def verify(folder: Path | str) -> Verification:
    """Check everything that a result folder claims, in exact arithmetic.

    Args:
        folder: what `robustmech solve --out` wrote.

    Returns:
        Every check, and the two numbers computed again. Whatever is wrong in the folder is a failed check.

    Raises:
        InputError: if the folder does not exist, has no MANIFEST, or may not be read.
    """
    with open_folder(Path(folder)) as files:
        return _verified(files)[0]


def read_verified(folder: Path | str) -> tuple[Verification, Mapping[str, bytes]]:
    """What `verify` finds, and the bytes of the files that were checked; none unless every check passed.

    Raises:
        InputError: if the folder does not exist, has no MANIFEST, or is changed at this moment.
    """
    with open_folder(Path(folder)) as opened:
        verification, files = _verified(opened)
        if files is None or not verification.passed:
            return verification, {}
        try:
            return verification, {name: files.content(name, LARGEST_TOTAL) for name in files.digests}
        except Flaw as flaw:
            raise InputError(f"{folder}: {flaw}; read it again") from None


def _verified(opened: OpenFiles) -> tuple[Verification, Folder | None]:
    """All checks, and the files, if MANIFEST could be read."""
    ledger = Ledger()
    lower: Fraction | None = None
    upper: Fraction | None = None
    claimed_lower: float | None = None
    claimed_upper: float | None = None
    files = ledger.obtain("files", lambda: read_folder(opened))
    read = None if files is None else _read(ledger, files)
    if files is not None and read is not None:
        problem, certificate = read
        if certificate.lower is not None:
            claimed_lower = certificate.lower.value
            lower = check_lower(ledger, files, problem, certificate.lower)
        if certificate.upper is not None:
            claimed_upper = certificate.upper.value
            upper = check_upper(ledger, files, problem, certificate.upper)
    if lower is not None and upper is not None:
        numbers = (lower, upper)
        ledger.require("bracket", lambda: _check_bracket(*numbers))
    verification = Verification(
        checks=tuple(ledger.checks),
        lower=lower,
        upper=upper,
        claimed_lower=claimed_lower,
        claimed_upper=claimed_upper,
    )
    return verification, files


def _read(ledger: Ledger, files: Folder) -> tuple[Problem, Certificate] | None:
    """The problem and the certificate, with the folder's integrity recorded."""
    ledger.require("manifest", lambda: check_manifest(files))
    problem = ledger.obtain("problem", lambda: parse_problem(files.content(PROBLEM), PROBLEM))
    if problem is None:
        return None
    certificate = ledger.obtain(
        "certificate", lambda: parse_certificate(files.content(CERTIFICATE), CERTIFICATE, problem)
    )
    if certificate is None:
        return None
    lower, upper = certificate.lower is not None, certificate.upper is not None
    ledger.require("names", lambda: check_names(files, lower=lower, upper=upper))
    return problem, certificate


def _check_bracket(lower: Fraction, upper: Fraction) -> str:
    """No guarantee exceeds a potential."""
    if lower > upper:
        raise Flaw(f"the two bounds contradict each other: {described(lower)} is above {described(upper)}")
    return f"the exact gap is {described(upper - lower)}"
