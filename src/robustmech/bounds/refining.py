"""Refining a bracket until it is as narrow as asked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from robustmech.bounds.budget import OutOfBudgetError
from robustmech.bounds.candidates import lower_candidates, upper_candidates
from robustmech.bounds.incumbents import Incumbents, Target, in_words
from robustmech.bounds.ladders import AnyPlace, Ladder, ladders
from robustmech.bounds.participation import require_secure_decision
from robustmech.bounds.sides import LowerPlace, Stage, Task, UpperPlace, Watch, solve_lower, solve_upper
from robustmech.bounds.size import require_memory
from robustmech.bounds.solution import BoundStatus, LowerBound, UpperBound, place_name
from robustmech.continuum.recognising import closed_form_number, recognised
from robustmech.errors import SolveError, SpacingError
from robustmech.model import Side

_NEGLIGIBLE = 1e-9
_USUAL_GROWTH = 4.0
"""How much longer a rung is taken to take than the one below it."""
_OVERHEAD = 0.01
"""Seconds that even the smallest program takes."""
_TUNING = 15.0
"""The same for the second rung, before which a ladder is tuned."""
_SHOWN = 3
"""How many rungs a ladder takes before it is judged by them: the first is untuned."""
_SETTLED = 5
"""How many it takes before it may be given up: coarse meshes may miss what fine ones find, all by the same."""
_SETTLED_SHARE = 0.01
"""A ladder that ends is settled if it was to narrow the bracket by no more than this share."""
_TUNING_SHARE = 0.2
"""How much of the time and the work one ladder may be tuned for."""


@dataclass(slots=True, eq=False)
class _Climber:
    """A ladder, the numbers it has brought so far, and what is known about its next rung."""

    ladder: Ladder
    rungs: int = 0
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    effort: float = 0.0
    finished: bool = False

    @property
    def expected_seconds(self) -> float:
        """How long the next rung is expected to take, tuning included."""
        return self.seconds * self._growth

    @property
    def expected_effort(self) -> float:
        """The same by the size of the last program rather than by the clock, so that runs repeat each other."""
        return (_OVERHEAD + self.effort) * self._growth

    @property
    def _growth(self) -> float:
        return _TUNING if len(self.values) == 1 else _USUAL_GROWTH

    def expected_gain(self, best: float, sign: float, width: float) -> float:
        """By how much the next rung is expected to improve the side's number.

        Half the bracket's width, while there is nothing to judge by; then as much again as in the last two rungs.
        """
        signed = [sign * value for value in self.values]
        further = width / 2 if len(signed) < _SHOWN else max(signed) - max(signed[: 1 - _SHOWN])
        return max(signed) - sign * best + further


def refine(task: Task, target: Target, incumbents: Incumbents) -> None:
    """Offer ever better bounds until the target is reached or the budget is spent.

    All ladders take their first rung; then the one with the most to gain for its effort goes on. Until the time is up
    nothing depends on the clock. Whatever goes wrong on a ladder ends that ladder only.

    Raises:
        SizeError: if no ladder's first program fits the memory.
        InputError: if no decision is participation secure.
        RobustmechError: what went wrong last, if a side has no number in the end.
    """
    _offer_candidates(task, incumbents)
    climbers = [
        _Climber(ladder)
        for ladder in ladders(task.environment, task.alike, entry=task.entry is not None)
        if ladder.side in incumbents.sides
    ]
    known = incumbents.complete and (incumbents.narrow_enough or recognised(task.environment) is not None)
    for side in () if known else incumbents.sides:
        _require_fitting(task, target, [climber.ladder for climber in climbers if climber.ladder.side is side])
    if Side.LOWER in incumbents.sides and incumbents.number(Side.LOWER) is None:
        require_secure_decision(task.environment_of(Side.LOWER))
    trouble: Exception = SolveError("nothing could be certified")
    while not incumbents.narrow_enough and task.budget.ended is None:
        climber = _next(climbers, incumbents, task)
        if climber is None:
            break
        try:
            _climb(climber, incumbents, task, target)
        except Exception as error:  # a failure of any kind must not lose what the other ladders found or may find
            climber.finished = True
            if not isinstance(error, SpacingError | OutOfBudgetError):
                trouble = error
                incumbents.note(in_words(error))
    if task.budget.ended is not None and not incumbents.narrow_enough:
        incumbents.note(task.budget.ended)
    if not incumbents.complete:
        task.budget.require()
        raise trouble


def _offer_candidates(task: Task, incumbents: Incumbents) -> None:
    """Offer what can be had without a mesh's program, the cheapest first: one for certain, more while there is time."""
    streams: dict[Side, Iterator[LowerBound | UpperBound]] = {
        side: _at_leisure(lower_candidates if side is Side.LOWER else upper_candidates, task)
        for side in incumbents.sides
    }
    rounds = 0
    while streams and not (rounds and (incumbents.narrow_enough or task.budget.ended is not None)):
        rounds += 1
        for side in list(streams):
            _with_bracket(task.watch, incumbents)(Stage(side=side, name="certifying"))
            try:
                bound = next(streams[side], None)
                if bound is None:
                    del streams[side]
                else:
                    incumbents.offer(bound)
            except Exception as error:  # candidates are a help, and what fails with them must not end the search
                del streams[side]
                incumbents.note(in_words(error))


def _at_leisure(
    candidates: Callable[[Task], Iterator[LowerBound | UpperBound]], task: Task
) -> Iterator[LowerBound | UpperBound]:
    """What a function yields; it is called when the first is asked for, so that its failure is that of its stream."""
    yield from candidates(task)


def _require_fitting(task: Task, target: Target, candidates: Sequence[Ladder]) -> None:
    """Refuse at once where not even one ladder's first program fits.

    Raises:
        SizeError: naming the smallest.
    """
    places = [ladder.climb(task, 0) for ladder in candidates]
    sizes = [place.size(task.environment, 1) for place in places if place is not None]
    require_memory(min(sizes, key=lambda size: size.memory), target.memory, "use fewer states or agents")


def _next(climbers: list[_Climber], incumbents: Incumbents, task: Task) -> _Climber | None:
    """The climber with the most to gain for its effort for whose next rung there is time and work, if there is one."""
    while True:
        open_ = [climber for climber in climbers if not climber.finished]
        if not open_:
            return None
        fresh = [climber for climber in open_ if incumbents.number(climber.ladder.side) is None]
        chosen = min(fresh or open_, key=lambda climber: _priority(climber, incumbents, task))
        if not fresh and _too_much(chosen, task):
            chosen.finished = True
            incumbents.note(f"finer meshes would not fit into the {task.budget.limits_in_words}")
        elif len(chosen.values) >= _SETTLED and _gain(chosen, incumbents, task) < _NEGLIGIBLE * task.worth:
            chosen.finished = True
        else:
            return chosen


def _too_much(climber: _Climber, task: Task) -> bool:
    """Whether the next rung is expected to take more time or work than there is left."""
    budget = task.budget
    return climber.expected_seconds > budget.seconds_left or climber.expected_effort > budget.work_left


def _climb(climber: _Climber, incumbents: Incumbents, task: Task, target: Target) -> None:
    """Take the next rung and offer what it brings; the climber is finished if there is none that fits."""
    begun = task.budget.elapsed
    side = climber.ladder.side
    tuning = replace(task, budget=task.budget.part(_TUNING_SHARE))
    place = climber.ladder.climb(tuning, climber.rungs)
    size = None if place is None else place.size(task.environment, 1)
    if place is None or size is None:
        climber.finished = True
        if _still_gaining(climber, incumbents, task):
            incumbents.note("the finest meshes that are tried were reached")
        return
    if size.memory > target.memory:
        climber.finished = True
        incumbents.note(f"finer meshes would not fit into the memory limit of {target.memory / 2**30:.1f} GiB")
        return
    climber.rungs += 1
    climber.effort = size.seconds
    found = _solve(replace(task, watch=_with_bracket(task.watch, incumbents)), place, side)
    incumbents.offer(found)
    if found.record.status is not BoundStatus.PROVED:
        where = place_name(found.mechanism if isinstance(found, LowerBound) else found.information)
        incumbents.note(f"the {side.value} program on {where} ended with '{found.record.detail}'")
    climber.seconds = task.budget.elapsed - begun
    climber.values.append(found.value)


def _still_gaining(climber: _Climber, incumbents: Incumbents, task: Task) -> bool:
    """Whether the last rungs narrowed the bracket by more than a small part of it."""
    bracket = incumbents.bracket
    return bracket is not None and _gain(climber, incumbents, task) > _SETTLED_SHARE * (bracket[1] - bracket[0])


def _priority(climber: _Climber, incumbents: Incumbents, task: Task) -> float:
    """Less is sooner: effort for each unit of expected gain."""
    if not climber.values:
        return -1.0
    return climber.expected_effort / max(_gain(climber, incumbents, task), 1e-3 * _NEGLIGIBLE * task.worth)


def _gain(climber: _Climber, incumbents: Incumbents, task: Task) -> float:
    """What the next rung is expected to bring its side; with one side only, measured by the value's size.

    Where there is a closed form no side can gain more than what it is away from that.
    """
    own = incumbents.number(climber.ladder.side)
    if own is None:
        return float("inf")
    bracket = incumbents.bracket
    width = abs(own) if bracket is None else abs(bracket[1] - bracket[0])
    gain = climber.expected_gain(own, 1.0 if climber.ladder.side is Side.LOWER else -1.0, width)
    known = closed_form_number(task.environment)
    return gain if known is None else min(gain, abs(known.value - own))


def _solve(task: Task, place: AnyPlace, side: Side) -> LowerBound | UpperBound:
    if side is Side.LOWER:
        return solve_lower(task, cast(LowerPlace, place))
    return solve_upper(task, cast(UpperPlace, place))


def _with_bracket(watch: Watch, incumbents: Incumbents) -> Watch:
    """Reports that carry the bracket so far."""
    bracket = incumbents.bracket
    return watch if bracket is None else lambda stage: watch(replace(stage, bracket=bracket))
