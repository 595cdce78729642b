r"""Canonical transfers of the Shapley rule: sums over all sets of bidders whose bids are known.

The rule's Σ_i ∂q_i/∂a_i counts the sets U of bidders who together request less than one. (31)-(33), collected by the
part V ∋ i of U that bids at random and the part W that does not, become

    t_i = v̄ Σ_{W ∌ i} [k_{W,i}(1 − a_W) − k_{W,i}(1 − a_W − η_i a_i)],
    k_{W,i}(x) = Σ_{V ∋ i, V ∩ W = ∅} κ_{vw} η(V ∪ W) F_V(x),        κ_{vw} = (u − 1)!(N − u)!/N! · w!(v − 1)!/u!,

with u = v + w the sizes, a_W = η·a over W, and F_V the law of η·s over V; every term is non-negative. Each pair (W, i)
has one function of what is left. The sums over V ⊂ N − W are found for all W of a size together, bidder by bidder, and
those with V ∋ i as a difference.
"""

from dataclasses import dataclass
from math import factorial

import numpy as np

from robustmech.continuum.compound.piecewise import halving_breaks
from robustmech.continuum.compound.waiting_times import survivals
from robustmech.continuum.known_means.fixed_sets import FEW, SetFunctions, nodes
from robustmech.continuum.known_means.requests import order_weight, subset_sums
from robustmech.model import FloatArray, IntArray

_CELLS = 4_000_000  # numbers held at once
_CHUNK = 4096  # profiles cleared together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RandomServed:
    """The functions k_{W,i}, pair by pair: bidder by bidder, and for each the sets W of others as binary numbers."""

    functions: SetFunctions
    known: IntArray  # (pairs,): W
    joined: IntArray  # (pairs,): W with i

    @classmethod
    def over(cls, sensitivities: FloatArray) -> "RandomServed":
        """For bidders with these sensitivities."""
        count = sensitivities.size
        codes = np.arange(2**count)
        known = np.concatenate([codes[codes >> bidder & 1 == 0] for bidder in range(count)])
        joined = known + np.repeat(1 << np.arange(count), 2 ** (count - 1))
        breaks = halving_breaks(float(sensitivities.min()) / 4, 0.25)
        values = _pair_values(sensitivities, nodes(breaks), known, joined)
        return cls(functions=SetFunctions.through(breaks, values[:, None]), known=known, joined=joined)

    def payments(self, requests: FloatArray) -> FloatArray:
        """The transfers per unit of the bound for requests (profiles, bidders)."""
        few = requests.shape[0] < FEW
        step = max(1, min(_CHUNK, _CELLS // 2 ** requests.shape[1]))
        paid = np.empty_like(requests)
        for start in range(0, requests.shape[0], step):
            left = 1.0 - subset_sums(requests[start : start + step])
            paid[start : start + step] = self._pair_by_pair(left) if few else self._set_by_set(left)
        return paid

    def _pair_by_pair(self, left: FloatArray) -> FloatArray:
        """Every profile by itself: only pairs with something left count."""
        paid = np.zeros((left.shape[0], int(np.log2(left.shape[1]))))
        for profile, remaining in enumerate(left):
            for sign, sets in ((1.0, self.known), (-1.0, self.joined)):
                some = np.flatnonzero(remaining[sets] > 0)
                values = self.functions.every_set(remaining[None, sets[some]], some)[0, :, 0]
                bidders = some // (left.shape[1] // 2)
                paid[profile] += sign * np.bincount(bidders, weights=values, minlength=paid.shape[1])
        return paid

    def _set_by_set(self, left: FloatArray) -> FloatArray:
        """All profiles together: the functions of a set W and of the sets with one bidder less, at what W leaves."""
        count = int(np.log2(left.shape[1]))
        bidders = np.arange(count)
        paid = np.zeros((count, left.shape[0]))
        for code in range(left.shape[1]):
            some = np.flatnonzero(left[:, code] > 0)
            inside = code >> bidders & 1
            without = code & ~(1 << bidders)
            low, high = without & (1 << bidders) - 1, without >> bidders + 1  # its place among the sets without i
            pairs = bidders * 2 ** (count - 1) + low + (high << bidders)
            values = self.functions.some_sets(pairs, left[some, code])[:, 0]
            paid[:, some] += (1.0 - 2.0 * inside)[:, None] * values
        return paid.T


def _pair_values(eta: FloatArray, places: FloatArray, known: IntArray, joined: IntArray) -> FloatArray:
    """k_{W,i} at the places for every pair, shape (pairs, places)."""
    count = eta.size
    laws, totals = _laws(eta, places), subset_sums(eta)
    sizes = subset_sums(np.ones(count)).astype(np.int64)
    everyone = 2**count - 1
    values = np.empty((known.size, places.size))
    for fixed in range(count):
        kappa = np.array([0.0, *[_weight(size, fixed, count) for size in range(1, count - fixed + 1)], *[0.0] * fixed])
        weighted = kappa[sizes, None] * laws
        counted, summed = _over_subsets(weighted), _over_subsets(totals[:, None] * weighted)
        pairs = np.flatnonzero(sizes[known] == fixed)
        for some in np.array_split(pairs, 1 + pairs.size * places.size // _CELLS):
            all_others, fewer = everyone - known[some], everyone - joined[some]
            values[some] = summed[all_others] - summed[fewer]
            values[some] += totals[known[some], None] * (counted[all_others] - counted[fewer])
    return values


def _laws(eta: FloatArray, places: FloatArray) -> FloatArray:
    """F_V at the places for every set V of bidders, zero for the empty one: shape (2^N, places)."""
    laws = np.zeros((2**eta.size, places.size))
    order = np.argsort(-eta, kind="stable")
    last = 1 << int(order[-1])
    for code in range(2**eta.size):
        if code & last:  # the phases of V, and those of V without the shortest, which comes last
            durations = eta[[i for i in order if code >> int(i) & 1]]
            below = 1.0 - survivals(durations, places)
            laws[code] = below[:, -1]
            if durations.size > 1:
                laws[code - last] = below[:, -2]
    return laws


def _over_subsets(values: FloatArray) -> FloatArray:
    """For every set the sum over its subsets, sets being binary numbers along the first axis."""
    sums = values.copy()
    for bidder in range(int(np.log2(values.shape[0]))):
        halves = sums.reshape(-1, 2, 1 << bidder, values.shape[1])
        halves[:, 1] += halves[:, 0]
    return sums


def _weight(random: int, fixed: int, bidders: int) -> float:
    """κ for v random and w known members."""
    both = random + fixed
    return order_weight(both - 1, bidders) * factorial(fixed) * factorial(random - 1) / factorial(both)
