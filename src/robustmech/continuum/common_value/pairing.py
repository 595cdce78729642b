"""Pairing aggregate signals on a graded interval, so that swapping their values leaves the law of values as it is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.grading import GradedInterval
from robustmech.continuum.common_value.inversion import invert_increasing
from robustmech.continuum.common_value.panels import Panels
from robustmech.continuum.common_value.revealed import RevealedValue
from robustmech.model import FloatArray


@dataclass(frozen=True)
class Pairing:
    """Which aggregate signal each one swaps values with.

    Where the graded value is above the revealed one, a signal x lacks (w̄ − ŵ)(x) g_N(x) dx of value;
    where it is below, a signal has that much too much. What is lacking up to x is never less than what
    is in excess up to x, so pairing them in order sends every x that lacks to a later y in excess, and
    swapping the two values with the right probability gives each its graded mean.
    """

    panels: Panels
    lacking: FloatArray
    excess: FloatArray
    lacking_before: FloatArray
    excess_before: FloatArray

    @classmethod
    def on(cls, revealed: RevealedValue, interval: GradedInterval, cost: float) -> "Pairing":
        """Pair the signals of one graded interval."""
        low = interval.start or 0.5 * min(float(erlang.quantile(revealed.bidders, 1e-25)), float(revealed.ends[1]))
        low = min(low, 0.5 * interval.end) if not interval.start else low

        def lack(x: FloatArray) -> FloatArray:
            return interval.level * np.exp(x - interval.end) + cost - revealed.on(x)

        panels = revealed.resolving(low, interval.end, np.empty(0))
        crossings = _crossings(panels, lack)
        panels = revealed.resolving(low, interval.end, np.array(crossings)) if crossings else panels
        mass = lack(panels.nodes) * erlang.density(revealed.bidders, panels.nodes)
        sign = panels.integrals(mass) > 0
        lacking, excess = np.where(sign[:, None], np.maximum(mass, 0.0), 0.0), np.where(sign[:, None], 0.0, -mass)
        excess = np.maximum(excess, 0.0)
        lacking_before = np.concatenate([[0.0], np.cumsum(panels.integrals(lacking))])
        excess_before = np.concatenate([[0.0], np.cumsum(panels.integrals(excess))])
        scale = lacking_before[-1] / excess_before[-1] if excess_before[-1] > 0 else 1.0
        return cls(panels, lacking, excess * scale, lacking_before, excess_before * scale)

    def partner(self, totals: FloatArray) -> FloatArray:
        """The signal that each one swaps with."""
        at_low = np.clip(totals, self.panels.edges[0], self.panels.edges[-1])
        rows = self.panels.places(at_low)
        lacks = self.lacking_before[rows + 1] > self.lacking_before[rows]
        result = np.empty_like(at_low)
        for chosen, own, own_before, other, other_before in (
            (lacks, self.lacking, self.lacking_before, self.excess, self.excess_before),
            (~lacks, self.excess, self.excess_before, self.lacking, self.lacking_before),
        ):
            x = at_low[chosen]
            running = self.panels.interpolant(self.panels.running(own))
            target = np.clip(own_before[rows[chosen]] + running(x), 0.0, own_before[-1])
            result[chosen] = self._inverse(other, other_before, target)
        return result

    def _inverse(self, values: FloatArray, before: FloatArray, targets: FloatArray) -> FloatArray:
        """Where the running integral of `values` reaches the targets."""
        place = np.clip(np.searchsorted(before, targets, side="left") - 1, 0, self.panels.count - 1)
        running = self.panels.interpolant(self.panels.running(values))
        edges = self.panels.edges

        def cumulative(y: FloatArray) -> FloatArray:
            inside = before[place] + running(np.clip(y, edges[place], np.nextafter(edges[place + 1], 0.0)))
            return np.where(y >= edges[place + 1], before[place + 1], inside)

        return invert_increasing(cumulative, targets, edges[place], edges[place + 1])


def _crossings(panels: Panels, lack: Callable[[FloatArray], FloatArray]) -> list[float]:
    """Points inside panels at which what is lacking changes sign."""
    nodes = panels.nodes
    signs = np.sign(lack(nodes))
    rows, columns = np.nonzero(signs[:, 1:] * signs[:, :-1] < 0)

    def scalar(x: float) -> float:
        return float(lack(np.array([[x]]))[0, 0])

    return [
        float(scipy.optimize.brentq(scalar, nodes[r, k], nodes[r, k + 1], xtol=1e-300, rtol=1e-14))
        for r, k in zip(rows, columns, strict=True)
    ]
