"""Writing auction files, pictures and results: whole or not at all, and never over something else."""

import json
import os
import tempfile
from pathlib import Path

from robustmech.auctions.auction_file import SCHEMA, AuctionFile
from robustmech.errors import InputError
from robustmech.problems.reading import one_line

PICTURE_MARK = "robustmech design"
"""What the pictures of auction files carry in their metadata, so that they may be replaced."""


def write_auction(path: Path | str, auction: AuctionFile) -> None:
    """Write an auction file whole or not at all, replacing an auction file of the same name but nothing else.

    Raises:
        InputError: if the place cannot be written to, or holds something else.
    """
    require_replaceable(path)
    write_whole(path, auction_text(auction).encode())


def auction_text(auction: AuctionFile) -> str:
    """The file's text: the content and its digest."""
    return json.dumps({**auction.content, "digest": auction.digest}, indent=2, ensure_ascii=False) + "\n"


def require_replaceable(path: Path | str) -> None:
    """Refuse a path that holds anything but an auction file, or cannot be written to."""
    path = Path(path)
    _require_place(path)
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            found = None
        if not (isinstance(found, dict) and found.get("schema") == SCHEMA):
            raise InputError(f"{_named(path)}: exists and is not an auction file; choose another name")


def require_replaceable_picture(path: Path | str) -> None:
    """Refuse a path that does not end in .png, holds anything but our picture, or cannot be written to."""
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f"--picture is {_named(path)}: give a name that ends in .png")
    _require_place(path)
    if path.exists():
        try:
            with path.open("rb") as stream:
                ours = PICTURE_MARK.encode() in stream.read(1000)
        except OSError:
            ours = False
        if not ours:
            raise InputError(f"{_named(path)}: exists and is not an auction's picture; choose another name")


def require_new(path: Path | str) -> None:
    """Refuse a path that holds anything at all, or cannot be written to."""
    path = Path(path)
    if path.exists() or path.is_symlink():
        raise InputError(f"{_named(path)}: exists; results are never overwritten, choose another name")
    _require_place(path)


def write_whole(path: Path | str, content: bytes) -> None:
    """Write a file so that it appears whole or not at all.

    Raises:
        InputError: if it cannot be written.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}-", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{_named(path)}: could not be written ({error.strerror or error})") from None


def _require_place(path: Path) -> None:
    try:
        folder = path.absolute().parent
        if path.is_dir():
            raise InputError(f"{_named(path)}: is a folder; name a file")
        if path.exists() and not path.is_file():
            raise InputError(f"{_named(path)}: is not a plain file; choose another name")
        if not folder.is_dir():
            raise InputError(f"{_named(path)}: the folder {_named(folder)} does not exist; make it first")
        if not os.access(folder, os.W_OK):
            raise InputError(f"{_named(path)}: the folder {_named(folder)} cannot be written to")
    except OSError as error:
        raise InputError(f"{_named(path)}: cannot be used ({error.strerror or error})") from None


def _named(path: Path) -> str:
    return one_line(str(path))
