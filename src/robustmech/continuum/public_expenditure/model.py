"""The public expenditure problem: proportional cost sharing, its guarantee, and the information behind it."""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Integral

import numpy as np

from robustmech.continuum.public_expenditure.boundary import aggregate_integral, boundary_of
from robustmech.continuum.public_expenditure.information import PublicExpenditureInformation
from robustmech.continuum.public_expenditure.sharing import aggregate_of, proportional_shares
from robustmech.continuum.rules import checked_bids, rounded_down
from robustmech.errors import InputError
from robustmech.model import Environment, FloatArray, public_expenditure


@dataclass(frozen=True, slots=True)
class PublicExpenditure:
    r"""Spending on a public good whose social value is known and whose distribution over agents is not.

    The designer chooses what each agent contributes; the sum E of contributions, at most one, is spent. One agent (each
    equally likely) values a unit of spending at :math:`\bar\theta`, the others at zero; agent i gets
    :math:`\theta_i E - e_i` and the designer wants :math:`(\bar\theta - 1) E`. Agents choose actions in
    :math:`[0, \infty)` and action 0 contributes nothing.

    The maxmin mechanism shares costs in proportion to actions, :math:`e_i(x) = \bar E(\Sigma x)\, x_i / \Sigma x`, with

    .. math:: \bar E(y) = \frac{\bar\lambda}{\bar\theta-1} \int_0^y e^{z-y} (z/y)^{-a}\,dz \ \ (y \le \bar y),\qquad
              \bar E(y) = 1 \ \ (y > \bar y),\qquad a = \frac{N-1}{\bar\theta-1}.

    Nothing changes if the social value is only known to be at least :math:`\bar\theta`.

    Args:
        agents: the number of agents N, at least one.
        value: the social value :math:`\bar\theta` of a unit of spending, whose cost is one; positive.
    Attributes:
        boundary: ȳ, the aggregate action from which on spending is full; infinite if it is never reached.
        guarantee: :math:`\bar\lambda`, the maximum guarantee (and minimum potential) in units of the designer's payoff;
            zero if value / agents is at most one; rounded down.
    Raises:
        InputError: for fewer than one agent, or a value that is not positive and finite.
    Source: Brooks & Du (2023), section 4.
    """

    agents: int
    value: float
    boundary: float = field(init=False)
    guarantee: float = field(init=False)

    def __post_init__(self) -> None:
        value = checked_value(self.value)
        if not isinstance(self.agents, Integral) or isinstance(self.agents, bool) or self.agents < 1:
            raise InputError(f"{self.agents} agents: there must be a whole number of at least one")
        agents = int(self.agents)
        object.__setattr__(self, "agents", agents)
        object.__setattr__(self, "value", value)
        boundary, guarantee = math.inf, 0.0
        if self.worthwhile and agents == 1:
            guarantee = value - 1.0
        elif self.worthwhile:
            boundary = boundary_of(self.exponent, self._complement)
            guarantee = self._proved(boundary)
        object.__setattr__(self, "boundary", boundary)
        object.__setattr__(self, "guarantee", guarantee)

    def _proved(self, boundary: float) -> float:
        """λ̄ = (θ̄ − 1)/M(ȳ), rounded down: some sixty roundings, and M has no slope at the exact boundary.

        A boundary that is not below the exact one leaves at least as much beyond it, where θ̄ − 1 − (N − 1)/ȳ counts.
        """
        return (self.value - 1.0) / float(aggregate_integral(np.array(boundary), self._complement)) * (1 - 2.0**-47)

    @property
    def _rate(self) -> float:
        """Spending per unit of M(y), one over M(ȳ)."""
        return 1.0 if self.agents == 1 else 1.0 / float(aggregate_integral(np.array(self.boundary), self._complement))

    @property
    def worthwhile(self) -> bool:
        """Whether the value per agent exceeds the unit cost, so that the guarantee is positive."""
        return self.value > self.agents

    @property
    def explanation(self) -> str:
        """One sentence on the guarantee and what it rests on."""
        if self.worthwhile:
            return (
                f"total utility of at least {rounded_down(self.guarantee)} of the efficient {self.value - 1:.6g}, "
                "whatever the agents know and whichever equilibrium they play"
            )
        return (
            f"the guarantee is zero: the value per agent, {self.value / self.agents:.6g}, is at most the unit cost, so "
            "that without information no agent would bear the cost alone, and each may refuse to bear any"
        )

    @property
    def exponent(self) -> float:
        """The parameter a = (N−1)/(θ̄−1), on which alone the boundary depends; below one where worthwhile."""
        return (self.agents - 1) / (self.value - 1.0)

    @property
    def _complement(self) -> float:
        return (self.value - self.agents) / (self.value - 1.0)

    @property
    def information(self) -> PublicExpenditureInformation:
        """The potential-minimizing information structure.

        Raises:
            InputError: if the guarantee is zero (the minimum potential is then only approached), or there is one agent
                (who knows the value).
        """
        if not self.worthwhile:
            raise InputError("no information structure attains the minimum potential: " + self.explanation)
        if self.agents == 1:
            raise InputError("one agent: its value is the social value, which is known")
        return PublicExpenditureInformation(
            agents=self.agents,
            value=self.value,
            boundary=self.boundary,
            top_density=self._rate,
        )

    def aggregate_expenditure(self, aggregate: FloatArray | float) -> FloatArray:
        """Ē(y), total spending at an aggregate action y ≥ 0: rises from zero at zero to one at the boundary, concave.

        Source: Brooks & Du (2023), equation (14).
        """
        y = np.asarray(aggregate, dtype=np.float64)
        if not self.worthwhile:
            return np.zeros(y.shape)
        inside = aggregate_integral(np.minimum(y, self.boundary), self._complement)
        spent = np.minimum(inside * self._rate, 1.0)
        return np.where(y >= self.boundary, 1.0, spent)

    def expenditure(self, actions: FloatArray) -> FloatArray:
        """Total spending, shape (…), for actions of shape (…, agents).

        Raises:
            ShapeError: if the last axis is not the agents.
            InputError: for an action that is negative or not finite.
        """
        return self.aggregate_expenditure(aggregate_of(checked_bids(actions, self.agents)))

    def contributions(self, actions: FloatArray) -> FloatArray:
        """What each agent pays, shape (…, agents): total spending in proportion to actions.

        These are also the decisions of the finite model's `public_expenditure`.
        """
        checked = checked_bids(actions, self.agents)
        spent = self.aggregate_expenditure(aggregate_of(checked))
        return np.asarray(proportional_shares(checked) * spent[..., None], dtype=np.float64)

    def environment(self) -> Environment:
        """The same problem in the finite model; in state i agent i is the one who values the good."""
        values = np.full((self.agents, self.agents), Fraction(0), dtype=object)
        np.fill_diagonal(values, Fraction(self.value))
        return public_expenditure(values, [Fraction(1, self.agents)] * self.agents)


def checked_value(value: object) -> float:
    """The social value as a float.

    Raises:
        InputError: if it is not a number that is positive and finite.
    """
    try:
        number = math.nan if isinstance(value, bool | np.bool_) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise InputError(f"value is {value!r}: the social value must be a number, positive and finite")
    return number
