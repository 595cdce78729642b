"""From what a seller knows to an auction file."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from robustmech.auctions.auction_file import AuctionFile
from robustmech.auctions.comparing import comparisons
from robustmech.auctions.settlement import ROUNDING_RULE
from robustmech.auctions.terms import CommonValueTerms, KnownMeansTerms, Terms
from robustmech.errors import InputError
from robustmech.model import Environment


def terms_of(environment: Environment) -> Terms:
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
    "known means and a bound; use robustmech solve"
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


def design(
    terms: Terms,
    *,
    title: str = "Auction",
    bidders: Sequence[str] | None = None,
    lots: int = 1000,
    currency: str = "USD",
    minor_digits: int = 2,
) -> AuctionFile:
    """The auction file for given terms.

    Args:
        terms: the closed form and its parameters, values being per lot.
        title: what is sold.
        bidders: the bidders' names; by default bidder 1, bidder 2, ….
        lots: the number of indivisible lots the supply is divided into.
        currency: what values and payments are counted in.
        minor_digits: decimals of the currency's smallest coin.
    Raises:
        InputError: for numbers of bidders or lots that do not fit, or terms without any guarantee.
    """
    names = tuple(bidders) if bidders is not None else tuple(f"bidder {i + 1}" for i in range(terms.bidders))
    if len(names) != terms.bidders or len(set(names)) != len(names):
        raise InputError(f"{len(names)} names for {terms.bidders} bidders: give each bidder a name of its own")
    if not 1 <= lots <= 10**12:
        raise InputError(f"lots is {lots}: give a whole number from 1 to 10^12")
    guarantee = float(terms.model().guarantee)
    if not guarantee > 0:
        raise InputError("the guarantee is zero: nothing is promised by selling; check the cost and the values")
    return AuctionFile(
        title=title,
        terms=terms,
        bidders=names,
        lots=lots,
        currency=currency,
        minor_digits=minor_digits,
        guarantee=guarantee,
        assumptions=_assumptions(terms),
        rules=_rules(terms, lots),
        comparisons=comparisons(terms),
    )


def _assumptions(terms: Terms) -> str:
    known = (
        "The value of a lot is the same for every bidder and has the stated law"
        if isinstance(terms, CommonValueTerms)
        else "Each bidder's expected value of a lot is as stated, and no value exceeds the bound"
    )
    return (
        f"{known}. Bidders care for their value less their payment, play an equilibrium, and may know anything about "
        "values and about each other; the guarantee is expected revenue net of cost for one lot."
    )


def _rules(terms: Terms, lots: int) -> tuple[str, ...]:
    own = _common_value_rules(terms) if isinstance(terms, CommonValueTerms) else _compound_rules(terms)
    return (
        "Every bidder hands in one sealed bid, a number of points, zero or more. More points ask for more, and cost "
        "more.",
        f"The supply is {lots:,} lots.",
        *own,
        ROUNDING_RULE,
    )


def _common_value_rules(terms: CommonValueTerms) -> tuple[str, ...]:
    model = terms.model()
    intervals = () if terms.must_sell else model.graded_intervals
    if intervals:
        pieces = "; ".join(
            f"from {g.start:.10g} to {g.end:.10g}, C = {g.sensitivity:.10g} and D = {g.bend:.10g}" for g in intervals
        )
        supply = (
            "With P points in all, the share Q(P) of the supply is sold. It is one, except in the following intervals, "
            f"where it is C·P/N + D·(start/P)^(N−1): {pieces}"
        )
    else:
        supply = "The whole supply is sold if anyone bids more than zero"
    return (
        f"{supply}. Each bidder gets the part of what is sold that its points are of all points.",
        "Payments are in proportion to points as well: the total payment T(P) depends on the total P alone, with "
        "T'(P) + (N−1) T(P)/P − T(P) = Ξ(P), the aggregate excess growth, and no payment for no points.",
    )


def _compound_rules(terms: KnownMeansTerms) -> tuple[str, ...]:
    slopes = ", ".join(f"{eta:.10g}" for eta in terms.model().sensitivities)
    return (
        f"The bidders' sensitivities are {slopes}. In rounds, sensitivity s rises from zero; at s every bidder whose "
        "sensitivity is larger is sold its points times ds of the supply, until nothing is left.",
        "Each such part is paid for at a unit price that depends on s and on what is left; the sum is the payment.",
    )
