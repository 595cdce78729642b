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

LARGEST_TOTAL = 8 * 2**30
_LARGEST_MANIFEST = 2**16
_LINE = re.compile(rb"[0-9a-f]{64}  ([^\n]+)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The bytes of MANIFEST and of the files that it names, read once: nothing changes between checks.

    Args:
        manifest: the bytes of MANIFEST.
        named: the names in it.
        present: the names of everything in the folder.
        contents: the bytes of each file that is named and may be there.
    """

    manifest: bytes
    named: frozenset[str]
    present: frozenset[str]
    contents: Mapping[str, bytes]

    def content(self, name: str) -> bytes:
        """The bytes of one file.

        Raises:
            Flaw: if MANIFEST does not name it, or it could not be read.
        """
        if name not in self.named:
            raise Flaw(f"{name}: not named in {MANIFEST}")
        if name not in self.contents:
            raise Flaw(f"{name}: named in {MANIFEST}, but not a readable file")
        return self.contents[name]


def manifest_text(contents: Mapping[str, bytes]) -> str:
    """The text of MANIFEST: a line `sha256  name` for every file, sorted by name.

    Args:
        contents: the bytes of each file, by file name.
    """
    return "".join(f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents))


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
    """Read MANIFEST and every file that it names and a result folder may hold.

    Raises:
        Flaw: if MANIFEST cannot be read or the files are too large to be read.
    """
    if (folder / MANIFEST).stat().st_size > _LARGEST_MANIFEST:
        raise Flaw(f"{MANIFEST}: longer than {_LARGEST_MANIFEST} bytes")
    manifest = (folder / MANIFEST).read_bytes()
    named = frozenset(match.decode("utf-8", "replace") for match in _LINE.findall(manifest))
    present = sorted(name for name in named & FILE_NAMES if (folder / name).is_file())
    total = sum((folder / name).stat().st_size for name in present)
    if total > LARGEST_TOTAL:
        raise Flaw(f"the files hold {total} bytes, more than the limit of {LARGEST_TOTAL}")
    return Folder(
        manifest=manifest,
        named=named,
        present=frozenset(entry.name for entry in folder.iterdir()),
        contents={name: (folder / name).read_bytes() for name in present},
    )


def check_manifest(folder: Folder) -> str:
    """MANIFEST, made again from the files that it names, is the same byte for byte, and there is nothing else."""
    strange = sorted(folder.named - FILE_NAMES)
    if strange:
        raise Flaw(f"{MANIFEST} names {strange[0]!r}, which a result folder does not hold")
    for name in sorted(folder.named):
        text = manifest_text({name: folder.content(name)}).encode()
        if text not in folder.manifest:
            raise Flaw(f"{name}: its bytes are not those that {MANIFEST} lists")
    if manifest_text(folder.contents).encode() != folder.manifest:
        raise Flaw(f"{MANIFEST} is not the sorted list `sha256  name` of the files that it names")
    unlisted = sorted(folder.present - folder.named - {MANIFEST})
    if unlisted:
        raise Flaw(f"{unlisted[0]}: in the folder, but not named in {MANIFEST}; move it away")
    return f"{len(folder.contents)} files, as listed"


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
