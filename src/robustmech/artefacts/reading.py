"""Reading a result folder back into the model's types."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from robustmech.artefacts.encoding import Json, decode_environment, decode_grids, exact_numbers
from robustmech.artefacts.meshes import decode_information_mesh, decode_mechanism_mesh
from robustmech.elements import ExponentialInformation, PiecewiseLinearMechanism
from robustmech.errors import InputError
from robustmech.model import (
    MECHANISM_DENOMINATOR,
    EntryPayments,
    Environment,
    ExactLaw,
    InformationStructure,
    IntArray,
    Mechanism,
    Side,
    on_grids,
)
from robustmech.model.exact_law import weighted_law
from robustmech.verification import read_verified

Contents = Mapping[str, bytes]
"""The bytes of each file, by name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """A result folder, read back and verified.

    Args:
        environment: the problem.
        lower: the certified lower number, if that side was solved.
        upper: the certified upper number, if that side was solved.
        mechanism: the mechanism, if the lower side was solved.
        information: the information structure, if the upper side was solved.
    """

    environment: Environment
    lower: float | None
    upper: float | None
    mechanism: Mechanism | PiecewiseLinearMechanism | None
    information: InformationStructure | ExponentialInformation | None


def read_result(folder: Path | str) -> Result:
    """Read and verify a result folder.

    Raises:
        InputError: if the folder is not a result, or does not verify.
    """
    folder = Path(folder)
    verification, contents = read_verified(folder)
    if not verification.passed:
        raise InputError(f"{folder}: does not verify: {verification.failures[0].detail}")
    try:
        environment = decode_environment(_json(contents, "problem.json"))
        certificate = _json(contents, "certificate.json")
        return Result(
            environment=environment,
            lower=verification.claimed_lower,
            upper=verification.claimed_upper,
            mechanism=_mechanism(contents, certificate["lower"], environment),
            information=_information(contents, certificate["upper"], environment),
        )
    except InputError as error:
        raise InputError(f"{folder}: verified, but not as this software writes it: {error}") from None
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{folder}: verified, but not as this software writes it ({reason})") from None


def _json(contents: Contents, name: str) -> Json:
    content = json.loads(contents[name])
    if not isinstance(content, dict):
        raise InputError(f"{name}: expected a JSON object")
    return content


def _mechanism(
    contents: Contents, bound: object, environment: Environment
) -> Mechanism | PiecewiseLinearMechanism | None:
    if not isinstance(bound, dict):
        return None
    discretisation = bound["discretisation"]
    with np.load(io.BytesIO(contents["mechanism.npz"]), allow_pickle=False) as arrays:
        scale = _scale(int(arrays["denominator"].item()))
        counts, entry = scale * arrays["decisions"], None
        if "entry_unit" in bound:
            entry = EntryPayments(counts=scale * arrays["entry_payments"], unit=Fraction(bound["entry_unit"]))
        if discretisation["kind"] != "grid":
            return PiecewiseLinearMechanism(
                mesh=decode_mechanism_mesh(discretisation),
                decision_counts=counts,
                growth=arrays["growth"] if environment.transfers else None,
                own_decisions=environment.own_decisions,
                decision_names=environment.decision_names,
                entry_payments=entry,
            )
        return Mechanism(
            grids=decode_grids(discretisation),
            decision_counts=counts,
            transfers=arrays["transfers"] if environment.transfers else None,
            aggregate_excess_growth=arrays["aggregate_excess_growth"] if environment.transfers else None,
            decision_names=environment.decision_names,
            entry_payments=entry,
        )


def _scale(denominator: int) -> int:
    """How many of our units of 2^−40 one of a file's is."""
    if MECHANISM_DENOMINATOR % denominator:
        raise InputError(f"decisions in units of 1/{denominator}: only powers of two up to 2^40 can be read")
    return MECHANISM_DENOMINATOR // denominator


def _information(
    contents: Contents, bound: object, environment: Environment
) -> InformationStructure | ExponentialInformation | None:
    if not isinstance(bound, dict):
        return None
    with np.load(io.BytesIO(contents["information.npz"]), allow_pickle=False) as arrays:
        law, denominator = arrays["law"], int(arrays["denominator"].item())
    if bound["discretisation"]["kind"] != "grid":
        return _exponential(bound, law, denominator, product_signals=environment.transfers)
    grids = decode_grids(bound["discretisation"])
    mixture, correction = Fraction(bound["mixture"]), exact_numbers(bound["correction"])
    counts = law.reshape(-1, law.shape[-1])
    weights = on_grids(grids, Side.UPPER).mass_weights if environment.transfers else None
    base = weighted_law(weights, counts, denominator)
    return InformationStructure(
        grids=grids,
        law_counts=law,
        denominator=denominator,
        mixture=mixture,
        correction=correction,
        product_signals=environment.transfers,
        state_law=(1 - mixture) * base + mixture * correction,
    )


def _exponential(
    bound: dict[str, Any], counts: IntArray, denominator: int, *, product_signals: bool
) -> ExponentialInformation:
    """With transfers ν is not written: it follows from the law of the state, as far as the masses are known."""
    mesh = decode_information_mesh(bound["discretisation"])
    discretisation = mesh.discretise()
    mixture, state_law = Fraction(bound["mixture"]), exact_numbers(bound["state_law"])
    if not product_signals:
        correction = exact_numbers(bound["correction"])
    elif mixture:
        base = weighted_law(discretisation.mass_weights, counts, denominator)
        correction = (state_law - (1 - mixture) * base) / mixture
    else:
        correction = state_law
    law = ExactLaw(
        counts=counts,
        mass=discretisation.mass,
        denominator=denominator,
        mixture=mixture,
        correction=correction,
        product_signals=product_signals,
        state_law=state_law,
    )
    return ExponentialInformation(mesh=mesh, law=law)
