"""A result folder holds exactly what docs/artefacts.md says."""

import hashlib
import json
import re
import time
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artefacts.solved_problems import CASES, PICTURES, contents, load, solved, written
from robustmech.artefacts import write_result
from robustmech.model import InformationStructure
from robustmech.plots import result_png

DOCUMENT = Path(__file__).parents[2] / "docs" / "artefacts.md"


def documented_files() -> set[str]:
    table = DOCUMENT.read_text(encoding="utf-8").partition("## problem.json")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", table, re.M))


def expected_files(case: str) -> set[str]:
    missing = {"lower side only": {"information.npz"}, "upper side only": {"mechanism.npz"}}
    return documented_files() - missing.get(case, set())


def parsed(file: Path) -> dict[str, Any]:
    content = json.loads(file.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


@pytest.mark.parametrize("case", CASES)
def test_files_are_those_documented_and_listed(case: str, tmp_path: Path) -> None:
    files = contents(written(tmp_path / "r", case))
    assert set(files) == expected_files(case)
    listed = "".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files) if name != "MANIFEST"
    )
    assert files["MANIFEST"].decode() == listed
    assert files["pictures.png"] == PICTURES


def test_pictures_may_be_left_out_or_real(tmp_path: Path) -> None:
    write_result(tmp_path / "without", solved("common value"), None)
    assert set(contents(tmp_path / "without")) == documented_files() - {"pictures.png"}
    write_result(tmp_path / "with", solved("common value"), result_png(solved("common value")))
    assert contents(tmp_path / "with")["pictures.png"].startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("case", CASES)
def test_arrays_are_as_documented_and_hold_no_objects(case: str, tmp_path: Path) -> None:
    folder, solution = written(tmp_path / "r", case), solved(case)
    environment = solution.environment
    shape = tuple(grid.actions for grid in solution.grids)
    documented: dict[str, dict[str, tuple[type[np.generic], tuple[int, ...]]]] = {}
    if solution.lower is not None:
        documented["mechanism.npz"] = {
            "decisions": (np.int64, (*shape, environment.decisions)),
            "denominator": (np.int64, ()),
        }
        if environment.transfers:
            documented["mechanism.npz"] |= {
                "aggregate_excess_growth": (np.float64, shape),
                "transfers": (np.float64, (len(shape), *shape)),
            }
        if solution.lower.mechanism.entry_payments is not None:
            documented["mechanism.npz"]["entry_payments"] = (np.int64, (*shape, len(shape)))
    if solution.upper is not None:
        own = environment.own_decisions
        goods = 0 if own is None else own.shape[1]
        documented["information.npz"] = {
            "law": (np.int64, (*shape, environment.states)),
            "denominator": (np.int64, ()),
            "joint": (np.float64, (*shape, environment.states)),
            "interim_values": (np.float64, (len(shape), goods, *shape)),
        }
    for name, arrays in documented.items():
        assert set(zipfile.ZipFile(folder / name).namelist()) == {f"{array}.npy" for array in arrays}
        found = load(folder / name)
        assert {array: (content.dtype.type, content.shape) for array, content in found.items()} == arrays
        assert all(array.flags.c_contiguous for array in found.values())
        assert all(np.isfinite(array).all() for array in found.values())


@pytest.mark.parametrize("case", CASES)
def test_problem_is_exact(case: str, tmp_path: Path) -> None:
    environment = solved(case).environment
    content = parsed(written(tmp_path / "r", case) / "problem.json")
    assert (content["schema"], content["version"]) == ("robustmech/problem", 1)
    entries = content["utilities"]
    found = {
        (i, state, k): Fraction(value)
        for i, state, k, value in zip(*(entries[a] for a in ("agent", "state", "decision", "value")), strict=True)
    }
    expected = {place: value for place, value in np.ndenumerate(environment.utilities) if value != 0}
    assert found == expected
    beliefs = content["beliefs"]
    assert [None if v is None else Fraction(v) for v in beliefs["lower"]] == list(environment.beliefs.lower)
    assert [None if v is None else Fraction(v) for v in beliefs["upper"]] == list(environment.beliefs.upper)
    assert (beliefs["penalty"] is None) == (environment.beliefs.penalties is None)
    assert [Fraction(cap) for cap in content["decision_set"]["cap"]] == list(environment.decision_set.cap)
    assert content["agent_names"] == list(environment.agent_names)
    assert content["transfers"] is environment.transfers


@pytest.mark.parametrize("case", CASES)
def test_certificate_states_both_sides(case: str, tmp_path: Path) -> None:
    solution = solved(case)
    content = parsed(written(tmp_path / "r", case) / "certificate.json")
    assert (content["schema"], content["version"]) == ("robustmech/certificate", 2)
    assert content["software"].startswith("robustmech ")
    for name, bound in (("lower", solution.lower), ("upper", solution.upper)):
        side = content[name]
        if bound is None:
            assert side is None
            continue
        assert side["value"] == bound.value
        assert "status" not in side
        grids = side["discretisation"]
        assert grids["kind"] == "grid"
        assert grids["names"] == [grid.name for grid in solution.grids]
        assert [tuple(map(int, weights)) for weights in grids["weights"]] == [grid.weights for grid in solution.grids]
    if solution.lower is not None:
        assert [Fraction(y) for y in content["lower"]["multipliers"]] == list(solution.lower.multipliers)
        beliefs, prior = solution.environment.beliefs, [Fraction(share) for share in content["lower"]["prior"]]
        assert sum(prior) == 1
        assert min(prior) >= 0
        for row, (low, high) in enumerate(zip(beliefs.lower, beliefs.upper, strict=True)):
            entries = zip(beliefs.row, beliefs.column, beliefs.value, strict=True)
            held = sum((value * prior[state] for own, state, value in entries if own == row), Fraction(0))
            assert low is None or held >= low
            assert high is None or held <= high
    if solution.upper is not None:
        information = solution.upper.information
        assert isinstance(information, InformationStructure)
        assert Fraction(content["upper"]["mixture"]) == information.mixture
        assert [Fraction(p) for p in content["upper"]["correction"]] == list(information.correction)


def test_names_of_any_alphabet_are_kept(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", "unequal grids")
    assert "×" not in (folder / "problem.json").read_text(encoding="utf-8")
    assert b"\\u" not in (folder / "certificate.json").read_bytes()


def test_a_result_is_the_same_bytes_whenever_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in a folder is of the moment: no date in an archive, no date in a picture."""
    solution = solved("common value")
    found = []
    for place, moment in enumerate((1e9, 1.5e9)):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        monkeypatch.setattr(time, "localtime", lambda *_, moment=moment: time.gmtime(moment))
        write_result(tmp_path / str(place), solution, result_png(solution))
        found.append(contents(tmp_path / str(place)))
    assert found[0] == found[1]
