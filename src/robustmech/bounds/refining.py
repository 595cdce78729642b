"""Refining a bracket until it is as narrow as asked."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from robustmech.bounds.candidates import lower_candidates, upper_candidates
from robustmech.bounds.ladders import AnyPlace, Ladder, ladders
from robustmech.bounds.sides import LowerPlace, Stage, Task, UpperPlace, Watch, solve_lower, solve_upper
from robustmech.bounds.size import require_memory
from robustmech.bounds.solution import LowerBound, Solution, UpperBound
from robustmech.continuum.recognising import closed_form_number, recognised
from robustmech.errors import RobustmechError, SolveError, SpacingError
from robustmech.lp import Limits
from robustmech.model import Side

_NEGLIGIBLE = 1e-9
_NEGLIGIBLE_GAP = 1e-6
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """When a bracket is narrow enough, and what may be spent on it.

    Args:
        gap: its width, absolute; or None.
        relative_gap: its width over the smaller of its ends' sizes; or None.
        seconds: wall time for everything.
        memory: bytes that one program may be estimated to need.
        worth: what is at stake; a relative gap is reached, too, where the width is a millionth of it.
    """

    gap: float | None
    relative_gap: float | None
    seconds: float
    memory: float
    worth: float

    def reached(self, lower: float, upper: float) -> bool:
        """Whether either width is reached."""
        width = upper - lower
        close = width <= (self.worth * _NEGLIGIBLE_GAP if self.gap is None else self.gap)
        return close or (self.relative_gap is not None and width <= self.relative_gap * min(abs(lower), abs(upper)))


@dataclass(slots=True, eq=False)
class _Climber:
    """A ladder, the numbers it has brought so far, and what is known about its next rung."""

    ladder: Ladder
    rungs: int = 0
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    place: AnyPlace | None = None
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


def refine(task: Task, target: Target, sides: tuple[Side, ...]) -> Solution:
    """The narrowest bracket that was found before the target was reached or its limits ran out.

    All ladders take their first rung; then the one with the most to gain for its effort goes on. Until the time is up
    nothing depends on the clock.

    Raises:
        SolveError: if no number could be certified.
    """
    started = time.perf_counter()
    deadline = started + target.seconds
    best: dict[Side, LowerBound | UpperBound] = {}
    trouble: RobustmechError | None = None
    climbers = [
        _Climber(ladder)
        for ladder in ladders(task.environment, task.alike, entry=task.entry is not None)
        if ladder.side in sides
    ]
    _try_candidates(task, target, sides, best, deadline)
    known = set(best) == set(sides) and (recognised(task.environment) is not None or _narrow_enough(target, best))
    for side in () if known else sides:
        _require_fitting(
            task, target, [climber.ladder for climber in climbers if climber.ladder.side is side], deadline
        )
    while climbers and not _narrow_enough(target, best):
        climber = _next(climbers, best, task, target, deadline)
        if climber is None:
            break
        side = climber.ladder.side
        begun = time.perf_counter()
        try:
            found = _solve(_limited(task, deadline, best), climber, side)
        except (SolveError, SpacingError) as error:
            trouble = error
            climber.finished = True
            continue
        climber.seconds = time.perf_counter() - begun
        climber.values.append(found.value)
        climber.place = None
        if side not in best or _better(side, found.value, best[side].value):
            best[side] = found
    if set(best) != set(sides):
        raise trouble if trouble is not None else SolveError("nothing could be certified in the time given")
    lower, upper = best.get(Side.LOWER), best.get(Side.UPPER)
    return Solution(
        environment=task.environment,
        lower=lower if isinstance(lower, LowerBound) else None,
        upper=upper if isinstance(upper, UpperBound) else None,
        elapsed=time.perf_counter() - started,
        narrow_enough=len(best) < 2 or _narrow_enough(target, best),
    )


def _try_candidates(
    task: Task, target: Target, sides: tuple[Side, ...], best: dict[Side, LowerBound | UpperBound], deadline: float
) -> None:
    """What closed forms and the like prove, cheapest first on either side, until the bracket is narrow enough."""
    streams: dict[Side, Iterator[LowerBound | UpperBound]] = {
        side: lower_candidates(task) if side is Side.LOWER else upper_candidates(task) for side in sides
    }
    while streams and time.perf_counter() < deadline and not _narrow_enough(target, best):
        for side in list(streams):
            _with_bracket(task.watch, best)(Stage(side=side, name="certifying"))
            found = next(streams[side], None)
            if found is None:
                del streams[side]
            elif side not in best or _better(side, found.value, best[side].value):
                best[side] = found


def _narrow_enough(target: Target, best: dict[Side, LowerBound | UpperBound]) -> bool:
    return len(best) == 2 and target.reached(best[Side.LOWER].value, best[Side.UPPER].value)


def _require_fitting(task: Task, target: Target, candidates: Sequence[Ladder], deadline: float) -> None:
    """Refuse at once where not even one ladder's first program fits.

    Raises:
        SizeError: naming the smallest.
    """
    places = [ladder.climb(task, 0, deadline) for ladder in candidates]
    sizes = [place.size(task.environment, 1) for place in places if place is not None]
    require_memory(min(sizes, key=lambda size: size.memory), target.memory, "use fewer states or agents")


def _next(
    climbers: list[_Climber], best: dict[Side, LowerBound | UpperBound], task: Task, target: Target, deadline: float
) -> _Climber | None:
    """The climber with the most to gain per second whose next rung fits; its place is set."""
    while True:
        open_ = [climber for climber in climbers if not climber.finished]
        if not open_:
            return None
        fresh = [climber for climber in open_ if climber.ladder.side not in best]
        chosen = min(fresh or open_, key=lambda climber: _priority(climber, best, task))
        left = deadline - time.perf_counter()
        if chosen.ladder.side in best and (left <= 0 or chosen.expected_seconds > left):
            chosen.finished = True
            continue
        if len(chosen.values) >= _SETTLED and _gain(chosen, best, task) < _NEGLIGIBLE * task.worth:
            chosen.finished = True
            continue
        place = chosen.ladder.climb(task, chosen.rungs, min(deadline, time.perf_counter() + 0.2 * target.seconds))
        size = None if place is None else place.size(task.environment, 1)
        if place is None or size is None or size.memory > target.memory:
            chosen.finished = True
            continue
        chosen.rungs += 1
        chosen.place, chosen.effort = place, size.seconds
        return chosen


def _priority(climber: _Climber, best: dict[Side, LowerBound | UpperBound], task: Task) -> float:
    """Less is sooner: effort for each unit of expected gain."""
    if not climber.values:
        return -1.0
    return climber.expected_effort / max(_gain(climber, best, task), 1e-3 * _NEGLIGIBLE * task.worth)


def _gain(climber: _Climber, best: dict[Side, LowerBound | UpperBound], task: Task) -> float:
    """What the next rung is expected to bring its side; with one side only, measured by the value's size.

    Where there is a closed form no side can gain more than what it is away from that.
    """
    side = climber.ladder.side
    if side not in best:
        return float("inf")
    own = best[side].value
    width = abs(best[Side.UPPER].value - best[Side.LOWER].value) if len(best) == 2 else abs(own)
    gain = climber.expected_gain(own, 1.0 if side is Side.LOWER else -1.0, width)
    known = closed_form_number(task.environment)
    return gain if known is None else min(gain, abs(known.value - own))


def _solve(task: Task, climber: _Climber, side: Side) -> LowerBound | UpperBound:
    place = climber.place
    if side is Side.LOWER:
        return solve_lower(task, cast(LowerPlace, place))
    return solve_upper(task, cast(UpperPlace, place))


def _limited(task: Task, deadline: float, best: dict[Side, LowerBound | UpperBound]) -> Task:
    """The task with what time is left, and reports that carry the bracket so far."""
    left = max(0.05, deadline - time.perf_counter())
    limits = Limits(seconds=left, iterations=task.limits.iterations)
    return replace(task, limits=limits, watch=_with_bracket(task.watch, best))


def _with_bracket(watch: Watch, best: dict[Side, LowerBound | UpperBound]) -> Watch:
    if len(best) < 2:
        return watch
    bracket = best[Side.LOWER].value, best[Side.UPPER].value
    return lambda stage: watch(replace(stage, bracket=bracket))


def _better(side: Side, one: float, other: float) -> bool:
    return one > other if side is Side.LOWER else one < other
