"""From bids to whole lots and whole coins."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction

import numpy as np

from robustmech.auctions.auction_file import AuctionFile, digest_of
from robustmech.auctions.bids import SealedBids
from robustmech.auctions.rounding import by_lottery, by_remainders, exact_lots
from robustmech.model import FloatArray

_EXACT = Context(prec=100, traps=[Inexact])


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One bidder's result.

    Args:
        bidder: the bidder's name.
        bid: the bid in points, as a decimal where it is one and else as a fraction.
        share: the share of the supply that the rules give.
        expected_lots: the lots in that share, before they are made whole.
        expected_payment: what the rules charge, in the currency, before lots are made whole.
        price_per_lot: in the currency; zero where the share is, and None where payments are for bids.
        lots: whole lots.
        payment: in the currency, with its smallest coin's decimals.
    """

    bidder: str
    bid: str
    share: float
    expected_lots: float
    expected_payment: float
    price_per_lot: float | None
    lots: int
    payment: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The result of clearing an auction.

    Args:
        lines: one per bidder, in the auction's order.
        digest: the SHA-256 of the rules' digest and the bids; the draw of the lottery is this number over 2^256.
        revenue: the sum of the payments, to the coin.
    """

    lines: tuple[Line, ...]
    digest: str
    revenue: Decimal

    @property
    def lots(self) -> int:
        """The lots sold."""
        return sum(line.lots for line in self.lines)


def settle(auction: AuctionFile, bids: SealedBids) -> Settlement:
    """Clear the auction: whole lots by its rounding, payments at the price per lot or for the bids."""
    return settle_all(auction, [bids])[0]


def settle_all(auction: AuctionFile, bids: Sequence[SealedBids]) -> list[Settlement]:
    """Clear the auction for each of several profiles of bids, faster than one by one."""
    profiles = np.array([given.profile for given in bids]).reshape(len(bids), len(auction.bidders))
    shares, paid = auction.rule.allocate(profiles), auction.rule.transfers(profiles)
    return [_settled(auction, *each) for each in zip(bids, shares, paid, strict=True)]


def _settled(auction: AuctionFile, bids: SealedBids, shares: FloatArray, paid: FloatArray) -> Settlement:
    """Whole lots and coins.

    Args:
        auction: the auction.
        bids: the bids.
        shares: of the supply, shape (bidders,).
        paid: for one lot of supply, in the currency, shape (bidders,).
    """
    digest = digest_of({"auction": auction.digest, "bids": bids.content})
    exact = exact_lots(shares, auction.lots)
    counts = by_lottery(exact, draw_of(digest)) if auction.rounding == "lottery" else by_remainders(exact)
    per_lot = auction.terms.pays_per_lot
    lines: list[Line] = []
    revenue = 0
    for i, (share, charged) in enumerate(zip(shares.tolist(), paid.tolist(), strict=True)):
        coins, expected = 0, exact.numerators[i] / exact.denominator
        price = charged / share if share and bids.amounts[i] else 0.0
        if bids.amounts[i] and (counts[i] or not per_lot):
            due = Fraction(charged) * auction.lots * 10**auction.minor_digits
            coins = round(due * counts[i] * exact.denominator / exact.numerators[i] if per_lot else due)
        revenue += coins
        lines.append(
            Line(
                bidder=bids.bidders[i],
                bid=as_written(bids.amounts[i]),
                share=share,
                expected_lots=expected,
                expected_payment=expected * price if per_lot else auction.lots * charged,
                price_per_lot=price if per_lot else None,
                lots=counts[i],
                payment=in_currency(coins, auction.minor_digits),
            )
        )
    return Settlement(lines=tuple(lines), digest=digest, revenue=in_currency(revenue, auction.minor_digits))


def draw_of(digest: str) -> Fraction:
    """The draw of the lottery: the digest, read as a hexadecimal fraction."""
    return Fraction(int(digest, 16), 16 ** len(digest))


def in_currency(coins: int, minor_digits: int) -> Decimal:
    """A whole number of the smallest coin as an amount with that many decimals; exact at any size."""
    return Decimal(f"{coins}E-{minor_digits}")


def as_written(amount: Fraction) -> str:
    """A number as a plain decimal if it has one of up to a hundred digits, and else as a fraction."""
    try:
        return format(_EXACT.divide(Decimal(amount.numerator), Decimal(amount.denominator)), "f")
    except Inexact:
        return str(amount)
