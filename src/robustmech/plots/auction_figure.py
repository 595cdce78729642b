"""What a bid brings and costs in an auction for real bids."""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from robustmech.auctions import AuctionFile
from robustmech.auctions.words import distinct_bidders
from robustmech.auctions.writing import PICTURE_MARK
from robustmech.continuum import AuctionRule

_POINTS = 400
_OTHERS = (0.0, 0.5, 1.0, 2.0)
_MOST_ROWS = 3
_LEAST_SHARE = 0.05
"""Where payments are for bids, payment over lots says little about smaller shares."""
_LEAST = 1e-6
"""The first bid drawn: above zero, where a price per lot is defined."""


def lots_and_price(
    lots: Axes,
    prices: Axes,
    payments: Axes,
    rule: AuctionRule,
    *,
    bidder: int = 0,
    supply: int = 1,
    most: float = 4.0,
    least_share: float = 0.0,
) -> None:
    """Draw a bidder's lots, price per lot and payment against its own points, for several bids of each other bidder.

    Args:
        lots: axes for the lots in the bidder's share.
        prices: axes for its price per lot, in units of the values; nothing where it gets nothing.
        payments: axes for what it pays for its share.
        rule: the auction.
        bidder: whose.
        supply: the number of lots.
        most: the largest number of points shown.
        least_share: no price per lot is drawn for shares up to this.
    """
    own = np.concatenate([[_LEAST], np.linspace(0.0, most, _POINTS + 1)[1:]])
    for points in _OTHERS if rule.bidders > 1 else (0.0,):
        bids = np.full((own.size, rule.bidders), points)
        bids[:, bidder] = own
        share, paid = rule.allocate(bids)[:, bidder], rule.transfers(bids)[:, bidder]
        label = f"each other bids {points:g}" if rule.bidders > 1 else None
        lots.plot(own, supply * share, label=label)
        price = np.divide(paid, share, out=np.full_like(paid, np.nan), where=share > least_share)
        prices.plot(own, price, label=label)
        payments.plot(own, supply * paid, label=label)
    for axes in (lots, prices, payments):
        axes.set_xlabel("own points")
        axes.set_xlim(0.0, most)
        axes.grid(alpha=0.3)
    lots.set_ylim(0.0, 1.05 * supply)
    if rule.bidders > 1:
        lots.legend(frameon=False, fontsize="small")


def auction_figure(auction: AuctionFile) -> Figure:
    """Lots, price per lot and payment for the first of each kind of bidder, up to three kinds, and the guarantee."""
    rule = auction.rule
    shown, per_lot = distinct_bidders(auction.terms, _MOST_ROWS), auction.terms.pays_per_lot
    price = "price per lot" if per_lot else "payment over lots"
    figure = Figure(figsize=(13, 0.9 + 3.7 * len(shown)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    for bidder, places in zip(shown, figure.subplots(len(shown), 3, squeeze=False), strict=True):
        lots, prices, payments = places
        least = 0.0 if per_lot else _LEAST_SHARE
        lots_and_price(lots, prices, payments, rule, bidder=bidder, supply=auction.lots, least_share=least)
        whose = "any bidder" if len(shown) == 1 and len(auction.bidders) > 1 else _plain(auction.bidders[bidder])
        lots.set_title(f"lots of {whose}, of {auction.lots:,}", fontsize="medium")
        prices.set_title(f"{price}, {_plain(auction.currency)}", fontsize="medium")
        payments.set_title(f"payment, {_plain(auction.currency)}", fontsize="medium")
    figure.suptitle(
        f"{_plain(auction.title)}: guarantee {auction.guarantee:.6g} {_plain(auction.currency)} per lot", wrap=True
    )
    return figure


def auction_png(auction: AuctionFile) -> bytes:
    """The picture of an auction file; the same file gives the same bytes."""
    buffer = io.BytesIO()
    auction_figure(auction).savefig(buffer, format="png", metadata={"Software": PICTURE_MARK})
    return buffer.getvalue()


def _plain(text: str) -> str:
    """Text in which a dollar sign is not the start of a formula."""
    return text.replace("$", r"\$")
