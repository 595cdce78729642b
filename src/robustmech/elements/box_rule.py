r"""Multilinear mechanisms of any number of agents at any real actions.

With balanced Ξ, multilinear on boxes, shared equally over the orders of agents, agent i pays

.. math:: t_i(x) = -\sum_{T \not\ni i} \frac{|T|!\,(N-|T|-1)!}{N!}\, E_T \Big[ e^{x_i} \int_{x_i}^\infty
    \Xi(z, \cdot)\, e^{-z}\, dz - E_i \Xi \Big],

with :math:`E_T` the mean over the actions of the agents in T and the others' actions as they are. Each operation acts on
one coordinate, so it is a vector over the ends of that coordinate's cells.
"""

import itertools
import math

import numpy as np

from robustmech.elements.lower_boxes import end_masses
from robustmech.elements.spacing import Spacing
from robustmech.elements.triangle_rule import located
from robustmech.model import FloatArray

_LARGEST_BLOCK = 2**22


def interpolated(spacings: tuple[Spacing, ...], values: FloatArray, bids: FloatArray) -> FloatArray:
    """The multilinear function with the given values at the nodes.

    Args:
        values: shape (M_1 + 1, …, M_N + 1, …).
        bids: shape (bids, agents).
    """
    places = [located(spacing, bids[:, i]) for i, spacing in enumerate(spacings)]
    extra = (slice(None), *([None] * (values.ndim - len(spacings))))
    total = np.zeros((bids.shape[0], *values.shape[len(spacings) :]))
    for corner in itertools.product((0, 1), repeat=len(spacings)):
        weight = np.prod([s if up else 1 - s for up, (_, s) in zip(corner, places, strict=True)], axis=0)
        total += weight[extra] * values[tuple(cell + up for up, (cell, _) in zip(corner, places, strict=True))]
    return total


def box_transfers(spacings: tuple[Spacing, ...], growth: FloatArray, bids: FloatArray) -> FloatArray:
    """What each agent pays, shape (bids, agents); zero for action 0.

    Args:
        growth: balanced Ξ at the ends of the cells and the tails, shape (2 M_1 + 1, …, 2 M_N + 1).
        bids: shape (bids, agents).
    """
    step = max(1, _LARGEST_BLOCK // growth.size)
    blocks = [_transfers(spacings, growth, bids[start : start + step]) for start in range(0, bids.shape[0], step)]
    return np.concatenate(blocks) if blocks else np.zeros(bids.shape)


def _transfers(spacings: tuple[Spacing, ...], growth: FloatArray, bids: FloatArray) -> FloatArray:
    agents = range(len(spacings))
    means = [np.array([float(mass) for mass in end_masses(spacing)])[None, :] for spacing in spacings]
    values = [_values(spacing, bids[:, i]) for i, spacing in enumerate(spacings)]
    beyond = [_beyond(spacing, bids[:, i]) - means[i] for i, spacing in enumerate(spacings)]
    paid = np.zeros(bids.shape)
    for i in agents:
        for others in itertools.product((False, True), repeat=len(spacings) - 1):
            ahead = sum(others)
            weight = math.factorial(ahead) * math.factorial(len(spacings) - ahead - 1) / math.factorial(len(spacings))
            averaged = [*others[:i], False, *others[i:]]
            parts = [beyond[j] if j == i else means[j] if averaged[j] else values[j] for j in agents]
            paid[:, i] -= weight * _contracted(growth, parts)
        paid[bids[:, i] <= 0, i] = 0.0
    return paid


def _contracted(function: FloatArray, parts: list[FloatArray]) -> FloatArray:
    """Apply one vector, or one per bid, to each axis in turn."""
    result = np.tensordot(parts[0], function, axes=(1, 0))
    for part in parts[1:]:
        result = (part.reshape(*part.shape, *([1] * (result.ndim - 2))) * result).sum(axis=1)
    return result


def _values(spacing: Spacing, places: FloatArray) -> FloatArray:
    """The weights that evaluate a function given at the ends of cells, shape (bids, 2 M + 1)."""
    cell, share = located(spacing, places)
    weights = np.zeros((places.size, 2 * spacing.cells + 1))
    bid = np.arange(places.size)
    weights[bid, 2 * cell], weights[bid, 2 * cell + 1] = 1 - share, share
    tail = places >= spacing.positions[-1]
    weights[tail] = 0.0
    weights[tail, -1] = 1.0
    return weights


def _beyond(spacing: Spacing, places: FloatArray) -> FloatArray:
    """The weights of the mean beyond each place, e^x ∫_x^∞ f(z) e^{−z} dz, shape (bids, 2 M + 1)."""
    points = spacing.positions
    begin, end = points[:-1][None, :], points[1:][None, :]
    start = places[:, None]
    low = np.clip(start, begin, end)
    share, length = (low - begin) / (end - begin), end - low
    whole = -np.expm1(-length)
    late = np.divide(whole - length * np.exp(-length), length, out=np.zeros_like(whole), where=length > 0)
    discount = np.exp(np.minimum(start - low, 0.0))
    weights = np.zeros((places.size, 2 * spacing.cells + 1))
    weights[:, 0:-1:2] = discount * (whole - late) * (1 - share)
    weights[:, 1::2] = discount * ((whole - late) * share + late)
    weights[:, -1] = np.exp(-np.maximum(points[-1] - places, 0.0))
    return weights
