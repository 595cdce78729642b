"""Checks of the conditions that define a maxmin auction, made from its allocations and transfers alone."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_CENTRAL = (4 / 5, -1 / 5, 4 / 105, -1 / 280)  # eighth-order central difference


class MaxminRule(Protocol):
    """The part of an auction that the conditions are about."""

    @property
    def bidders(self) -> int: ...
    def allocate(self, bids: Any) -> Array: ...
    def transfers(self, bids: Any) -> Array: ...
    def slopes(self, bids: Any) -> Array: ...
    def excess_growth(self, bids: Any) -> Array: ...


def random_bids(bidders: int, profiles: int, seed: int) -> Array:
    """Bids of every size, from far below to far above the supply, some of them zero or equal."""
    rng = np.random.default_rng(seed)
    bids = rng.exponential(size=(profiles, bidders)) * 10 ** rng.uniform(-2, 2, (profiles, 1)) + 0.01
    bids[::5, 0] = bids[::5, -1]
    return bids


def own_derivatives(function: Callable[[Array], Array], bids: Array, step: float = 1e-3) -> Array:
    """∂f_i/∂a_i by eighth-order central differences of what the auction returns."""
    slopes = np.zeros_like(bids)
    for bidder in range(bids.shape[1]):
        for distance, weight in enumerate(_CENTRAL, start=1):
            for sign in (1, -1):
                moved = bids.copy()
                moved[:, bidder] += sign * distance * step
                slopes[:, bidder] += sign * weight / step * function(moved)[:, bidder]
    return slopes


def growth_residuals(rule: MaxminRule, bids: Array) -> Array:
    """∇·t − Σt − Ξ at each profile, transfers differentiated numerically."""
    growth = own_derivatives(rule.transfers, bids)
    return np.asarray(growth.sum(axis=1) - rule.transfers(bids).sum(axis=1) - rule.excess_growth(bids))


def far_from_kinks(rule: MaxminRule, bids: Array, sums: Array, step: float = 1e-3) -> npt.NDArray[np.bool_]:
    """Profiles from which no difference reaches across a point where one of the sums of requests is one."""
    highest = float(np.max(rule.slopes(np.zeros(rule.bidders))))
    return np.asarray(np.min(np.abs(sums - 1.0), axis=1) > 5 * step * highest)
