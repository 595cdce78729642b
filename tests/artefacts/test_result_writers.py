"""Several writers of one folder: each of them writes a whole result, whatever the others do in between."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from artefacts.solved_problems import contents, written
from robustmech.artefacts import replacing

NAMES = ["one", "two"]


def before_first_call(real: Callable[..., Any], intrusion: Callable[[], object]) -> Callable[..., Any]:
    """The same function, with something done just before it is called the first time."""
    left = [intrusion]

    def operation(*arguments: Any, **options: Any) -> Any:
        if left:
            left.pop()()
        return real(*arguments, **options)

    return operation


def write(folder: Path, text: bytes) -> None:
    replacing.replace_folder(folder, dict.fromkeys(NAMES, text), NAMES)


def test_folder_swept_before_it_is_locked_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "r"
    made: list[str] = []
    real = tempfile.mkdtemp

    def swept_once(*arguments: Any, **options: Any) -> str:
        made.append(real(*arguments, **options))
        if len(made) == 1:
            replacing.recover(folder, NAMES)  # what another writer does first
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept_once)
    write(folder, b"new")
    assert len(made) == 2
    assert contents(folder) == dict.fromkeys(NAMES, b"new")
    assert list(tmp_path.iterdir()) == [folder]


def test_two_first_writers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds the name free, and taken a moment later: it replaces what is there."""
    folder = tmp_path / "r"
    monkeypatch.setattr(os, "rename", before_first_call(os.rename, lambda: write(folder, b"first")))
    write(folder, b"second")
    assert contents(folder) == dict.fromkeys(NAMES, b"second")
    assert list(tmp_path.iterdir()) == [folder]


def test_result_replaced_by_a_smaller_one_while_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was there a moment ago, and belongs to a result, is nobody's own."""
    folder = written(tmp_path / "r", "common value")
    monkeypatch.setattr(Path, "lstat", before_first_call(Path.lstat, lambda: written(folder, "lower side only")))
    written(folder, "common value")
    assert "information.npz" in contents(folder)
