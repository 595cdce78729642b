"""The picture of an auction file: lots, price per lot and payment, as the rule has them."""

from fractions import Fraction

import numpy as np
import pytest
from matplotlib.figure import Figure

from robustmech import Meshes, auction, product_states, solve
from robustmech.auctions import CommonValueTerms, KnownMeansTerms, design, solved_terms
from robustmech.elements import CrossedTriangles, ExponentialSums, Spacing
from robustmech.plots import auction_figure, auction_png, lots_and_price

HALF = Fraction(1, 2)
COMMON = CommonValueTerms(
    values=(Fraction(1), Fraction(4)), probabilities=(HALF, HALF), bidders=3, cost=Fraction(0), must_sell=False
)
MEANS = KnownMeansTerms(means=(HALF, Fraction(2, 5), HALF, Fraction(1, 100)), bound=Fraction(1))
ALONE = KnownMeansTerms(means=(HALF,), bound=Fraction(1))


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
