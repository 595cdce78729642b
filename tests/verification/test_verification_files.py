"""Files that are not what the format says: a failed check of the right name, never an exception, never a pass."""

import io
import struct
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from artefact_folders import RECIPES, Artefact, make, npz, write

from robustmech.errors import InputError
from robustmech.verification import manifest_text, verify


@cache
def right() -> Artefact:
    return make(RECIPES["unequal weights"])


def failed(folder: Path) -> list[str]:
    result = verify(folder)
    assert result.passed == (not result.failures)
    assert all("could not be checked" not in failure.detail for failure in result.failures)
    return [failure.name for failure in result.failures]


LONG = "9" * 20_001
REPLACEMENTS = {  # file: (text, its replacement, the check that fails)
    "problem.json": [
        ('"robustmech/problem"', '"robustmech/other"'),
        ('"version": 1', '"version": 2'),
        ('"version": 1', '"version": true'),
        ('"version": 1', '"version": 1.0'),
        ('"version": 1,', ""),
        ('"version": 1', '"version": 1, "version": 1'),
        ('"version": 1', '"version": 1, "extra": 0'),
        ('"agents": 2', '"agents": 3'),
        ('"agents": 2', '"agents": 0'),
        ('"agents": 2', '"agents": 2.0'),
        ('"states": 3', '"states": 100000000000000'),
        ('"states": 3', '"states": 2'),
        ('"decisions": 2', '"decisions": 1'),
        ('"transfers": true', '"transfers": 1'),
        ('"transfers": true', '"transfers": NaN'),
        ('"transfers": true', '"transfers": 1e999'),
        ('"transfers": true', '"transfers": ' + "[" * 100_000),
        ('"transfers": true', '"transfers": ' + LONG),
        ('"bidder 0"', "7"),
        ('"agent": [0', '"agent": [2'),
        ('"agent": [0', '"agent": [-1'),
        ('"agent": [0', '"agent": [false'),
        ('"agent": [0', '"agent": [0, 0'),
        ('"state": [0, 0', '"state": [0, 1'),
        ('"group": [0', '"group": [1'),
        ('"cap": ["1"', '"cap": ["-1"'),
        ('"cap": ["1"', '"cap": [1.0'),
        ('"cap": ["1"', '"cap": [true'),
        ('"cap": ["1"', '"cap": [null'),
        *[('"cap": ["1"', f'"cap": ["{text}"') for text in (
            "1/0", "0x1", "1.0", "1e0", " 1", "1 ", "1/-1", "1/+1", "++1", "", "/", "1/", "1_0", "inf", "nan", "1\\n",
            "\u0661", LONG, f"1/{LONG}",
        )],
        (', "cap": ["1", "1"]', ""),
        ('"cap": ["1", "1"]', '"cap": ["1", "1", "1"]'),
        ('"required": [false]', '"required": [0]'),
        ('"required": [false]', '"required": [true, true]'),
        ('"required": [false], "cap": ["1", "1"]', '"required": [true], "cap": ["1/2", "1/3"]'),
        ('"penalty": null', '"penalty": ["0", "0"]'),
        ('"penalty": null', '"penalty": []'),
        ('"lower": [', '"lower": ["1", '),
        ('"lower": ["', '"lower": ["7'),
        ('"own_decisions": [[0]', '"own_decisions": [[2]'),
        ('"own_decisions": [[0]', '"own_decisions": [[0, 0]'),
        ("}", "", ),
        ("{", "\ufeff{"),
        ("bidder", "\udcff"),
    ],
    "certificate.json": [
        ('"robustmech/certificate"', '"robustmech/problem"'),
        ('"version": 2', '"version": 1'),
        ('"version": 2', '"version": 20'),
        ('"software": "robustmech 0.1.0"', '"software": null'),
        ('"value": ', '"value": -Infinity, "was": '),
        ('"value": ', '"value": -1'),
        ('"multipliers": ', '"status": "proved", "multipliers": '),
        ('"prior": [', '"prior": ["0", '),
        ('"prior": ', '"law": '),
        ('"kind": "grid"', '"kind": "nodes"'),
        ('"kind": "grid", ', ""),
        ('"names": ["grid 0"', '"names": [0'),
        ('"names": ["grid 0", ', '"names": ['),
        ('"names": ', '"title": '),
        ('"weights": [["3"', '"weights": [["0"'),
        ('"weights": [["3"', '"weights": [["-3"'),
        ('"weights": [["3"', '"weights": [["3/2"'),
        ('"weights": [["3"', '"weights": [[3.0'),
        ('"weights": [["3", "5", "2"], ', '"weights": [[], '),
        ('"weights": [["3", "5", "2"], ', '"weights": ['),
        ('"multipliers": [', '"multipliers": ["0", '),
        ('"mixture": "1/7"', '"mixture": 0.25'),
        ('"correction": ["1/6", ', '"correction": ['),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new"), [(file, *pair) for file, pairs in REPLACEMENTS.items() for pair in pairs]
)
def test_malformed_json_fails(file: str, old: str, new: str, tmp_path: Path) -> None:
    contents = right().contents()
    text = contents[file].decode()
    assert old in text
    contents[file] = text.replace(old, new, 1).encode("utf-8", "surrogateescape")
    assert failed(write(tmp_path, contents)) in (["problem"], ["certificate"])


@pytest.mark.parametrize("value", ["1.5", "-1e3", "NaN", "[]", '"\\ud800"'])
def test_json_that_is_not_an_object_fails(value: str, tmp_path: Path) -> None:
    contents = right().contents() | {"problem.json": value.encode()}
    assert failed(write(tmp_path, contents)) == ["problem"]


@pytest.mark.parametrize("side", ["lower", "upper"])
@pytest.mark.parametrize("value", [-100, "-100.0", True, None, [], {}])
def test_claim_that_is_not_a_double_fails(side: str, value: object, tmp_path: Path) -> None:
    artefact = right().copy()
    artefact.certificate[side]["value"] = value
    assert failed(artefact.write(tmp_path)) == ["certificate"]


@pytest.mark.parametrize("side", ["lower", "upper"])
@pytest.mark.parametrize("value", [[], 0, "null", False])
def test_side_that_is_not_an_object_fails(side: str, value: object, tmp_path: Path) -> None:
    artefact = right().copy()
    artefact.certificate[side] = value
    assert failed(artefact.write(tmp_path)) == ["certificate"]


def test_claiming_nothing_fails(tmp_path: Path) -> None:
    artefact = right().copy()
    artefact.certificate |= {"lower": None, "upper": None}
    artefact.mechanism = artefact.information = None
    assert failed(artefact.write(tmp_path)) == ["certificate"]


def test_names_of_grids_are_optional(tmp_path: Path) -> None:
    artefact = right().copy()
    del artefact.certificate["lower"]["discretisation"]["names"]
    assert failed(artefact.write(tmp_path)) == []


def test_long_numbers_within_the_limit_are_read(tmp_path: Path) -> None:
    artefact = right().copy()
    caps = artefact.problem["decision_set"]["cap"]
    caps[0] = "1" + "0" * 9_000 + "/1" + "0" * 9_000
    caps[1] = 1
    assert failed(artefact.write(tmp_path)) == []


ARRAYS: list[tuple[str, str, Any]] = [
    ("mechanism", "decisions", None),
    ("mechanism", "decisions", np.zeros((3, 2, 2), dtype=np.int32)),
    ("mechanism", "decisions", np.zeros((3, 2, 2))),
    ("mechanism", "decisions", np.zeros((3, 2, 2), dtype=">i8")),
    ("mechanism", "decisions", np.zeros((2, 3, 2), dtype=np.int64)),
    ("mechanism", "decisions", np.zeros((3, 2), dtype=np.int64)),
    ("mechanism", "decisions", np.asfortranarray(np.zeros((3, 2, 2), dtype=np.int64))),
    ("mechanism", "decisions", np.full((3, 2, 2), None)),
    ("mechanism", "decisions", np.zeros((3, 2, 2), dtype=[("a", "<i8")])),
    ("mechanism", "denominator", np.int64(0)),
    ("mechanism", "denominator", np.int64(-60)),
    ("mechanism", "denominator", np.array([60, 60])),
    ("mechanism", "denominator", np.array([], dtype=np.int64)),
    ("mechanism", "denominator", np.float64(60)),
    ("mechanism", "denominator", None),
    ("mechanism", "transfers", None),
    ("mechanism", "transfers", np.full((2, 3, 2), np.nan)),
    ("mechanism", "aggregate_excess_growth", np.full((3, 2), np.inf)),
    ("mechanism", "aggregate_excess_growth", np.zeros((3, 2), dtype=np.float32)),
    ("mechanism", "surprise", np.zeros(3)),
    ("information", "law", np.zeros((2, 3, 4), dtype=np.int64)),
    ("information", "law", np.zeros((2, 3, 3), dtype=np.uint64)),
    ("information", "denominator", np.int64(-24)),
    ("information", "joint", None),
    ("information", "joint", np.full((2, 3, 3), np.nan)),
    ("information", "interim_values", np.full((2, 1, 2, 3), np.nan)),
    ("information", "interim_values", np.ones((3, 1, 2, 3))),
    ("information", "interim_values", np.ones((2, 2, 2, 3))),
]


@pytest.mark.parametrize(("file", "name", "value"), ARRAYS)
def test_wrong_array_fails(file: str, name: str, value: Any, tmp_path: Path) -> None:
    artefact = right().copy()
    arrays = artefact.mechanism if file == "mechanism" else artefact.information
    assert arrays is not None
    arrays.pop(name, None)
    if value is not None:
        arrays[name] = value
    side = "lower" if file == "mechanism" else "upper"
    assert failed(artefact.write(tmp_path)) == [f"{side}: {file}"]


def test_single_number_may_be_a_list_of_one(tmp_path: Path) -> None:
    artefact = right().copy()
    assert artefact.mechanism is not None
    artefact.mechanism["denominator"] = np.array([60])
    assert failed(artefact.write(tmp_path)) == []


def archive(header: str, *, name: str = "decisions.npy", data: bytes = b"") -> bytes:
    """An archive with one member, with this text as the array's header."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        target.writestr(name, b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)
        target.writestr("denominator.npy", _member(np.int64(1)))
        target.writestr("transfers.npy", _member(np.zeros((2, 3, 2))))
        target.writestr("aggregate_excess_growth.npy", _member(np.zeros((3, 2))))
    return stream.getvalue()


def _member(value: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, value)
    return stream.getvalue()


def bomb() -> bytes:
    """A right archive whose directory says that a member unpacks to 4 GiB, four times over."""
    names = ("decisions", "denominator", "transfers", "aggregate_excess_growth")
    data = npz({name: np.int64(1) for name in names})
    parts = data.split(b"PK\x01\x02")
    huge = [part[:20] + struct.pack("<I", 0xFFFFFFF0) + part[24:] for part in parts[1:]]
    return b"PK\x01\x02".join([parts[0], *huge])


HEADER = "{'descr': '<i8', 'fortran_order': False, 'shape': (3, 2, 2), }"
ARCHIVES = {
    "empty": b"",
    "text": b"not an archive",
    "a plain array": _member(np.zeros(3)),
    "an empty archive": npz({}),
    "a right header, no data": archive(HEADER),
    "too much data": archive(HEADER, data=bytes(104)),
    "a huge shape": archive(HEADER.replace("3, 2, 2", "1000000000000, 2, 2")),
    "a negative axis": archive(HEADER.replace("3, 2, 2", "-3, -2, 2"), data=bytes(96)),
    "an axis that is a truth": archive(HEADER.replace("3, 2, 2", "3, 2, True"), data=bytes(96)),
    "a shape that is a list": archive(HEADER.replace("(3, 2, 2)", "[3, 2, 2]"), data=bytes(96)),
    "a kind that is a list": archive(HEADER.replace("'<i8'", "[('a', '<i8')]"), data=bytes(96)),
    "code for a header": archive("__import__('os').abort()"),
    "a nested header": archive("(" * 9_000),
    "a header with another key": archive(HEADER.replace("}", "'x': 1}"), data=bytes(96)),
    "a long header": archive(HEADER + " " * 20_000, data=bytes(96)),
    "not an array": archive(HEADER, name="decisions.txt", data=bytes(96)),
    "another name": archive(HEADER, name="../decisions.npy", data=bytes(96)),
    "a bomb": bomb(),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_damaged_archive_fails(name: str, tmp_path: Path) -> None:
    contents = right().contents() | {"mechanism.npz": ARCHIVES[name]}
    assert failed(write(tmp_path, contents)) == ["lower: mechanism"]


def test_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    result = verify(write(tmp_path, right().contents() | {"mechanism.npz": ARCHIVES["a bomb"]}))
    assert "would unpack to more than the" in result.failures[0].detail


def test_archive_cut_short_fails(tmp_path: Path) -> None:
    contents = right().contents()
    data = contents["information.npz"]
    for length in range(0, len(data), 61):
        assert failed(write(tmp_path, contents | {"information.npz": data[:length]})) == ["upper: information"]


def test_not_a_result_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        verify(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no MANIFEST"):
        verify(tmp_path)


def test_pictures_are_optional(tmp_path: Path) -> None:
    write(tmp_path, right().contents() | {"pictures.png": b"a picture"})
    assert failed(tmp_path) == []
    (tmp_path / "pictures.png").write_bytes(b"another picture")
    assert failed(tmp_path) == ["manifest"]


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "mechanism.npz.old"])
def test_what_no_list_names_fails(name: str, tmp_path: Path) -> None:
    write(tmp_path, right().contents())
    (tmp_path / name).write_text("a person's notes")
    (failure,) = verify(tmp_path).failures
    assert failure.name == "manifest"
    assert name in failure.detail
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    assert failed(tmp_path) == ["manifest"]


@pytest.mark.parametrize("name", ["problem.json", "certificate.json", "mechanism.npz", "information.npz"])
def test_missing_file_fails(name: str, tmp_path: Path) -> None:
    write(tmp_path, right().contents())
    (tmp_path / name).unlink()
    assert "manifest" in failed(tmp_path)
    (tmp_path / name).mkdir()
    assert "manifest" in failed(tmp_path)


@pytest.mark.parametrize("name", ["problem.json", "certificate.json", "mechanism.npz", "information.npz"])
def test_file_that_the_manifest_leaves_out_fails(name: str, tmp_path: Path) -> None:
    contents = right().contents()
    write(tmp_path, contents)
    del contents[name]
    (tmp_path / "MANIFEST").write_text(manifest_text(contents))
    assert not verify(tmp_path).passed


@pytest.mark.parametrize("side", ["lower", "upper"])
def test_file_of_a_side_that_was_not_solved_fails(side: str, tmp_path: Path) -> None:
    artefact = right().copy()
    artefact.certificate[side] = None
    assert failed(artefact.write(tmp_path)) == ["names"]


def test_manifest_is_compared_byte_for_byte(tmp_path: Path) -> None:
    text = write(tmp_path, right().contents()) / "MANIFEST"
    original = text.read_text()
    lines = original.splitlines(keepends=True)
    (tmp_path / "extra.txt").write_text("extra")
    (tmp_path.parent / "outside.txt").write_text("outside")
    for other in (
        "".join(reversed(lines)),
        original + lines[0],
        original + "\n",
        original.rstrip("\n"),
        original.replace("\n", "\r\n"),
        original.upper(),
        "",
        original + manifest_text({"extra.txt": b"extra"}),
        original + manifest_text({"../outside.txt": b"outside"}),
        original + "0" * 100_000,
    ):
        text.write_bytes(other.encode())
        assert not verify(tmp_path).passed
    text.write_text(original)
    (tmp_path / "extra.txt").unlink()
    assert verify(tmp_path).passed


def test_manifest_text_is_sorted() -> None:
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert manifest_text({"b": b"", "a": b""}) == f"{digest}  a\n{digest}  b\n"
