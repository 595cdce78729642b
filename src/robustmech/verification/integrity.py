"""The files of a result folder, and the list of their digests that goes with them."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from robustmech.errors import InputError
from robustmech.verification.checks import Flaw
from robustmech.verification.opening import OpenFiles, opened

MANIFEST = "MANIFEST"
PROBLEM = "problem.json"
CERTIFICATE = "certificate.json"
MECHANISM = "mechanism.npz"
INFORMATION = "information.npz"
PICTURES = "pictures.png"
FILE_NAMES = frozenset({PROBLEM, CERTIFICATE, MECHANISM, INFORMATION, PICTURES})

LARGEST_TOTAL = 2**31
LARGEST_TEXT = 20 * 2**20
_LARGEST_MANIFEST = 2**16
_CHUNK = 2**20
_LINE = re.compile(rb"[0-9a-f]{64}  ([^\n]+)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """MANIFEST and the digests of the files that it names, taken once: what is read later must have them.

    Args:
        manifest: the bytes of MANIFEST.
        named: the names in it.
        present: the names of everything in the folder.
        digests: the SHA-256 of each file that is named and may be there.
        streams: those files.
    """

    manifest: bytes
    named: frozenset[str]
    present: frozenset[str]
    digests: Mapping[str, str]
    streams: Mapping[str, BinaryIO]

    def content(self, name: str, most: int = LARGEST_TEXT) -> bytes:
        """The bytes of one file, `most` at most.

        Raises:
            Flaw: if MANIFEST does not name it, or it could not be read, is longer, or is being changed.
        """
        self._require(name)
        stream = self.streams[name]
        stream.seek(0)
        data = stream.read(most + 1)
        if len(data) > most:
            raise Flaw(f"{name}: longer than the {most} bytes that it may need")
        if hashlib.sha256(data).hexdigest() != self.digests[name]:
            raise Flaw(f"{name}: changed while it was read")
        return data

    def digest(self, name: str) -> str:
        """The SHA-256 of one file.

        Raises:
            Flaw: if MANIFEST does not name it, or it could not be read.
        """
        self._require(name)
        return self.digests[name]

    def _require(self, name: str) -> None:
        if name not in self.named:
            raise Flaw(f"{name}: not named in {MANIFEST}")
        if name not in self.digests:
            raise Flaw(f"{name}: named in {MANIFEST}, but not a readable file")


def manifest_text(contents: Mapping[str, bytes]) -> str:
    """The text of MANIFEST: a line `sha256  name` for every file, sorted by name.

    Args:
        contents: the bytes of each file, by file name.
    """
    return _listed({name: hashlib.sha256(content).hexdigest() for name, content in contents.items()})


def _listed(digests: Mapping[str, str]) -> str:
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


@contextmanager
def open_folder(folder: Path) -> Iterator[OpenFiles]:
    """All files that a result folder may hold, opened at one moment.

    Raises:
        InputError: if this is no result folder at all, as it does not exist or has no MANIFEST, or may not be read.
    """
    with opened(folder, FILE_NAMES | {MANIFEST}) as files:
        if MANIFEST not in files.streams:
            raise InputError(f"{folder}: it has no {MANIFEST}; give a folder that `robustmech solve --out` wrote")
        yield files


def read_folder(files: OpenFiles) -> Folder:
    """Read MANIFEST, and take the digest of every file that it names and a result folder may hold.

    Raises:
        Flaw: if MANIFEST cannot be read or the files are too large to be read.
    """
    manifest = files.streams[MANIFEST].read(_LARGEST_MANIFEST + 1)
    if len(manifest) > _LARGEST_MANIFEST:
        raise Flaw(f"{MANIFEST}: longer than {_LARGEST_MANIFEST} bytes")
    named = frozenset(match.decode("utf-8", "replace") for match in _LINE.findall(manifest))
    streams = {name: files.streams[name] for name in sorted(named & FILE_NAMES & files.streams.keys())}
    total = sum(os.fstat(stream.fileno()).st_size for stream in streams.values())
    if total > LARGEST_TOTAL:
        raise Flaw(f"the files hold {total} bytes, more than the limit of {LARGEST_TOTAL}")
    return Folder(
        manifest=manifest,
        named=named,
        present=files.present,
        digests={name: _digest(stream) for name, stream in streams.items()},
        streams=streams,
    )


def _digest(stream: BinaryIO) -> str:
    """The SHA-256 of a file, read piece by piece."""
    found = hashlib.sha256()
    left = LARGEST_TOTAL
    while left > 0 and (piece := stream.read(min(_CHUNK, left))):
        found.update(piece)
        left -= len(piece)
    return found.hexdigest()


def check_manifest(folder: Folder) -> str:
    """MANIFEST, made again from the files that it names, is the same byte for byte, and there is nothing else."""
    strange = sorted(folder.named - FILE_NAMES)
    if strange:
        raise Flaw(f"{MANIFEST} names {strange[0]!r}, which a result folder does not hold")
    for name in sorted(folder.named):
        text = _listed({name: folder.digest(name)}).encode()
        if text not in folder.manifest:
            raise Flaw(f"{name}: its bytes are not those that {MANIFEST} lists")
    if _listed(folder.digests).encode() != folder.manifest:
        raise Flaw(f"{MANIFEST} is not the sorted list `sha256  name` of the files that it names")
    unlisted = sorted(folder.present - folder.named - {MANIFEST})
    if unlisted:
        raise Flaw(f"{unlisted[0]}: in the folder, but not named in {MANIFEST}; move it away")
    return f"{len(folder.digests)} files, as listed"


def check_names(folder: Folder, *, lower: bool, upper: bool) -> str:
    """MANIFEST names exactly the files that the certificate calls for; pictures are optional."""
    sides = {MECHANISM: lower, INFORMATION: upper}
    expected = {PROBLEM, CERTIFICATE} | {name for name, solved in sides.items() if solved}
    missing, surplus = sorted(expected - folder.named), sorted(folder.named - expected - {PICTURES})
    if missing:
        raise Flaw(f"{MANIFEST} does not name {missing[0]}, which the certificate calls for")
    if surplus:
        raise Flaw(f"{MANIFEST} names {surplus[0]}, which does not belong to this certificate")
    return ", ".join(sorted(folder.named))
