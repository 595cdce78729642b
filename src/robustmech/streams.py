"""Standard output kept for what we print, whatever a library writes to it from C.

Imports nothing but the standard library's lightest, so that it runs before any library is loaded.
"""

import os

_OUTPUT, _ERRORS = 1, 2


def private_output() -> int:
    """A descriptor for what file descriptor 1 was; from now on descriptor 1 is the error stream.

    The new descriptor is inherited by no other program. What native code writes to its standard output, at once or when
    its buffers are flushed at exit, goes where messages go.

    Raises:
        OSError: if standard output is closed.
    """
    private = os.dup(_OUTPUT)
    open_errors()
    os.dup2(_ERRORS, _OUTPUT)
    return private


def open_errors() -> None:
    """If the error stream is closed, discard what is written to it; or else a file opened later would receive it."""
    try:
        os.fstat(_ERRORS)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _ERRORS)
        if nowhere != _ERRORS:
            os.close(nowhere)
