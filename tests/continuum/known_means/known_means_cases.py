"""The auctions under test, by name, and where their rules have kinks."""

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from maxmin_conditions import Array, MaxminRule

from robustmech.continuum.known_means import KnownMeans
from robustmech.continuum.known_means.proportional import ALL_ORDERS

RULES = {"compound": 100, "weighted proportional": 100, "shapley": 5, "consistent": 2}
"""Each rule with the most bidders it is tested with."""


def rule_for(kind: str, means: npt.ArrayLike) -> MaxminRule:
    """The auction of that name for these means."""
    model = KnownMeans(means)
    makers: dict[str, Callable[[], MaxminRule]] = {
        "compound": model.auction,
        "weighted proportional": model.weighted_proportional,
        "shapley": model.shapley,
        "consistent": model.consistent,
    }
    return makers[kind]()


def split_points(rule: MaxminRule, bids: Array) -> Array:
    """Sums that make the rule or its transfers change form where they pass one, shape (profiles, sums)."""
    eta = rule.slopes(np.zeros(rule.bidders))
    levels = [bids @ np.minimum(eta, level) for level in np.unique(eta[eta > 0])]
    included = np.flatnonzero(eta)
    if included.size <= ALL_ORDERS:
        sets = [s for k in range(1, included.size + 1) for s in itertools.combinations(included, k)]
    else:
        falling = included[np.argsort(-eta[included], kind="stable")].tolist()
        sets = [tuple(order[: k + 1]) for order in (falling, falling[::-1]) for k in range(len(order))]
    return np.stack([*levels, *[bids[:, list(s)] @ eta[list(s)] for s in sets]], axis=1)
