"""What programs count utility in, so that it does not matter what a problem is stated in.

A program in a problem's own unit is the same number for number in euros, in cents or in tons of gold: the division is
exact, and only its result is rounded.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from robustmech.model import Environment, FloatArray, RationalArray, floats
from robustmech.model.interior import interior_law

_LEAST_WORTH = 1e-4
"""Stakes below this share of the usual size of utilities are not told from none: solvers are good to 1e-9 of it."""
_USUAL_BITS = 4
"""What to expect of a state's largest utility is seldom less than 2^−4 of the largest of all."""


@lru_cache(maxsize=16)
def program_unit(environment: Environment) -> Fraction:
    """The usual size of utilities: the largest, halved until it is less than 16 times what to expect of a state's.

    The expectation is at a prior inside the beliefs. So values that are too unlikely to matter do not set the unit.

    Raises:
        InputError: if no prior satisfies the beliefs.
    """
    size = _sizes(environment)
    possible = interior_law(environment.beliefs)
    likely: Fraction = (possible * size).sum()
    if not likely:
        return Fraction(max(size)) or Fraction(1)
    largest: Fraction = max(size[possible > 0])
    halvings = max(math.floor(largest / likely).bit_length() - _USUAL_BITS, 0)
    return largest / Fraction(2**halvings)


def worth(environment: Environment) -> float:
    """What is at stake: the best expected surplus, in absolute value, at a prior inside the beliefs.

    Raises:
        InputError: if no prior satisfies the beliefs.
    """
    law = floats(interior_law(environment.beliefs))
    usual = float(program_unit(environment))
    return max(float(law @ np.abs(environment.best_surplus())), usual * _LEAST_WORTH)


def _sizes(environment: Environment) -> RationalArray:
    """The largest utility or payoff in each state, in absolute value, exact, shape (states,)."""
    both = np.concatenate([environment.utilities, environment.payoff[None]], axis=0)
    return np.array([max(map(abs, both[:, state].ravel().tolist())) for state in range(environment.states)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountedUtilities:
    """An environment's utilities in some unit, rounded after the division.

    Args:
        utilities: shape (agents, states, decisions).
        payoff: the designer's, shape (states, decisions).
        penalties: shape (states,), zero where there are none.
    """

    utilities: FloatArray
    payoff: FloatArray
    penalties: FloatArray


@lru_cache(maxsize=16)
def counted_in(environment: Environment, unit: Fraction) -> CountedUtilities:
    """Utilities, payoff and penalties in a unit."""
    penalties = environment.beliefs.penalties
    return CountedUtilities(
        utilities=_divided(environment.utilities, unit),
        payoff=_divided(environment.payoff, unit),
        penalties=np.zeros(environment.states) if penalties is None else _divided(penalties, unit),
    )


def _divided(numbers: RationalArray, unit: Fraction) -> FloatArray:
    quotients = np.zeros(numbers.shape)
    filled = np.not_equal(numbers, 0)
    quotients[filled] = floats(numbers[filled] / unit)
    quotients.setflags(write=False)
    return quotients
