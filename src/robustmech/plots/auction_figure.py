"""What a bid brings and costs in an auction for real bids."""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from robustmech.auctions import AuctionFile
from robustmech.continuum import AuctionRule

_POINTS = 400
_OTHERS = (0.0, 0.5, 1.0, 2.0)


def share_and_payment(shares: Axes, payments: Axes, rule: AuctionRule, *, bidder: int = 0, most: float = 4.0) -> None:
    """Draw one bidder's share and payment for one lot against its own points, for several totals of the others' points.

    Args:
        shares: axes for the share of the supply.
        payments: axes for the payment, in units of the values.
        rule: the auction.
        bidder: whose share and payment.
        most: the largest number of points shown.
    """
    own = np.linspace(0.0, most, _POINTS)
    others = max(rule.bidders - 1, 1)
    for total in _OTHERS if rule.bidders > 1 else (0.0,):
        bids = np.full((_POINTS, rule.bidders), total / others)
        bids[:, bidder] = own
        label = f"others: {total:g} points in all"
        shares.plot(own, rule.allocate(bids)[:, bidder], label=label)
        payments.plot(own, rule.transfers(bids)[:, bidder], label=label)
    for axes, name in ((shares, "share of the supply"), (payments, "payment, per lot of supply")):
        axes.set_xlabel("own points")
        axes.set_ylabel(name)
        axes.grid(alpha=0.3)
    shares.set_ylim(0.0, 1.05)
    shares.legend(frameon=False, fontsize="small")


def auction_png(auction: AuctionFile) -> bytes:
    """The picture of an auction file: share and payment of the first bidder, and what is guaranteed."""
    figure = Figure(figsize=(10, 4.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    share_and_payment(left, right, auction.terms.rule())
    right.set_ylabel(f"payment, {auction.currency} per lot of supply")
    figure.suptitle(
        f"{auction.title}: {auction.bidders[0]}; guarantee {auction.guarantee:.6g} {auction.currency} per lot"
    )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
