"""Where bidders who know that the value is the lowest would not mind to bid zero, the lowest value is undercut."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from robustmech.auctions import AuctionFile, CommonValueTerms, design, read_auction, write_auction
from robustmech.continuum import CommonValue
from robustmech.errors import InputError

HALF = Fraction(1, 2)


def terms(*values: int | str, cost: int = 0, must_sell: bool = False, bidders: int = 2) -> CommonValueTerms:
    exact = tuple(map(Fraction, values))
    return CommonValueTerms(
        values=exact,
        probabilities=(Fraction(1, len(exact)),) * len(exact),
        bidders=bidders,
        cost=Fraction(cost),
        must_sell=must_sell,
    )


TEN = terms(*[10] * 9, "21/2")
NEEDED = {
    "ten": TEN,
    "known": terms(5, cost=1, bidders=3),
    "known, must sell": terms(5, cost=1, must_sell=True),
    "must sell": terms(1, 2, 3, must_sell=True, bidders=3),
    "a bidder": terms(5, 6, cost=1, bidders=1),
}


def margin_of(file: AuctionFile) -> Fraction:
    assert isinstance(file.terms, CommonValueTerms)
    return file.terms.margin


@pytest.mark.parametrize("name", NEEDED)
def test_a_bidder_alone_gains_the_margin(name: str) -> None:
    """With the value known to be the lowest, and everybody else at zero, a small bid gains what the margin says."""
    own = NEEDED[name]
    file = design(own)
    lowest, n = float(own.lowest), own.bidders
    bids = np.zeros((3, n))
    bids[:, -1] = 1e-9, 1e-6, 1e-4
    rule, undercut = file.rule, float(margin_of(file))
    gain = lowest * rule.allocate(bids)[:, -1] - rule.transfers(bids)[:, -1]
    assert undercut > 0
    np.testing.assert_allclose(gain, undercut, rtol=0.1)
    free = own.model().auction()
    assert np.abs(lowest * free.allocate(bids)[:2, -1] - free.transfers(bids)[:2, -1]).max() < undercut / 100


@pytest.mark.parametrize("name", NEEDED)
def test_promise_is_that_of_the_undercut_auction(name: str) -> None:
    """The mean over the law of the least strategic virtual objective, on a grid of aggregate bids."""
    own = NEEDED[name]
    file = design(own)
    assert isinstance(file.terms, CommonValueTerms)
    model = file.terms.auction_model()
    totals = np.concatenate([np.geomspace(1e-9, 60, 20_001), [1e3, 1e6]])
    least = [model.strategic_virtual_objective(float(v), totals).min() for v in own.values]
    assert file.guarantee == pytest.approx(np.mean(least), abs=1e-5)
    assert file.guarantee < own.model().guarantee
    assert file.guarantee > own.model().guarantee - 1.01 * float(margin_of(file))


def test_margin_is_small_beside_what_the_auction_brings() -> None:
    beyond = TEN.model().guarantee - 10
    assert 0 < margin_of(design(TEN)) <= beyond / 9
    assert margin_of(design(terms(500, 900))) == Fraction(1, 100)
    assert margin_of(design(terms(500, 900), minor_digits=0)) == 1


@pytest.mark.parametrize("own", [terms(0, 1), terms(1, 9, cost=1), terms(0, 1, must_sell=True)])
def test_no_margin_where_it_is_not_needed(own: CommonValueTerms) -> None:
    file = design(own)
    assert margin_of(file) == 0
    assert file.guarantee == own.model().guarantee
    assert not any("counts as" in rule for rule in file.rules)
    with pytest.raises(InputError, match="margin"):
        CommonValueTerms(
            values=own.values,
            probabilities=own.probabilities,
            bidders=2,
            cost=own.cost,
            must_sell=own.must_sell,
            margin=Fraction(1, 100),
        )


def test_margin_is_in_the_file(tmp_path: Path) -> None:
    file = design(TEN)
    write_auction(tmp_path / "a.json", file)
    again = read_auction(tmp_path / "a.json")
    assert again == file
    assert any("10, the lowest, counts as 9.999 " in rule for rule in again.rules)


def test_margins_of_the_model() -> None:
    model = CommonValue([10, "10.5"], ["9/10", "1/10"], 2)
    assert model.is_supremum
    assert "any number below 10.0102" in model.statement
    assert model.with_margin(1e-6).guarantee_at(model.law) == pytest.approx(model.guarantee, abs=1e-6)
    for margin in (0.0, -1.0, 11.0):
        with pytest.raises(InputError, match="margin is"):
            model.with_margin(margin)
    assert not CommonValue([0, 1], [HALF, HALF], 2).is_supremum
