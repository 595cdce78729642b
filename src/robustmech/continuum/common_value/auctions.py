"""The two auctions: one allocation, completed by either transfer rule."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robustmech.continuum.common_value.growth import Growth
from robustmech.continuum.common_value.payments import ImputedGrowth, UnitPrice
from robustmech.continuum.rules import checked_bids
from robustmech.errors import InputError
from robustmech.model import FloatArray

MOST_BIDDERS_FOR_ALL_ORDERS = 12
_BLOCK = 200_000
_LARGEST = 1e300


@dataclass(frozen=True)
class ProportionalAllocation:
    """q_i(m) = Q(Σm) m_i / Σm: supply depends on the aggregate bid, shares are proportional to bids; equation (9).

    When all bids are zero nothing is sold, or, where the seller must sell, the first bidder gets the
    good: the paper's equal split can make bidding nothing an equilibrium (docs/common-value.md).
    """

    growth: Growth
    must_sell: bool

    @property
    def bidders(self) -> int:
        """The number of bidders N."""
        return self.growth.bidders

    def allocate(self, bids: FloatArray) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders); sums to at most one.

        Raises:
            ShapeError, InputError: for bids of the wrong shape, negative or not finite.
        """
        return self._shares(checked_bids(bids, self.bidders))

    def _shares(self, bids: FloatArray) -> FloatArray:
        fractions, totals = fractions_of(bids)
        shares = fractions * self.growth.supply.quantity(totals)[..., None]
        over = shares.sum(axis=-1, keepdims=True)
        if np.any(over > 1.0):
            # rounding may add up to a few units in the last place too much
            shares = np.where(over > 1.0, shares / np.maximum(over, 1.0) * (1.0 - 2e-16 * self.bidders), shares)
        if self.must_sell:
            shares[..., 0] = np.where(totals == 0, 1.0, shares[..., 0])
        return shares


@dataclass(frozen=True)
class ProportionalAuction(ProportionalAllocation):
    """Bidders pay in proportion to their bids: t_i(m) = T(Σm) m_i / Σm.

    The aggregate transfer T depends only on the aggregate bid; see `UnitPrice`.
    """

    def transfers(self, bids: FloatArray) -> FloatArray:
        """What each bidder pays, shape (…, bidders), in units of the values; zero for a zero bid."""
        array = checked_bids(bids, self.bidders)
        fractions, totals = fractions_of(array)
        return fractions * self.aggregate_transfer(totals)[..., None]

    def aggregate_transfer(self, totals: FloatArray | float) -> FloatArray:
        """T(x), what the bidders pay together for an aggregate bid x; zero at zero."""
        x = np.asarray(totals, dtype=np.float64)
        positive = np.where(x > 0, x, 1.0)
        return np.where(x > 0, self._unit_price.aggregate(positive), 0.0)

    def price_per_unit(self, totals: FloatArray | float) -> FloatArray:
        """T(x)/x, the price of one unit of bid, for positive aggregate bids."""
        x = np.asarray(totals, dtype=np.float64)
        return self._unit_price.aggregate(x) / x

    @cached_property
    def _unit_price(self) -> UnitPrice:
        return UnitPrice(self.growth)


@dataclass(frozen=True)
class OrderAveragedAuction(ProportionalAllocation):
    """Transfers averaged over orders of the bidders; equation (22).

    In an order, the bidder in place p pays F_p(sum of the bids after hers) − F_p(that sum plus her
    own), F_p(y) = E[Ξ₀(y + sum of p imputed exponential bids)], and the floor per unit allocated.
    With `all_orders` the average is over all of them, the Shapley form (22). Otherwise it is over the
    N rotations of the bidders' given order, in which each bidder has each place once: every single
    order completes a maxmin mechanism, and so does this average, in N² steps instead of 2^N.
    """

    all_orders: bool = True

    def __post_init__(self) -> None:
        if self.all_orders and self.bidders > MOST_BIDDERS_FOR_ALL_ORDERS:
            raise InputError(
                f"averaging over all orders of {self.bidders} bidders is too much work: use all_orders=False, "
                f"or at most {MOST_BIDDERS_FOR_ALL_ORDERS} bidders"
            )

    def transfers(self, bids: FloatArray) -> FloatArray:
        """What each bidder pays, shape (…, bidders), in units of the values; zero for a zero bid."""
        array = checked_bids(bids, self.bidders)
        profiles = np.minimum(array.reshape(-1, self.bidders), _LARGEST)
        payments = np.empty_like(profiles)
        step = max(1, _BLOCK // (2**self.bidders if self.all_orders else self.bidders**2))
        for start in range(0, len(profiles), step):
            block = profiles[start : start + step]
            payments[start : start + step] = self._over_sets(block) if self.all_orders else self._over_rotations(block)
        charged = payments.reshape(array.shape) + self.growth.floor * self._shares(array)
        return np.where(array > 0, charged, 0.0)

    def _over_sets(self, bids: FloatArray) -> FloatArray:
        """Average over all orders: the bidders after i are a set I with probability 1 / (N C(N − 1, |I|))."""
        n = self.bidders
        members = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(np.bool_)
        sizes = members.sum(axis=1)
        # sums in a fixed order, so that the same bids always give the same bytes
        sums = np.zeros((len(bids), 2**n))
        for i in range(n):
            sums[:, members[:, i]] += bids[:, i, None]
        payments = np.zeros_like(bids)
        chance = 1.0 / n
        for size in range(n):
            without, with_one = sizes == size, sizes == size + 1
            before = self._imputed(n - size, sums[:, without])
            after = self._imputed(n - size, sums[:, with_one])
            for i in range(n):
                gained = np.ascontiguousarray(before[:, ~members[without, i]]).sum(axis=1)
                payments[:, i] += chance * (gained - np.ascontiguousarray(after[:, members[with_one, i]]).sum(axis=1))
            chance *= (size + 1) / max(n - 1 - size, 1)
        return payments

    def _over_rotations(self, bids: FloatArray) -> FloatArray:
        """Average over the rotations: in place p of a rotation, the N − p bidders that follow come after."""
        n = self.bidders
        sums = np.cumsum(np.concatenate([np.zeros((len(bids), 1)), bids, bids], axis=1), axis=1)
        payments = np.zeros_like(bids)
        own = np.arange(n)
        for place in range(1, n + 1):
            end = sums[:, own + 1 + n - place]
            following = np.maximum(end - sums[:, own + 1], 0.0)
            payments += self._imputed(place, following) - self._imputed(place, following + bids)
        return payments / n

    @cached_property
    def _imputed(self) -> ImputedGrowth:
        return ImputedGrowth(self.growth)


def fractions_of(bids: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each bid's fraction of the aggregate bid (zero if that is zero), and the aggregate; safe for huge bids."""
    largest = np.max(bids, axis=-1, keepdims=True)
    scaled = bids / np.where(largest > 0, largest, 1.0)
    total = scaled.sum(axis=-1)
    fractions = scaled / np.where(total > 0, total, 1.0)[..., None]
    with np.errstate(over="ignore"):
        return fractions, np.minimum(total * largest[..., 0], np.finfo(np.float64).max)


@dataclass(frozen=True)
class NothingSold:
    """The auction that sells nothing and charges nothing: all that is left where there is no surplus."""

    bidders: int

    def allocate(self, bids: FloatArray) -> FloatArray:
        """Zero for everyone."""
        return np.zeros_like(checked_bids(bids, self.bidders))

    def transfers(self, bids: FloatArray) -> FloatArray:
        """Zero for everyone."""
        return np.zeros_like(checked_bids(bids, self.bidders))
