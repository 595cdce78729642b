"""The Shapley rule."""

from dataclasses import dataclass, field
from math import factorial
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from robustmech.continuum.compound.piecewise import halving_breaks
from robustmech.continuum.compound.waiting_times import survivals
from robustmech.continuum.known_means.fixed_sets import FEW, SetFunctions, members, nodes
from robustmech.continuum.known_means.requests import RequestRule, order_weight, subset_sums
from robustmech.continuum.known_means.service import MOST_BIDDERS, served_in_full, shares
from robustmech.errors import SizeError
from robustmech.model import FloatArray

_CHUNK = 4096  # profiles cleared together, to bound memory


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

    Raises:
        SizeError: with more than 32 included bidders: shares then take the sums of more than 2^16 halves of subsets.
    Source: Brooks & Du (2021), section 6.3.
    """

    most_canonical: ClassVar[int] = 8
    tables: dict[str, SetFunctions] = field(init=False, repr=False, compare=False)

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
        return self.every_bidder(shares(requests), shape)

    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right: η_i times the part of the orders in which everything up to i's request is served."""
        requests, shape = self.requests(bids)
        return self.every_bidder(self.sensitivities[self.included] * served_in_full(requests), shape)

    def _canonical(self, requests: FloatArray) -> FloatArray:
        if "laws" not in self.tables:
            self.tables["laws"] = _set_functions(self.sensitivities[self.included])
        functions = self.tables["laws"]
        paid = np.zeros_like(requests)
        for start in range(0, requests.shape[0], _CHUNK):
            left = 1.0 - subset_sums(requests[start : start + _CHUNK])
            if left.shape[0] < FEW:
                values = functions.every_set(np.maximum(left, 0.0))
                paid[start : start + _CHUNK] = np.where(left[..., None] > 0, values, 0.0).sum(axis=1)
                continue
            for code in range(left.shape[1]):
                some = np.flatnonzero(left[:, code] > 0)
                paid[start + some] += functions.one_set(code, left[some, code]).T
        return paid


def _set_functions(eta: FloatArray) -> SetFunctions:
    """For every set W and bidder i, as functions of 1 − a_W, what the transfers add up.

    Σ κ η(V ∪ W) F_V over the V ∋ i apart from W if i ∉ W; less the same for W without i if i ∈ W.
    """
    count = eta.size
    breaks = halving_breaks(float(eta.min()) / 4, 0.25)
    places = nodes(breaks)
    laws = np.zeros((2**count, places.size))
    for code in range(1, 2**count):
        laws[code] = 1.0 - survivals(np.sort(eta[members(code, count)])[::-1], places)[:, -1]
    totals, sizes = subset_sums(eta), subset_sums(np.ones(count)).astype(np.int64)
    codes = np.arange(2**count)
    values = np.zeros((2**count, count, places.size))
    for known in range(2**count):
        apart = codes[(codes & known == 0) & (codes > 0)]
        weights = np.array([_weight(int(sizes[code]), int(sizes[known]), count) for code in apart])
        weights = weights * (totals[apart] + totals[known])
        for bidder in members(2**count - 1 - known, count):
            random = apart >> bidder & 1 == 1
            values[known, bidder] = weights[random] @ laws[apart[random]]
    for known in range(2**count):
        for bidder in members(known, count):
            values[known, bidder] = -values[known - (1 << bidder), bidder]
    return SetFunctions.through(breaks, values)


def _weight(random: int, fixed: int, bidders: int) -> float:
    """(u − 1)!(N − u)!/N! · w!(v − 1)!/u! for v random and w fixed members."""
    both = random + fixed
    return order_weight(both - 1, bidders) * factorial(fixed) * factorial(random - 1) / factorial(both)
