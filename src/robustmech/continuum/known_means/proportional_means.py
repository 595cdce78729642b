r"""Expected slopes of the weighted-proportional rule when some bidders' bids are unit exponentials.

Let the bidders in a set C bid unit exponentials, the others request y and have Σ η_i² a_i = B. With Z the sum of all
requests, U = Σ η_i² a_i over everybody and H = Σ η_i, the rule has Σ_i ∂q_i/∂a_i = H for Z < 1 and H/Z − U/Z² for Z
≥ 1, so that

    E[Σ_i ∂q_i/∂a_i] = α_C(y) − B β_C(y),        α_∅(y) = H/max(1, y),        β_∅(y) = 1{y ≥ 1}/y²,

and one more bidder j with a random bid s changes the functions by integrals over that bid:

    α_{C+j}(y) = ∫_0^∞ e^{−s} [α_C(y + η_j s) − η_j² s β_C(y + η_j s)] ds,
    β_{C+j}(y) = ∫_0^∞ e^{−s} β_C(y + η_j s) ds.

With m = max(1, y), mα and m²β are polynomials on panels of `coordinate(y)`, so that each bidder is three matrices.
"""

from dataclasses import dataclass

import numpy as np

from robustmech.continuum.compound.piecewise import (
    chebyshev_coefficients,
    chebyshev_values,
    graded_rule,
    halving_breaks,
    locate,
)
from robustmech.continuum.known_means.fixed_sets import DEGREE, nodes
from robustmech.model import FloatArray

_LONGEST = 64.0  # e^{-64} is below rounding
_NODES = 12
_WIDEST = 1.0 / 16.0  # of the longest: e^{-4} in a panel
_BELOW = -1e-300  # the coordinate where y has just passed one


def panel_breaks(shortest: float, longest: float) -> FloatArray:
    """Panels of `coordinate` on which the functions are smooth, for the least and the largest sensitivity."""
    near = halving_breaks(shortest / 4, max(0.125, shortest / 2))
    far = halving_breaks(min(0.25, 1.0 / (64.0 * longest)))
    return np.concatenate([far - 1.0, near[1:]])


def coordinate(requested: FloatArray) -> FloatArray:
    """1 − y up to y = 1, and 1/y − 1 after: from 1 down to −1."""
    return np.asarray(np.where(requested <= 1.0, 1.0 - requested, 1.0 / np.maximum(requested, 1.0) - 1.0))


def with_nobody(total: float, breaks: FloatArray) -> FloatArray:
    """The functions mα and m²β at the nodes of the panels for C = ∅, shape (2, nodes); `total` is H."""
    points = nodes(breaks)
    return np.stack([np.full(points.size, total), np.where(points < 0, 1.0, 0.0)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneMore:
    """What one more bidder with a random bid does to the functions; matrices (nodes, nodes) of their values."""

    first: FloatArray  # from mα to mα
    second: FloatArray  # from m²β to m²β
    across: FloatArray  # from m²β to mα

    @classmethod
    def of(cls, duration: float, shortest: float, breaks: FloatArray) -> "OneMore":
        """For a bidder with sensitivity `duration` where the least is `shortest`.

        Below y = 1 the bid s is drawn up to the supply, (1 − y)/η, by a rule crowded towards it, and beyond by what
        holds at y = 1, where the supply is used up.
        """
        points = nodes(breaks)
        short = points > 0
        beyond, steps = graded_rule(2.0**-20, _NODES, _WIDEST)
        beyond, steps = _LONGEST * beyond, _LONGEST * steps * np.exp(-_LONGEST * beyond)
        requested = np.append(1.0 / (1.0 + points[~short]), 1.0)
        moved = requested[:, None] + duration * beyond
        ratio = requested[:, None] / moved
        weights = np.stack([steps * ratio, steps * ratio**2, steps * beyond * ratio / moved])
        after = _matrices(breaks, np.minimum(1.0 / moved - 1.0, _BELOW), weights)

        supply = points[short, None] / duration
        within, parts = graded_rule(shortest / (4.0 * _LONGEST * duration), _NODES, _WIDEST)
        bids = np.minimum(supply, _LONGEST) * (1.0 - within)
        steps = np.minimum(supply, _LONGEST) * parts * np.exp(-bids)
        before = _matrices(breaks, duration * (supply - bids), np.stack([steps, steps, steps * bids]))
        before += np.exp(-supply) * after[:, -1:]
        before[2] += supply * np.exp(-supply) * after[1, -1]
        first, second, across = (np.empty((points.size, points.size)) for _ in range(3))
        for matrix, above, below in zip((first, second, across), after, before, strict=True):
            matrix[~short], matrix[short] = above[:-1], below
        return cls(first=first, second=second, across=-(duration**2) * across)

    def __call__(self, functions: FloatArray) -> FloatArray:
        """From (…, 2, nodes) for sets C to the same for C + j."""
        alpha, beta = functions[..., 0, :], functions[..., 1, :]
        return np.stack([alpha @ self.first.T + beta @ self.across.T, beta @ self.second.T], axis=-2)


def _matrices(breaks: FloatArray, points: FloatArray, weights: FloatArray) -> FloatArray:
    """Rows Σ_q weights · f(points) as they act on the values of f at the nodes.

    Args:
        points: of `coordinate`, (rows, q).
        weights: (3, rows, q).
    Returns:
        Array (3, rows, nodes).
    """
    panel, inside = locate(breaks, points)
    basis = chebyshev_values(DEGREE, inside)
    place = (np.arange(points.shape[0])[:, None] * (breaks.size - 1) + panel).ravel()
    starts = np.flatnonzero(np.diff(place, prepend=-1))  # points go up or down along a row
    found = np.zeros((3, points.shape[0] * (breaks.size - 1), DEGREE + 1))
    for one, by in zip(found, weights, strict=True):
        one[place[starts]] = np.add.reduceat((by * basis).reshape(DEGREE + 1, -1), starts, axis=1).T
    values = found @ chebyshev_coefficients(np.eye(DEGREE + 1)).T
    return np.asarray(values.reshape(3, points.shape[0], -1))
