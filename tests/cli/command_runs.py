"""Running the command: inside this process where that is enough, and as a process, with or without a terminal."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import robustmech

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMON_VALUES = EXAMPLES / "common-values.toml"
RESULT_FILES = {
    "MANIFEST",
    "problem.json",
    "certificate.json",
    "mechanism.npz",
    "information.npz",
    "pictures.png",
}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object that stdout holds, and nothing else."""
        assert self.code == 0, self.err
        assert self.out.endswith("}\n")
        assert self.out.count("\n") == 1
        content = json.loads(self.out)
        assert isinstance(content, dict)
        return content

    @property
    def mistake(self) -> str:
        """The one line about bad input; nothing else was printed."""
        assert self.code == 2
        assert self.out == ""
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1
        assert self.err.startswith("robustmech: ")
        return self.err

    def row(self, label: str) -> str:
        """The text beside a label of the table."""
        (found,) = [line for line in self.out.splitlines() if line.startswith(label + "  ")]
        return found.removeprefix(label).strip()


Command = Callable[..., Ran]


def environment() -> dict[str, str]:
    """Variables for a process that imports the same robustmech as this one, on an ordinary terminal."""
    unwanted = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    source = str(Path(robustmech.__file__).parents[1])
    return kept | {
        "PYTHONPATH": os.pathsep.join([source, kept.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "TERM": "xterm-256color",
        "PYTHONIOENCODING": "utf-8",
    }


def words(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "robustmech", *map(str, arguments)]


def run_process(*arguments: object, folder: Path | None = None, stdout: int = subprocess.PIPE) -> Ran:
    done = subprocess.run(
        words(*arguments),
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(),
        cwd=folder,
        timeout=600,
        check=False,
        encoding="utf-8",
    )
    return Ran(done.returncode, done.stdout or "", done.stderr)


@dataclass
class OnTerminal:
    """A process whose standard error is a terminal, and what has appeared there."""

    process: subprocess.Popen[bytes]
    terminal: int
    shown: str = ""

    def read(self) -> bool:
        """Wait for more to appear; False at the end."""
        try:
            more = os.read(self.terminal, 65536)
        except OSError:  # how Linux reports that the other end was closed
            return False
        self.shown += more.decode("utf-8", "replace")
        return bool(more)

    def finish(self) -> Ran:
        while self.read():
            pass
        os.close(self.terminal)
        assert self.process.stdout is not None
        out = self.process.stdout.read().decode()
        self.process.stdout.close()
        return Ran(self.process.wait(timeout=60), out, without_control(self.shown))


def start_on_terminal(arguments: Sequence[object]) -> OnTerminal:
    terminal, other_end = pty.openpty()
    process = subprocess.Popen(words(*arguments), stdout=subprocess.PIPE, stderr=other_end, env=environment())
    os.close(other_end)
    return OnTerminal(process, terminal)


def without_control(text: str) -> str:
    """What a terminal received, without colours and cursor movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "\n")
