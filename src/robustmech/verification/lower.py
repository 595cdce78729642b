"""All conditions on the lower number, in the order of docs/artefacts.md."""

from fractions import Fraction

from robustmech.verification.certificate import LowerClaim, check_value
from robustmech.verification.checks import Ledger
from robustmech.verification.exactness import exact_doubles
from robustmech.verification.guarantee import (
    LeastObjective,
    Mechanism,
    check_participation,
    least_objective,
    read_mechanism,
)
from robustmech.verification.integrity import MECHANISM, Folder
from robustmech.verification.problem import Problem
from robustmech.verification.transfers import check_growth, check_no_payment_at_bottom, weighted_growth


def check_lower(ledger: Ledger, files: Folder, problem: Problem, claim: LowerClaim) -> Fraction | None:
    """The exact lower number, if it can be computed, with all its conditions recorded."""
    mechanism = ledger.obtain(
        "lower: mechanism", lambda: read_mechanism(files.content(MECHANISM), MECHANISM, problem, claim.grid)
    )
    if mechanism is None:
        return None
    ledger.require(
        "lower: decision set",
        lambda: problem.decision_set.check(mechanism.decisions, mechanism.denominator),
    )
    ledger.require("lower: participation", lambda: check_participation(problem, mechanism))
    shadow = ledger.obtain(
        "lower: multipliers",
        lambda: problem.beliefs.shadow_value(claim.multipliers),
        "every multiplier is on a side with a limit",
    )

    def evaluate() -> tuple[LeastObjective, Fraction]:
        objective = least_objective(problem, claim.grid, mechanism, claim.multipliers)
        return objective, (objective.expectation(claim.grid.total) if problem.transfers else objective.least())

    evaluation = ledger.obtain("lower: objective", evaluate, "computed at every profile, in every state")
    if evaluation is None:
        return None
    objective, expectation = evaluation
    _check_transfers(ledger, problem, claim, mechanism, objective, expectation)
    if shadow is None:
        return None
    number = shadow + expectation
    ledger.require("lower: value", lambda: check_value(number, claim.value, at_least=True))
    return number


def _check_transfers(
    ledger: Ledger,
    problem: Problem,
    claim: LowerClaim,
    mechanism: Mechanism,
    objective: LeastObjective,
    expectation: Fraction,
) -> None:
    """With transfers: they are zero at action 0, and their growth and the written growth are `Ξ − E`."""
    growth, transfers = mechanism.growth, mechanism.transfers
    if growth is None or transfers is None:
        return
    largest_utility = max(map(abs, problem.utility_numbers()), default=Fraction(0))

    def check_transfers() -> str:
        weighted = weighted_growth(claim.grid, transfers)
        return check_growth("the transfers' growth", weighted, objective, expectation, largest_utility)

    def check_written_growth() -> str:
        numerators, denominator = exact_doubles(growth)
        weighted = (objective.mass * numerators, denominator)
        return check_growth("the written growth", weighted, objective, expectation, largest_utility)

    ledger.require("lower: no payment at action 0", lambda: check_no_payment_at_bottom(transfers))
    ledger.require("lower: transfers", check_transfers)
    ledger.require("lower: aggregate excess growth", check_written_growth)
