"""Lack of memory, however a library says it. Imports nothing but the standard library's lightest."""

import errno

_SIGNS = (
    "annot allocate memory",  # the C library
    "memory allocation",  # Rust, OpenBLAS
    "bad_alloc",  # C++
    "MemoryError",
    "Unable to allocate",  # NumPy
    "failed to map segment",  # the loader
    "can't start new thread",
    "pthread_create failed",
)


def says_lack_of_memory(text: str) -> bool:
    """Whether a message, from Python or from native code, is about memory."""
    return any(sign in text for sign in _SIGNS)


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an exception, or one that it came from, is about memory: also a library that could not be loaded."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, MemoryError) or says_lack_of_memory(str(found)):
            return True
        if isinstance(found, OSError) and found.errno in (errno.ENOMEM, errno.EAGAIN):
            return True
        found = found.__cause__ or found.__context__
    return False


def require_address_space(size: int) -> None:
    """Make sure that so many bytes could be had: native code ends the whole process where they cannot.

    Raises:
        MemoryError: if they could not.
    """
    import mmap

    try:
        mmap.mmap(-1, size).close()
    except OSError:
        raise MemoryError(f"{size / 2**20:,.0f} MiB more could not be had") from None
