"""Decisions and laws proposed without a linear program, and the certified numbers that they prove."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from robustmech.bounds.entry import Entry
from robustmech.bounds.evaluation import informational_value
from robustmech.bounds.information_repair import exact_law
from robustmech.bounds.multipliers import best_multipliers
from robustmech.bounds.participation import feasible_decisions
from robustmech.bounds.sides import LowerPlace, Place, Task, UpperPlace
from robustmech.bounds.solution import NO_SOLVER, BoundStatus, LowerBound, SolveRecord, UpperBound, peak_memory
from robustmech.model import Discretisation, Environment, FloatArray, IntArray, RationalArray, Side

Multipliers = Callable[[Environment, Discretisation, IntArray], RationalArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LowerProposal:
    """A mechanism.

    Args:
        place: where it lives.
        decisions: at the nodes, shape (nodes, decisions), any numbers: they are pushed into the decision set.
        detail: what it is, in words.
        multipliers: the belief multipliers y for the decisions as they were made feasible.
    """

    place: LowerPlace
    decisions: FloatArray
    detail: str
    multipliers: Multipliers = best_multipliers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UpperProposal:
    """An information structure.

    Args:
        place: where it lives.
        joint: the joint law of rows and states, shape (rows, states), any numbers: it is made exact.
        detail: what it is, in words.
    """

    place: UpperPlace
    joint: Callable[[Environment, Discretisation], FloatArray]
    detail: str


@lru_cache(maxsize=2)
def discretised(place: Place, side: Side) -> Discretisation:
    """A place's operators, kept while candidates on one mesh are tried."""
    return place.discretise(side)


def certified_lower(task: Task, proposal: LowerProposal) -> Iterator[LowerBound]:
    """What a proposed mechanism proves, with payments at action 0, where the task has them, and without.

    What cannot be repaired or evaluated is left out.
    """
    for entry in (None,) if task.entry is None else (task.entry, None):
        try:
            yield _lower(task, entry, proposal)
        except Exception:  # it is one of several
            continue


def _lower(task: Task, entry: Entry | None, proposal: LowerProposal) -> LowerBound:
    started = time.perf_counter()
    discretisation = discretised(proposal.place, Side.LOWER)
    environment = task.environment
    if entry is None:
        counts = feasible_decisions(environment, discretisation, proposal.decisions)
    else:
        environment = entry.environment
        payments = np.zeros((discretisation.nodes, environment.decisions - task.environment.decisions))
        counts = entry.secured(discretisation, np.concatenate([proposal.decisions, payments], axis=1))
    multipliers = proposal.multipliers(environment, discretisation, counts)
    mechanism, value = proposal.place.stored(environment, discretisation, counts, multipliers, entry)
    return LowerBound(
        value=value,
        mechanism=mechanism,
        multipliers=multipliers,
        record=_record(task, proposal.place, proposal.detail, started),
    )


def certified_upper(task: Task, proposal: UpperProposal) -> Iterator[UpperBound]:
    """What proposed information proves, if it can be made exact."""
    started = time.perf_counter()
    try:
        discretisation = discretised(proposal.place, Side.UPPER)
        law = exact_law(task.environment, discretisation, proposal.joint(task.environment, discretisation))
        value = informational_value(task.environment, discretisation, law)
        information = proposal.place.information(law)
    except Exception:  # it is one of several
        return
    yield UpperBound(
        value=value, information=information, record=_record(task, proposal.place, proposal.detail, started)
    )


def _record(task: Task, place: Place, detail: str, started: float) -> SolveRecord:
    return SolveRecord(
        status=BoundStatus.PROVED,
        solver=NO_SOLVER,
        detail=detail,
        iterations=0,
        seconds=time.perf_counter() - started,
        size=place.size(task.environment, 1),
        peak_memory=peak_memory(),
    )
