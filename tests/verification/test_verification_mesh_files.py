"""Descriptions of meshes that are not what the format says: a flaw that names the field."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from artefact_folders import RECIPES, make

from robustmech.verification.checks import Flaw
from robustmech.verification.discretisations import parse_actions, parse_signals
from robustmech.verification.problem import Problem, parse_problem

RIGHT: Mapping[str, Mapping[str, Any]] = {
    "triangles": {"breakpoints": [["0", "1/2"], ["0", 1, "3/2"]], "rows": "corners"},
    "boxes": {"breakpoints": [["0", "1/2"], ["0", 1, "3/2"]]},
    "exponential boxes": {"breakpoints": [["0", "1/2"], ["0", 1, "3/2"]]},
    "exponential sums": {"breakpoints": ["0", "1/2"], "weights": ["1", "2"]},
    "exponential triangles": {"step": "1/2", "cells": 3},
    # for a payoff that no state changes
    "crossed triangles": {"breakpoints": [["0", "1/2"], ["0", 1, "3/2"]]},
    "shares": {"breakpoints": ["0", "1/2"], "agents": 2},
    # without transfers
    "shares without transfers": {"breakpoints": ["0", "1/2"], "agents": 2},
    "share densities": {"breakpoints": ["0", "1/2"], "agents": 2},
    "public signals": {"multipliers": [["0", "1/2", 3], ["1", 0, "5/7"]]},
}
UPPER = {"exponential boxes", "exponential sums", "exponential triangles", "share densities", "public signals"}
LONG = "1/" + "3" * 200


@cache
def problem(name: str = "unequal weights", *, known_payoff: bool = False) -> Problem:
    content = make(RECIPES[name]).problem
    if known_payoff:
        states, decisions = content["states"], content["decisions"]
        places = [(t, k) for t in range(states) for k in range(decisions)]
        content["payoff"] = {
            "state": [t for t, _ in places],
            "decision": [k for _, k in places],
            "value": [f"-1/{2 + k}" for _, k in places],
        }
    return parse_problem(json.dumps(content).encode(), "problem.json")


def parse(kind: str, fields: Mapping[str, Any], given: Problem) -> object:
    read = parse_signals if kind in UPPER else parse_actions
    return read({"kind": kind, **fields}, "certificate.json: side", given)


AVERAGING = ("crossed triangles", "shares")
PLAIN = ("shares without transfers", "share densities")


def suitable(kind: str) -> Problem:
    """A problem that the kind is for."""
    given = problem(known_payoff=kind in AVERAGING)
    return replace(given, transfers=False) if kind in (*PLAIN, "public signals") else given


@pytest.mark.parametrize("kind", RIGHT)
def test_right_descriptions_are_read(kind: str) -> None:
    assert parse(kind, RIGHT[kind], suitable(kind)) is not None


@pytest.mark.parametrize("kind", [*PLAIN, "public signals"])
def test_problems_with_transfers_are_not_for_plain_shares(kind: str) -> None:
    with pytest.raises(Flaw, match="without transfers"):
        parse(kind, RIGHT[kind], problem())


@pytest.mark.parametrize("kind", RIGHT)
def test_missing_and_unknown_fields_are_named(kind: str) -> None:
    given = suitable(kind)
    for field in RIGHT[kind]:
        with pytest.raises(Flaw, match=re.escape(repr(field))):
            parse(kind, {name: value for name, value in RIGHT[kind].items() if name != field}, given)
    with pytest.raises(Flaw, match="'surprise'"):
        parse(kind, {**RIGHT[kind], "surprise": 1}, given)


BREAKPOINTS: list[Any] = [
    None, "0", [], ["0"], ["1/2", "1"], ["0", "0"], ["0", "1", "1/2"], ["0", "-1"], ["0", 0.5], ["0", True],
    ["0", "1/0"], ["0", "x"], ["0", "1025"], ["0", "1/10000000000000"], ["0", LONG], [str(j) for j in range(10_002)],
]  # fmt: skip


@pytest.mark.parametrize("points", BREAKPOINTS, ids=lambda points: str(points)[:30])
@pytest.mark.parametrize("kind", ["triangles", "crossed triangles", "boxes", "exponential boxes"])
def test_malformed_breakpoints_are_named(kind: str, points: Any) -> None:
    with pytest.raises(Flaw, match=r"side\.breakpoints\[1\]"):
        parse(kind, {**RIGHT[kind], "breakpoints": [["0", "1"], points]}, problem(known_payoff=kind in AVERAGING))


@pytest.mark.parametrize("points", BREAKPOINTS, ids=lambda points: str(points)[:30])
@pytest.mark.parametrize("kind", ["exponential sums", "shares", *PLAIN])
def test_malformed_breakpoints_of_sums_are_named(kind: str, points: Any) -> None:
    with pytest.raises(Flaw, match=r"side\.breakpoints"):
        parse(kind, {**RIGHT[kind], "breakpoints": points}, suitable(kind))


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("triangles", "breakpoints", [["0", "1"]]),
        ("boxes", "breakpoints", [["0", "1"]] * 3),
        ("triangles", "rows", "edges"),
        ("triangles", "rows", None),
        ("triangles", "rows", "elements"),
        ("boxes", "breakpoints", [["0", "1"], {}]),
        ("exponential sums", "weights", ["1"]),
        ("exponential sums", "weights", ["1", "0"]),
        ("exponential sums", "weights", ["1", "-1"]),
        ("exponential sums", "weights", ["1", LONG]),
        ("exponential sums", "weights", "11"),
        ("exponential triangles", "step", "0"),
        ("exponential triangles", "step", "-1/2"),
        ("exponential triangles", "step", 0.5),
        ("exponential triangles", "step", "1000"),
        ("exponential triangles", "step", LONG),
        ("exponential triangles", "cells", 0),
        ("exponential triangles", "cells", "3"),
        ("exponential triangles", "cells", 3.0),
        ("exponential triangles", "cells", True),
        ("exponential triangles", "cells", 10**9),
    ],
)
def test_malformed_fields_are_named(kind: str, field: str, value: Any) -> None:
    with pytest.raises(Flaw, match=rf"side\.{field}"):
        parse(kind, {**RIGHT[kind], field: value}, problem())


@pytest.mark.parametrize("value", [1, 3, "2", 2.0, None])
@pytest.mark.parametrize("kind", ["shares", *PLAIN])
def test_shares_are_of_as_many_agents(kind: str, value: Any) -> None:
    with pytest.raises(Flaw, match=r"side\.agents"):
        parse(kind, {**RIGHT[kind], "agents": value}, suitable(kind))


def test_sizes_and_exponents_have_limits() -> None:
    many = [str(j) for j in range(1000)]
    with pytest.raises(Flaw, match="more than the limit"):
        parse("boxes", {"breakpoints": [many, many]}, problem())
    with pytest.raises(Flaw, match="more than the limit"):
        parse("exponential triangles", {"step": "1/1000", "cells": 900}, problem())
    with pytest.raises(Flaw, match="4096"):
        parse("exponential sums", {"breakpoints": ["0", "1000"], "weights": ["1", "1/10"]}, problem())


@pytest.mark.parametrize("kind", ["triangles", "crossed triangles", "exponential triangles"])
def test_triangles_are_for_two_agents(kind: str) -> None:
    with pytest.raises(Flaw, match="two agents"):
        parse(kind, RIGHT[kind], problem("three agents"))


@pytest.mark.parametrize("kind", AVERAGING)
@pytest.mark.parametrize("name", ["unequal weights", "no transfers"])
def test_averages_are_for_transfers_and_known_payoffs(kind: str, name: str) -> None:
    """Ξ of an average is at least the average of Ξ: it is no bound where the payoff depends on the state."""
    with pytest.raises(Flaw, match="does not depend on the state"):
        parse(kind, RIGHT[kind], problem(name))
    assert parse("triangles", {**RIGHT["triangles"], "rows": "elements"}, problem(known_payoff=True)) is not None


@pytest.mark.parametrize(
    "value", [None, [], "boxes", {}, {"kind": 3}, {"kind": "nodes"}, {"kind": "exponential boxes"}]
)
def test_unknown_kinds_are_refused(value: Any) -> None:
    with pytest.raises(Flaw, match="side"):
        parse_actions(value, "certificate.json: side", problem())


def test_kinds_of_the_other_side_are_refused() -> None:
    with pytest.raises(Flaw, match=r"side\.kind"):
        parse_signals({"kind": "boxes", **RIGHT["boxes"]}, "certificate.json: side", problem())


MULTIPLIERS: list[Any] = [
    None, [], [["1"]], [[], []], [["1"], ["1", "1"]], [["1"], ["-1/2"]], [["1"], [0.5]], [["1"], [True]],
    [["1"], ["x"]], [["1"], "1"], [["1"], ["1"], ["1"]], [["1"], [LONG]],
]  # fmt: skip


@pytest.mark.parametrize("multipliers", MULTIPLIERS, ids=lambda multipliers: str(multipliers)[:30])
def test_malformed_multipliers_of_public_signals_are_named(multipliers: Any) -> None:
    with pytest.raises(Flaw, match=r"side\.multipliers"):
        parse("public signals", {"multipliers": multipliers}, suitable("public signals"))
