"""The smoothed highest-bid auction for two bidders, with any of a family of transfers."""

import math
from dataclasses import dataclass

import numpy as np

from robustmech.continuum.constant_sum.windows import exponential_window, laplace_window
from robustmech.continuum.rules import checked_bids
from robustmech.errors import InputError
from robustmech.model import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantSumAuction:
    r"""The allocation rises linearly from 0 to 1 as a bid's lead over the other goes from −m to m.

    .. math:: q_i(x) = \min\{1, \max\{0, \tfrac12 + \tfrac{x_i - x_j}{2m}\}\}, \qquad
              \Xi(x) = V\, \frac{1\{|x_1 - x_2| < m\} - (1 - e^{-m})}{2m}

    The transfers have aggregate excess growth Ξ; its balanced division is
    :math:`\Xi_i = \Xi/2 + c V \operatorname{sign}(x_i - x_j)`, where the skew c picks one of a family. With
    c = 0 (equal division) they are A − B + C − D of equation (49); with c = −1/4 they tend to a posted price as m → 0.

    Args:
        smoothing: m, in units of bids; zero for the limit, where the highest bid wins and ties are split.
        total: V, the known sum of the two values, in units of money; positive.
        skew: c.
    Raises:
        InputError: for a negative smoothing, a total that is not positive, or a number that is not finite.
    Source: Brooks & Du (2023), sections 6.2, 6.3 and B.3.4.
    """

    smoothing: float
    total: float = 1.0
    skew: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.smoothing) and self.smoothing >= 0):
            raise InputError(f"smoothing is {self.smoothing}: it must be finite and at least zero")
        if not (math.isfinite(self.total) and self.total > 0):
            raise InputError(f"total is {self.total}: the sum of the values must be positive and finite")
        if not math.isfinite(self.skew):
            raise InputError(f"skew is {self.skew}: it must be finite")

    @property
    def bidders(self) -> int:
        """Two."""
        return 2

    def allocate(self, bids: FloatArray) -> FloatArray:
        """Each bidder's share of the good, shape (…, 2); always sums to one."""
        checked = checked_bids(bids, 2)
        lead = checked[..., 0] - checked[..., 1]
        if self.smoothing == 0:
            first = (1.0 + np.sign(lead)) / 2
        else:
            with np.errstate(over="ignore"):
                first = np.clip(0.5 + lead / (2 * self.smoothing), 0.0, 1.0)
        return np.stack([first, 1.0 - first], axis=-1)

    def aggregate_excess_growth(self, bids: FloatArray) -> FloatArray:
        """Ξ, shape (…): the limit k → ∞ of equation (29), with the constant that makes it balanced.

        Raises:
            InputError: for smoothing zero, where Ξ is a mass on the diagonal and no function.
        """
        if self.smoothing == 0:
            raise InputError("smoothing is zero: the aggregate excess growth is then a mass on equal bids")
        checked = checked_bids(bids, 2)
        within = np.abs(checked[..., 0] - checked[..., 1]) < self.smoothing
        return np.asarray(self.total * (within + np.expm1(-self.smoothing)) / (2 * self.smoothing), dtype=np.float64)

    def transfers(self, bids: FloatArray) -> FloatArray:
        r"""What each bidder pays, shape (…, 2), in units of the total; zero for a zero bid, and bounded.

        .. math:: t_i / V = D(0) - B(x_j - x_i) + B(x_j) - D(x_i)
                  + c\,[2 e^{-x_j} - 2 e^{-\max(x_j - x_i, 0)} + 1 - e^{-x_i}]

        Source: Brooks & Du (2023), equation (49) and the formula for Δ_i that follows it.
        """
        own = checked_bids(bids, 2)
        other = own[..., ::-1]
        behind = other - own
        m = self.smoothing
        paid = laplace_window(np.zeros_like(own), m) - laplace_window(own, m)
        paid += exponential_window(other, m) - exponential_window(behind, m)
        if self.skew:
            tilt = np.exp(-other) - np.exp(-np.maximum(behind, 0.0))
            paid += self.skew * (2 * tilt - np.expm1(-own))
        return np.where(own > 0, self.total * paid, 0.0)
