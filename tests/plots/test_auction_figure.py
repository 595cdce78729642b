"""The picture of an auction file: lots, price per lot and payment, as the rule has them."""

import io
from fractions import Fraction

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from robustmech import Meshes, auction, product_states, solve
from robustmech.auctions import CommonValueTerms, KnownMeansTerms, Terms, design, solved_terms
from robustmech.continuum import AuctionRule
from robustmech.elements import CrossedTriangles, ExponentialSums, Spacing
from robustmech.plots import auction_figure, auction_png, lots_and_price

HALF = Fraction(1, 2)
COMMON = CommonValueTerms(
    values=(Fraction(1), Fraction(4)), probabilities=(HALF, HALF), bidders=3, cost=Fraction(0), must_sell=False
)
MEANS = KnownMeansTerms(means=(HALF, Fraction(2, 5), HALF, Fraction(1, 100)), bound=Fraction(1))
ALONE = KnownMeansTerms(means=(HALF,), bound=Fraction(1))
MANY = CommonValueTerms(
    values=COMMON.values, probabilities=COMMON.probabilities, bidders=1000, cost=Fraction(0), must_sell=False
)
THIRTY = KnownMeansTerms(means=tuple(Fraction(300 + 10 * i) for i in range(30)), bound=Fraction(1000))
ONE_EXCLUDED = KnownMeansTerms(means=(Fraction(100), Fraction(600)), bound=Fraction(1000))


def drawn(rule: AuctionRule, bidder: int = 0, supply: int = 640) -> tuple[Axes, Axes, Axes]:
    """Lots, prices and payments of one bidder."""
    lots, prices, payments = Figure().subplots(1, 3)
    lots_and_price(lots, prices, payments, rule, bidder=bidder, supply=supply)
    return lots, prices, payments


def markers(axes: Axes) -> list[tuple[float, bool]]:
    """Height of each circle at a bid of zero, and whether it is open."""
    found = []
    for marks in axes.collections:
        ((place, height),) = np.asarray(marks.get_offsets()).tolist()
        assert place == 0
        found.append((round(height, 6), np.asarray(marks.get_facecolor())[0, :3].tolist() == [1, 1, 1]))
    return sorted(found)


@pytest.mark.parametrize(
    ("terms", "titles"),
    [
        (COMMON, ["lots of any bidder, of 640"]),
        (MEANS, ["lots of bidder 1, of 640", "lots of bidder 2, of 640"]),
        (ALONE, ["lots of bidder 1, of 640"]),
    ],
)
def test_a_row_for_each_kind_of_bidder(terms: CommonValueTerms | KnownMeansTerms, titles: list[str]) -> None:
    figure = auction_figure(design(terms, lots=640, title="$ and wells"))
    assert [axes.get_title() for axes in figure.axes[::3]] == titles
    assert {len(axes.lines) for axes in figure.axes} == {1 if terms is ALONE else 4}
    assert r"\$ and wells" in figure.get_suptitle()


def test_lines_are_the_rule() -> None:
    rules = design(MEANS, lots=640)
    lots, prices, payments = Figure().subplots(1, 3)
    lots_and_price(lots, prices, payments, rules.rule, bidder=1, supply=640)
    for line, price, payment, points in zip(lots.lines, prices.lines, payments.lines, (0, 0.5, 1, 2), strict=True):
        own = np.asarray(line.get_xdata())
        bids = np.full((own.size, 4), float(points))
        bids[:, 1] = own
        assert np.asarray(line.get_ydata()) == pytest.approx(640 * rules.rule.allocate(bids)[:, 1])
        assert np.asarray(payment.get_ydata()) == pytest.approx(640 * rules.rule.transfers(bids)[:, 1])
        assert np.asarray(price.get_ydata()) * line.get_ydata() == pytest.approx(payment.get_ydata())


def test_who_gets_nothing_has_no_price() -> None:
    rules = design(MEANS)
    lots, prices, payments = Figure().subplots(1, 3)
    lots_and_price(lots, prices, payments, rules.rule, bidder=3)
    assert np.isnan(prices.lines[0].get_ydata()).all()
    assert not np.any(payments.lines[0].get_ydata())


def test_a_bid_of_zero_is_drawn_for_what_it_is() -> None:
    """Where others bid zero any bid above zero gets everything, and a bid of zero nothing: no line says otherwise."""
    rules = design(COMMON, lots=640)
    lots, prices, payments = drawn(rules.rule)
    starts = [float(np.asarray(line.get_ydata())[0]) for line in payments.lines]
    assert starts[0] > 100
    assert max(starts[1:]) < 0.01
    assert markers(lots) == [(0, False), (640, True)]
    assert markers(payments) == [(0, False), (round(starts[0], 6), True)]
    at_once = sorted(round(float(np.asarray(line.get_ydata())[0]), 6) for line in prices.lines)
    assert markers(prices) == [(price, True) for price in at_once]
    for axes in (lots, prices, payments):
        assert all(np.asarray(line.get_xdata())[0] > 0 for line in axes.lines)
    free = drawn(design(MEANS).rule)
    assert markers(free[0]) == markers(free[2]) == []


def test_axes_are_scaled_to_the_lines() -> None:
    """Of 1,000 bidders each gets little, but where all others bid zero: that line is left out, and said to be."""
    lots, _, payments = drawn(design(MANY, lots=640).rule)
    for axes in (lots, payments):
        tops = [float(np.max(np.asarray(line.get_ydata()))) for line in axes.lines]
        low, high = axes.get_ylim()
        assert low == 0
        assert tops[0] > high
        assert max(tops[1:]) < high < 1.3 * max(tops[1:])
        (note,) = axes.texts
        assert note.get_text().startswith("each other bids 0: ")
        assert note.get_text().endswith("out of the picture")
    assert "each other bids 0: 640," in lots.texts[0].get_text()
    for row in range(3):
        for axes in auction_figure(design(THIRTY, lots=1000)).axes[3 * row : 3 * row + 3]:
            tops = [float(np.max(np.asarray(line.get_ydata()))) for line in axes.lines]
            assert max(tops) < axes.get_ylim()[1] < 1.3 * max(tops)


def test_the_strongest_and_the_weakest_of_many_kinds_are_shown() -> None:
    figure = auction_figure(design(THIRTY, lots=1000))
    titles = [axes.get_title() for axes in figure.axes[::3]]
    assert titles == [f"lots of bidder {k}, of 1,000" for k in (30, 22, 14)]
    (legend,) = figure.legends
    said = legend.get_title().get_text()
    assert "3 of 17 kinds of bidder" in said
    assert "excluded, with an expected value of at most 428.001: 13 bidders" in said


def test_who_is_excluded_is_named_and_is_not_any_bidder() -> None:
    figure = auction_figure(design(ONE_EXCLUDED, bidders=["Ann", "Bob"]))
    assert [axes.get_title() for axes in figure.axes[::3]] == ["lots of Bob, of 1,000"]
    assert figure.legends[0].get_title().get_text().endswith(": Ann")


def test_lines_that_coincide_are_all_seen() -> None:
    """The weakest of thirty bidders gets the same whatever others bid; each colour is among the pixels."""
    figure = Figure(figsize=(12, 4), dpi=100)
    FigureCanvasAgg(figure)
    lots, prices, payments = figure.subplots(1, 3)
    lots_and_price(lots, prices, payments, design(THIRTY).rule, bidder=13)
    heights = np.array([np.asarray(line.get_ydata()) for line in lots.lines])
    assert np.ptp(heights, axis=0).max() < 1e-12
    buffer = io.BytesIO()
    figure.savefig(buffer, format="rgba")
    box = lots.get_window_extent()
    pixels = np.frombuffer(buffer.getvalue(), dtype=np.uint8).reshape(400, 1200, 4)[::-1, :, :3] / 255
    inside = pixels[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)].reshape(-1, 3)
    for line in lots.lines:
        distance = np.abs(inside - np.array(to_rgb(line.get_color()))).max(axis=1)
        assert (distance < 0.15).sum() >= 20


def test_letters_that_the_font_lacks_are_no_warning() -> None:
    assert auction_png(design(ALONE, title="東京", currency="円")).startswith(b"\x89PNG")


@pytest.mark.parametrize("terms", [COMMON, THIRTY, ALONE])
def test_long_names_are_cut(terms: Terms) -> None:
    names = [f"{k} " + "very " * 15 + "long" for k in range(terms.bidders)]
    figure = auction_figure(design(terms, bidders=names, currency="c" * 100, title="t" * 300))
    assert max(len(axes.get_title()) for axes in figure.axes) < 60


def test_same_file_same_bytes() -> None:
    rules = design(COMMON)
    assert auction_png(rules) == auction_png(rules)


def test_an_auction_that_was_solved_for() -> None:
    """No price is drawn for small shares, where payments for bids are out of proportion to lots; steps are steps."""
    values = product_states([[0, 1]] * 2)
    meshes = Meshes(
        mechanism=CrossedTriangles(spacings=(Spacing.even("3/2", 3),) * 2),
        information=ExponentialSums(spacing=Spacing.even(1, 4), slant=(Fraction(1), Fraction(1))),
    )
    solution = solve(auction(values, ["1/4"] * 4), meshes, side="lower")
    rules = design(solved_terms(solution, increment="1/2"), lots=640)
    figure = auction_figure(rules)
    assert [axes.get_title() for axes in figure.axes] == [
        "lots of any bidder, of 640",
        "payment over lots, USD",
        "payment, USD",
    ]
    lots, price, payment = (axes.lines[3] for axes in figure.axes)
    own = np.asarray(lots.get_xdata())
    bids = np.stack([own, np.full(own.size, 2.0)], axis=-1)
    assert np.asarray(lots.get_ydata()) == pytest.approx(640 * rules.rule.allocate(bids)[:, 0])
    assert np.asarray(payment.get_ydata()) == pytest.approx(640 * rules.rule.transfers(bids)[:, 0])
    assert np.unique(lots.get_ydata()).size <= 9
    small = rules.rule.allocate(bids)[:, 0] < 0.05
    assert 0 < small.sum() < own.size
    assert (np.isnan(price.get_ydata()) == small).all()
    assert auction_png(rules) == auction_png(rules)
