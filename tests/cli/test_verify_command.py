"""robustmech verify: verified, or what failed."""

import json
import random
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from cli.command_runs import COMMON_VALUES, RESULT_FILES, Command
from robustmech import Grid, solve
from robustmech.artefacts import write_result
from robustmech.plots import result_png
from robustmech.problems import load_problem
from robustmech.verification import manifest_text


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify") / "r"
    solution = solve(load_problem(COMMON_VALUES).environment, Grid.quantile(3))
    write_result(folder, solution, result_png(solution))
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "r"))


def test_verified_result_lists_its_checks_and_claims(command: Command, folder: Path) -> None:
    certificate = json.loads((folder / "certificate.json").read_bytes())
    ran = command("verify", folder)
    assert (ran.code, ran.err) == (0, "")
    *checks, last = ran.out.splitlines()
    assert all(line.startswith("ok  ") for line in checks)
    lower, upper = certificate["lower"]["value"], certificate["upper"]["value"]
    assert last == f"verified: max guarantee ≥ {lower!r}, min potential ≤ {upper!r}"


def test_json_holds_the_exact_numbers(command: Command, folder: Path) -> None:
    answer = command("verify", folder, "--json").answer
    assert answer["verified"] is True
    assert Fraction(answer["exact_lower"]) >= Fraction(answer["lower"])
    assert Fraction(answer["exact_upper"]) <= Fraction(answer["upper"])
    assert Fraction(answer["exact_lower"]) < Fraction(answer["exact_upper"])
    assert len(answer["checks"]) > 15
    assert all(check["passed"] for check in answer["checks"])


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


@pytest.mark.parametrize("name", sorted(RESULT_FILES))
def test_corrupted_byte_fails_and_is_named(command: Command, folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    places = random.Random(name).sample(range(len(data)), 15)
    for place in (0, *places, len(data) - 1):
        (folder / name).write_bytes(flipped(data, place))
        ran = command("verify", folder)
        assert (ran.code, ran.err) == (1, "")
        *failures, last = ran.out.splitlines()
        assert last == "not verified"
        assert failures
        assert all(line.startswith("FAILED  ") for line in failures)
        assert any(name in line for line in failures), failures
    (folder / name).write_bytes(data)
    assert command("verify", folder).code == 0


def test_failure_as_json(command: Command, folder: Path) -> None:
    with (folder / "pictures.png").open("ab") as picture:
        picture.write(b"x")
    ran = command("verify", folder, "--json")
    assert ran.code == 1
    answer = json.loads(ran.out)
    assert answer["verified"] is False
    (failure,) = [check for check in answer["checks"] if not check["passed"]]
    assert "pictures.png" in failure["detail"]


def test_false_claim_with_a_new_manifest_fails_on_its_merits(command: Command, folder: Path) -> None:
    file = folder / "certificate.json"
    certificate = json.loads(file.read_bytes())
    certificate["lower"]["value"] += 1e-9
    file.write_text(json.dumps(certificate))
    contents = {name: (folder / name).read_bytes() for name in RESULT_FILES - {"MANIFEST"}}
    (folder / "MANIFEST").write_text(manifest_text(contents))
    ran = command("verify", folder)
    assert ran.code == 1
    assert len(ran.out.splitlines()) == 2
    assert "lower: value" in ran.out
    assert "claimed" in ran.out


def test_missing_file_fails(command: Command, folder: Path) -> None:
    (folder / "mechanism.npz").unlink()
    ran = command("verify", folder)
    assert ran.code == 1
    assert "mechanism.npz" in ran.out


def test_what_is_no_result_is_a_mistake(command: Command, folder: Path) -> None:
    assert str(folder.parent / "none") in command("verify", folder.parent / "none").mistake
    assert "MANIFEST" in command("verify", folder.parent).mistake
    assert "folder" in command("verify", folder / "MANIFEST").mistake
    assert "r" * 300 in command("verify", folder.parent / ("r" * 300)).mistake


def test_nothing_is_changed_by_looking(command: Command, folder: Path) -> None:
    before = {entry.name: (entry.read_bytes(), entry.stat().st_mtime_ns) for entry in folder.iterdir()}
    assert command("verify", folder).code == 0
    assert before == {entry.name: (entry.read_bytes(), entry.stat().st_mtime_ns) for entry in folder.iterdir()}


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_nothing_in_a_folder_reaches_the_terminal_raw(command: Command, folder: Path, option: tuple[str, ...]) -> None:
    """A file's name may hold a line that looks like ours, colours, a title for the window, or a change of direction."""
    (folder / "\x1b[32mok\nverified: max guarantee ≥ 9\x07\x9b2J\u202e").write_text("")
    ran = command("verify", folder, *option)
    assert ran.code == 1
    assert all(line.isprintable() for line in ran.out.splitlines())
    assert not any(line.startswith("verified") for line in ran.out.splitlines())
    assert "x1b[32mok" in ran.out


def test_titles_and_paths_are_shown_escaped(command: Command, tmp_path: Path) -> None:
    problem = tmp_path / "p\x1b[31m.toml"
    text = 'version = 1\ntitle = "one\\u001b[2J\\nverified: all"\n[auction]\nbidders = 2\nvalues = [0, 1]\n'
    problem.write_text(text + 'dependence = "common"\n')
    ran = command("solve", problem, "--actions", 3)
    assert ran.code == 0
    assert all(line.isprintable() for line in ran.out.splitlines())
    assert not any(line.startswith("verified") for line in ran.out.splitlines())
    problem.write_text(text)
    refused = command("solve", problem, "--actions", 3)
    assert refused.code == 2
    assert refused.err.rstrip("\n").isprintable()
    assert "\\x1b[31m.toml" in refused.err
