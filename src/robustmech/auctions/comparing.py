"""What other ways of selling guarantee, where that is known in closed form."""

import math
from fractions import Fraction
from functools import lru_cache

from robustmech.auctions.auction_file import Comparison
from robustmech.auctions.recognising import terms_of
from robustmech.auctions.sale import Sale
from robustmech.auctions.solved_terms import SolvedTerms
from robustmech.auctions.terms import CommonValueTerms, KnownMeansTerms, Terms
from robustmech.continuum.common_value import first_price_guarantee
from robustmech.errors import InputError
from robustmech.evaluate import guarantee
from robustmech.evaluate.formats import posted_price

_PRICES = 31
"""How many evenly spaced posted prices are compared."""
_MOST_PROFILES = 20_000
"""Profiles of acceptances times states up to which posted prices are evaluated."""


def comparisons(terms: Terms) -> tuple[Comparison, ...]:
    """The guarantees of a posted price and of a first-price auction under the same assumptions."""
    if isinstance(terms, SolvedTerms):
        return _solved(terms)
    if isinstance(terms, KnownMeansTerms):
        return _with_known_means(terms)
    return (_posted_price(terms), _first_price(terms))


def _posted_price(terms: CommonValueTerms) -> Comparison:
    r"""The best posted price against public information.

    Public information that pools the lowest values up to quantile β into a signal with mean just below the price p
    stops every sale there, so that p guarantees (p − c)(1 − β) with :math:`p = L(\beta)/\beta`,
    :math:`L(\beta) = \int_0^\beta v(u)\,du`. On a stretch of β where the value is v, L(β) = a + vβ with a ≤ 0, and the
    best β has β² = −a/(v − c).
    Source: Brooks & Du (2018), introduction.
    """
    if terms.must_sell:
        return Comparison(
            format="posted price",
            guarantee=None,
            remark="cannot be used: it does not always sell, and this seller must sell everything",
        )
    cost = float(terms.cost)
    best, price = 0.0, None
    mass = total = 0.0
    for value, probability in sorted(
        (float(v), float(p)) for v, p in zip(terms.values, terms.probabilities, strict=True)
    ):
        if probability == 0:
            continue
        intercept = total - value * mass
        inner = math.sqrt(-intercept / (value - cost)) if intercept < 0 and value > cost else mass
        for share in (inner, mass, mass + probability):
            clipped = min(max(share, mass), mass + probability)
            asked = value if intercept >= 0 else value + intercept / clipped
            if (asked - cost) * (1 - clipped) > best:
                best, price = (asked - cost) * (1 - clipped), asked
        mass, total = mass + probability, total + value * probability
    told = "no price guarantees anything" if price is None else f"just below {price:.6g}"
    return Comparison(
        format="posted price", guarantee=best, remark=f"{told}; worst when a public signal pools the lowest values"
    )


def _first_price(terms: CommonValueTerms) -> Comparison:
    if terms.bidders == 1:
        remark = "a single bidder bids nothing"
    else:
        remark = "without a reserve price; worst when the value is the highest of independent signals"
    return Comparison(
        format="first-price auction",
        guarantee=first_price_guarantee(terms.model()) - float(terms.cost),
        remark=remark,
    )


def _first_price_with_known_means(terms: KnownMeansTerms) -> Comparison:
    """Zero if the means add up to at most the bound: values may then be the bound for one bidder at a time.

    If all know whose turn it is, that bidder wins just above bids of the others, which can be as low as zero.
    """
    if sum(terms.means) <= terms.bound:
        return Comparison(
            format="first-price auction",
            guarantee=0.0,
            remark="without a reserve price; worst when one bidder at a time values the lots, and all know which",
        )
    return Comparison(
        format="first-price auction",
        guarantee=None,
        remark="not known in closed form where the means add up to more than the bound",
    )


def _with_known_means(terms: KnownMeansTerms) -> tuple[Comparison, ...]:
    r"""Known means: the best posted price to everyone.

    A bidder with mean m whose value is at most b buys at price p at least with probability (m − p)/(b − p), and
    information can let all others buy only then too. The best price is :math:`b - \sqrt{b(b-m)}` for the highest mean,
    and guarantees its square over b.
    """
    bound, highest = float(terms.bound), float(max(terms.means, default=Fraction(0)))
    price = bound - math.sqrt(bound * (bound - highest))
    return (
        Comparison(
            format="posted price",
            guarantee=price**2 / bound,
            remark=f"just below {price:.6g}; worst when values are at the ends of their range and a public signal "
            "pools the low ones with some high ones",
        ),
        _first_price_with_known_means(terms),
    )


def _solved(terms: SolvedTerms) -> tuple[Comparison, ...]:
    """The closed forms' comparisons where the problem has one; else the best of some posted prices."""
    try:
        return comparisons(terms_of(terms.environment))
    except InputError:
        unknown = Comparison(
            format="first-price auction", guarantee=None, remark="not known in closed form for these assumptions"
        )
        return (_computed_posted_price(terms.sale), unknown)


@lru_cache(maxsize=32)
def _computed_posted_price(sale: Sale) -> Comparison:
    """The best of some prices, each with its exact guarantee; bidders who accept are served in random order."""
    profiles = 2**sale.bidders * len(sale.values)
    if sale.must_sell or min(sale.caps) < 1 or profiles > _MOST_PROFILES:
        return Comparison(format="posted price", guarantee=None, remark="not computed for these assumptions")
    highest, environment = max(max(state) for state in sale.values), sale.environment()
    prices = [float(highest * k / (_PRICES + 1)) for k in range(1, _PRICES + 1)]
    found = [(guarantee(posted_price(sale.bidders, price), environment).value, price) for price in prices]
    best, price = max(found)
    if best <= 0:
        return Comparison(format="posted price", guarantee=0.0, remark=f"none of {_PRICES} prices guarantees anything")
    return Comparison(
        format="posted price",
        guarantee=best,
        remark=f"at {price:.6g}, the best of {_PRICES} prices; those who accept are served in random order",
    )
