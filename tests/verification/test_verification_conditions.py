"""Every condition of docs/artefacts.md, broken in one folder after another: the check of that name fails."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from artefact_folders import RECIPES, Artefact, make

from robustmech.verification import verify

Change = Callable[[Artefact], object]
Case = tuple[str, Change, str]


@cache
def right(name: str) -> Artefact:
    return make(RECIPES[name])


def mechanism(artefact: Artefact) -> dict[str, Any]:
    return artefact.mechanism or {}


def information(artefact: Artefact) -> dict[str, Any]:
    return artefact.information or {}


def decisions(entries: dict[int, int], denominator: int = 60, profile: tuple[int, ...] = (1, 1)) -> Change:
    def change(artefact: Artefact) -> None:
        for decision, level in entries.items():
            mechanism(artefact)["decisions"][(*profile, decision)] = level
        mechanism(artefact)["denominator"] = np.int64(denominator)

    return change


def put(arrays: Callable[[Artefact], dict[str, Any]], name: str, place: tuple[int, ...], value: float) -> Change:
    def change(artefact: Artefact) -> None:
        arrays(artefact)[name][place] = value

    return change


def shift(arrays: Callable[[Artefact], dict[str, Any]], name: str, place: Any, value: float) -> Change:
    def change(artefact: Artefact) -> None:
        arrays(artefact)[name][place] += value

    return change


def both(first: Change, second: Change) -> Change:
    return lambda artefact: (first(artefact), second(artefact))


def at(path: str, value: object) -> Change:
    """Put a value in the problem or the certificate, at a path such as `certificate.lower.value`."""

    def change(artefact: Artefact) -> None:
        file, *steps = path.split(".")
        place = artefact.problem if file == "problem" else artefact.certificate
        for step in steps[:-1]:
            place = place[int(step) if step.isdigit() else step]
        place[int(steps[-1]) if steps[-1].isdigit() else steps[-1]] = value

    return change


def bounds_without_limit(artefact: Artefact) -> None:
    artefact.problem["beliefs"]["lower"][0] = None
    artefact.certificate["lower"]["multipliers"][0] = "1/1000000"


def negative_law(artefact: Artefact) -> None:
    """Mass moved from one state to another, so that every sum is still right."""
    law = information(artefact)["law"]
    moved = law[0, 0, 0] + 1
    law[0, 0, :2] += [-moved, moved]


def free_decisions(artefact: Artefact) -> None:
    """A mechanism that gives away a thousand units seems to guarantee more than is possible."""
    artefact.problem["payoff"]["value"] = ["100"] * len(artefact.problem["payoff"]["value"])
    mechanism(artefact)["decisions"][...] = 60_000


AUCTION, GROUPS, PUBLIC = "unequal weights", "caps and a required group", "no transfers"
TINY = 5e-324

LOWER: list[Case] = [
    (AUCTION, decisions({0: -1}), "lower: decision set"),
    (AUCTION, decisions({0: 61, 1: 0}), "lower: decision set"),
    (AUCTION, decisions({0: 31, 1: 30}), "lower: decision set"),
    (AUCTION, decisions({0: 2**63 - 1, 1: 2**63 - 1}), "lower: decision set"),
    (GROUPS, decisions({0: 31, 2: 0, 4: 29}), "lower: decision set"),
    (GROUPS, decisions({0: 30, 2: 0, 4: 29}), "lower: decision set"),
    (GROUPS, decisions({1: 41, 3: 0}), "lower: decision set"),
    (PUBLIC, at("problem.utilities.value.0", "-1000"), "lower: value"),
    (PUBLIC, both(decisions({0: 1, 1: 1}, 2, (0, 1)), at("problem.utilities.value.0", "-99")), "lower: participation"),
    (AUCTION, at("problem.utilities.value.0", "-1/1000000000000"), "lower: participation"),
    (AUCTION, bounds_without_limit, "lower: multipliers"),
    (AUCTION, put(mechanism, "transfers", (0, 0, 1), TINY), "lower: no payment at action 0"),
    (AUCTION, put(mechanism, "transfers", (1, 2, 0), -TINY), "lower: no payment at action 0"),
    (AUCTION, shift(mechanism, "transfers", (0, 1, 1), 1e-6), "lower: value"),
    (AUCTION, shift(mechanism, "transfers", (0, 1, 1), 1e-12), "lower: value"),
    (AUCTION, shift(mechanism, "transfers", (1, 2, 1), 1e300), "lower: value"),
    (AUCTION, shift(mechanism, "transfers", (1, 2, 1), 1e-6), "lower: aggregate excess growth"),
    (AUCTION, both(at("problem.beliefs.lower.0", "1/2"), at("problem.beliefs.upper.0", "1/2")), "lower: prior"),
    (AUCTION, at("certificate.lower.prior", ["1/2", "1/2", "0"]), "lower: prior"),
    (AUCTION, at("certificate.lower.prior", ["2", "-1", "0"]), "lower: prior"),
    (PUBLIC, at("certificate.lower.prior.0", "1/3"), "lower: prior"),
    (AUCTION, shift(mechanism, "aggregate_excess_growth", (0, 0), -1e-6), "lower: aggregate excess growth"),
    (AUCTION, shift(mechanism, "aggregate_excess_growth", ..., 1e-6), "lower: aggregate excess growth"),
    (AUCTION, at("certificate.lower.multipliers.0", "1000001/7"), "lower: value"),
    (AUCTION, free_decisions, "bracket"),
]  # fmt: skip

UPPER: list[Case] = [
    (AUCTION, negative_law, "upper: law"),
    (AUCTION, shift(information, "law", (1, 2, 0), 1), "upper: law"),
    (PUBLIC, shift(information, "law", (1, 1, 0), 1), "upper: law"),
    (AUCTION, put(information, "law", (0, 0, 0), 2**63 - 1), "upper: law"),
    (AUCTION, at("certificate.upper.mixture", "1"), "upper: mixture"),
    (AUCTION, at("certificate.upper.mixture", "-1/100"), "upper: mixture"),
    (AUCTION, at("certificate.upper.correction", ["-1/3", "2/3", "2/3"]), "upper: mixture"),
    (AUCTION, at("certificate.upper.correction", ["1/3", "1/3", "1/2"]), "upper: mixture"),
    (AUCTION, at("certificate.upper.correction", ["1/3", "1/3", "1/3"]), "upper: beliefs"),
    (AUCTION, at("certificate.upper.mixture", "100000001/700000000"), "upper: beliefs"),
    ("belief rows", at("problem.beliefs.upper.2", "-100"), "upper: beliefs"),
    ("belief rows", at("problem.beliefs.lower.3", "100"), "upper: beliefs"),
    ("belief rows", at("problem.penalty", None), "problem"),
    ("belief rows", at("problem.beliefs.penalty", ["0", "0", "0", "-3"]), "upper: value"),
    (AUCTION, at("problem.payoff.value.0", "40"), "upper: value"),
    (AUCTION, shift(information, "joint", (0, 1, 1), 2e-12), "upper: joint"),
    (AUCTION, shift(information, "joint", (0, 1, 1), -2e-13), "upper: joint"),
    (AUCTION, shift(information, "joint", (0, 1, 1), -1e308), "upper: joint"),
    (AUCTION, shift(information, "interim_values", (1, 0, 0, 1), 1e-7), "upper: interim values"),
    (GROUPS, shift(information, "interim_values", (1, 2, 0, 1), 1e-7), "upper: interim values"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "check"), LOWER + UPPER)
def test_broken_condition_fails(name: str, change: Change, check: str, tmp_path: Path) -> None:
    artefact = right(name).copy()
    change(artefact)
    result = verify(artefact.write(tmp_path))
    assert not result.passed
    assert check in [failure.name for failure in result.failures]
    assert all("could not be checked" not in failure.detail for failure in result.failures)
    assert all("\n" not in failure.detail for failure in result.failures)


def test_law_that_is_negative_is_named_as_such(tmp_path: Path) -> None:
    artefact = right(AUCTION).copy()
    negative_law(artefact)
    details = {failure.name: failure.detail for failure in verify(artefact.write(tmp_path)).failures}
    assert details["upper: law"] == "the law is negative at (profile, state) (0, 0, 0)"


def test_what_is_for_people_may_be_rounded(tmp_path: Path) -> None:
    artefact = right(AUCTION).copy()
    mechanism(artefact)["aggregate_excess_growth"][0, 0] += 1e-12
    information(artefact)["joint"][0, 1, 1] *= 1 + 5e-13
    assert verify(artefact.write(tmp_path)).failures == ()


def test_detail_says_where(tmp_path: Path) -> None:
    artefact = right(AUCTION).copy()
    decisions({0: 31, 1: 30}, profile=(2, 1))(artefact)
    details = {failure.name: failure.detail for failure in verify(artefact.write(tmp_path)).failures}
    expected = "group 0 sums to 61/60 at profile (2, 1), where it must be at most one"
    assert details["lower: decision set"] == expected
