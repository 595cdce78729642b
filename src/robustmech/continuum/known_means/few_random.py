r"""The part of the weighted-proportional rule's canonical transfers in which at most some number of bids are random.

With C ∋ i the bidders whose bids are random, W the others, y = η·a and B = Σ η_j² a_j over W, c the size of C, and
G_C(y, B) = α_C(y) − B β_C(y) of `proportional_means`, the transfers are

    t_i = v̄ Σ_{C ∋ i} (c − 1)!(N − c)!/N! [G_C(y, B) − G_C(y + η_i a_i, B + η_i² a_i)].

Each set C has one pair of functions; what is subtracted takes it at the sums for C without i.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from robustmech.continuum.known_means.fixed_sets import DEGREE, FEW, SetFunctions, nodes
from robustmech.continuum.known_means.proportional_means import OneMore, coordinate, panel_breaks, with_nobody
from robustmech.continuum.known_means.requests import order_weight
from robustmech.model import FloatArray, IntArray

_MOST_SETS = 5100  # visited one by one: all sets of twelve bidders, pairs of a hundred
_CELLS = 4_000_000  # numbers held at once
_CHUNK = 4096  # profiles cleared together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FewRandom:
    """All sets of at most so many bidders, the empty one first, by size."""

    sensitivities: FloatArray  # from the largest down
    members: tuple[tuple[int, ...], ...]
    known: FloatArray  # (sets, bidders): one where the bidder is not in the set
    weights: FloatArray  # (sets,): the part of the orders in which the others come before a given member
    smaller: IntArray  # (pairs,): of pairs (i, C ∋ i), bidder by bidder, the place of C without i
    larger: IntArray  # (pairs,): the place of C
    functions: SetFunctions

    @classmethod
    def over(cls, sensitivities: FloatArray, most: int) -> "FewRandom":
        """For sets of at most `most` bidders with sensitivities that fall."""
        count = sensitivities.size
        sets = tuple(s for size in range(most + 1) for s in combinations(range(count), size))
        place = {members: index for index, members in enumerate(sets)}
        known = np.ones((len(sets), count))
        pairs = []
        for index, members in enumerate(sets):
            known[index, list(members)] = 0.0
            pairs += [(i, place[tuple(j for j in members if j != i)], index) for i in members]
        _, smaller, larger = np.array(sorted(pairs), dtype=np.intp).T
        return cls(
            sensitivities=sensitivities,
            members=sets,
            known=known,
            weights=np.array([0.0, *[order_weight(count - len(s), count) for s in sets[1:]]]),
            smaller=smaller,
            larger=larger,
            functions=_functions(sensitivities, sets, place),
        )

    def payments(self, requests: FloatArray) -> FloatArray:
        """The part of the transfers, per unit of the bound, for requests (profiles, bidders)."""
        few = requests.shape[0] < FEW
        step = _CELLS // (2 * (DEGREE + 1) * self.larger.size) if few else min(_CHUNK, _CELLS // len(self.members))
        step = max(1, step)
        paid = np.empty_like(requests)
        for start in range(0, requests.shape[0], step):
            chunk = requests[start : start + step]
            asked = chunk @ self.known.T
            divisor = np.maximum(asked, 1.0)
            squares = (chunk * self.sensitivities) @ self.known.T / divisor
            each = self._pair_by_pair if few else self._set_by_set
            paid[start : start + step] = each(coordinate(asked), divisor, squares)
        return paid

    def _pair_by_pair(self, points: FloatArray, divisor: FloatArray, squares: FloatArray) -> FloatArray:
        values = self.functions.every_set(points)
        own = (values[..., 0] - squares * values[..., 1]) / divisor
        values = self.functions.every_set(points[:, self.smaller], self.larger)
        moved = (values[..., 0] - squares[:, self.smaller] * values[..., 1]) / divisor[:, self.smaller]
        gains = self.weights[self.larger] * (own[:, self.larger] - moved)
        return np.asarray(gains.reshape(points.shape[0], self.known.shape[1], -1).sum(axis=2))

    def _set_by_set(self, points: FloatArray, divisor: FloatArray, squares: FloatArray) -> FloatArray:
        total = np.zeros((self.known.shape[1], points.shape[0]))
        pairs = np.argsort(self.smaller, kind="stable")
        ends = np.searchsorted(self.smaller[pairs], np.arange(len(self.members) + 1))
        bidders = np.repeat(np.arange(total.shape[0]), self.larger.size // total.shape[0])
        for index, members in enumerate(self.members):
            here = pairs[ends[index] : ends[index + 1]]
            sets = np.append(self.larger[here], index)
            values = self.functions.some_sets(sets, points[:, index])
            means = self.weights[sets, None] * (values[:, 0] - squares[:, index] * values[:, 1]) / divisor[:, index]
            total[bidders[here]] -= means[:-1]
            total[list(members)] += means[-1]
        return total.T


def most_random(bidders: int) -> int:
    """The largest size up to which sets are few enough to be visited one by one; all N up to twelve bidders."""
    size, sets = 0, 1
    while size < bidders and sets + comb(bidders, size + 1) <= _MOST_SETS:
        size += 1
        sets += comb(bidders, size)
    return size


def _functions(eta: FloatArray, sets: tuple[tuple[int, ...], ...], place: dict[tuple[int, ...], int]) -> SetFunctions:
    """Bidders join from the largest sensitivity down, so that the steepest functions come last."""
    shortest = float(eta.min())
    breaks = panel_breaks(shortest, float(eta.max()))
    joining = {duration: OneMore.of(duration, shortest, breaks) for duration in {float(e) for e in eta}}
    values = np.empty((len(sets), 2, nodes(breaks).size))
    values[0] = with_nobody(float(eta.sum()), breaks)
    size = max(map(len, sets))
    for bidders in range(1, size + 1):
        for last in range(eta.size):
            new = [place[s] for s in sets if len(s) == bidders and s[-1] == last]
            if new:
                values[new] = joining[float(eta[last])](values[[place[sets[s][:-1]] for s in new]])
    return SetFunctions.through(breaks, values)
