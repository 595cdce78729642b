"""What remains as the number of bidders grows, with aggregate bids normalised in two ways.

Central-limit units: x = (Σm − N)/√N, so that the aggregate signal tends to a standard normal.
Large-number units: x = Σm/N, so that the aggregate signal tends to one.
Source: Brooks & Du (2018), sections 5.2 and 5.3 and appendix C; where their formulas are corrected,
docs/common-value.md says why.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from robustmech.continuum.common_value.panels import Panels, resolved_edges, within
from robustmech.continuum.common_value.value_law import ValueLaw
from robustmech.model import FloatArray

_SPAN = 38.0
_STEP = 0.5


def _normal_density(x: FloatArray) -> FloatArray:
    return np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class ManyBidders:
    """The limits of the guarantee, the information and the auction; nothing here depends on the number of bidders."""

    law: ValueLaw
    cost: float
    must_sell: bool

    @property
    def guarantee(self) -> float:
        """The expected gains from trade (zero if negative and the seller can keep the good); Proposition 6."""
        gains = self.law.mean - self.cost
        return gains if self.must_sell else max(gains, 0.0)

    def revealed_value(self, x: FloatArray | float) -> FloatArray:
        """min{v: H(v) ≥ Φ(x)}, in central-limit units."""
        at = np.asarray(x, dtype=np.float64)
        return self.law.quantiles(scipy.special.ndtr(at), scipy.special.ndtr(-at))

    @cached_property
    def cutoff(self) -> float:
        """x* in central-limit units: expected gains below it are zero; −∞ if all gains are non-negative, +∞ if none."""
        if self.must_sell or self.law.lowest >= self.cost:
            return -math.inf
        if self.law.mean <= self.cost:
            return math.inf

        def gains_below(x: float) -> float:
            panels = self._panels(-_SPAN, x)
            gains = self.revealed_value(panels.nodes) - self.cost
            return float(panels.integrals(gains * _normal_density(panels.nodes)).sum())

        return float(scipy.optimize.brentq(gains_below, self._zero_gain, _SPAN, xtol=1e-14))

    @property
    def _zero_gain(self) -> float:
        """Where the revealed value passes the cost."""
        return float(scipy.special.ndtri(float(np.clip(self.law.cumulative(self.cost), 1e-300, 1 - 1e-16))))

    def graded_value(self, x: FloatArray | float) -> FloatArray:
        """The expected value at the minmax information: the cost below the cutoff, revealed above; Lemma 11."""
        at = np.asarray(x, dtype=np.float64)
        return np.where(at < self.cutoff, self.cost, self.revealed_value(at))

    def _panels(self, low: float, high: float, *extra: float) -> Panels:
        levels = self.law.quantiles
        jumps = np.where(levels.lower <= 0.5, scipy.special.ndtri(levels.lower), -scipy.special.ndtri(levels.upper))
        cuts = np.concatenate([np.arange(-_SPAN, _SPAN, _STEP), jumps, np.array(extra)])
        edges = np.unique(np.concatenate([[low, high], cuts[(cuts > low) & (cuts < high)]]))
        size = max(self.law.highest, self.cost, 1e-300)
        return Panels(
            resolved_edges(lambda x: self.revealed_value(x) * _normal_density(x), edges, within(1e-15 * size))
        )

    @cached_property
    def information_rent(self) -> float:
        """Lim √N (expected gains − guarantee) = ∫ φ dγ̄ = ∫ x φ(x) w̄(x) dx, the rate of Proposition 6."""
        panels = self._panels(-_SPAN, _SPAN, self.cutoff)
        x = panels.nodes
        return float(panels.integrals(x * _normal_density(x) * self.graded_value(x)).sum())

    def supply(self, x: FloatArray | float) -> FloatArray:
        """Aggregate allocation in central-limit units: one, whatever the aggregate bid."""
        return np.ones_like(np.asarray(x, dtype=np.float64))

    def aggregate_transfer(self, x: FloatArray | float) -> FloatArray:
        """Aggregate transfer of the proportional auction in central-limit units.

        ∫ w̄(y) Φ(min(x, y)) (1 − Φ(max(x, y))) dy / φ(x), an average of expected values.
        """
        at = np.atleast_1d(np.asarray(x, dtype=np.float64))
        panels = self._panels(-_SPAN, _SPAN, self.cutoff)
        y, values = panels.nodes, self.graded_value(panels.nodes)
        result = np.empty(at.size)
        for k, point in enumerate(at.ravel()):
            # Φ(min)(1 − Φ(max))/φ(x), from scaled error functions so that nothing underflows
            both = scipy.special.log_ndtr(np.minimum(point, y)) + scipy.special.log_ndtr(-np.maximum(point, y))
            kernel = np.exp(both + 0.5 * point**2 + 0.5 * math.log(2 * math.pi))
            weights = panels.integrals(kernel)
            result[k] = panels.integrals(kernel * values).sum() / weights.sum()
        return result.reshape(np.shape(x))

    def unit_price_in_orders(self, after: float, fraction: float) -> float:
        """Price per unit bid and head when payments are averaged over orders, in central-limit units.

        Args:
            after: the normalised sum of the bids after the bidder, Σ (m_j − 1)/√N.
            fraction: the share of bidders that come after.
        Returns:
            E[w̄(after + √(1 − fraction) Z)], Z standard normal (printed with `fraction` times Z).
        """
        spread = math.sqrt(max(1.0 - fraction, 0.0))
        if spread == 0.0:
            return float(self.graded_value(after))
        width = spread * _STEP
        edges = np.concatenate(
            [self._panels(-_SPAN, _SPAN, self.cutoff).edges, after + width * np.arange(-2 * _SPAN, 2 * _SPAN)]
        )
        panels = Panels(np.unique(edges))
        density = _normal_density((panels.nodes - after) / spread) / spread
        return float(panels.integrals(density * self.graded_value(panels.nodes)).sum())

    @property
    def rationed(self) -> bool:
        """Whether supply is rationed at low aggregate bids: some gains are negative, and the good can be kept."""
        return self.cutoff > -math.inf

    @property
    def floor(self) -> float:
        """What is charged per unit allocated before anything else: the lowest value if nothing is rationed."""
        return 0.0 if self.rationed else self.law.lowest

    def supply_in_means(self, x: FloatArray | float) -> FloatArray:
        """Aggregate allocation in large-number units: min(x, 1) if some gains are negative, else one.

        If the lowest value is just the cost and H rises from there like (v − c)^k, the latter holds for
        x above 1/(1 + k) only, and below it supply tends to (1 + k) x; see docs/common-value.md.
        """
        at = np.asarray(x, dtype=np.float64)
        return np.minimum(at, 1.0) if self.rationed else np.ones_like(at)

    def aggregate_transfer_in_means(self, x: FloatArray | float) -> FloatArray:
        """Aggregate transfer of the proportional auction in large-number units, for x ≠ 1.

        The highest value above one; below, cost times supply if rationed, and the lowest value if not.
        """
        at = np.asarray(x, dtype=np.float64)
        low = self.cost * at if self.rationed else np.full_like(at, self.law.lowest)
        return np.where(at > 1.0, self.law.highest, low)

    def unit_price_in_orders_in_means(self, after: float, fraction: float, aggregate: float = 1.0) -> float:
        """Price per unit bid and head when payments are averaged over orders, in large-number units.

        With y = after + 1 − fraction the aggregate bid when imputed bids replace those before the bidder:
        floor/aggregate + (highest − floor)/y² for y > 1, and below it the cost if supply is rationed and
        floor/aggregate if not. (Printed without the squares, which are one in central-limit units.)

        Args:
            after: the normalised sum of the bids after the bidder, Σ m_j/N.
            fraction: the share of bidders that come after.
            aggregate: the normalised sum of all bids.
        """
        total = after + 1.0 - fraction
        if total > 1.0:
            return self.floor / aggregate + (self.law.highest - self.floor) / total**2
        return self.cost if self.rationed else self.floor / aggregate
