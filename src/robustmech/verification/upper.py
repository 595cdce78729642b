"""All conditions on the upper number, in the order of docs/artefacts.md."""

from fractions import Fraction

from robustmech.verification.certificate import UpperClaim, check_value
from robustmech.verification.checks import Ledger
from robustmech.verification.information import check_joint, check_law, check_mixture, read_information
from robustmech.verification.integrity import INFORMATION, Folder
from robustmech.verification.potential import potential
from robustmech.verification.problem import Problem


def check_upper(ledger: Ledger, files: Folder, problem: Problem, claim: UpperClaim) -> Fraction | None:
    """The exact upper number, if it can be computed, with all its conditions recorded."""
    information = ledger.obtain(
        "upper: information",
        lambda: read_information(files.content(INFORMATION), INFORMATION, problem, claim),
    )
    if information is None:
        return None
    ledger.require("upper: law", lambda: check_law(information))
    ledger.require("upper: mixture", lambda: check_mixture(claim))
    prior = ledger.obtain("upper: law of the state", information.prior, "computed in every state")
    if prior is None:
        return None
    ledger.require("upper: beliefs", lambda: problem.beliefs.check(prior))
    number = ledger.obtain(
        "upper: objective",
        lambda: potential(problem, claim.grid, information, prior),
        "computed at every profile",
    )
    if number is not None:
        ledger.require("upper: value", lambda: check_value(number, claim.value, at_least=False))
    ledger.require("upper: joint", lambda: check_joint(information))
    return number
