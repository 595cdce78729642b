"""States written out one by one: each gives every agent a value, or a value per good."""

from collections.abc import Sequence
from fractions import Fraction

from robustmech.errors import InputError
from robustmech.problems.likelihood import check_size
from robustmech.problems.schema import ValueState

StateValues = list[Fraction] | list[list[Fraction]]


def state_values(states: Sequence[ValueState], place: str, agents: int, agent: str = "bidder") -> list[StateValues]:
    """The values of each state, checked against each other.

    Args:
        states: the states of the file.
        place: where they stand in it, for error messages.
        agents: the number of agents N.
        agent: what the file calls an agent.
    Returns:
        For each state N values, or N lists of equally many values, one per good.
    Raises:
        InputError: if there is no state, a state has the wrong number of values, states disagree on how many
            goods there are, or a state is listed twice.
        SizeError: if there are too many.
    """
    if not states:
        raise InputError(f"{place} is empty: give at least one state")
    goods = _goods(states[0].values)
    check_size(len(states), agents, agents * (goods or 1), place)
    seen: dict[tuple[object, ...], int] = {}
    for number, state in enumerate(states):
        here = f"{place}[{number}].values"
        _check_state(state.values, here, agents, agent, goods)
        key = tuple(tuple(value) if isinstance(value, list) else value for value in state.values)
        if key in seen:
            raise InputError(f"{here} repeats {place}[{seen[key]}]: list each state once, with its whole probability")
        seen[key] = number
    return [state.values for state in states]


def _goods(values: StateValues) -> int | None:
    first = values[0]
    return len(first) if isinstance(first, list) else None


def _check_state(values: StateValues, here: str, agents: int, agent: str, goods: int | None) -> None:
    if len(values) != agents:
        raise InputError(f"{here} has {_count(len(values), 'entry')} for {_count(agents, agent)}: give one per {agent}")
    for number, value in enumerate(values):
        if isinstance(value, list) != (goods is not None):
            raise InputError(
                f"{here} is unlike the first state's: give every state numbers, or every one lists by good"
            )
        if isinstance(value, list) and len(value) != goods:
            raise InputError(f"{here}[{number}] has {_count(len(value), 'entry')} for {goods} goods: give one per good")


def _count(number: int, noun: str) -> str:
    plural = noun if number == 1 else "entries" if noun == "entry" else f"{noun}s"
    return f"{number} {plural}"
