"""Auction files, sealed bids, and settlement to the lot and the coin."""

import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustmech.auctions import (
    AuctionFile,
    CommonValueTerms,
    KnownMeansTerms,
    SealedBids,
    Terms,
    design,
    read_auction,
    read_bids,
    settle,
    terms_of,
    write_auction,
)
from robustmech.auctions.settlement import whole_lots
from robustmech.errors import InputError
from robustmech.model import Beliefs, Environment, auction, product_states

HALF = Fraction(1, 2)
CORNERS = product_states([[0, 2]] * 2)
UNIFORM = CommonValueTerms(
    values=tuple(Fraction(j, 9) for j in range(10)),
    probabilities=(Fraction(1, 10),) * 10,
    bidders=2,
    cost=Fraction(0),
    must_sell=False,
)
MEANS = KnownMeansTerms(means=(Fraction(3, 5), Fraction(2, 5)), bound=Fraction(1))
ALL_TERMS: dict[str, Terms] = {"common value": UNIFORM, "known means": MEANS}


def bids_of(rules: AuctionFile, *amounts: str) -> SealedBids:
    return SealedBids(bidders=rules.bidders, amounts=tuple(Fraction(a) for a in amounts))


def test_guarantees_are_those_of_the_closed_forms() -> None:
    assert design(UNIFORM).guarantee == pytest.approx(0.271053, abs=5e-7)
    assert design(MEANS).guarantee == pytest.approx(0.270907, abs=5e-7)


def test_other_formats_against_their_definitions() -> None:
    """Posted price: sell when the public mean exceeds it. First price: simulate the value as the highest signal."""
    posted, first = design(UNIFORM).comparisons
    values, best = [j / 9 for j in range(10)], 0.0
    for price in np.linspace(0.001, 0.999, 999):
        pooled = max(b for b in np.linspace(0, 1, 2001) if b == 0 or _lower_mean(values, b) <= price)
        best = max(best, price * (1 - pooled))
    assert posted.guarantee == pytest.approx(best, abs=2e-3)
    assert posted.guarantee is not None
    assert first.guarantee is not None
    generator = np.random.default_rng(0)
    levels = generator.random(400_000)
    below = generator.random(400_000) ** 2 * levels  # law of u given value level, weight d(u^(1/2)) for two bidders
    sample = np.floor(np.minimum(below, 1 - 1e-12) * 10) / 9
    assert first.guarantee == pytest.approx(sample.mean(), abs=4 * sample.std() / 400_000**0.5)
    assert design(UNIFORM).guarantee > first.guarantee > posted.guarantee


def _lower_mean(values: list[float], level: float) -> float:
    whole = int(level * len(values) + 1e-12)
    total = sum(values[:whole]) / len(values)
    rest = level - whole / len(values)
    return (total + (rest * values[whole] if rest > 1e-12 else 0.0)) / level


@pytest.mark.parametrize("name", ALL_TERMS)
def test_settlement_rounds_the_rule(name: str) -> None:
    rules = design(ALL_TERMS[name], lots=1000)
    for amounts in (("0.5", "1.25"), ("0", "2"), ("3", "0"), ("0", "0"), ("1000000", "0.001")):
        found = settle(rules, bids_of(rules, *amounts))
        rule = rules.terms.rule()
        profile = np.array([float(a) for a in amounts])
        for line, share, paid in zip(found.lines, rule.allocate(profile), rule.transfers(profile), strict=True):
            assert abs(line.lots - 1000 * share) < 1 + 1e-6
            assert abs(float(line.payment) - 1000 * paid) <= 0.0051
            if line.bid == "0":
                assert line.lots == 0
                assert line.payment == 0
        assert found.lots <= rules.lots
        assert found.revenue == sum((line.payment for line in found.lines), Decimal(0))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.floats(0, 1), st.integers(1, 10**6))
def test_whole_lots_never_exceed_the_supply(weights: list[float], sold: float, supply: int) -> None:
    total = sum(weights)
    shares = np.array(weights) / total * sold if total > 0 else np.zeros(len(weights))
    lots = whole_lots(shares, supply)
    assert min(lots) >= 0
    assert sum(lots) <= supply
    assert all(abs(count - share * supply) < 1 + 1e-6 for count, share in zip(lots, shares, strict=True))
    assert all(count == 0 for count, share in zip(lots, shares, strict=True) if share == 0)
    assert sum(lots) >= np.floor(shares.sum() * supply - 1e-6)


@pytest.mark.parametrize("name", ALL_TERMS)
def test_files_come_back_as_they_were_written(tmp_path: Path, name: str) -> None:
    rules = design(ALL_TERMS[name], title="wells", bidders=["Ann", "Bob & Co."], currency="EUR")
    write_auction(tmp_path / "a.json", rules)
    assert read_auction(tmp_path / "a.json") == rules
    write_auction(tmp_path / "a.json", rules)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_any_change_to_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_auction(path, design(MEANS))
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        damaged = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        path.write_bytes(damaged)
        try:
            json.loads(damaged)
        except ValueError:
            pass
        else:
            if json.loads(damaged) == json.loads(content):  # white space
                continue
        with pytest.raises(InputError, match=r"a\.json"):
            read_auction(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "first line must name"),
        ("bidder,price\n", "first line must name"),
        ("bidder,bid\nA,1\n", "no bid from 'B'"),
        ("bidder,bid\nA,1\nB,2\nA,3\n", "row 4: 'A' bids twice"),
        ("bidder,bid\nA,1\nC,2\n", "row 3: 'C' is not a bidder"),
        ("bidder,bid\nA,-1\nB,2\n", "row 2: the bid of 'A' is negative"),
        ("bidder,bid\nA,\nB,2\n", "row 2: the bid of 'A' is missing"),
        ("bidder,bid\nA,lots\nB,2\n", "row 2: the bid of 'A' is 'lots'"),
        ("bidder,bid\nA,nan\nB,2\n", "is 'nan'"),
        ("bidder,bid\nA,1e400\nB,2\n", "is '1e400'"),
        ("bidder,bid\nA,9999999999999\nB,2\n", "at most 1,000,000,000,000"),
        ("bidder,bid\nA,1,2\nB,2\n", "row 2 has 3 fields"),
    ],
)
def test_bids_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bids.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as refused:
        read_bids(path, ("A", "B"))
    assert "\n" not in str(refused.value)
    assert "bids.csv" in str(refused.value)


def test_bids_are_read_in_the_auctions_order(tmp_path: Path) -> None:
    path = tmp_path / "bids.csv"
    path.write_bytes(b'bid , bidder\r\n0.1,"B"\r\n\r\n 2 ,A\r\n')
    assert read_bids(path, ("A", "B")).amounts == (Fraction(2), Fraction(1, 10))


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


def test_rules_in_words_give_the_allocation() -> None:
    """The constants in the rules' text reproduce the total share sold, in every interval they name and beyond."""
    terms = CommonValueTerms(
        values=(Fraction(1), Fraction(2), Fraction(5), Fraction(20)),
        probabilities=(Fraction(1, 4),) * 4,
        bidders=3,
        cost=Fraction(1, 2),
        must_sell=False,
    )
    text = " ".join(design(terms).rules)
    number = r"([0-9.e+-]*[0-9])"
    found = re.findall(rf"from {number} to {number}, C = {number} and D = {number}", text)
    assert found
    for points in np.linspace(0.01, 12, 300):
        expected = 1.0
        for start, end, slope, bend in (tuple(map(float, piece)) for piece in found):
            if start < points < end:
                expected = slope * points / 3 + (bend * (start / points) ** 2 if bend else 0.0)
        shares = terms.rule().allocate(np.array([points / 2, points / 3, points / 6]))
        assert shares.sum() == pytest.approx(expected, abs=1e-8)
        assert shares == pytest.approx(shares.sum() * np.array([1 / 2, 1 / 3, 1 / 6]))


def test_nothing_to_promise_is_said() -> None:
    hopeless = CommonValueTerms(
        values=(Fraction(0), Fraction(1)), probabilities=(HALF, HALF), bidders=2, cost=Fraction(2), must_sell=False
    )
    with pytest.raises(InputError, match="guarantee is zero"):
        design(hopeless)
