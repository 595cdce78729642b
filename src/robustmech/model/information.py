"""Finite information structures on a product of grids."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import xarray as xr

from robustmech.errors import ShapeError
from robustmech.model.discretisation import product_law
from robustmech.model.environment import Environment
from robustmech.model.grid import Grid
from robustmech.model.rational import FloatArray, IntArray, RationalArray, floats

LAW_DENOMINATOR = 2**40
"""Conditional laws are kept as whole numbers over this before they are mixed with the correction."""
_SAFE_SUM = 2**22
"""So many whole numbers of at most 2^40 add up without overflow in 64 bits."""


def weighted_law(weights: RationalArray | None, counts: IntArray, denominator: int) -> RationalArray:
    """The weighted average of the rows of counts / denominator, or their sum, exactly: shape (states,)."""
    if weights is None:
        totals, whole = counts.sum(axis=0, dtype=object).tolist(), 1
    elif weights.size <= _SAFE_SUM and (weights == weights[0]).all():
        totals, whole = counts.sum(axis=0).tolist(), weights.size
    else:
        totals, whole = (weights @ counts.astype(object)).tolist(), int(weights.sum())
    return np.array([Fraction(total, whole * denominator) for total in totals], dtype=object)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InformationStructure:
    r"""A joint law of signals and states, kept so that its marginals are exact.

    With product signals (environments with transfers) :math:`\sigma(x,\theta) = \rho(x)[(1-\epsilon) L(x,\theta)/D +
    \epsilon\nu(\theta)]`,
    where each row of the whole numbers L sums to D; without,
    :math:`\sigma(x,\theta) = (1-\epsilon) L(x,\theta)/D + \epsilon \rho(x)\nu(\theta)`, where all of L sums to D.

    Args:
        grids: each agent's ordered signals.
        law_counts: L, shape (m_1, …, m_N, states).
        denominator: D.
        mixture: ε, exact, at least zero and below one.
        correction: ν, exact, shape (states,).
        product_signals: whether signals are independent with law ρ.
        state_law: the law of the state, exact, shape (states,).
    Source: Brooks & Du (2023), section 5.1 and Proposition 1.
    """

    grids: tuple[Grid, ...]
    law_counts: IntArray
    denominator: int
    mixture: Fraction
    correction: RationalArray
    product_signals: bool
    state_law: RationalArray

    def __post_init__(self) -> None:
        shape = (*(grid.actions for grid in self.grids), self.correction.size)
        if self.law_counts.shape != shape:
            raise ShapeError(f"the law has shape {self.law_counts.shape}: expected {shape}")
        for array in (self.law_counts, self.correction, self.state_law):
            array.setflags(write=False)

    @property
    def agents(self) -> int:
        """The number of agents."""
        return len(self.grids)

    @property
    def joint(self) -> FloatArray:
        """The joint law of signals and state, shape (m_1, …, m_N, states), rounded."""
        law = product_law(self.grids)[..., None]
        base = self.law_counts / self.denominator * (law if self.product_signals else 1.0)
        return float(1 - self.mixture) * base + law * (float(self.mixture) * floats(self.correction))

    def interim_values(self, environment: Environment) -> FloatArray:
        """Expected utility of each agent's own decisions given the signals, shape (agents, goods, m_1, …, m_N).

        Where a profile of signals has no probability the value is not defined, and is returned as NaN.
        """
        joint = self.joint
        profile = joint.sum(axis=-1)
        conditional = joint / profile.clip(min=1e-300)[..., None]
        conditional[profile <= 0] = float("nan")
        own = environment.own_decisions
        goods = range(environment.decisions) if own is None else range(own.shape[1])
        values = [
            [conditional @ environment.utilities_rounded[i, :, good if own is None else own[i, good]] for good in goods]
            for i in range(self.agents)
        ]
        return np.array(values)

    def labelled(self) -> xr.Dataset:
        """The joint law as a labelled array; the coordinates are the signals' places on the papers' scale."""
        coordinates = {f"signal of agent {i + 1}": grid.positions for i, grid in enumerate(self.grids)}
        return xr.Dataset({"joint": ([*coordinates, "state"], self.joint)}, coords=coordinates)
