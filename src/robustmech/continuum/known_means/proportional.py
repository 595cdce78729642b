"""The weighted-proportional rule."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from robustmech.continuum.known_means.fixed_sets import FEW, SetFunctions, members
from robustmech.continuum.known_means.proportional_means import coordinate, expected_slopes, panel_breaks
from robustmech.continuum.known_means.requests import RequestRule, order_weight, subset_sums
from robustmech.model import FloatArray

_CHUNK = 4096  # profiles cleared together, to bound memory


@dataclass(frozen=True, slots=True, init=False, eq=False)
class WeightedProportional(RequestRule):
    r"""Weighted-proportional rule q_i = η_i a_i / max(1, η·a), equation (30) with its misprint mended.

    Canonical transfers for up to eight included bidders. With W the set whose bids are known, requesting y in all,
    B = Σ_W η_i² a_i, and m = max(1, y), they are sums over W of α/m − Bβ/m² with α, β of `proportional_means`.

    Source: Brooks & Du (2021), Theorems 1 and 2.
    """

    most_canonical: ClassVar[int] = 8
    tables: dict[str, SetFunctions] = field(init=False, repr=False, compare=False)

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        RequestRule.__init__(self, sensitivities, bound)
        object.__setattr__(self, "tables", {})

    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders)."""
        requests, shape = self.requests(bids)
        return self.every_bidder(requests / np.maximum(requests.sum(axis=1, keepdims=True), 1.0), shape)

    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right, shape (…, bidders): η_i(1 − q_i)/max(1, η·a) where rationed."""
        requests, shape = self.requests(bids)
        asked = requests.sum(axis=1, keepdims=True)
        rationed = (1.0 - requests / np.maximum(asked, 1.0)) / np.maximum(asked, 1.0)
        return self.every_bidder(self.sensitivities[self.included] * np.where(asked < 1.0, 1.0, rationed), shape)

    def _canonical(self, requests: FloatArray) -> FloatArray:
        if "means" not in self.tables:
            self.tables["means"] = _set_functions(self.sensitivities[self.included])
        functions = self.tables["means"]
        count = requests.shape[1]
        paid = np.zeros_like(requests)
        for start in range(0, requests.shape[0], _CHUNK):
            chunk = requests[start : start + _CHUNK]
            known = subset_sums(chunk)
            squares = subset_sums(chunk * self.sensitivities[self.included])
            divisor = np.maximum(known, 1.0)
            if chunk.shape[0] < FEW:
                values = functions.every_set(coordinate(known)) / divisor[..., None]
                values[..., count:] *= (squares / divisor)[..., None]
                paid[start : start + _CHUNK] = (values[..., :count] - values[..., count:]).sum(axis=1)
                continue
            total = np.zeros((count, chunk.shape[0]))
            for code in range(2**count):
                values = functions.one_set(code, coordinate(known[:, code]))
                values[count:] *= squares[:, code] / divisor[:, code]
                total += (values[:count] - values[count:]) / divisor[:, code]
            paid[start : start + _CHUNK] = total.T
        return paid


def _set_functions(eta: FloatArray) -> SetFunctions:
    """For every set, m·α of each bidder and then m²·β of each bidder, with the orders' weights and signs."""
    count = eta.size
    breaks = panel_breaks(float(eta.min()), float(eta.max()))
    means = {code: expected_slopes(eta[members(code, count)], float(eta.sum()), breaks) for code in range(1, 2**count)}
    everyone = 2**count - 1
    values = np.zeros((2**count, 2, count, means[everyone].shape[1]))
    for known in range(2**count):
        inside = members(known, count)
        for bidder in range(count):
            if bidder in inside:
                moved = means[everyone - known + (1 << bidder)]
                values[known, :, bidder] = -order_weight(len(inside) - 1, count) * moved
            else:
                values[known, :, bidder] = order_weight(len(inside), count) * means[everyone - known]
    return SetFunctions.through(breaks, values.reshape(2**count, 2 * count, -1))
