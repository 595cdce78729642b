"""What a solve returns: certified numbers with the objects that prove them."""

import resource
import sys
import time
from dataclasses import dataclass
from enum import Enum

from robustmech.bounds.size import ProgramSize
from robustmech.bounds.tightness import Tightness, tightness
from robustmech.continuum.recognising import ClosedFormNumber, closed_form_number
from robustmech.elements import ExponentialInformation, PiecewiseLinearMechanism
from robustmech.lp import Capabilities, LinearSolution, LinearSolver
from robustmech.model import (
    Environment,
    FloatArray,
    Grid,
    InformationStructure,
    Mechanism,
    RationalArray,
    floats,
)

AnyMechanism = Mechanism | PiecewiseLinearMechanism
AnyInformation = InformationStructure | ExponentialInformation


NO_SOLVER = Capabilities(name="no solver", version="", method="evaluated as it is", reports_iterations=False)
"""What stands for the solver where a candidate needed none."""


class BoundStatus(Enum):
    """How good certified numbers are. In any case they are bounds.

    Proved: as good as the programs that were asked for, or a bracket as narrow as was asked for. Stopped early: they
    may be weaker than that. A duality gap that may be real: the search for a narrower bracket came to its end, and no
    hypothesis is known to hold under which there must be one; this is said of brackets, never of one side.
    """

    PROVED = "proved"
    STOPPED = "stopped early"
    GAP = "a duality gap that may be real"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolveRecord:
    """How a side was solved.

    Args:
        status: proved if the solver says it reached the program's optimum and the certified number bears that out;
            stopped early if the number may be weaker than that.
        solver: what solved it.
        detail: the solver's own words for its status.
        iterations: the solver's iterations.
        seconds: wall time, assembly and certification included.
        size: the size of the program.
        peak_memory: the largest resident memory so far of this process or of one it solved in, in bytes.
    """

    status: BoundStatus
    solver: Capabilities
    detail: str
    iterations: int
    seconds: float
    size: ProgramSize
    peak_memory: int


def record_of(found: LinearSolution, solver: LinearSolver, size: ProgramSize, started: float) -> SolveRecord:
    """The record of a solve that began at a reading of ``time.perf_counter``."""
    return SolveRecord(
        status=BoundStatus.PROVED if found.status.solved else BoundStatus.STOPPED,
        solver=solver.capabilities,
        detail=found.detail,
        iterations=found.iterations,
        seconds=time.perf_counter() - started,
        size=size,
        peak_memory=peak_memory(),
    )


def peak_memory() -> int:
    """The largest resident memory so far of this process or of one that it solved in, in bytes."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak if sys.platform == "darwin" else peak * 1024


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LowerBound:
    """A certified lower bound on the maximum guarantee, and the mechanism that attains it.

    Args:
        value: the number, rounded down.
        mechanism: a participation-secure mechanism whose guarantee is at least the value, but for the rounding of its
            transfers to doubles. A guarantee is over the equilibria that exist: a finite mechanism has one, a rule on
            real bids is assumed to. The value itself is at most the supremum over finite mechanisms in either case.
        multipliers: y, exact, one per belief row; with the mechanism they prove the value.
        record: how it was found.
    """

    value: float
    mechanism: AnyMechanism
    multipliers: RationalArray
    record: SolveRecord


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UpperBound:
    """A certified upper bound on the minimum potential, and the information structure that attains it.

    Args:
        value: the number, rounded up.
        information: an information structure whose potential is at most the value.
        record: how it was found.
    """

    value: float
    information: AnyInformation
    record: SolveRecord


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """A certified bracket: lower.value ≤ max guarantee ≤ min potential ≤ upper.value.

    Args:
        environment: the environment.
        lower: the guarantee side, or None if it was not asked for.
        upper: the potential side, or None if it was not asked for.
        elapsed: wall time, where there was a search, or it was ended early.
        narrow_enough: whether the search found a bracket as narrow as was asked for.
        cause: what ended the search early, in words: time, work, memory, an interrupt, a failure; None for nothing.
        entry_payments: whether mechanisms could charge agents, or pay them, at action 0 (with transfers).
    """

    environment: Environment
    lower: LowerBound | None
    upper: UpperBound | None
    elapsed: float | None = None
    narrow_enough: bool = True
    cause: str | None = None
    entry_payments: bool = False

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The grids that all of the solution lives on; empty where a side lives on a mesh, or on others."""
        sides: list[AnyMechanism | AnyInformation] = []
        if self.lower is not None:
            sides.append(self.lower.mechanism)
        if self.upper is not None:
            sides.append(self.upper.information)
        grids = [side.grids for side in sides if isinstance(side, Mechanism | InformationStructure)]
        return grids[0] if grids and len(grids) == len(sides) and all(own == grids[0] for own in grids) else ()

    @property
    def places(self) -> tuple[str, ...]:
        """Where each solved side lives, in words."""
        found: list[AnyMechanism | AnyInformation] = []
        if self.lower is not None:
            found.append(self.lower.mechanism)
        if self.upper is not None:
            found.append(self.upper.information)
        return tuple(place_name(side) for side in found)

    @property
    def gap(self) -> float:
        """The width of the bracket, or NaN if only one side was solved."""
        if self.lower is None or self.upper is None:
            return float("nan")
        return self.upper.value - self.lower.value

    @property
    def records(self) -> tuple[SolveRecord, ...]:
        """How the sides that were solved were solved."""
        return tuple(side.record for side in (self.lower, self.upper) if side is not None)

    @property
    def status(self) -> BoundStatus:
        """Proved if every side that was asked for is, and the bracket is as narrow as was asked for."""
        if self.narrow_enough:
            searched = self.elapsed is not None and len(self.records) == 2
            proved = searched or all(record.status is BoundStatus.PROVED for record in self.records)
            return BoundStatus.PROVED if proved and self.cause is None else BoundStatus.STOPPED
        real = self.cause is None and self.tightness is None and not self.entry_payments_left_out
        return BoundStatus.GAP if real else BoundStatus.STOPPED

    @property
    def stopped_by(self) -> str | None:
        """What kept the bracket from being as narrow as asked, in words; None where nothing did."""
        if self.narrow_enough or self.cause is not None:
            return self.cause
        if self.entry_payments_left_out:
            return "payments at action 0 were left out"
        return "the finest meshes that are tried were reached" if self.status is BoundStatus.STOPPED else None

    @property
    def tightness(self) -> Tightness | None:
        """Why the maximum guarantee is known to be the minimum potential; None where that is not known."""
        return tightness(self.environment, entry_payments=self.entry_payments)

    @property
    def entry_payments_left_out(self) -> bool:
        """Whether the lower number leaves out payments at action 0 that could have made it larger."""
        return self.lower is not None and not self.entry_payments and self.environment.entry_payments_matter

    @property
    def existence_assumed(self) -> bool:
        """Whether the mechanism's promise supposes that there is an equilibrium: for a rule on real bids that is not
        proved, in a finite mechanism there always is one.
        """
        return self.lower is not None and isinstance(self.lower.mechanism, PiecewiseLinearMechanism)

    @property
    def seconds(self) -> float:
        """Wall time, of the whole search where there was one."""
        if self.elapsed is not None:
            return self.elapsed
        return sum(record.seconds for record in self.records)

    @property
    def closed_form(self) -> ClosedFormNumber | None:
        """The closed form that the problem is an instance of, and its number; None if there is none."""
        return closed_form_number(self.environment)

    @property
    def state_law(self) -> FloatArray | None:
        """The law of the state that nature uses against the designer (the prior, where it is known), rounded."""
        return None if self.upper is None else floats(self.upper.information.state_law)


def place_name(found: AnyMechanism | AnyInformation) -> str:
    """The grids or the mesh that a mechanism or an information structure lives on, in words."""
    if isinstance(found, Mechanism | InformationStructure):
        names = [grid.name for grid in found.grids]
        return names[0] if len(set(names)) == 1 else " × ".join(names)
    return found.mesh.description
