"""All candidates for one side, the cheapest first; what fails is left out."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from robustmech.bounds.candidates.plain import constant_mechanisms, constant_on_grids, no_information, posted_prices
from robustmech.bounds.candidates.proposals import LowerProposal, UpperProposal, certified_lower, certified_upper
from robustmech.bounds.candidates.public import chosen_public_information, plain_public_information
from robustmech.bounds.places import GridPlace
from robustmech.bounds.sides import LowerPlace, Task, UpperPlace
from robustmech.bounds.solution import LowerBound, UpperBound
from robustmech.continuum.recognising import (
    CommonValueProblem,
    ConstantSumProblem,
    KnownMeansProblem,
    SpendingProblem,
    recognised,
    require_room,
)
from robustmech.model import Environment

Proposal = TypeVar("Proposal", LowerProposal, UpperProposal, UpperBound)
Source = Callable[[], Iterable[Proposal]]


def lower_candidates(task: Task) -> Iterator[LowerBound]:
    """Certified mechanisms: a constant decision at once, the closed form's, other constant decisions, prices."""
    environment = task.environment
    plain = plain_lower_candidates(task)
    yield from itertools.islice(plain, 1)
    for proposal in _surviving(lambda: _closed_mechanisms(environment)):
        yield from certified_lower(task, proposal)
    yield from plain
    for proposal in _surviving(lambda: posted_prices(environment, task.alike)):
        yield from certified_lower(task, proposal)


def upper_candidates(task: Task) -> Iterator[UpperBound]:
    """Certified information: none at once, the closed form's, full, the best of public signals."""
    environment = task.environment
    plain = plain_upper_candidates(task)
    yield from itertools.islice(plain, 1)
    for proposal in _surviving(lambda: _closed_information(environment)):
        yield from certified_upper(task, proposal)
    yield from plain
    yield from _surviving(lambda: chosen_public_information(task))


def plain_lower_candidates(task: Task) -> Iterator[LowerBound]:
    """Constant decisions: what there is whatever happens."""
    for proposal in _surviving(lambda: constant_mechanisms(task.environment)):
        yield from certified_lower(task, proposal)


def plain_upper_candidates(task: Task) -> Iterator[UpperBound]:
    """No information: likewise."""
    environment = task.environment
    for proposal in _surviving(lambda: no_information(environment), lambda: plain_public_information(environment)):
        yield from certified_upper(task, proposal)


def grid_lower_candidates(task: Task, place: LowerPlace) -> Iterator[LowerBound]:
    """Certified mechanisms on given grids, for where a solver's proposal is not borne out; nothing on a mesh."""
    if isinstance(place, GridPlace):
        environment = task.environment
        sources = (lambda: _closed_on_grids(environment, place), lambda: constant_on_grids(environment, place))
        for proposal in _surviving(*sources):
            yield from certified_lower(task, proposal)


def grid_upper_candidates(task: Task, place: UpperPlace) -> Iterator[UpperBound]:
    """Certified information on given grids, likewise."""
    if isinstance(place, GridPlace):
        for proposal in _surviving(lambda: _closed_information_on_grids(task.environment, place)):
            yield from certified_upper(task, proposal)


# The closed forms' modules are loaded where one applies only: they take longer to load than a small solve.


def _closed_mechanisms(environment: Environment) -> Iterable[LowerProposal]:
    problem = recognised(environment)
    require_room()
    if isinstance(problem, CommonValueProblem):
        from robustmech.bounds.candidates.common_value import common_value_mechanisms

        return common_value_mechanisms(problem, environment)
    if isinstance(problem, KnownMeansProblem):
        from robustmech.bounds.candidates.known_means import known_means_mechanisms

        return known_means_mechanisms(problem, environment)
    if isinstance(problem, SpendingProblem):
        from robustmech.bounds.candidates.spending import spending_mechanisms

        return spending_mechanisms(problem)
    if isinstance(problem, ConstantSumProblem):
        from robustmech.bounds.candidates.spending import constant_sum_mechanisms

        return constant_sum_mechanisms(problem, environment)
    return ()


def _closed_information(environment: Environment) -> Iterable[UpperProposal]:
    problem = recognised(environment)
    require_room()
    if isinstance(problem, CommonValueProblem):
        from robustmech.bounds.candidates.common_value import common_value_information

        return common_value_information(problem, environment)
    if isinstance(problem, KnownMeansProblem):
        from robustmech.bounds.candidates.known_means import known_means_information

        return known_means_information(problem)
    if isinstance(problem, SpendingProblem):
        from robustmech.bounds.candidates.spending import spending_information

        return spending_information(problem)
    return ()


def _closed_on_grids(environment: Environment, place: GridPlace) -> Iterable[LowerProposal]:
    problem = recognised(environment)
    if isinstance(problem, SpendingProblem):
        from robustmech.bounds.candidates.spending import spending_on_grids

        return spending_on_grids(problem, place)
    return ()


def _closed_information_on_grids(environment: Environment, place: GridPlace) -> Iterable[UpperProposal]:
    problem = recognised(environment)
    if isinstance(problem, SpendingProblem):
        from robustmech.bounds.candidates.spending import spending_information_on_grids

        return spending_information_on_grids(problem, place)
    return ()


def _surviving(*sources: Source[Proposal]) -> Iterator[Proposal]:
    """The proposals of all sources; one that fails, in whatever way, offers no more: candidates are only a help."""
    for source in sources:
        try:
            yield from source()
        except Exception:  # whatever is wrong with one candidate, the others and the programs remain
            continue
