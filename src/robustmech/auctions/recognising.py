"""Which closed form an environment is an instance of."""

from fractions import Fraction

import numpy as np

from robustmech.auctions.terms import ClosedForm, CommonValueTerms, KnownMeansTerms
from robustmech.errors import InputError
from robustmech.model import Environment


def terms_of(environment: Environment) -> ClosedForm:
    """The closed form that an auction environment is an instance of.

    Raises:
        InputError: if there is none: the environment must be the sale of one good without capacities, with a common
            value of known law, or with values known by their means and a bound.
    """
    plain = environment.transfers and environment.own_decisions is not None and environment.own_decisions.shape[1] == 1
    if not plain or environment.decision_set.capped.any() or environment.beliefs.penalties is not None:
        raise InputError(_NO_CLOSED_FORM)
    values = np.stack([environment.utilities[i, :, i] for i in range(environment.agents)], axis=1)
    cost = -environment.payoff[0, 0]
    must_sell = bool(environment.decision_set.required[0])
    beliefs = environment.beliefs
    prior = beliefs.prior
    if prior is not None and (values == values[:, :1]).all():
        return CommonValueTerms(
            values=tuple(values[:, 0]),
            probabilities=tuple(prior),
            bidders=environment.agents,
            cost=cost,
            must_sell=must_sell,
        )
    means = _means(environment, values)
    if means is not None and cost == 0 and not must_sell:
        return KnownMeansTerms(means=means, bound=max(values.ravel()))
    raise InputError(_NO_CLOSED_FORM)


_NO_CLOSED_FORM = (
    "no closed form for this problem: it must be one good without capacities, with a common value of known law or with "
    "known means and a bound; solve it instead"
)


def _means(
    environment: Environment, values: np.ndarray[tuple[int, ...], np.dtype[np.object_]]
) -> tuple[Fraction, ...] | None:
    """The bidders' means, if the beliefs are just those, on the corners of a box."""
    beliefs, bidders = environment.beliefs, environment.agents
    corners = environment.states == 2**bidders and set(values.ravel().tolist()) == {Fraction(0), max(values.ravel())}
    if not corners or beliefs.rows != bidders or not beliefs.equality.all():
        return None
    rows = beliefs.exact_rows()
    for i in range(bidders):
        if rows[i] != {state: value for state, value in enumerate(values[:, i]) if value}:
            return None
    return tuple(limit or Fraction(0) for limit in beliefs.lower)
