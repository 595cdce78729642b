r"""Floor prices: what a unit of a decision is worth to an agent at least, charged for before anything else.

With transfers the lowest action need not be free, only participation secure. Let every agent pay
:math:`\sum_k a_{ik} c_k` for the decision c, whatever it does, and :math:`t'_i` on top, which vanishes at action 0.
That is the environment with utilities :math:`u_i - a_i` and designer's payoff :math:`w + \sum_i a_i`, in which the
lower program is solved and certified as in any other. The upper number does not change: where signals have a product
law, :math:`\sum_\theta (\sigma - \nabla_i^\top \sigma)` is zero.
Source: docs/theory.md, Floor prices.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from robustmech.bounds.evaluation import round_down
from robustmech.bounds.participation import require_secure_decision
from robustmech.bounds.solution import AnyMechanism
from robustmech.errors import InputError
from robustmech.model import MECHANISM_DENOMINATOR, Environment, Mechanism, RationalArray, floats


def floor_prices(environment: Environment) -> RationalArray | None:
    """The prices a, shape (agents, decisions); None where all are zero, as without transfers.

    An agent that nothing can harm pays for each decision what it is worth in the worst state. Other agents pay nothing,
    unless no decision leaves all of them at least zero: then they are paid what it costs them in the worst state.
    """
    if not environment.transfers:
        return None
    prices: RationalArray = environment.utilities.min(axis=1)
    harmed = (prices < 0).any(axis=1)
    if harmed.any() and _has_secure_decision(environment):
        prices[harmed] = Fraction(0)
    return prices if (prices != 0).any() else None


def _has_secure_decision(environment: Environment) -> bool:
    try:
        require_secure_decision(environment)
    except InputError:
        return False
    return True


def above_floors(environment: Environment, prices: RationalArray | None) -> Environment:
    """The environment in which the prices have been paid."""
    if prices is None:
        return environment
    return replace(
        environment,
        utilities=environment.utilities - prices[:, None, :],
        payoff=environment.payoff + prices.sum(axis=0),
    )


def charged(mechanism: AnyMechanism, prices: RationalArray | None) -> AnyMechanism:
    """The mechanism that charges the prices, too; on a grid never a rounding more than them at action 0."""
    if prices is None:
        return mechanism
    if not isinstance(mechanism, Mechanism) or mechanism.transfers is None:
        return replace(mechanism, floor_prices=prices)
    paid = mechanism.transfers + np.moveaxis(mechanism.decisions @ floats(prices).T, -1, 0)
    for i, own in enumerate(prices):
        exact = mechanism.decision_counts.take(0, axis=i).astype(object) @ own / MECHANISM_DENOMINATOR
        np.moveaxis(paid[i], i, 0)[0] = np.vectorize(round_down, otypes=[np.float64])(exact)
    return replace(mechanism, transfers=paid, floor_prices=prices)
