r"""What random claims add up to when each is cut at a level, or when each loses it, and integrals of that over levels.

A claim is a request d; x = d/2 is its half, exponential of mean θ = η/2 for a random bid. At a level y of the
consistent rule gains are Σ min(x_j, y) and what losses leave is Σ max(x_j, 2x_j − y). With V the random bidders and r
what the others leave of the supply,

    P(Σ_V min(x_j, y) < r)        = Σ_{U ⊆ V} e^{−α_U y} L_U(r − |U|y),
    P(Σ_V max(x_j, 2x_j − y) < r) = Σ_{U ⊆ V} e^{−α_U y} M_U(r − |U|y),            α_U = Σ_U 1/θ_j,

where U are those that may lie above y, and L_U, M_U are given by their transforms in r,

    L_U: z⁻¹ Π_{V−U} 1/(1 + θ_j z) Π_U θ_j z/(1 + θ_j z),        M_U: z⁻¹ Π_V 1/(1 + θ_j z) Π_U −θ_j z/(1 + 2θ_j z).

As y rises by one, r falls by
the number n of the other claims above y in the first line and rises by it in the second. So a term is
e^{−αy}L(r_0 − βy) with an integer β, and its integral from y to y' is e^{−αy}H(r) − e^{−αy'}H(r') at the arguments
r, r' there, with

    H(r) = ∫_0^∞ e^{−αt} L(r − βt) dt;        for the density L' of the sum it is (L − αH)/β.

All are made from step functions by `DecayedIntegrals` and differences of distribution functions, at most 2^|U| for a
term: equal, close and very different sensitivities cost no accuracy, and no quadrature is left. With β < 0 the
integral runs to any fixed argument instead, as the difference does not feel it.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from robustmech.continuum.compound.piecewise import chebyshev_coefficients, chebyshev_values, locate
from robustmech.continuum.known_means.decayed_integrals import DEGREE, DecayedIntegrals
from robustmech.continuum.known_means.fixed_sets import members
from robustmech.continuum.known_means.requests import subset_sums
from robustmech.model import FloatArray, IntArray

SHORTEST = 2.0**-42
"""Mean halves shorter than this are lengthened to it, which moves no transfer by more than a few times as much."""

_PARTS = 2  # panels from each power of two to the next


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """The terms of one probability, one for each U ⊆ V, and their integrals over levels, for one or more laws.

    Coefficients are Chebyshev's on the panels between the breaks. Where β is zero the integral is L/α, and the table
    has that of the density, L'/α, in its place.
    """

    breaks: FloatArray
    rates: FloatArray  # α_U, (sets,)
    distributions: FloatArray  # L_U, (laws, sets, panels, DEGREE + 1)
    integrals: FloatArray  # H_U, (laws, numbers n, sets, panels, DEGREE + 1)
    fewest: int  # the first number n
    sign: int  # with which n enters β = |U| + sign·n

    def integrate(
        self, rests: FloatArray, exponents: FloatArray, above: IntArray, wanted: npt.NDArray[np.bool_]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Integrals over segments of levels of the probability and the density, and the probability where each ends.

        Args:
            rests: arguments at the segments' ends, shape (profiles, cases, segments + 1, sets); as many cases as laws,
                or one law for all.
            exponents: logarithms of the factors e^{−αy}, of the same shape.
            above: the number n on each segment, shape (segments,).
            wanted: segments on which these are wanted, shape (profiles, cases, segments).
        Returns:
            Three arrays of that shape, zero where they are not wanted.
        """
        slopes = _sizes(self.rates) + self.sign * above[:, None]
        level = slopes == 0
        wait = np.where(slopes < 0, self.rates / np.minimum(slopes, -1), 0.0)  # of an argument below zero for zero
        felt = wanted[..., None] & ((rests[:, :, :-1] > 0) | (rests[:, :, 1:] > 0))
        decays, steps = np.broadcast_to(self.rates, slopes.shape), np.where(level, 1, slopes)
        covered, passed = np.zeros((2, *wanted.shape))
        for sign, ends in ((1.0, slice(None, -1)), (-1.0, slice(1, None))):
            rest = rests[:, :, ends]
            active = np.flatnonzero(felt if sign > 0 else felt & (rest > 0))
            here, place = rest.ravel()[active], active % slopes.size
            exponent = exponents[:, :, ends].ravel()[active] - np.minimum(here, 0.0) * wait.ravel()[place]
            factors = sign * np.exp(exponent)
            integral, share = self._at(here, active % (wanted[0].size * self.rates.size), above, wanted.shape[1])
            flat, decay = level.ravel()[place], decays.ravel()[place]
            of_share = np.where(flat, share / np.where(flat, decay, 1.0), integral)
            of_density = np.where(flat, integral, (share - decay * integral) / steps.ravel()[place])
            covered += _summed(active, factors * of_share, rest.shape)
            passed += _summed(active, factors * of_density, rest.shape)
        return covered, passed, _summed(active, -factors * share, rest.shape)

    def _at(self, rests: FloatArray, where: IntArray, above: IntArray, cases: int) -> tuple[FloatArray, FloatArray]:
        """The tables' integrals and distributions at arguments that belong to places in (cases, segments, sets)."""
        laws, numbers, sets, panels, _ = self.integrals.shape
        law = np.arange(cases)[:, None, None] % laws
        first = ((law * numbers + (above - self.fewest)[:, None]) * sets + np.arange(sets)) * panels
        lone = np.broadcast_to((law * sets + np.arange(sets)) * panels, first.shape)
        panel, inside = locate(self.breaks, np.maximum(rests, 0.0))
        basis = chebyshev_values(DEGREE, inside)
        integral = self.integrals.reshape(-1, DEGREE + 1)[first.ravel()[where] + panel]
        share = self.distributions.reshape(-1, DEGREE + 1)[lone.ravel()[where] + panel]
        return np.einsum("dk,kd->k", basis, integral), np.einsum("dk,kd->k", basis, share)


def _summed(places: IntArray, terms: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Sums over the last axis of an array of this shape that has these terms at these places and zeros elsewhere."""
    every = np.zeros(shape)
    every.ravel()[places] = terms
    return np.asarray(every.sum(axis=-1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClaimLaws:
    """For one set V of random bidders: the laws of cut claims and of reduced claims, the latter with one more bidder.

    Attributes:
        cut: L_U.
        reduced: M_U.
        with_lost: M_U with η_i s_i in addition, one law for each i outside V; absent with fewer than two of them.
    """

    cut: Terms
    reduced: Terms
    with_lost: Terms | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClaimTables:
    """What the laws of all sets of random bidders are made from.

    Attributes:
        sensitivities: η_i.
        means: θ_i = η_i/2.
        stored: breaks of the panels on [0, 1].
        breaks: the same and some up to 2, beyond which nothing is felt below 1 of where an integral ends.
        sums: P(Σ_V θ_j s_j < r) at the panels' points, (2^N, panels, DEGREE + 1).
        expected_rests: coefficients of E[(r − Σ_V θ_j s_j)⁺] on [0, 1].
        losses: for each bidder the integral that adds η_i s_i to a sum, but for the factor 1/η_i.
        made: the laws that were asked for, by the number of V.
    """

    sensitivities: FloatArray
    means: FloatArray
    stored: FloatArray
    breaks: FloatArray
    sums: FloatArray
    expected_rests: FloatArray
    losses: tuple[DecayedIntegrals, ...]
    made: dict[int, ClaimLaws] = field(default_factory=dict)

    @classmethod
    def of(cls, sensitivities: FloatArray) -> "ClaimTables":
        """For included bidders, all sensitivities positive."""
        means = np.maximum(sensitivities / 2, SHORTEST)
        stored = _panels(2.0 / float(np.sum(1.0 / means)))
        beyond = 2.0 - stored[-2]
        breaks = np.concatenate([stored, np.linspace(1.0, 2.0, round(1 / (beyond - 1.0)) + 1)[1:]])
        sums = np.ones((1, breaks.size - 1, DEGREE + 1))
        for mean in means:
            integral = DecayedIntegrals.over(np.array([1.0 / mean]), breaks)
            sums = np.concatenate([sums, integral.of(sums[None])[0] / mean])
        plain = DecayedIntegrals.over(np.zeros(1), breaks).of(sums[None])[0]
        return cls(
            sensitivities=sensitivities,
            means=means,
            stored=stored,
            breaks=breaks,
            sums=sums,
            expected_rests=chebyshev_coefficients(plain[:, : stored.size - 1]),
            losses=tuple(DecayedIntegrals.over(np.array([0.5 / mean]), breaks) for mean in means),
        )

    def laws(self, random: int) -> ClaimLaws:
        """For one set of random bidders, given by its number."""
        if random not in self.made:
            self.made[random] = self._made(random)
        return self.made[random]

    def _made(self, random: int) -> ClaimLaws:
        count = self.means.size
        inside, outside = members(random, count), members(2**count - 1 - random, count)
        rates = subset_sums(1.0 / self.means[inside])
        numbers = np.arange(1, max(len(outside), 1) + 1)
        values, densities = self._reduced(inside, outside)
        cut = self._terms(self._cut(inside)[:, None], None, rates, numbers)
        reduced = self._terms(values, densities, rates, -numbers)
        plain = replace(reduced, distributions=reduced.distributions[:1], integrals=reduced.integrals[:1].copy())
        lost = replace(reduced, distributions=reduced.distributions[1:], integrals=reduced.integrals[1:, 1:].copy())
        return ClaimLaws(cut=cut, reduced=plain, with_lost=replace(lost, fewest=2) if len(outside) > 1 else None)

    def _cut(self, inside: list[int]) -> FloatArray:
        """L_U at the panels' points, (sets, panels, DEGREE + 1): each of U is missing less present."""
        codes = subset_sums(2.0 ** np.array(inside, dtype=np.float64)).astype(np.int64)
        values = self.sums[codes[::-1]]  # the set left when U is taken away
        for place in range(len(inside)):
            pairs = values.reshape(-1, 2, 2**place, *values.shape[1:])
            pairs[:, 1] -= pairs[:, 0]
        return values

    def _reduced(self, inside: list[int], outside: list[int]) -> tuple[FloatArray, FloatArray]:
        """M_U and its density, (sets, 1 + outside, panels, DEGREE + 1): first without and then with one more loss."""
        whole = self.sums[sum(2**j for j in inside)]
        density = np.zeros_like(whole)
        if inside:
            longest = max(inside, key=lambda j: self.means[j])
            density = (self.sums[sum(2**j for j in inside if j != longest)] - whole) / self.means[longest]
        values = np.stack([whole, *(self._with_loss(whole, i) for i in outside)])[None]
        densities = np.stack([density, *(self._with_loss(density, i) for i in outside)])[None]
        for j in inside:
            fewer = (self._with_loss(values, j) - values) / 2
            slower = -(densities + fewer / self.means[j]) / 2
            values, densities = np.concatenate([values, fewer]), np.concatenate([densities, slower])
        return values, densities

    def _with_loss(self, values: FloatArray, bidder: int) -> FloatArray:
        """With η_i s_i added to the sum whose distribution function or density has these values."""
        flat = values.reshape(1, -1, *values.shape[-2:])
        return np.asarray(self.losses[bidder].of(flat).reshape(values.shape) / (2 * self.means[bidder]))

    def _terms(self, values: FloatArray, densities: FloatArray | None, rates: FloatArray, numbers: IntArray) -> Terms:
        """The integrals of terms (sets, laws, panels, DEGREE + 1) with these densities, for all β = |U| + number."""
        panels = self.stored.size - 1
        integrals = np.empty((values.shape[1], numbers.size, rates.size, panels, DEGREE + 1))
        for place, number in enumerate(numbers):
            slopes = _sizes(rates) + number
            found = np.empty_like(values)
            for upwards, chosen in ((True, slopes > 0), (False, slopes < 0)):
                if chosen.any():
                    size = np.abs(slopes[chosen])
                    integral = DecayedIntegrals.over(rates[chosen] / size, self.breaks, upwards)
                    found[chosen] = integral.of(values[chosen]) / size[:, None, None, None]
            if densities is not None:
                level = slopes == 0
                found[level] = densities[level] / rates[level, None, None, None]
            integrals[:, place] = np.swapaxes(chebyshev_coefficients(found[:, :, :panels]), 0, 1)
        return Terms(
            breaks=self.stored,
            rates=rates,
            distributions=np.swapaxes(chebyshev_coefficients(values[:, :, :panels]), 0, 1).copy(),
            integrals=integrals,
            fewest=1,
            sign=int(np.sign(numbers[0])),
        )


def _sizes(rates: FloatArray) -> IntArray:
    """|U| for as many subsets as there are rates."""
    return subset_sums(np.ones(rates.size.bit_length() - 1)).astype(np.int64)


def _panels(first: float) -> FloatArray:
    """0, h, and `_PARTS` panels from each power of two to the next up to 1, h the power at or below `first`."""
    powers = 2.0 ** np.arange(min(int(np.floor(np.log2(first))), 0), 1.0)
    cut = [np.linspace(left, 2 * left, _PARTS + 1)[:-1] for left in powers[:-1]]
    return np.concatenate([[0.0], *cut, [1.0]])
