"""From what a seller knows to an auction file."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from robustmech.auctions.auction_file import AuctionFile
from robustmech.auctions.comparing import comparisons
from robustmech.auctions.guidance import examples_of
from robustmech.auctions.rounding import Rounding
from robustmech.auctions.terms import CommonValueTerms, KnownMeansTerms, Terms
from robustmech.auctions.words import assumptions_in_words, bid_in_words, constants_of, rules_in_words
from robustmech.errors import InputError
from robustmech.model import Environment
from robustmech.problems.reading import shown

_LONGEST_NAME, _LONGEST_TEXT = 100, 300


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
    rounding: Rounding = "lottery",
    seed: str = "",
) -> AuctionFile:
    """The auction file for given terms.

    Args:
        terms: the closed form and its parameters, values being per lot.
        title: what is sold.
        bidders: the bidders' names; by default bidder 1, bidder 2, ….
        lots: the number of indivisible lots the supply is divided into.
        currency: what values and payments are counted in.
        minor_digits: decimals of the currency's smallest coin.
        rounding: how shares become whole lots: by a "lottery" that keeps every share on average, or by largest
            "remainders".
        seed: words that enter the lottery's draw, stated in the file.
    Raises:
        InputError: for numbers of bidders or lots that do not fit, texts that are not one line, or terms without any
            guarantee.
    """
    names = tuple(bidders) if bidders is not None else tuple(f"bidder {i + 1}" for i in range(terms.bidders))
    _require_sale(terms, names, title, currency, lots, minor_digits)
    _require_rounding(rounding, seed)
    return AuctionFile(
        title=title,
        terms=terms,
        bidders=names,
        lots=lots,
        currency=currency,
        minor_digits=minor_digits,
        rounding=rounding,
        seed=seed,
        guarantee=_promised(terms),
        assumptions=assumptions_in_words(terms),
        bid=bid_in_words(terms, names, lots),
        rules=rules_in_words(terms, lots, rounding, seed),
        constants=constants_of(terms),
        comparisons=comparisons(terms),
        examples=examples_of(terms, names, lots),
    )


def _require_sale(
    terms: Terms, names: tuple[str, ...], title: str, currency: str, lots: int, minor_digits: int
) -> None:
    if len(names) != terms.bidders or len(set(names)) != len(names):
        raise InputError(f"{len(names)} names for {terms.bidders} bidders: give each bidder a name of its own")
    for name in names:
        _require_text(name, "a bidder's name", _LONGEST_NAME)
    _require_text(title, "the title", _LONGEST_TEXT)
    _require_text(currency, "the currency", _LONGEST_NAME)
    if not 1 <= lots <= 10**12:
        raise InputError(f"lots is {lots}: give a whole number from 1 to 10^12")
    if not 0 <= minor_digits <= 6:
        raise InputError(f"minor_digits is {minor_digits}: give a whole number from 0 to 6")


def _require_rounding(rounding: Rounding, seed: str) -> None:
    if seed:
        _require_text(seed, "the seed", _LONGEST_TEXT)
    if rounding not in ("lottery", "remainders"):
        raise InputError(f"rounding is {shown(rounding)}: choose 'lottery' or 'remainders'")
    if seed and rounding != "lottery":
        raise InputError("a seed is for the lottery: leave it out where lots are rounded by remainders")


def _promised(terms: Terms) -> float:
    """The guarantee, if there is one."""
    model = terms.model()
    guarantee = float(model.guarantee)
    if guarantee > 0:
        return guarantee
    if isinstance(terms, CommonValueTerms):
        mean = float(sum(v * p for v, p in zip(terms.values, terms.probabilities, strict=True)))
        cost = float(terms.cost)
        if mean <= cost:
            raise InputError(
                f"the guarantee is zero: the expected value {mean:.6g} is not above the cost {cost:.6g}, so no auction "
                "promises anything"
            )
    raise InputError(f"the guarantee is {guarantee:.6g}: no auction that must sell, or no auction at all, earns more")


def _require_text(text: str, what: str, longest: int) -> None:
    if not text.strip() or text != text.strip() or not text.isprintable() or len(text) > longest:
        raise InputError(f"{what} is {shown(text)}: give one line of 1 to {longest} characters, no blanks at its ends")
