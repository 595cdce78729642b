"""The applications of the papers, as environments."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from robustmech.errors import InputError, ShapeError
from robustmech.model.beliefs import Beliefs
from robustmech.model.decisions import DecisionSet
from robustmech.model.environment import Environment, require_free_disposal
from robustmech.model.rational import Numbers, RationalArray, rational, rationals


def auction(
    values: Numbers,
    prior: Numbers | None = None,
    *,
    beliefs: Beliefs | None = None,
    cost: Any = 0,
    caps: Any = None,
    must_sell: bool = False,
) -> Environment:
    """The sale of one or several goods to bidders with interdependent values; the designer wants revenue less cost.

    Decision ``i * goods + l`` is the share of good l that bidder i gets.

    Args:
        values: each bidder's value in each state, shape (states, bidders) or (states, bidders, goods); at least zero.
        prior: the probability of each state; or else give beliefs.
        beliefs: the priors the seller holds possible.
        cost: the cost of producing one unit, one number or one per good.
        caps: the most of each good that a bidder can take, one number or one per bidder; None for no limit.
        must_sell: whether the seller must sell every good in full.
    Raises:
        InputError: for a negative value, a state listed twice, or neither (or both) of prior and beliefs.
        ShapeError: if shapes disagree.
    Source: Brooks & Du (2023), section 5; Brooks & Du (2020), sections 4.1 and 4.2.
    """
    table = rationals(values, "values")
    if table.ndim == 2:
        table = table[:, :, None]
    if table.ndim != 3 or 0 in table.shape:
        raise ShapeError(f"values has shape {table.shape}: expected (states, bidders) or (states, bidders, goods)")
    require_free_disposal(table)
    _require_distinct_states(table)
    states, bidders, goods = table.shape
    utilities = np.full((bidders, states, bidders, goods), rational(0), dtype=object)
    for i in range(bidders):
        utilities[i, :, i, :] = table[:, i, :]
    costs = _spread(cost, goods, "cost")
    limits = _spread(1 if caps is None else caps, bidders, "caps")
    return Environment(
        utilities=utilities.reshape(bidders, states, bidders * goods),
        payoff=np.broadcast_to(np.tile(-costs, bidders), (states, bidders * goods)),
        decision_set=DecisionSet(
            group=np.tile(np.arange(goods), bidders),
            required=np.full(goods, must_sell),
            cap=np.repeat(limits, goods),
        ),
        beliefs=_beliefs(prior, beliefs, states),
        transfers=True,
        own_decisions=np.arange(bidders * goods).reshape(bidders, goods),
        agent_names=tuple(f"bidder {i + 1}" for i in range(bidders)),
        decision_names=tuple(
            f"bidder {i + 1} gets " + ("the good" if goods == 1 else f"good {good + 1}")
            for i in range(bidders)
            for good in range(goods)
        ),
    )


def public_expenditure(
    values: Numbers,
    prior: Numbers | None = None,
    *,
    beliefs: Beliefs | None = None,
) -> Environment:
    """Spending on a public good, paid for by the agents; the designer wants total utility.

    Decision i is the part of a unit of spending that agent i pays. Agent i's utility from a unit paid by agent k
    is its value, less one if it pays itself; the designer's payoff is the sum of values less one.

    Args:
        values: each agent's value of a unit of spending in each state, shape (states, agents); at least zero.
        prior: the probability of each state; or else give beliefs.
        beliefs: the priors the designer holds possible.
    Source: Brooks & Du (2023), sections 2 and 4.
    """
    table = rationals(values, "values")
    if table.ndim != 2 or 0 in table.shape:
        raise ShapeError(f"values has shape {table.shape}: expected (states, agents)")
    require_free_disposal(table)
    _require_distinct_states(table)
    states, agents = table.shape
    utilities = np.broadcast_to(table.T[:, :, None], (agents, states, agents)).copy()
    for i in range(agents):
        utilities[i, :, i] -= 1
    return Environment(
        utilities=utilities,
        payoff=np.broadcast_to((table.sum(axis=1) - 1)[:, None], (states, agents)),
        decision_set=DecisionSet(
            group=np.zeros(agents, dtype=np.int64), required=np.array([False]), cap=rationals([1] * agents)
        ),
        beliefs=_beliefs(prior, beliefs, states),
        transfers=False,
        own_decisions=np.arange(agents).reshape(agents, 1),
        decision_names=tuple(f"agent {i + 1} pays" for i in range(agents)),
    )


def bilateral_trade(
    values: Numbers,
    prior: Numbers | None = None,
    *,
    beliefs: Beliefs | None = None,
    prices: tuple[Any, Any] | None = None,
) -> Environment:
    """Trade of one good between a seller (agent 0) and a buyer (agent 1); the designer wants the gains from trade.

    The two decisions are trade at the low price and trade at the high price; mixtures give every price between. Both
    numbers are for mechanisms that trade at such prices, and a wider interval can only raise them: reports say which
    it is. The default goes beyond all values, on either side, by as much as they differ; docs/public-expenditure.md
    says what is lost by that, and by less.

    Args:
        values: the seller's and the buyer's value in each state, shape (states, 2); at least zero.
        prior: the probability of each state; or else give beliefs.
        beliefs: the priors the designer holds possible.
        prices: the low and the high price; by default with D the distance between the lowest and the highest value of
            either, D below the lowest and D above the highest.
    Source: Brooks & Du (2023), section 4.3.
    """
    table = rationals(values, "values")
    if table.ndim != 2 or table.shape[1] != 2 or table.shape[0] == 0:
        raise ShapeError(f"values has shape {table.shape}: expected (states, 2), seller then buyer")
    require_free_disposal(table)
    _require_distinct_states(table)
    lowest, highest = min(table.ravel()), max(table.ravel())
    usual = 2 * lowest - highest, 2 * highest - lowest
    low, high = sorted(rational(price, "prices") for price in (usual if prices is None else prices))
    price = rationals([low, high])
    seller, buyer = table[:, 0, None], table[:, 1, None]
    return Environment(
        utilities=np.stack([price[None, :] - seller, buyer - price[None, :]]),
        payoff=np.broadcast_to(buyer - seller, (table.shape[0], 2)),
        decision_set=DecisionSet(group=np.zeros(2, dtype=np.int64), required=np.array([False]), cap=rationals([1, 1])),
        beliefs=_beliefs(prior, beliefs, table.shape[0]),
        transfers=False,
        agent_names=("seller", "buyer"),
        decision_names=(f"trade at {low}", f"trade at {high}"),
        restrictions=(f"trade at prices from {low} to {high}",),
    )


def product_states(values: Sequence[Sequence[Any]]) -> RationalArray:
    """Every combination of the agents' values, the last agent's varying fastest: shape (states, agents)."""
    exact = [rationals(own, f"values[{i}]").tolist() for i, own in enumerate(values)]
    table = np.array(list(itertools.product(*exact)), dtype=object).reshape(-1, len(exact))
    table.setflags(write=False)
    return table


def _spread(numbers: Any, count: int, what: str) -> RationalArray:
    exact = rationals(numbers, what)
    if exact.shape not in ((), (count,)):
        raise ShapeError(f"{what} has shape {exact.shape}: give one number, or {count}")
    return np.array(np.broadcast_to(exact, (count,)), dtype=object)


def _beliefs(prior: Numbers | None, beliefs: Beliefs | None, states: int) -> Beliefs:
    if (prior is None) == (beliefs is None):
        raise InputError("give either a prior (one probability per state) or beliefs, and not both")
    known = beliefs if beliefs is not None else Beliefs.known(prior if prior is not None else ())
    if known.states != states:
        raise ShapeError(f"{known.states} probabilities for {states} states: give one per state")
    return known


def _require_distinct_states(table: RationalArray) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for state, row in enumerate(table.reshape(table.shape[0], -1).tolist()):
        first = seen.setdefault(tuple(row), state)
        if first != state:
            shown = ", ".join(map(str, row))
            raise InputError(
                f"states {first} and {state} are the same ({shown}): add their probabilities and list it once"
            )
