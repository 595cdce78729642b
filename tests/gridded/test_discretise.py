"""Rules and information on grids: certified numbers on the right side of the truth, and closer on finer grids."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

import robustmech as rm
from definitions.solved import gridded
from robustmech.continuum.constant_sum import ConstantSum
from robustmech.continuum.public_expenditure import PublicExpenditure
from robustmech.errors import InputError, ShapeError
from robustmech.evaluate import guarantee, potential
from robustmech.gridded.discretise import (
    best_multipliers,
    bid_positions,
    information_on_grids,
    lower_number,
    mechanism_on_grids,
    upper_number,
)
from robustmech.model import FloatArray
from robustmech.transfers import aggregate_excess_growth

BINARY = rm.auction([[0, 0], [1, 1]], ["1/2", "1/2"])
ONE_WINS = rm.auction([[1, 0], [0, 1]], ["1/2", "1/2"])
CUTOFF = float(brentq(lambda y: np.exp(-y) * (1 + y + y * y / 2) - 0.5, 1, 5))
TRUTH = (1 + CUTOFF) * float(np.exp(-CUTOFF))
"""Two bidders, a common value of 0 or 1: the interim value min(1, e^(y − ȳ)) has mean 1/2."""


def proportional(bids: FloatArray) -> FloatArray:
    return np.asarray(bids / np.maximum(CUTOFF, bids.sum(axis=-1, keepdims=True)))


def binary_posterior(signals: FloatArray) -> FloatArray:
    value = np.minimum(1.0, np.exp(signals.sum(axis=-1) - CUTOFF))
    return np.stack([1 - value, value], axis=-1)


def environments() -> list[rm.Environment]:
    values = rm.product_states([[0, 1], [0, Fraction(1, 2), 1]])
    return [
        BINARY,
        rm.auction(values, beliefs=rm.Beliefs.means(values, ["3/5", ("2/5", "1/2")])),
        rm.auction(values, beliefs=rm.Beliefs.penalty([0, "1/4", "1/2", "1/3", "3/4", 1]), cost="1/10"),
        rm.auction(
            values,
            beliefs=rm.Beliefs.together(
                rm.Beliefs.means(values, ["3/5", ("2/5", "1/2")]),
                rm.Beliefs.penalty([0, "1/4", "1/2", "1/3", "3/4", 0]),
            ),
        ),
        rm.auction(values, [0, "1/4", "1/4", 0, "1/4", "1/4"], must_sell=True),
        PublicExpenditure(2, 3).environment(),
    ]


@pytest.mark.parametrize("environment", environments())
def test_numbers_of_a_solution_are_found_again(environment: rm.Environment) -> None:
    solution = rm.solve(environment, rm.Grid.quantile(8))
    assert solution.lower is not None
    assert solution.upper is not None
    mechanism, information = gridded(solution)
    assert lower_number(mechanism, environment) == pytest.approx(solution.lower.value, abs=2e-7)
    given = lower_number(mechanism, environment, multipliers=solution.lower.multipliers)
    assert solution.lower.value <= given <= solution.lower.value + 1e-12  # less by what storing transfers costs
    assert upper_number(information, environment) == solution.upper.value


def test_grid_bids_keep_the_slope_of_linear_pieces() -> None:
    for grid in (rm.Grid.published(4), rm.Grid.quantile(9), rm.Grid.exponential(12, 2.5)):
        bids = bid_positions(grid)
        assert bids[0] == 0
        assert np.allclose(np.diff(bids) * grid.upward[:-1], 1, rtol=1e-13)
    assert np.allclose(bid_positions(rm.Grid.published(4)), np.arange(17) / 3)


@pytest.mark.parametrize("kind", ["quantile", "exponential"])
def test_proportional_rule_approaches_the_closed_form(kind: str) -> None:
    truth_gaps = []
    for m in (10, 20, 40, 80):
        grid = rm.Grid.quantile(m) if kind == "quantile" else rm.Grid.exponential(m, 4.0)
        truth_gaps.append(TRUTH - lower_number(mechanism_on_grids(proportional, BINARY, (grid,) * 2), BINARY))
    assert min(truth_gaps) > 0
    assert (np.diff(truth_gaps) < 0).all()
    assert truth_gaps[-1] < 0.005


def test_information_approaches_the_closed_form() -> None:
    gaps = []
    for m in (10, 20, 40, 80, 160):
        information = information_on_grids(binary_posterior, BINARY, (rm.Grid.quantile(m),) * 2)
        gaps.append(upper_number(information, BINARY) - TRUTH)
    assert min(gaps) > 0
    assert (np.diff(gaps) < 0).all()
    assert gaps[-1] < 0.005


@pytest.mark.parametrize("points", [1, 2, 5])
def test_cells_are_averaged_between_exponential_quantiles(points: int) -> None:
    """A posterior that is linear in the first signal's quantile averages to the middle of each cell."""
    grids = (rm.Grid.exponential(6, 2.0), rm.Grid.quantile(4))
    environment = rm.auction([[0, 0], [1, 1]], beliefs=rm.Beliefs.penalty([0, 0]))

    def posterior(signals: FloatArray) -> FloatArray:
        quantile = -np.expm1(-signals[..., 0])
        return np.stack([quantile, 1 - quantile], axis=-1)

    found = information_on_grids(posterior, environment, grids, points=points).joint
    law = grids[0].probabilities
    middles = np.cumsum(law) - law / 2
    assert np.allclose(found[..., 0], (middles * law)[:, None] / 4, atol=1e-11)


def test_mechanism_carries_the_transfers_that_its_number_needs() -> None:
    grids = (rm.Grid.quantile(7), rm.Grid.exponential(6, 2.0))
    mechanism = mechanism_on_grids(ConstantSum(0.6).allocate, ONE_WINS, grids)
    assert mechanism.transfers is not None
    assert mechanism.aggregate_excess_growth is not None
    assert (mechanism.transfers[0, 0] == 0).all()
    assert (mechanism.transfers[1, :, 0] == 0).all()
    found = aggregate_excess_growth(mechanism.transfers, grids)
    assert np.abs(found - mechanism.aggregate_excess_growth).max() < 1e-12
    number = lower_number(mechanism, ONE_WINS)
    assert number - 1e-9 <= guarantee(mechanism, ONE_WINS).value <= 0.5


def test_information_number_bounds_the_exact_potential() -> None:
    information = information_on_grids(binary_posterior, BINARY, (rm.Grid.quantile(6),) * 2)
    assert TRUTH <= potential(information, BINARY).value <= upper_number(information, BINARY) + 1e-9


def test_constant_sum_rule_approaches_its_guarantee_and_no_information_is_worst() -> None:
    model = ConstantSum(0.5)
    gaps = []
    for m in (20, 40, 80):
        number = lower_number(mechanism_on_grids(model.allocate, ONE_WINS, (rm.Grid.quantile(m),) * 2), ONE_WINS)
        assert number < model.supremum
        gaps.append(abs(number - model.guarantee))
    assert gaps[2] < gaps[1] < gaps[0]
    assert gaps[2] < 0.015
    uninformed = information_on_grids(
        lambda signals: np.full((*signals.shape[:-1], 2), 0.5), ONE_WINS, (rm.Grid.quantile(5),) * 2
    )
    assert upper_number(uninformed, ONE_WINS) == pytest.approx(0.5, abs=1e-12)


def test_three_bidders() -> None:
    environment = rm.auction([[0, 0, 0], [1, 1, 1]], ["1/2", "1/2"])
    grids = (rm.Grid.quantile(8),) * 3
    solution = rm.solve(environment, grids[0], side="upper")
    assert solution.upper is not None
    mechanism = mechanism_on_grids(proportional, environment, grids)
    assert 0 < lower_number(mechanism, environment) <= solution.upper.value
    information = information_on_grids(binary_posterior, environment, grids)
    assert upper_number(information, environment) >= lower_number(mechanism, environment)


def test_multipliers_are_the_best_there_are() -> None:
    mechanism = mechanism_on_grids(proportional, BINARY, (rm.Grid.quantile(12),) * 2)
    best = lower_number(mechanism, BINARY)
    found = minimize_scalar(
        lambda y: -lower_number(mechanism, BINARY, multipliers=np.array([0.0, y])),
        bounds=(-1, 2),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert -float(found.fun) == pytest.approx(best, abs=1e-8)
    simplex = best_multipliers(mechanism, BINARY, solver=rm.HighsSolver(method="simplex"))
    assert lower_number(mechanism, BINARY, multipliers=simplex) == pytest.approx(best, abs=1e-7)


def test_a_joint_density_gives_a_valid_if_weak_number() -> None:
    problem = PublicExpenditure(2, 3)
    environment, information = problem.environment(), problem.information
    grids = (rm.Grid.exponential(20, 3.0),) * 2
    found = information_on_grids(information.posterior, environment, grids, density=information.density)
    assert upper_number(found, environment) >= problem.guarantee


def test_mistakes_are_named() -> None:
    grids = (rm.Grid.quantile(4),) * 2
    with pytest.raises(ShapeError, match="one per agent"):
        mechanism_on_grids(proportional, BINARY, grids[:1])
    with pytest.raises(ShapeError, match="decisions have shape"):
        mechanism_on_grids(lambda bids: bids[..., :1], BINARY, grids)
    with pytest.raises(InputError, match="not a finite number"):
        mechanism_on_grids(lambda bids: bids * np.nan, BINARY, grids)
    with pytest.raises(ShapeError, match="posterior has shape"):
        information_on_grids(lambda signals: np.ones((*signals.shape[:-1], 3)), BINARY, grids)
    with pytest.raises(InputError, match="leave the density out"):
        information_on_grids(binary_posterior, BINARY, grids, density=lambda signals: signals[..., 0])
    with pytest.raises(InputError, match="points per cell"):
        information_on_grids(binary_posterior, BINARY, grids, points=0)
    mechanism = mechanism_on_grids(proportional, BINARY, grids)
    with pytest.raises(ShapeError, match="multipliers have shape"):
        lower_number(mechanism, BINARY, multipliers=np.zeros(3))
    greedy = rm.Mechanism(grids=grids, decision_counts=mechanism.decision_counts + 2**40)
    with pytest.raises(InputError, match="not feasible"):
        lower_number(greedy, BINARY)
    other = rm.auction([[0, 0], [1, 1]], ["1/3", "2/3"])
    with pytest.raises(InputError, match="not in the beliefs"):
        upper_number(information_on_grids(binary_posterior, other, grids), BINARY)
    with pytest.raises(InputError, match="independent"):
        upper_number(information_on_grids(binary_posterior, BINARY, grids), PublicExpenditure(2, 3).environment())
