"""All conditions on the lower number, in the order of docs/artefacts.md."""

from fractions import Fraction

from robustmech.verification.certificate import LowerClaim, check_value
from robustmech.verification.checks import Ledger
from robustmech.verification.grids.grid import Grid
from robustmech.verification.grids.transfers import (
    beside_entry,
    check_payment_at_bottom,
    check_written_growth,
    stored_transfers,
)
from robustmech.verification.growth import least_left
from robustmech.verification.guarantee import Mechanism, Paid, check_participation, read_mechanism
from robustmech.verification.integrity import MECHANISM, Folder
from robustmech.verification.problem import Problem


def check_lower(ledger: Ledger, files: Folder, problem: Problem, claim: LowerClaim) -> Fraction | None:
    """The lower number, if it can be computed, with all its conditions recorded.

    It is exact on a grid and without transfers, and otherwise the low end of its enclosure.
    """
    actions, unit = claim.actions, claim.entry_unit
    ledger.require("lower: prior", lambda: problem.beliefs.check(claim.prior))
    mechanism = ledger.obtain(
        "lower: mechanism",
        lambda: read_mechanism(
            files, MECHANISM, problem, actions, on_grid=isinstance(actions, Grid), with_entry=unit is not None
        ),
    )
    if mechanism is None:
        return None
    decisions, denominator = mechanism.decisions, mechanism.denominator
    ledger.require("lower: decision set", lambda: problem.decision_set.check(decisions, denominator))
    paid = _check_transfers(ledger, claim, mechanism)
    if paid is None and unit is not None:
        problem, mechanism = problem.with_entry(unit), mechanism.with_entry_as_decisions()
    return _number(ledger, problem, claim, mechanism, paid)


def _check_transfers(ledger: Ledger, claim: LowerClaim, mechanism: Mechanism) -> Paid | None:
    """The transfers on a grid, with what is said of them recorded; they hold the entry payments."""
    actions, transfers, growth = claim.actions, mechanism.transfers, mechanism.growth
    if not isinstance(actions, Grid) or transfers is None or growth is None:
        return None
    paid = stored_transfers(transfers)
    beside = beside_entry(paid, mechanism, claim.entry_unit)
    ledger.require("lower: no payment at action 0", lambda: check_payment_at_bottom(transfers, beside))
    ledger.require("lower: aggregate excess growth", lambda: check_written_growth(actions, growth, paid, beside))
    return paid


def _number(
    ledger: Ledger, problem: Problem, claim: LowerClaim, mechanism: Mechanism, paid: Paid | None
) -> Fraction | None:
    """The number; on a mesh with entry payments among the decisions."""
    actions = claim.actions
    ledger.require("lower: participation", lambda: check_participation(problem, actions, mechanism, paid))
    shadow = ledger.obtain(
        "lower: multipliers",
        lambda: problem.beliefs.shadow_value(claim.multipliers),
        "every multiplier is on a side with a limit",
    )
    left = ledger.obtain(
        "lower: objective",
        lambda: least_left(problem, actions, mechanism, claim.multipliers, paid),
        "computed at every row, in every state, with the transfers as they are stored",
    )
    if left is None or shadow is None:
        return None
    number = shadow + left
    ledger.require("lower: value", lambda: check_value(number, claim.value, at_least=True))
    return number
