"""Finite information structures on a product of grids."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from robustmech.errors import ShapeError
from robustmech.model.discretisation import product_law
from robustmech.model.environment import Environment
from robustmech.model.exact_law import ExactLaw, mixed
from robustmech.model.grid import Grid
from robustmech.model.rational import FloatArray, IntArray, RationalArray

if TYPE_CHECKING:
    import xarray as xr


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

    @classmethod
    def on(cls, grids: tuple[Grid, ...], law: ExactLaw) -> "InformationStructure":
        """The structure whose joint law is an exact law on the grids' profiles."""
        return cls(
            grids=grids,
            law_counts=law.counts.reshape(*(grid.actions for grid in grids), law.correction.size),
            denominator=law.denominator,
            mixture=law.mixture,
            correction=law.correction,
            product_signals=law.product_signals,
            state_law=law.state_law,
        )

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
        law = product_law(self.grids)
        return mixed(self.law_counts / self.denominator, law, self.mixture, self.correction, self.product_signals)

    def interim_values(self, environment: Environment) -> FloatArray:
        """Expected utility of each agent's own decisions given the signals, shape (agents, goods, m_1, …, m_N).

        Where a profile of signals has no probability the value is not defined, and is returned as NaN.
        """
        joint = self.joint
        profile = joint.sum(axis=-1)
        conditional = joint / profile.clip(min=1e-300)[..., None]
        conditional[profile <= 0] = float("nan")
        return environment.own_values(conditional)

    def labelled(self) -> "xr.Dataset":
        """The joint law as a labelled array; the coordinates are the signals' places on the papers' scale."""
        coordinates = {f"signal of agent {i + 1}": grid.positions for i, grid in enumerate(self.grids)}
        import xarray as xr  # takes a quarter of a second to load, and few ask for it

        return xr.Dataset({"joint": ([*coordinates, "state"], self.joint)}, coords=coordinates)
