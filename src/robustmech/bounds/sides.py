"""One side of the bracket on one discretisation: assemble, propose, repair, certify."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from robustmech.bounds.assembly import LocalProgram, local_program
from robustmech.bounds.budget import USUAL_ITERATIONS, Budget
from robustmech.bounds.entry import Entry
from robustmech.bounds.evaluation import exact_multipliers, informational_value, strategic_value
from robustmech.bounds.excluded_states import sink_excluded_states
from robustmech.bounds.information_repair import exact_law
from robustmech.bounds.multipliers import are_known, best_multipliers
from robustmech.bounds.participation import feasible_decisions, require_secure_decision
from robustmech.bounds.size import ProgramSize
from robustmech.bounds.solution import (
    AnyInformation,
    AnyMechanism,
    BoundStatus,
    LowerBound,
    SolveRecord,
    UpperBound,
    record_of,
)
from robustmech.bounds.units import program_unit
from robustmech.errors import InputError, RepairError, SolveError
from robustmech.lp import Iteration, Limits, LinearSolution, LinearSolver, SolverStatus, solve_scaled
from robustmech.model import (
    Discretisation,
    Environment,
    ExactLaw,
    FloatArray,
    IntArray,
    RationalArray,
    Side,
    floats,
)
from robustmech.model.interior import interior_law
from robustmech.model.symmetry import Exchange

_TOLERANCE, _ROUNDING = 1e-5, 1e-8
"""How far a certified number may be from a solver's objective that it bears out: of what is at stake, of itself."""
_REFINEMENTS = 2
"""How often, at most, a solved mechanism is evaluated again at more rows."""
_UNLIKELY = 1e-6
_OVERHEAD = 0.01
"""Units of work that even the smallest program takes."""
_MARGIN = 1.5
"""How much longer than assembling a program certifying its solution is taken to take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A progress report: what is being done, for which side, and the solver's iteration if there is one.

    Args:
        side: which bound is being worked on.
        name: what is being done.
        iteration: the solver's iteration, if it is running.
        bracket: the certified numbers so far, where a bracket is being refined.
    """

    side: Side
    name: Literal["assembling", "solving", "certifying"]
    iteration: Iteration | None = None
    bracket: tuple[float, float] | None = None


Watch = Callable[[Stage], None]


class Place(Protocol):
    """Where a program lives."""

    def discretise(self, side: Side) -> Discretisation:
        """The program's operators."""
        ...

    def size(self, environment: Environment, symmetries: int) -> ProgramSize:
        """An estimate of the program's size, before it is built."""
        ...

    def __hash__(self) -> int:
        """Equal places are one."""
        ...


class LowerPlace(Place, Protocol):
    """Where a lower program lives, and what its solution is called there."""

    def stored(
        self,
        environment: Environment,
        discretisation: Discretisation,
        counts: IntArray,
        multipliers: RationalArray,
        entry: Entry | None,
    ) -> tuple[AnyMechanism, float]:
        """The mechanism with the given decisions at the nodes, and its number with the transfers as it stores them."""
        ...

    def finer(self, environment: Environment, counts: IntArray) -> "tuple[LowerPlace, FloatArray] | None":
        """A place with more rows, and the same mechanism's decisions there, where that is worth evaluating."""
        ...


class UpperPlace(Place, Protocol):
    """Where an upper program lives, and what its solution is called there."""

    def information(self, law: ExactLaw) -> AnyInformation:
        """The information structure with the given joint law of rows and states."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What to solve, and how.

    Args:
        environment: the environment.
        alike: the exchanges of agents that leave it as it is.
        solver: what proposes solutions.
        budget: what may be spent.
        worth: what is at stake, in absolute value.
        watch: called with progress reports.
        iterations: the solver's iterations for one program, at most; None for no limit.
        entry: the environment with payments at action 0, where mechanisms may have them and they can matter.
    """

    environment: Environment
    alike: tuple[Exchange, ...]
    solver: LinearSolver
    budget: Budget
    worth: float
    watch: Watch
    iterations: int | None = None
    entry: Entry | None = None

    def environment_of(self, side: Side) -> Environment:
        """The environment of one side's program: for the mechanism with entry payments, if there are any."""
        return self.environment if self.entry is None or side is Side.UPPER else self.entry.environment

    def propose(self, place: Place, side: Side) -> tuple[LocalProgram, LinearSolution]:
        """Assemble one side's program and solve it.

        Raises:
            InputError: if no decision is participation secure.
            SolveError: if the solver left nothing to certify, or there is no time or work left.
        """
        program, found = self.solved(place, side)
        self.watch(Stage(side=side, name="certifying"))
        if found.status is SolverStatus.INFEASIBLE and side is Side.LOWER:
            require_secure_decision(program.environment)
        if not found.status.has_solution:
            self.budget.require()
            raise SolveError(
                f"{self.solver.capabilities.name} ended with '{found.detail}' on the {side.value} program and left "
                "nothing to certify: try another grid or the other solver"
            )
        return program, found

    def solved(self, place: Place, side: Side) -> tuple[LocalProgram, LinearSolution]:
        """One side's program, folded by the exchanges that the discretisation allows, and the unfolded solution.

        Raises:
            OutOfBudgetError: if there is no time or work left to solve it.
        """
        self.budget.require()
        begun = self.budget.elapsed
        self.watch(Stage(side=side, name="assembling"))
        discretisation = place.discretise(side)
        entry = self.entry if side is Side.LOWER else None
        alike = tuple(
            exchange
            for exchange in (self.alike if entry is None else entry.alike)
            if exchange.agents in discretisation.exchanged
        )
        left_out = None if entry is None else entry.left_out(discretisation)
        self.budget.require()
        unit = program_unit(self.environment)
        program = local_program(self.environment_of(side), discretisation, side, alike, left_out, unit)
        self.budget.require()
        effort = _OVERHEAD + place.size(self.environment, 1).seconds
        self.watch(Stage(side=side, name="solving"))
        found = solve_scaled(
            self.solver,
            program.folding.program,
            limits=self._limits(effort, self.budget.elapsed - begun),
            progress=lambda iteration: self.watch(Stage(side=side, name="solving", iteration=iteration)),
        )
        self.budget.spend(effort * max(1, found.iterations) / USUAL_ITERATIONS)
        return program, program.folding.unfold(found)

    def _limits(self, effort: float, assembling: float) -> Limits:
        """The solver's limits: what is left, less the time that certifying is taken to take."""
        left = self.budget.seconds_left
        reserve = min(left / 2, _MARGIN * assembling)
        return Limits(
            seconds=None if math.isinf(left) else max(left - reserve, 1e-3),
            iterations=self.budget.iterations(effort, self.iterations),
            stopped=lambda: self.budget.ended is not None,
        )

    def confirmed(self, program: LocalProgram, found: LinearSolution, value: float) -> bool:
        """Whether a certified number bears out the solver's claim that it reached the optimum."""
        missed = abs(value - program.value(found))
        return found.status.solved and missed <= max(_TOLERANCE * self.worth, _ROUNDING * abs(value))

    def record(
        self, place: Place, program: LocalProgram, found: LinearSolution, value: float, started: float
    ) -> SolveRecord:
        """The record; a number that misses the solver's own objective is not called proved."""
        size = place.size(self.environment, 1)
        record = record_of(found, self.solver, size, started)
        if record.status is BoundStatus.PROVED and not self.confirmed(program, found, value):
            missed = abs(value - program.value(found))
            detail = f"{found.detail}, but inaccurate: {missed:.1e} from the certified number"
            return replace(record, status=BoundStatus.STOPPED, detail=detail)
        return record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Certified:
    """Feasible decisions at a place, and the number that they prove with some belief multipliers."""

    entry: Entry | None
    place: LowerPlace
    discretisation: Discretisation
    counts: IntArray
    proposed: FloatArray
    multipliers: RationalArray
    value: float

    @classmethod
    def of(
        cls, entry: Entry | None, program: LocalProgram, place: LowerPlace, decisions: FloatArray, y: FloatArray
    ) -> "_Certified":
        """Repaired and evaluated.

        Raises:
            RepairError: if the decisions cannot be repaired.
        """
        environment, discretisation = program.environment, program.discretisation
        if entry is None:
            counts = feasible_decisions(environment, discretisation, decisions)
        else:
            counts = entry.secured(discretisation, decisions)
        candidates = [
            (strategic_value(environment, discretisation, counts, sunk)[0], sunk)
            for sunk in (sink_excluded_states(program, counts, tried) for tried in _multipliers(program, counts, y))
        ]
        value, multipliers = max(candidates, key=lambda candidate: candidate[0])
        return cls(
            entry=entry,
            place=place,
            discretisation=discretisation,
            counts=counts,
            proposed=y,
            multipliers=multipliers,
            value=value,
        )

    def refined(self, program: LocalProgram, times: int = _REFINEMENTS) -> "_Certified":
        """The same mechanism and multipliers evaluated at more rows, while that is a better number."""
        finer = self.place.finer(program.environment, self.counts) if times else None
        if finer is None:
            return self
        place, decisions = finer
        try:
            finer_program = replace(program, discretisation=place.discretise(Side.LOWER))
            found = _Certified.of(self.entry, finer_program, place, decisions, self.proposed)
        except RepairError:
            return self
        return found.refined(program, times - 1) if found.value > self.value else self


def _multipliers(program: LocalProgram, counts: IntArray, y: FloatArray) -> list[RationalArray]:
    """The proposed belief multipliers; without transfers the best for the decisions, if need be beside the proposed."""
    environment, discretisation = program.environment, program.discretisation
    proposed = exact_multipliers(environment, y)
    if environment.transfers:
        return [proposed]
    try:
        best = best_multipliers(environment, discretisation, counts)
    except SolveError:
        return [proposed]
    return [best] if are_known(environment.beliefs) else [best, proposed]


def solve_lower(task: Task, place: LowerPlace) -> LowerBound:
    """The certified lower number: the solver's proposal's or, where that is less than it claims, nothing's.

    The mechanism may be given on a finer mesh than the program's, where it is the same but known better.
    """
    started = time.perf_counter()
    program, found = task.propose(place, Side.LOWER)
    best: _Certified | None = None
    trouble: RepairError | None = None
    for proposed, y in _proposals(task, place, program, found):
        try:
            certified = _Certified.of(task.entry, program, place, proposed, y)
        except RepairError as error:
            trouble = error
            continue
        if best is None or certified.value > best.value:
            best = certified
        if certified.value >= 0 and task.confirmed(program, found, certified.value):
            break
    if best is None:
        raise trouble if trouble is not None else SolveError("the lower program gave nothing to certify")
    final = best.refined(program)
    mechanism, value = final.place.stored(
        program.environment, final.discretisation, final.counts, final.multipliers, task.entry
    )
    return LowerBound(
        value=value,
        mechanism=mechanism,
        multipliers=final.multipliers,
        record=task.record(place, program, found, best.value, started),
    )


def _proposals(
    task: Task, place: LowerPlace, program: LocalProgram, found: LinearSolution
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Decisions and belief multipliers: the solution's; those of the program without entry payments; nothing.

    The later ones are for when the solution does not bear out what the solver claims for it.
    """
    decisions, multipliers = program.decisions(found), program.belief_multipliers(found)
    yield decisions, multipliers
    if task.entry is not None:
        try:
            other, proposed = replace(task, entry=None).propose(place, Side.LOWER)
        except (InputError, SolveError):
            pass
        else:
            kept = other.decisions(proposed)
            payments = np.zeros((kept.shape[0], decisions.shape[1] - kept.shape[1]))
            yield np.concatenate([kept, payments], axis=1), other.belief_multipliers(proposed)
    yield np.zeros_like(decisions), np.zeros_like(multipliers)


def solve_upper(task: Task, place: UpperPlace) -> UpperBound:
    """The certified upper number: the solver's proposal's or, where that is more than it claims, no signals'."""
    started = time.perf_counter()
    program, found = task.propose(place, Side.UPPER)
    prior = floats(interior_law(task.environment.beliefs))
    joint = program.joint_law(found)
    candidates = (joint, np.where(_negligible(task, prior), 0.0, joint), program.discretisation.mass[:, None] * prior)
    best: tuple[float, ExactLaw] | None = None
    trouble: RepairError | None = None
    for proposed in candidates:
        try:
            law = exact_law(task.environment, program.discretisation, proposed)
        except RepairError as error:
            trouble = error
            continue
        value = informational_value(task.environment, program.discretisation, law)
        if best is None or value < best[0]:
            best = (value, law)
        if task.confirmed(program, found, value):
            break
    if best is None:
        raise trouble if trouble is not None else SolveError("the upper program gave nothing to certify")
    record = task.record(place, program, found, best[0], started)
    return UpperBound(value=best[0], information=place.information(best[1]), record=record)


def _negligible(task: Task, prior: FloatArray) -> npt.NDArray[np.bool_]:
    """States so unlikely that a solver's law of them is noise, and worth too little for signals to tell of them."""
    worth = prior * np.abs(task.environment.best_surplus())
    found: npt.NDArray[np.bool_] = (prior < _UNLIKELY) & (worth < _UNLIKELY * task.worth)
    return found
