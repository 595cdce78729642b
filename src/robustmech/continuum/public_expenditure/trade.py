"""Bilateral trade as public expenditure by two agents."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from robustmech.continuum.public_expenditure.information import PublicExpenditureInformation
from robustmech.continuum.public_expenditure.model import PublicExpenditure, checked_value
from robustmech.continuum.public_expenditure.sharing import proportional_shares
from robustmech.continuum.rules import checked_bids
from robustmech.errors import InputError
from robustmech.model import Environment, FloatArray, bilateral_trade


@dataclass(frozen=True, slots=True)
class BilateralTrade:
    r"""Trade of one good whose gain :math:`\bar\theta - 1` is known while the values themselves are not.

    The seller (agent 0) values the good at 0 or :math:`\bar\theta`, equally likely, and the buyer (agent 1) at
    :math:`\bar\theta - 1` more than the seller. Both take actions in :math:`[0, \infty)`; trade occurs with
    probability
    :math:`\bar E(x_1 + x_2)` at the price

    .. math:: p(x) = \bar\theta - \frac{x_1}{x_1 + x_2}.

    The seller's gain :math:`(p - \theta_s) E` is the utility :math:`\theta_1 E - e_1` of an agent who values the public
    good at :math:`\theta_1 = \bar\theta - \theta_s` and pays its proportional share; the buyer's gain likewise, with
    :math:`\theta_2 = \theta_s`. An agent with action 0 trades only at the price at which it never loses.

    Args:
        value: :math:`\bar\theta`, at least one.
    Raises:
        InputError: for a value that is not finite or below one.
    Source: Brooks & Du (2023), section 4.3.
    """

    value: float
    expenditure: PublicExpenditure = field(init=False, repr=False)

    def __post_init__(self) -> None:
        value = checked_value(self.value)
        if not value >= 1:
            raise InputError(f"value is {value}: the buyer's lowest value, {value - 1}, must be at least zero")
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "expenditure", PublicExpenditure(2, value))

    @property
    def guarantee(self) -> float:
        """The maximum guarantee for the expected gains from trade; zero for a value of at most two."""
        return self.expenditure.guarantee

    @property
    def boundary(self) -> float:
        """The sum of actions from which on trade is certain."""
        return self.expenditure.boundary

    @property
    def information(self) -> PublicExpenditureInformation:
        """The potential-minimizing information: agent 0 "has the value" where the seller's value is zero."""
        return self.expenditure.information

    def trade_probability(self, actions: FloatArray) -> FloatArray:
        """The probability of trade, shape (…), for actions of shape (…, 2), the seller's first."""
        return self.expenditure.expenditure(actions)

    def price(self, actions: FloatArray) -> FloatArray:
        """The price at which trade occurs, shape (…); halfway where both actions are zero and nothing is traded."""
        return np.asarray(self.value - proportional_shares(checked_bids(actions, 2))[..., 0], dtype=np.float64)

    def decisions(self, actions: FloatArray) -> FloatArray:
        """The probabilities of trade at the low price θ̄−1 and at the high price θ̄, whose mean price is p.

        Shape (…, 2): the decisions of `environment`. They are the two agents' contributions.
        """
        return self.expenditure.contributions(actions)

    def environment(self) -> Environment:
        """The same problem in the finite model: state 0 has the seller's value zero, state 1 θ̄.

        Prices are those at which the buyer and the seller never lose; here wider limits change neither number.
        """
        gain = Fraction(self.value) - 1
        values = np.array([[Fraction(0), gain], [gain + 1, gain + gain + 1]], dtype=object)
        return bilateral_trade(values, [Fraction(1, 2)] * 2, prices=(gain, gain + 1))
