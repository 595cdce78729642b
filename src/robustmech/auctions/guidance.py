"""What bids bring and cost against given others: the small table of an auction file."""

import numpy as np

from robustmech.auctions.auction_file import Example
from robustmech.auctions.terms import Terms
from robustmech.auctions.words import distinct_bidders

_OWN = (0.5, 1.0, 2.0)
_OTHERS = (0.0, 1.0, 2.0)
_MOST_KINDS = 4


def examples_of(terms: Terms, bidders: tuple[str, ...], lots: int) -> tuple[Example, ...]:
    """What some bids bring and cost, for one bidder of each of up to four kinds, all others bidding alike.

    Args:
        terms: what the rules follow.
        bidders: the bidders' names.
        lots: the number of lots.
    """
    rule = terms.rule()
    cases = [
        (i, own, others)
        for i in distinct_bidders(terms, _MOST_KINDS)
        for others in (_OTHERS if len(bidders) > 1 else (0.0,))
        for own in _OWN
    ]
    profiles = np.array([[others] * len(bidders) for _, _, others in cases])
    places = np.array([i for i, _, _ in cases])
    rows = np.arange(len(cases))
    profiles[rows, places] = [own for _, own, _ in cases]
    shares = rule.allocate(profiles)[rows, places]
    paid = rule.transfers(profiles)[rows, places]
    prices = np.divide(paid, shares, out=np.zeros_like(paid), where=shares > 0)
    per_lot = terms.pays_per_lot
    return tuple(
        Example(
            bidder=bidders[i],
            bid=own,
            others=others,
            lots=float(share) * lots,
            price_per_lot=float(price) if per_lot else None,
            payment=None if per_lot else float(charge) * lots,
        )
        for (i, own, others), share, price, charge in zip(cases, shares, prices, paid, strict=True)
    )
