"""Solving: assemble, propose, repair, certify."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from robustmech.bounds.places import GridPlace, InformationPlace, MechanismPlace
from robustmech.bounds.sides import LowerPlace, Stage, Task, UpperPlace, Watch, solve_lower, solve_upper
from robustmech.bounds.size import DEFAULT_MEMORY_LIMIT, program_size, require_fitting, require_memory
from robustmech.bounds.solution import Solution
from robustmech.elements import Meshes
from robustmech.errors import InputError, ShapeError
from robustmech.lp import ClarabelSolver, HighsSolver, Limits, LinearSolver
from robustmech.model import Environment, Grid, floats
from robustmech.model.priors import interior_law
from robustmech.model.symmetry import exchanges, symmetries

_DEFAULT_SECONDS = 2.0
_DEFAULT_MOST_ACTIONS = 32


def solve(
    environment: Environment,
    grid: Grid | Sequence[Grid] | Meshes | None = None,
    *,
    side: Literal["both", "lower", "upper"] = "both",
    solver: LinearSolver | Literal["clarabel", "highs"] | None = None,
    time_limit: float | None = None,
    iteration_limit: int | None = None,
    memory_limit: float = DEFAULT_MEMORY_LIMIT,
    watch: Watch | None = None,
) -> Solution:
    """Bracket the maximum guarantee and the minimum potential.

    Args:
        environment: what the designer knows.
        grid: one grid for all agents, or one per agent; by default a quantile grid that takes about two seconds.
        side: which of the two numbers to compute.
        solver: a configured solver, or the name of one; Clarabel by default.
        time_limit: seconds of solver time per side; when it is reached the best certified number so far is returned.
        iteration_limit: solver iterations per side, likewise.
        memory_limit: refuse programs estimated to need more, in bytes.
        watch: called with progress reports from the solving thread.
    Raises:
        InputError: for beliefs that no prior satisfies, or options that make no sense.
        SizeError: if the program would be larger than the limit.
        SolveError: if no number could be certified.
    Source: Brooks & Du (2023), Theorem 1 and Proposition 2.
    """
    if side not in ("both", "lower", "upper"):
        raise InputError(f"side is {side!r}: choose both, lower or upper")
    if time_limit is not None and not time_limit > 0:
        raise InputError(f"time limit is {time_limit}: give a positive number of seconds")
    if iteration_limit is not None and not (isinstance(iteration_limit, int) and 1 <= iteration_limit <= 10**6):
        raise InputError(f"iteration limit is {iteration_limit}: give at least one and at most 1,000,000 iterations")
    if not memory_limit > 0:
        raise InputError(f"memory limit is {memory_limit}: give a positive number of bytes")
    lower: LowerPlace
    upper: UpperPlace
    if isinstance(grid, Meshes):
        lower, upper = MechanismPlace(mesh=grid.mechanism), InformationPlace(mesh=grid.information)
    else:
        grids = _grids(environment, grid)
        lower = upper = GridPlace(grids=grids)
        folds = symmetries(environment.agents, exchanges(environment, grids))
        require_fitting(environment, grids, folds, memory_limit, _same_kind(grids))
    task = Task(
        environment=environment,
        alike=exchanges(environment),
        solver=_solver(solver),
        limits=Limits(seconds=time_limit, iterations=iteration_limit),
        worth=_worth(environment),
        watch=watch if watch is not None else _ignore,
    )
    return Solution(
        environment=environment,
        lower=solve_lower(task, lower) if side != "upper" else None,
        upper=solve_upper(task, upper) if side != "lower" else None,
    )


def _worth(environment: Environment) -> float:
    """What is at stake: the best expected surplus, in absolute value, at a prior inside the beliefs."""
    law = floats(interior_law(environment.beliefs))
    stakes = float(law @ np.abs(environment.best_surplus())), environment.scale * 1e-9
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


def _grids(environment: Environment, grid: Grid | Sequence[Grid] | None) -> tuple[Grid, ...]:
    if grid is None:
        return (Grid.quantile(_default_actions(environment)),) * environment.agents
    grids = (grid,) * environment.agents if isinstance(grid, Grid) else tuple(grid)
    if len(grids) != environment.agents:
        raise ShapeError(f"{len(grids)} grids for {environment.agents} agents: give one for all, or one per agent")
    return grids


def _default_actions(environment: Environment) -> int:
    alike = exchanges(environment, (Grid.quantile(2),) * environment.agents)
    permutations = symmetries(environment.agents, alike)
    for actions in range(_DEFAULT_MOST_ACTIONS, 2, -1):
        grids = (Grid.quantile(actions),) * environment.agents
        if program_size(environment, grids, permutations).seconds <= _DEFAULT_SECONDS:
            return actions
    return 2


def _same_kind(grids: tuple[Grid, ...]) -> Callable[[int], tuple[Grid, ...]]:
    """Smaller grids to compare sizes with; only their numbers of actions matter, the largest being as given."""
    largest = max(grid.actions for grid in grids)
    return lambda actions: tuple(Grid.quantile(max(2, math.ceil(grid.actions * actions / largest))) for grid in grids)


def _ignore(stage: Stage) -> None:
    pass
