"""The two claims, exactly as `certificate.json` states them."""

from dataclasses import dataclass
from fractions import Fraction

from robustmech.verification.checks import Flaw, described
from robustmech.verification.discretisations import parse_actions, parse_signals
from robustmech.verification.fields import (
    double,
    exact_sequence,
    parse_json,
    record,
    text,
    versioned,
)
from robustmech.verification.grids.grid import Grid
from robustmech.verification.guarantee import Actions
from robustmech.verification.meshes.nodes import Signals
from robustmech.verification.numerals import exact
from robustmech.verification.problem import Problem

VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LowerClaim:
    """The claimed lower number, its discretisation, and what proves it.

    Args:
        value: the number.
        actions: the grid or mesh.
        multipliers: `y_r` for each row of the beliefs.
        prior: a law of the state, which shows that the beliefs do not contradict each other.
        entry_unit: the unit of payments at action 0, `None` if there are none.
    """

    value: float
    actions: Actions
    multipliers: tuple[Fraction, ...]
    prior: tuple[Fraction, ...]
    entry_unit: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperClaim:
    """The claimed upper number, its discretisation, and the share ε of another law that was mixed in.

    Args:
        value: the number.
        signals: the grid or mesh.
        mixture: ε.
        correction: the law of the state ν(θ), `None` on a mesh with transfers.
        state_law: the law of the state μ(θ), `None` on a grid.
    """

    value: float
    signals: Grid | Signals
    mixture: Fraction
    correction: tuple[Fraction, ...] | None
    state_law: tuple[Fraction, ...] | None


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
    fields = versioned(parsed, name, "robustmech/certificate", VERSION, ("software", "lower", "upper"))
    text(fields["software"], f"{name}: software")
    lower, upper = fields["lower"], fields["upper"]
    if lower is None and upper is None:
        raise Flaw(f"{name}: claims neither a lower nor an upper number")
    return Certificate(
        lower=None if lower is None else _lower(lower, f"{name}: lower", problem),
        upper=None if upper is None else _upper(upper, f"{name}: upper", problem),
    )


def _lower(value: object, where: str, problem: Problem) -> LowerClaim:
    names = {"value", "discretisation", "multipliers", "prior"}
    fields = record(value, where, names, optional={"entry_unit"})
    rows = len(problem.beliefs.lower)
    unit = exact(fields["entry_unit"], f"{where}.entry_unit") if "entry_unit" in fields else None
    if unit is not None and not (problem.transfers and unit > 0):
        reason = "must be positive" if problem.transfers else "is for problems with transfers"
        raise Flaw(f"{where}.entry_unit: {described(unit)}: it {reason}")
    entered = problem if unit is None else problem.with_entry(unit)
    return LowerClaim(
        value=double(fields["value"], f"{where}.value"),
        actions=parse_actions(fields["discretisation"], f"{where}.discretisation", entered),
        multipliers=exact_sequence(fields["multipliers"], f"{where}.multipliers", rows),
        prior=exact_sequence(fields["prior"], f"{where}.prior", problem.states),
        entry_unit=unit,
    )


def _upper(value: object, where: str, problem: Problem) -> UpperClaim:
    names = {"value", "discretisation", "mixture", "correction"}
    fields = record(value, where, names, optional={"state_law"})
    signals = parse_signals(fields["discretisation"], f"{where}.discretisation", problem)
    on_grid = isinstance(signals, Grid)
    record(value, where, names if on_grid else names | {"state_law"})
    correction = None
    if on_grid or not problem.transfers:
        correction = exact_sequence(fields["correction"], f"{where}.correction", problem.states)
    elif fields["correction"] is not None:
        raise Flaw(f"{where}.correction: expected null, as there are transfers")
    return UpperClaim(
        value=double(fields["value"], f"{where}.value"),
        signals=signals,
        mixture=exact(fields["mixture"], f"{where}.mixture"),
        correction=correction,
        state_law=None if on_grid else exact_sequence(fields["state_law"], f"{where}.state_law", problem.states),
    )


def check_value(number: Fraction, claimed: float, *, at_least: bool) -> str:
    """The exact number is at least the claimed one, or at most for an upper number."""
    excess = Fraction(claimed) - number if at_least else number - Fraction(claimed)
    if excess > 0:
        side = "above" if at_least else "below"
        raise Flaw(f"the claimed {claimed!r} is {side} the exact {described(number)} by {described(excess)}")
    return f"the exact number is {described(number)}, at least as good as the claimed {claimed!r}"
