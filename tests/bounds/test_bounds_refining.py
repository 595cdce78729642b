"""Brackets without a grid: figures they must reach, and how the search behaves."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from definitions.solved import numbers
from robustmech import Beliefs, BoundStatus, Environment, Grid, InputError, SizeError, Stage, auction, solve
from robustmech.bounds.budget import Budget
from robustmech.bounds.ladders import SpacedLadder, ladders
from robustmech.bounds.places import MechanismPlace
from robustmech.bounds.sides import Task
from robustmech.bounds.tuning import Families, Family, tuned, value_and_slope
from robustmech.continuum import CommonValue, KnownMeans, PublicExpenditure
from robustmech.elements import CrossedTriangles, ExponentialSums, Meshes, ShareDensities, Spacing
from robustmech.lp import ClarabelSolver
from robustmech.model import FloatArray, Side, public_expenditure
from robustmech.model.symmetry import agent_kinds, exchanges

F = Fraction


def common(points: int, bidders: int = 2, first_worth_more: Fraction | int = 0) -> Environment:
    values = [F(j, points - 1) for j in range(points)]
    return auction([[v + first_worth_more, *[v] * (bidders - 1)] for v in values], [F(1, points)] * points)


def independent(points: int) -> Environment:
    values = [F(j, points - 1) for j in range(points)]
    return auction([list(pair) for pair in product(values, repeat=2)], [F(1, points**2)] * points**2)


def means(*of_bidders: Fraction) -> Environment:
    corners = list(product((0, 1), repeat=len(of_bidders)))
    return auction(corners, beliefs=Beliefs.means(corners, list(of_bidders)))


TEN = CommonValue(np.linspace(0, 1, 10), np.full(10, 0.1), 2).guarantee


@pytest.mark.parametrize(
    ("environment", "gap", "truth"),
    [
        pytest.param(common(2), 1e-5, CommonValue([0, 1], [0.5, 0.5], 2).guarantee, id="binary"),
        pytest.param(common(10), 5e-4, TEN, id="ten points"),
        pytest.param(common(10), 1e-4, TEN, id="ten points, closer"),
        pytest.param(means(F(3, 5), F(2, 5)), 2e-4, KnownMeans([0.6, 0.4]).guarantee, id="means"),
        pytest.param(PublicExpenditure(2, 3).environment(), 5e-3, PublicExpenditure(2, 3).guarantee, id="expenditure"),
        pytest.param(PublicExpenditure(2, 4).environment(), 5e-3, PublicExpenditure(2, 4).guarantee, id="larger value"),
        pytest.param(
            common(10, bidders=3), 5e-4, CommonValue(np.linspace(0, 1, 10), np.full(10, 0.1), 3).guarantee, id="three"
        ),
        pytest.param(
            common(10, bidders=10), 1e-3, CommonValue(np.linspace(0, 1, 10), np.full(10, 0.1), 10).guarantee, id="many"
        ),
    ],
)
def test_brackets_close_around_the_closed_forms(environment: Environment, gap: float, truth: float) -> None:
    found = solve(environment, gap=gap)
    assert found.status is BoundStatus.PROVED
    assert found.gap <= gap
    lower, upper = numbers(found)
    assert lower <= truth + 1e-12
    assert upper >= truth - 1e-12


@pytest.mark.parametrize(
    ("environment", "gap", "published"),
    [
        pytest.param(independent(11), 4e-3, (0.2892, 0.3127), id="independent"),
        pytest.param(common(11, first_worth_more=F(1, 10)), 3e-3, (0.30453, 0.32722), id="one worth more"),
        pytest.param(common(11), 1e-3, (0.26203, 0.28196), id="common"),
    ],
)
def test_brackets_lie_inside_the_published_ones(
    environment: Environment, gap: float, published: tuple[float, float]
) -> None:
    found = solve(environment, gap=gap)
    assert found.gap <= gap
    lower, upper = numbers(found)
    assert published[0] < lower <= upper < published[1]


VARIANTS = {
    "cost": auction([[0, 0], ["1/2", "1/2"], [1, 1]], ["1/3"] * 3, cost="1/5"),
    "must sell": auction([[0, 1], [1, 0], [1, 1]], ["1/3"] * 3, must_sell=True),
    "caps": auction([[0, 1], [1, 0], [1, 1]], ["1/3"] * 3, caps="1/2"),
    "two goods": auction([[[0, 1], [1, 0]], [[1, 1], [0, 1]]], ["1/2"] * 2),
    "one bidder": auction([[0], ["1/2"], [1]], ["1/3"] * 3),
    "three bidders": auction([[0, 0, 1], [0, 1, 0], [1, 0, 0]], ["1/3"] * 3),
    "unlike bidders": auction([[0, 1], [2, 0], [1, 1]], ["1/3"] * 3),
    "marginals": auction(
        list(product((0, 1), repeat=2)),
        beliefs=Beliefs.marginals(list(product((0, 1), repeat=2)), [{0: "1/2", 1: "1/2"}] * 2),
    ),
    "no transfers": public_expenditure([[3, 0], [0, 3], [2, 2]], ["1/3"] * 3),
    "no transfers, unlike": public_expenditure([[3, 0], [0, 4], [2, 2]], ["1/3"] * 3),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_brackets_overlap_those_of_quantile_grids(name: str) -> None:
    """Two independent bounds on one number: each side's is on its side of the other's."""
    environment = VARIANTS[name]
    refined = solve(environment, relative_gap=0.03, time_limit=4)
    grid = solve(environment, Grid.quantile(4 if environment.agents == 3 else 10))
    (lower, upper), (grid_lower, grid_upper) = numbers(refined), numbers(grid)
    assert lower <= upper
    assert lower <= grid_upper
    assert grid_lower <= upper
    assert refined.gap < grid.gap


def test_one_side_alone_is_refined() -> None:
    lower = solve(common(2), side="lower", time_limit=1)
    upper = solve(common(2), side="upper", time_limit=1)
    assert lower.upper is None
    assert upper.lower is None
    assert lower.lower is not None
    assert upper.upper is not None
    assert 0 <= upper.upper.value - lower.lower.value < 1e-4


def test_reports_carry_the_bracket_as_it_shrinks() -> None:
    seen: list[Stage] = []
    found = solve(independent(4), gap=2e-3, watch=seen.append)
    brackets = [stage.bracket for stage in seen if stage.bracket is not None]
    widths = [high - low for low, high in brackets]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > widths[-1] >= found.gap


def test_what_ended_the_search_is_said() -> None:
    found = solve(independent(6), gap=1e-9, time_limit=1.0)
    assert found.status is BoundStatus.STOPPED
    assert found.cause is not None
    assert "time limit of 1 s" in found.cause
    assert found.gap < 0.02


def test_what_cannot_fit_is_refused_at_once() -> None:
    with pytest.raises(SizeError, match="fewer states or agents"):
        solve(independent(11), memory_limit=1e8)


def test_meshes_that_do_not_suit_are_refused() -> None:
    even = Spacing.even(1, 3)
    crossed = CrossedTriangles(spacings=(even, even))
    sums = ExponentialSums(spacing=even, slant=(F(1), F(1)))
    with pytest.raises(InputError, match="agents"):
        solve(common(2, bidders=3), Meshes(mechanism=crossed, information=sums))
    with pytest.raises(InputError, match="transfers"):
        solve(VARIANTS["no transfers"], Meshes(mechanism=crossed, information=sums))
    with pytest.raises(InputError, match="without transfers"):
        solve(common(2), Meshes(mechanism=crossed, information=ShareDensities(spacing=even, agents=2)))


def test_agents_that_may_be_exchanged_are_of_one_kind() -> None:
    environment = auction([[0, 0, 1], [1, 1, 0]], ["1/2"] * 2)
    assert agent_kinds(3, exchanges(environment)) == (0, 0, 1)
    assert agent_kinds(2, exchanges(means(F(3, 5), F(2, 5)))) == (0, 1)


def _task(environment: Environment) -> Task:
    return Task(
        environment=environment,
        alike=exchanges(environment),
        solver=ClarabelSolver(tolerance=1e-10),
        budget=Budget(),
        worth=0.5,
        watch=lambda stage: None,
    )


def _crossed(_: tuple[Fraction, ...]) -> Family:
    def place(widths: tuple[Fraction, ...]) -> MechanismPlace:
        one, two = (Spacing.even(width, 3) for width in widths)
        return MechanismPlace(mesh=CrossedTriangles(spacings=(one, two)))

    return place


class Exactly(Families):
    """Widths as they are, so that differences over short distances can be taken."""

    def widths(self, parameters: FloatArray) -> tuple[Fraction, ...]:
        return tuple(F(round(float(np.exp(parameters[kind])) * 10**9), 10**9) for kind in self.kinds)


CROSSED = Exactly(kinds=(0, 1), at=_crossed)


def test_slopes_of_the_value_are_its_derivatives() -> None:
    """Away from kinks; the truth for a program's value is to solve it again a little further."""
    task = _task(means(F(3, 5), F(2, 5)))
    here = np.log([1.5, 4.0])
    value, slope = value_and_slope(task, Side.LOWER, CROSSED, here)
    for p, step in enumerate(np.eye(2) * 1e-3):
        ahead, _ = value_and_slope(task, Side.LOWER, CROSSED, here + step)
        behind, _ = value_and_slope(task, Side.LOWER, CROSSED, here - step)
        assert slope[p] == pytest.approx((ahead - behind) / 2e-3, abs=2e-5)
    assert value < KnownMeans([0.6, 0.4]).guarantee


def test_tuning_finds_the_sensitivities_of_known_means() -> None:
    """The widths that suit best are one over the sensitivities, where the boundary of rationing is an edge."""
    task = _task(means(F(3, 5), F(2, 5)))
    found = tuned(task, Side.LOWER, CROSSED, [np.log([1.4, 4.0])], ascents=1, evaluations=30)
    assert np.exp(-found) == pytest.approx(KnownMeans([0.6, 0.4]).sensitivities, rel=2e-3)


@pytest.mark.parametrize("environment", [means(F(3, 5), F(2, 5)), common(3, bidders=3), VARIANTS["no transfers"]])
def test_inside_a_family_nothing_but_the_widths_changes(environment: Environment) -> None:
    """However far the widths move: whatever depends on them otherwise was settled when the family was chosen."""
    for ladder in ladders(environment, exchanges(environment)):
        if isinstance(ladder, SpacedLadder):
            for width in (0.07, 0.4, 1.0, 2.3):
                chosen = tuple(F(round(100 * width * (1 + kind)), 100) for kind in ladder.kinds)
                family = ladder.make(chosen, 4)
                shapes = set()
                for factor in (F(1), 1 + F(1, 10**5), F(3, 2)):
                    moved = (chosen[0] * factor, *chosen[1:])
                    discretisation = family(moved).discretise(ladder.side)
                    shapes.add((discretisation.rows, discretisation.nodes))
                assert len(shapes) == 1


def test_there_is_a_ladder_for_either_side_of_every_problem() -> None:
    for environment in VARIANTS.values():
        sides = {ladder.side for ladder in ladders(environment, exchanges(environment))}
        assert sides == set(Side)


@pytest.mark.parametrize("probability", ["1e-9", "1e-11", "1e-13"])
def test_unlikely_states_do_not_widen_the_bracket(probability: str) -> None:
    rare = F(probability)
    environment = auction([[0, 0], ["1/2", "1/2"], [1, 1]], [rare, F(1, 2), F(1, 2) - rare])
    without = auction([["1/2", "1/2"], [1, 1]], ["1/2", "1/2"])
    for grid in (Grid.quantile(8), None):
        found, nearly = solve(environment, grid), solve(without, grid)
        assert found.lower is not None
        assert found.upper is not None
        assert nearly.lower is not None
        assert nearly.upper is not None
        assert found.status is BoundStatus.PROVED
        assert found.lower.value <= nearly.upper.value
        assert nearly.lower.value - float(rare) <= found.upper.value
        assert found.gap < 0.05


def test_the_search_repeats_itself() -> None:
    one, two = (solve(common(5), gap=1e-3) for _ in range(2))
    assert one.places == two.places
    assert one.lower is not None
    assert two.lower is not None
    assert one.lower.value == two.lower.value


def test_small_means_close_around_the_truth() -> None:
    truth = KnownMeans([0.01, 0.02]).guarantee
    found = solve(means(F(1, 100), F(1, 50)))
    assert found.lower is not None
    assert found.upper is not None
    assert found.status is BoundStatus.PROVED
    assert found.lower.value <= truth <= found.upper.value


def test_a_problem_worth_nothing_is_solved() -> None:
    found = solve(auction([[0, 0], [1, 1]], ["1/2", "1/2"], cost=1))
    assert found.status is BoundStatus.PROVED
    assert found.gap < 1e-8
