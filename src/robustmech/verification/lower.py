"""All conditions on the lower number, in the order of docs/artefacts.md."""

from fractions import Fraction

from robustmech.verification.certificate import LowerClaim, check_value
from robustmech.verification.checks import Ledger
from robustmech.verification.grids.grid import Grid
from robustmech.verification.grids.transfers import beside_entry, check_payment_at_bottom, weighted_growth
from robustmech.verification.growth import Comparison, check_rising, check_share_columns, written
from robustmech.verification.guarantee import (
    LeastObjective,
    Mechanism,
    check_participation,
    least_objective,
    read_mechanism,
)
from robustmech.verification.integrity import MECHANISM, Folder
from robustmech.verification.meshes.crossed_triangles import CrossedTriangles
from robustmech.verification.meshes.shares import Shares
from robustmech.verification.problem import Problem

GROWTH = "lower: aggregate excess growth"


def check_lower(ledger: Ledger, files: Folder, problem: Problem, claim: LowerClaim) -> Fraction | None:
    """The lower number, if it can be computed, with all its conditions recorded.

    It is exact on a grid and without transfers, and otherwise the low end of its enclosure.
    """
    actions = claim.actions
    on_grid, unit = isinstance(actions, Grid), claim.entry_unit
    mechanism = ledger.obtain(
        "lower: mechanism",
        lambda: read_mechanism(
            files.content(MECHANISM), MECHANISM, problem, actions, on_grid=on_grid, with_entry=unit is not None
        ),
    )
    if mechanism is None:
        return None
    decisions, denominator = mechanism.decisions, mechanism.denominator
    ledger.require("lower: decision set", lambda: problem.decision_set.check(decisions, denominator))
    without = problem
    if unit is not None:
        problem, mechanism = problem.with_entry(unit), mechanism.with_entry_as_decisions()
    return _number(ledger, problem, without, claim, mechanism)


def _number(
    ledger: Ledger, problem: Problem, without: Problem, claim: LowerClaim, mechanism: Mechanism
) -> Fraction | None:
    """The number, where entry payments are among the decisions, other than in the problem as it was without them."""
    actions = claim.actions
    ledger.require("lower: participation", lambda: check_participation(problem, actions, mechanism))
    shadow = ledger.obtain(
        "lower: multipliers",
        lambda: problem.beliefs.shadow_value(claim.multipliers),
        "every multiplier is on a side with a limit",
    )

    def evaluate() -> tuple[LeastObjective, Fraction]:
        objective = least_objective(problem, actions.rows(), mechanism, claim.multipliers)
        return objective, (objective.expectation()[0] if problem.transfers else objective.ratios.least())

    evaluation = ledger.obtain("lower: objective", evaluate, "computed at every row, in every state")
    if evaluation is None:
        return None
    objective, expectation = evaluation
    comparison = Comparison.of(without, objective, actions.growth_shape)
    _check_growth(ledger, problem, claim, mechanism, comparison)
    if shadow is None:
        return None
    number = shadow + expectation
    ledger.require("lower: value", lambda: check_value(number, claim.value, at_least=True))
    return number


def _check_growth(
    ledger: Ledger, problem: Problem, claim: LowerClaim, mechanism: Mechanism, comparison: Comparison
) -> None:
    """With transfers: they are zero at action 0, and their growth and the written growth are `Ξ − E`."""
    actions, growth, transfers = claim.actions, mechanism.growth, mechanism.transfers
    if growth is None:
        return
    objective = comparison.objective
    if isinstance(actions, Grid) and transfers is not None:
        paid = beside_entry(transfers, mechanism, claim.entry_unit)
        ledger.require("lower: no payment at action 0", lambda: check_payment_at_bottom(transfers, *paid))
        ledger.require(
            "lower: transfers",
            lambda: comparison.agree(
                "the transfers' growth", lambda _: weighted_growth(actions, *paid), objective.written()
            ),
        )
    if isinstance(actions, Shares) and actions.has_payoff:
        ledger.require(
            GROWTH,
            lambda: check_share_columns(comparison, problem, actions, mechanism, claim.multipliers, growth),
        )
        return
    function = written(growth, actions.growth_parts)
    ledger.require(GROWTH, lambda: comparison.agree("the written growth", function, objective.written()))
    if isinstance(actions, CrossedTriangles):
        ledger.require(
            "lower: rising diagonals",
            lambda: check_rising(comparison, problem, actions, mechanism, claim.multipliers, growth),
        )
