"""Transfers with a given aggregate excess growth: the price per unit bid, and averages over orders of bidders."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.growth import Growth
from robustmech.continuum.common_value.panels import Piecewise
from robustmech.model import FloatArray


@dataclass(frozen=True)
class UnitPrice:
    """The price per unit of bid T(x)/x, where T(x) is the aggregate transfer for an aggregate bid x.

    With t_i = m_i T(x)/x the aggregate excess growth is T' + (N − 1) T/x − T, so that

        T(x) g_N(x) = ∫_0^x Ξ g_N = −∫_x^∞ Ξ g_N.

    The first form is used where g_N rises and the second where it falls, so that errors shrink.
    """

    growth: Growth

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """T(x) for positive totals."""
        growth = self.growth
        transfer = totals * self._price(np.minimum(totals, growth.tail_start))
        tail = totals > growth.tail_start
        if tail.any():
            transfer = np.where(tail, self._tail(np.maximum(totals, growth.tail_start)), transfer)
        return transfer + growth.floor * growth.supply.quantity(totals) if growth.floor else transfer

    def _tail(self, totals: FloatArray) -> FloatArray:
        """T₀(x) beyond `tail_start`, where Ξ₀ = tail_weight/x + Ξ₀(∞)."""
        ratio = erlang.upper_ratio(self.growth.bidders, totals)
        top = self.growth.revealed.law.highest - self.growth.floor
        return -self.growth.limit * ratio - top * (ratio - 1.0)

    @cached_property
    def _price(self) -> Piecewise:
        base = self.growth.panels.count - self.growth.middle.count
        nodes = self.growth.panels.nodes
        middle, at_base_end = self._in_middle()
        prices = np.concatenate([self._in_base(nodes[:base], at_base_end), middle / nodes[base:]])
        return self.growth.panels.interpolant(prices)

    def _rising_in_base(self, totals: FloatArray) -> FloatArray:
        """T₀(x)/x from below, where Ξ₀ is affine."""
        n, growth = self.growth.bidders, self.growth
        price = growth.base_intercept * erlang.lower_ratio(n, totals)
        return price - growth.base_slope * totals * erlang.lower_ratio(n + 1, totals)

    def _in_base(self, totals: FloatArray, at_end: float) -> FloatArray:
        """T₀(x)/x below `base_end`; `at_end` is T₀ there."""
        n, growth = self.growth.bidders, self.growth
        result = np.empty_like(totals)
        rising = totals <= n
        result[rising] = self._rising_in_base(totals[rising])
        if rising.all():
            return result

        def falling(x: FloatArray) -> FloatArray:
            slope = growth.base_slope * x * erlang.upper_ratio(n + 1, x)
            return growth.base_intercept * erlang.upper_ratio(n, x) - slope

        x, end = totals[~rising], np.array([growth.base_end])
        carried = (at_end + falling(end)) * np.exp(erlang.log_density_change(n, end, x))
        result[~rising] = (carried - falling(x)) / x
        return result

    def _in_middle(self) -> tuple[FloatArray, float]:
        """T₀ at the nodes of the middle panels, and at the end of the base."""
        growth, panels, n = self.growth, self.growth.middle, self.growth.bidders
        values = growth.at_nodes[growth.panels.count - panels.count :]
        left, right = panels.edges[:-1, None], panels.edges[1:, None]
        change = np.exp(erlang.log_density_change(n, panels.nodes, left))
        running, totals = panels.running(values * change), panels.integrals(values * change)
        over = np.exp(erlang.log_density_change(n, left[:, 0], right[:, 0]))
        split = int(np.searchsorted(panels.edges[:-1], float(n)))
        at_edges = np.empty(panels.count + 1)
        at_edges[-1] = self._tail(panels.edges[-1:])[0]
        for k in range(panels.count - 1, split - 1, -1):
            at_edges[k] = at_edges[k + 1] / over[k] - totals[k]
        if split > 0:
            at_edges[0] = self._rising_in_base(panels.edges[:1])[0] * panels.edges[0]
        for k in range(split - 1):
            at_edges[k + 1] = (at_edges[k] + totals[k]) * over[k]
        return (at_edges[:-1, None] + running) / change, float(at_edges[0])


@dataclass(frozen=True)
class ImputedGrowth:
    """F_p(y) = E[Ξ₀(y + S_p)], S_p the sum of p exponentials, for p = 1, …, N.

    F_p(y) = ∫_0^∞ F_{p−1}(y + s) e^{−s} ds, computed from the right, where it is known in closed form.
    """

    growth: Growth

    def __call__(self, imputed: int, totals: FloatArray) -> FloatArray:
        """F_p at totals, p = `imputed` ≥ 1."""
        start = self.growth.tail_start
        inside = self._functions[imputed - 1](np.minimum(totals, start))
        tail = totals > start
        if tail.any():
            inside = np.where(tail, self._tail(imputed, np.maximum(totals, start)), inside)
        return inside

    def _tail(self, imputed: int, totals: FloatArray) -> FloatArray:
        return self.growth.limit + self.growth.tail_weight * erlang.mean_reciprocal(imputed, totals)

    @cached_property
    def _functions(self) -> list[Piecewise]:
        panels = self.growth.panels
        functions = []
        values = self.growth.above_floor(panels.nodes)
        left = panels.edges[:-1, None]
        decay = np.exp(-(panels.nodes - left))
        over = np.exp(-panels.widths)
        for imputed in range(1, self.growth.bidders + 1):
            running, totals = panels.running(values * decay), panels.integrals(values * decay)
            at_right = np.empty(panels.count)
            following = float(self._tail(imputed, panels.edges[-1:])[0])
            for k in range(panels.count - 1, -1, -1):
                at_right[k] = following
                following = following * over[k] + totals[k]
            values = ((totals[:, None] - running) + (at_right * over)[:, None]) / decay
            functions.append(panels.interpolant(values))
        return functions
