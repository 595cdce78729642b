"""The consistent rule of Aumann and Maschler, the bankruptcy rule of the Talmud."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from robustmech.continuum.known_means.claim_laws import ClaimTables
from robustmech.continuum.known_means.consistent_transfers import consistent_transfers
from robustmech.continuum.known_means.requests import RequestRule
from robustmech.continuum.supply import at_most_one
from robustmech.model import FloatArray


@dataclass(frozen=True, slots=True, init=False, eq=False)
class ConsistentRule(RequestRule):
    r"""Requests are met if they can be; if not, gains are equal up to half a request, or else losses are.

    With D the sum of the requests d: q = d for D ≤ 1; q_i = d_i − min(d_i/2, μ) with Σ_i q_i = 1 for 1 < D ≤ 2; and
    q_i = min(d_i/2, λ) with Σ_i q_i = 1 for D > 2. With two bidders it is the Shapley rule.

    The slope ∂q_i/∂d_i is 1, 1/2, 0, or, where m bidders share the loss equally, 1 − 1/m: the papers leave the last
    case out, and it lies outside their {0, 1/2, 1} from m = 3 on. It is below one, so the rule satisfies their
    conditions all the same.

    Canonical transfers for up to six included bidders, and on demand for up to eight, by `consistent_transfers`. The
    tables they take are made at the first payment and kept: a moment for six bidders, ten seconds or more and a quarter
    of a gigabyte for eight.

    Source: Brooks & Du (2021), section 6.3; Aumann & Maschler (1985).
    """

    most_canonical: ClassVar[int] = 6
    most_on_demand: ClassVar[int] = 8
    tables: dict[str, ClaimTables] = field(init=False, repr=False, compare=False)

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        RequestRule.__init__(self, sensitivities, bound)
        object.__setattr__(self, "tables", {})

    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        asked = requests.sum(axis=1)
        gains = np.minimum(requests / 2, _equal_level(requests / 2, np.ones_like(asked))[:, None])
        losses = np.minimum(requests / 2, _equal_level(requests / 2, np.maximum(asked - 1.0, 0.0))[:, None])
        shares = np.where((asked > 2.0)[:, None], gains, requests - losses)
        return at_most_one(self.every_bidder(np.where((asked <= 1.0)[:, None], requests, shares), shape))

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
        if "claims" not in self.tables:
            self.tables["claims"] = ClaimTables.of(self.sensitivities[self.included])
        return consistent_transfers(requests, self.tables["claims"])


def _equal_level(limits: FloatArray, amount: FloatArray) -> FloatArray:
    """The level x with Σ_i min(limit_i, x) = amount in each row, for amounts up to the sum of the limits."""
    ordered = np.sort(limits, axis=1)
    count = ordered.shape[1]
    below = np.concatenate([np.zeros((ordered.shape[0], 1)), np.cumsum(ordered, axis=1)[:, :-1]], axis=1)
    levels = (amount[:, None] - below) / np.arange(count, 0, -1)
    place = np.argmax((levels <= ordered) | (np.arange(count) == count - 1), axis=1)
    return np.asarray(np.take_along_axis(levels, place[:, None], axis=1)[:, 0])
