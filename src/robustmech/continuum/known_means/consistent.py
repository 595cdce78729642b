"""The consistent rule of Aumann and Maschler, the bankruptcy rule of the Talmud."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from robustmech.continuum.known_means.requests import RequestRule
from robustmech.continuum.known_means.shapley import ShapleyRule
from robustmech.errors import SizeError
from robustmech.model import FloatArray


@dataclass(frozen=True, slots=True, init=False, eq=False)
class ConsistentRule(RequestRule):
    r"""Requests are met if they can be; if not, gains are equal up to half a request, or else losses are.

    With D the sum of the requests d: q = d for D ≤ 1; q_i = d_i − min(d_i/2, μ) with Σ_i q_i = 1 for 1 < D ≤ 2; and
    q_i = min(d_i/2, λ) with Σ_i q_i = 1 for D > 2. With two bidders it is the Shapley rule.

    The slope ∂q_i/∂d_i is 1, 1/2, 0, or, where m bidders share the loss equally, 1 − 1/m: the papers leave the last
    case out, and it lies outside their {0, 1/2, 1} from m = 3 on. It is below one, so the rule satisfies their
    conditions all the same. With three or more, canonical transfers are integrals over polytopes that have no formula
    here: `transfers` are the discounted ones.

    Source: Brooks & Du (2021), section 6.3; Aumann & Maschler (1985).
    """

    most_canonical: ClassVar[int] = 2
    for_two: ShapleyRule | None = field(init=False, repr=False, compare=False)  # the same rule, for up to two

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        RequestRule.__init__(self, sensitivities, bound)
        object.__setattr__(self, "for_two", ShapleyRule(self.sensitivities) if self.canonical else None)

    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        asked = requests.sum(axis=1)
        gains = np.minimum(requests / 2, _equal_level(requests / 2, np.ones_like(asked))[:, None])
        losses = np.minimum(requests / 2, _equal_level(requests / 2, np.maximum(asked - 1.0, 0.0))[:, None])
        shares = np.where((asked > 2.0)[:, None], gains, requests - losses)
        return self.every_bidder(np.where((asked <= 1.0)[:, None], requests, shares), shape)

    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        asked = requests.sum(axis=1, keepdims=True)
        half = requests / 2
        gain = _equal_level(half, np.ones(asked.size))[:, None]
        loss = _equal_level(half, np.maximum(asked[:, 0] - 1.0, 0.0))[:, None]
        sharing = half >= loss
        loss_slope = np.where(sharing, 1.0 - 1.0 / np.maximum(sharing.sum(axis=1, keepdims=True), 1), 0.5)
        slope = np.where(asked >= 2.0, np.where(half < gain, 0.5, 0.0), np.where(asked < 1.0, 1.0, loss_slope))
        return self.every_bidder(self.sensitivities[self.included] * slope, shape)

    def _canonical(self, requests: FloatArray) -> FloatArray:
        if self.for_two is None:
            raise SizeError(f"no canonical transfers for {self.included.size} bidders: use discounted_transfers")
        return self.for_two._canonical(requests)


def _equal_level(limits: FloatArray, amount: FloatArray) -> FloatArray:
    """The level x with Σ_i min(limit_i, x) = amount in each row, for amounts up to the sum of the limits."""
    ordered = np.sort(limits, axis=1)
    count = ordered.shape[1]
    below = np.concatenate([np.zeros((ordered.shape[0], 1)), np.cumsum(ordered, axis=1)[:, :-1]], axis=1)
    levels = (amount[:, None] - below) / np.arange(count, 0, -1)
    place = np.argmax((levels <= ordered) | (np.arange(count) == count - 1), axis=1)
    return np.asarray(np.take_along_axis(levels, place[:, None], axis=1)[:, 0])
