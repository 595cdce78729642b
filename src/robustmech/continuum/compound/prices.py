r"""Unit prices of the balanced compound auction, and their averages along a round.

A round of the compound auction raises the sensitivity η from one bidder's to the next; its price at η is what
balances the strategic virtual objective. With n active bidders and residual supply R, per unit of the bound,

    p(η, R) = P(V_η > R),        E e^{−pV_η} = (1 + ηp)^{n−1} / Π_{i ≤ n}(1 + η_i p),

so V_η is η_n s_n + Σ_{i<n} B_i η_i s_i with independent B_i ~ Bernoulli(1 − η/η_i): a probability, in [0, 1],
falling in R. docs/known-means.md derives it from equations (5) and (6) of Brooks, Du & Feffer (2025).
"""

from dataclasses import dataclass

import numpy as np

from robustmech.continuum.compound.piecewise import (
    chebyshev_coefficients,
    chebyshev_points,
    chebyshev_values,
    graded_rule,
    halving_breaks,
    locate,
    panel_points,
)
from robustmech.continuum.compound.waiting_times import survivals
from robustmech.model import FloatArray, IntArray

SUPPLY_DEGREE = 13
NODES = 8


def prefix_weights(durations: FloatArray, levels: FloatArray) -> FloatArray:
    r"""Weights w_k(η) with P(V_η > R) = Σ_k w_k(η) P(η_1 s_1 + … + η_k s_k > R); active durations, longest first.

    (1 + ηp)/(1 + η_k p) = η/η_k + (1 − η/η_k)/(1 + η_k p) takes phase k off a prefix with probability η/η_k, so the
    weights are the law of a chain that starts at n and tries to step down n − 1 times. Needs 0 ≤ η ≤ η_n.

    Returns:
        Array (levels, n), non-negative with sum one.
    """
    count = durations.size
    stepping = levels[:, None] / durations[None, :]
    weights = np.zeros((levels.size, count))
    weights[:, -1] = 1.0
    for _ in range(count - 1):
        moved = weights * stepping
        weights = weights - moved
        weights[:, :-1] += moved[:, 1:]
    return weights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitPrices:
    """Prices p(η, R) as polynomials in η within a round and piecewise polynomials in R."""

    breaks: FloatArray
    surface: FloatArray  # (rounds, panels, level degree + 1, supply degree + 1)
    along: FloatArray  # (rounds, nodes, panels, supply degree + 1): the surface at the nodes of a whole round
    progress: FloatArray  # where in a round the nodes lie, from 0 to 1, crowded towards its end
    weights: FloatArray

    @classmethod
    def tabulate(cls, durations: FloatArray, ends: FloatArray) -> "UnitPrices":
        """Prices for included sensitivities, largest first, and rounds that end at the given levels, smallest first."""
        finest = float(durations[-1]) / 4
        spread = max(
            float(np.sqrt(np.sum(durations**2))), 2.0**-6
        )  # standard deviation of Z, over which its law can turn
        breaks = halving_breaks(finest, spread)
        supplies = panel_points(breaks, SUPPLY_DEGREE)
        beyond = survivals(durations, supplies.ravel())
        left, weights = graded_rule(max(finest, 2.0**-12), NODES, 2 * spread)
        level_degree = min(durations.size - 1, 16 + durations.size // 4)  # a price is a polynomial of degree n - 1 in η
        points = (chebyshev_points(level_degree) + 1) / 2
        tables = []
        for start, end in zip(np.concatenate([[0.0], ends[:-1]]), ends, strict=True):
            active = durations[durations >= end]
            mixture = prefix_weights(active, start + points * (end - start))
            values = (mixture @ beyond[:, : active.size].T).reshape(-1, *supplies.shape)
            tables.append(chebyshev_coefficients(chebyshev_coefficients(values, axis=2), axis=0).transpose(1, 0, 2))
        surface = np.stack(tables)
        basis = chebyshev_values(level_degree, 2 * (1 - left) - 1)
        along = np.einsum("ga,rpad->rgpd", basis, surface)
        return cls(breaks=breaks, surface=surface, along=along, progress=1 - left, weights=weights)

    def at(self, rounds: IntArray, fractions: FloatArray, supplies: FloatArray) -> FloatArray:
        """Prices at a fraction in [0, 1] of a round and a residual supply in [0, 1]; arrays of one shape."""
        panel, inside = locate(self.breaks, supplies)
        levels = chebyshev_values(self.surface.shape[2] - 1, 2.0 * fractions - 1.0)
        basis = chebyshev_values(SUPPLY_DEGREE, inside)
        return np.asarray(np.einsum("...a,...d,...ad->...", levels, basis, self.surface[rounds, panel], optimize=True))

    def average_of_whole(self, rounds: IntArray, start: FloatArray, end: FloatArray) -> FloatArray:
        """The mean price of rounds played to their end, while the residual supply falls from `start` to `end`."""
        supplies = start[:, None] + (end - start)[:, None] * self.progress
        panel, inside = locate(self.breaks, supplies)
        coefficients = self.along[rounds[:, None], np.arange(self.progress.size), panel]
        prices = np.einsum("mgd,mgd->mg", chebyshev_values(SUPPLY_DEGREE, inside), coefficients)
        return np.asarray(prices @ self.weights)

    def average_of_last(self, rounds: IntArray, fractions: FloatArray, start: FloatArray) -> FloatArray:
        """The mean price of rounds that sell out at a fraction of their length, from `start` down to nothing left."""
        progress = fractions[:, None] * self.progress
        prices = self.at(
            np.broadcast_to(rounds[:, None], progress.shape), progress, start[:, None] * (1 - self.progress)
        )
        return np.asarray(prices @ self.weights)
