"""An agent's grid: a probability vector over ordered actions (or signals)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from robustmech.errors import InputError, ShapeError
from robustmech.model.rational import FloatArray, Numbers, rationals

_MOST_ACTIONS = 100_000
_LARGEST_PUBLISHED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    r"""A probability vector ρ over ordered actions 0, …, m−1, kept as whole numbers in proportion to it.

    With :math:`S_j = \Pr(\ge j)` the local operators are

    .. math:: (\nabla^+ f)_j = \frac{S_{j+1}}{\rho_j} (f_{j+1} - f_j), \qquad
              (\nabla^- f)_j = \frac{S_j}{\rho_j} (f_j - f_{j-1}),\ f_{-1} = 0.

    These ratios are the multipliers on local constraints that make transfers drop out; the bounds are valid for every
    ρ.

    Args:
        weights: positive whole numbers in proportion to ρ.
        name: how the grid was made, for people.
    Raises:
        InputError: for fewer than two actions or a weight that is not positive.
    Source: Brooks & Du (2023), sections 3.1 and 3.3.2, for the published ρ; the general ρ is derived in docs/theory.md.
    """

    weights: tuple[int, ...]
    name: str = "custom"

    def __post_init__(self) -> None:
        if len(self.weights) < 2:
            raise InputError(f"a grid needs at least two actions, not {len(self.weights)}")
        if len(self.weights) > _MOST_ACTIONS:
            raise InputError(f"a grid of {len(self.weights)} actions is beyond the limit of {_MOST_ACTIONS}")
        if min(self.weights) <= 0:
            raise InputError("grid: every weight must be positive; leave the action out instead")

    @classmethod
    def published(cls, k: int) -> "Grid":
        """The papers' grid X(k): k²+1 actions, a geometric law censored at the top.

        Source: Brooks & Du (2023), section 3.1.1 and Proposition 1.
        """
        if not 2 <= k <= _LARGEST_PUBLISHED:
            raise InputError(f"published grid k = {k}: choose k between 2 and {_LARGEST_PUBLISHED}")
        top = k * k
        weights = [(k - 1) ** j * k ** (top - 1 - j) for j in range(top)]
        return cls(weights=(*weights, (k - 1) ** top), name=f"published {k}")

    @property
    def published_parameter(self) -> int | None:
        """The k for which ρ is that of the papers' grid X(k), whatever the grid is called; None where there is none."""
        k = math.isqrt(len(self.weights) - 1)
        if k < 2 or k * k != len(self.weights) - 1:
            return None
        below, top = self.weights[:-1], self.weights[-1]
        falling = all(after * k == before * (k - 1) for before, after in pairwise(below))
        return k if falling and top == below[-1] * (k - 1) else None

    @classmethod
    def quantile(cls, actions: int) -> "Grid":
        """Equally likely actions: the local multipliers are the whole numbers m−1−j upward and m−j downward."""
        if actions < 2:
            raise InputError(f"a grid needs at least two actions, not {actions}")
        if actions > _MOST_ACTIONS:
            raise InputError(f"a grid of {actions} actions is beyond the limit of {_MOST_ACTIONS}")
        return cls(weights=(1,) * actions, name=f"quantile {actions}")

    @classmethod
    def exponential(cls, actions: int, top: float) -> "Grid":
        """An exponential law on evenly spaced actions from 0 to top, with everything beyond put on the top one.

        Args:
            actions: the number of actions m.
            top: the highest action, in units of the exponential's mean.
        """
        if actions < 2 or actions > _MOST_ACTIONS:
            raise InputError(f"exponential grid of {actions} actions: choose between 2 and {_MOST_ACTIONS}")
        if not 0 < top <= 100:
            raise InputError(f"exponential grid with top {top}: choose a top between 0 and 100")
        survival = np.exp(-np.linspace(0.0, top, actions))
        grid = cls.from_weights(np.append(survival[:-1] - survival[1:], survival[-1]))
        return cls(weights=grid.weights, name=f"exponential {actions} to {top:g}")

    @classmethod
    def from_weights(cls, rho: Numbers) -> "Grid":
        """Any positive weights, taken exactly and in proportion (they need not sum to one)."""
        exact = rationals(rho, "grid weights")
        if exact.ndim != 1:
            raise ShapeError(f"grid weights have shape {exact.shape}: expected one weight per action")
        if exact.size and min(exact) <= 0:
            raise InputError("grid: every weight must be positive; leave the action out instead")
        scale = math.lcm(*(w.denominator for w in exact))
        whole = [int(w * scale) for w in exact]
        divisor = math.gcd(*whole) if whole else 1
        return cls(weights=tuple(w // divisor for w in whole), name=f"custom {len(whole)}")

    @property
    def actions(self) -> int:
        """The number of actions m."""
        return len(self.weights)

    @property
    def total(self) -> int:
        """The sum of the weights."""
        return sum(self.weights)

    @property
    def probabilities(self) -> FloatArray:
        """ρ, correctly rounded."""
        total = self.total
        return np.array([w / total for w in self.weights])

    @property
    def tails(self) -> tuple[int, ...]:
        """The sums of the weights from each action on, then zero: S in whole numbers, m+1 entries."""
        sums = [0]
        for w in reversed(self.weights):
            sums.append(sums[-1] + w)
        return tuple(reversed(sums))

    @property
    def upward(self) -> FloatArray:
        """The multipliers S_{j+1}/ρ_j on local upward deviations."""
        return np.array([s / w for s, w in zip(self.tails[1:], self.weights, strict=True)])

    @property
    def downward(self) -> FloatArray:
        """The multipliers S_j/ρ_j on local downward deviations."""
        return np.array([s / w for s, w in zip(self.tails, self.weights, strict=False)])

    @property
    def positions(self) -> FloatArray:
        """Where the actions lie on the papers' scale: the sum of ρ_l/S_l below each (j/k on the published grid)."""
        steps = [float(Fraction(w, s)) for w, s in zip(self.weights, self.tails, strict=False)]
        return np.concatenate([[0.0], np.cumsum(steps)[:-1]])


def one_per_agent(grids: Grid | Sequence[Grid], agents: int) -> tuple[Grid, ...]:
    """One grid for each agent, from one for all or one each.

    Raises:
        ShapeError: for another number of grids.
    """
    each = tuple(grids) if isinstance(grids, Sequence) else (grids,) * agents
    if not all(isinstance(grid, Grid) for grid in each):
        raise InputError(f"grid is {grids!r:.60}: give a Grid such as Grid.quantile(20), or one per agent")
    if len(each) != agents:
        raise ShapeError(f"{len(each)} grids for {agents} agents: give one for all, or one per agent")
    return each
