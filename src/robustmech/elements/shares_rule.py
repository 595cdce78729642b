r"""What agents pay in mechanisms in shares of the sum of actions and the sum.

Where agent i alone acts, Ξ is :math:`\phi_i(s) = \alpha_i + \gamma_i / s + \beta_i s` on each cell; elsewhere it is
:math:`\sum_i y_i \phi_i(s)`. Payments :math:`x_i g_i(s)` have growths that add up to Ξ where for every agent

.. math:: s (g_i' - g_i) + \sum_j g_j = \phi_i.

With :math:`\bar\phi` the mean over the agents the bounded solution is

.. math:: g_i = s^{-N} e^s \int_0^s \bar\phi(z) z^{N-1} e^{-z} dz
    - e^s \int_s^\infty (\phi_i - \bar\phi)(z) \frac{e^{-z}}{z} dz,

whose second part is nothing where the agents are alike, and finite since all φ_i are the same at zero.
"""

from dataclasses import dataclass

import numpy as np
import scipy  # loads its packages when they are first used: solving needs no rule

from robustmech.elements.spacing import Spacing
from robustmech.model import FloatArray, IntArray

_FAR = 50.0
_POINTS, _WEIGHTS = np.polynomial.laguerre.laggauss(24)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """Functions α + γ/s + βs on every cell of the sum and on the tail: arrays of shape (cells + 1, functions)."""

    alpha: FloatArray
    gamma: FloatArray
    beta: FloatArray

    @classmethod
    def of(cls, spacing: Spacing, agents: int, growth: FloatArray) -> "Pieces":
        """Each agent's Ξ alone, from Ξ at the rows or from its two parts: what is linear in 1/s, and the payoff."""
        points, inverse = spacing.positions, 1 / spacing.positions[1:]
        rest, payoff = (growth, np.zeros_like(growth)) if growth.ndim == 1 else growth.T
        middle, paid = (part[1:-1].reshape(-1, agents) for part in (rest, payoff))
        low, high = middle[0::2], np.concatenate([middle[1::2], np.full((1, agents), rest[-1])])
        beyond = np.append(inverse[1:], 0.0)[:, None]
        gamma = (low - high) / (inverse[:, None] - beyond)
        start = np.concatenate([np.full((1, agents), payoff[0]), paid[0::2]])
        beta = np.concatenate([np.diff(start, axis=0) / np.diff(points)[:, None], np.zeros((1, agents))])
        alpha = np.concatenate([np.full((1, agents), rest[0]), high - gamma * beyond])
        return cls(
            alpha=alpha + start - beta * points[:, None],
            gamma=np.concatenate([np.zeros((1, agents)), gamma]),
            beta=beta,
        )

    @property
    def mean(self) -> "Pieces":
        """The mean of the functions."""
        alpha, gamma, beta = (part.mean(axis=1, keepdims=True) for part in (self.alpha, self.gamma, self.beta))
        return Pieces(alpha=alpha, gamma=gamma, beta=beta)

    def less(self, other: "Pieces") -> "Pieces":
        """The differences from one function."""
        return Pieces(alpha=self.alpha - other.alpha, gamma=self.gamma - other.gamma, beta=self.beta - other.beta)


def shares_transfers(spacing: Spacing, agents: int, growth: FloatArray, bids: FloatArray) -> FloatArray:
    """What each agent pays, shape (bids, agents); zero for action 0.

    Args:
        growth: balanced Ξ at the rows, shape (rows,), or its two parts, (rows, 2).
        bids: shape (bids, agents).
    """
    pieces = Pieces.of(spacing, agents, growth)
    s = bids.sum(axis=1)
    cell = np.clip(np.searchsorted(spacing.positions, s, side="right") - 1, 0, spacing.cells)
    price = common_price(spacing, agents, pieces.mean, s, cell)
    return bids * (price[:, None] - mean_beyond(spacing, pieces.less(pieces.mean), s, cell))


def common_price(spacing: Spacing, agents: int, common: Pieces, s: FloatArray, cell: IntArray) -> FloatArray:
    r""":math:`s^{-N} e^s \int_0^s \phi(z) z^{N-1} e^{-z} dz` for one balanced function, shape (places,)."""
    alpha, gamma, beta = common.alpha[:, 0], common.gamma[:, 0], common.beta[:, 0]
    ends = np.append(spacing.positions, np.inf)

    def part(start: FloatArray, end: FloatArray, where: IntArray) -> FloatArray:
        """The integral over a part of a cell, over (N − 1)!: ∫ z^{N−1} e^{−z} = (N − 1)! P for Erlang's law P."""
        found: FloatArray = np.zeros(start.shape)
        for shape, weight in (
            (agents, alpha[where]),
            (agents - 1, gamma[where] / (agents - 1)),
            (agents + 1, beta[where] * agents),
        ):
            below = scipy.special.gammainc(shape, end) - scipy.special.gammainc(shape, start)
            above = scipy.special.gammaincc(shape, start) - scipy.special.gammaincc(shape, end)
            found = found + weight * np.where(start < shape, below, above)
        return found

    whole = part(ends[:-1], ends[1:], np.arange(alpha.size))
    before = np.append(0.0, np.cumsum(whole)[:-1])
    after = np.append(np.cumsum(whole[::-1])[::-1][1:], 0.0)
    price = np.zeros(s.shape)
    first, tail = cell == 0, cell == spacing.cells
    near = s[first]
    price[first] = alpha[0] * scipy.special.hyp1f1(1, agents + 1, near) / agents
    price[first] += beta[0] * near * scipy.special.hyp1f1(1, agents + 2, near) / (agents + 1)
    price[tail] = _tail_price(agents, alpha[-1], gamma[-1], s[tail])
    inner = ~(first | tail)
    place, own = s[inner], cell[inner]
    rising = before[own] + part(ends[own], place, own)
    falling = -(after[own] + part(place, ends[own + 1], own))
    scale = np.exp(place - agents * np.log(place) + scipy.special.gammaln(agents))
    price[inner] = scale * np.where(place < agents, rising, falling)
    return price


def _tail_price(agents: int, alpha: float, gamma: float, s: FloatArray) -> FloatArray:
    r"""The price beyond the last breakpoint: :math:`-s^{-N} e^s \int_s^\infty (\alpha + \gamma/z) z^{N-1} e^{-z} dz`,
    term by term.
    """

    def mean(shape: int) -> FloatArray:
        term, total = np.ones_like(s), np.zeros_like(s)
        for k in range(shape):
            total = total + term
            term = term * (shape - 1 - k) / s
        return total

    return -(alpha * mean(agents) + gamma * mean(agents - 1) / s) / s


def mean_beyond(spacing: Spacing, pieces: Pieces, s: FloatArray, cell: IntArray) -> FloatArray:
    r""":math:`e^s \int_s^\infty \phi(z) e^{-z} / z\, dz` for functions that vanish at 0, shape (places, functions)."""
    points = spacing.positions
    high = np.append(points[1:], np.inf)

    def part(start: FloatArray, where: IntArray) -> FloatArray:
        """e^s times the integral from s to the end of its cell."""
        end = high[where]
        # the functions have no constant and no inverse part in the first cell
        low, end = (np.maximum(place, points[1]) for place in (start, end))
        discount = np.where(np.isinf(high[where]), 0.0, np.exp(start - high[where]))
        finite = np.where(np.isinf(end), low, end)
        constant = scaled_integral(low) - discount * scaled_integral(finite)
        inverse = 1 / low - scaled_integral(low) - discount * (1 / finite - scaled_integral(finite))
        found: FloatArray = (
            pieces.alpha[where] * np.where(where > 0, constant, 0.0)[:, None]
            + pieces.gamma[where] * np.where(where > 0, inverse, 0.0)[:, None]
            + pieces.beta[where] * (1 - discount)[:, None]
        )
        return found

    whole = part(points, np.arange(points.size))
    beyond = np.zeros((points.size + 1, pieces.alpha.shape[1]))
    for k in reversed(range(points.size)):
        beyond[k] = whole[k] + (np.exp(points[k] - high[k]) if np.isfinite(high[k]) else 0.0) * beyond[k + 1]
    discount = np.where(cell < spacing.cells, np.exp(np.minimum(s - high[cell], 0.0)), 0.0)
    return part(s, cell) + discount[:, None] * beyond[cell + 1]


def scaled_integral(s: FloatArray) -> FloatArray:
    r""":math:`e^s \int_s^\infty e^{-z} / z\, dz` for positive s."""
    near = np.minimum(s, _FAR)
    far = np.maximum(s, _FAR)
    found: FloatArray = np.where(
        s < _FAR, np.exp(near) * scipy.special.exp1(near), (_WEIGHTS / (far[..., None] + _POINTS)).sum(axis=-1)
    )
    return found
