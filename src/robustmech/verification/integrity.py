"""The files of a result folder, and the list of their digests that goes with them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from robustmech.errors import InputError
from robustmech.verification.checks import Flaw

MANIFEST = "MANIFEST"
PROBLEM = "problem.json"
CERTIFICATE = "certificate.json"
MECHANISM = "mechanism.npz"
INFORMATION = "information.npz"
PICTURES = "pictures.png"
FILE_NAMES = frozenset({PROBLEM, CERTIFICATE, MECHANISM, INFORMATION, PICTURES})

LARGEST_TOTAL = 2**31
LARGEST_TEXT = 2**26
_LARGEST_MANIFEST = 2**16
_CHUNK = 2**20
_LINE = re.compile(rb"[0-9a-f]{64}  ([^\n]+)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """MANIFEST and the digests of the files that it names, taken once: what is read later must have them.

    Args:
        path: the folder.
        manifest: the bytes of MANIFEST.
        named: the names in it.
        present: the names of everything in the folder.
        digests: the SHA-256 of each file that is named and may be there.
    """

    path: Path
    manifest: bytes
    named: frozenset[str]
    present: frozenset[str]
    digests: Mapping[str, str]

    def content(self, name: str, most: int = LARGEST_TEXT) -> bytes:
        """The bytes of one file, `most` at most.

        Raises:
            Flaw: if MANIFEST does not name it, or it could not be read, is longer, or is being changed.
        """
        self._require(name)
        with (self.path / name).open("rb") as stream:
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


def open_folder(folder: Path) -> None:
    """Check that this is a result folder at all.

    Raises:
        InputError: if the folder does not exist or has no MANIFEST.
    """
    try:
        there = folder.is_dir()
    except OSError:  # a name that is too long
        there = False
    if not there:
        raise InputError(f"{folder}: no such folder; give one that `robustmech solve --out` wrote")
    if not (folder / MANIFEST).is_file():
        raise InputError(f"{folder}: it has no {MANIFEST}; give a folder that `robustmech solve --out` wrote")


def read_folder(folder: Path) -> Folder:
    """Read MANIFEST, and take the digest of every file that it names and a result folder may hold.

    Raises:
        Flaw: if MANIFEST cannot be read or the files are too large to be read.
    """
    with (folder / MANIFEST).open("rb") as stream:
        manifest = stream.read(_LARGEST_MANIFEST + 1)
    if len(manifest) > _LARGEST_MANIFEST:
        raise Flaw(f"{MANIFEST}: longer than {_LARGEST_MANIFEST} bytes")
    named = frozenset(match.decode("utf-8", "replace") for match in _LINE.findall(manifest))
    present = sorted(name for name in named & FILE_NAMES if (folder / name).is_file())
    total = sum((folder / name).stat().st_size for name in present)
    if total > LARGEST_TOTAL:
        raise Flaw(f"the files hold {total} bytes, more than the limit of {LARGEST_TOTAL}")
    return Folder(
        path=folder,
        manifest=manifest,
        named=named,
        present=frozenset(entry.name for entry in folder.iterdir()),
        digests={name: _digest(folder / name) for name in present},
    )


def _digest(path: Path) -> str:
    """The SHA-256 of a file, read piece by piece."""
    found = hashlib.sha256()
    left = LARGEST_TOTAL
    with path.open("rb") as stream:
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
