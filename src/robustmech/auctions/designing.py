"""From what a seller knows to an auction file."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from robustmech.auctions.auction_file import AuctionFile
from robustmech.auctions.comparing import comparisons
from robustmech.auctions.guidance import examples_of
from robustmech.auctions.particulars import require_particulars
from robustmech.auctions.rounding import Rounding
from robustmech.auctions.solved_terms import SolvedTerms
from robustmech.auctions.terms import CommonValueTerms, Terms
from robustmech.auctions.words import (
    assumptions_in_words,
    bid_in_words,
    constants_of,
    guaranteed_in_words,
    rules_in_words,
)
from robustmech.errors import InputError

_NOTHING = 1e-9


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
        terms: a closed form's or a solved mechanism's exact parameters, values being per lot.
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
    require_particulars(
        names=names,
        bidders=terms.bidders,
        title=title,
        currency=currency,
        lots=lots,
        minor_digits=minor_digits,
        rounding=rounding,
        seed=seed,
    )
    if isinstance(terms, CommonValueTerms) and not terms.margin:
        terms = replace(terms, margin=_margin(terms, Fraction(1, 10**minor_digits)))
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
        guarantee_of=guaranteed_in_words(terms),
        assumptions=assumptions_in_words(terms),
        bid=bid_in_words(terms, names, lots),
        rules=rules_in_words(terms, lots, rounding, seed),
        constants=constants_of(terms),
        comparisons=comparisons(terms),
        examples=examples_of(terms, names, lots),
    )


def _margin(terms: CommonValueTerms, coin: Fraction) -> Fraction:
    """By how much to take the lowest value to be less, where bidders who know that it is the value would not bid.

    A coin for each lot, but no more than a tenth of what the auction guarantees beyond the lowest value less the cost,
    or than a thousandth of the lowest value where it guarantees no more than that.
    """
    model = terms.model()
    if not model.is_supremum:
        return Fraction(0)
    beyond = model.guarantee - float(terms.lowest - terms.cost)
    most = beyond / 10 if beyond > _NOTHING * float(terms.lowest) else float(terms.lowest) / 1000
    return min(coin, Fraction(f"{most:.0e}"))


def _promised(terms: Terms) -> float:
    """The guarantee, if there is one: above zero, but where everything must be sold."""
    guarantee = terms.guarantee
    if guarantee > 0 or terms.must_sell:
        return guarantee
    if isinstance(terms, SolvedTerms):
        finer = "" if terms.increment is None else "; take a smaller increment"
        raise InputError(f"the guarantee is {guarantee:.6g}: this auction promises nothing{finer}")
    if isinstance(terms, CommonValueTerms):
        mean = float(sum(v * p for v, p in zip(terms.values, terms.probabilities, strict=True)))
        raise InputError(
            f"the guarantee is zero: the expected value {mean:.6g} is not above the cost {float(terms.cost):.6g}, "
            "so no auction promises anything"
        )
    raise InputError(f"the guarantee is {guarantee:.6g}: no auction promises anything")
