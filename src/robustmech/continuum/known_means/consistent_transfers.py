r"""Canonical transfers of the consistent rule, (31)-(33) of Brooks & Du (2021), without quadrature.

Units of the bound; d = η·a requests, x = d/2, T the set of bidders whose bids are known and V the others, S = T or,
where bidder i's bid is known to exceed a_i and no more, S = T − i.

By parts E[∂q_k/∂a_k] = E[q_k] for a random bid and E[q_k] − q_k(a_i) for one beyond a_i, and Σq = min(1, D), so

    t_i = Σ_{S ∌ i} |S|!(N − 1 − |S|)!/N! · { E min(1, d_S + Z_V) − E min(1, d_S + d_i + Z_V) + E q_i(a_S, a_i, s)
                                             + J(S) − J(S, i) },        Z_V = Σ_V η_j s_j, V the bidders outside S,

with J(S) = Σ_{k ∈ S} E[∂q_k/∂a_k − q_k] at bids (a_S, s) and J(S, i) at (a_S, a_i + s_i, s). With y a level, let

    Φ(y) = P(Σ_j min(x_j, y) < 1) + P(Σ_j max(x_j, 2x_j − y) < 1),   φ(y) = density of Σ_j max(x_j, 2x_j − y) at 1.

A claimant's gain stops at x_k or at the level; so E q_k = ∫_0^{x_k} Φ(y) dy. The slope is half of both probabilities at
x_k, less 1/m where m claimants share the loss equally: with m the rate at which the second sum falls in y, the law of
the level has density E[m | …]φ, so that E[∂q_k/∂d_k] = Φ(x_k)/2 − ∫_0^{x_k} φ(y) dy. Both are integrals of
`claim_laws`: between the x of known bidders the others' part of the supply is linear in y. Below a_i's half bidder i
is one more claim above the level; beyond, its excess joins the random ones, as an exponential does.

Source: Brooks & Du (2021), section 6.3 and (31)-(33); docs/known-means.md.
"""

from dataclasses import dataclass

import numpy as np

from robustmech.continuum.compound.piecewise import chebyshev_values, locate
from robustmech.continuum.known_means.claim_laws import ClaimLaws, ClaimTables
from robustmech.continuum.known_means.decayed_integrals import DEGREE
from robustmech.continuum.known_means.fixed_sets import members
from robustmech.continuum.known_means.requests import order_weight, subset_sums
from robustmech.model import FloatArray

HIGHEST_HALF = 2.0
"""Half a request is cut here: claimants with more than the supply are alike, and the level is never above it."""

_CHUNK = 2**16  # terms evaluated together, to bound memory


def consistent_transfers(requests: FloatArray, tables: ClaimTables) -> FloatArray:
    """Canonical transfers per unit of the bound for requests (profiles, bidders), of the same shape.

    What a bidder who requests nothing pays is zero but for rounding.
    """
    profiles, count = requests.shape
    halves = np.minimum(requests / 2, HIGHEST_HALF)
    paid = np.zeros_like(halves)
    for random in range(2**count):
        inside, outside = members(random, count), members(2**count - 1 - random, count)
        known = KnownBidders(
            sensitivities=tables.sensitivities[outside], random=1.0 / tables.means[inside], laws=tables.laws(random)
        )
        step = max(1, _CHUNK // ((1 + len(inside)) * max(len(outside), 1) ** 2 * 2 ** len(inside)))
        for start in range(0, profiles, step):
            x, part = halves[start : start + step], paid[start : start + step]
            if inside:
                asked = x[:, outside].sum(axis=1, keepdims=True) + np.pad(x[:, inside], ((0, 0), (1, 0)))
                unsold = 2 * _expected_rests(tables, random, np.maximum(0.5 - asked, 0.0))
                growth, shares = known.beyond(x[:, outside], x[:, inside])
                gain = unsold[:, 1:] - unsold[:, :1] + growth[:, :1] - growth[:, 1:]
                part[:, inside] += order_weight(len(outside), count) * gain
            else:
                _, shares = known.beyond(x, x[:, :0])
            if outside:
                part[:, outside] += order_weight(len(outside) - 1, count) * (shares - known.below(x[:, outside]))
    return paid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownBidders:
    """J for bidders with known bids while the others are random; the shares that the known ones expect.

    Attributes:
        sensitivities: of the known bidders.
        random: 1/θ_j of the others.
        laws: of the others' claims.
    """

    sensitivities: FloatArray
    random: FloatArray
    laws: ClaimLaws

    def beyond(self, known: FloatArray, others: FloatArray) -> tuple[FloatArray, FloatArray]:
        """J(T) and, for each of the others, the part of J(T, i) from levels above the half x_i that i is known to ask.

        Args:
            known: halves of the known bidders' requests, shape (profiles, known).
            others: halves of the random bidders' requests, shape (profiles, others).
        Returns:
            Array (profiles, 1 + others), and E[q_k] of the known bidders in case T, of the shape of `known`.
        """
        order = np.argsort(known, axis=1)[:, None]
        halves = np.take_along_axis(known[:, None], order, axis=2)
        least = np.concatenate([np.zeros((known.shape[0], 1)), others], axis=1)[:, :, None]
        levels = np.maximum(np.pad(halves, ((0, 0), (0, 0), (1, 0))), least)
        count = others.shape[1]
        moved = np.eye(count + 1, count, -1)  # which bidder's request has a least value: none in the first case
        cut = subset_sums(moved)[:, None]  # whether that one is in U, (cases, 1, sets)
        whole = moved.sum(axis=1)[:, None, None] - cut
        own = cut * (moved @ self.random)[:, None, None]
        taken = levels[..., None] * subset_sums(np.ones(count)) + least[..., None] * whole
        exponents = -levels[..., None] * (self.laws.cut.rates - own) - (levels - least)[..., None] * own
        above = np.arange(known.shape[1], 0, -1)
        wanted = (halves > least) | (moved.sum(axis=1) == 0)[:, None]
        gained, _, reached = self.laws.cut.integrate(
            1.0 - _gains(halves, levels)[..., None] - taken, exponents, above, wanted
        )
        kept, shared, left = self.laws.reduced.integrate(
            1.0 - _left(halves, levels)[..., None] - taken, exponents, above, wanted
        )
        expected = np.cumsum(gained + kept, axis=2)
        slopes = (reached + left) / 2 - np.cumsum(shared, axis=2)
        shares = np.empty_like(known)
        np.put_along_axis(shares, order[:, 0], expected[:, 0], axis=1)
        return (self.sensitivities[order] * slopes - expected).sum(axis=2), shares

    def below(self, known: FloatArray) -> FloatArray:
        """For each known bidder i the part of J(T − i, i) from levels below x_i, of the shape of `known`."""
        count = known.shape[1]
        if self.laws.with_lost is None:
            return np.zeros_like(known)
        rest = np.array([[k for k in range(count) if k != i] for i in range(count)])
        order = np.argsort(known[:, rest], axis=2)
        halves = np.take_along_axis(known[:, rest], order, axis=2)
        starts, most = np.pad(halves, ((0, 0), (0, 0), (1, 0))), known[:, :, None]
        levels = np.minimum(starts, most)
        taken = levels[..., None] * subset_sums(np.ones(self.random.size))
        exponents = -levels[..., None] * self.laws.cut.rates
        above = np.arange(count, 1, -1)
        wanted = starts[:, :, :-1] <= most
        gained, _, reached = self.laws.cut.integrate(
            1.0 - (_gains(halves, levels) + levels)[..., None] - taken, exponents, above, wanted
        )
        kept, shared, left = self.laws.with_lost.integrate(
            1.0 - (_left(halves, levels) + 2 * most - levels)[..., None] - taken, exponents, above, wanted
        )
        expected = np.cumsum(gained + kept, axis=2)
        slopes = np.where(halves <= most, reached + left, 0.0) / 2 - np.cumsum(shared, axis=2)
        eta = np.take_along_axis(np.broadcast_to(self.sensitivities[rest], order.shape), order, axis=2)
        return np.asarray((eta * slopes - expected).sum(axis=2))


def _gains(halves: FloatArray, levels: FloatArray) -> FloatArray:
    """Σ_k min(x_k, y) over the known bidders."""
    return np.asarray(np.minimum(halves[:, :, None], levels[..., None]).sum(axis=-1))


def _left(halves: FloatArray, levels: FloatArray) -> FloatArray:
    """Σ_k max(x_k, 2x_k − y) over the known bidders."""
    x = halves[:, :, None]
    return np.asarray(np.maximum(x, 2 * x - levels[..., None]).sum(axis=-1))


def _expected_rests(tables: ClaimTables, random: int, rests: FloatArray) -> FloatArray:
    """E[(r − Σ_V θ_j s_j)⁺] at arguments r of any shape."""
    panel, inside = locate(tables.stored, rests)
    basis = chebyshev_values(DEGREE, inside)
    return np.asarray(np.einsum("d...,...d->...", basis, tables.expected_rests[random, panel]))
