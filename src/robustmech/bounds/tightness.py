r"""Hypotheses under which the maximum guarantee and the minimum potential are known to be equal.

They need not be: the papers prove it for auctions, and for public expenditure with one known social value. What is
tested here suffices and is exact; where nothing here holds nothing is known, and a bracket that stays open may show
a gap that is there.
"""

from enum import Enum
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.model import Environment, RationalArray


class Tightness(Enum):
    """Why the maximum guarantee is the minimum potential.

    Source: docs/sharp-bounds.md, section 11; Brooks & Du (2023), Theorem 2 and section 4; Brooks & Du (2020),
    Theorem 1 and section 4.
    """

    CONSTANT_WORTH = "with transfers, each agent can be left with a worth that does not depend on the state"
    ONE_BENEFICIARY = "public expenditure that one agent values, equally likely to be any, at a known amount"

    def __str__(self) -> str:
        return self.value


def tightness(environment: Environment, *, entry_payments: bool) -> Tightness | None:
    """The hypothesis that holds for an environment, or None where none of them does.

    Args:
        environment: the environment.
        entry_payments: whether mechanisms may charge agents, or pay them, at action 0. Where they may not, the lower
            number is for fewer mechanisms, and more is asked.
    """
    if environment.transfers:
        holds = _constant_worth(environment) if entry_payments else _worth_nothing(environment)
        return Tightness.CONSTANT_WORTH if holds else None
    return Tightness.ONE_BENEFICIARY if _one_beneficiary(environment) else None


def _constant_worth(environment: Environment) -> bool:
    """Whether for every agent some decision in C has the same worth to that agent in every state."""
    constant = (environment.utilities == environment.utilities[:, :1]).all(axis=1)
    return all(_can_be_met_by(environment, usable) for usable in constant)


def _worth_nothing(environment: Environment) -> bool:
    """Whether for every agent some decision in C is worth nothing to that agent, and hurts no other."""
    worthless = (environment.utilities == 0).all(axis=1)
    harmless = (environment.utilities >= 0).all(axis=(0, 1))
    return all(_can_be_met_by(environment, usable & harmless) for usable in worthless)


def _can_be_met_by(environment: Environment, usable: npt.NDArray[np.bool_]) -> bool:
    """Whether C has a decision that uses only the given ones, shape (decisions,)."""
    chosen = environment.decision_set
    return all(
        not required or chosen.cap[(chosen.group == group) & usable].sum() >= 1
        for group, required in enumerate(chosen.required)
    )


def _one_beneficiary(environment: Environment) -> bool:
    r"""Whether this is public expenditure with values :math:`\bar\theta` for one agent, and zero for the others.

    Decision k spends one unit, of which agent i pays :math:`e_i(k)`, the :math:`e_i(k)` adding up to one; agent i's
    utility is :math:`\theta_i - e_i(k)`. Any agent may be made to pay alone; that payments may go beyond (in bilateral
    trade, prices outside the two at which one side never loses) changes neither number.
    """
    utilities, chosen = environment.utilities, environment.decision_set
    prior = environment.beliefs.prior
    if prior is None or environment.states != environment.agents or len(set(prior.tolist())) > 1:
        return False
    if chosen.groups > 1 or chosen.required.any() or chosen.capped.any():
        return False
    paid = -utilities.min(axis=1)
    values = (utilities + paid[:, None])[:, :, 0]
    total = max(values.ravel().tolist())
    return bool(
        (paid.sum(axis=0) == 1).all()
        and (utilities == values[:, :, None] - paid[:, None]).all()
        and (environment.payoff == total - 1).all()
        and sorted(map(tuple, values.T.tolist())) == _unit_vectors(total, environment.agents)
        and _each_may_pay_alone(paid)
    )


def _unit_vectors(size: Fraction, agents: int) -> list[tuple[Fraction, ...]]:
    return sorted(tuple(size if i == j else Fraction(0) for i in range(agents)) for j in range(agents))


def _each_may_pay_alone(paid: RationalArray) -> bool:
    """Whether every unit vector is a mixture of the columns; for more than two agents, one of them."""
    if paid.shape[0] == 2:
        return bool(paid[0].min() <= 0 and paid[0].max() >= 1)
    columns = set(map(tuple, paid.T.tolist()))
    return set(_unit_vectors(Fraction(1), paid.shape[0])) <= columns
