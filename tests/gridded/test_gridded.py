"""Closed forms in one call as finite problems: brackets, exact numbers and the closed form, each on its own side."""

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest

import robustmech as rm
from robustmech.continuum import (
    AuctionRule,
    BilateralTrade,
    CommonValue,
    CompoundProportional,
    ConstantSum,
    KnownMeans,
    PublicExpenditure,
    ValueLaw,
)
from robustmech.errors import InputError, ShapeError, SizeError
from robustmech.gridded import bid_positions, mechanism_on_grids, on_grids
from robustmech.gridded.models import ClosedForm
from robustmech.model import FloatArray

THIRDS = ["1/3"] * 3
VALUE = CommonValue([0, 0.5, 1], THIRDS, 2)
MEANS = KnownMeans([0.6, 0.4])
SPLIT = ConstantSum(0.5, 2.0)
CASES: list[tuple[str, ClosedForm, rm.Grid]] = [
    ("common value", VALUE, rm.Grid.quantile(6)),
    ("common value with a cost", CommonValue([0, 0.5, 1], THIRDS, 2, cost=0.2), rm.Grid.exponential(6, 2.5)),
    ("common value of at least one", CommonValue([1, 1.5, 2], THIRDS, 2), rm.Grid.quantile(6)),
    ("common value that must be sold", CommonValue([0, 0.5, 1], THIRDS, 2, 0.1, True), rm.Grid.quantile(6)),
    ("common value below the cost", CommonValue([0, 0.5, 1], THIRDS, 2, cost=0.9), rm.Grid.quantile(4)),
    ("one bidder", CommonValue([0, 0.5, 1], THIRDS, 1), rm.Grid.quantile(8)),
    ("common value, three bidders", CommonValue([0, 0.5, 1], THIRDS, 3), rm.Grid.quantile(4)),
    ("known means", MEANS, rm.Grid.published(3)),
    ("known means, a bidder excluded", KnownMeans([8, 1], 10), rm.Grid.quantile(6)),
    ("known means, three bidders", KnownMeans([0.6, 0.5, 0.4]), rm.Grid.quantile(4)),
    ("constant sum", SPLIT, rm.Grid.quantile(6)),
    ("public expenditure", PublicExpenditure(2, 3), rm.Grid.exponential(8, 3.0)),
    ("public expenditure, three agents", PublicExpenditure(3, 5), rm.Grid.exponential(5, 3.0)),
    ("public expenditure that is not worthwhile", PublicExpenditure(2, 1.5), rm.Grid.exponential(6, 3.0)),
    ("trade", BilateralTrade(3), rm.Grid.exponential(8, 3.0)),
]


def exact_guarantee(
    model: ClosedForm,
    grid: rm.Grid,
    rule: AuctionRule | None = None,
    transfers: Literal["rebuilt", "sampled"] = "rebuilt",
) -> float:
    found = on_grids(model, grid, rule=rule, transfers=transfers)
    return rm.guarantee(found.mechanism, found.environment).value


@pytest.mark.parametrize(("model", "grid"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_number_is_on_its_own_side_of_the_closed_form(model: ClosedForm, grid: rm.Grid) -> None:
    found = on_grids(model, grid)
    solution = rm.solve(found.environment, grid)
    assert solution.lower is not None
    assert solution.upper is not None
    assert solution.lower.value <= found.guarantee + 1e-9
    assert solution.upper.value >= found.guarantee - 1e-9
    assert rm.guarantee(found.mechanism, found.environment).value <= found.guarantee + 1e-9
    assert rm.potential(found.information, found.environment).value >= found.guarantee - 1e-9
    if found.environment.transfers:
        assert exact_guarantee(model, grid, transfers="sampled") <= found.guarantee + 1e-9


@pytest.mark.parametrize(
    ("model", "grids"),
    [
        (VALUE, [rm.Grid.quantile(m) for m in (4, 8, 16)]),
        (CommonValue([1, 1.5, 2], THIRDS, 2, cost=0.5), [rm.Grid.quantile(m) for m in (4, 8, 16)]),
        (CommonValue([0, 1], ["1/2"] * 2, 3), [rm.Grid.quantile(m) for m in (3, 6)]),
        (MEANS, [rm.Grid.quantile(m) for m in (4, 8, 16)]),
        (KnownMeans([0.6, 0.5, 0.4]), [rm.Grid.quantile(m) for m in (3, 6)]),
        (PublicExpenditure(2, 3), [rm.Grid.exponential(m, 3.0) for m in (6, 12, 24)]),
        (BilateralTrade(3), [rm.Grid.exponential(m, 3.0) for m in (6, 12, 24)]),
    ],
)
def test_finer_grids_are_nearer(model: ClosedForm, grids: list[rm.Grid]) -> None:
    below, above = [], []
    for grid in grids:
        found = on_grids(model, grid)
        below.append(found.guarantee - rm.guarantee(found.mechanism, found.environment).value)
        above.append(rm.potential(found.information, found.environment).value - found.guarantee)
    for distances, factor in ((below, 0.7), (above, 0.8)):
        assert all(finer < factor * coarser for coarser, finer in itertools.pairwise(distances))


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (VALUE, VALUE.auction()),
        (VALUE, VALUE.auction("orders")),
        (MEANS, MEANS.auction()),
        (MEANS, MEANS.shapley()),
        (MEANS, MEANS.weighted_proportional()),
        (MEANS, MEANS.consistent()),
    ],
)
def test_sampled_transfers_are_nearly_as_good_on_finer_grids(model: ClosedForm, rule: AuctionRule) -> None:
    guarantees = [exact_guarantee(model, rm.Grid.quantile(m), rule, "sampled") for m in (4, 8, 16)]
    assert guarantees[0] < guarantees[1] < guarantees[2]
    found = on_grids(model, rm.Grid.quantile(16), rule=rule)
    assert 0.75 * found.guarantee < guarantees[2] <= rm.guarantee(found.mechanism, found.environment).value + 1e-9


def test_constant_sums_tend_to_the_smoothed_guarantee_if_rebuilt_and_to_nothing_if_sampled() -> None:
    """Where both bid highest the good is shared for nothing, and nobody can go higher (docs/public-expenditure.md)."""
    rebuilt = [SPLIT.guarantee - exact_guarantee(SPLIT, rm.Grid.quantile(m)) for m in (6, 12, 24)]
    assert rebuilt[0] > 1.6 * rebuilt[1] > 2.4 * rebuilt[2] > 0
    sampled = [exact_guarantee(SPLIT, rm.Grid.quantile(m), transfers="sampled") for m in (6, 12, 24)]
    assert sampled[0] > 1.6 * sampled[1] > 2.4 * sampled[2] > 0
    assert on_grids(SPLIT, rm.Grid.quantile(3)).guarantee == 1.0


def test_a_supremum_is_approached_by_auctions_with_a_margin() -> None:
    model = CommonValue([1, 1.5, 2], THIRDS, 2)
    grid = rm.Grid.quantile(20)
    own = exact_guarantee(model, grid, transfers="sampled")
    margin = exact_guarantee(model, grid, model.with_margin(0.05).auction(), "sampled")
    assert own < model.guarantee - 1 / 3  # all bid zero where the value is the price
    assert model.guarantee - 0.1 < margin <= model.guarantee


def test_the_two_common_value_rules_share_decisions_and_charge_differently() -> None:
    grids = (rm.Grid.quantile(6), rm.Grid.exponential(5, 2.0))
    proportional, orders = VALUE.auction(), VALUE.auction("orders")
    first = on_grids(VALUE, grids, rule=proportional, transfers="sampled").mechanism
    second = on_grids(VALUE, grids, rule=orders, transfers="sampled").mechanism
    assert (first.decision_counts == second.decision_counts).all()
    assert first.transfers is not None
    assert second.transfers is not None
    assert np.abs(first.transfers - second.transfers).max() > 0.01
    bids = np.array([bid_positions(grids[0])[2], bid_positions(grids[1])[3]])
    assert np.allclose(first.transfers[:, 2, 3], proportional.transfers(bids), rtol=1e-14)
    assert np.allclose(second.transfers[:, 2, 3], orders.transfers(bids), rtol=1e-14)
    assert np.allclose(first.decisions[2, 3], proportional.allocate(bids), atol=1e-11)
    rebuilt = [on_grids(VALUE, grids, rule=rule).mechanism.transfers for rule in (proportional, orders)]
    assert rebuilt[0] is not None
    assert rebuilt[1] is not None
    assert (rebuilt[0] == rebuilt[1]).all()


def test_information_is_the_models_own() -> None:
    """The mean value in a cell of one signal each, and the marginals, from independent draws."""
    found = on_grids(VALUE, rm.Grid.quantile(3))
    assert [Fraction(1, 3)] * 3 == pytest.approx([float(p) for p in found.information.state_law], abs=1e-15)
    signals, values = VALUE.information.sample(np.random.default_rng(5), 400_000)
    cell = np.minimum((-np.expm1(-signals) * 3).astype(int), 2)
    conditional = found.information.interim_values(found.environment)[0, 0]
    for i, j in np.ndindex(3, 3):
        drawn = values[(cell == (i, j)).all(axis=1)]
        assert conditional[i, j] == pytest.approx(drawn.mean(), abs=0.01)


def test_bins_of_a_density_are_a_model_of_their_own() -> None:
    model = CommonValue.from_law(ValueLaw.uniform(0, 1), 2)
    found = on_grids(model, rm.Grid.quantile(6), bins=4)
    assert np.allclose(found.environment.utilities_rounded[0, :, 0], [1 / 8, 3 / 8, 5 / 8, 7 / 8], rtol=1e-14)
    coarser = [on_grids(model, rm.Grid.quantile(2), bins=bins).guarantee for bins in (2, 8, 32)]
    assert coarser[0] > coarser[1] > coarser[2] > model.guarantee
    assert coarser[2] - model.guarantee < 1e-3
    assert rm.potential(found.information, found.environment).value >= found.guarantee


@pytest.mark.parametrize("bins", [1, 3, 10])
def test_bins_keep_the_mean_and_their_order(bins: int) -> None:
    """Against the sorted values of a fine, even sample of levels."""
    law = ValueLaw.mixture([ValueLaw.from_atoms([0, 1.5], [0.5, 0.5]), ValueLaw.uniform(0.5, 2)], [0.4, 0.6])
    levels = (np.arange(300_000) + 0.5) / 300_000
    sampled = law.quantiles(levels, 1 - levels).reshape(bins, -1).mean(axis=1)
    binned = law.binned(bins)
    found = binned.quantiles((np.arange(bins) + 0.5) / bins, 1 - (np.arange(bins) + 0.5) / bins)
    assert np.allclose(found, sampled, atol=2e-6)
    assert binned.mean == pytest.approx(law.mean, rel=1e-14)


def test_mistakes_are_named_in_one_line() -> None:
    grid = rm.Grid.quantile(4)
    uniform = CommonValue.from_law(ValueLaw.uniform(0, 1), 2)
    attempts: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: on_grids(CompoundProportional([1.0, 1.0]), grid), InputError, "given besides its model"),  # type: ignore[arg-type]
        (lambda: on_grids(VALUE, grid, transfers="own"), InputError, "'rebuilt' or 'sampled'"),  # type: ignore[arg-type]
        (lambda: on_grids(uniform, grid), InputError, "say in how many bins"),
        (lambda: on_grids(uniform, grid, bins=0), InputError, "bins is 0"),
        (lambda: on_grids(MEANS, grid, bins=4), InputError, "leave them out"),
        (lambda: on_grids(VALUE, (grid,) * 3), ShapeError, "3 grids for 2 agents"),
        (lambda: on_grids(VALUE, grid, rule=KnownMeans([0.5] * 3).auction()), ShapeError, "for 3 bidders"),
        (lambda: on_grids(PublicExpenditure(2, 3), grid), InputError, "not even"),
        (lambda: on_grids(BilateralTrade(3), grid, transfers="sampled"), InputError, "nobody pays"),
        (
            lambda: on_grids(PublicExpenditure(2, 3), (rm.Grid.published(3), rm.Grid.published(4))),
            InputError,
            "same even grid",
        ),
        (lambda: on_grids(KnownMeans([0.5] * 20), grid), SizeError, "too many states"),
        (lambda: on_grids(uniform, rm.Grid.quantile(400), bins=100), SizeError, "fewer actions or bins"),
        (lambda: on_grids(CommonValue([1, 2], ["1/2"] * 2, 1, 0, True), grid), InputError, "who must buy"),
        (lambda: on_grids(KnownMeans([1.0, 0.5]), grid), InputError, "offer the good at a price"),
    ]
    for attempt, kind, words in attempts:
        with pytest.raises(kind, match=words) as caught:
            attempt()
        assert "\n" not in str(caught.value)


def test_sampled_transfers_that_cannot_be_are_refused() -> None:
    environment = on_grids(VALUE, rm.Grid.quantile(3)).environment
    grids, allocate = (rm.Grid.quantile(4),) * 2, VALUE.auction().allocate

    def entry_fee(bids: FloatArray) -> FloatArray:
        return bids + 0.25

    with pytest.raises(InputError, match=r"asks bidder 1 for 0\.25 at a bid of zero"):
        mechanism_on_grids(allocate, environment, grids, transfers=entry_fee)
    with pytest.raises(ShapeError, match="transfers have shape"):
        mechanism_on_grids(allocate, environment, grids, transfers=lambda bids: bids[..., :1])
    with pytest.raises(InputError, match="transfers is not a finite number"):
        mechanism_on_grids(allocate, environment, grids, transfers=lambda bids: np.full_like(bids, np.nan))
    problem = PublicExpenditure(2, 3)
    with pytest.raises(InputError, match="nobody can pay"):
        mechanism_on_grids(problem.contributions, problem.environment(), grids, transfers=allocate)
