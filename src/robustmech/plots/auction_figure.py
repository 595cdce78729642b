"""What a bid brings and costs in an auction for real bids."""

import io
import warnings
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter, StrMethodFormatter

from robustmech.auctions import AuctionFile
from robustmech.auctions.phrases import listed, plain
from robustmech.auctions.words import distinct_bidders, excluded_bidders
from robustmech.auctions.writing import PICTURE_MARK
from robustmech.continuum import AuctionRule
from robustmech.model import FloatArray

_POINTS = 400
_OTHERS = (0.0, 0.5, 1.0, 2.0)
_WIDTHS = (3.0, 3.0, 3.0, 1.0)
_DASHES: tuple[tuple[float, ...] | None, ...] = (None, (5.0, 2.0), (3.0, 4.0), None)
"""Lines are drawn one on the other: solid, long dashes, short dashes, thin; so those that coincide are all seen."""
_MOST_ROWS = 3
_LEAST_SHARE = 0.05
"""Where payments are for bids, payment over lots says little about smaller shares."""
_LEAST = 1e-6
"""The first bid of a line: above zero, because a bid of zero may bring and cost something else."""
_JUMP = 0.01
"""Parts of the height of a picture beyond which what a bid of zero brings is told from where its line starts."""
_FAR = 4.0
"""A line this many times as high as all others is left out of the scale, so that the others can be told apart."""
_LARGEST_PLAIN = 1e7
_LONGEST = 30


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

    Lines are for bids above zero; where a line does not start at what a bid of zero brings or costs, an open circle is
    at its start and a dot at the bid of zero. Lines have labels for a legend. A line far above all others is out of
    the picture, and said to be.

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
    own = np.concatenate([[0.0, _LEAST], np.linspace(0.0, most, _POINTS + 1)[1:]])
    others = np.array(_OTHERS if rule.bidders > 1 else (0.0,))
    bids = np.repeat(np.repeat(others[:, None, None], own.size, axis=1), rule.bidders, axis=2)
    bids[:, :, bidder] = own
    share, paid = rule.allocate(bids)[:, :, bidder], rule.transfers(bids)[:, :, bidder]
    price = np.divide(paid, share, out=np.full_like(paid, np.nan), where=share > least_share)
    price[:, 0] = np.nan
    labels = [f"each other bids {points:g}" for points in others] if rule.bidders > 1 else [""]
    for axes, values in ((lots, supply * share), (prices, price), (payments, supply * paid)):
        axes.set_xlabel("own points")
        axes.set_xlim(0.0, most)
        axes.grid(alpha=0.3)
        _lines(axes, own, values, labels)


def _lines(axes: Axes, own: FloatArray, values: FloatArray, labels: Sequence[str]) -> None:
    """One line for each row of values, the first of which is at a bid of zero."""
    drawn = values[:, 1:]
    seen = _seen(drawn)
    floor, top = _limits(drawn[seen])
    far: list[str] = []
    for k, label in enumerate(labels):
        (line,) = axes.plot(own[1:], drawn[k], label=label or None, linewidth=_WIDTHS[k])
        if (dashes := _DASHES[k]) is not None:
            line.set_dashes(dashes)
        at_zero, start = values[k, 0], drawn[k, 0]
        if not seen[k]:
            far.append(f"{label}: {_range(drawn[k])}, out of the picture")
        elif np.isfinite(start) and not abs(start - at_zero) <= _JUMP * (top - floor):
            axes.scatter(0.0, start, s=36, facecolor="white", edgecolor=line.get_color(), clip_on=False, zorder=4)
        if np.isfinite(at_zero) and abs(start - at_zero) > _JUMP * (top - floor):
            axes.scatter(0.0, at_zero, s=36, color=line.get_color(), clip_on=False, zorder=3)
    axes.set_ylim(floor, top + (0.12 * (top - floor) if far else 0.0))
    if far:
        axes.text(0.5, 0.98, "\n".join(far), transform=axes.transAxes, ha="center", va="top", fontsize="small")
    written_out = StrMethodFormatter("{x:,.10g}")
    axes.yaxis.set_major_formatter(written_out if top < _LARGEST_PLAIN else ScalarFormatter(useOffset=False))


def _seen(drawn: FloatArray) -> list[bool]:
    """Which lines the scale is for: all but those far above all that are left."""
    tops = [float(np.nanmax(line)) if np.isfinite(line).any() else 0.0 for line in drawn]
    order = sorted(range(len(tops)), key=lambda k: tops[k])
    while len(order) > 1 and tops[order[-1]] > _FAR * tops[order[-2]] > 0:
        order.pop()
    return [k in order for k in range(len(tops))]


def _limits(drawn: FloatArray) -> tuple[float, float]:
    """A little more than the lines' range; from zero where that is no more than three times as much to show."""
    if not np.isfinite(drawn).any():
        return 0.0, 1.0
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    if low >= 0 and 2 * low <= high:
        low = 0.0
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    return (low if low == 0 else low - room), high + room


def _range(line: FloatArray) -> str:
    low, high = plain(float(np.nanmin(line))), plain(float(np.nanmax(line)))
    return low if low == high else f"{low} to {high}"


def auction_figure(auction: AuctionFile) -> Figure:
    """Lots, price per lot and payment for bidders of up to three kinds, from the strongest on, and the guarantee."""
    rule = auction.rule
    shown, per_lot = distinct_bidders(auction.terms, _MOST_ROWS), auction.terms.pays_per_lot
    price = "price per lot" if per_lot else "payment over lots"
    figure = Figure(figsize=(13, 1.5 + 3.7 * len(shown)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    alike = len(auction.bidders) > 1 and len(shown) == 1 and len(set(rule.allocate(np.zeros(rule.bidders)))) == 1
    alike = alike and not excluded_bidders(auction.terms)
    unit, least = _plain(auction.currency), 0.0 if per_lot else _LEAST_SHARE
    for bidder, (lots, prices, payments) in zip(shown, figure.subplots(len(shown), 3, squeeze=False), strict=True):
        lots_and_price(lots, prices, payments, rule, bidder=bidder, supply=auction.lots, least_share=least)
        whose = "any bidder" if alike else _plain(auction.bidders[bidder])
        lots.set_title(f"lots of {whose}, of {auction.lots:,}", fontsize="medium")
        prices.set_title(f"{price}, {unit}", fontsize="medium")
        payments.set_title(f"payment, {unit}", fontsize="medium")
    of = "" if auction.guarantee_of is None else f"\n(of {_plain(auction.guarantee_of, 300)})"
    figure.suptitle(f"{_plain(auction.title, 300)}: guarantee {auction.guarantee:.6g} {unit} per lot{of}", wrap=True)
    legend = figure.legend(
        *figure.axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(_OTHERS),
        handlelength=4.0,
        frameon=False,
        title="\n".join(_notes(auction, figure, len(shown))),
    )
    legend.get_title().set_multialignment("center")
    return figure


def _notes(auction: AuctionFile, figure: Figure, rows: int) -> list[str]:
    """What the circles are, whom the picture leaves out, and who is excluded."""
    notes = []
    if any(axes.collections for axes in figure.axes):
        jumps = any(axes.collections for place, axes in enumerate(figure.axes) if place % 3 != 1)
        dots = "; dot: a bid of 0 itself" if jumps else ", which itself has no price"
        notes.append(f"open circle: just above a bid of 0{dots}")
    kinds = len(distinct_bidders(auction.terms, len(auction.bidders)))
    if kinds > rows:
        notes.append(f"{rows} of {kinds} kinds of bidder, from the strongest to the weakest that is not excluded")
    excluded = [_plain(auction.bidders[i]) for i in excluded_bidders(auction.terms)]
    if excluded:
        notes.append(f"excluded, with an expected value of at most {auction.guarantee:.7g}: {listed(excluded)}")
    return notes


def auction_png(auction: AuctionFile) -> bytes:
    """The picture of an auction file; the same file gives the same bytes."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # drawn as a box
        auction_figure(auction).savefig(buffer, format="png", metadata={"Software": PICTURE_MARK})
    return buffer.getvalue()


def _plain(text: str, longest: int = _LONGEST) -> str:
    """Text that is short enough, and in which a dollar sign is not the start of a formula."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return short.replace("$", r"\$")
