"""Laws of a value from past observations: as they are, or in equally likely bins."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from robustmech.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class EmpiricalLaw:
    """A law with finitely many values.

    Args:
        values: the values, increasing, in the units of the observations.
        probabilities: their probabilities, positive and summing to one exactly.
    """

    values: tuple[Fraction, ...]
    probabilities: tuple[Fraction, ...]


def empirical_law(observations: Sequence[Fraction]) -> EmpiricalLaw:
    """Every observation with equal weight; equal observations are one value.

    Raises:
        InputError: if there are none.
    """
    return equally_likely_bins(observations, max(len(observations), 1))


def equally_likely_bins(observations: Sequence[Fraction], bins: int) -> EmpiricalLaw:
    r"""Cut the empirical law into bins of equal probability, each replaced by its conditional mean.

    With sorted observations :math:`v_1 \le \dots \le v_n` of mass 1/n, bin b holds the mass between b/B
    and (b+1)/B. An observation that straddles a cut is split in proportion, so every bin has mass exactly 1/B
    and the mean of the law is exactly that of the observations. Bins of equal value are merged.

    Args:
        observations: the observed values, in any order.
        bins: the number of bins B, between one and the number of observations.
    Raises:
        InputError: if there are no observations, or fewer than bins.
    """
    count = len(observations)
    if count == 0:
        raise InputError("there are no observations: a law needs at least one")
    if not 1 <= bins <= count:
        raise InputError(f"{bins} bins asked for {count} observations: ask for 1 to {count}")
    law: dict[Fraction, Fraction] = {}
    mass = Fraction(1, bins)
    for value in _bin_means(sorted(observations), bins):
        law[value] = law.get(value, Fraction(0)) + mass
    return EmpiricalLaw(values=tuple(law), probabilities=tuple(law.values()))


def _bin_means(ordered: Sequence[Fraction], bins: int) -> list[Fraction]:
    """The conditional means, in units where an observation has mass B and a bin has mass n."""
    capacity = len(ordered)
    means, total, room = [], Fraction(0), capacity
    for value in ordered:
        left = bins
        while left:
            taken = min(left, room)
            total, room, left = total + taken * value, room - taken, left - taken
            if room == 0:
                means.append(total / capacity)
                total, room = Fraction(0), capacity
    return means
