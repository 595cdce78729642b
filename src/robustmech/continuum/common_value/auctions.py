"""The two auctions: one allocation, completed by either transfer rule."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robustmech.continuum.common_value.growth import Growth
from robustmech.continuum.common_value.orders import AllOrders, over_all_sets, over_rotations
from robustmech.continuum.common_value.payments import ImputedGrowth, UnitPrice
from robustmech.continuum.rules import checked_bids
from robustmech.continuum.supply import at_most_one
from robustmech.errors import InputError
from robustmech.model import FloatArray

MOST_BIDDERS_FOR_ALL_ORDERS = 100
_MOST_BIDDERS_SET_BY_SET = 12


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
        shares = at_most_one(fractions * self.growth.supply.quantity(totals)[..., None])
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

    With `all_orders` the average is over all of them, so that payments do not depend on how bidders are
    listed: over all 2^N sets up to 12 bidders, and by `AllOrders` beyond, within 1e-11 of the highest value.
    Otherwise it is over the N rotations of the listed order, in which each bidder has each place once:
    every single order completes a maxmin mechanism, and so does this average, in N² steps for any number
    of bidders; but who pays what then depends on the list.
    """

    all_orders: bool = True

    def __post_init__(self) -> None:
        if self.all_orders and self.bidders > MOST_BIDDERS_FOR_ALL_ORDERS:
            raise InputError(
                f"averaging over all orders of {self.bidders} bidders is too much work: at most "
                f"{MOST_BIDDERS_FOR_ALL_ORDERS}; use the 'proportional' transfers, or 'rotations' of the bidders' list"
            )

    def transfers(self, bids: FloatArray) -> FloatArray:
        """What each bidder pays, shape (…, bidders), in units of the values; zero for a zero bid."""
        array = checked_bids(bids, self.bidders)
        profiles = array.reshape(-1, self.bidders)
        if not self.all_orders:
            payments = over_rotations(self._imputed, profiles)
        elif self.bidders <= _MOST_BIDDERS_SET_BY_SET:
            payments = over_all_sets(self._imputed, profiles)
        else:
            payments = self._all_orders.payments(profiles)
        charged = payments.reshape(array.shape) + self.growth.floor * self._shares(array)
        return np.where(array > 0, charged, 0.0)

    @cached_property
    def _imputed(self) -> ImputedGrowth:
        return ImputedGrowth(self.growth)

    @cached_property
    def _all_orders(self) -> AllOrders:
        return AllOrders(self._imputed)


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
