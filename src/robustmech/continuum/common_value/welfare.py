"""Pairs of bidder surplus and profit that mark what optimal auctions can bring about: Figure 12."""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.model import CommonValue
from robustmech.continuum.common_value.panels import Panels, resolved_edges, within
from robustmech.errors import InputError
from robustmech.model import FloatArray


@dataclass(frozen=True)
class WelfarePoint:
    """Bidders' surplus (all together) and profit, in units of the value, and where they arise."""

    bidder_surplus: float
    profit: float
    meaning: str


def welfare_points(model: CommonValue) -> dict[str, WelfarePoint]:
    """The labelled points A to H of Figure 12, for any law, number of bidders and cost.

    Points D and E withhold the good below the cutoff; where nothing is rationed at zero bids, D is C and E is B.
    Source: Brooks & Du (2018), section 5.7; H from Bergemann, Brooks & Morris (2017).

    Raises:
        InputError: without surplus over the cost, or where the good must be sold.
    """
    if model.must_sell or not model.has_surplus:
        raise InputError("the welfare points need a seller who can keep the good, and an expected value above the cost")
    n, cost, surplus, guarantee = model.bidders, model.cost, model.surplus, model.guarantee
    lost = sum(interval.withheld for interval in model.graded_intervals)
    first = model.graded_intervals[0] if model.cutoff else None
    below = first.gain if first else 0.0
    forced = CommonValue.from_law(model.law, n, cost, must_sell=True).guarantee
    first_price = first_price_guarantee(model) - cost
    lowest = profit_without_rents(model)
    return {
        "A": WelfarePoint(surplus - lost - guarantee, guarantee, "the maxmin auction at the minmax information"),
        "B": WelfarePoint(0.0, surplus, "no information: all surplus is extracted by a posted price"),
        "C": WelfarePoint(surplus - guarantee, guarantee, "minmax information, the good always sold"),
        "D": WelfarePoint(surplus - below - guarantee, guarantee, "minmax information, withheld below the cutoff"),
        "E": WelfarePoint(0.0, surplus - below, "values pooled above the cutoff, withheld below"),
        "F": WelfarePoint(0.0, lowest, "lowest profit found without bidder surplus: exponential gains, then pooled"),
        "G": WelfarePoint(surplus - forced, forced, "the auction that must sell at its minmax information"),
        "H": WelfarePoint(surplus - first_price, first_price, "the first-price auction at its worst information"),
    }


def first_price_guarantee(model: CommonValue) -> float:
    """Least expected revenue of a first-price auction: (N − 1) ∫_0^1 v(p) (p^{−1/N} − 1) dp.

    The worst information has independent signals whose maximum is the value, and the winner bids the
    expected highest of the others' signals given hers. Source: Bergemann, Brooks & Morris (2017).
    """
    n, law = model.bidders, model.law
    if n == 1:
        return 0.0

    marks = np.unique([*law.quantiles.start, *law.quantiles.end])
    if marks.size == 1:
        return law.highest

    # by parts: (N − 1)(p^{−1/N} − 1) has the antiderivative N p^{(N−1)/N} − (N − 1) p, which is one at one
    def antiderivative(values: FloatArray) -> FloatArray:
        levels = law.cumulative(values)
        return n * levels ** ((n - 1) / n) - (n - 1) * levels

    size = float(marks[-1] - marks[0])
    panels = Panels(resolved_edges(antiderivative, marks, within(1e-15 * size)))
    return law.highest - float(panels.integrals(antiderivative(panels.nodes)).sum())


def profit_without_rents(model: CommonValue) -> float:
    """Profit at point F: gains k e^x up to x̄ and k e^{x̄} beyond, k as in the minmax information, mean preserved.

    The seller sells for k e^{x̄} above x̄ only.
    """
    n = model.bidders
    first = model.graded_intervals[0] if model.cutoff else None
    log_start = math.log(first.level) - first.end if first else math.log(model.law.lowest - model.cost)

    def excess(x: float) -> float:
        rising = float(erlang.density(n + 1, x))
        return math.exp(log_start + x) * (rising + float(erlang.survival(n, x))) - model.surplus

    low, high = (first.end if first else 0.0), float(n) + 1.0
    while excess(high) < 0:
        high += max(1.0, 0.1 * high)
    if excess(low) >= 0:
        return model.surplus - (first.gain if first else 0.0)
    top = float(scipy.optimize.brentq(excess, low, high, xtol=1e-14, rtol=1e-14))
    return math.exp(log_start + top) * float(erlang.survival(n, top))
