"""The optimal auction of a good to two bidders whose values add up to a known total."""

import math
from dataclasses import dataclass

from robustmech.continuum.constant_sum.auction import ConstantSumAuction
from robustmech.errors import InputError
from robustmech.model import FloatArray

_POSTED_PRICE_SKEW = -0.25


@dataclass(frozen=True, slots=True)
class ConstantSum:
    r"""Two bidders with equal expected values that add up to V in every state; the empirical distribution is known.

    No information is the potential-minimizing information, with potential V/2. The smoothed auction's strategic virtual
    objective is the same in every state and at every profile of bids, so its guarantee is

    .. math:: V\, \frac{1 - e^{-m}}{2m} \;\to\; \frac{V}{2} \quad (m \to 0).

    Any m > 0 will do with real bids. (On the grid X(k), m must be a multiple of 1/k.)

    Args:
        smoothing: m, the lead over the other bid that wins the good outright, in units of bids; positive.
        total: V, in units of money.
    Raises:
        InputError: for a smoothing or a total that is not positive and finite.
    Source: Brooks & Du (2023), section 6.
    """

    smoothing: float
    total: float = 1.0

    def __post_init__(self) -> None:
        if not self.smoothing > 0:
            raise InputError(
                f"smoothing is {self.smoothing}: it must be positive; `limit_auction` is the limit at zero"
            )
        self.auction(0.0)

    @property
    def guarantee(self) -> float:
        """The guarantee of the smoothed auction, with either transfers: V (1 − e^{−m}) / (2m), rounded down."""
        return -self.total * math.expm1(-self.smoothing) / (2 * self.smoothing) * (1 - 2.0**-50)

    @property
    def supremum(self) -> float:
        """The limit of the guarantee as the smoothing goes to zero: the maximum guarantee and minimum potential V/2."""
        return self.total / 2

    def auction(self, skew: float) -> ConstantSumAuction:
        """The smoothed auction with the transfers of one balanced division."""
        return ConstantSumAuction(smoothing=self.smoothing, total=self.total, skew=skew)

    @property
    def equal_auction(self) -> ConstantSumAuction:
        """With the aggregate excess growth divided equally: equation (49)."""
        return self.auction(0.0)

    @property
    def posted_price_auction(self) -> ConstantSumAuction:
        """With the skewed division, whose transfers tend to a posted price of V/2 as the smoothing goes to zero."""
        return self.auction(_POSTED_PRICE_SKEW)

    @property
    def limit_auction(self) -> ConstantSumAuction:
        """The limit at zero smoothing: the highest bid wins and pays V/2 (V/4 against a zero bid).

        Ties are split and each pays V/4, or nothing if both bid zero. The limit itself guarantees nothing: with no
        information it is an equilibrium that both bid zero, for sharing the good for free is worth V/4 to each, and so
        is winning it at V/4. To run an auction use a small positive smoothing.
        """
        return ConstantSumAuction(smoothing=0.0, total=self.total, skew=_POSTED_PRICE_SKEW)

    def allocate(self, bids: FloatArray) -> FloatArray:
        """The allocation, which both transfer rules share; shape (…, 2)."""
        return self.equal_auction.allocate(bids)

    def aggregate_excess_growth(self, bids: FloatArray) -> FloatArray:
        """The aggregate excess growth Ξ, which both transfer rules share; shape (…)."""
        return self.equal_auction.aggregate_excess_growth(bids)
