"""Whatever goes wrong inside a search, what it has found is not lost."""

import functools
import os
import signal
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from definitions.solved import numbers
from robustmech import BoundStatus, Environment, Grid, Interrupted, Solution, auction, solve
from robustmech.bounds import refining, sides, solving, tuning
from robustmech.bounds.budget import Budget, OutOfBudgetError
from robustmech.bounds.ladders import GridLadder, SpacedLadder
from robustmech.bounds.places import GridPlace, InformationPlace, MechanismPlace
from robustmech.bounds.supervision import supervised
from robustmech.lp import ClarabelSolver, HighsSolver
from robustmech.model import public_expenditure

F = Fraction
VALUES = [F(0), F(1, 2), F(1)]
INDEPENDENT = auction([list(pair) for pair in product(VALUES, repeat=2)], [F(1, 9)] * 9)
EXPENDITURE = public_expenditure([[3, 0], [0, 4], [2, 2]], [F(1, 3)] * 3)
PROBLEMS = {"independent values": INDEPENDENT, "expenditure, unlike agents": EXPENDITURE}

PLACES: list[tuple[Any, str]] = [
    (sides, "local_program"),
    (sides, "feasible_decisions"),
    (sides, "strategic_value"),
    (sides, "informational_value"),
    (sides, "exact_law"),
    (sides, "sink_excluded_states"),
    (sides, "exact_multipliers"),
    (refining, "solve_lower"),
    (refining, "solve_upper"),
    (refining, "ladders"),
    (refining, "lower_candidates"),
    (refining, "upper_candidates"),
    (refining, "_next"),
    (refining, "_climb"),
    (tuning, "_highest"),
    (tuning, "_lagrangian"),
    (tuning, "_cut"),
    (tuning, "value_and_slope"),
    (SpacedLadder, "climb"),
    (SpacedLadder, "tune"),
    (GridLadder, "climb"),
    (MechanismPlace, "discretise"),
    (InformationPlace, "discretise"),
    (GridPlace, "discretise"),
    (MechanismPlace, "stored"),
    (InformationPlace, "information"),
    (MechanismPlace, "size"),
    (ClarabelSolver, "solve"),
    (HighsSolver, "solve"),
]


@functools.cache
def truth(name: str) -> tuple[float, float]:
    """The bracket when nothing goes wrong."""
    return numbers(solve(PROBLEMS[name], work=2.0))


def check(name: str, found: Solution) -> None:
    low, high = truth(name)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower.value <= high
    assert found.upper.value >= low
    assert found.lower.value <= found.upper.value
    if not found.narrow_enough:
        assert found.status is not BoundStatus.PROVED


def after(calls: int, healthy: Callable[..., Any], failing: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is for some calls, and failing from then on."""
    counted = [0]

    def called(*arguments: Any, **named: Any) -> Any:
        counted[0] += 1
        return (healthy if counted[0] <= calls else failing)(*arguments, **named)

    return called


@pytest.mark.parametrize("calls", [0, 3])
@pytest.mark.parametrize("error", [ValueError("matmul: dimension mismatch"), MemoryError(), KeyError("x")], ids=repr)
@pytest.mark.parametrize(("owner", "name"), PLACES, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("problem", PROBLEMS)
def test_errors(
    monkeypatch: pytest.MonkeyPatch, problem: str, owner: Any, name: str, error: Exception, calls: int
) -> None:
    def failing(*arguments: Any, **named: Any) -> Any:
        raise error

    truth(problem)
    monkeypatch.setattr(owner, name, after(calls, getattr(owner, name), failing))
    found = solve(PROBLEMS[problem], gap=1e-7, work=0.3)
    check(problem, found)
    assert found.cause is not None


def garbled(result: Any) -> Any:
    """The result with every number in it not a number."""
    if isinstance(result, float):
        return float("nan")
    if isinstance(result, np.ndarray) and result.dtype.kind == "f":
        return np.full(result.shape, np.nan)
    if isinstance(result, tuple):
        return tuple(map(garbled, result))
    return result


@pytest.mark.parametrize("calls", [0, 3])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (sides, "strategic_value"),
        (sides, "informational_value"),
        (tuning, "_highest"),
        (tuning, "_lagrangian"),
        (tuning, "value_and_slope"),
        (SpacedLadder, "tune"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_numbers_that_are_none(
    monkeypatch: pytest.MonkeyPatch, problem: str, owner: Any, name: str, calls: int
) -> None:
    truth(problem)
    healthy = getattr(owner, name)
    monkeypatch.setattr(
        owner, name, after(calls, healthy, lambda *arguments, **named: garbled(healthy(*arguments, **named)))
    )
    check(problem, solve(PROBLEMS[problem], gap=1e-7, work=0.3))


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (sides, "local_program"),
        (sides, "informational_value"),
        (tuning, "_highest"),
        (SpacedLadder, "climb"),
        (MechanismPlace, "discretise"),
        (ClarabelSolver, "solve"),
        (refining, "_next"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_does_not_return(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """The search is left alone once its time is up: it would take ten minutes."""
    truth("independent values")
    released = threading.Event()

    def stuck(*arguments: Any, **named: Any) -> Any:
        released.wait(600)
        raise ValueError("too late")

    monkeypatch.setattr(owner, name, after(2, getattr(owner, name), stuck))
    started = time.monotonic()
    try:
        found = solve(INDEPENDENT, gap=1e-7, time_limit=1.5)
    finally:
        released.set()
    assert time.monotonic() - started < 60
    check("independent values", found)
    assert found.cause == "the time limit of 1.5 s was reached"
    assert found.status is BoundStatus.STOPPED


@pytest.mark.parametrize("grid", [None, Grid.published(8)], ids=["search", "grid"])
def test_an_interrupt_carries_what_was_found(grid: Grid | None) -> None:
    seen = threading.Event()

    def interrupt() -> None:
        seen.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(Interrupted) as caught:
        solve(INDEPENDENT, grid, gap=1e-9 if grid is None else None, watch=lambda stage: seen.set())
    assert isinstance(caught.value, KeyboardInterrupt)
    found = caught.value.solution
    assert found is not None
    assert found.cause == "interrupted"
    assert found.status is BoundStatus.STOPPED
    check("independent values", found)


def test_time_is_counted_from_the_start_by_the_clock_that_is_given() -> None:
    now = [10.0]
    budget = Budget(2.0, clock=lambda: now[0])
    part = budget.part(0.5)
    assert (budget.seconds_left, part.seconds_left) == (2.0, 1.0)
    now[0] += 1.5
    assert part.ended == "the time limit of 2 s was reached"
    assert budget.ended is None
    assert budget.seconds_left == 0.5
    assert budget.part(0.5).seconds_left == 0.5
    now[0] += 1.0
    with pytest.raises(OutOfBudgetError, match="time limit of 2 s"):
        budget.require()


def test_work_is_counted_and_passed_on() -> None:
    budget = Budget(work=4.0)
    part = budget.part(0.5)
    assert budget.seconds_left == float("inf")
    assert part.iterations(1.0, None) == 50
    part.spend(1.5)
    assert (part.work_left, budget.work_left) == (0.5, 2.5)
    assert part.iterations(1.0, 5) == 5
    part.spend(1.0)
    assert part.ended == "the work limit of 4 was reached"
    assert budget.ended is None
    budget.stop("interrupted")
    assert part.ended == budget.ended == "interrupted"


def test_a_late_search_is_left_alone_only_once_there_is_an_answer() -> None:
    now, answered, released = [0.0], threading.Event(), threading.Event()
    budget = Budget(1.0, clock=lambda: now[0])

    def search() -> None:
        now[0] = 5.0
        released.wait(600)

    threading.Timer(0.7, answered.set).start()
    failure = supervised(search, budget, answered.is_set)
    released.set()
    assert answered.is_set()
    assert isinstance(failure, OutOfBudgetError)


@pytest.mark.parametrize("environment", [INDEPENDENT, EXPENDITURE], ids=PROBLEMS)
def test_counted_work_repeats_itself(environment: Environment) -> None:
    """However busy the machine: here with other threads at work the second time."""
    one = solve(environment, gap=1e-9, work=1.0)
    ended = threading.Event()

    def busy() -> None:
        while not ended.is_set():
            sum(range(1000))

    for _ in range(3):
        threading.Thread(target=busy, daemon=True).start()
    try:
        two = solve(environment, gap=1e-9, work=1.0)
    finally:
        ended.set()
    assert one.places == two.places
    assert one.cause == two.cause
    assert one.lower is not None
    assert two.lower is not None
    assert one.upper is not None
    assert two.upper is not None
    assert (one.lower.value, one.upper.value) == (two.lower.value, two.upper.value)
    assert [r.iterations for r in one.records] == [r.iterations for r in two.records]


def test_failures_on_a_grid_leave_what_can_be_had_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    truth("independent values")

    def failing(*arguments: Any, **named: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(solving, "solve_lower", failing)
    found = solve(INDEPENDENT, Grid.quantile(4))
    check("independent values", found)
    assert found.status is BoundStatus.STOPPED
    assert found.cause == "there was not enough memory"
