"""A folder of files that is at its name whole, old or new, at every moment, whenever the writer is killed.

Files are written into a folder beside, made durable, and exchanged with the old folder in one step of the system's
(`renameat2` on Linux, `renamex_np` on macOS). Where it has none, the old folder steps aside for a moment, and is put
back by the next writer if this one is killed in it. Folders beside that killed writers left behind are removed by the
next writer: whoever writes holds a lock on its own, which ends with its process.
"""

import contextlib
import ctypes
import errno
import os
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows, where nothing is swept
    fcntl = None  # type: ignore[assignment]

_MARK = ".robustmech-"
_ASIDE = "old"
_EXCHANGE, _HERE = 2, -100
_UNABLE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EXDEV}


def replace_folder(folder: Path, contents: Mapping[str, bytes], ours: Collection[str]) -> None:
    """Put files at a folder's name, in the place of what an earlier call put there.

    Args:
        folder: absolute; its parent exists.
        contents: the bytes of each file, by name.
        ours: the names that such a folder may hold; nothing else is ever deleted.
    Raises:
        OSError: if it could not be written; then the old folder is as it was.
    """
    recover(folder, ours)
    with _beside(folder, ours) as fresh:
        for name, content in contents.items():
            _write(fresh / name, content)
        fresh.chmod(0o777 & ~_mask())
        _settle(fresh)
        if not _taken_first(fresh, folder) and not _exchanged(fresh, folder):
            _step_aside(fresh, folder, ours)
        _settle(folder.parent)


def recover(folder: Path, ours: Collection[str]) -> None:
    """Put back an old folder whose writer was killed while it stood aside; remove what killed writers left."""
    aside = folder.with_name(f".{folder.name}{_MARK}{_ASIDE}")
    if aside.is_dir() and not aside.is_symlink():
        if folder.exists():
            _remove(aside, ours)
        else:
            aside.rename(folder)
    if fcntl is None:
        return
    for left in folder.parent.glob(f".{_literal(folder.name)}{_MARK}*"):
        if left == aside or left.is_symlink() or not left.is_dir():
            continue
        with contextlib.suppress(OSError), _locked(left, wait=False):
            _remove(left, ours)


@contextlib.contextmanager
def _beside(folder: Path, ours: Collection[str]) -> Iterator[Path]:
    """A new folder next to another one, locked as long as it is used and removed afterwards, whatever is in it."""
    while True:
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}{_MARK}", dir=folder.parent))
        try:
            with contextlib.ExitStack() as stack:
                if fcntl is not None:
                    try:
                        stack.enter_context(_locked(fresh, wait=True))
                    except FileNotFoundError:  # another writer swept it before we had it open: another one then
                        continue
                if fresh.is_dir():  # or it was swept while we waited for the lock
                    yield fresh
                    return
        finally:
            _remove(fresh, ours)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[None]:
    """A lock on a folder, which the system takes back when the process ends.

    Raises:
        OSError: if it is gone, or somebody else's and we do not wait.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _write(path: Path, content: bytes) -> None:
    """Write a file and make it durable."""
    path.write_bytes(content)
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _taken_first(fresh: Path, folder: Path) -> bool:
    """Whether the name was free, and the new folder is there now; not if another writer was faster.

    Raises:
        OSError: if the folder could not be moved there for any other reason.
    """
    if folder.exists():
        return False
    try:
        fresh.rename(folder)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            return False
        raise
    return True


def _exchanged(fresh: Path, folder: Path) -> bool:
    """Whether the system exchanged two folders in one step; not where it cannot.

    Raises:
        OSError: if it can, but did not.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    one, other = os.fsencode(fresh), os.fsencode(folder)
    if sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        failed = libc.renamex_np(one, other, ctypes.c_uint(_EXCHANGE))
    elif sys.platform.startswith("linux") and hasattr(libc, "renameat2"):
        failed = libc.renameat2(_HERE, one, _HERE, other, ctypes.c_uint(_EXCHANGE))
    else:
        return False
    if not failed:
        return True
    code = ctypes.get_errno()
    if code in _UNABLE:
        return False
    raise OSError(code, os.strerror(code), str(folder))


def _step_aside(fresh: Path, folder: Path, ours: Collection[str]) -> None:
    """Two renames, between which the old folder is where `recover` finds it."""
    aside = folder.with_name(f".{folder.name}{_MARK}{_ASIDE}")
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except BaseException:
        if not folder.exists():
            aside.rename(folder)
        raise
    _remove(aside, ours)


def _remove(folder: Path, ours: Collection[str]) -> None:
    """Delete our files and then the folder; it stays if it holds anything else."""
    with contextlib.suppress(OSError):
        for name in ours:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _settle(folder: Path) -> None:
    """Make a folder's entries durable, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _literal(name: str) -> str:
    """A name in which no character of a pattern means anything but itself."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _mask() -> int:
    """The permissions that new files are not to have."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
