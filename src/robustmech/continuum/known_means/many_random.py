r"""The part of the weighted-proportional rule's canonical transfers in which more than some number of bids are random.

A sum of exponentials adds up over sets of bidders by products. Let bidder j's factor in E[e^{−σZ}] be P_j = e^{−σ η_j
a_j} if the bid is known and R_j = 1/(1 + ση_j) if it is random. The rule's Σ_i ∂q_i/∂a_i = H h(Z) − U h₂(Z), h = 1 or
1/Z and h₂ = 0 or 1/Z², is linear in U = Σ_j η_j² a_j: so let each factor carry its derivative when Z becomes Z − εU/σ,
that is P_j' = η_j² a_j P_j and R_j' = η_j² R_j². Then a term c e^{−σZ} of h and one c₂ e^{−σZ} of h₂ contribute

    Σ_c (c − 1)!(N − c)!/N! [x^{c−1}] Π_{j ≠ i} (P_j + xR_j) · R_i(1 − P_i)

to t_i: its value times Hc less its derivative times c₂. The coefficients of x are found forwards, and for all i at once
by going backwards, without a subtraction.

The terms. h = ∫_0^K e^{−τZ} dτ + r(Z) and h₂ = ∫_0^K τ e^{−τZ} dτ + r₂(Z) with e^{−K} negligible: integrals of real
terms, and functions that vanish from Z = 1 on. Those are continued with period L after multiplication by e^{γZ}, which
leaves an error of e^{−γL}: r(Z) = Re Σ_k c_k e^{−s_k Z}, s_k = γ + 2πik/L. Bidders with requests of one or more are
never known where r is not zero. r and r₂ have a kink and a jump at one, so that terms fall slowly, but R_j falls too:
the more random bidders, the fewer terms.
"""

from dataclasses import dataclass
from math import comb
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from robustmech.errors import SizeError
from robustmech.model import FloatArray

ComplexArray = npt.NDArray[np.complex128]
Number = TypeVar("Number", np.float64, np.complex128)

_LONGEST = 32.0  # K
_PERIOD, _DAMPING = 4.0, 7.5  # L and γ: e^{−30} is 1e-13, and e^{7.5} times rounding is about that
_NODES = 12
_ACCURACY = 1e-12
_NEGLIGIBLE = 1e-16
_MOST_TERMS = 100_000
_CELLS = 300_000  # numbers in one array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ManyRandom:
    """Sets of more than `single` random bidders."""

    sensitivities: FloatArray
    single: int
    rates: FloatArray  # τ
    weights: FloatArray  # of τ: what values and what derivatives count, (2, rates)
    frequencies: ComplexArray  # s_k
    coefficients: ComplexArray  # (2, frequencies)

    @classmethod
    def over(cls, sensitivities: FloatArray, single: int) -> "ManyRandom":
        """The terms needed for an error of about 1e-12.

        Raises:
            SizeError: if they are too many, because sensitivities are very unequal.
        """
        total = float(sensitivities.sum())
        rates, steps = _gauss(np.append(0.0, 2.0 ** np.arange(-45, 1)) * _LONGEST)
        terms = _terms_needed(sensitivities, single)
        frequencies, first, second = _beyond_the_integrals(terms)
        return cls(
            sensitivities=sensitivities,
            single=single,
            rates=rates,
            weights=np.stack([total * steps, -steps * rates]),
            frequencies=frequencies,
            coefficients=np.stack([total * first, -second]),
        )

    def payments(self, requests: FloatArray) -> FloatArray:
        """The part of the transfers, per unit of the bound, for requests (profiles, bidders)."""
        paid = np.empty_like(requests)
        for profile, asked in enumerate(requests):
            served = np.where(asked < 1.0, asked, np.inf)
            paid[profile] = self._of_terms(asked, self.rates, self.weights)
            paid[profile] += self._of_terms(served, self.frequencies, self.coefficients)
        return paid

    def _of_terms(self, asked: FloatArray, terms: npt.NDArray[Number], weights: npt.NDArray[Number]) -> FloatArray:
        """What terms in order of size contribute; nobody with an infinite request is known."""
        count, start = asked.size, 0
        finite = np.isfinite(asked)
        exponents = np.where(finite, asked, 0.0)[:, None]
        derivatives = self.sensitivities[:, None] * exponents
        heaviest = np.maximum.accumulate(np.abs(weights).max(axis=0)[::-1])[::-1]
        paid = np.zeros(count)
        while start < terms.size:
            sizes = self._sizes(abs(terms[start]), float(heaviest[start]) * terms.size)
            end = start + max(16, _CELLS // (count * sizes.size))
            rates = terms[start:end]
            known = np.exp(-rates * exponents) * finite[:, None]
            random = 1.0 / (1.0 + rates * self.sensitivities[:, None])
            known_slopes, random_slopes = derivatives * known, (self.sensitivities[:, None] * random) ** 2
            of_value, of_slope = _without_one(known, known_slopes, random, random_slopes, sizes, weights[:, start:end])
            gain_slopes = random_slopes * (1.0 - known) - random * known_slopes
            paid += (of_value * random * (1.0 - known) + of_slope * gain_slopes).real.sum(axis=1)
            start = end
        return paid

    def _sizes(self, rate: float, weight: float) -> FloatArray:
        """The parts of the orders in which 1, 2, … given bidders come last; up to where they leave nothing of a weight.

        By Maclaurin's inequality the average over sets of c bidders of Π |R_j| is at most the c-th power of the average
        of |R_j|; one bidder is given.
        """
        count = self.sensitivities.size
        shrink = -np.log(float(np.mean(_factor(rate, self.sensitivities))))
        enough = 2.0 + max(0.0, np.log(weight / _NEGLIGIBLE)) / max(shrink, 1e-3)
        most = int(min(count, max(self.single + 1, enough)))
        chances = [1.0 / (count * comb(count - 1, size - 1)) for size in range(1, most + 1)]
        return np.array(chances) * (np.arange(1, most + 1) > self.single)


def _without_one(
    known: npt.NDArray[Number],
    known_slopes: npt.NDArray[Number],
    random: npt.NDArray[Number],
    random_slopes: npt.NDArray[Number],
    sizes: FloatArray,
    weights: npt.NDArray[Number],
) -> tuple[npt.NDArray[Number], npt.NDArray[Number]]:
    r"""Σ_k sizes[k] [x^k] Π_{j ≠ i}(P_j + xR_j) for each i, as a linear function of value and derivative of i's factor.

    Args:
        known, random: P_j and R_j, shape (bidders, terms), at most one in size.
        known_slopes, random_slopes: P_j' and R_j'.
        weights: what a value and a derivative count, shape (2, terms).
    Returns:
        Twice shape (bidders, terms).
    """
    bidders, terms = known.shape
    before = np.zeros((bidders, 2, sizes.size, terms), dtype=known.dtype)
    before[0, 0, 0] = 1.0
    for j in range(bidders - 1):
        value, slope = before[j]
        before[j + 1, 0] = known[j] * value
        before[j + 1, 0, 1:] += random[j] * value[:-1]
        before[j + 1, 1] = known[j] * slope + known_slopes[j] * value
        before[j + 1, 1, 1:] += random[j] * slope[:-1] + random_slopes[j] * value[:-1]
    of_value, of_slope = sizes[:, None] * weights[0], sizes[:, None] * weights[1]
    values, slopes = np.empty_like(known), np.empty_like(known)
    for j in range(bidders - 1, -1, -1):
        value, slope = before[j]
        values[j] = (of_value * value + of_slope * slope).sum(axis=0)
        slopes[j] = (of_slope * value).sum(axis=0)
        shifted_value = random[j] * of_value[1:] + random_slopes[j] * of_slope[1:]
        shifted_slope = random[j] * of_slope[1:]
        of_value, of_slope = known[j] * of_value + known_slopes[j] * of_slope, known[j] * of_slope
        of_value[:-1] += shifted_value
        of_slope[:-1] += shifted_slope
    return values, slopes


def _factor(rate: float | FloatArray, sensitivities: FloatArray) -> FloatArray:
    """|R_j| at a frequency, or an upper bound at a real rate."""
    return np.asarray(1.0 / np.hypot(1.0, np.multiply.outer(rate, sensitivities)))


def _terms_needed(eta: FloatArray, single: int) -> int:
    """Terms after which the rest is below the accuracy for every bidder.

    Where what is known requests y, terms have the size e^{γ(1 − y)}. They all agree in phase for y = 1; for smaller y
    they turn by 2π(1 − y)/L from one to the next, so that their sum is about as large as the first of them.
    """
    places = np.geomspace(1.0, _MOST_TERMS, 400)
    rates = 2.0 * np.pi / _PERIOD * places
    factors = _factor(rates, np.sort(eta)[::-1]).T
    sums = np.zeros((eta.size, rates.size))  # of products over sets of others than the least sensitive bidder
    sums[0] = 1.0
    for factor in factors[:-1]:
        sums[1:] += factor * sums[:-1]
    chances = np.array([1.0 / (eta.size * comb(eta.size - 1, size)) for size in range(eta.size)])
    products = 2.0 * factors[-1] * (chances[single:] @ sums[single:])
    size = products * (eta.max() / rates + eta.sum() / rates**2) * 2.0 / _PERIOD
    rest = np.cumsum((size[:-1] * np.diff(places))[::-1])[::-1]
    # what lies beyond the last place falls at least like the power of the rates that it has there
    rest += size[-1] * places[-1] / max(single, 1) + np.exp(_DAMPING) * size[:-1]
    enough = np.flatnonzero(rest <= _ACCURACY)
    if not enough.size:
        raise SizeError(
            f"the canonical transfers of {eta.size} included bidders with sensitivities from {eta.min():.3g} to "
            f"{eta.max():.3g} take more than {_MOST_TERMS} terms; use discounted_transfers"
        )
    return int(np.ceil(places[enough[0]]))


def _beyond_the_integrals(terms: int) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """s_k and the coefficients of r and r₂: 2/L times ∫_0^1 r(z) e^{sz} dz, half of that for k = 0."""
    frequencies = np.asarray(_DAMPING + 2j * np.pi / _PERIOD * np.arange(terms), dtype=np.complex128)
    rates, steps = _gauss(np.linspace(0.0, _LONGEST, 17))
    first = np.asarray(np.expm1(frequencies) / frequencies, dtype=np.complex128)
    second = np.zeros(terms, dtype=np.complex128)
    for rate, step in zip(rates, steps, strict=True):
        gap = frequencies - rate
        first -= step * np.expm1(gap) / gap
        second -= step * rate * np.expm1(gap) / gap
    scale = np.full(terms, 2.0 / _PERIOD)
    scale[0] /= 2.0
    return frequencies, scale * first, scale * second


def _gauss(breaks: FloatArray) -> tuple[FloatArray, FloatArray]:
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    widths = np.diff(breaks)[:, None]
    return (breaks[:-1, None] + widths * (points + 1) / 2).ravel(), (widths * weights / 2).ravel()
