"""Solving: assemble, propose, repair, certify."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal

from robustmech.bounds.budget import Budget
from robustmech.bounds.candidates import (
    grid_lower_candidates,
    grid_upper_candidates,
    plain_lower_candidates,
    plain_upper_candidates,
)
from robustmech.bounds.entry import Entry
from robustmech.bounds.incumbents import Bound, Incumbents, Target, in_words
from robustmech.bounds.places import GridPlace, InformationPlace, MechanismPlace
from robustmech.bounds.refining import refine
from robustmech.bounds.sides import LowerPlace, Stage, Task, UpperPlace, Watch, solve_lower, solve_upper
from robustmech.bounds.size import DEFAULT_MEMORY_LIMIT, require_fitting, require_memory
from robustmech.bounds.solution import BoundStatus, Solution
from robustmech.bounds.supervision import Interrupted, supervised
from robustmech.bounds.units import worth
from robustmech.elements import Meshes, PublicSignals, ShareDensities, SharesWithoutTransfers
from robustmech.errors import InputError, RobustmechError, ShapeError, SolveError
from robustmech.lp import ClarabelSolver, HighsSolver, LinearSolver
from robustmech.model import Environment, Grid, Side
from robustmech.model.grid import one_per_agent
from robustmech.model.symmetry import exchanges, symmetries

_DEFAULT_SECONDS = 60.0
_DEFAULT_RELATIVE_GAP = 0.01


def solve(
    environment: Environment,
    grid: Grid | Sequence[Grid] | Meshes | None = None,
    *,
    side: Literal["both", "lower", "upper"] = "both",
    solver: LinearSolver | Literal["clarabel", "highs"] | None = None,
    time_limit: float | None = None,
    work: float | None = None,
    iteration_limit: int | None = None,
    memory_limit: float = DEFAULT_MEMORY_LIMIT,
    gap: float | None = None,
    relative_gap: float | None = None,
    entry_payments: bool | None = None,
    watch: Watch | None = None,
) -> Solution:
    """Bracket the maximum guarantee and the minimum potential.

    With a grid the bracket is that of the grid's programs. Without, mechanisms on real bids and information with real
    signals are refined until the bracket is as narrow as asked.

    Args:
        environment: what the designer knows.
        grid: one grid for all agents, or one per agent; or the meshes in the continuum to use; by default they are
            chosen.
        side: which of the two numbers to compute.
        solver: a configured solver, or the name of one; Clarabel by default.
        time_limit: seconds of wall time for everything; when it is reached the best certified numbers so far are
            returned. By default there is none on a grid or with a limit on work, and else it is 60.
        work: without a grid, a limit that does not depend on how busy the machine is, so that the same call gives the
            same numbers: counted from the sizes of programs and solvers' iterations, in units of about a second.
        iteration_limit: solver iterations per side, likewise.
        memory_limit: refuse programs estimated to need more, in bytes.
        gap: without a grid, how narrow a bracket will do.
        relative_gap: likewise, in proportion to the value; 0.01 if neither is given.
        entry_payments: whether, with transfers, mechanisms may charge agents even at action 0, as much as the decision
            is worth to them in the worst state, or pay them what it costs them; by default they may, but on the papers'
            grids, whose program leaves such payments out.
        watch: called with progress reports from the solving thread.
    Raises:
        InputError: for beliefs that no prior satisfies, or options that make no sense.
        SizeError: if the program would be larger than the limit.
        SolveError: if no number could be certified.
        Interrupted: a KeyboardInterrupt with the bracket in hand as its `solution`.
    Source: Brooks & Du (2023), Theorem 1 and Proposition 2.
    """
    if side not in ("both", "lower", "upper"):
        raise InputError(f"side is {side!r}: choose both, lower or upper")
    _check_limits(time_limit, work, iteration_limit, memory_limit)
    _check_gaps(gap, relative_gap, grid)
    if work is not None and grid is not None:
        raise InputError("work limits the search without a grid; on a grid give an iteration limit")
    if time_limit is None and work is None and grid is None:
        time_limit = _DEFAULT_SECONDS
    chosen = _solver(solver)
    sides = tuple(Side) if side == "both" else (Side(side),)
    budget = Budget(time_limit, work)
    allowed = not _all_published(environment, grid) if entry_payments is None else entry_payments
    incumbents = Incumbents(environment=environment, sides=sides, entry_payments=allowed)

    def search() -> None:
        # What only helps may fail: without symmetries programs are larger, without payments at action 0 looser.
        task = Task(
            environment=environment,
            entry=incumbents.try_for(lambda: Entry.into(environment) if allowed and Side.LOWER in sides else None),
            alike=incumbents.try_for(lambda: exchanges(environment)) or (),
            solver=chosen,
            budget=budget,
            worth=worth(environment),
            watch=watch if watch is not None else _ignore,
            iterations=iteration_limit,
        )
        if grid is not None:
            _solve_on(grid, task, memory_limit, incumbents)
            return
        incumbents.target = Target(
            gap=gap,
            relative_gap=_DEFAULT_RELATIVE_GAP if gap is None and relative_gap is None else relative_gap,
            memory=memory_limit,
            worth=task.worth,
        )
        refine(task, incumbents.target, incumbents)

    return _supervised(search, incumbents, budget)


def _supervised(search: Callable[[], None], incumbents: Incumbents, budget: Budget) -> Solution:
    """The best that a search has found by its end, however it ends: for one side, where the other has no number.

    Raises:
        Interrupted: after an interrupt, with what is in hand.
        RobustmechError: what ended the search, if there is nothing, or the search says that this is no answer.
    """
    try:
        failure = supervised(search, budget, lambda: incumbents.complete)
        if failure is not None and not isinstance(failure, Exception):
            raise failure
    except KeyboardInterrupt:
        found = incumbents.solution(elapsed=budget.elapsed, cause="interrupted")
        raise Interrupted(found if found.records else None) from None
    cause = None if failure is None else in_words(failure)
    if isinstance(failure, InputError):
        raise failure
    found = incumbents.solution(elapsed=budget.elapsed, cause=cause)
    if not found.records:
        if isinstance(failure, RobustmechError):
            raise failure
        because = cause or "; ".join(incumbents.notes) or "nothing was found"
        raise SolveError(f"nothing could be certified: {because}") from failure
    return found


def _all_published(environment: Environment, grid: Grid | Sequence[Grid] | Meshes | None) -> bool:
    """Whether every agent's grid is one of the papers'."""
    if grid is None or isinstance(grid, Meshes):
        return False
    return all(own.published_parameter is not None for own in one_per_agent(grid, environment.agents))


def _solve_on(grid: Grid | Sequence[Grid] | Meshes, task: Task, memory_limit: float, incumbents: Incumbents) -> None:
    """Offer both sides' numbers on given grids or meshes: to the first side half of the time.

    Raises:
        InputError: if the problem or the grids make no sense.
    """
    lower, upper = _places(task.environment, grid, memory_limit)
    for side in incumbents.sides:
        plain = plain_lower_candidates(task) if side is Side.LOWER else plain_upper_candidates(task)
        _offer_all(plain, incumbents.offer_stopgap)
    limited = task.budget.seconds is not None
    for side in incumbents.sides:
        last = side is incumbents.sides[-1]
        own = task if last else replace(task, budget=task.budget.part(1 / 2))
        others = grid_lower_candidates(own, lower) if side is Side.LOWER else grid_upper_candidates(own, upper)
        if limited:
            # There may be no time for them afterwards.
            _offer_all(others, incumbents.offer_stopgap)
        try:
            found = solve_lower(own, lower) if side is Side.LOWER else solve_upper(own, upper)
        except InputError:
            raise
        except Exception as error:  # a failure of any kind must not lose what there is besides
            incumbents.note(in_words(error))
        else:
            # What was asked for, or the best there is where there was too little time for it.
            proved = found.record.status is BoundStatus.PROVED
            incumbents.offer(found, instead=proved or not limited)
            if proved:
                # A solver's rounding is no reason for less than nothing.
                _offer_all(others if side is Side.LOWER and found.value < 0 else (), incumbents.offer)
                continue
            incumbents.note(f"the {side.value} program ended with '{found.record.detail}'")
        _offer_all(others, incumbents.offer_stopgap)


def _offer_all(candidates: Iterable[Bound], offer: Callable[[Bound], None]) -> None:
    """Offer what stands beside a program's number, as much as there is."""
    for candidate in candidates:
        offer(candidate)


def _check_limits(
    time_limit: float | None, work: float | None, iteration_limit: int | None, memory_limit: float
) -> None:
    if time_limit is not None and not time_limit > 0:
        raise InputError(f"time limit is {time_limit}: give a positive number of seconds")
    if work is not None and not 0 < work < math.inf:
        raise InputError(f"work is {work}: give a positive number, in units of about a second")
    if iteration_limit is not None and not (isinstance(iteration_limit, int) and 1 <= iteration_limit <= 10**6):
        raise InputError(f"iteration limit is {iteration_limit}: give at least one and at most 1,000,000 iterations")
    if not memory_limit > 0:
        raise InputError(f"memory limit is {memory_limit}: give a positive number of bytes")


def _check_gaps(gap: float | None, relative_gap: float | None, grid: Grid | Sequence[Grid] | Meshes | None) -> None:
    for name, width in (("gap", gap), ("relative gap", relative_gap)):
        if width is not None and not width > 0:
            raise InputError(f"{name} is {width}: give a positive number")
        if width is not None and grid is not None:
            raise InputError(f"{name}: a grid fixes the bracket's width; give one or the other")


def _places(
    environment: Environment, grid: Grid | Sequence[Grid] | Meshes, memory_limit: float
) -> tuple[LowerPlace, UpperPlace]:
    """Where the two programs live; refuses what does not fit."""
    if isinstance(grid, Meshes):
        _check_meshes(environment, grid)
        lower, upper = MechanismPlace(mesh=grid.mechanism), InformationPlace(mesh=grid.information)
        for place in (lower, upper):
            require_memory(place.size(environment, 1), memory_limit, "use fewer cells")
        return lower, upper
    grids = one_per_agent(grid, environment.agents)
    folds = symmetries(environment.agents, exchanges(environment, grids))
    require_fitting(environment, grids, folds, memory_limit, _same_kind(grids))
    product = GridPlace(grids=grids)
    return product, product


def _check_meshes(environment: Environment, meshes: Meshes) -> None:
    for mesh in (meshes.mechanism, meshes.information):
        if mesh.agents != environment.agents:
            raise ShapeError(f"{mesh.kind} for {mesh.agents} agents: the environment has {environment.agents}")
        if isinstance(mesh, SharesWithoutTransfers | ShareDensities | PublicSignals) and environment.transfers:
            raise InputError(f"{mesh.kind}: only for problems without transfers")
    mesh = meshes.mechanism
    if mesh.averages_payoff and not (environment.transfers and environment.payoff_ignores_state):
        raise InputError(
            f"{mesh.kind}: only for problems with transfers whose designer's payoff does not depend on the state; use "
            "triangles with corner_rows=True, or boxes"
        )


def _solver(solver: LinearSolver | str | None) -> LinearSolver:
    if not isinstance(solver, str | None):
        return solver
    named: dict[str | None, LinearSolver] = {
        None: ClarabelSolver(),
        "clarabel": ClarabelSolver(),
        "highs": HighsSolver(),
    }
    if solver not in named:
        raise InputError(f"solver is {solver!r}: choose clarabel or highs, or give a configured solver")
    return named[solver]


def _same_kind(grids: tuple[Grid, ...]) -> Callable[[int], tuple[Grid, ...]]:
    """Smaller grids to compare sizes with; only their numbers of actions matter, the largest being as given."""
    largest = max(grid.actions for grid in grids)
    return lambda actions: tuple(Grid.quantile(max(2, math.ceil(grid.actions * actions / largest))) for grid in grids)


def _ignore(stage: Stage) -> None:
    pass
