"""Auctions that the tests of this folder share."""

from fractions import Fraction

from robustmech.auctions import AuctionFile, CommonValueTerms, KnownMeansTerms, SealedBids, Terms

HALF = Fraction(1, 2)
UNIFORM = CommonValueTerms(
    values=tuple(Fraction(j, 9) for j in range(10)),
    probabilities=(Fraction(1, 10),) * 10,
    bidders=2,
    cost=Fraction(0),
    must_sell=False,
)
MEANS = KnownMeansTerms(means=(Fraction(3, 5), Fraction(2, 5)), bound=Fraction(1))
FOUR_VALUES = CommonValueTerms(
    values=(Fraction(1), Fraction(2), Fraction(5), Fraction(20)),
    probabilities=(Fraction(1, 4),) * 4,
    bidders=3,
    cost=HALF,
    must_sell=False,
)
MUST_SELL = CommonValueTerms(
    values=(Fraction(1), Fraction(4)), probabilities=(HALF, HALF), bidders=2, cost=HALF, must_sell=True
)
EXCLUDED = KnownMeansTerms(means=(Fraction(600), Fraction(100), Fraction(350), Fraction(600)), bound=Fraction(1000))
ALL_TERMS: dict[str, Terms] = {
    "common value": UNIFORM,
    "known means": MEANS,
    "four values": FOUR_VALUES,
    "must sell": MUST_SELL,
    "one excluded": EXCLUDED,
}


def bids_of(rules: AuctionFile, *amounts: str) -> SealedBids:
    """Bids in the bidders' order."""
    return SealedBids(bidders=rules.bidders, amounts=tuple(Fraction(a) for a in amounts))
