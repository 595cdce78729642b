"""Whatever is changed on purpose in a result on meshes, with a new manifest, the right check fails."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artefacts.solved_meshes import CASES, written
from artefacts.solved_problems import load, renew_manifest, rewrite_arrays, rewrite_json
from robustmech.verification import verify

Content = dict[str, Any]
Change = Callable[[Content], object]
LOWER_KINDS = [
    "cost and caps: triangles, exponential sums",
    "common value: corner rows, exponential sums",
    "cost and caps: crossed triangles, exponential boxes",
    "common value: boxes, exponential boxes",
    "cost and caps: shares, exponential sums",
    "no transfers: boxes, exponential sums",
    "no transfers: shares, share densities",
    "no transfers, three agents: shares, share densities",
]
UPPER_KINDS = [
    "common value: triangles, exponential triangles",
    "common value: corner rows, exponential sums",
    "known means: triangles, exponential boxes",
    "no transfers: corner rows, exponential triangles",
    "no transfers: boxes, slanted sums",
    "no transfers: corner rows, exponential boxes",
    "no transfers: shares, share densities",
    "no transfers, three agents: shares, share densities",
    "no transfers: boxes, public signals",
]


def failures(folder: Path) -> dict[str, str]:
    verification = verify(folder)
    assert verification.passed == (not verification.failures)
    found = {check.name: check.detail for check in verification.failures}
    assert all("could not be checked" not in detail for detail in found.values()), found
    assert "manifest" not in found
    return found


def at(side: str, field: str, change: Callable[[Any], Any]) -> Change:
    def apply(content: Content) -> None:
        content[side][field] = change(content[side][field])

    return apply


def in_mesh(side: str, field: str, change: Callable[[Any], Any]) -> Change:
    def apply(content: Content) -> None:
        content[side]["discretisation"][field] = change(content[side]["discretisation"][field])

    return apply


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("side", "boast"), [("lower", 1e-6), ("upper", -1e-6), ("lower", 1e-11), ("upper", -1e-11)])
def test_better_claim_fails(case: str, side: str, boast: float, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)
    rewrite_json(folder / "certificate.json", at(side, "value", lambda value: value + 4 * boast))
    assert set(failures(folder)) == {f"{side}: value"}


@pytest.mark.parametrize("case", LOWER_KINDS)
@pytest.mark.parametrize(("name", "more"), [("decisions", 2**41), ("denominator", -(2**39))])
def test_infeasible_decisions_fail(case: str, name: str, more: int, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)
    array = load(folder / "mechanism.npz")[name].copy()
    array.reshape(-1)[array.size // 2] += more
    rewrite_arrays(folder / "mechanism.npz", {name: array})
    assert "lower: decision set" in failures(folder)


@pytest.mark.parametrize("case", LOWER_KINDS[:5])
def test_changed_growth_fails(case: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)
    growth = load(folder / "mechanism.npz")["growth"].copy()
    for more in (1e-6, -1e-6, 1e-11):
        changed = growth.copy()
        changed.reshape(-1)[growth.size // 2] += more
        rewrite_arrays(folder / "mechanism.npz", {"growth": changed})
        found = set(failures(folder))
        assert "lower: value" in found or "payoff" in failures(folder).get("lower: objective", "")


@pytest.mark.parametrize("case", LOWER_KINDS[:5])
def test_less_given_away_fails_though_feasible(case: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)
    decisions = load(folder / "mechanism.npz")["decisions"] // 2
    rewrite_arrays(folder / "mechanism.npz", {"decisions": decisions})
    found = failures(folder)
    assert set(found) & {"lower: value", "lower: objective"}
    assert "lower: decision set" not in found


def test_shifted_parts_fail_on_rising_diagonals_only(tmp_path: Path) -> None:
    """Their sum is still Ξ − E, but where the triangles meet they ask for too much."""
    folder = written(tmp_path / "r", LOWER_KINDS[2])
    growth = load(folder / "mechanism.npz")["growth"].copy()
    growth += np.array([1.0, -1.0])[:, None, None] * np.linspace(0.2, -0.2, growth.shape[1])[:, None]
    rewrite_arrays(folder / "mechanism.npz", {"growth": growth})
    assert set(failures(folder)) == {"lower: value"}


def test_changed_payoff_column_fails(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", LOWER_KINDS[4])
    growth = load(folder / "mechanism.npz")["growth"].copy()
    original = growth.copy()
    growth[3] += np.array([-1e-3, 1e-3])
    rewrite_arrays(folder / "mechanism.npz", {"growth": growth})
    assert "the written payoff" in failures(folder)["lower: objective"]
    rewrite_arrays(
        folder / "mechanism.npz",
        {"growth": original + np.append(np.tile([-1e-3, 1e-3], (len(original) - 1, 1)), [[0, 0]], axis=0)},
    )
    assert set(failures(folder)) == {"lower: value"}


@pytest.mark.parametrize("case", LOWER_KINDS)
def test_forced_spending_fails_participation(case: str, tmp_path: Path) -> None:
    """An agent that gets nothing but disutility from a decision may not be given it at action 0."""
    folder = written(tmp_path / "r", case)

    def dislike(content: Content) -> None:
        content["utilities"]["value"] = ["-1" for _ in content["utilities"]["value"]]

    rewrite_json(folder / "problem.json", dislike)
    assert "lower: value" in failures(folder) or "lower: participation" in failures(folder)


@pytest.mark.parametrize("case", LOWER_KINDS)
def test_moved_breakpoint_fails(case: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)

    def move(points: Any) -> Any:
        if isinstance(points[0], list):
            return [[*points[0][:-1], "19/5"], *points[1:]]
        return [points[0], "1/10", *points[2:]]

    rewrite_json(folder / "certificate.json", in_mesh("lower", "breakpoints", move))
    assert "lower: value" in failures(folder)


@pytest.mark.parametrize("case", UPPER_KINDS)
@pytest.mark.parametrize("more", [1, -(2**62)])
def test_law_with_wrong_sums_or_signs_fails(case: str, more: int, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)
    law = load(folder / "information.npz")["law"].copy()
    law[1, 0] += more
    rewrite_arrays(folder / "information.npz", {"law": law})
    assert "upper: law" in failures(folder)


@pytest.mark.parametrize("case", UPPER_KINDS)
def test_other_law_fails(case: str, tmp_path: Path) -> None:
    """All mass of some laws on one state: the sums are right, but not what follows from them."""
    folder = written(tmp_path / "r", case)
    law = load(folder / "information.npz")["law"].copy()
    half = law[: len(law) // 2]
    half[:, 0], half[:, 1:] = half.sum(axis=1), 0
    rewrite_arrays(folder / "information.npz", {"law": law})
    found = failures(folder)
    assert "upper: law" not in found
    assert set(found) & {"upper: value", "upper: law of the state"}


@pytest.mark.parametrize("case", UPPER_KINDS)
def test_state_law_outside_the_beliefs_fails(case: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)
    rewrite_json(
        folder / "certificate.json",
        at("upper", "state_law", lambda law: ["1" if state == 0 else "0" for state in range(len(law))]),
    )
    assert set(failures(folder)) & {"upper: beliefs", "upper: law of the state"}


@pytest.mark.parametrize("case", UPPER_KINDS)
def test_state_law_that_does_not_sum_to_one_fails(case: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)
    rewrite_json(folder / "certificate.json", at("upper", "state_law", lambda law: [*law[:-1], "1/1000000007"]))
    assert failures(folder)


@pytest.mark.parametrize("case", UPPER_KINDS)
@pytest.mark.parametrize("mixture", ["0", "1/1000000000000000000000000000000000000000000", "-1/2", "1", "3/2"])
def test_wrong_mixture_fails(case: str, mixture: str, tmp_path: Path) -> None:
    """With too little mixed in, the law of the state would need negative probabilities, or is another."""
    folder = written(tmp_path / "r", case)
    rewrite_json(folder / "certificate.json", at("upper", "mixture", lambda _: mixture))
    assert set(failures(folder)) & {"upper: law of the state", "upper: mixture"}


@pytest.mark.parametrize("case", UPPER_KINDS)
def test_changed_signal_mesh_fails(case: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)

    def move(content: Content) -> None:
        mesh = content["upper"]["discretisation"]
        if mesh["kind"] == "exponential triangles":
            mesh["step"] = "1/3"
        elif mesh["kind"] in ("exponential sums", "share densities"):
            mesh["breakpoints"][1] = "1/10"
        elif mesh["kind"] == "public signals":
            mesh["multipliers"] = [["1000", "1000", "1000"], ["1", "1", "1"]]
        else:
            mesh["breakpoints"][0][1] = "1/10"

    rewrite_json(folder / "certificate.json", move)
    assert set(failures(folder)) & {"upper: value", "upper: law of the state"}


def test_other_weights_fail(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", "no transfers: boxes, slanted sums")
    rewrite_json(folder / "certificate.json", in_mesh("upper", "weights", lambda _: ["2", "1"]))
    assert "upper: value" in failures(folder)


MALFORMED: list[tuple[str, Change]] = [
    ("mesh of another kind", lambda content: content["lower"]["discretisation"].update(kind="boxes")),
    ("unknown kind", lambda content: content["upper"]["discretisation"].update(kind="exponential circles")),
    ("no law of the state", lambda content: content["upper"].pop("state_law")),
    ("short law of the state", at("upper", "state_law", lambda law: law[:-1])),
    ("correction with transfers", at("upper", "correction", lambda _: ["1/3", "1/3", "1/3"])),
    ("no correction", lambda content: content["upper"].pop("correction")),
    ("a status", lambda content: content["lower"].update(status="proved")),
    ("no prior", lambda content: content["lower"].pop("prior")),
    ("short prior", at("lower", "prior", lambda prior: prior[:-1])),
    ("surplus field", lambda content: content["lower"].update(state_law=[])),
    ("zero cells", in_mesh("upper", "cells", lambda _: 0)),
]


@pytest.mark.parametrize(("name", "change"), MALFORMED)
def test_malformed_certificate_fails(name: str, change: Change, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", UPPER_KINDS[0])
    rewrite_json(folder / "certificate.json", change)
    assert set(failures(folder)) == {"certificate"}


@pytest.mark.parametrize("case", ["no transfers: boxes, slanted sums"])
def test_correction_is_needed_without_transfers(case: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "r", case)
    rewrite_json(folder / "certificate.json", at("upper", "correction", lambda _: None))
    assert set(failures(folder)) == {"certificate"}


@pytest.mark.parametrize(
    ("file", "name", "change"),
    [
        ("mechanism", "decisions", lambda array: array[:-1]),
        ("mechanism", "decisions", lambda array: array.reshape(-1, array.shape[-1])),
        ("mechanism", "growth", lambda array: array[:-1]),
        ("mechanism", "growth", lambda array: array[:, None]),
        ("mechanism", "growth", lambda array: np.where(np.arange(array.size) == 0, np.nan, array)),
        ("mechanism", "denominator", lambda array: -array),
        ("information", "law", lambda array: array[:-1]),
        ("information", "law", lambda array: array.astype(np.float64)),
        ("information", "denominator", lambda array: 0 * array),
    ],
)
def test_wrong_shapes_fail(file: str, name: str, change: Callable[[Any], Any], tmp_path: Path) -> None:
    folder = written(tmp_path / "r", UPPER_KINDS[0])
    path = folder / f"{file}.npz"
    rewrite_arrays(path, {name: change(load(path)[name])})
    side = "lower" if file == "mechanism" else "upper"
    assert set(failures(folder)) == {f"{side}: {file}"}


def test_arrays_of_a_grid_do_not_belong_in_a_mesh(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", UPPER_KINDS[0])
    for name in ("transfers", "aggregate_excess_growth"):
        content = load(folder / "mechanism.npz")
        np.savez(folder / "mechanism.npz", **content, **{name: np.zeros((2, 5, 5))})  # type: ignore[arg-type]
        renew_manifest(folder)
        assert "lower: mechanism" in failures(folder)
        np.savez(folder / "mechanism.npz", **content)  # type: ignore[arg-type]
