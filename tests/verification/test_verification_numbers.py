"""Folders that are right pass, with the definitions' numbers, and claims are tight to the last digit."""

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from artefact_folders import RECIPES, Artefact, make

from robustmech.verification import verify


@pytest.mark.parametrize("name", RECIPES)
def test_right_folder_passes(name: str, tmp_path: Path) -> None:
    result = verify(make(RECIPES[name]).write(tmp_path))
    assert result.failures == ()
    assert result.passed
    assert result.lower is not None
    assert result.upper is not None
    assert result.lower <= result.upper
    assert result.claimed_lower is not None
    assert result.claimed_upper is not None
    # the claims are the numbers of the plain definitions, rounded outward: within one unit of the last digit
    assert Fraction(result.claimed_lower) <= result.lower < Fraction(math.nextafter(result.claimed_lower, math.inf))
    assert Fraction(math.nextafter(result.claimed_upper, -math.inf)) < result.upper <= Fraction(result.claimed_upper)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(("side", "direction"), [("lower", math.inf), ("upper", -math.inf)])
def test_claim_off_by_one_unit_of_the_last_digit_fails(name: str, side: str, direction: float, tmp_path: Path) -> None:
    artefact = make(RECIPES[name])
    claim = artefact.certificate[side]
    claim["value"] = math.nextafter(claim["value"], direction)
    assert [check.name for check in verify(artefact.write(tmp_path)).failures] == [f"{side}: value"]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["unequal weights", "caps and a required group", "no transfers", "belief rows"])
def test_weak_duality_whatever_the_seed(name: str, seed: int, tmp_path: Path) -> None:
    assert verify(make(replace(RECIPES[name], seed=seed)).write(tmp_path)).failures == ()


@pytest.mark.parametrize("side", ["lower", "upper"])
def test_one_side_alone(side: str, tmp_path: Path) -> None:
    artefact: Artefact = make(RECIPES["unequal weights"])
    artefact.certificate["upper" if side == "lower" else "lower"] = None
    if side == "lower":
        artefact.information = None
    else:
        artefact.mechanism = None
    result = verify(str(artefact.write(tmp_path)))
    assert result.failures == ()
    assert (result.lower is None) == (side == "upper")
    assert (result.claimed_upper is None) == (side == "lower")
