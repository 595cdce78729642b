"""The two claims, exactly as `certificate.json` states them."""

from dataclasses import dataclass
from fractions import Fraction

from robustmech.verification.checks import Flaw, described
from robustmech.verification.fields import (
    double,
    exact_sequence,
    parse_json,
    record,
    text,
    versioned,
)
from robustmech.verification.grid import Grid, parse_grid
from robustmech.verification.numerals import exact
from robustmech.verification.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class LowerClaim:
    """The claimed lower number, its grid, and a multiplier `y_r` for each row of the beliefs."""

    value: float
    grid: Grid
    multipliers: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperClaim:
    """The claimed upper number, its grid, and the share ε of the law ν(θ) that was mixed in."""

    value: float
    grid: Grid
    mixture: Fraction
    correction: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The claims; a side that was not solved is `None`."""

    lower: LowerClaim | None
    upper: UpperClaim | None


def parse_certificate(data: bytes, name: str, problem: Problem) -> Certificate:
    """Read `certificate.json`, whose lists have the lengths that the problem asks for.

    Raises:
        Flaw: naming the field, if anything is missing, unknown, of another type, or out of range.
    """
    parsed = parse_json(data, name)
    fields = versioned(parsed, name, "robustmech/certificate", ("software", "lower", "upper"))
    text(fields["software"], f"{name}: software")
    lower, upper = fields["lower"], fields["upper"]
    if lower is None and upper is None:
        raise Flaw(f"{name}: claims neither a lower nor an upper number")
    return Certificate(
        lower=None if lower is None else _lower(lower, f"{name}: lower", problem),
        upper=None if upper is None else _upper(upper, f"{name}: upper", problem),
    )


def _lower(value: object, where: str, problem: Problem) -> LowerClaim:
    fields = record(value, where, {"value", "status", "discretisation", "multipliers"})
    text(fields["status"], f"{where}.status")
    rows = len(problem.beliefs.lower)
    return LowerClaim(
        value=double(fields["value"], f"{where}.value"),
        grid=parse_grid(fields["discretisation"], f"{where}.discretisation", problem.agents),
        multipliers=exact_sequence(fields["multipliers"], f"{where}.multipliers", rows),
    )


def _upper(value: object, where: str, problem: Problem) -> UpperClaim:
    fields = record(value, where, {"value", "status", "discretisation", "mixture", "correction"})
    text(fields["status"], f"{where}.status")
    return UpperClaim(
        value=double(fields["value"], f"{where}.value"),
        grid=parse_grid(fields["discretisation"], f"{where}.discretisation", problem.agents),
        mixture=exact(fields["mixture"], f"{where}.mixture"),
        correction=exact_sequence(fields["correction"], f"{where}.correction", problem.states),
    )


def check_value(number: Fraction, claimed: float, *, at_least: bool) -> str:
    """The exact number is at least the claimed one, or at most for an upper number."""
    excess = Fraction(claimed) - number if at_least else number - Fraction(claimed)
    if excess > 0:
        side = "above" if at_least else "below"
        raise Flaw(f"the claimed {claimed!r} is {side} the exact {described(number)} by {described(excess)}")
    return f"the exact number is {described(number)}, at least as good as the claimed {claimed!r}"
