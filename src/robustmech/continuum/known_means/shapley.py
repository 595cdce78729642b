"""The Shapley rule."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy.typing as npt

from robustmech.continuum.known_means.random_served import RandomServed
from robustmech.continuum.known_means.requests import RequestRule
from robustmech.continuum.known_means.service import MOST_BIDDERS, served_in_full, shares
from robustmech.continuum.supply import at_most_one
from robustmech.errors import SizeError
from robustmech.model import FloatArray


@dataclass(frozen=True, slots=True, init=False, eq=False)
class ShapleyRule(RequestRule):
    r"""Bidders are served in a random order, each getting the lesser of the request and what is left.

    In an order in which the set T comes before i the slope of i's share is η_i while everything up to i is served in
    full. So

        Σ_i ∂q_i/∂a_i = Σ_{U ≠ ∅} (|U| − 1)!(N − |U|)!/N! · η(U) 1{η·a over U < 1},        η(U) = Σ_{i ∈ U} η_i.

    Canonical transfers, up to twelve included bidders, are sums over all sets (`random_served`).

    Raises:
        SizeError: with more than 32 included bidders: shares then take the sums of more than 2^16 halves of subsets.
    Source: Brooks & Du (2021), section 6.3.
    """

    most_canonical: ClassVar[int] = 12
    parts: list[RandomServed] = field(init=False, repr=False, compare=False)

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        RequestRule.__init__(self, sensitivities, bound)
        if self.included.size > MOST_BIDDERS:
            raise SizeError(
                f"the Shapley rule adds up all orders: at most {MOST_BIDDERS} included bidders, "
                f"not {self.included.size}; the compound auction has no such limit"
            )
        object.__setattr__(self, "parts", [])

    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        return at_most_one(self.every_bidder(shares(requests), shape))

    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right: η_i times the part of the orders in which everything up to i's request is served."""
        requests, shape = self.requests(bids)
        return self.every_bidder(self.sensitivities[self.included] * served_in_full(requests), shape)

    def _canonical(self, requests: FloatArray) -> FloatArray:
        if not self.parts:
            self.parts.append(RandomServed.over(self.sensitivities[self.included]))
        return self.parts[0].payments(requests)
