"""From shares and prices to whole lots and whole coins."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from robustmech.auctions.auction_file import AuctionFile, digest_of
from robustmech.auctions.bids import SealedBids
from robustmech.model import FloatArray

_SAME = 1e-9
ROUNDING_RULE = (
    "Each bidder gets its share of the lots rounded down; lots left over from the total sold, itself rounded down, go "
    "one each to the largest remainders, ties to the bidder listed first. Payments are rounded half to even to the "
    "smallest coin. A bid of zero gets nothing and pays nothing."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One bidder's result.

    Args:
        bidder: the bidder's name.
        bid: the bid in points, as a decimal or fraction.
        share: the exact share of the supply that the rules give.
        lots: whole lots.
        payment: in the currency, with its smallest coin's decimals.
    """

    bidder: str
    bid: str
    share: float
    lots: int
    payment: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The result of clearing an auction.

    Args:
        lines: one per bidder, in the auction's order.
        digest: the SHA-256 of the rules' digest and the bids.
    """

    lines: tuple[Line, ...]
    digest: str

    @property
    def lots(self) -> int:
        """The lots sold."""
        return sum(line.lots for line in self.lines)

    @property
    def revenue(self) -> Decimal:
        """The sum of the payments, to the coin."""
        return sum((line.payment for line in self.lines), Decimal(0))


def settle(auction: AuctionFile, bids: SealedBids) -> Settlement:
    """Clear the auction."""
    rule = auction.terms.rule()
    profile = bids.profile
    shares = np.where(profile > 0, rule.allocate(profile), 0.0)
    lots = whole_lots(shares, auction.lots)
    coin = Decimal(1).scaleb(-auction.minor_digits)
    paid = rule.transfers(profile) * auction.lots
    payments = [
        (Decimal(float(price)) if bid > 0 else Decimal(0)).quantize(coin, rounding=ROUND_HALF_EVEN)
        for price, bid in zip(paid, profile, strict=True)
    ]
    lines = tuple(
        Line(bidder=name, bid=str(amount), share=float(share), lots=count, payment=payment + 0)
        for name, amount, share, count, payment in zip(bids.bidders, bids.amounts, shares, lots, payments, strict=True)
    )
    return Settlement(lines=lines, digest=digest_of({"auction": auction.digest, "bids": bids.content}))


def whole_lots(shares: FloatArray, supply: int) -> list[int]:
    """Round shares of the supply to whole lots; see `ROUNDING_RULE`.

    Args:
        shares: at least zero, with a sum of at most one up to rounding.
        supply: the number of lots.
    """
    exact = shares * supply
    counts = np.floor(exact + _SAME * (shares > 0)).astype(np.int64)
    sold = min(int(np.floor(exact.sum() + _SAME)), supply)
    remainders = np.where(shares > 0, exact - counts, -1.0)
    left = sold - int(counts.sum())
    for i in np.argsort(-remainders, kind="stable")[: max(left, 0)]:
        if shares[i] > 0:
            counts[i] += 1
    # The tolerance can round up a few shares that were just below a whole number; never past the supply.
    while counts.sum() > supply:
        counts[int(np.argmax(counts))] -= 1
    return [int(count) for count in counts]
