"""Auctions that were solved for: files that prove their promise, charges for bids, rules that do what they say."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from auction_cases import bids_of
from solved_cases import NAMES, PROBLEMS, THREE, solved, terms_for

from robustmech import Environment, Grid, InputError, Solution, auction, public_expenditure, solve
from robustmech.auctions import (
    AuctionFile,
    Rounding,
    SolvedTerms,
    design,
    read_auction,
    settle,
    settle_all,
    solved_terms,
    write_auction,
)
from robustmech.auctions.auction_file import digest_of
from robustmech.model import MECHANISM_DENOMINATOR, FloatArray

PROFILES = [["0.7", "1.1", "0.4"], ["0", "2", "0"], ["1000000", "0.001", "0"], ["0", "0", "0"], ["0.01", "5", "3"]]


@pytest.mark.parametrize("increment", [None, "1/4"])
@pytest.mark.parametrize("name", NAMES)
def test_files_come_back_and_prove_what_they_promise(tmp_path: Path, name: str, increment: str | None) -> None:
    """The guarantee is computed from what is read, and is that of the solve to the last bit."""
    rules = design(terms_for(name, increment), bidders=["Ann", "Bob", "c"][: len(solved(name).environment.utilities)])
    write_auction(tmp_path / "a.json", rules)
    found = read_auction(tmp_path / "a.json")
    assert found == rules
    assert isinstance(found.terms, SolvedTerms)
    lower = solved(name).lower
    assert lower is not None
    assert found.terms.guarantee_of_any_bids == lower.value
    assert found.guarantee == found.terms.guarantee
    assert (found.guarantee == lower.value) if increment is None else (0 < found.guarantee < lower.value)
    bids = np.random.default_rng(5).exponential(size=(50, found.terms.bidders))
    assert (found.rule.transfers(bids) == rules.rule.transfers(bids)).all()
    assert (found.rule.allocate(bids) == rules.rule.allocate(bids)).all()


def test_a_promise_beyond_the_proof_is_refused_under_a_new_digest(tmp_path: Path) -> None:
    rules = design(terms_for("independent"))
    write_auction(tmp_path / "a.json", replace(rules, guarantee=2 * rules.guarantee))
    with pytest.raises(InputError, match=r"a\.json: the guarantee is "):
        read_auction(tmp_path / "a.json")


@pytest.mark.parametrize("increment", [None, "1/4"])
@pytest.mark.parametrize("rounding", ["lottery", "remainders"])
@pytest.mark.parametrize("lots", [1, 1000])
@pytest.mark.parametrize("name", NAMES)
def test_settlement_charges_for_bids_and_reconciles(
    name: str, lots: int, rounding: Rounding, increment: str | None
) -> None:
    rules = design(terms_for(name, increment), lots=lots, rounding=rounding)
    for amounts in PROFILES:
        bids = bids_of(rules, *amounts[: len(rules.bidders)])
        found = settle(rules, bids)
        shares, paid = rules.rule.allocate(bids.profile), rules.rule.transfers(bids.profile)
        for line, share, charge in zip(found.lines, shares, paid, strict=True):
            assert line.expected_lots == pytest.approx(lots * share, rel=1e-8)
            assert abs(line.lots - lots * share) < 1 + 1e-6
            assert line.expected_payment == lots * charge
            assert line.price_per_lot is None
            assert abs(float(line.payment) - lots * charge) <= 0.005 + 1e-9
            assert line.payment.as_tuple().exponent == -2
            assert line.bid != "0" or line.payment == 0
        assert found.lots <= rules.lots
        assert found.revenue == sum((line.payment for line in found.lines), Decimal(0))
        assert settle(rules, bids) == found
    several = [bids_of(rules, *amounts[: len(rules.bidders)]) for amounts in PROFILES]
    assert settle_all(rules, several) == [settle(rules, bids) for bids in several]


def test_some_pay_without_a_lot_and_some_are_paid() -> None:
    """Why payments cannot be per lot here; the words say so."""
    rules = design(terms_for("independent"))
    bids = np.random.default_rng(0).exponential(size=(2000, 2))
    shares, paid = rules.rule.allocate(bids), rules.rule.transfers(bids)
    assert (np.abs(paid[shares < 1e-9]) > 0.01).any()
    assert "may pay without getting a lot" in rules.rules[-1]


def test_lots_go_by_shares_on_average_and_payments_do_not_depend_on_the_draw() -> None:
    rules, seeds = design(terms_for("independent"), lots=1), 400
    bids = bids_of(rules, "0.6", "0.9")
    found = [settle(replace(rules, seed=str(seed)), bids) for seed in range(seeds)]
    won = np.mean([[line.lots for line in each.lines] for each in found], axis=0)
    shares = rules.rule.allocate(bids.profile)
    assert (np.abs(won - shares) < 4 * np.sqrt(shares * (1 - shares) / seeds) + 1e-12).all()
    assert len({tuple(line.payment for line in each.lines) for each in found}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_an_increment_costs(name: str) -> None:
    """About in proportion to it, and said in the file."""
    free = terms_for(name).guarantee
    increments = ("1/4", "1/8", "1/16")[: 3 if terms_for(name).bidders == 2 else 2]
    losses = [free - terms_for(name, increment).guarantee for increment in increments]
    assert all(1.5 < high / low < 2.5 for high, low in pairwise(losses))
    rules = design(terms_for(name, "1/8"))
    for part in (f"{free:.7g}", "bids in steps of 0.125", f"{losses[1]:.3g}"):
        assert part in rules.assumptions
    assert "multiples of 0.125" in rules.bid
    assert "equilibrium is assumed" not in rules.assumptions
    assert "That there is an equilibrium is assumed" in design(terms_for(name)).assumptions


@pytest.mark.parametrize("name", ["independent", "unequal", "with a cost", "known means", "must sell"])
def test_no_information_and_no_equilibrium_does_worse_than_promised(name: str) -> None:
    """The exact guarantee of the finite mechanism that clearing with an increment uses."""
    from robustmech import guarantee

    terms = terms_for(name, "1/2")
    assert terms.stepped is not None
    found = guarantee(terms.stepped.mechanism, solved(name).environment)
    assert found.value >= terms.guarantee - 1e-7
    bids = np.stack(np.meshgrid(*(np.arange(g.actions) / 2 for g in terms.stepped.mechanism.grids), indexing="ij"), -1)
    assert (terms.rule().allocate(bids) == terms.stepped.mechanism.decisions).all()
    assert terms.stepped.mechanism.transfers is not None
    assert np.allclose(np.moveaxis(terms.rule().transfers(bids), -1, 0), terms.stepped.mechanism.transfers, atol=1e-15)


def test_bids_between_steps_count_as_the_lower_and_large_ones_as_the_largest() -> None:
    rule = terms_for("independent", "1/20").rule()
    for given, counted in ((0.15, 0.15), (0.1999, 0.15), (0.0499, 0.0), (3.999, 3.95), (17.0, 4.0), (0.7, 0.7)):
        for other in (0.0, 0.65, 2.3):
            found = rule.transfers(np.array([given, other])), rule.allocate(np.array([given, other]))
            exact = np.array([round(counted * 20) / 20, other])
            assert (found[0] == rule.transfers(exact)).all()
            assert (found[1] == rule.allocate(exact)).all()
    assert rule.transfers(np.array([0.0499, 1.0]))[0] == 0


def test_charges_at_steps_by_the_words_of_the_rules() -> None:
    terms = terms_for("with a cost", "1/2")
    assert terms.stepped is not None
    d, sizes = 0.5, [grid.actions for grid in terms.stepped.mechanism.grids]
    laws = [np.array([d * (1 + d) ** -(j + 1) for j in range(m - 1)] + [(1 + d) ** -(m - 1)]) for m in sizes]
    shares = terms.stepped.mechanism.decisions
    rise = [
        np.diff(np.pad(shares[..., i], [(0, int(k == i)) for k in (0, 1)], mode="edge"), axis=i) / d for i in (0, 1)
    ]
    cost, multipliers = float(terms.sale.cost), [float(y) for y in terms.multipliers]
    states = [
        sum(float(v) * rise[i] for i, v in enumerate(values)) - cost * shares.sum(axis=-1) - multipliers[s]
        for s, values in enumerate(terms.sale.values)
    ]
    growth = np.min(states, axis=0)
    growth = growth - laws[0] @ growth @ laws[1]
    one = np.broadcast_to(laws[0] @ growth, growth.shape)
    two = np.broadcast_to((growth @ laws[1])[:, None], growth.shape)
    parts = ((growth - one + two) / 2, (growth - two + one) / 2)
    for i, part in enumerate(parts):
        weighted = np.moveaxis(part, i, -1) * laws[i]
        tails = np.cumsum(laws[i][::-1])[::-1]
        charged = np.moveaxis(-np.cumsum(weighted[:, ::-1], axis=1)[:, ::-1] / tails, -1, i)
        assert terms.stepped.mechanism.transfers is not None
        assert np.allclose(terms.stepped.mechanism.transfers[i], charged, atol=1e-12)


def test_charges_for_any_bids_by_the_words_of_the_rules() -> None:
    """Crossed triangles: the parts of Ξ element by element as listed, and integrals by quadrature."""
    terms = terms_for("unequal")
    points = [np.array([float(x) for x in own]) for own in terms.breakpoints]
    (m, n), rows = (own.size - 1 for own in points), terms.growth_shape[1]
    parts = np.array(terms.growth).reshape(2, rows)

    def values(part: FloatArray, *bids: FloatArray) -> FloatArray:
        a, b = (
            np.minimum(np.searchsorted(p, x, side="right") - 1, p.size - 2) for p, x in zip(points, bids, strict=True)
        )
        s, t = (np.minimum((x - p[k]) / p[1], 1.0) for p, x, k in zip(points, bids, (a, b), strict=True))
        nearest = np.argmin(np.broadcast_arrays(t, s, 1 - s, 1 - t), axis=0)
        late = [x >= p[-1] for p, x in zip(points, bids, strict=True)]
        row = np.where(late[0], 4 * m * n + b, np.where(late[1], 4 * m * n + n + a, nearest * m * n + a * n + b))
        found: FloatArray = part[np.where(late[0] & late[1], rows - 1, row)]
        return found

    def mean(k: int, i: int, own: FloatArray, others: FloatArray) -> float:
        """Of part k over pairs of bidder i's own bids and the other's."""
        return float(values(parts[k], *((own, others) if i == 0 else (others, own))).mean())

    count = 1500
    places = -np.log1p(-(np.arange(count) + 0.5) / count)
    for own, other in ((0.5, 0.3), (1.3, 2.1), (2.9, 5.0), (0.9, 0.1)):
        given = np.full(count, other)
        for i in (0, 1):
            line = mean(i, i, own + places, given) - mean(i, i, places, given)
            plane = (np.repeat(own + places, count), np.repeat(places, count), np.tile(places, count))
            across = mean(1 - i, i, plane[0], plane[2]) - mean(1 - i, i, plane[1], plane[2])
            bids = np.array([own, other] if i == 0 else [other, own])
            assert terms.rule().transfers(bids)[i] == pytest.approx(-(line + across), abs=2e-3)


def test_the_words_name_what_a_point_brings_and_who_is_alike() -> None:
    rules = design(terms_for("known means"), lots=50)
    for i in (0, 1):
        bids = np.zeros(2)
        bids[i] = 0.25
        assert f"{rules.bidders[i]} {4 * 50 * rules.rule.allocate(bids)[i]:,.4g}"[:12] in rules.bid
    assert {e.bidder for e in rules.examples} == {"bidder 1", "bidder 2"}
    assert {e.bidder for e in design(terms_for("capacities")).examples} == {"bidder 1"}
    for example in rules.examples:
        place = rules.bidders.index(example.bidder)
        bids = np.full(2, example.others)
        bids[place] = example.bid
        assert example.payment == pytest.approx(50 * rules.rule.transfers(bids)[place])
        assert example.price_per_lot is None
    assert "A bid of zero may bring lots" in " ".join(design(terms_for("must sell")).rules)
    assert "zero may bring" not in " ".join(design(terms_for("independent")).rules)


def test_comparisons_are_below_the_guarantee_and_the_limit_above() -> None:
    terms = solved_terms(solve(PROBLEMS["independent"][0], relative_gap=0.05))
    rules = design(terms)
    posted = rules.comparisons[0].guarantee
    assert posted is not None
    assert 0 < posted < rules.guarantee < (terms.limit or 0) < 1.06 * rules.guarantee
    assert f"{terms.limit:.7g}" in rules.assumptions
    assert [c.guarantee for c in design(terms_for("must sell")).comparisons] == [None, None]
    assert design(terms_for("known means")).comparisons[0].guarantee == pytest.approx(0.135089, abs=1e-6)


def _with(rules: AuctionFile, **changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(json.dumps(rules.content))
    for path, value in changes.items():
        *places, last = path.split("__")
        table = content["terms"]
        for place in places:
            table = table[place]
        table[last] = value
    return content


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decisions": [-1] + [0] * 121}, "a share is below zero"),
        ({"decisions": [MECHANISM_DENOMINATOR + 1] + [0] * 121}, "a share is below zero, or above"),
        ({"decisions": [10**30] + [0] * 121}, "a share is below zero, or above"),
        ({"decisions": [MECHANISM_DENOMINATOR] * 122}, "add up to more than the supply"),
        ({"decisions": [0] * 121}, "121 decisions for 61 nodes"),
        ({"growth_shape": [2, 7]}, "do not fit the mesh"),
        ({"growth_shape": [-2, -111]}, "do not fit the mesh"),
        ({"growth": []}, "do not fit the mesh"),
        ({"multipliers": ["1"]}, "1 multipliers for 9 belief rows"),
        ({"multipliers": ["x"] * 9}, "terms.multipliers: 'x' is not a whole number or a fraction"),
        ({"multipliers": ["1/0"] * 9}, "terms.multipliers"),
        ({"mesh__breakpoints": [["0", "1"]]}, "1 lists where crossed triangles need 2"),
        ({"mesh__breakpoints": [["0", "1"], ["1", "0"]]}, "first of them zero"),
        ({"mesh__corner_rows": True}, "goes with triangles"),
        ({"mesh__kind": "balls"}, "terms.solved.mesh.kind"),
        ({"sale__values": [["1", "2", "3"]]}, "3 values in a state for 2 bidders"),
        ({"sale__values": [["1", "2"], ["1"]]}, "one value for each bidder"),
        ({"sale__cost": "-x"}, "terms.sale.cost"),
        ({"sale__beliefs__row": [99] * 9}, "an entry lies outside"),
        ({"sale__beliefs__row": [10**30] * 9}, "terms.solved.sale.beliefs.row"),
        (
            {"sale__beliefs__lower": [None] * 9, "sale__beliefs__upper": [None] * 9},
            "a side of its belief row that has no limit",
        ),
        ({"sale__beliefs__upper": ["9" * 99] * 9}, "beyond 1e60"),
        ({"sale__caps": ["1", "0"]}, "cap"),
        ({"increment": "0"}, "increment is 0"),
        ({"increment": "3"}, "increment is 3"),
        ({"limit": "high"}, "limit"),
    ],
)
def test_terms_that_cannot_be_under_a_new_digest(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = tmp_path / "a.json"
    content = _with(design(terms_for("independent")), **changes)
    path.write_text(json.dumps(content | {"digest": digest_of(content)}))
    with pytest.raises(InputError, match=message) as refused:
        read_auction(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_the_digest_covers_the_terms() -> None:
    rules = design(terms_for("independent"))
    terms = rules.terms
    assert isinstance(terms, SolvedTerms)
    others = [
        replace(terms, increment=Fraction(1, 10)),
        replace(terms, limit=0.5),
        replace(terms, growth=(terms.growth[0] + 1e-12, *terms.growth[1:])),
        replace(terms, decisions=(*terms.decisions[:-1], terms.decisions[-1] - 1)),
        replace(terms, multipliers=(terms.multipliers[0] + Fraction(1, 10**40), *terms.multipliers[1:])),
        replace(terms, sale=replace(terms.sale, cost=Fraction(1, 100))),
    ]
    assert len({rules.digest, *(replace(rules, terms=other).digest for other in others)}) == 1 + len(others)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (lambda: public_expenditure([[0, 1], [1, 0]], ["1/2", "1/2"]), "not a sale with payments"),
        (lambda: auction([[[0, 0]], [[1, 2]]], ["1/2", "1/2"]), "has 2 goods"),
        (lambda: solve(auction(THREE, ["1/9"] * 9), Grid.quantile(3)), "solve without a grid"),
        (lambda: solve(auction(THREE, ["1/9"] * 9), Grid.quantile(3), side="upper"), "only the upper side"),
    ],
)
def test_what_is_no_auction_for_a_file(source: Any, message: str) -> None:
    given: Solution | Environment = source()
    with pytest.raises(InputError, match=message):
        solved_terms(given)


def test_increments_that_cannot_be() -> None:
    for increment, message in (("0", "above 0"), ("-1/2", "above 0"), ("2", "at most 1"), ("x", "not a finite number")):
        with pytest.raises(InputError, match=message):
            solved_terms(solved("independent"), increment=increment)
    with pytest.raises(InputError, match="profiles of bids for 9 states, too many"):
        design(terms_for("independent", "1/10000"))
    with pytest.raises(InputError, match="take a smaller increment"):
        design(terms_for("high cost", "1"))
