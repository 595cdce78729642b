"""When guarantee and potential are known to meet, and what is said of a bracket where they are not."""

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from definitions.solved import gridded, numbers
from robustmech import (
    Beliefs,
    BoundStatus,
    Environment,
    Grid,
    Solution,
    auction,
    bilateral_trade,
    guarantee,
    potential,
    public_expenditure,
    solve,
)
from robustmech.bounds.tightness import Tightness, tightness
from robustmech.continuum.public_expenditure import BilateralTrade, PublicExpenditure
from robustmech.gridded import information_on_grids, mechanism_on_grids
from robustmech.model import DecisionSet, FloatArray, rationals
from robustmech.model.rational import Numbers

HALVES = ["1/2", "1/2"]
WORTH, ONE = Tightness.CONSTANT_WORTH, Tightness.ONE_BENEFICIARY


def outcomes(utilities: Numbers, payoff: Numbers, *, required: bool = True, transfers: bool = True) -> Environment:
    """Outcomes of which one must be chosen, or not; states equally likely."""
    worth = rationals(utilities)
    states, decisions = worth.shape[1:]
    return Environment(
        utilities=worth,
        payoff=rationals(payoff),
        decision_set=DecisionSet(
            group=np.zeros(decisions, dtype=np.int64), required=np.array([required]), cap=rationals([1] * decisions)
        ),
        beliefs=Beliefs.known([Fraction(1, states)] * states),
        transfers=transfers,
    )


SERVE = outcomes([[[-1, 0], [-2, 0]], [[0, -2], [0, -1]]], [[5, 5], [5, 5]])
"""One of two must serve, at a cost to it: who does not is left with nothing."""
HURT = outcomes([[[0, 1], [0, 2]], [[-1, 0], [-1, 0]]], [[0, 0], [0, 0]])
"""What is worth nothing to agent 1 hurts agent 2."""
HALF_EACH = auction([[1, 1]], [1], caps="1/2", must_sell=True)
SHARED = auction([[1, 2, 3], [2, 1, 1]], HALVES, caps="1/2", must_sell=True)
STAY = outcomes([[[0, 3], [0, -1]], [[0, -2], [0, 4]]], [[1, 0], [0, 1]])
MEANS = auction([[0, 0], [0, 1], [1, 0]], beliefs=Beliefs.means(np.array([[0, 0], [0, 1], [1, 0]]), ["1/4", "1/4"]))

# environment, with payments at action 0, without
HYPOTHESES: dict[str, tuple[Environment, Tightness | None, Tightness | None]] = {
    "auction": (auction([[0, 1], [1, 0]], HALVES, cost="1/5"), WORTH, WORTH),
    "auction with caps, two goods": (auction([[[1, 2], [2, 1]], [[0, 1], [1, 1]]], HALVES, caps="1/2"), WORTH, WORTH),
    "auction, known means": (MEANS, WORTH, WORTH),
    "must sell, and the others can take it": (SHARED, WORTH, WORTH),
    "must sell, and the others cannot": (auction([[1, 2], [2, 1]], HALVES, caps="3/5", must_sell=True), None, None),
    "must sell to one bidder": (auction([[1], [2]], HALVES, must_sell=True), None, None),
    "half each, worth 1": (HALF_EACH, WORTH, None),
    "one must serve": (SERVE, WORTH, None),
    "one is hurt": (HURT, WORTH, None),
    "an outcome that leaves all at zero": (STAY, WORTH, WORTH),
    "no such outcome": (outcomes([[[1, 3], [2, -1]], [[0, -2], [1, 4]]], [[1, 0], [0, 1]]), None, None),
    "none need be chosen": (outcomes([[[1, 3], [2, -1]]], [[1, 0], [0, 1]], required=False), WORTH, WORTH),
    "no transfers": (outcomes([[[0, 3], [0, -1]]], [[1, 0], [0, 1]], transfers=False), None, None),
    "one beneficiary": (PublicExpenditure(3, 4.0).environment(), ONE, ONE),
    "one beneficiary, worth too little": (PublicExpenditure(2, 1.5).environment(), ONE, ONE),
    "one beneficiary, unlike": (public_expenditure([[3, 0], [0, 3]], ["9/10", "1/10"]), None, None),
    "two beneficiaries": (public_expenditure([[3, 1], [1, 3]], HALVES), None, None),
    "another state": (public_expenditure([[3, 0], [0, 3], [0, 0]], ["1/3"] * 3), None, None),
    "amounts differ": (public_expenditure([[3, 0], [0, 4]], HALVES), None, None),
    "trade that is that": (BilateralTrade(3.0).environment(), ONE, ONE),
    "the same at wide prices": (bilateral_trade([[0, 2], [3, 5]], HALVES), ONE, ONE),
    "the same at narrow prices": (bilateral_trade([[0, 2], [3, 5]], HALVES, prices=(2, "5/2")), None, None),
    "other trade": (bilateral_trade([[0, 1], [2, 4]], HALVES), None, None),
}  # fmt: skip


@pytest.mark.parametrize("name", HYPOTHESES)
def test_hypotheses(name: str) -> None:
    environment, paid, unpaid = HYPOTHESES[name]
    assert tightness(environment, entry_payments=True) is paid
    assert tightness(environment, entry_payments=False) is unpaid


CLAIMS = [
    pytest.param(environment, entry_payments, id=f"{name}{'' if entry_payments else ', nothing paid at action 0'}")
    for name, (environment, paid, unpaid) in HYPOTHESES.items()
    for entry_payments, found in ((True, paid), (False, unpaid))
    if found is WORTH
]


@pytest.mark.parametrize(("environment", "entry_payments"), CLAIMS)
def test_gaps_shrink_like_the_grid_where_a_hypothesis_holds(environment: Environment, entry_payments: bool) -> None:
    """What the theorem says of the limit, seen on grids: twice the actions leave little more than half of the gap."""
    sizes = (6, 12) if environment.agents == 2 else (3, 6)
    gaps = [solve(environment, Grid.quantile(m), entry_payments=entry_payments).gap for m in sizes]
    assert gaps[1] <= 0.75 * gaps[0] + 1e-6


def test_without_the_hypothesis_a_gap_is_real() -> None:
    """Two must get half each of what is worth 1 to both. Charged nothing at action 0, both may bid that: 0. With any
    information all the surplus, 1, can be charged.
    """
    for m in (3, 9):
        assert numbers(solve(HALF_EACH, Grid.quantile(m), entry_payments=False)) == pytest.approx((0, 1), abs=1e-6)


@pytest.mark.parametrize("bidders", [1, 2])
def test_with_transfers_a_gap_may_be_real_too(bidders: int) -> None:
    """What is worth 2, and 1 in a state that cannot occur, must be given in equal shares: some action costs 1 in all or
    less, for else it would not be secure; whatever bidders know, 2 can be charged.
    """
    caps = None if bidders == 1 else Fraction(1, bidders)
    solution = solve(auction([[1] * bidders, [2] * bidders], [0, 1], caps=caps, must_sell=True), time_limit=600)
    assert numbers(solution) == pytest.approx((1, 2), abs=1e-6)
    assert solution.status is BoundStatus.GAP
    assert solution.tightness is None


# Footnote 25 of Brooks & Du (2023), section 4.3: both agents' value is 3/4 with probability 9/10, else zero.
FOOTNOTE = public_expenditure([["3/4", "3/4"], [0, 0]], ["9/10", "1/10"])
GRIDS = (Grid.quantile(4),) * 2


def test_footnote_25_no_mechanism_guarantees_anything() -> None:
    """Knowing nothing, an agent values spending at 27/40 and would have to pay for all of it: both may refuse."""
    generator = np.random.default_rng(3)
    for _ in range(5):
        level = generator.uniform(0, 1, size=2)

        def contributions(bids: FloatArray, level: FloatArray = level) -> FloatArray:
            share = np.minimum(1, level * bids)
            return np.asarray(share / np.maximum(1, share.sum(axis=-1, keepdims=True)))

        mechanism = mechanism_on_grids(contributions, FOOTNOTE, GRIDS)
        assert guarantee(mechanism, FOOTNOTE).value <= 1e-9
    found, _ = gridded(solve(FOOTNOTE, GRIDS))
    assert guarantee(found, FOOTNOTE).value == pytest.approx(0, abs=1e-9)


def test_footnote_25_no_information_brings_the_potential_down() -> None:
    """The agents' interests are one: spend where it is worth it given all signals, sharing the cost. By Jensen's
    inequality that is worth at least 9/10 · 3/2 − 1 = 7/20, and without information no more.
    """
    nothing = information_on_grids(lambda s: np.broadcast_to([0.9, 0.1], (*s.shape[:-1], 2)), FOOTNOTE, GRIDS)
    assert potential(nothing, FOOTNOTE).value == pytest.approx(0.35, abs=1e-6)
    for slope in (0.2, 0.5, 1.0):

        def posterior(signals: FloatArray, slope: float = slope) -> FloatArray:
            good = 1 - 0.1 * np.prod(1 + slope * (np.exp(-signals) - 0.5) * 2, axis=-1)
            return np.stack([good, 1 - good], axis=-1)

        told = information_on_grids(posterior, FOOTNOTE, GRIDS)
        assert potential(told, FOOTNOTE).value >= 0.35 - 1e-6
    _, found = gridded(solve(FOOTNOTE, GRIDS))
    assert potential(found, FOOTNOTE).value >= 0.35 - 1e-6


@pytest.mark.slow
def test_footnote_25_is_reported_as_a_gap_that_may_be_real() -> None:
    solution = solve(FOOTNOTE, time_limit=600)
    lower, upper = numbers(solution)
    assert lower <= 0 <= 0.35 <= upper
    assert (lower, upper) == pytest.approx((0, 0.35), abs=0.02)
    assert solution.status is BoundStatus.GAP
    assert solution.tightness is None
    assert solution.cause is None


@cache
def open_bracket() -> Solution:
    """A bracket with a gap, as if a search had ended in it."""
    return replace(solve(FOOTNOTE, GRIDS), narrow_enough=False, elapsed=1.0)


def test_a_gap_may_be_real_only_where_nothing_else_explains_it() -> None:
    assert open_bracket().status is BoundStatus.GAP
    assert str(open_bracket().status) == "a duality gap that may be real"
    assert replace(open_bracket(), cause="the time limit was reached").status is BoundStatus.STOPPED
    known = solve(PublicExpenditure(2, 3.0).environment(), Grid.quantile(4))
    assert replace(known, narrow_enough=False).status is BoundStatus.STOPPED
    sold = solve(auction([[1, 1], [2, 2]], HALVES), Grid.quantile(3))
    assert replace(sold, narrow_enough=False).status is BoundStatus.STOPPED


def test_payments_at_action_0_are_part_of_the_hypothesis() -> None:
    paid, unpaid = (solve(HALF_EACH, Grid.quantile(3), entry_payments=entry) for entry in (True, False))
    assert paid.tightness is WORTH
    assert unpaid.tightness is None
    # With payments at action 0 the two numbers may meet: it is leaving them out that keeps the bracket open.
    stopped = replace(unpaid, narrow_enough=False)
    assert stopped.status is BoundStatus.STOPPED
    assert stopped.stopped_by == "payments at action 0 were left out"


def test_on_a_grid_nothing_is_claimed() -> None:
    assert solve(FOOTNOTE, GRIDS).status is BoundStatus.PROVED
