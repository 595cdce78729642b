"""Auction files: they come back as they were written, and any change is found."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from auction_cases import ALL_TERMS, FOUR_VALUES, MEANS, UNIFORM

from robustmech.auctions import (
    CommonValueTerms,
    design,
    read_auction,
    read_bids,
    require_replaceable,
    write_auction,
)
from robustmech.auctions.auction_file import digest_of
from robustmech.errors import InputError


@pytest.mark.parametrize("name", ALL_TERMS)
def test_files_come_back_as_they_were_written(tmp_path: Path, name: str) -> None:
    names = ["Ann", "Bob & Co.", "Ölwerk = Süd", "d"][: ALL_TERMS[name].bidders]
    rules = design(ALL_TERMS[name], title="wells", bidders=names, currency="EUR", seed="Ostern 1986")
    write_auction(tmp_path / "a.json", rules)
    assert read_auction(tmp_path / "a.json") == rules
    write_auction(tmp_path / "a.json", rules)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("name", ALL_TERMS)
def test_that_there_is_an_equilibrium_is_assumed(name: str) -> None:
    """Any bid may be made under a closed form's rules."""
    assert design(ALL_TERMS[name]).assumptions.endswith("for bids that may be any number it is not proved.")


def test_the_digest_covers_every_entry() -> None:
    rules = design(MEANS)
    changes = [
        replace(rules, title="other"),
        replace(rules, bidders=("a", "b")),
        replace(rules, lots=999),
        replace(rules, currency="EUR"),
        replace(rules, minor_digits=3),
        replace(rules, rounding="remainders"),
        replace(rules, seed="x"),
        replace(rules, guarantee=rules.guarantee + 1e-12),
        replace(rules, assumptions="none"),
        replace(rules, bid="money"),
        replace(rules, rules=rules.rules[1:]),
        replace(rules, constants=rules.constants[1:]),
        replace(rules, comparisons=rules.comparisons[1:]),
        replace(rules, examples=rules.examples[1:]),
        replace(rules, terms=UNIFORM),
    ]
    assert len({rules.digest, *(changed.digest for changed in changes)}) == 1 + len(changes)


def test_any_change_to_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_auction(path, design(MEANS))
    content = path.read_bytes()
    for place in range(0, len(content), 11):
        damaged = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        path.write_bytes(damaged)
        try:
            if json.loads(damaged) == json.loads(content):  # white space
                continue
        except ValueError:
            pass
        with pytest.raises(InputError, match=r"a\.json") as refused:
            read_auction(path)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"lots": 1000', '"lots": 5', "digest does not match"),
        ('"lots": 1000', '"lots": 5, "lots": 1000', "stands twice"),
        ('"lots": 1000', '"lots": 1000.0', "valid integer"),
        ('"title": "Auction"', '"title": "\\ud800"', "digest does not match"),
        ('"version": 1', '"version": 7', "format version 7"),
        ('"rounding": "lottery"', '"rounding": "mine"', "rounding: "),
        ('"means": [', '"means": ["1/3",', "3 means for 2 bidders"),
        ("{", "[" * 100_000 + "{", "is not JSON"),
    ],
)
def test_tampered_files(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "a.json"
    write_auction(path, design(MEANS))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message) as refused:
        read_auction(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_guarantee_that_is_not_a_number(tmp_path: Path, number: str) -> None:
    path = tmp_path / "a.json"
    rules = design(MEANS)
    write_auction(path, rules)
    path.write_text(path.read_text().replace(f'"guarantee": {rules.guarantee!r}', f'"guarantee": {number}', 1))
    with pytest.raises(InputError, match="guarantee: "):
        read_auction(path)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"kind": "known means", "means": ["2", "1/2"], "bound": "1"}, "mean of bidder 1 is 2"),
        ({"kind": "known means", "means": ["1/2", "1/0"], "bound": "1"}, "terms.means"),
        (
            {
                "kind": "common value",
                "values": ["1", "-2"],
                "probabilities": ["1/2", "1/2"],
                "cost": "0",
                "must_sell": False,
            },
            "value 2 is -2",
        ),
        (
            {
                "kind": "common value",
                "values": ["1", "2"],
                "probabilities": ["1/2", "1/3"],
                "cost": "0",
                "must_sell": False,
            },
            "sum to 0.83333",
        ),
    ],
)
def test_terms_that_cannot_be_under_a_new_digest(tmp_path: Path, terms: dict[str, object], message: str) -> None:
    """A digest can be computed by anyone: what a file says must still be possible."""
    path = tmp_path / "a.json"
    content = design(MEANS).content | {"terms": terms}
    path.write_text(json.dumps(content | {"digest": digest_of(content)}))
    with pytest.raises(InputError, match=message) as refused:
        read_auction(path)
    assert str(refused.value).startswith(str(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"guarantee": 700.0}, "the guarantee is 700, and that of its terms 0.2709069"),
        ({"guarantee": -1.0}, "the guarantee is -1, "),
        ({"title": "two\nlines"}, "the title is 'two.nlines': give one line"),
        ({"title": "red \x1b[31m"}, "the title is "),
        ({"currency": "US\nD"}, "the currency is "),
        ({"currency": ""}, "the currency is ''"),
        ({"bidders": ["a", "b\n"]}, "a bidder's name is "),
        ({"bidders": ["a", "a"]}, "two bidders have the same name 'a'"),
        ({"seed": "x\ty"}, "the seed is "),
        ({"seed": "x", "rounding": "remainders"}, "a seed is for the lottery"),
    ],
)
def test_what_no_design_writes_is_refused_under_a_new_digest(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "a.json"
    content = design(MEANS).content | change
    path.write_text(json.dumps(content | {"digest": digest_of(content)}))
    with pytest.raises(InputError, match=message) as refused:
        read_auction(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ALL_TERMS)
def test_a_guarantee_must_follow_from_the_terms_up_to_rounding_errors(tmp_path: Path, name: str) -> None:
    rules = design(ALL_TERMS[name])
    write_auction(tmp_path / "a.json", replace(rules, guarantee=rules.guarantee * (1 + 1e-12), rules=("shorter",)))
    assert read_auction(tmp_path / "a.json").rules == ("shorter",)
    write_auction(tmp_path / "a.json", replace(rules, guarantee=rules.guarantee * (1 + 1e-8)))
    with pytest.raises(InputError, match="the guarantee is"):
        read_auction(tmp_path / "a.json")


def test_a_guarantee_that_is_only_approached_is_not_one(tmp_path: Path) -> None:
    """Without its margin a file says what auctions come close to, and not what its own auction guarantees."""
    rules = design(FOUR_VALUES)
    assert isinstance(rules.terms, CommonValueTerms)
    assert rules.terms.margin
    bare = replace(rules.terms, margin=Fraction(0))
    write_auction(tmp_path / "a.json", replace(rules, terms=bare, guarantee=bare.guarantee))
    with pytest.raises(InputError, match="approached but not attained"):
        read_auction(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"[]", "a table is expected"),
        (b"3", "a table is expected"),
        (b'{"schema": "robustmech/auction", "version": 1}', "title: "),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_auction(path)
    with pytest.raises(InputError, match="no such file"):
        read_auction(tmp_path / "b.json")


def test_paths_may_be_texts(tmp_path: Path) -> None:
    auction = design(MEANS)
    name = str(tmp_path / "a.json")
    write_auction(name, auction)
    require_replaceable(name)
    assert read_auction(name).digest == auction.digest
    bids = tmp_path / "bids.csv"
    bids.write_text("bidder,bid\n" + "".join(f"{bidder},1\n" for bidder in auction.bidders))
    assert read_bids(str(bids), auction.bidders) == read_bids(bids, auction.bidders)
    with pytest.raises(InputError, match=r"none\.json"):
        read_auction(str(tmp_path / "none.json"))


def test_guarantee_is_said_to_be_the_ideal_rule_s(tmp_path: Path) -> None:
    auction = design(MEANS)
    said = "the ideal rule, without bid steps, coins, whole lots or the draw"
    keys = list(auction.content)
    assert auction.content["guarantee_of"] == said
    assert keys.index("guarantee_of") == keys.index("guarantee") + 1
    before = replace(auction, guarantee_of=None)
    assert "guarantee_of" not in before.content
    write_auction(tmp_path / "before.json", before)
    assert read_auction(tmp_path / "before.json") == before
