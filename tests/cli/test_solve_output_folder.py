"""robustmech solve --out: what is written, what is replaced, and what is refused before any work is done."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.command_runs import COMMON_VALUES, EXAMPLES, RESULT_FILES, Command
from robustmech.artefacts import replacing

SMALL = ("solve", COMMON_VALUES, "--actions", 3)


def snapshot(folder: Path) -> dict[str, bytes | str | None]:
    """Everything below a folder, links not followed."""
    found: dict[str, bytes | str | None] = {}
    for entry in sorted(folder.rglob("*")):
        name = str(entry.relative_to(folder))
        if entry.is_symlink():
            found[name] = os.readlink(entry)
        else:
            found[name] = entry.read_bytes() if entry.is_file() else None
    return found


@pytest.fixture(autouse=True)
def drawing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take most of the time, and most of these tests only need a file."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr("robustmech.plots.result_png", lambda solution: str(solution.gap).encode())


@pytest.fixture
def drawn() -> None:
    """For a test that has its pictures drawn."""


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


@pytest.mark.parametrize("name", ["result", "my result", "Ergebnis für München ✓", "a.b", "-x", 'it\'s "mine"'])
def test_result_is_written_and_verifies(command: Command, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    ran = command(*SMALL, "--out", folder)
    assert ran.code == 0
    assert ran.out.splitlines()[-1].startswith(f"written to {folder}; check it with: robustmech verify ")
    assert names(folder) == RESULT_FILES
    assert names(tmp_path) == {name}
    assert command("verify", folder).code == 0


@pytest.mark.usefixtures("drawn")
def test_json_stays_one_object_and_pictures_are_drawn(command: Command, tmp_path: Path) -> None:
    assert command(*SMALL, "--out", tmp_path / "r", "--json").answer["status"] == "proved"
    assert names(tmp_path / "r") == RESULT_FILES
    assert (tmp_path / "r" / "pictures.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_folder_with_a_slash_or_relative(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(*SMALL, "--out", "one/").code == 0
    assert command(*SMALL, "--out", "./one/../two").code == 0
    assert names(tmp_path) == {"one", "two"}
    assert command("verify", "one").code == command("verify", "two/").code == 0


@pytest.mark.parametrize(("side", "missing"), [("lower", "information.npz"), ("upper", "mechanism.npz")])
def test_one_side_only(command: Command, tmp_path: Path, side: str, missing: str) -> None:
    assert command(*SMALL, "--side", side, "--out", tmp_path / "r").code == 0
    assert names(tmp_path / "r") == RESULT_FILES - {missing}
    ran = command("verify", tmp_path / "r")
    assert ran.code == 0
    assert ("max guarantee" in ran.out, "min potential" in ran.out) == (side == "lower", side == "upper")


def test_earlier_result_is_replaced(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    first = command("solve", EXAMPLES / "explicit-states.toml", "--actions", 4, "--out", folder, "--json").answer
    earlier = snapshot(folder)
    second = command(*SMALL, "--side", "lower", "--out", folder, "--json").answer
    assert first["lower"] != second["lower"]
    assert names(folder) == RESULT_FILES - {"information.npz"}
    assert names(tmp_path) == {"r"}
    assert all(snapshot(folder)[name] != earlier[name] for name in names(folder))
    assert command("verify", folder, "--json").answer["lower"] == second["lower"]


@pytest.mark.usefixtures("drawn")
def test_solving_again_gives_the_same_numbers(command: Command, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert command(*SMALL, "--out", tmp_path / name).code == 0
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")


def test_empty_folder_is_filled(command: Command, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    assert command(*SMALL, "--out", tmp_path / "r").code == 0
    assert names(tmp_path / "r") == RESULT_FILES


def result_with_foreign_file(place: Path) -> Path:
    folder = place / "r"
    folder.mkdir()
    (folder / "MANIFEST").write_text(f"{'0' * 64}  problem.json\n")
    (folder / "problem.json").write_text("{}")
    (folder / "notes.txt").write_text("mine")
    return folder


def foreign_folder(place: Path) -> Path:
    (place / "r").mkdir()
    (place / "r" / "thesis.tex").write_text("mine")
    return place / "r"


def foreign_folder_with_a_manifest(place: Path) -> Path:
    """What `sha256sum * > MANIFEST` leaves in anyone's folder."""
    folder = foreign_folder(place)
    (folder / "MANIFEST").write_text(f"{'0' * 64}  thesis.tex\n")
    return folder


def foreign_folder_with_a_folder_named_as_a_result_file(place: Path) -> Path:
    folder = place / "r"
    (folder / "problem.json").mkdir(parents=True)
    (folder / "problem.json" / "thesis.tex").write_text("mine")
    (folder / "MANIFEST").write_text(f"{'0' * 64}  problem.json\n")
    return folder


def unreadable_manifest(place: Path) -> Path:
    (place / "r").mkdir()
    (place / "r" / "MANIFEST").write_bytes(b"\xff\xfe")
    return place / "r"


def manifest_that_is_a_folder(place: Path) -> Path:
    (place / "r" / "MANIFEST").mkdir(parents=True)
    return place / "r"


def hidden_foreign_file(place: Path) -> Path:
    (place / "r").mkdir()
    (place / "r" / ".keep").write_text("mine")
    return place / "r"


def plain_file(place: Path) -> Path:
    (place / "r").write_text("mine")
    return place / "r"


def link_to_a_folder(place: Path) -> Path:
    (place / "elsewhere").mkdir()
    (place / "r").symlink_to(place / "elsewhere")
    return place / "r"


def dangling_link(place: Path) -> Path:
    (place / "r").symlink_to(place / "nowhere")
    return place / "r"


def missing_parent(place: Path) -> Path:
    return place / "nowhere" / "r"


def parent_is_a_file(place: Path) -> Path:
    (place / "file").write_text("mine")
    return place / "file" / "r"


def name_too_long(place: Path) -> Path:
    return place / ("r" * 300)


def name_almost_too_long(place: Path) -> Path:
    """A name that fits, where the hidden one that the result is first written to may not."""
    return place / ("r" * 250)


REFUSED = [
    result_with_foreign_file,
    foreign_folder,
    foreign_folder_with_a_manifest,
    foreign_folder_with_a_folder_named_as_a_result_file,
    unreadable_manifest,
    manifest_that_is_a_folder,
    hidden_foreign_file,
    plain_file,
    link_to_a_folder,
    dangling_link,
    missing_parent,
    parent_is_a_file,
    name_too_long,
]


@pytest.fixture
def no_solving(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("solved, though the output folder cannot be used")

    monkeypatch.setattr("robustmech.bounds.solve", never)


@pytest.mark.usefixtures("no_solving")
@pytest.mark.parametrize("made", REFUSED, ids=lambda made: made.__name__)
def test_refused_before_solving(command: Command, tmp_path: Path, made: Callable[[Path], Path]) -> None:
    folder = made(tmp_path)
    before = snapshot(tmp_path)
    message = command(*SMALL, "--out", folder).mistake
    assert str(folder) in message
    assert snapshot(tmp_path) == before


@pytest.mark.usefixtures("no_solving")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_unwritable_parent_is_refused_before_solving(command: Command, tmp_path: Path) -> None:
    parent = tmp_path / "closed"
    parent.mkdir()
    parent.chmod(0o555)
    try:
        assert "cannot be written to" in command(*SMALL, "--out", parent / "r").mistake
        assert names(parent) == set()
    finally:
        parent.chmod(0o755)


def test_long_name_is_written_or_refused(command: Command, tmp_path: Path) -> None:
    folder = name_almost_too_long(tmp_path)
    ran = command(*SMALL, "--out", folder)
    if ran.code == 0:
        assert names(folder) == RESULT_FILES
    else:
        assert str(folder) in ran.mistake
        assert names(tmp_path) == set()


@pytest.mark.parametrize("name", [".", ""])
def test_current_folder_is_not_replaced_under_the_person(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Replacing the folder one stands in leaves the shell in one that is gone: refuse, or fill it."""
    monkeypatch.chdir(tmp_path)
    here = tmp_path.stat().st_ino
    ran = command(*SMALL, "--out", name)
    assert tmp_path.stat().st_ino == here
    if ran.code == 0:
        assert names(tmp_path) == RESULT_FILES
    else:
        assert "folder" in ran.mistake
        assert names(tmp_path) == set()


FULL = OSError(28, "No space left on device")
OPERATIONS = {"writing": (Path, "write_bytes"), "exchanging": (replacing, "_exchanged"), "making": (os, "mkdir")}


@pytest.mark.parametrize("operation", ["writing the manifest", *OPERATIONS])
@pytest.mark.parametrize("earlier", [True, False], ids=["replacing", "new"])
def test_full_disk_is_one_line_and_leaves_what_was_there(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, earlier: bool
) -> None:
    folder = tmp_path / "r"
    if earlier:
        assert command(*SMALL, "--out", folder).code == 0
    before = snapshot(tmp_path)
    place, name = OPERATIONS[operation.split()[0]]
    if operation == "exchanging" and not earlier:
        place, name = os, "rename"
    real = getattr(place, name)

    def failing(path: Path | str, *arguments: object, **options: object) -> object:
        if str(path).startswith(str(tmp_path)) and ("manifest" not in operation or Path(path).name == "MANIFEST"):
            raise FULL
        return real(path, *arguments, **options)

    monkeypatch.setattr(place, name, failing)
    ran = command("solve", COMMON_VALUES, "--actions", 4, "--out", folder)
    assert ran.code == 2
    assert float(ran.row("guarantee at least")) > 0.2  # the answer is not lost with the disk
    assert ran.err.count("\n") == 1
    assert "No space left on device" in ran.err
    assert snapshot(tmp_path) == before
