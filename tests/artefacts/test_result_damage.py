"""Whatever is changed in a result folder, verification fails and says where."""

import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artefacts.solved_problems import load, renew_manifest, rewrite_arrays, rewrite_json, solved, written
from robustmech import InputError
from robustmech.artefacts import read_result, write_result
from robustmech.plots import result_png
from robustmech.verification import verify

WHOLE = ("MANIFEST", "certificate.json", "problem.json")
SAMPLED = ("mechanism.npz", "information.npz", "pictures.png")


def failures(folder: Path) -> str:
    verification = verify(folder)
    assert verification.passed == (not verification.failures)
    return "\n".join(f"{check.name}: {check.detail}" for check in verification.failures)


@cache
def drawn() -> bytes:
    return result_png(solved("common value"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_result(tmp_path / "r", solved("common value"), drawn())
    assert failures(tmp_path / "r") == ""
    return tmp_path / "r"


@pytest.mark.parametrize("name", WHOLE + SAMPLED)
def test_flipped_byte_is_found_and_the_file_named(folder: Path, name: str) -> None:
    file = folder / name
    data = file.read_bytes()
    places = range(len(data))
    for place in places if name in WHOLE else random.Random(name).sample(places, 60):
        file.write_bytes(data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :])
        found = failures(folder)
        assert name in found or "MANIFEST" in found, place
        assert "could not be checked" not in found
    for other in (data[:-1], data + b"\n", b"", data[: len(data) // 2]):
        file.write_bytes(other)
        assert name in failures(folder)
    file.unlink()
    if name != "MANIFEST":
        assert name in failures(folder)


def raised_lower(content: dict[str, Any]) -> None:
    content["lower"]["value"] += 1e-9


def lowered_upper(content: dict[str, Any]) -> None:
    content["upper"]["value"] -= 1e-9


def other_multiplier(content: dict[str, Any]) -> None:
    content["lower"]["multipliers"][0] = "100"


def other_correction(content: dict[str, Any]) -> None:
    content["upper"]["correction"][0] = "2"


def other_mixture(content: dict[str, Any]) -> None:
    content["upper"]["mixture"] = "1/2"


def certain_mixture(content: dict[str, Any]) -> None:
    content["upper"]["mixture"] = "1"


def other_weights(content: dict[str, Any]) -> None:
    content["lower"]["discretisation"]["weights"][0][0] = "2"


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (raised_lower, "lower: value"),
        (lowered_upper, "upper: value"),
        (other_multiplier, "lower: value"),
        (other_correction, "upper: mixture"),
        (other_mixture, "upper: "),
        (certain_mixture, "upper: mixture"),
        (other_weights, "lower: "),
    ],
)
def test_false_certificate_fails_on_its_merits(
    folder: Path, change: Callable[[dict[str, Any]], None], check: str
) -> None:
    rewrite_json(folder / "certificate.json", change)
    assert f"{check}" in failures(folder)
    assert "MANIFEST" not in failures(folder)


def dearer_good(content: dict[str, Any]) -> None:
    content["payoff"] = {"state": [0], "decision": [0], "value": ["-1"]}


def other_prior(content: dict[str, Any]) -> None:
    for side in ("lower", "upper"):
        content["beliefs"][side][:2] = ["1/8", "3/8"]


def tighter_cap(content: dict[str, Any]) -> None:
    content["decision_set"]["cap"] = ["1/100", "1/100"]


@pytest.mark.parametrize(
    ("change", "check"), [(dearer_good, "lower: "), (other_prior, "upper: beliefs"), (tighter_cap, "lower: decision")]
)
def test_answer_to_another_problem_fails(folder: Path, change: Callable[[dict[str, Any]], None], check: str) -> None:
    rewrite_json(folder / "problem.json", change)
    assert check in failures(folder)


def with_one_more(array: np.ndarray[Any, np.dtype[Any]], place: tuple[int, ...], more: float) -> Any:
    changed = array.copy()
    changed[place] += more
    return changed


@pytest.mark.parametrize(
    ("file", "array", "place", "more", "check"),
    [
        ("mechanism.npz", "decisions", (3, 3, 0), 2**40, "lower: decision set"),
        ("mechanism.npz", "decisions", (1, 2, 1), -(2**41), "lower: decision set"),
        ("mechanism.npz", "denominator", (), -(2**39), "lower: decision set"),
        ("mechanism.npz", "transfers", (0, 0, 2), 1e-30, "lower: no payment at action 0"),
        ("mechanism.npz", "transfers", (1, 3, 0), -1e-9, "lower: no payment at action 0"),
        ("mechanism.npz", "transfers", (0, 2, 1), 1e-3, "lower: aggregate excess growth"),
        ("mechanism.npz", "transfers", (0, 2, 1), 1e-12, "lower: value"),
        ("mechanism.npz", "aggregate_excess_growth", (1, 1), 1e-3, "lower: aggregate excess growth"),
        ("information.npz", "law", (1, 1, 0), 1, "upper: law"),
        ("information.npz", "law", (2, 0, 1), -(2**62), "upper: law"),
        ("information.npz", "denominator", (), 1, "upper: law"),
        ("information.npz", "joint", (0, 0, 0), 1e-9, "upper: joint"),
    ],
)
def test_false_arrays_fail_on_their_merits(
    folder: Path, file: str, array: str, place: tuple[int, ...], more: float, check: str
) -> None:
    rewrite_arrays(folder / file, {array: with_one_more(load(folder / file)[array], place, more)})
    assert check in failures(folder)
    assert "MANIFEST" not in failures(folder)


def larger_unit(content: dict[str, Any]) -> None:
    content["lower"]["entry_unit"] = "3"


def smaller_unit(content: dict[str, Any]) -> None:
    content["lower"]["entry_unit"] = "1/3"


def no_unit(content: dict[str, Any]) -> None:
    del content["lower"]["entry_unit"]


def negative_unit(content: dict[str, Any]) -> None:
    content["lower"]["entry_unit"] = "-1"


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        (larger_unit, ("lower: no payment at action 0",)),
        (smaller_unit, ("lower: no payment at action 0",)),
        (no_unit, ("entry_payments",)),
        (negative_unit, ("entry_unit: -1: it must be positive",)),
    ],
)
def test_other_entry_payments_fail(
    change: Callable[[dict[str, Any]], None], checks: tuple[str, ...], tmp_path: Path
) -> None:
    folder = written(tmp_path / "r", "entry payments")
    assert failures(folder) == ""
    rewrite_json(folder / "certificate.json", change)
    for check in checks:
        assert check in failures(folder)


def without_transfers(folder: Path) -> None:
    transfers = load(folder / "mechanism.npz")["transfers"]
    growth = load(folder / "mechanism.npz")["aggregate_excess_growth"]
    changed = {"transfers": 0 * transfers, "aggregate_excess_growth": 0 * growth}
    rewrite_arrays(folder / "mechanism.npz", changed)


def test_a_huge_unit_does_not_make_transfers_arbitrary(folder: Path) -> None:
    without_transfers(folder)
    rewrite_json(folder / "certificate.json", lambda content: content["lower"].update(entry_unit="1" + "0" * 15))
    decisions = load(folder / "mechanism.npz")["decisions"]
    rewrite_arrays(folder / "mechanism.npz", {"entry_payments": np.zeros_like(decisions)})
    assert "lower: value" in failures(folder)


def test_an_impossible_state_does_not_make_transfers_arbitrary(folder: Path) -> None:
    """Nothing is measured against the largest value that a problem states."""
    without_transfers(folder)

    def worth_much(content: dict[str, Any]) -> None:
        extra, beliefs, states = content["utilities"], content["beliefs"], content["states"]
        content["states"] = states + 1
        for name, entries in (("agent", [0, 1]), ("state", [states] * 2), ("decision", [0, 1])):
            extra[name] += entries
        extra["value"] += ["1000000000000"] * 2
        beliefs["row"].append(len(beliefs["lower"]))
        beliefs["state"].append(states)
        beliefs["value"].append("1")
        beliefs["lower"].append("0")
        beliefs["upper"].append("0")

    rewrite_json(folder / "problem.json", worth_much)

    def impossible(content: dict[str, Any]) -> None:
        content["lower"]["multipliers"].append("-1000000000000000000")
        content["lower"]["prior"].append("0")
        content["upper"] = None

    rewrite_json(folder / "certificate.json", impossible)
    (folder / "information.npz").unlink()
    renew_manifest(folder)
    verification = verify(folder)
    assert [check.name for check in verification.failures] == ["lower: value"]


def test_rows_that_contradict_each_other_prove_nothing(folder: Path) -> None:
    """Where no prior is possible any number would be a bound: the prior that is written must be one."""

    def contradict(content: dict[str, Any]) -> None:
        beliefs = content["beliefs"]
        beliefs["row"] += [len(beliefs["lower"])] * content["states"]
        beliefs["state"] += list(range(content["states"]))
        beliefs["value"] += ["1"] * content["states"]
        beliefs["lower"].append("2")
        beliefs["upper"].append(None)

    def claim_much(content: dict[str, Any]) -> None:
        content["upper"] = None
        content["lower"]["multipliers"].append("300000000")
        content["lower"]["value"] = 3e8

    rewrite_json(folder / "problem.json", contradict)
    rewrite_json(folder / "certificate.json", claim_much)
    (folder / "information.npz").unlink()
    renew_manifest(folder)
    verification = verify(folder)
    assert [check.name for check in verification.failures] == ["lower: prior"]
    assert verification.lower is not None
    assert verification.lower >= 3 * 10**8


def test_folder_of_an_earlier_version_is_refused_in_one_line(folder: Path) -> None:
    rewrite_json(folder / "certificate.json", lambda content: content.update(version=1))
    (failure,) = verify(folder).failures
    assert failure.detail.startswith("certificate.json: version 2 is the only one")


def test_names_with_terminal_escapes_are_shown_escaped(folder: Path) -> None:
    (folder / "\x1b[2J\x1b]0;owned\x07\u202e").write_text("")
    with pytest.raises(InputError) as caught:
        read_result(folder)
    for text in (str(caught.value), *(check.detail for check in verify(folder).checks)):
        assert text.isprintable()
    assert "\\x1b[2J" in str(caught.value)


def test_huge_multipliers_do_not_make_transfers_arbitrary(folder: Path) -> None:
    """A constant on all multipliers of a known prior changes Ξ by as much, and the number not at all."""
    without_transfers(folder)

    def raise_all(content: dict[str, Any]) -> None:
        multipliers = content["lower"]["multipliers"]
        content["lower"]["multipliers"] = [str(Fraction(y) + 10**16) for y in multipliers]

    rewrite_json(folder / "certificate.json", raise_all)
    assert failures(folder).startswith("lower: value")


def test_larger_entry_payment_is_not_secure(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", "entry payments")
    payments = load(folder / "mechanism.npz")["entry_payments"]
    rewrite_arrays(folder / "mechanism.npz", {"entry_payments": with_one_more(payments, (0, 1, 0), 1)})
    assert "lower: no payment at action 0" in failures(folder)


def test_payment_at_action_zero_is_exact(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", "entry payments")
    transfers = load(folder / "mechanism.npz")["transfers"]
    for side in (np.inf, -np.inf):
        changed = transfers.copy()
        changed[0, 0, 1] = np.nextafter(changed[0, 0, 1], side)
        rewrite_arrays(folder / "mechanism.npz", {"transfers": changed})
        assert "lower: no payment at action 0" in failures(folder)


def test_shifted_probability_leaves_the_beliefs(folder: Path) -> None:
    law = load(folder / "information.npz")["law"].copy()
    rows = law.reshape(-1, law.shape[-1])
    rows[np.argmax(rows[:, 0]), :2] += np.array([-5, 5])
    rewrite_arrays(folder / "information.npz", {"law": law})
    assert "upper: beliefs" in failures(folder)


def test_allocating_everything_twice_fails(folder: Path) -> None:
    decisions = load(folder / "mechanism.npz")["decisions"]
    rewrite_arrays(folder / "mechanism.npz", {"decisions": decisions + 2**40})
    assert "lower: decision set" in failures(folder)


def test_participation_is_checked_where_nobody_pays(tmp_path: Path) -> None:
    """Without transfers an agent at action 0 must not be made to spend."""
    folder = written(tmp_path / "r", "no transfers")
    decisions = load(folder / "mechanism.npz")["decisions"].copy()
    decisions[0, 0] = [2**40, 0]
    rewrite_arrays(folder / "mechanism.npz", {"decisions": decisions})
    assert "lower: participation" in failures(folder)


def test_objects_are_never_unpickled(folder: Path) -> None:
    np.savez(folder / "mechanism.npz", decisions=np.array([print], dtype=object))
    assert "mechanism.npz" in failures(folder)
