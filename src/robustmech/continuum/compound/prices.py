r"""Unit prices of the balanced compound auction, and their averages along a round.

A round of the compound auction raises the sensitivity η from one bidder's to the next; its price at η is what
balances the strategic virtual objective. With n active bidders and residual supply R, per unit of the bound,

    p(η, R) = P(V_η > R),        E e^{−pV_η} = (1 + ηp)^{n−1} / Π_{i ≤ n}(1 + η_i p),

so V_η is η_n s_n + Σ_{i<n} B_i η_i s_i with independent B_i ~ Bernoulli(1 − η/η_i): a probability, in [0, 1],
falling in R. docs/known-means.md derives it from equations (5) and (6) of Brooks, Du & Feffer (2025).
"""

from collections.abc import Iterator
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
NODES = 8  # of the graded rule, per panel
PLAIN_RULES = ((8, 2.8), (16, 16.5), (32, 56.0))
"""Gauss's rules on a whole round: numbers of nodes n and the variation z up to which their error is below rounding.

The derivatives of a price along a round are at most z, z², …: see `UnitPrices.variation`. Gauss's rule with n nodes on
[0, 1] then errs by at most (n!)⁴ z^{2n} / ((2n + 1)(2n)!³), which at these z is 3e-16.
"""


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
class RoundRule:
    """A quadrature along a round: where its nodes lie, from 0 to 1, their weights, and the prices of whole rounds."""

    progress: FloatArray
    weights: FloatArray
    along: FloatArray  # (rounds, nodes, panels, supply degree + 1)

    @classmethod
    def of(cls, progress: FloatArray, weights: FloatArray, surface: FloatArray) -> "RoundRule":
        """The rule with these nodes, for the surface of `UnitPrices`."""
        basis = chebyshev_values(surface.shape[2] - 1, 2.0 * progress - 1.0)
        along = np.moveaxis(np.tensordot(basis, surface, axes=(0, 2)), 0, 1)
        return cls(progress=progress, weights=weights, along=np.ascontiguousarray(along))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitPrices:
    """Prices p(η, R) as polynomials in η within a round and piecewise polynomials in R."""

    breaks: FloatArray
    surface: FloatArray  # (rounds, panels, level degree + 1, supply degree + 1)
    steepness: FloatArray  # of a price in R, per round
    turning: FloatArray  # of a price over the whole of a round at a fixed R, per round
    rules: tuple[RoundRule, ...]  # as in `PLAIN_RULES`, and last one that is crowded towards a round's end

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
        level_degree = min(durations.size - 1, 16 + durations.size // 4)  # a price is a polynomial of degree n - 1 in η
        points = (chebyshev_points(level_degree) + 1) / 2
        starts = np.concatenate([[0.0], ends[:-1]])
        active = np.array([np.count_nonzero(durations >= end) for end in ends])
        tables = []
        for start, end, count in zip(starts, ends, active, strict=True):
            mixture = prefix_weights(durations[:count], start + points * (end - start))
            values = (mixture @ beyond[:, :count].T).reshape(-1, *supplies.shape)
            tables.append(chebyshev_coefficients(chebyshev_coefficients(values, axis=2), axis=0).transpose(1, 0, 2))
        surface = np.stack(tables)
        left, weights = graded_rule(max(finest, 2.0**-12), NODES, 2 * spread)
        plain = [np.polynomial.legendre.leggauss(nodes) for nodes, _ in PLAIN_RULES]
        rules = [RoundRule.of((points + 1) / 2, masses / 2, surface) for points, masses in plain]
        return cls(
            breaks=breaks,
            surface=surface,
            steepness=2.0 / ends,
            turning=2.0 * (active - 1) * (1.0 - starts / ends),
            rules=(*rules, RoundRule.of(1 - left, weights, surface)),
        )

    def variation(self, rounds: IntArray, fractions: FloatArray, fall: FloatArray) -> FloatArray:
        r"""A number z that no k-th derivative of the price along the round exceeds in its k-th power.

        P(V_η > R) is a probability of the phases after n − 1 steps with chance η/η_k and a time R at rates 1/η_k, so a
        derivative in η costs at most 2(n − 1)/η_n, one in R at most 2/η_n, with η_n the end of the round.

        Args:
            rounds: which round.
            fractions: how much of its sensitivity is used.
            fall: how far the residual supply falls meanwhile.
        """
        return np.asarray(self.steepness[rounds] * fall + self.turning[rounds] * fractions)

    def at(self, rounds: IntArray, fractions: FloatArray, supplies: FloatArray) -> FloatArray:
        """Prices at a fraction in [0, 1] of a round and a residual supply in [0, 1]; arrays of one shape (m, nodes)."""
        panel, inside = locate(self.breaks, supplies)
        levels = chebyshev_values(self.surface.shape[2] - 1, 2.0 * fractions - 1.0)
        basis = chebyshev_values(SUPPLY_DEGREE, inside)
        in_level = np.einsum("mgad,dmg->mga", self.surface[rounds, panel], basis)
        return np.asarray(np.einsum("mga,amg->mg", in_level, levels))

    def average_of_whole(self, rounds: IntArray, start: FloatArray, end: FloatArray) -> FloatArray:
        """The mean price of rounds played to their end, while the residual supply falls from `start` to `end`."""
        averages = np.empty_like(start)
        for rule, chosen in self._by_rule(self.variation(rounds, np.ones_like(start), start - end)):
            supplies = end[chosen, None] + (start - end)[chosen, None] * (1.0 - rule.progress)
            panel, inside = locate(self.breaks, supplies)
            coefficients = rule.along[rounds[chosen, None], np.arange(rule.progress.size), panel]
            prices = np.einsum("dmg,mgd->mg", chebyshev_values(SUPPLY_DEGREE, inside), coefficients)
            averages[chosen] = prices @ rule.weights
        return averages

    def average_of_last(self, rounds: IntArray, fractions: FloatArray, start: FloatArray) -> FloatArray:
        """The mean price of rounds that sell out at a fraction of their length, from `start` down to nothing left."""
        averages = np.empty_like(start)
        for rule, chosen in self._by_rule(self.variation(rounds, fractions, start)):
            progress = fractions[chosen, None] * rule.progress
            which = np.broadcast_to(rounds[chosen, None], progress.shape)
            averages[chosen] = self.at(which, progress, start[chosen, None] * (1 - rule.progress)) @ rule.weights
        return averages

    def _by_rule(self, variation: FloatArray) -> Iterator[tuple[RoundRule, IntArray]]:
        """The rules that are needed, each with the rounds that it is for."""
        which = np.searchsorted(np.array([reach for _, reach in PLAIN_RULES]), variation)
        for place, rule in enumerate(self.rules):
            chosen = np.flatnonzero(which == place)
            if chosen.size:
                yield rule, chosen
