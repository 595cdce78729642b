"""What an auction file says: what a bid is, the rules in words and formulas, the numbers in them, the promise."""

import numpy as np

from robustmech.auctions.auction_file import Constants
from robustmech.auctions.phrases import EXISTENCE, number_of, plain, same_value
from robustmech.auctions.rounding import Rounding, payment_rule, rounding_rule
from robustmech.auctions.solved_terms import SolvedTerms
from robustmech.auctions.solved_words import (
    solved_assumptions,
    solved_bid,
    solved_constants,
    solved_kinds,
    solved_rules,
)
from robustmech.auctions.terms import CommonValueTerms, KnownMeansTerms, Terms

_SCALE = (
    "The scale: at the information that is worst for the seller, there is an equilibrium in which every bidder's "
    "points are exponentially distributed with mean one."
)

_NOT_IN_RULE = "coins, whole lots or the draw"


def bid_in_words(terms: Terms, bidders: tuple[str, ...], lots: int) -> str:
    """What a bid is: a message, and what it asks for where it can be read as a request.

    Source: Brooks & Du (2018), section 3 (messages are scaled so that truthful ones are exponential signals); Brooks,
    Du & Feffer (2025), section 4.1 (an action a_i is a demand of η_i a_i of the good).
    """
    if isinstance(terms, SolvedTerms):
        return solved_bid(terms, bidders, lots)
    message = "A bid is a number of points, zero or more: a message, not an amount of money."
    if isinstance(terms, KnownMeansTerms):
        asked = [float(eta) * lots for eta in terms.model().sensitivities]
        each = ", ".join(f"{name} {plain(own)}" for name, own in zip(bidders, asked, strict=True) if own)
        reading = (
            f"Points are a request: one point asks for this many lots: {each}. Requests are met in full if together "
            "they are at most the supply."
        )
        excluded = ", ".join(bidders[i] for i in excluded_bidders(terms))
        if excluded:
            reading += (
                " Excluded, whatever they bid, are those whose expected value is at most the guarantee, "
                f"{terms.guarantee:.7g} per lot: {excluded}."
            )
        return f"{message} {reading} {_SCALE}"
    cutoff = 0.0 if terms.must_sell else terms.auction_model().cutoff
    if cutoff:
        reading = (
            f"Points are a request: up to {cutoff:.6g} points in all, one point asks for and gets "
            f"{plain(lots / cutoff)} lots; with more, what is sold is shared in proportion to points."
        )
    else:
        reading = "Points are weights: what is sold is shared in proportion to them."
    return f"{message} {reading} {_SCALE}"


def rules_in_words(terms: Terms, lots: int, rounding: Rounding, seed: str) -> tuple[str, ...]:
    """The rules, a line each; they refer to `constants_of` by name."""
    if isinstance(terms, SolvedTerms):
        own = solved_rules(terms)
    else:
        own = _common_value_rules(terms) if isinstance(terms, CommonValueTerms) else _COMPOUND_RULES
    return (
        f"Every bidder hands in one sealed bid. The supply is {number_of(lots, 'lot')}.",
        *own,
        rounding_rule(rounding, seed),
        payment_rule(terms.pays_per_lot),
    )


def constants_of(terms: Terms) -> tuple[Constants, ...]:
    """The numbers that the rules refer to."""
    if isinstance(terms, SolvedTerms):
        return solved_constants(terms)
    if isinstance(terms, KnownMeansTerms):
        slopes = tuple(float(eta) for eta in terms.model().sensitivities)
        return (
            Constants(name="sensitivities h, in the bidders' order", numbers=slopes),
            Constants(name="the bound B", numbers=(float(terms.bound),)),
        )
    intervals = () if terms.must_sell else terms.auction_model().graded_intervals
    return tuple(
        Constants(name=f"interval {k}: from, to, C, D", numbers=(g.start, g.end, g.sensitivity, g.bend))
        for k, g in enumerate(intervals, start=1)
    )


def guaranteed_in_words(terms: Terms) -> str:
    """What has the guarantee: the rule before bids, shares and payments are rounded to what people can count."""
    if isinstance(terms, SolvedTerms) and terms.increment is not None:
        return f"the ideal rule for bids in steps of {float(terms.increment):.6g}, without {_NOT_IN_RULE}"
    return f"the ideal rule, without bid steps, {_NOT_IN_RULE}"


def assumptions_in_words(terms: Terms) -> str:
    """What is guaranteed, and what that rests on."""
    if isinstance(terms, SolvedTerms):
        return solved_assumptions(terms)
    known = (
        same_value(terms.bidders, "the stated law")
        if isinstance(terms, CommonValueTerms)
        else "each bidder's expected value of a lot is as stated, and no value is below zero or above the bound"
    )
    return (
        "Expected revenue net of cost is at least the guarantee in every equilibrium, whatever bidders know about "
        f"values and about each other, provided that {known}, that several lots are worth the sum of their values, and "
        f"that bidders care for the expected value of what they get less what they pay. {EXISTENCE}"
    )


def _common_value_rules(terms: CommonValueTerms) -> tuple[str, ...]:
    rationed = not terms.must_sell and bool(terms.auction_model().graded_intervals)
    supply = "The share sold, Q(P), depends on the points P that all N bidders bid together: "
    if rationed:
        supply += (
            "everything, Q = 1, but for the intervals among the constants, in which Q(P) = C·P/N + D·(from/P)^(N−1)."
        )
    else:
        supply += "Q = 1, everything, as soon as anyone bids more than zero."
    if terms.must_sell:
        supply += " If all bid zero, the bidder listed first gets everything, for nothing."
    return (
        supply,
        "Each bidder gets the part of what is sold that its points are of P.",
        "Each pays in proportion to its points too, so that all have the same price per lot, T(P)/Q(P).",
        "In formulas: g(x) = x^(N−1)·e^(−x)/(N−1)! and G is its integral from 0; w(x) is the least value v such that a "
        f"lot is worth at most v with probability G(x) or more{_margin_in_words(terms)}; "
        "M(x) = Q'(x) + (N−1)·Q(x)/x; X changes by w·dM − c·dQ, "
        f"jumps included, with c = {float(terms.cost):.10g} the cost of a lot, and ∫X·g = 0 over all x > 0; T(P) is "
        "the integral of X·g from 0 to P, divided by g(P).",
    )


def _margin_in_words(terms: CommonValueTerms) -> str:
    if not terms.margin:
        return ""
    counted, lowest = (f"{float(value):.10g}" for value in (terms.lowest - terms.margin, terms.lowest))
    return f", where {lowest}, the lowest, counts as {counted} so that a bidder who knows it still gains by bidding"


_COMPOUND_RULES = (
    "The supply is sold while a level s rises from zero. At s a bidder i is active if its sensitivity h_i is above s, "
    "and each active bidder is sold the share (its points a_i) × ds of the supply, until nothing is left. So i gets "
    "the share h_i·a_i, unless the supply runs out before.",
    "Each part is paid for at the price per lot p(s, R) that holds at s when R of the supply is left, R = 1 − Σ_j "
    "min(h_j, s)·a_j. Prices rise as supply runs out and never exceed the bound.",
    "In formulas: p(s, R) = B·Pr(V > R), where V is a sum over the active bidders j of h_j·e_j with independent "
    "standard exponential e_j, in which every term but one (any one) is counted only with probability 1 − s/h_j; i's "
    "price per lot is the average of p over the levels at which i is sold something.",
)


def distinct_bidders(terms: Terms, most: int) -> tuple[int, ...]:
    """One bidder of each kind that the rules treat differently and do not exclude, who gets most for a point first.

    At most so many, evenly spread from the first kind to the last.
    """
    if isinstance(terms, CommonValueTerms):
        return (0,)
    if isinstance(terms, SolvedTerms):
        kinds, strength = solved_kinds(terms), terms.mechanism.allocate(np.ones(terms.bidders))
    else:
        strength = np.asarray(terms.model().sensitivities)
        kinds = tuple(int(i) for i in np.sort(np.unique(strength, return_index=True)[1]) if strength[i] > 0)
    ordered = sorted(kinds, key=lambda i: -strength[i])
    places = np.linspace(0, len(ordered) - 1, min(most, len(ordered)))
    return tuple(ordered[round(place)] for place in places.tolist())


def excluded_bidders(terms: Terms) -> tuple[int, ...]:
    """Those to whom nothing is sold, because their expected value is at most the guarantee."""
    if not isinstance(terms, KnownMeansTerms):
        return ()
    return tuple(np.flatnonzero(np.asarray(terms.model().sensitivities) == 0).tolist())
