"""Opening all files of a folder at one moment: what replaces the folder afterwards does not change what is read."""

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from robustmech.errors import InputError

_TRIES = 100
_WITHIN = os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd and os.listdir in os.supports_fd
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenFiles:
    """The files of one folder, all of which were in it together.

    Args:
        streams: the files that were asked for and are there, by name.
        present: the names of everything in the folder.
    """

    streams: Mapping[str, BinaryIO]
    present: frozenset[str]


@contextmanager
def opened(folder: Path, names: Collection[str]) -> Iterator[OpenFiles]:
    """The files with these names, as long as the context lasts.

    A writer exchanges a folder for another one and then empties the old: so the files are opened, from one handle of
    the folder where the system has that, until its name still leads to the same folder afterwards.

    Raises:
        InputError: if there is no such folder, or it or one of the files may not be read.
    """
    for _ in range(_TRIES):
        with ExitStack() as stack:
            found = _attempt(folder, names, stack)
            if found is not None:
                yield found
                return
    raise InputError(f"{folder}: replaced {_TRIES} times while it was opened; try again when nothing writes to it")


def _attempt(folder: Path, names: Collection[str], stack: ExitStack) -> OpenFiles | None:
    """All files, `None` if the folder was replaced in between."""
    handle = _handle(folder, stack)
    place = folder if handle is None else handle
    try:
        before, present = os.stat(place), frozenset(os.listdir(place))
        streams = {name: stream for name in sorted(names) if (stream := _stream(folder, handle, name, stack))}
    except OSError as error:
        where = folder / str(error.filename) if isinstance(error.filename, str) else folder
        reason = error.strerror or error
        raise InputError(
            f"{where}: could not be read ({reason}); change its permissions or those of the folder"
        ) from None
    try:
        after = os.stat(folder)
    except OSError:
        return None
    return OpenFiles(streams=streams, present=present) if os.path.samestat(before, after) else None


def _handle(folder: Path, stack: ExitStack) -> int | None:
    """A handle of the folder, `None` where the system opens files by their paths only.

    Raises:
        InputError: if it is no folder or may not be read.
    """
    try:
        if not stat.S_ISDIR(os.stat(folder).st_mode):
            raise NotADirectoryError
        handle = os.open(folder, _FLAGS) if _WITHIN else None
    except PermissionError as error:
        reason = error.strerror or error
        raise InputError(f"{folder}: could not be read ({reason}); change its permissions, or copy it") from None
    except (OSError, ValueError):  # none, or a name that is too long or that no folder can have
        raise InputError(f"{folder}: no such folder; give one that `robustmech solve --out` wrote") from None
    if handle is not None:
        stack.callback(os.close, handle)
    return handle


def _stream(folder: Path, handle: int | None, name: str, stack: ExitStack) -> BinaryIO | None:
    """A file of the folder; `None` if it is not there, or is no file.

    Raises:
        OSError: if it may not be read.
    """
    place = folder / name if handle is None else name
    try:
        if not stat.S_ISREG(os.stat(place, dir_fd=handle).st_mode):
            return None
        stream = os.fdopen(os.open(place, _FLAGS, dir_fd=handle), "rb")
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stack.enter_context(stream)
