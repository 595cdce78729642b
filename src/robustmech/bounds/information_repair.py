"""From a solver's proposal to an information structure whose marginals are exact."""

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.errors import RepairError
from robustmech.model import (
    LAW_DENOMINATOR,
    Beliefs,
    Discretisation,
    Environment,
    ExactLaw,
    FloatArray,
    Grid,
    InformationStructure,
    IntArray,
    RationalArray,
    floats,
)
from robustmech.model.exact_law import weighted_law
from robustmech.model.interior import interior_law
from robustmech.model.priors import correction, crossed_limits

_MIXTURE_DENOMINATOR = 2**60
_ROUNDS = 8
_JOINT_DENOMINATOR = 2**54
_LIKELY_BITS = 10
"""States whose probability is at least 2^−10 need no larger denominator than usual."""
_LITTLE = 0.1
"""Of a row's mass, where there are unlikely states: solvers know rows of small mass no better."""
_MOST_BITS, _MOST_JOINT_BITS = 22, 8
"""Larger denominators than 2^62 do not fit into 64 bits."""

_SMALLEST_SHARE = Fraction(1, 2**50)
"""Mixed in where masses are enclosed rather than exact, so that their doubt cannot make the mixed-in law negative."""


def exact_information(
    environment: Environment,
    discretisation: Discretisation,
    grids: tuple[Grid, ...],
    proposed: FloatArray,
) -> InformationStructure:
    """The information structure on a product of grids that `exact_law` makes of a proposed joint law."""
    return InformationStructure.on(grids, exact_law(environment, discretisation, proposed))


def exact_law(environment: Environment, discretisation: Discretisation, proposed: FloatArray) -> ExactLaw:
    r"""Make a proposed joint law exact.

    Given its rounded version with law of the state :math:`\hat\mu`, an exact prior μ⁰ inside the beliefs, and the exact
    change δ that puts :math:`\hat\mu + \delta` on the belief rows, the mixture with weight ε on a signal-independent
    law
    :math:`\nu = \mu^0 + \delta (1-\epsilon)/\epsilon` has law of the state :math:`(1-\epsilon)(\hat\mu + \delta) +
    \epsilon\mu^0`, which is in the
    beliefs; ε is the smallest weight for which ν is non-negative. Where masses are known to within a doubt, the law of
    the state is kept exact and ν stands for the law that makes it so, which differs from ν by less than any of its
    entries.

    Args:
        proposed: shape (rows, states), any numbers.
    Raises:
        RepairError: if the proposal is too far from the beliefs to be mixed into them.
    """
    inside = interior_law(environment.beliefs)
    support = np.asarray(inside > 0, dtype=np.bool_)
    law = np.where(support, np.clip(np.nan_to_num(proposed), 0.0, None), 0.0)
    shift = _more_bits(inside)
    if environment.transfers:
        denominator = LAW_DENOMINATOR << shift
        little = _LITTLE if shift else 0.0
        counts = _conditional_counts(law / discretisation.mass[:, None], floats(inside), denominator, little)
        state_law = weighted_law(discretisation.mass_weights, counts, denominator)
    else:
        denominator = _JOINT_DENOMINATOR << min(shift, _MOST_JOINT_BITS)
        counts = _joint_counts(law, discretisation.mass[:, None] * floats(inside), denominator)
        state_law = weighted_law(None, counts, denominator)
    change, mixture = _remedy(environment.beliefs, inside, state_law)
    doubtful = discretisation.mass_doubt > 0 and environment.transfers
    if doubtful:
        mixture = mixture + (1 - mixture) * _SMALLEST_SHARE
    remedy = inside + change * ((1 - mixture) / mixture) if mixture else inside
    if doubtful:
        _require_margin(discretisation, remedy * mixture, support)
    return ExactLaw(
        counts=counts,
        mass=discretisation.mass,
        denominator=denominator,
        mixture=mixture,
        correction=remedy,
        product_signals=environment.transfers,
        state_law=(1 - mixture) * state_law + mixture * remedy,
    )


def _require_margin(discretisation: Discretisation, mixed_in: RationalArray, support: npt.NDArray[np.bool_]) -> None:
    """What is mixed in outweighs what the masses' doubt can change in the law of the state."""
    doubt = Fraction(discretisation.rows * discretisation.mass_doubt, int(discretisation.mass_weights.sum()))
    if min(mixed_in[support]) <= doubt:
        raise RepairError("information: a state is too unlikely for the precision of the masses")


def _more_bits(inside: RationalArray) -> int:
    """By how many bits the unlikeliest state needs a larger denominator, so that rounding to it is negligible."""
    least: Fraction = min(p for p in inside.tolist() if p)
    return min(max(math.floor(1 / least).bit_length() - _LIKELY_BITS, 0), _MOST_BITS)


def _conditional_counts(law: FloatArray, fallback: FloatArray, denominator: int, little: float) -> IntArray:
    """Each row as whole numbers that add up to the denominator; rows without any weight get the fallback law.

    What a row is off one by is made up for by the likeliest state, if it is `little` and that state has so much. (The
    law of an unlikely state may all be in rows of small mass, where it is known only if it is left alone.)
    """
    total = law.sum(axis=1, keepdims=True)
    conditional = np.where(total > 0, law / np.where(total > 0, total, 1.0), fallback)
    likeliest = fallback.argmax()
    made_up = law[:, likeliest] + 1 - total[:, 0]
    close = (np.abs(1 - total[:, 0]) < little) & (made_up >= 0)
    conditional[close] = law[close]
    conditional[close, likeliest] = made_up[close]
    counts: IntArray = np.floor(conditional * denominator).astype(np.int64)
    missing = denominator - counts.sum(axis=1)
    counts[np.arange(counts.shape[0]), counts.argmax(axis=1)] += missing
    return counts


def _joint_counts(law: FloatArray, fallback: FloatArray, denominator: int) -> IntArray:
    """All entries as whole numbers that add up to the denominator."""
    weights = law if law.sum() > 0 else fallback
    counts: IntArray = np.floor(weights / weights.sum() * denominator).astype(np.int64)
    counts[np.unravel_index(counts.argmax(), counts.shape)] += denominator - int(counts.sum(dtype=object))
    return counts


def _remedy(beliefs: Beliefs, inside: RationalArray, state_law: RationalArray) -> tuple[RationalArray, Fraction]:
    """The change δ and the smallest mixture, with rows beyond a limit put on it as far as that helps."""
    support = np.asarray(inside > 0, dtype=np.bool_)
    pinned = _pinned(beliefs, inside)
    change = correction(beliefs, state_law, support, pinned)
    best = change, _smallest_mixture(beliefs, inside, state_law, change)
    wished: dict[int, Fraction] = {}
    for _ in range(_ROUNDS):
        crossed = crossed_limits(beliefs, state_law + change)
        if crossed.keys() <= wished.keys():
            break
        wished |= crossed
        change = correction(beliefs, state_law, support, pinned, wished)
        candidate = change, _smallest_mixture(beliefs, inside, state_law, change)
        best = min(best, candidate, key=lambda remedy: remedy[1])
    return best


def _pinned(beliefs: Beliefs, inside: RationalArray) -> dict[int, Fraction]:
    """The rows that the interior prior meets at a limit, with that limit: mixing with it gives them no room."""
    averages = enumerate(beliefs.multiply(inside))
    return {r: value for r, value in averages if value in (beliefs.lower[r], beliefs.upper[r])}


def _smallest_mixture(
    beliefs: Beliefs, inside: RationalArray, state_law: RationalArray, change: RationalArray
) -> Fraction:
    """The smallest ε (up to rounding) with μ⁰ + δ (1−ε)/ε ≥ 0, and (1−ε)(μ̂ + δ) + εμ⁰ within every row's limits."""
    ratio = max((-delta / p for p, delta in zip(inside, change, strict=True) if p), default=Fraction(0))
    if any(delta and not p for p, delta in zip(inside, change, strict=True)):
        raise RepairError("information: a state that the beliefs exclude would need probability")
    averages = zip(beliefs.multiply(state_law + change), beliefs.multiply(inside), strict=True)
    for (value, safe), low, high in zip(averages, beliefs.lower, beliefs.upper, strict=True):
        if low is not None and value < low:
            ratio = max(ratio, (low - value) / (safe - low))
        if high is not None and value > high:
            ratio = max(ratio, (value - high) / (high - safe))
    if ratio <= 0 and not any(change):
        return Fraction(0)
    ratio = max(ratio, Fraction(1, _MIXTURE_DENOMINATOR))
    exact = ratio / (1 + ratio)
    mixture = Fraction(int(exact * _MIXTURE_DENOMINATOR) + 1, _MIXTURE_DENOMINATOR)
    return mixture if mixture < 1 else exact
