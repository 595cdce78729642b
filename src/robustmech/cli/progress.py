"""The progress display: stage, iteration, and the gap so far, on the terminal's error stream."""

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from robustmech.bounds import Stage
from robustmech.bounds.sides import Watch
from robustmech.model import Side


@contextmanager
def shown_progress(*, enabled: bool) -> Iterator[Watch]:
    """Show progress while the body runs, if the error stream is a terminal; yields the function to report to.

    What libraries print meanwhile goes to the error stream.
    """
    with redirect_stdout(sys.stderr):
        if enabled and sys.stderr.isatty():
            with _display() as watch:
                yield watch
        else:
            yield _unseen


def _unseen(stage: Stage) -> None:
    """Where there is no terminal."""
    del stage


@contextmanager
def _display() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    display = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with display:
        tasks: dict[Side, TaskID] = {}

        def watch(stage: Stage) -> None:
            if stage.side not in tasks:
                tasks[stage.side] = display.add_task("", total=None)
            display.update(tasks[stage.side], description=described(stage))

        yield watch


def described(stage: Stage) -> str:
    """One line for a progress report; the solver's own gap, which is no bound."""
    text = f"{stage.side.value:5} bound: {stage.name}"
    if stage.bracket is not None:
        low, high = stage.bracket
        text = f"between {low:.7g} and {high:.7g}, {high - low:.1e} apart; {text}"
    if stage.iteration is None:
        return text
    text += f", iteration {max(stage.iteration.iteration, 0)}"
    gap = abs(stage.iteration.primal - stage.iteration.dual)
    return f"{text}, solver's gap {gap:.1e}" if math.isfinite(gap) else text
