"""A problem stated in other units."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from robustmech import Beliefs, Environment


def with_rows_in(beliefs: Beliefs, units: Sequence[Fraction], utility: Fraction) -> Beliefs:
    """The same beliefs, each row stated in units of its own, penalties in a unit of utility."""
    factors = np.array(list(units), dtype=object)
    return replace(
        beliefs,
        value=beliefs.value * factors[beliefs.row] if beliefs.rows else beliefs.value,
        lower=tuple(None if v is None else v * f for v, f in zip(beliefs.lower, units, strict=True)),
        upper=tuple(None if v is None else v * f for v, f in zip(beliefs.upper, units, strict=True)),
        penalties=None if beliefs.penalties is None else beliefs.penalties * utility,
    )


def in_units(environment: Environment, factor: Fraction, rows: Sequence[Fraction] | None = None) -> Environment:
    """Utilities, payoff and penalties multiplied by a factor, and each belief row by its own (or by the same)."""
    units = [factor] * environment.beliefs.rows if rows is None else rows
    return replace(
        environment,
        utilities=environment.utilities * factor,
        payoff=environment.payoff * factor,
        beliefs=with_rows_in(environment.beliefs, units, factor),
    )
