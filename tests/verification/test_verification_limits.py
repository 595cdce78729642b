"""Folders that ask for more memory or time than anybody has end in one line."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from artefact_folders import RECIPES, Artefact, make, write

from robustmech.verification import verify
from robustmech.verification.checks import Flaw
from robustmech.verification.exactness import exact_sum
from robustmech.verification.meshes import exponential
from robustmech.verification.meshes.exponential_sums import parse_exponential_sums
from robustmech.verification.problem import Problem


@cache
def right() -> Artefact:
    return make(RECIPES["unequal weights"])


ABSURD: dict[str, Callable[[Artefact], object]] = {
    "denominators": lambda artefact: artefact.problem["decision_set"].update(
        cap=["1/" + str(prime) for prime in (10**19_000 + 7, 10**19_000 + 9)]
    ),
    "many denominators": lambda artefact: artefact.certificate["lower"].update(
        multipliers=["1/" + str(10**15_000 + 2 * place + 1) for place in range(3)]
    ),
    "weights": lambda artefact: artefact.certificate["lower"]["discretisation"].update(
        weights=[[str(10**8_000 + j) for j in range(900)]] * 2
    ),
    "actions": lambda artefact: artefact.certificate["upper"]["discretisation"].update(weights=[["1"] * 100_000] * 2),
    "agents": lambda artefact: artefact.problem.update(agents=40, agent_names=["x"] * 40, own_decisions=None),
    "states": lambda artefact: artefact.problem.update(states=10**6),
    "nesting": lambda artefact: artefact.problem.update(transfers=json.loads("[" * 900 + "]" * 900)),
    "exponent": lambda artefact: artefact.certificate["lower"].update(value=1e300),
}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_folders_end_in_one_line(name: str, tmp_path: Path) -> None:
    """Without the memory and the hours that they ask for."""
    artefact = right().copy()
    with any_number_of_digits():
        ABSURD[name](artefact)
        folder = artefact.write(tmp_path)
    result = verify(folder)
    assert not result.passed
    assert all("could not be checked" not in failure.detail for failure in result.failures)
    assert all(len(failure.detail) < 500 for failure in result.failures)


@contextmanager
def any_number_of_digits() -> Iterator[None]:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)


def test_text_files_are_not_read_beyond_a_limit(tmp_path: Path) -> None:
    folder = write(tmp_path, right().contents())
    with (folder / "problem.json").open("r+b") as stream:
        stream.truncate(20 * 2**20 + 1)  # a hole, which takes no room
    details = {failure.name: failure.detail for failure in verify(folder).failures}
    assert details["problem"] == f"problem.json: longer than the {20 * 2**20} bytes that it may need"


def test_an_archive_may_not_be_larger_than_its_arrays(tmp_path: Path) -> None:
    contents = right().contents()
    folder = write(tmp_path, contents | {"mechanism.npz": contents["mechanism.npz"] + bytes(10**6)})
    (failure,) = verify(folder).failures
    assert failure.name == "lower: mechanism"
    assert "bytes that it may need" in failure.detail


def test_long_multipliers_are_refused_on_a_large_grid_before_they_are_used(tmp_path: Path) -> None:
    """The digits of numerators count: these would make whole numbers of 66,000 binary digits for every profile."""
    artefact = right().copy()
    count = 300
    artefact.certificate["lower"]["discretisation"]["weights"] = [["1"] * count] * 2
    assert artefact.mechanism is not None
    for name, shape in (("decisions", (count, count, 2)), ("aggregate_excess_growth", (count, count))):
        kind = artefact.mechanism[name].dtype
        artefact.mechanism[name] = np.zeros(shape, dtype=kind)
    artefact.mechanism["transfers"] = np.zeros((2, count, count))
    multipliers = artefact.certificate["lower"]["multipliers"]
    multipliers[0] = "9" * 19_990
    details = {failure.name: failure.detail for failure in verify(artefact.write(tmp_path)).failures}
    assert details["lower: objective"].startswith("the objective: 450000 numbers of up to 66")


@pytest.mark.parametrize(("agents", "cells", "honest"), [(30, 60, True), (100, 20, True), (600, 1, False)])
def test_sums_of_many_agents(agents: int, cells: int, honest: bool) -> None:
    """Refused by their number, before any series is summed."""
    problem = cast(Problem, SimpleNamespace(agents=agents))
    value = {"kind": "exponential sums", "breakpoints": list(range(cells + 1)), "weights": [1] * agents}
    if honest:
        assert parse_exponential_sums(value, "sums", problem).laws == 2 * cells + 1
    else:
        with pytest.raises(Flaw, match=r"sums: 600 agents and 1 cells, more than the limit"):
            parse_exponential_sums(value, "sums", problem)


def test_series_of_exponentials_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exponential, "MOST_SERIES_STEPS", 1_000)
    exponentials = exponential.Exponentials(2**256)
    with pytest.raises(Flaw, match="more than 1000 steps"):
        exponentials.values(Fraction(-place, 7) for place in range(1_000))
    assert len(exponentials._known) < 50


def test_sums_of_fractions_are_exact() -> None:
    values = [Fraction(place, other) for place in range(-3, 9) for other in range(1, 12)]
    assert exact_sum(values) == sum(values, Fraction(0))
    assert exact_sum([]) == 0
