"""What the other maxmin auctions share: a bid asks for a share of the good, sensitivity times bid."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from math import factorial
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from robustmech.continuum.compound import CompoundProportional
from robustmech.continuum.compound.inputs import checked_bound, checked_sensitivities
from robustmech.continuum.compound.waiting_times import expected_excess
from robustmech.continuum.rules import checked_bids
from robustmech.errors import SizeError
from robustmech.model import FloatArray

HIGHEST_REQUEST = 1e290
"""Requests are cut here, so that no sum of them overflows; it changes shares only among bids beyond it."""


@dataclass(frozen=True, slots=True, eq=False)
class RequestRule(ABC):
    r"""An auction in which bidder i's bid a_i requests η_i a_i; subclasses say how a short good is shared.

    Two rules for transfers complete every such sharing to a maxmin auction. The canonical ones, equations (31)-(33),
    average over the orders of the bidders: up to `most_canonical` included bidders, and more slowly up to
    `most_on_demand`. The discounted ones let every bidder pay v̄ per unit less the discount of the compound auction,
    t_i = v̄q_i − d_i: any number of bidders, alike for bidders alike. `transfers` are the canonical ones up to
    `most_canonical` included bidders (`canonical`), else the discounted ones.

    Args:
        sensitivities: η_i ≥ 0 per bidder; zero excludes the bidder, who gets and pays nothing.
        bound: the highest possible value, in the units of the transfers.
    Source: Brooks & Du (2021), Theorems 1 and 2; docs/known-means.md for the discounts.
    """

    most_canonical: ClassVar[int]
    most_on_demand: ClassVar[int] = 0
    sensitivities: FloatArray
    bound: float = 1.0
    included: npt.NDArray[np.intp] = field(init=False, repr=False, compare=False)
    expected_sale: float = field(init=False, repr=False, compare=False)
    compound: CompoundProportional = field(init=False, repr=False, compare=False)

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        eta = checked_sensitivities(sensitivities)
        positive = np.flatnonzero(eta)
        durations = np.sort(eta[positive])[::-1]
        object.__setattr__(self, "sensitivities", eta)
        object.__setattr__(self, "bound", checked_bound(bound))
        object.__setattr__(self, "included", positive)
        object.__setattr__(self, "expected_sale", float(durations.sum()) - expected_excess(durations))
        object.__setattr__(self, "compound", CompoundProportional(eta, self.bound))

    @property
    def bidders(self) -> int:
        """The number of bidders N, excluded ones too."""
        return int(self.sensitivities.size)

    @property
    def canonical(self) -> bool:
        """Whether `transfers` are the canonical ones; otherwise they are the discounted ones."""
        return self.included.size <= self.most_canonical

    @abstractmethod
    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders); they sum to min(1, η·a)."""

    @abstractmethod
    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right, shape (…, bidders): η_i while nothing is rationed, never more."""

    @abstractmethod
    def _canonical(self, requests: FloatArray) -> FloatArray:
        """The canonical transfers for requests (profiles, included), per unit of the bound."""

    def transfers(self, bids: npt.ArrayLike) -> FloatArray:
        """What each bidder pays, in the units of the bound, shape (…, bidders): see the class."""
        return self.canonical_transfers(bids) if self.canonical else self.discounted_transfers(bids)

    def canonical_transfers(self, bids: npt.ArrayLike) -> FloatArray:
        """The transfers (31)-(33) of Brooks & Du (2021), all orders equally likely, shape (…, bidders).

        Raises:
            SizeError: with more than `most_canonical` and `most_on_demand` included bidders.
        """
        most = max(self.most_canonical, self.most_on_demand)
        if self.included.size > most:
            raise SizeError(
                f"canonical transfers average over all orders: here for at most {most} included "
                f"bidders, not {self.included.size}; use discounted_transfers"
            )
        requests, shape = self.requests(bids)
        return self.every_bidder(np.where(requests > 0, self.bound * self._canonical(requests), 0.0), shape)

    def discounted_transfers(self, bids: npt.ArrayLike) -> FloatArray:
        """The bound for each unit of the share, less the discount of the compound auction, shape (…, bidders)."""
        return np.asarray(self.bound * self.allocate(bids) - self.compound.discounts(bids))

    def requests(self, bids: npt.ArrayLike) -> tuple[FloatArray, tuple[int, ...]]:
        """The included bidders' requests η_i a_i, shape (profiles, included), and the shape that the bids had."""
        profiles = checked_bids(bids, self.bidders)
        flat = profiles.reshape(-1, self.bidders)[:, self.included]
        with np.errstate(over="ignore"):
            return np.minimum(flat * self.sensitivities[self.included], HIGHEST_REQUEST), profiles.shape

    def every_bidder(self, values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
        """Numbers of the included bidders, with zeros for the excluded, in the shape of the bids."""
        result = np.zeros((values.shape[0], self.bidders))
        result[:, self.included] = values
        return result.reshape(shape)

    def excess_growth(self, bids: npt.ArrayLike) -> FloatArray:
        r"""Aggregate excess growth Ξ(a) = v̄(Σ_i ∂q_i/∂a_i − E[min(1, η·s)]), shape (…).

        Brooks & Du (2021), before Theorem 1: λ̄(1) is the mean of Σ_i ∂q_i/∂a_i, which is E[Σ_i q_i] by parts, so
        E[Ξ] = 0.
        """
        return np.asarray(self.bound * (self.slopes(bids).sum(axis=-1) - self.expected_sale))


def order_weight(before: int, bidders: int) -> float:
    """The part of all orders in which exactly a given set of that size comes before a given bidder."""
    return factorial(before) * factorial(bidders - before - 1) / factorial(bidders)


def subset_sums(numbers: FloatArray) -> FloatArray:
    """Sums over all subsets, subset k holding the members at the binary digits of k: (…, n) to (…, 2^n)."""
    sums = np.zeros((*numbers.shape[:-1], 1))
    for member in range(numbers.shape[-1]):
        sums = np.concatenate([sums, sums + numbers[..., member, None]], axis=-1)
    return sums
