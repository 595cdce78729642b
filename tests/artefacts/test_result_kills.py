"""A result is at its name, whole, after the writer was killed at any moment."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from robustmech.artefacts import replacing

NAMES = [f"file {number}" for number in range(5)]
WRITER = """
import importlib.util, itertools, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("replacing", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
if sys.argv[3] == "two renames":
    module._exchanged = lambda fresh, folder: False
names = [f"file {number}" for number in range(5)]
print("started", flush=True)
for turn in itertools.count():
    module.replace_folder(Path(sys.argv[2]), {name: b"%d\\n" % turn * 20_000 for name in names}, names)
"""


def whole(folder: Path) -> bool:
    contents = {entry.name: entry.read_bytes() for entry in folder.iterdir()}
    return sorted(contents) == NAMES and len(set(contents.values())) == 1


def killed_while_writing(folder: Path, way: str, delay: float) -> None:
    command = [sys.executable, "-c", WRITER, str(replacing.__file__), str(folder), way]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
    assert writer.returncode == -signal.SIGKILL


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system with SIGKILL")
@pytest.mark.parametrize("way", ["one exchange", "two renames"])
def test_killed_writers_lose_nothing(way: str, tmp_path: Path) -> None:
    rng = random.Random(way)
    folder = tmp_path / "r"
    replacing.replace_folder(folder, dict.fromkeys(NAMES, b"old"), NAMES)
    missing = 0
    for _ in range(50):
        killed_while_writing(folder, way, rng.uniform(0.0, 0.02))
        if way == "two renames" and not folder.exists():
            missing += 1
            replacing.recover(folder, NAMES)
        assert whole(folder)
    assert missing < 50
    replacing.replace_folder(folder, dict.fromkeys(NAMES, b"new"), NAMES)
    assert [entry.name for entry in tmp_path.iterdir()] == ["r"]
    assert (folder / NAMES[0]).read_bytes() == b"new"


def test_old_folder_that_stands_aside_is_put_back(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    replacing.replace_folder(folder, dict.fromkeys(NAMES, b"old"), NAMES)
    folder.rename(tmp_path / ".r.robustmech-old")
    replacing.recover(folder, NAMES)
    assert whole(folder)
    assert [entry.name for entry in tmp_path.iterdir()] == ["r"]


def test_where_the_system_cannot_exchange_two_renames_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "_exchanged", lambda fresh, folder: False)
    folder = tmp_path / "r"
    for content in (b"one", b"two", b"three"):
        replacing.replace_folder(folder, dict.fromkeys(NAMES, content), NAMES)
        assert (folder / NAMES[-1]).read_bytes() == content
        assert [entry.name for entry in tmp_path.iterdir()] == ["r"]


def test_sweeping_takes_what_killed_writers_left_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "r[1]"
    left, other = tmp_path / ".r[1].robustmech-abc", tmp_path / ".r1.robustmech-abc"
    left.mkdir()
    (left / NAMES[0]).write_bytes(b"half")
    foreign = tmp_path / ".r[1].robustmech-kept"
    foreign.mkdir()
    (foreign / "notes.txt").write_text("mine")
    other.mkdir()
    replacing.replace_folder(folder, dict.fromkeys(NAMES, b"new"), NAMES)
    assert not left.exists()
    assert (foreign / "notes.txt").read_text() == "mine"
    assert other.exists()


def test_folder_that_somebody_is_writing_is_left_alone(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    busy = tmp_path / ".r.robustmech-busy"
    busy.mkdir()
    handle = os.open(busy, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        replacing.replace_folder(tmp_path / "r", dict.fromkeys(NAMES, b"new"), NAMES)
        assert busy.exists()
    finally:
        os.close(handle)
    replacing.replace_folder(tmp_path / "r", dict.fromkeys(NAMES, b"newer"), NAMES)
    assert not busy.exists()
