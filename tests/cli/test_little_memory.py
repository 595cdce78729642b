"""Too little address space: one line and exit 3, or an answer; never a traceback or a library's own end."""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.command_runs import COMMON_VALUES, EXAMPLES, environment, run_process, words
from robustmech.memory import is_lack_of_memory, require_address_space, says_lack_of_memory

MIB = 2**20
LINE = "robustmech: not enough memory: take fewer actions, or allow more\n"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux")


def limited(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


@pytest.mark.parametrize("size", [60, 120, 180, 240, 270, 300, 360, 500])
@pytest.mark.parametrize("kind", ["solve", "large", "verify", "design"])
def test_one_line_or_an_answer(kind: str, size: int, tmp_path: Path) -> None:
    arguments = {
        "solve": ["solve", COMMON_VALUES, "--quiet"],
        "large": ["solve", EXAMPLES / "independent-values.toml", "--actions", "30", "--side", "lower", "--quiet"],
        "verify": ["verify", tmp_path / "result"],
        "design": ["design", "--means", "600,400", "--bound", "1000", "--out", tmp_path / "auction.json"],
    }[kind]
    if kind == "verify":
        assert run_process("solve", COMMON_VALUES, "--actions", "3", "--out", tmp_path / "result").code == 0
    done = subprocess.run(
        words(*arguments),
        capture_output=True,
        env=environment() | {"OPENBLAS_NUM_THREADS": "1"},
        check=False,
        text=True,
        preexec_fn=limited(size * MIB),
    )
    if done.returncode == 0:
        assert size > 240
        assert (done.stdout != "", done.stderr) == (True, "")
    else:
        assert (done.returncode, done.stdout, done.stderr) == (3, "", LINE)


def test_what_libraries_say() -> None:
    assert is_lack_of_memory(MemoryError())
    assert is_lack_of_memory(OSError(12, "Cannot allocate memory"))
    assert is_lack_of_memory(RuntimeError("can't start new thread"))
    assert is_lack_of_memory(ImportError("libhighs.so.1: failed to map segment from shared object"))
    advice = ImportError("IMPORTANT: read this advice")
    advice.__cause__ = ImportError("libgfortran.so.5: failed to map segment from shared object")
    assert is_lack_of_memory(advice)
    assert not is_lack_of_memory(ImportError("No module named 'numpy'"))
    assert not is_lack_of_memory(OSError(28, "No space left on device"))
    assert says_lack_of_memory("memory allocation of 1788480 bytes failed")
    assert not says_lack_of_memory("the matrix is singular")


def test_address_space_is_asked_for() -> None:
    require_address_space(MIB)
    with pytest.raises(MemoryError):
        require_address_space(2**60)
