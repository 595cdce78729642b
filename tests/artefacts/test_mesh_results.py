"""Results on meshes: written, verified, and read back as the same mechanisms and information."""

from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from artefacts.solved_meshes import CASES, LOWER, PLAIN, SIGNALS, UPPER, solved, written
from artefacts.solved_problems import load
from robustmech import solve
from robustmech.artefacts import read_result, write_result
from robustmech.elements import ExponentialInformation, Meshes, PiecewiseLinearMechanism
from robustmech.verification import verify

BIDS = np.array([[0.0, 0.0, 0.0], [1.3, 0.2, 0.7], [0.0, 2.5, 9.0], [8.0, 6.0, 0.1]])


def scale(case: str) -> Fraction:
    """The largest utility, in units of which numbers agree."""
    return max((abs(Fraction(value)) for value in solved(case).environment.utilities.ravel()), default=Fraction(1))


@pytest.mark.parametrize("case", CASES)
def test_numbers_are_confirmed_and_hardly_moved(case: str, tmp_path: Path) -> None:
    solution = solved(case)
    verification = verify(written(tmp_path / "r", case))
    assert verification.failures == ()
    assert solution.lower is not None
    assert solution.upper is not None
    assert verification.lower is not None
    assert verification.upper is not None
    room = Fraction(1, 10**12) * scale(case)
    assert 0 <= verification.lower - Fraction(solution.lower.value) < room
    assert 0 <= Fraction(solution.upper.value) - verification.upper < room


def test_every_kind_is_among_the_cases() -> None:
    lower = {mesh.kind for mesh in (*LOWER.values(), PLAIN[0])}
    upper = {mesh.kind for mesh in (*UPPER.values(), PLAIN[1], SIGNALS)}
    assert lower == {"triangles", "crossed triangles", "boxes", "shares", "shares without transfers"}
    assert upper == {
        "share densities",
        "public signals",
        *(f"exponential {kind}" for kind in ("boxes", "sums", "triangles")),
    }


@pytest.mark.parametrize("case", CASES)
def test_mechanism_reads_back_the_same(case: str, tmp_path: Path) -> None:
    solution = solved(case)
    found = read_result(written(tmp_path / "r", case)).mechanism
    assert solution.lower is not None
    mechanism = solution.lower.mechanism
    assert isinstance(mechanism, PiecewiseLinearMechanism)
    assert isinstance(found, PiecewiseLinearMechanism)
    assert found.mesh == mechanism.mesh
    assert found.decision_names == mechanism.decision_names
    bids = BIDS[:, : mechanism.agents]
    assert (found.decide(bids) == mechanism.decide(bids)).all()
    assert (found.own_decisions is None) == (mechanism.own_decisions is None)
    if mechanism.own_decisions is not None:
        assert (found.allocate(bids) == mechanism.allocate(bids)).all()
    assert (found.growth is None) == (mechanism.growth is None) == (not solution.environment.transfers)
    if mechanism.growth is not None:
        assert (found.transfers(bids) == mechanism.transfers(bids)).all()


@pytest.mark.parametrize("case", CASES)
def test_information_reads_back_the_same(case: str, tmp_path: Path) -> None:
    solution = solved(case)
    found = read_result(written(tmp_path / "r", case)).information
    assert solution.upper is not None
    information = solution.upper.information
    assert isinstance(information, ExponentialInformation)
    assert isinstance(found, ExponentialInformation)
    assert found.mesh == information.mesh
    for part in fields(information.law):
        one, other = getattr(found.law, part.name), getattr(information.law, part.name)
        assert np.all(one == other), part.name
    assert all(type(p) is Fraction for p in found.state_law)
    signals = BIDS[:, : information.agents]
    assert (found.density(signals) == information.density(signals)).all()


def test_arrays_are_as_documented(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", "cost and caps: triangles, exponential sums")
    mechanism, information = load(folder / "mechanism.npz"), load(folder / "information.npz")
    assert {name: array.shape for name, array in mechanism.items()} == {
        "decisions": (5, 5, 2),
        "denominator": (),
        "growth": (41, 3),
    }
    assert {name: array.shape for name, array in information.items()} == {"law": (9, 4), "denominator": ()}
    assert set(load(written(tmp_path / "n", "no transfers: boxes, exponential sums") / "mechanism.npz")) == {
        "decisions",
        "denominator",
    }


@pytest.mark.parametrize("side", ["lower", "upper"])
def test_one_side_alone(side: Literal["lower", "upper"], tmp_path: Path) -> None:
    whole = solved("common value: boxes, exponential boxes")
    meshes = Meshes(mechanism=LOWER["boxes"], information=UPPER["exponential boxes"])
    write_result(tmp_path / "r", solve(whole.environment, meshes, side=side), None)
    result = read_result(tmp_path / "r")
    assert (result.mechanism is None) == (side == "upper")
    assert (result.information is None) == (side == "lower")
