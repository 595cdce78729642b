"""How likely the states are, by probabilities or penalties, and how many there may be."""

from collections.abc import Sequence
from fractions import Fraction

from robustmech.errors import InputError, SizeError
from robustmech.model import Beliefs
from robustmech.problems.schema import ReadNumber, WeightedState

MOST_STATES = 200_000
"""The most states a problem file may describe."""

MOST_UTILITIES = 5_000_000
"""The most utilities, agents × states × decisions, a problem file may describe."""

_ROUNDING = Fraction(1, 10**9)


def check_size(states: int, agents: int, decisions: int, place: str) -> None:
    """Refuse a problem that is too large to build, before building it.

    Raises:
        SizeError: naming the place and the limit that is exceeded.
    """
    if states > MOST_STATES:
        number = str(states) if states < 10**12 else "more than 10**12"
        raise SizeError(f"{place} gives {number} states, above the {MOST_STATES} allowed: use fewer values or bidders")
    if states * agents * decisions > MOST_UTILITIES:
        raise SizeError(
            f"{place} gives {states} states × {agents} agents × {decisions} decisions, above the "
            f"{MOST_UTILITIES} utilities allowed: use fewer values or bidders"
        )


def exact_law(numbers: Sequence[ReadNumber], place: str) -> list[Fraction]:
    """Probabilities that sum to one exactly.

    Whole numbers and strings must do so as they are. Where a decimal is among them the sum may miss one by
    1e-9, and they are then all divided by it.

    Raises:
        InputError: if they do not sum to one; the message gives the sum.
    """
    total = sum((number.value for number in numbers), Fraction(0))
    tolerance = _ROUNDING if any(number.decimal for number in numbers) else 0
    if abs(total - 1) > tolerance:
        told = f"{float(total):.12g}" if tolerance else str(total) if len(str(total)) < 60 else f"{float(total):.17g}"
        raise InputError(f"{place} sum to {told}: they must sum to one")
    return [number.value / total for number in numbers]


def state_beliefs(states: Sequence[WeightedState], place: str) -> Beliefs:
    """The beliefs that explicit states carry: a probability each, or a penalty each.

    Raises:
        InputError: if a state has both or neither, some have one and some the other, or the probabilities do
            not sum to one.
    """
    for number, state in enumerate(states):
        if state.probability is not None and state.penalty is not None:
            raise InputError(f"{place}[{number}] has both probability and penalty: keep one")
    key = "penalty" if states[0].penalty is not None else "probability"
    for number, state in enumerate(states):
        if getattr(state, key) is None:
            raise InputError(
                f"{place}[{number}].{key} is missing: give every state a probability, or every one a penalty"
            )
    penalties = [state.penalty for state in states if state.penalty is not None]
    if penalties:
        return Beliefs.penalty(penalties)
    probabilities = [state.probability for state in states if state.probability is not None]
    return Beliefs.known(exact_law(probabilities, f"the probabilities of {place}"))
