"""A result appears whole or not at all, and an earlier one survives whatever stops the writing of the next."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from artefacts.solved_problems import contents, solved, written
from robustmech import InputError
from robustmech.artefacts import read_result, replacing, write_result

EARLIER, LATER = "lower side only", "common value"
STEPS = (
    (os, "mkdir"),
    (os, "rename"),
    (os, "chmod"),
    (os, "fsync"),
    (replacing, "_write"),
    (replacing, "_exchanged"),
)


class Interruption:
    """Raises an error at one file operation, counted from zero: instead of it, or in the instant after it."""

    def __init__(self, step: int, error: BaseException, *, after: bool) -> None:
        self.step, self.error, self.after = step, error, after
        self.done: list[str] = []

    def watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any, **options: Any) -> Any:
            self.done.append(name)
            if len(self.done) != self.step + 1:
                return real(*arguments, **options)
            if self.after:
                real(*arguments, **options)
            raise self.error

        return operation

    def complaint(self, here: Path, *, earlier: bool) -> str | None:
        """What is wrong after a result was written, over an earlier one or not, with this interruption."""
        before = contents(written(here / "r", EARLIER)) if earlier else None
        with pytest.MonkeyPatch.context() as monkeypatch:
            for place, name in STEPS:
                monkeypatch.setattr(place, name, self.watched(name, getattr(place, name)))
            try:
                written(here / "r", LATER)
            except (InputError, KeyboardInterrupt):
                pass
            except OSError:
                return "the error is not the library's own"
        after = contents(here / "r") if (here / "r").exists() else None
        if after != before and (after is None or read_result(here / "r").upper is None):
            return "neither the earlier result nor the later one is there"
        unmade = self.after and self.done[-1] == "mkdir"  # then tempfile has told nobody the folder's name
        left = {entry.name for entry in here.iterdir()} - {"r"}
        return "something is left beside the result" if left and not unmade else None


@pytest.mark.parametrize("earlier", [False, True], ids=["new", "replacing"])
@pytest.mark.parametrize(
    ("error", "after"),
    [(OSError(28, "No space left on device"), False), (KeyboardInterrupt(), False), (KeyboardInterrupt(), True)],
    ids=["disk full", "interrupted before", "interrupted after"],
)
def test_whole_or_not_at_all_whatever_step_fails(
    tmp_path: Path, error: BaseException, after: bool, earlier: bool
) -> None:
    complaints = []
    for step in range(100):
        here = tmp_path / str(step)
        here.mkdir()
        interruption = Interruption(step, error, after=after)
        complaint = interruption.complaint(here, earlier=earlier)
        if len(interruption.done) <= step:
            break
        if complaint is not None:
            complaints.append(f"step {step}, {interruption.done[step]}: {complaint}")
    assert 8 <= step < 99
    assert complaints == []


def test_nothing_is_left_beside_a_result(tmp_path: Path) -> None:
    for case in (EARLIER, LATER, EARLIER):
        written(tmp_path / "r", case)
        assert [entry.name for entry in tmp_path.iterdir()] == ["r"]
    assert "information.npz" not in contents(tmp_path / "r")


def test_temporary_files_are_on_the_same_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renaming is one step only within a file system, so nothing may go through the system's temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert read_result(written(tmp_path / "r", LATER)).lower is not None


def test_folder_with_something_of_ones_own_is_refused_by_the_library_too(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", EARLIER)
    (folder / "notes.txt").write_text("mine")
    before = contents(folder)
    with pytest.raises(InputError, match=r"notes\.txt"):
        write_result(folder, solved(LATER), None)
    assert contents(folder) == before


def test_result_that_was_damaged_may_be_replaced(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", EARLIER)
    (folder / "problem.json").unlink()
    (folder / "mechanism.npz").write_bytes(b"")
    assert read_result(written(folder, LATER)).upper is not None


def test_others_may_read_what_the_mask_allows(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        folder = written(tmp_path / "r", LATER)
    finally:
        os.umask(mask)
    assert folder.stat().st_mode & 0o777 == 0o750
    assert {entry.stat().st_mode & 0o777 for entry in folder.iterdir()} == {0o640}
