"""The weighted-proportional rule."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from robustmech.continuum.known_means.few_random import FewRandom, most_random
from robustmech.continuum.known_means.many_random import ManyRandom
from robustmech.continuum.known_means.requests import RequestRule
from robustmech.continuum.supply import at_most_one
from robustmech.model import FloatArray


@dataclass(frozen=True, slots=True, init=False, eq=False)
class WeightedProportional(RequestRule):
    r"""Weighted-proportional rule q_i = η_i a_i / max(1, η·a), equation (30) with its misprint mended.

    Canonical transfers are sums over the sets of bidders whose bids are random. Up to twelve included bidders all sets
    are visited (`few_random`), and `transfers` are canonical. Beyond, only the small sets are, and the large ones are
    added up by an expansion (`many_random`): tens of milliseconds a profile, hence only when `canonical_transfers` are
    asked for.

    Source: Brooks & Du (2021), Theorems 1 and 2.
    """

    most_canonical: ClassVar[int] = 12
    most_on_demand: ClassVar[int] = 100
    parts: list[FewRandom | ManyRandom] = field(init=False, repr=False, compare=False)

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        RequestRule.__init__(self, sensitivities, bound)
        object.__setattr__(self, "parts", [])

    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        shares = requests / np.maximum(requests.sum(axis=1, keepdims=True), 1.0)
        return at_most_one(self.every_bidder(shares, shape))

    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right, shape (…, bidders): η_i(1 − q_i)/max(1, η·a) where rationed."""
        requests, shape = self.requests(bids)
        asked = requests.sum(axis=1, keepdims=True)
        rationed = (1.0 - requests / np.maximum(asked, 1.0)) / np.maximum(asked, 1.0)
        return self.every_bidder(self.sensitivities[self.included] * np.where(asked < 1.0, 1.0, rationed), shape)

    def _canonical(self, requests: FloatArray) -> FloatArray:
        eta = self.sensitivities[self.included]
        order = np.argsort(-eta, kind="stable")
        if not self.parts:
            single = most_random(eta.size)
            many = [ManyRandom.over(eta[order], single)] if single < eta.size else []
            self.parts.extend([*many, FewRandom.over(eta[order], single)])
        paid = np.empty_like(requests)
        paid[:, order] = sum(part.payments(requests[:, order]) for part in self.parts)
        return paid
