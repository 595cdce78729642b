"""The weighted-proportional rule with the canonical transfers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from robustmech.continuum.compound.piecewise import PiecewisePolynomial
from robustmech.continuum.known_means.proportional_means import coordinate, expected_slopes
from robustmech.continuum.known_means.requests import RequestRule, order_weight
from robustmech.model import FloatArray

ALL_ORDERS = 8
"""Up to this many included bidders the transfers average over all orders of them; beyond, over two."""


@dataclass(frozen=True, slots=True, init=False, eq=False)
class WeightedProportional(RequestRule):
    r"""Weighted-proportional rule q_i = η_i a_i / max(1, η·a), equation (30) with its misprint mended.

    The canonical transfers (31)-(33) average over orders of the bidders. For an order in which the set S comes
    before i,

        t_i = E[Ξ(a_S, s_i, s_R)] − E[Ξ(a_S, a_i + s_i, s_R)],        s unit exponentials, R the bidders after i,

    which is (33) after one integration and bounded as it stands. Any law over orders gives transfers with the right
    aggregate excess growth, since (32) telescopes order by order. With up to eight included bidders it is the
    uniform law of the paper; with more, half the weight is on the order of falling sensitivities and half on its
    reverse.

    Source: Brooks & Du (2021), Theorems 1 and 2.
    """

    tables: dict[int, PiecewisePolynomial] = field(init=False, repr=False, compare=False)

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        RequestRule.__init__(self, sensitivities, bound)
        object.__setattr__(self, "tables", {})

    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        return self.every_bidder(requests / np.maximum(requests.sum(axis=1, keepdims=True), 1.0), shape)

    def transfers(self, bids: npt.ArrayLike) -> FloatArray:
        """What each bidder pays, in the units of the bound, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        eta = self.sensitivities[self.included]
        paid = np.zeros_like(requests)
        for first, followers in self._positions():
            before = sorted(first)
            base = requests[:, before]
            asked, squares = base.sum(axis=1), base @ eta[before]
            random = frozenset(range(eta.size)) - first
            if first:
                unmoved = self._mean_slopes(random, asked, squares)
            else:
                unmoved = self._mean_slopes(random, np.zeros(1), np.zeros(1))
            for bidder, weight in followers:
                own = requests[:, bidder]
                moved = self._mean_slopes(random, asked + own, squares + eta[bidder] * own)
                paid[:, bidder] += weight * (unmoved - moved)
        return self.every_bidder(np.where(requests > 0, self.bound * paid, 0.0), shape)

    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right, shape (…, bidders): η_i(1 − q_i)/max(1, η·a) where rationed."""
        requests, shape = self.requests(bids)
        asked = requests.sum(axis=1, keepdims=True)
        rationed = (1.0 - requests / np.maximum(asked, 1.0)) / np.maximum(asked, 1.0)
        return self.every_bidder(self.sensitivities[self.included] * np.where(asked < 1.0, 1.0, rationed), shape)

    def _positions(self) -> Iterator[tuple[frozenset[int], list[tuple[int, float]]]]:
        """Every set that comes first in some order, with the bidders that can follow it and the orders' weight."""
        count = self.included.size
        if count <= ALL_ORDERS:
            for code in range(2**count - 1):
                first = frozenset(member for member in range(count) if code >> member & 1)
                weight = order_weight(len(first), count)
                yield first, [(member, weight) for member in range(count) if member not in first]
            return
        falling = np.argsort(-self.sensitivities[self.included], kind="stable").tolist()
        for order in (falling, falling[::-1]):
            for place, bidder in enumerate(order):
                yield frozenset(order[:place]), [(bidder, 0.5)]

    def _mean_slopes(self, random: frozenset[int], asked: FloatArray, squares: FloatArray) -> FloatArray:
        """E[Σ_i ∂q_i/∂a_i] when these bidders bid unit exponentials and the others request `asked` in all."""
        code = sum(1 << member for member in random)
        if code not in self.tables:
            eta = self.sensitivities[self.included]
            self.tables[code] = expected_slopes(np.sort(eta[sorted(random)])[::-1], float(eta.sum()))
        values = self.tables[code](coordinate(asked))
        divisor = np.maximum(asked, 1.0)
        return np.asarray((values[:, 0] - squares / divisor * values[:, 1]) / divisor)
