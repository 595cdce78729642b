"""What solve() takes and what it reports."""

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from robustmech import (
    Beliefs,
    BoundStatus,
    Grid,
    InputError,
    ShapeError,
    SolveError,
    Stage,
    auction,
    public_expenditure,
    solve,
)
from robustmech.lp import Capabilities, Limits, LinearProgram, LinearSolution, Progress, SolverStatus
from robustmech.model import Side

ENVIRONMENT = auction([[0, 0], [1, 1]], ["1/2", "1/2"])
Q = Grid.quantile


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"side": "middle"}, "side is 'middle'"),
        ({"time_limit": 0}, "time limit is 0"),
        ({"time_limit": -1.0}, "time limit is -1.0"),
        ({"time_limit": float("nan")}, "time limit is nan"),
        ({"iteration_limit": 0}, "iteration limit is 0"),
        ({"grid": (Q(3),)}, "1 grids for 2 agents"),
        ({"grid": (Q(3), Q(3), Q(3))}, "3 grids for 2 agents"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        solve(ENVIRONMENT, **options)
    assert "\n" not in str(refused.value)


def test_number_of_grids_is_a_matter_of_shape() -> None:
    with pytest.raises(ShapeError):
        solve(ENVIRONMENT, [Q(3)])


@pytest.mark.parametrize("side", ["lower", "upper"])
def test_one_side_only(side: Any) -> None:
    both, solution = solve(ENVIRONMENT, Q(4)), solve(ENVIRONMENT, Q(4), side=side)
    assert both.lower is not None
    assert both.upper is not None
    assert np.isnan(solution.gap)
    assert len(solution.records) == 1
    if side == "lower":
        assert solution.upper is None
        assert solution.state_law is None
        assert solution.lower is not None
        assert solution.lower.value == both.lower.value
    else:
        assert solution.lower is None
        assert solution.state_law == pytest.approx([0.5, 0.5])
        assert solution.upper is not None
        assert solution.upper.value == both.upper.value


def test_records_say_how_it_was_solved() -> None:
    solution = solve(ENVIRONMENT, (Q(4), Q(3)))
    assert solution.status is BoundStatus.PROVED
    assert str(solution.status) == "proved"
    assert solution.seconds == sum(record.seconds for record in solution.records)
    for record in solution.records:
        assert record.solver.name == "clarabel"
        assert re.match(r"\d+\.\d+", record.solver.version)
        assert record.iterations > 0
        assert 0 < record.seconds < 60
        assert record.size.profiles == 12
        assert 10 * 2**20 < record.peak_memory < 2**40
    assert solution.gap > 0
    assert solution.grids == (Q(4), Q(3))


def test_one_grid_stands_for_all() -> None:
    assert solve(ENVIRONMENT, Q(3)).grids == (Q(3), Q(3))


def test_without_a_grid_the_bracket_is_refined_to_the_gap_that_is_asked() -> None:
    for width in (0.01, 0.001):
        found = solve(ENVIRONMENT, gap=width)
        assert found.grids == ()
        assert found.gap <= width
        assert found.status is BoundStatus.PROVED
    coarse = solve(ENVIRONMENT)
    assert coarse.lower is not None
    assert coarse.gap <= 0.01 * coarse.lower.value


def test_a_gap_that_is_not_reached_is_said() -> None:
    found = solve(ENVIRONMENT, gap=1e-12, time_limit=0.5)
    assert found.status is BoundStatus.STOPPED
    assert not found.narrow_enough
    assert 0 < found.gap < 0.01
    assert found.seconds < 60


@pytest.mark.parametrize("option", ["gap", "relative_gap"])
def test_gaps_are_positive_and_exclude_grids(option: str) -> None:
    nothing: dict[str, Any] = {option: 0.0}
    something: dict[str, Any] = {option: 0.1}
    with pytest.raises(InputError, match="positive"):
        solve(ENVIRONMENT, **nothing)
    with pytest.raises(InputError, match="grid"):
        solve(ENVIRONMENT, Q(3), **something)


def test_watch_is_told_the_stages_in_order() -> None:
    seen: list[Stage] = []
    solve(ENVIRONMENT, Q(4), watch=seen.append)
    for side in Side:
        own = [stage for stage in seen if stage.side is side]
        assert [own[0].name, own[1].name, own[-1].name] == ["assembling", "solving", "certifying"]
        iterations = [stage.iteration for stage in own if stage.iteration is not None]
        assert len(iterations) > 3
        assert [step.iteration for step in iterations] == sorted(step.iteration for step in iterations)
        assert iterations[-1].primal == pytest.approx(iterations[-1].dual, abs=1e-4)
    assert [stage.side for stage in seen] == sorted((stage.side for stage in seen), key=list(Side).index)


@pytest.mark.parametrize(
    "beliefs",
    [
        pytest.param(Beliefs.moments([[0, 1]], [2], [3]), id="beyond the range"),
        pytest.param(Beliefs.moments([[0, 1], [0, 2]], ["1/2", "1/2"]), id="contradicting equalities"),
        pytest.param(Beliefs.moments([[0, 1], [1, 0]], ["3/4", "3/4"]), id="equalities above one"),
        pytest.param(Beliefs.moments([[0, 1], [1, 0]], ["3/4", "1/2"], [1, 1]), id="intervals above one"),
        pytest.param(Beliefs.moments([[0, 1], [1, 0]], [0, 0], ["1/4", "1/2"]), id="intervals below one"),
    ],
)
@pytest.mark.parametrize("side", ["both", "lower", "upper"])
def test_beliefs_that_no_prior_satisfies_are_refused(beliefs: Beliefs, side: Any) -> None:
    with pytest.raises(InputError, match="no prior satisfies"):
        solve(auction([[0, 0], [1, 1]], beliefs=beliefs), Q(3), side=side)


def test_negative_probability_is_no_prior() -> None:
    beliefs = Beliefs.moments([[1, 0, 0], [0, 1, 0]], ["3/4", "3/4"])
    for side in ("lower", "upper"):
        with pytest.raises(InputError, match="no prior satisfies"):
            solve(auction([[0, 0], [1, 1], [2, 2]], beliefs=beliefs), Q(3), side=side)


class Hopeless:
    """A solver that proposes nonsense, or nothing."""

    def __init__(self, status: SolverStatus, filler: float) -> None:
        self.status, self.filler = status, filler

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="hopeless", version="0", method="none", reports_iterations=False)

    def solve(
        self, program: LinearProgram, *, limits: Limits | None = None, progress: Progress | None = None
    ) -> LinearSolution:
        return LinearSolution(
            status=self.status,
            primal=np.full(program.cost.size, self.filler),
            multipliers=np.full(program.row_lower.size, self.filler),
            objective=self.filler,
            iterations=1,
            seconds=0.0,
            detail="hopeless",
        )


@pytest.mark.parametrize("status", [SolverStatus.INFEASIBLE, SolverStatus.UNBOUNDED, SolverStatus.FAILED])
def test_a_solver_without_a_proposal_is_named_and_leaves_what_can_be_had_without_it(status: SolverStatus) -> None:
    found = solve(ENVIRONMENT, Q(4), solver=Hopeless(status, 0.0))
    assert found.status is BoundStatus.STOPPED
    assert found.cause is not None
    for side in ("lower", "upper"):
        assert f"hopeless ended with 'hopeless' on the {side} program" in found.cause
    assert found.lower is not None
    assert found.upper is not None
    # doing nothing, and saying nothing
    assert found.lower.value == 0
    assert found.upper.value == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("filler", [0.0, 1.0, -1.0, 1e9, 1e300, float("nan"), float("inf")])
@pytest.mark.parametrize("status", [SolverStatus.OPTIMAL, SolverStatus.TIME_LIMIT])
@pytest.mark.parametrize("trade", [True, False])
def test_whatever_a_solver_claims_the_numbers_are_bounds(status: SolverStatus, filler: float, trade: bool) -> None:
    """A solver that calls nonsense optimal gets a weak bracket, or an error; never a wrong number."""
    environment = ENVIRONMENT if trade else public_expenditure([[3, 0], [0, 3]], ["1/2", "1/2"])
    truth = solve(environment, Q(4))
    assert truth.lower is not None
    assert truth.upper is not None
    try:
        solution = solve(environment, Q(4), solver=Hopeless(status, filler))
    except SolveError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert solution.lower is not None
    assert solution.upper is not None
    assert solution.lower.value <= truth.lower.value + 1e-7
    assert solution.upper.value >= truth.upper.value - 1e-7
    assert not np.isnan([solution.lower.value, solution.upper.value]).any()


def test_status_of_a_stopped_side_is_stopped() -> None:
    solution = solve(ENVIRONMENT, Q(4), iteration_limit=2)
    assert [record.status for record in solution.records] == [BoundStatus.STOPPED] * 2
    assert str(solution.status) == "stopped early"


def test_prior_as_floats_and_as_fractions_agree() -> None:
    floating = solve(auction([[0, 0], [0.5, 0.5], [1, 1]], [0.2, 0.3, 0.5]), Q(4))
    exact = solve(auction([[0, 0], ["1/2", "1/2"], [1, 1]], [Fraction(1, 5), "0.3", "1/2"]), Q(4))
    assert floating.gap == pytest.approx(exact.gap, abs=1e-7)
