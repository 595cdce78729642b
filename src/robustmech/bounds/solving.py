"""Solving: assemble, propose, repair, certify."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from robustmech.bounds.assembly import LocalProgram, local_program
from robustmech.bounds.evaluation import exact_multipliers, informational_value, strategic_value
from robustmech.bounds.excluded_states import sink_excluded_states
from robustmech.bounds.information_repair import exact_information
from robustmech.bounds.participation import feasible_decisions, require_secure_decision
from robustmech.bounds.size import DEFAULT_MEMORY_LIMIT, ProgramSize, program_size, require_fitting
from robustmech.bounds.solution import BoundStatus, LowerBound, Solution, SolveRecord, UpperBound, record_of
from robustmech.errors import InputError, RepairError, ShapeError, SolveError
from robustmech.lp import ClarabelSolver, HighsSolver, Iteration, Limits, LinearSolution, LinearSolver, SolverStatus
from robustmech.model import (
    Environment,
    FloatArray,
    Grid,
    InformationStructure,
    IntArray,
    Mechanism,
    RationalArray,
    Side,
    floats,
    on_grids,
)
from robustmech.model.priors import interior_law
from robustmech.model.symmetry import Exchange, exchanges, symmetries
from robustmech.transfers import equal_division, individual_growth_transfers

_TOLERANCE = 1e-5
_DEFAULT_SECONDS = 2.0
_DEFAULT_MOST_ACTIONS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A progress report: what is being done, for which side, and the solver's iteration if there is one."""

    side: Side
    name: Literal["assembling", "solving", "certifying"]
    iteration: Iteration | None = None


Watch = Callable[[Stage], None]


def solve(
    environment: Environment,
    grid: Grid | Sequence[Grid] | None = None,
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
    grids = _grids(environment, grid)
    alike = exchanges(environment, grids)
    size = require_fitting(environment, grids, symmetries(environment.agents, alike), memory_limit, _same_kind(grids))
    task = _Task(
        environment=environment,
        grids=grids,
        alike=alike,
        solver=_solver(solver),
        limits=Limits(seconds=time_limit, iterations=iteration_limit),
        size=size,
        worth=_worth(environment),
        watch=watch if watch is not None else _ignore,
    )
    return Solution(
        environment=environment,
        grids=grids,
        lower=_lower(task) if side != "upper" else None,
        upper=_upper(task) if side != "lower" else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    environment: Environment
    grids: tuple[Grid, ...]
    alike: tuple[Exchange, ...]
    solver: LinearSolver
    limits: Limits
    size: ProgramSize
    worth: float
    watch: Watch

    def propose(self, side: Side) -> tuple[LocalProgram, LinearSolution]:
        self.watch(Stage(side=side, name="assembling"))
        program = local_program(self.environment, on_grids(self.grids, side), side, self.alike)
        self.watch(Stage(side=side, name="solving"))
        found = self.solver.solve(
            program.folding.program,
            limits=self.limits,
            progress=lambda iteration: self.watch(Stage(side=side, name="solving", iteration=iteration)),
        )
        self.watch(Stage(side=side, name="certifying"))
        if found.status is SolverStatus.INFEASIBLE and side is Side.LOWER:
            require_secure_decision(self.environment)
        if not found.status.has_solution:
            raise SolveError(
                f"{self.solver.capabilities.name} ended with '{found.detail}' on the {side.value} program and left "
                "nothing to certify: try another grid or the other solver"
            )
        return program, program.folding.unfold(found)

    def record(self, program: LocalProgram, found: LinearSolution, value: float, started: float) -> SolveRecord:
        """The record; a number that misses the solver's own objective is not called proved."""
        record = record_of(found, self.solver, self.size, started)
        missed = abs(value + found.objective * program.unit)
        if record.status is BoundStatus.PROVED and not missed <= _TOLERANCE * self.worth:
            detail = f"{found.detail}, but inaccurate: {missed:.1e} from the certified number"
            return replace(record, status=BoundStatus.STOPPED, detail=detail)
        return record


def _lower(task: _Task) -> LowerBound:
    started = time.perf_counter()
    program, found = task.propose(Side.LOWER)
    candidates = [(program.decisions(found), program.belief_multipliers(found))]
    candidates.append((np.zeros_like(candidates[0][0]), np.zeros_like(candidates[0][1])))
    best: tuple[float, IntArray, RationalArray, FloatArray] | None = None
    trouble: RepairError | None = None
    for proposed, y in candidates:
        try:
            counts = feasible_decisions(task.environment, program.discretisation, proposed)
        except RepairError as error:
            trouble = error
            continue
        multipliers = sink_excluded_states(program, counts, exact_multipliers(task.environment, y))
        value, growth = strategic_value(task.environment, program.discretisation, counts, multipliers)
        if best is None or value > best[0]:
            best = (value, counts, multipliers, growth)
    if best is None:
        raise trouble if trouble is not None else SolveError("the lower program gave nothing to certify")
    value, counts, multipliers, growth = best
    return LowerBound(
        value=value,
        mechanism=_mechanism(task.environment, task.grids, counts, growth),
        multipliers=multipliers,
        record=task.record(program, found, value, started),
    )


def _upper(task: _Task) -> UpperBound:
    started = time.perf_counter()
    program, found = task.propose(Side.UPPER)
    uninformative = program.discretisation.mass[:, None] * floats(interior_law(task.environment.beliefs))
    proposals = [program.joint_law(found), uninformative]
    best: tuple[float, InformationStructure] | None = None
    trouble: RepairError | None = None
    for proposed in proposals:
        try:
            information = exact_information(task.environment, program.discretisation, task.grids, proposed)
        except RepairError as error:
            trouble = error
            continue
        value = informational_value(task.environment, program.discretisation, information)
        if best is None or value < best[0]:
            best = (value, information)
    if best is None:
        raise trouble if trouble is not None else SolveError("the upper program gave nothing to certify")
    record = task.record(program, found, best[0], started)
    return UpperBound(value=best[0], information=best[1], record=record)


def _mechanism(environment: Environment, grids: tuple[Grid, ...], counts: IntArray, growth: FloatArray) -> Mechanism:
    shape = tuple(grid.actions for grid in grids)
    transfers = balanced = None
    if environment.transfers:
        parts = equal_division(growth.reshape(shape), grids)
        balanced = np.sum(parts, axis=0)
        transfers = individual_growth_transfers(parts, grids)
    return Mechanism(
        grids=grids,
        decision_counts=counts.reshape(*shape, environment.decisions),
        transfers=transfers,
        aggregate_excess_growth=balanced,
        decision_names=environment.decision_names,
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
