"""Written, verified and read back: the same arrays, grids, laws and environment."""

from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from artefacts.solved_problems import CASES, rewrite_json, solved, written
from robustmech import Environment, InputError, solve
from robustmech.artefacts import read_result
from robustmech.model import InformationStructure, Mechanism
from robustmech.verification import verify


def same(first: object, second: object) -> bool:
    if isinstance(first, np.ndarray):
        return isinstance(second, np.ndarray) and first.shape == second.shape and bool((first == second).all())
    return first == second


def assert_same_environment(first: Environment, second: Environment) -> None:
    for part in fields(Environment):
        one, other = getattr(first, part.name), getattr(second, part.name)
        if part.name in ("decision_set", "beliefs"):
            assert all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)), part.name
        else:
            assert same(one, other), part.name


@pytest.mark.parametrize("case", CASES)
def test_result_verifies(case: str, tmp_path: Path) -> None:
    solution = solved(case)
    verification = verify(written(tmp_path / "r", case))
    assert verification.failures == ()
    assert verification.claimed_lower == (None if solution.lower is None else solution.lower.value)
    assert verification.claimed_upper == (None if solution.upper is None else solution.upper.value)
    if solution.lower is not None:
        assert verification.lower is not None
        assert 0 <= verification.lower - Fraction(solution.lower.value) < Fraction(1, 10**9)
    if solution.upper is not None:
        assert verification.upper is not None
        assert 0 <= Fraction(solution.upper.value) - verification.upper < Fraction(1, 10**9)


@pytest.mark.parametrize("case", CASES)
def test_result_reads_back_the_same(case: str, tmp_path: Path) -> None:
    solution = solved(case)
    result = read_result(written(tmp_path / "r", case))
    assert_same_environment(result.environment, solution.environment)
    assert (result.lower is None) == (result.mechanism is None) == (solution.lower is None)
    assert (result.upper is None) == (result.information is None) == (solution.upper is None)
    if solution.lower is not None and result.mechanism is not None:
        mechanism = solution.lower.mechanism
        assert isinstance(mechanism, Mechanism)
        assert isinstance(result.mechanism, Mechanism)
        assert result.lower == solution.lower.value
        assert result.mechanism.grids == mechanism.grids == solution.grids
        assert result.mechanism.decision_names == mechanism.decision_names
        for name in ("decision_counts", "transfers", "aggregate_excess_growth"):
            assert same(getattr(result.mechanism, name), getattr(mechanism, name)), name
    if solution.upper is not None and result.information is not None:
        information = solution.upper.information
        assert isinstance(information, InformationStructure)
        assert isinstance(result.information, InformationStructure)
        assert result.upper == solution.upper.value
        assert result.information.grids == information.grids
        for part in fields(information):
            assert same(getattr(result.information, part.name), getattr(information, part.name)), part.name
        assert all(type(p) is Fraction for p in result.information.state_law)
        assert same(result.information.joint, information.joint)


def test_path_may_be_text(tmp_path: Path) -> None:
    assert read_result(str(written(tmp_path / "r", "common value"))).lower == read_result(tmp_path / "r").lower


def test_read_environment_can_be_solved_again(tmp_path: Path) -> None:
    solution = solved("limits and penalty")
    again = solve(read_result(written(tmp_path / "r", "limits and penalty")).environment, solution.grids)
    assert solution.lower is not None
    assert again.lower is not None
    assert again.lower.value == solution.lower.value
    assert again.gap == solution.gap


def test_result_that_does_not_verify_is_not_read(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", "common value")

    def boast(content: dict[str, dict[str, float]]) -> None:
        content["lower"]["value"] += 0.01

    rewrite_json(folder / "certificate.json", boast)
    with pytest.raises(InputError, match=r"does not verify: .*claimed"):
        read_result(folder)
    with pytest.raises(InputError, match="no such folder"):
        read_result(tmp_path / "none")
