"""Solving: assemble, propose, repair, certify."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from robustmech.bounds.candidates import improved_lower, improved_upper
from robustmech.bounds.entry import Entry
from robustmech.bounds.places import GridPlace, InformationPlace, MechanismPlace
from robustmech.bounds.refining import Target, refine
from robustmech.bounds.sides import LowerPlace, Stage, Task, UpperPlace, Watch, solve_lower, solve_upper
from robustmech.bounds.size import DEFAULT_MEMORY_LIMIT, require_fitting, require_memory
from robustmech.bounds.solution import BoundStatus, LowerBound, Solution, UpperBound
from robustmech.elements import Meshes, PublicSignals, ShareDensities, SharesWithoutTransfers
from robustmech.errors import InputError, RepairError, ShapeError, SolveError
from robustmech.lp import ClarabelSolver, HighsSolver, Limits, LinearSolver
from robustmech.model import Environment, Grid, Side, floats
from robustmech.model.grid import one_per_agent
from robustmech.model.priors import interior_law
from robustmech.model.symmetry import exchanges, symmetries

_DEFAULT_SECONDS = 60.0
_LEAST_WORTH = 1e-4
"""Stakes below this share of the largest utility are not told from none: solvers are good to about 1e-9 of it."""
_DEFAULT_RELATIVE_GAP = 0.01
_ROUNDING = 1e-5
"""Of what is at stake: a number so little below zero may be a solver's rounding where doing nothing proves zero."""


def solve(
    environment: Environment,
    grid: Grid | Sequence[Grid] | Meshes | None = None,
    *,
    side: Literal["both", "lower", "upper"] = "both",
    solver: LinearSolver | Literal["clarabel", "highs"] | None = None,
    time_limit: float | None = None,
    iteration_limit: int | None = None,
    memory_limit: float = DEFAULT_MEMORY_LIMIT,
    gap: float | None = None,
    relative_gap: float | None = None,
    entry_payments: bool = True,
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
        time_limit: seconds of solver time per side on a grid, of wall time for everything without (60 by default); when
            it is reached the best certified number so far is returned.
        iteration_limit: solver iterations per side, likewise.
        memory_limit: refuse programs estimated to need more, in bytes.
        gap: without a grid, how narrow a bracket will do.
        relative_gap: likewise, in proportion to the value; 0.01 if neither is given.
        entry_payments: whether, with transfers, mechanisms may charge agents even at action 0, as much as the decision
            is worth to them in the worst state, or pay them what it costs them.
        watch: called with progress reports from the solving thread.
    Raises:
        InputError: for beliefs that no prior satisfies, or options that make no sense.
        SizeError: if the program would be larger than the limit.
        SolveError: if no number could be certified.
    Source: Brooks & Du (2023), Theorem 1 and Proposition 2.
    """
    if side not in ("both", "lower", "upper"):
        raise InputError(f"side is {side!r}: choose both, lower or upper")
    _check_limits(time_limit, iteration_limit, memory_limit)
    _check_gaps(gap, relative_gap, grid)
    task = Task(
        environment=environment,
        entry=Entry.into(environment) if entry_payments and side != "upper" else None,
        alike=exchanges(environment),
        solver=_solver(solver),
        limits=Limits(seconds=None if grid is None else time_limit, iterations=iteration_limit),
        worth=_worth(environment),
        watch=watch if watch is not None else _ignore,
    )
    if grid is None:
        target = _target(gap, relative_gap, time_limit, memory_limit, task.worth)
        return refine(task, target, tuple(Side) if side == "both" else (Side(side),))
    lower, upper = _places(environment, grid, memory_limit)
    return Solution(
        environment=environment,
        lower=_lower_on(task, lower) if side != "upper" else None,
        upper=_upper_on(task, upper) if side != "lower" else None,
    )


def _lower_on(task: Task, place: LowerPlace) -> LowerBound:
    """The program's number, or a candidate's where that is poor and the candidate proves more."""
    try:
        found = solve_lower(task, place)
    except (SolveError, RepairError):
        instead = improved_lower(task, place, None)
        if instead is None:
            raise
        return instead
    rounding = -_ROUNDING * task.worth <= found.value < 0  # a proved optimum further below leaves nothing to find
    if found.record.status is BoundStatus.PROVED and not rounding:
        return found
    return improved_lower(task, place, found) or found


def _upper_on(task: Task, place: UpperPlace) -> UpperBound:
    """Likewise."""
    try:
        found = solve_upper(task, place)
    except (SolveError, RepairError):
        instead = improved_upper(task, place, None)
        if instead is None:
            raise
        return instead
    return found if found.record.status is BoundStatus.PROVED else improved_upper(task, place, found) or found


def _target(
    gap: float | None, relative_gap: float | None, time_limit: float | None, memory_limit: float, worth: float
) -> Target:
    return Target(
        gap=gap,
        relative_gap=_DEFAULT_RELATIVE_GAP if gap is None and relative_gap is None else relative_gap,
        seconds=_DEFAULT_SECONDS if time_limit is None else time_limit,
        memory=memory_limit,
        worth=worth,
    )


def _check_limits(time_limit: float | None, iteration_limit: int | None, memory_limit: float) -> None:
    if time_limit is not None and not time_limit > 0:
        raise InputError(f"time limit is {time_limit}: give a positive number of seconds")
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


def _worth(environment: Environment) -> float:
    """What is at stake: the best expected surplus, in absolute value, at a prior inside the beliefs."""
    law = floats(interior_law(environment.beliefs))
    stakes = float(law @ np.abs(environment.best_surplus())), environment.scale * _LEAST_WORTH
    return max(stakes)


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
