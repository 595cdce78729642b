"""A changed byte anywhere in any file is found; with a new manifest, it is never an exception."""

from functools import cache
from pathlib import Path

import pytest
from artefact_folders import RECIPES, make, write

from robustmech.verification import verify

FILES = ["MANIFEST", "problem.json", "certificate.json", "mechanism.npz", "information.npz", "pictures.png"]


@cache
def contents() -> dict[str, bytes]:
    return make(RECIPES["one agent, two actions"]).contents() | {"pictures.png": b"\x89PNG"}


def changed(data: bytes, place: int, bits: int) -> bytes:
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


@pytest.mark.parametrize("name", FILES)
def test_changed_byte_is_found(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, contents()) / name
    data = path.read_bytes()
    assert verify(tmp_path).passed
    for place in range(0, len(data), 2 if name.endswith(".npz") else 1):
        path.write_bytes(changed(data, place, 1 << place % 8))
        assert not verify(tmp_path).passed, place
    for shorter_or_longer in (data[:-1], data + b"\n", b""):
        path.write_bytes(shorter_or_longer)
        assert not verify(tmp_path).passed


@pytest.mark.parametrize("name", FILES[1:5])
def test_changed_byte_with_a_new_manifest_is_judged_on_its_merits(name: str, tmp_path: Path) -> None:
    data = contents()[name]
    for place in range(0, len(data), 5):
        result = verify(write(tmp_path, contents() | {name: changed(data, place, 1 << place % 8)}))
        assert all("could not be checked" not in failure.detail for failure in result.failures)
        if result.passed:
            assert result.lower is not None
            assert result.claimed_lower is not None
            assert result.claimed_lower <= result.lower
