"""Sealed bids, and settlement to the lot and the coin."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from auction_cases import ALL_TERMS, EXCLUDED, MEANS, MUST_SELL, UNIFORM, bids_of

from robustmech.auctions import KnownMeansTerms, Rounding, SealedBids, design, parse_bid, read_bids, settle, settle_all
from robustmech.auctions.settlement import as_written, draw_of
from robustmech.errors import InputError


@pytest.mark.parametrize("rounding", ["lottery", "remainders"])
@pytest.mark.parametrize("lots", [1, 3, 1000])
@pytest.mark.parametrize("name", ALL_TERMS)
def test_settlement_is_the_rule_in_whole_lots_and_coins(name: str, lots: int, rounding: Rounding) -> None:
    rules = design(ALL_TERMS[name], lots=lots, rounding=rounding)
    draws = np.random.default_rng(7).exponential(size=(20, len(rules.bidders)))
    profiles = [[f"{points:.3f}" for points in row] for row in draws]
    profiles += [["0", "2", "0", "1"], ["3", "0", "0", "0"], ["1000000", "0.001", "0", "5"], ["0", "0", "0", "0"]]
    for amounts in profiles:
        bids = bids_of(rules, *amounts[: len(rules.bidders)])
        found = settle(rules, bids)
        shares, paid = rules.terms.rule().allocate(bids.profile), rules.terms.rule().transfers(bids.profile)
        for line, share, cost in zip(found.lines, shares, paid, strict=True):
            assert line.expected_lots == pytest.approx(lots * share, rel=1e-8)
            assert abs(line.lots - lots * share) < 1 + 1e-6
            assert line.price_per_lot is not None
            assert line.expected_lots * line.price_per_lot == pytest.approx(lots * cost, rel=1e-8, abs=1e-9)
            assert line.expected_payment == line.expected_lots * line.price_per_lot
            assert abs(float(line.payment) - line.lots * line.price_per_lot) <= 0.0051
            assert line.payment.as_tuple().exponent == -2
            assert line.lots or not line.payment
            assert line.bid != "0" or line.payment == 0
        assert found.lots <= rules.lots
        assert found.revenue == sum((line.payment for line in found.lines), Decimal(0))


def test_one_lot_is_drawn_for_and_on_average_goes_by_shares() -> None:
    """Over seeds, the share of draws that each of eight bidders wins, and what is paid, against the rule."""
    terms = KnownMeansTerms(means=(Fraction(1, 2),) * 8, bound=Fraction(1))
    amounts = ["0.2", "0", "1", "2", "0.5", "0.1", "1.5", "0.7"]
    won, revenue, seeds = np.zeros(8), 0.0, 1000
    rules = design(terms, lots=1)
    for seed in range(seeds):
        found = settle(replace(rules, seed=str(seed)), bids_of(rules, *amounts))
        assert found.lots <= 1
        won += [line.lots for line in found.lines]
        revenue += float(found.revenue)
    rule, profile = terms.rule(), np.array([float(a) for a in amounts])
    shares = rule.allocate(profile)
    assert won[1] == 0
    assert (np.abs(won / seeds - shares) < 4 * np.sqrt(shares * (1 - shares) / seeds) + 1e-12).all()
    assert revenue / seeds == pytest.approx(rule.transfers(profile).sum(), rel=0.1)


def test_the_draw_is_the_digest_and_depends_on_rules_and_bids() -> None:
    rules, again = design(MEANS, lots=3, seed="spring"), design(MEANS, lots=3, seed="autumn")
    found = settle(rules, bids_of(rules, "0.7", "0.9"))
    assert 0 <= draw_of(found.digest) < 1
    assert draw_of("8" + "0" * 63) == Fraction(1, 2)
    others = [
        settle(again, bids_of(again, "0.7", "0.9")),
        settle(rules, bids_of(rules, "0.7", "0.90001")),
    ]
    assert len({found.digest, *(other.digest for other in others)}) == 3
    assert settle(rules, bids_of(rules, "0.70", "0.9")) == found


def test_several_profiles_at_once_are_settled_as_one_by_one() -> None:
    rules = design(EXCLUDED, lots=7)
    profiles = [bids_of(rules, *map(str, row)) for row in ([1, 2, 3, 4], [0, 0, 0, 0], [5, 0, 1, 0])]
    assert settle_all(rules, profiles) == [settle(rules, bids) for bids in profiles]
    assert settle_all(rules, []) == []


def test_who_must_sell_sells_everything() -> None:
    rules = design(MUST_SELL, lots=3)
    for amounts in (("0.1", "0.2"), ("7", "0")):
        assert settle(rules, bids_of(rules, *amounts)).lots == 3
    nobody = settle(rules, bids_of(rules, "0", "0"))
    assert [line.lots for line in nobody.lines] == [3, 0]
    assert nobody.revenue == 0


def test_large_amounts_are_settled_to_the_coin() -> None:
    rules = design(KnownMeansTerms(means=(Fraction(6 * 10**49),), bound=Fraction(10**50)), lots=10**12, minor_digits=6)
    (line,) = settle(rules, bids_of(rules, "0.5")).lines
    assert line.payment.as_tuple().exponent == -6
    assert line.price_per_lot is not None
    assert float(line.payment) == pytest.approx(line.lots * line.price_per_lot, rel=1e-12)


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
        ("bidder,bid\nA,inf\nB,2\n", "is 'inf'"),
        ("bidder,bid\nA,1e308\nB,2\n", "is '1e308'"),
        ("bidder,bid\nA,1e400\nB,2\n", "is '1e400'"),
        ("bidder,bid\nA,9999999999999\nB,2\n", "at most 1,000,000,000,000"),
        (f"bidder,bid\nA,{'9' * 40}\nB,2\n", "at most 1,000,000,000,000"),
        (f"bidder,bid\nA,{'9' * 5000}\nB,2\n", "at most 1,000,000,000,000"),
        ("bidder,bid\nA,1000000000000.1\nB,2\n", "at most 1,000,000,000,000"),
        (f"bidder,bid\nA,0.{'3' * 40}\nB,2\n", "at most 30 decimals"),
        ("bidder,bid\nA,.\nB,2\n", "is '.': write a plain number"),
        ("bidder,bid\nA,1.2.3\nB,2\n", "write a plain number"),
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


@pytest.mark.parametrize("text", ["1.5", "01.50", "0" * 50 + "1.5", "1.5" + "0" * 50])
def test_zeros_in_front_and_behind_change_nothing(text: str) -> None:
    assert parse_bid(text, "the bid") == Fraction(3, 2)
    assert parse_bid("1.", "the bid") == 1
    assert parse_bid("1000000000000", "the bid") == 10**12


def test_only_who_may_be_absent_is_taken_to_bid_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bids.csv"
    path.write_text("bidder,bid\nA,1\n")
    found = read_bids(path, ("A", "B"), absent={"A", "B"})
    assert found.amounts == (Fraction(1), Fraction(0))
    assert found.absent == frozenset({"B"})
    with pytest.raises(InputError, match="no bid from 'B'"):
        read_bids(path, ("A", "B"), absent={"A"})


def test_bids_are_shown_as_they_were_written() -> None:
    assert as_written(Fraction("0.50")) == "0.5"
    assert as_written(Fraction(10**12)) == "1000000000000"
    assert as_written(Fraction(1, 10**30)) == "0." + "0" * 29 + "1"
    assert as_written(Fraction(1, 3)) == "1/3"
    rules = design(UNIFORM)
    bids = SealedBids(bidders=rules.bidders, amounts=(Fraction(1, 3), Fraction("1.25")))
    assert [line.bid for line in settle(rules, bids).lines] == ["1/3", "1.25"]
