"""All conditions on the upper number, in the order of docs/artefacts.md."""

from fractions import Fraction

from robustmech.verification.certificate import UpperClaim, check_value
from robustmech.verification.checks import Flaw, Ledger, described
from robustmech.verification.exactness import exact_sum
from robustmech.verification.grids.grid import Grid
from robustmech.verification.grids.information import (
    Information,
    check_interim_values,
    check_joint,
    read_information,
)
from robustmech.verification.integrity import INFORMATION, Folder
from robustmech.verification.meshes.control_laws import ControlLaws, read_control_laws
from robustmech.verification.problem import Problem


def check_upper(ledger: Ledger, files: Folder, problem: Problem, claim: UpperClaim) -> Fraction | None:
    """The upper number, if it can be computed, with all its conditions recorded.

    It is exact on a grid, and on a mesh the high end of its enclosure.
    """
    information = ledger.obtain("upper: information", lambda: _read(files, problem, claim))
    if information is None:
        return None
    ledger.require("upper: law", information.check_law)
    ledger.require("upper: mixture", lambda: check_mixture(claim))
    prior = ledger.obtain("upper: law of the state", information.prior, "computed in every state")
    if prior is None:
        return None
    ledger.require("upper: beliefs", lambda: problem.beliefs.check(prior))
    number = ledger.obtain("upper: objective", lambda: information.potential(problem, prior), "computed at every node")
    if number is not None:
        ledger.require("upper: value", lambda: check_value(number, claim.value, at_least=False))
    if isinstance(information, Information):
        ledger.require("upper: joint", lambda: check_joint(information))
        ledger.require("upper: interim values", lambda: check_interim_values(problem, information))
    return number


def _read(files: Folder, problem: Problem, claim: UpperClaim) -> Information | ControlLaws:
    signals, mixture, correction, state_law = claim.signals, claim.mixture, claim.correction, claim.state_law
    if isinstance(signals, Grid):
        if correction is None:
            raise Flaw("a grid needs a correction")
        return read_information(files, INFORMATION, problem, signals, mixture=mixture, correction=correction)
    if state_law is None:
        raise Flaw("a mesh needs a law of the state")
    return read_control_laws(
        files, INFORMATION, problem, signals, mixture=mixture, correction=correction, state_law=state_law
    )


def check_mixture(claim: UpperClaim) -> str:
    """`0 ≤ ε < 1`, and `ν ≥ 0` sums to one."""
    if not 0 <= claim.mixture < 1:
        raise Flaw(f"the mixture is {described(claim.mixture)}, not at least zero and below one")
    if claim.correction is None:
        return "at least zero and below one"
    for state, share in enumerate(claim.correction):
        if share < 0:
            raise Flaw(f"the correction is negative at state {state}: {described(share)}")
    total = exact_sum(claim.correction)
    if total != 1:
        raise Flaw(f"the correction sums to {described(total)}, not to one")
    return "a mixture with a probability"
