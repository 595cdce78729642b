"""The Shapley rule with the canonical transfers."""

from dataclasses import dataclass, field
from math import factorial

import numpy as np
import numpy.typing as npt

from robustmech.continuum.compound.piecewise import PiecewisePolynomial, halving_breaks
from robustmech.continuum.compound.waiting_times import survivals
from robustmech.continuum.known_means.requests import RequestRule, order_weight, subset_sums
from robustmech.errors import SizeError
from robustmech.model import FloatArray

MOST_BIDDERS = 8
_DEGREE = 13
_CHUNK = 64  # profiles cleared together, to bound memory


@dataclass(frozen=True, slots=True, init=False, eq=False)
class ShapleyRule(RequestRule):
    r"""Bidders are served in a random order, each getting the lesser of the request and what is left.

    In an order in which the set T comes before i the slope of i's share is η_i while everything up to i is served in
    full. So

        Σ_i ∂q_i/∂a_i = Σ_{U ≠ ∅} (|U| − 1)!(N − |U|)!/N! · η(U) 1{η·a over U < 1},        η(U) = Σ_{i ∈ U} η_i,

    and the canonical transfers (31)-(33), collected by the part V ∋ i of U that bids at random and the part W that
    does not, are

        t_i = v̄ Σ_{V ∋ i} Σ_{W ∩ V = ∅} κ_{vw} η(V ∪ W) [F_V(1 − a_W) − F_V(1 − a_W − η_i a_i)],
        κ_{vw} = (u − 1)!(N − u)!/N! · w!(v − 1)!/u!,

    with u = v + w the sizes, a_W = η·a over W, and F_V the law of η·s over V. Every term is non-negative.

    Source: Brooks & Du (2021), section 6.3.
    """

    tables: dict[int, PiecewisePolynomial] = field(init=False, repr=False, compare=False)

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        RequestRule.__init__(self, sensitivities, bound)
        if self.included.size > MOST_BIDDERS:
            raise SizeError(
                f"the Shapley rule adds up all orders: at most {MOST_BIDDERS} included bidders, "
                f"not {self.included.size}; the compound auction has no such limit"
            )
        object.__setattr__(self, "tables", {})

    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        shares = np.zeros_like(requests)
        for bidder in range(self.included.size):
            left = np.maximum(1.0 - subset_sums(np.delete(requests, bidder, axis=1)), 0.0)
            shares[:, bidder] = np.minimum(requests[:, bidder, None], left) @ self._order_weights()
        return self.every_bidder(shares, shape)

    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right: η_i times the probability that everything up to i's request is served."""
        requests, shape = self.requests(bids)
        served = np.zeros_like(requests)
        for bidder in range(self.included.size):
            asked = subset_sums(np.delete(requests, bidder, axis=1)) + requests[:, bidder, None]
            served[:, bidder] = (asked < 1.0) @ self._order_weights()
        return self.every_bidder(self.sensitivities[self.included] * served, shape)

    def transfers(self, bids: npt.ArrayLike) -> FloatArray:
        """What each bidder pays, in the units of the bound, shape (…, bidders): never negative."""
        requests, shape = self.requests(bids)
        paid = [self._paid(requests[k : k + _CHUNK]) for k in range(0, requests.shape[0], _CHUNK)]
        return self.every_bidder(self.bound * np.concatenate(paid) if paid else requests, shape)

    def _paid(self, requests: FloatArray) -> FloatArray:
        """The transfers of the included bidders, per unit of the bound."""
        eta = self.sensitivities[self.included]
        count = eta.size
        paid = np.zeros_like(requests)
        for code in range(1, 2**count):
            members = [i for i in range(count) if code >> i & 1]
            others = [i for i in range(count) if not code >> i & 1]
            sizes = subset_sums(np.ones(len(others))).astype(np.int64)
            weights = np.array([_weight(len(members), int(size), count) for size in sizes])
            weights = weights * (eta[members].sum() + subset_sums(eta[others]))
            left = 1.0 - subset_sums(requests[:, others])
            unmoved = self._served(code, left)
            for bidder in members:
                moved = self._served(code, left - requests[:, bidder, None])
                paid[:, bidder] += (unmoved - moved) @ weights
        return paid

    def _order_weights(self) -> FloatArray:
        count = self.included.size
        sizes = subset_sums(np.ones(count - 1)).astype(np.int64)
        return np.array([order_weight(int(size), count) for size in sizes])

    def _served(self, code: int, left: FloatArray) -> FloatArray:
        """P(η·s over the members of `code` < left), zero where nothing is left."""
        if code not in self.tables:
            eta = self.sensitivities[self.included]
            durations = np.sort(eta[[i for i in range(eta.size) if code >> i & 1]])[::-1]
            breaks = halving_breaks(float(durations[-1]) / 4, 0.25)
            law = PiecewisePolynomial.through(lambda z: 1.0 - survivals(durations, z)[:, -1:], breaks, _DEGREE)
            self.tables[code] = law
        probability = np.zeros_like(left)
        some = left > 0
        probability[some] = self.tables[code](left[some])[:, 0]
        return probability


def _weight(random: int, fixed: int, bidders: int) -> float:
    """(u − 1)!(N − u)!/N! · w!(v − 1)!/u! for v random and w fixed members."""
    both = random + fixed
    return order_weight(both - 1, bidders) * factorial(fixed) * factorial(random - 1) / factorial(both)
