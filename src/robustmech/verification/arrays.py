"""Reading `.npz` files that may be damaged or hostile: no pickle, and sizes known before unpacking."""

import ast
import io
import lzma
import math
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt

from robustmech.verification.checks import Flaw
from robustmech.verification.integrity import Folder

LARGEST_UNPACKED = 2**31
_LONGEST_HEADER = 10_000
_ARCHIVE = 2**16


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an array must be.

    Args:
        kind: whole numbers (int64) or doubles (float64, all of them finite), little-endian.
        shape: the length of each axis; a single number may also be a list of one.
        optional: whether the array may be absent.
    """

    kind: Literal["<i8", "<f8"]
    shape: tuple[int, ...]
    optional: bool = False

    @property
    def size(self) -> int:
        """The most bytes that its file has, unpacked."""
        return 8 * math.prod(self.shape) + _LONGEST_HEADER


def read_arrays(files: Folder, name: str, expected: Mapping[str, Expected]) -> dict[str, npt.NDArray[Any]]:
    """The arrays in an `.npz` file, which are those expected and no others.

    What is expected says how large the file may be, so that nothing larger is read or unpacked.

    Raises:
        Flaw: naming the array, if the file is damaged or an array is missing, unknown, or not as expected.
    """
    most = sum(wanted.size for wanted in expected.values())
    if most > LARGEST_UNPACKED:
        raise Flaw(f"{name}: would unpack to {most} bytes, more than the limit of {LARGEST_UNPACKED}")
    data = files.content(name, most + most // 100 + _ARCHIVE)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = [member.filename.removesuffix(".npy") for member in members]
            arrays_only = all(member.filename.endswith(".npy") for member in members)
            if not arrays_only or len(set(names)) != len(names):
                raise Flaw(f"{name}: holds something other than arrays with distinct names")
            _compare_names(names, name, expected)
            return {
                array: _read_array(archive, member, f"{name}: {array}", expected[array])
                for array, member in zip(names, members, strict=True)
            }
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Flaw(f"{name}: damaged ({type(error).__name__}: {error})") from None


def _compare_names(names: list[str], where: str, expected: Mapping[str, Expected]) -> None:
    for array, wanted in expected.items():
        if array not in names and not wanted.optional:
            raise Flaw(f"{where}: the array {array!r} is missing")
    for array in names:
        if array not in expected:
            raise Flaw(f"{where}: the array {array[:40]!r} does not belong here")


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, expected: Expected) -> npt.NDArray[Any]:
    if member.file_size > expected.size:
        raise Flaw(f"{where}: would unpack to more than the {expected.size} bytes that it may need")
    with archive.open(member) as stream:
        kind, shape, offset = _read_header(stream, where)
        if kind != expected.kind:
            raise Flaw(f"{where}: expected {expected.kind} numbers, in C order, without pickle")
        if not expected.shape and shape == (1,):
            shape = ()
        if shape != expected.shape:
            raise Flaw(f"{where}: expected the shape {expected.shape}, found {shape}")
        if offset + 8 * math.prod(shape) != member.file_size:
            raise Flaw(f"{where}: its length is not that of an array of shape {shape}")
        array = np.frombuffer(stream.read(), dtype=np.dtype(kind)).reshape(shape)
    if kind == "<f8" and not np.all(np.isfinite(array)):
        raise Flaw(f"{where}: holds a number that is not finite")
    return array


def _read_header(stream: IO[bytes], where: str) -> tuple[str, tuple[int, ...], int]:
    """The kind (empty for anything but C-ordered numbers), the shape, and where the numbers start."""
    start = stream.read(8)
    width = {b"\x01\x00": 2, b"\x02\x00": 4}.get(start[6:])
    if start[:6] != b"\x93NUMPY" or width is None:
        raise Flaw(f"{where}: not an array file of a known version")
    length = int.from_bytes(stream.read(width), "little")
    if length > _LONGEST_HEADER:
        raise Flaw(f"{where}: its header is too long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            header = ast.literal_eval(stream.read(length).decode("latin-1").strip())
        kind, shape = header["descr"], header["shape"]
        contiguous = header["fortran_order"] is False
        valid = set(header) == {"descr", "fortran_order", "shape"} and isinstance(shape, tuple)
    except (SyntaxError, ValueError, TypeError, KeyError, RecursionError, MemoryError, Warning):
        raise Flaw(f"{where}: its header cannot be read") from None
    if not valid or any(type(axis) is not int or axis < 0 for axis in shape):
        raise Flaw(f"{where}: its header cannot be read")
    return kind if isinstance(kind, str) and contiguous else "", shape, 8 + width + length
