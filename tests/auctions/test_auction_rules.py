"""What an auction file says, against what the auction does; comparisons against their definitions."""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from auction_cases import ALL_TERMS, EXCLUDED, FOUR_VALUES, HALF, MEANS, MUST_SELL, UNIFORM
from scipy import integrate, stats

from robustmech.auctions import AuctionFile, CommonValueTerms, Constants, KnownMeansTerms, Terms, design, terms_of
from robustmech.auctions.words import distinct_bidders, excluded_bidders
from robustmech.errors import InputError
from robustmech.model import Beliefs, Environment, auction, product_states

CORNERS = product_states([[0, 2]] * 2)


def test_guarantees_are_those_of_the_closed_forms() -> None:
    assert design(UNIFORM).guarantee == pytest.approx(0.271053, abs=5e-7)
    assert design(MEANS).guarantee == pytest.approx(0.270907, abs=5e-7)


def test_posted_price_and_first_price_against_their_definitions() -> None:
    """Posted price: sell when the public mean exceeds it. First price: (N − 1)/(4N − 2) for a uniform value."""
    posted, first = design(UNIFORM).comparisons
    values, best = [j / 9 for j in range(10)], 0.0
    for price in np.linspace(0.001, 0.999, 999):
        pooled = max(b for b in np.linspace(0, 1, 2001) if b == 0 or _lower_mean(values, b) <= price)
        best = max(best, price * (1 - pooled))
    assert posted.guarantee == pytest.approx(best, abs=2e-3)
    fine = CommonValueTerms(
        values=tuple(Fraction(2 * j + 1, 400) for j in range(200)),
        probabilities=(Fraction(1, 200),) * 200,
        bidders=2,
        cost=Fraction(1, 10),
        must_sell=False,
    )
    (_, first) = design(fine).comparisons
    assert first.guarantee == pytest.approx(1 / 6 - 0.1, abs=5e-4)  # mid-points of 200 cells


def _lower_mean(values: list[float], level: float) -> float:
    whole = int(level * len(values) + 1e-12)
    total = sum(values[:whole]) / len(values)
    rest = level - whole / len(values)
    return (total + (rest * values[whole] if rest > 1e-12 else 0.0)) / level


@pytest.mark.parametrize("name", ALL_TERMS)
def test_no_other_format_guarantees_more(name: str) -> None:
    rules = design(ALL_TERMS[name])
    for comparison in rules.comparisons:
        assert comparison.guarantee is None or comparison.guarantee < rules.guarantee


def test_who_must_sell_cannot_post_a_price() -> None:
    posted, first = design(MUST_SELL).comparisons
    assert posted.guarantee is None
    assert posted.remark.startswith("cannot be used")
    assert "must sell" in posted.remark
    assert first.guarantee is not None


def test_first_price_with_known_means_is_worthless_when_one_bidder_at_a_time_can_have_the_bound() -> None:
    assert design(MEANS).comparisons[1].guarantee == 0
    three = KnownMeansTerms(means=(HALF, HALF, HALF), bound=Fraction(1))
    assert design(three).comparisons[1].guarantee is None


@pytest.mark.parametrize("terms", [UNIFORM, FOUR_VALUES])
def test_supply_follows_from_the_rules_and_their_constants(terms: CommonValueTerms) -> None:
    rules = design(terms)
    assert rules.constants
    n = terms.bidders
    for points in np.linspace(0.01, 12, 300):
        shares = rules.rule.allocate(np.full(n, points / n))
        assert shares.sum() == pytest.approx(_supply(rules.constants, n, points), abs=1e-12)
        uneven = rules.rule.allocate(points * np.arange(n) / (n * (n - 1) / 2))
        assert uneven == pytest.approx(shares.sum() * np.arange(n) / (n * (n - 1) / 2))


def _supply(constants: tuple[Constants, ...], n: int, points: float) -> float:
    for entry in constants:
        start, end, slope, bend = entry.numbers
        if start < points < end:
            return slope * points / n + (bend * (start / points) ** (n - 1) if bend else 0.0)
    return 1.0


@pytest.mark.parametrize("terms", [UNIFORM, FOUR_VALUES, MUST_SELL])
def test_payments_follow_from_the_formulas_in_the_rules(terms: CommonValueTerms) -> None:
    """X, with changes w dM − c dQ and mean zero, and T = ∫ X g / g, on a fine grid of points."""
    rules, n = design(terms), terms.bidders
    x = np.linspace(1e-6, 45, 900_001)
    middle = (x[1:] + x[:-1]) / 2
    supply = np.ones_like(x)
    for entry in rules.constants:
        start, end, slope, bend = entry.numbers
        inside = (x > start) & (x < end)
        supply[inside] = slope * x[inside] / n + (bend * (start / x[inside]) ** (n - 1) if bend else 0.0)
    # M = Q' + (N − 1) Q/x outside the intervals, and the constant C within them
    density = (n - 1) * supply / x
    for entry in rules.constants:
        start, end, slope, _ = entry.numbers
        density[(x > start) & (x < end)] = slope
    levels = np.cumsum([float(p) for p in terms.probabilities])
    place = np.minimum(np.searchsorted(levels, stats.gamma(n).cdf(middle) - 1e-12), levels.size - 1)
    assert isinstance(rules.terms, CommonValueTerms)
    counted = [v - rules.terms.margin * (v == terms.lowest) for v in terms.values]
    value = np.array([float(v) for v in counted])[place]
    change = value * np.diff(density) - float(terms.cost) * np.diff(supply)
    growth = np.concatenate([[0.0], np.cumsum(change)])
    law = stats.gamma(n).pdf(x)
    growth -= integrate.trapezoid(growth * law, x) / integrate.trapezoid(law, x)
    steps = (growth * law)[1:] + (growth * law)[:-1]
    total = np.concatenate([[0.0], np.cumsum(steps * np.diff(x) / 2)]) / law
    for points in (0.7, 1.5, 2.5, 4.0, 6.0):
        expected = float(np.interp(points, x, total))
        assert rules.rule.transfers(np.full(n, points / n)).sum() == pytest.approx(expected, rel=2e-3, abs=2e-3)


@pytest.mark.parametrize("terms", [MEANS, EXCLUDED])
def test_compound_rules_by_their_words(terms: KnownMeansTerms) -> None:
    """Integrate over the level s: what is sold, and the price B Pr(V > R) by simulation of V."""
    rules = design(terms)
    slopes, (bound,) = (np.array(entry.numbers) for entry in rules.constants)
    draws = np.random.default_rng(3)
    for points in (np.array([0.9, 0.6, 0.4, 0.8]), np.array([2.0, 1.5, 0.2, 1.0])):
        bids = points[: len(rules.bidders)]
        steps = 400
        edges = np.linspace(0, slopes.max(), steps + 1)
        lots, paid = np.zeros(bids.size), np.zeros(bids.size)
        for level in (edges[1:] + edges[:-1]) / 2:
            left = 1 - np.minimum(slopes, level) @ bids
            if left <= 0:
                break
            active = np.flatnonzero(slopes > level)
            waits = slopes[active] * draws.exponential(size=(4000, active.size))
            counted = draws.random((4000, active.size)) < 1 - level / slopes[active]
            counted[:, 0] = True
            price = bound * np.mean((waits * counted).sum(axis=1) > left)
            lots[active] += bids[active] * edges[1]
            paid[active] += bids[active] * edges[1] * price
        assert rules.rule.allocate(bids) == pytest.approx(lots, abs=5e-3)
        assert rules.rule.transfers(bids) == pytest.approx(paid, abs=5e-3 * bound)


def test_what_a_point_asks_for_is_what_it_gets() -> None:
    """Known means: each bidder's request in the text; rationed common values: the request below the cutoff."""
    rules = design(EXCLUDED, lots=50)
    slopes = np.array(rules.constants[0].numbers)
    assert slopes[1] == 0
    assert EXCLUDED.means[1] <= rules.guarantee < min(EXCLUDED.means[0], EXCLUDED.means[2])
    assert f"expected value is at most the guarantee, {rules.guarantee:.7g} per lot: bidder 2." in rules.bid
    assert "bidder 2" not in rules.bid.partition("Excluded")[0]
    for i, slope in enumerate(slopes):
        bids = np.zeros(4)
        bids[i] = 0.1
        assert rules.rule.allocate(bids)[i] * 50 == pytest.approx(slope * 50 * 0.1)
        assert slope == 0 or f"{slope * 50:,.6g}" in rules.bid
    request = design(UNIFORM, lots=1000)
    cutoff = request.constants[0].numbers[1]
    assert f"{1000 / cutoff:,.6g}" in request.bid
    assert request.rule.allocate(np.array([0.2 * cutoff, 0.3 * cutoff])) == pytest.approx([0.2, 0.3])
    assert "weights" in design(MUST_SELL).bid
    for auction_file in (rules, request):
        assert "not an amount of money" in auction_file.bid


@pytest.mark.parametrize("name", ALL_TERMS)
def test_examples_are_what_the_auction_does(name: str) -> None:
    rules = design(ALL_TERMS[name], lots=640)
    assert 0 < len(rules.examples) <= 36
    for example in rules.examples:
        place = rules.bidders.index(example.bidder)
        bids = np.full(len(rules.bidders), example.others)
        bids[place] = example.bid
        assert example.lots == pytest.approx(640 * rules.rule.allocate(bids)[place])
        paid = 640 * rules.rule.transfers(bids)[place]
        assert example.price_per_lot is not None
        assert example.lots * example.price_per_lot == pytest.approx(paid)
    shown = {example.bidder for example in rules.examples}
    kinds = {"common value": 1, "four values": 1, "must sell": 1, "known means": 2, "one excluded": 2}
    assert len(shown) == kinds[name]


def test_of_many_kinds_some_are_shown_from_the_strongest_on() -> None:
    """Seventeen kinds of thirty bidders take part; the strongest are listed last."""
    thirty = KnownMeansTerms(means=tuple(Fraction(300 + 10 * i) for i in range(30)), bound=Fraction(1000))
    assert excluded_bidders(thirty) == tuple(range(13))
    assert distinct_bidders(thirty, 30) == tuple(range(29, 12, -1))
    assert distinct_bidders(thirty, 3) == (29, 21, 13)
    assert distinct_bidders(thirty, 1) == (29,)
    shown = list(dict.fromkeys(example.bidder for example in design(thirty).examples))
    assert shown == ["bidder 30", "bidder 25", "bidder 19", "bidder 14"]


@pytest.mark.parametrize("name", ["common value", "known means", "must sell"])
def test_one_of_a_thing_is_not_many(name: str) -> None:
    terms = ALL_TERMS[name]
    alone: Terms = KnownMeansTerms(means=MEANS.means[:1], bound=MEANS.bound)
    if isinstance(terms, CommonValueTerms):
        alone = replace(terms, bidders=1, cost=Fraction(0), must_sell=False)
    said = str(design(alone, lots=1).content)
    for wrong in ("1 lots", "1 bidders"):
        assert wrong not in said
    assert "The supply is 1 lot." in said


def test_large_numbers_of_lots_are_written_out() -> None:
    assert "726,521,7" in design(KnownMeansTerms(means=(Fraction(3, 5),), bound=Fraction(1)), lots=10**9).bid


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (auction([[v, v] for v in (0, 1)], ["1/2", "1/2"], cost="1/10"), "common value"),
        (auction(CORNERS, beliefs=Beliefs.means(CORNERS, [1, HALF])), "known means"),
    ],
)
def test_terms_are_recognised(environment: Environment, expected: str) -> None:
    found = terms_of(environment)
    assert found.content["kind"] == expected
    assert design(found).guarantee > 0


@pytest.mark.parametrize(
    "environment",
    [
        auction(product_states([[0, 1]] * 2), ["1/4"] * 4),
        auction([[0, 0], [1, 1]], ["1/2", "1/2"], caps=HALF),
        auction([[[0, 0]], [[1, 2]]], ["1/2", "1/2"]),
        auction([[0, 0], [1, 1]], beliefs=Beliefs.penalty([0, "1/10"])),
    ],
    ids=["independent", "caps", "two goods", "penalty"],
)
def test_no_closed_form_is_said(environment: Environment) -> None:
    with pytest.raises(InputError, match="no closed form"):
        terms_of(environment)


def test_nothing_to_promise_is_said() -> None:
    hopeless = CommonValueTerms(
        values=(Fraction(0), Fraction(1)), probabilities=(HALF, HALF), bidders=2, cost=Fraction(2), must_sell=False
    )
    with pytest.raises(InputError, match=r"guarantee is zero: the expected value 0\.5 is not above the cost 2"):
        design(hopeless)
    forced = CommonValueTerms(
        values=(Fraction(0), Fraction(1)), probabilities=(HALF, HALF), bidders=2, cost=Fraction(2, 5), must_sell=True
    )
    assert design(forced).guarantee == forced.model().guarantee < 0


@pytest.mark.parametrize(
    ("means", "bound", "message"),
    [
        (("0.6", "0"), 1, "mean of bidder 2 is 0: "),
        (("0.6", "-1"), 1, "mean of bidder 2 is -1: "),
        (("1.5", "0.2"), 1, r"mean of bidder 1 is 1\.5: "),
        (("0.5", "1"), 1, "mean of bidder 2 is the bound"),
        (("0.5",), 0, "bound is 0"),
    ],
)
def test_means_that_cannot_be(means: tuple[str, ...], bound: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        KnownMeansTerms(means=tuple(Fraction(m) for m in means), bound=Fraction(bound))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: design(MEANS, bidders=["a"]), "1 names for 2 bidders"),
        (lambda: design(MEANS, bidders=["a", "a"]), "name of its own"),
        (lambda: design(MEANS, bidders=["a", " "]), "a bidder's name is ' '"),
        (lambda: design(MEANS, bidders=["a", "b\nc"]), "a bidder's name"),
        (lambda: design(MEANS, title="two\nlines"), "the title"),
        (lambda: design(MEANS, currency=""), "the currency is ''"),
        (lambda: design(MEANS, seed="x" * 400), "the seed"),
        (lambda: design(MEANS, seed="x", rounding="remainders"), "a seed is for the lottery"),
        (lambda: design(MEANS, lots=0), "lots is 0"),
        (lambda: design(MEANS, minor_digits=7), "minor_digits is 7"),
    ],
)
def test_designs_that_cannot_be(attempt: Callable[[], AuctionFile], message: str) -> None:
    with pytest.raises(InputError, match=message):
        attempt()


def test_promise_is_in_the_currency() -> None:
    """Values in other units scale the guarantee and every price, and nothing else."""
    small = design(MEANS)
    large = design(KnownMeansTerms(means=tuple(1000 * m for m in MEANS.means), bound=Fraction(1000)))
    assert large.guarantee == pytest.approx(1000 * small.guarantee)
    for one, other in zip(small.examples, large.examples, strict=True):
        assert math.isclose(one.lots, other.lots)
        assert one.price_per_lot is not None
        assert other.price_per_lot is not None
        assert math.isclose(1000 * one.price_per_lot, other.price_per_lot)
