"""All candidates for one side, the cheapest first; what fails is left out."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from robustmech.bounds.candidates.common_value import common_value_information, common_value_mechanisms
from robustmech.bounds.candidates.proposals import LowerProposal, UpperProposal, certified_lower, certified_upper
from robustmech.bounds.sides import Task
from robustmech.bounds.solution import LowerBound, UpperBound
from robustmech.continuum.recognising import CommonValueProblem, recognised
from robustmech.errors import RobustmechError

Proposal = TypeVar("Proposal")


def lower_candidates(task: Task) -> Iterator[LowerBound]:
    """Certified mechanisms, the cheapest first."""
    for proposal in _surviving(_lower_sources(task)):
        yield from certified_lower(task, proposal)


def upper_candidates(task: Task) -> Iterator[UpperBound]:
    """Certified information, the cheapest first."""
    for proposal in _surviving(_upper_sources(task)):
        yield from certified_upper(task, proposal)


def _lower_sources(task: Task) -> Iterator[Callable[[], Iterable[LowerProposal]]]:
    problem = recognised(task.environment)
    if isinstance(problem, CommonValueProblem):
        yield partial(common_value_mechanisms, problem, task.environment)


def _upper_sources(task: Task) -> Iterator[Callable[[], Iterable[UpperProposal]]]:
    problem = recognised(task.environment)
    if isinstance(problem, CommonValueProblem):
        yield partial(common_value_information, problem, task.environment)


def _surviving(sources: Iterable[Callable[[], Iterable[Proposal]]]) -> Iterator[Proposal]:
    """The proposals of all sources; one that fails offers no more."""
    for source in sources:
        try:
            yield from source()
        except (RobustmechError, ArithmeticError):
            continue
