"""The auctions under test, by name, and where their rules have kinks."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from maxmin_conditions import Array, MaxminRule

from robustmech.continuum.known_means import ConsistentRule, KnownMeans, ShapleyRule, WeightedProportional

RULES = {
    "compound": 100,
    "weighted proportional": 100,
    "weighted proportional, discounted": 5,
    "shapley": 5,
    "shapley, discounted": 5,
    "consistent": 100,
    "consistent, discounted": 2,
}
"""Each rule with the most bidders it is tested with."""


@dataclass(frozen=True)
class Discounted:
    """A rule with the discounted transfers where it would choose the canonical ones."""

    rule: WeightedProportional | ShapleyRule | ConsistentRule

    @property
    def bidders(self) -> int:
        return self.rule.bidders

    def allocate(self, bids: Any) -> Array:
        return self.rule.allocate(bids)

    def transfers(self, bids: Any) -> Array:
        return self.rule.discounted_transfers(bids)

    def slopes(self, bids: Any) -> Array:
        return self.rule.slopes(bids)

    def excess_growth(self, bids: Any) -> Array:
        return self.rule.excess_growth(bids)


def rule_for(kind: str, means: npt.ArrayLike) -> MaxminRule:
    """The auction of that name for these means."""
    model = KnownMeans(means)
    makers: dict[str, Callable[[], MaxminRule]] = {
        "compound": model.auction,
        "weighted proportional": model.weighted_proportional,
        "weighted proportional, discounted": lambda: Discounted(model.weighted_proportional()),
        "shapley": model.shapley,
        "shapley, discounted": lambda: Discounted(model.shapley()),
        "consistent": model.consistent,
        "consistent, discounted": lambda: Discounted(model.consistent()),
    }
    return makers[kind]()


def split_points(rule: MaxminRule, bids: Array) -> Array:
    """Sums that make the rule or its transfers change form where they pass one, shape (profiles, sums)."""
    eta = rule.slopes(np.zeros(rule.bidders))
    levels = [bids @ np.minimum(eta, level) for level in np.unique(eta[eta > 0])]
    included = np.flatnonzero(eta)
    most = included.size if included.size <= WeightedProportional.most_canonical else 0
    least = 1 if most <= 8 else most - 3  # with four or more random bids the change shows in the fourth derivative only
    sets = [s for k in range(least, most + 1) for s in itertools.combinations(included, k)]
    halves, pull = bids * eta / 2, max(1.0, included.size / 2)  # a bid moves the next sums up to so much faster
    gains = [np.minimum(halves, halves[:, [k]]).sum(axis=1) for k in included]
    losses = [np.maximum(halves, 2 * halves - halves[:, [k]]).sum(axis=1) for k in included]
    levels += [1.0 + (total - 1.0) / pull for total in (*gains, *losses)]
    if isinstance(rule, ConsistentRule) and rule.canonical:
        levels += consistent_kinks(halves[:, included])
    return np.stack([*levels, bids @ eta / 2, *[bids[:, list(s)] @ eta[list(s)] for s in sets]], axis=1)


def consistent_kinks(halves: Array) -> list[Array]:
    """For canonical transfers of the consistent rule, by halves of requests: what changes form where it passes one.

    For every set of known bidders, the sums at each of their claims, with some of the others as high as that claim;
    and the order of any two claims.
    """
    count = halves.shape[1]
    found = [1.0 + np.abs(halves[:, i] - halves[:, j]) for i, j in itertools.combinations(range(count), 2)]
    for size in range(1, count + 1):
        for chosen in itertools.combinations(range(count), size):
            some = halves[:, chosen]
            found += [some.sum(axis=1), 2 * some.sum(axis=1)]
            for k, more in itertools.product(chosen, range(count - size + 1)):
                own = halves[:, [k]]
                kept = (np.minimum(some, own).sum(axis=1), np.maximum(some, 2 * some - own).sum(axis=1))
                found += [1.0 + (total + more * halves[:, k] - 1.0) / count for total in kept]  # bids move it so fast
    return found
