"""Folders that are replaced while they are read, and folders that may not be read."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from artefact_folders import RECIPES, Artefact, make, write

from robustmech.errors import InputError
from robustmech.verification import folder as folder_module
from robustmech.verification import opening, verify
from robustmech.verification.folder import read_verified

ONE, OTHER = "unequal weights", "three agents"


@cache
def made(name: str) -> Artefact:
    return make(RECIPES[name])


class Replacer:
    """Exchanges a folder for one with another result, and empties what was there, as a writer does."""

    def __init__(self, here: Path) -> None:
        self.folder, self.here, self.times = here / "r", here, 0
        write(self.folder, made(ONE).contents())

    def replace(self) -> None:
        self.times += 1
        fresh, old = (self.here / f"{name} {self.times}" for name in ("fresh", "old"))
        write(fresh, made((ONE, OTHER)[self.times % 2]).contents())
        self.folder.rename(old)
        fresh.rename(self.folder)
        for entry in old.iterdir():
            entry.unlink()
        old.rmdir()

    def before(self, real: Callable[..., Any], place: int, last: int) -> Callable[..., Any]:
        """A function that replaces the folder before its calls from one to another one."""
        calls = iter(range(10**6))

        def operation(*arguments: Any, **options: Any) -> Any:
            if place <= next(calls) <= last:
                self.replace()
            return real(*arguments, **options)

        return operation


@pytest.mark.parametrize("reader", ["read_folder", "parse_problem", "check_lower", "check_upper"])
def test_folder_replaced_while_it_is_checked(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was opened is checked, whole: the new one has another number of agents."""
    replacer = Replacer(tmp_path)
    right = verify(replacer.folder)
    monkeypatch.setattr(folder_module, reader, replacer.before(getattr(folder_module, reader), 0, 0))
    found, contents = read_verified(replacer.folder)
    assert replacer.times == 1
    assert found == right
    expected = made(ONE).contents()
    assert contents == expected
    assert verify(replacer.folder).lower != right.lower


@pytest.mark.parametrize("within", [True, False], ids=["by handle", "by path"])
@pytest.mark.parametrize("place", range(6))
def test_folder_replaced_while_it_is_opened(
    place: int, within: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is opened again, whatever call the replacement falls before."""
    replacer = Replacer(tmp_path)
    monkeypatch.setattr(opening, "_WITHIN", within and opening._WITHIN)
    monkeypatch.setattr(opening, "_stream", replacer.before(opening._stream, place, place))
    result = verify(replacer.folder)
    assert result.passed
    assert replacer.times == 1
    assert result == verify(replacer.folder)


def test_folder_replaced_without_end_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replacer = Replacer(tmp_path)
    monkeypatch.setattr(opening, "_TRIES", 5)
    monkeypatch.setattr(opening, "_stream", replacer.before(opening._stream, 0, 10**6))
    with pytest.raises(InputError, match=r"r: replaced 5 times while it was opened; try again"):
        verify(replacer.folder)


@pytest.mark.parametrize("name", ["MANIFEST", "problem.json", "mechanism.npz"])
@pytest.mark.parametrize("operation", ["stat", "open"])
def test_file_that_may_not_be_read_is_an_input_error(
    operation: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that may be listed and not searched fails at stat; a file without permission at open."""
    write(tmp_path / "r", made(ONE).contents())
    real = getattr(os, operation)

    def refused(path: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(path, str | Path) and Path(path).name == name:
            raise PermissionError(13, "Permission denied", path)
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, operation, refused)
    with pytest.raises(InputError, match=rf"r/{name}: could not be read \(Permission denied\); change"):
        verify(tmp_path / "r")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
@pytest.mark.parametrize("mode", [0o644, 0o311, 0o000])
def test_folder_that_may_not_be_read_is_an_input_error(mode: int, tmp_path: Path) -> None:
    folder = write(tmp_path / "r", made(ONE).contents())
    folder.chmod(mode)
    try:
        with pytest.raises(InputError, match=r"could not be read \(Permission denied\)"):
            verify(folder)
    finally:
        folder.chmod(0o755)
