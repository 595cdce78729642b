r"""Averages over all orders in which bidders can be served from one unit, for the Shapley rule.

In an order in which the set W comes before i, bidder i with request d_i gets min(d_i, (1 − d_W)⁺), d_W the sum over W.
The average over orders is a sum over subsets W; the part of the orders in which i is served in full is the
Shapley-Shubik index of a weighted vote, which no known method finds in a number of steps polynomial in N. Up to
`ONE_BY_ONE` bidders every subset is visited. Beyond, subsets are put together from two halves: for a subset of one
half, those of the other half with which it stays below one are found by bisection, size by size, with running sums.
"""

import numpy as np

from robustmech.continuum.known_means.requests import order_weight, subset_sums
from robustmech.model import FloatArray

MOST_BIDDERS = 32
ONE_BY_ONE = 11


def shares(requests: FloatArray) -> FloatArray:
    """Average shares, shape (profiles, bidders), for requests of that shape; they sum to min(1, d)."""
    if requests.shape[1] > ONE_BY_ONE:
        return _by_halves(requests)[0]
    result = np.empty_like(requests)
    for bidder in range(requests.shape[1]):
        left = np.maximum(1.0 - subset_sums(np.delete(requests, bidder, axis=1)), 0.0)
        result[:, bidder] = np.minimum(requests[:, bidder, None], left) @ _subset_weights(requests.shape[1])
    return result


def served_in_full(requests: FloatArray) -> FloatArray:
    """The part of the orders in which i and all before it request less than one, shape (profiles, bidders)."""
    if requests.shape[1] > ONE_BY_ONE:
        return _by_halves(requests)[1]
    result = np.empty_like(requests)
    for bidder in range(requests.shape[1]):
        asked = subset_sums(np.delete(requests, bidder, axis=1)) + requests[:, bidder, None]
        result[:, bidder] = (asked < 1.0) @ _subset_weights(requests.shape[1])
    return result


def _subset_weights(count: int) -> FloatArray:
    sizes = subset_sums(np.ones(count - 1)).astype(np.int64)
    return np.array([order_weight(int(size), count) for size in sizes])


def _by_halves(requests: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares and the part served in full; with D < 1 the requests themselves and one."""
    got, full = requests.copy(), np.ones_like(requests)
    for profile in np.flatnonzero(requests.sum(axis=1) >= 1.0):
        asked = requests[profile]
        middle = asked.size // 2
        first, second = asked[:middle], asked[middle:]
        parts = [_of_one_half(first, second), _of_one_half(second, first)]
        full[profile] = np.concatenate([part[0] for part in parts])
        rationed = np.concatenate([part[1] for part in parts])
        whole = asked * full[profile]
        got[profile] = np.clip(rationed, whole, asked)  # where it lies but for rounding
    return got, full


def _of_one_half(own: FloatArray, others: FloatArray) -> tuple[FloatArray, FloatArray]:
    r"""The parts served in full, and the shares Σ_{W ∌ i} w(W)(1 − d_W)⁺ − Σ_{U ∋ i} w(U − i)(1 − d_U)⁺, of one half.

    That is the average of (1 − d_W)⁺ − (1 − d_W − d_i)⁺ = min(d_i, (1 − d_W)⁺), with w the part of orders.
    """
    count = own.size + others.size
    sums, sizes = subset_sums(own), subset_sums(np.ones(own.size)).astype(np.int64)
    other_sums, other_sizes = subset_sums(others), subset_sums(np.ones(others.size)).astype(np.int64)
    without = np.array([*[order_weight(size, count) for size in range(count)], 0.0])
    within = np.concatenate([[0.0], without[:-1]])
    outside, inside, full = np.zeros_like(sums), np.zeros_like(sums), np.zeros_like(sums)
    for size in range(others.size + 1):
        ordered = np.sort(other_sums[other_sizes == size])
        running = np.concatenate([[0.0], np.cumsum(ordered)])
        below = np.searchsorted(ordered, 1.0 - sums)
        left = below * (1.0 - sums) - running[below]
        outside += without[sizes + size] * left
        inside += within[sizes + size] * left
        full += within[sizes + size] * below
    holds = (np.arange(sums.size) >> np.arange(own.size)[:, None] & 1).astype(np.float64)
    return holds @ full, (1.0 - holds) @ outside - holds @ inside
