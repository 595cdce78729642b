r"""Multilinear mechanisms of any number of agents at any real actions.

With balanced Ξ, multilinear on boxes, shared equally over the orders of agents, agent i pays

.. math:: t_i(x) = -\sum_{T \not\ni i} \frac{|T|!\,(N-|T|-1)!}{N!}\, E_T \Big[ e^{x_i} \int_{x_i}^\infty
    \Xi(z, \cdot)\, e^{-z}\, dz - E_i \Xi \Big],

with :math:`E_T` the mean over the actions of the agents in T and the others' actions as they are. The averages do not
depend on actions and are taken once; what is left is an integral over the rest of one cell and what lies beyond it.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from robustmech.elements.lower_boxes import end_masses
from robustmech.elements.spacing import Spacing
from robustmech.elements.triangle_rule import located
from robustmech.model import FloatArray, IntArray

_BLOCK = 2**15


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


@dataclass(frozen=True, kw_only=True, eq=False)
class BoxTransfers:
    """The transfers that a balanced Ξ gives.

    Args:
        positions: each agent's breakpoints.
        growth: for each agent, its own coordinate last, minus its part of Ξ averaged over the orders of agents, at the
            ends of the cells and the tails.
        beyond: the mean of that beyond each breakpoint of the own coordinate, less the mean of all.
    """

    positions: tuple[FloatArray, ...]
    growth: tuple[FloatArray, ...]
    beyond: tuple[FloatArray, ...]

    @classmethod
    def of(cls, spacings: tuple[Spacing, ...], growth: FloatArray) -> "BoxTransfers":
        """Prepare the means of Ξ, given at the ends of the cells and the tails, shape (2 M_1 + 1, …, 2 M_N + 1)."""
        masses = [np.array([float(mass) for mass in end_masses(spacing)]) for spacing in spacings]
        positions = tuple(spacing.positions for spacing in spacings)
        own = tuple(np.moveaxis(-_part(growth, masses, i), i, -1) for i in range(len(spacings)))
        return cls(
            positions=positions,
            growth=own,
            beyond=tuple(map(_means_beyond, positions, own)),
        )

    def __call__(self, bids: FloatArray) -> FloatArray:
        """What each agent pays, shape (bids, agents); zero for action 0."""
        paid = np.zeros(bids.shape)
        for begin in range(0, bids.shape[0], _BLOCK):
            block = bids[begin : begin + _BLOCK]
            for i in range(block.shape[1]):
                paid[begin : begin + _BLOCK, i] = self._paid(block, i)
        paid[bids <= 0] = 0.0
        return paid

    def _paid(self, bids: FloatArray, i: int) -> FloatArray:
        """What agent i pays."""
        points, own = self.positions[i], bids[:, i]
        cell = np.clip(np.searchsorted(points, own, side="right") - 1, 0, points.size - 2)
        weights = _weights_beyond(points, own, cell)
        place, share = self._corners(bids, i)
        low, high = self.growth[i][(*place, 2 * cell)], self.growth[i][(*place, 2 * cell + 1)]
        later, everything = self.beyond[i][(*place, cell + 1)], self.beyond[i][(*place, np.zeros_like(cell))]
        total: FloatArray = (share * (weights[0] * low + weights[1] * high + weights[2] * later - everything)).sum(
            axis=0
        )
        return total

    def _corners(self, bids: FloatArray, i: int) -> tuple[list[IntArray], FloatArray]:
        """The ends around the bids of all agents but i, an array (corners, bids) for each, and the corners' weights."""
        others = [j for j in range(bids.shape[1]) if j != i]
        up = np.array(list(itertools.product((0, 1), repeat=len(others))), dtype=np.int64)
        place, share = [], np.ones((up.shape[0], bids.shape[0]))
        for k, j in enumerate(others):
            end, way = _ends(self.positions[j], bids[:, j])
            place.append(end + up[:, k, None])
            share *= np.where(up[:, k, None], way, 1 - way)
        return place, share


def _part(growth: FloatArray, masses: list[FloatArray], i: int) -> FloatArray:
    """Agent i's part: the mean over the orders of agents of Ξ averaged over the actions of those ahead of i."""
    agents = len(masses)
    total = np.zeros(growth.shape)
    for others in itertools.product((False, True), repeat=agents - 1):
        averaged = [*others[:i], False, *others[i:]]
        weight = math.factorial(sum(others)) * math.factorial(agents - sum(others) - 1) / math.factorial(agents)
        part = growth
        for j in itertools.compress(range(agents), averaged):
            part = np.expand_dims(np.tensordot(part, masses[j], axes=(j, 0)), j)
        total += weight * part
    return total


def _means_beyond(points: FloatArray, growth: FloatArray) -> FloatArray:
    """e^x ∫_x^∞ f(z) e^{−z} dz at every breakpoint x of the last coordinate."""
    found = np.empty((*growth.shape[:-1], points.size))
    found[..., -1] = growth[..., -1]
    cells = np.arange(points.size - 1)
    low, high, later = _weights_beyond(points, points[:-1], cells)
    for cell in reversed(cells.tolist()):
        ends = low[cell] * growth[..., 2 * cell] + high[cell] * growth[..., 2 * cell + 1]
        found[..., cell] = ends + later[cell] * found[..., cell + 1]
    return found


def _weights_beyond(
    points: FloatArray, places: FloatArray, cell: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the mean beyond a place gives to the two ends of its cell and to the mean beyond the cell."""
    begin, end = points[cell], points[cell + 1]
    low = np.minimum(places, end)
    share, length = (low - begin) / (end - begin), end - low
    whole = -np.expm1(-length)
    late = np.divide(whole - length * np.exp(-length), length, out=np.zeros_like(whole), where=length > 0)
    return (whole - late) * (1 - share), (whole - late) * share + late, np.exp(-length)


def _ends(points: FloatArray, places: FloatArray) -> tuple[IntArray, FloatArray]:
    """The number of the end before each place, and the share that the next one has; the tail is the last end."""
    cell = np.clip(np.searchsorted(points, places, side="right") - 1, 0, points.size - 2)
    tail = places >= points[-1]
    share = np.where(tail, 1.0, (np.minimum(places, points[-1]) - points[cell]) / np.diff(points)[cell])
    return 2 * cell + tail, share
