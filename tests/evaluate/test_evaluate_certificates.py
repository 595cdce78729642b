"""Numbers that are proofs: any multipliers give a bound, and what the bounds package proves is never lost."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from dense_programs import dense_guarantee, dense_potential, environments, random_information, random_mechanism
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.solved import gridded, numbers
from robustmech import BoundStatus, Environment, Grid, HighsSolver, auction, product_states, public_expenditure, solve
from robustmech.bounds.evaluation import informational_value
from robustmech.evaluate import guarantee, potential
from robustmech.evaluate.balance import balanced, balanced_flows
from robustmech.evaluate.deviations import with_exact_sums
from robustmech.evaluate.guarantees import guarantee_bound
from robustmech.evaluate.obedience import obedience_program, payoffs
from robustmech.evaluate.potentials import potential_bound, potential_multipliers
from robustmech.lp import Capabilities, Iteration, Limits, LinearProgram, LinearSolution, Progress, SolverStatus
from robustmech.model import Side, on_grids, rationals

ENVIRONMENTS = environments()
COMMON = auction([[Fraction(j, 4)] * 2 for j in range(5)], ["1/5"] * 5)
SOLVED: dict[str, tuple[Environment, tuple[Grid, ...]]] = {
    "few quantiles": (COMMON, (Grid.quantile(4),) * 2),
    "more quantiles": (COMMON, (Grid.quantile(9),) * 2),
    "published": (COMMON, (Grid.published(3),) * 2),
    "uneven": (COMMON, (Grid.from_weights([1, 2, 3, 4]), Grid.from_weights([5, 1, 2]))),
    "independent": (auction(product_states([[0, "1/2", 1]] * 2), ["1/9"] * 9), (Grid.quantile(7),) * 2),
    "three bidders": (auction([[0] * 3, [1] * 3], ["1/2"] * 2), (Grid.quantile(5),) * 3),
    "public expenditure": (public_expenditure(product_states([[0, 3]] * 2), ["1/4"] * 4), (Grid.quantile(6),) * 2),
}


@pytest.mark.parametrize("name", SOLVED)
def test_all_deviations_together_add_nothing_to_the_local_ones_at_the_solution(name: str) -> None:
    environment, grids = SOLVED[name]
    solution = solve(environment, grids)
    (lower, upper), (mechanism, information) = numbers(solution), gridded(solution)
    exact = guarantee(mechanism, environment)
    assert exact.value == pytest.approx(lower, abs=1e-7)
    assert exact.other_side == pytest.approx(lower, abs=1e-7)
    best = potential(information, environment)
    assert best.value == pytest.approx(upper, abs=1e-7)
    assert best.other_side == pytest.approx(upper, abs=1e-7)
    assert best.value <= upper + 1e-12
    assert exact.record.status is best.record.status is BoundStatus.PROVED


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [1, 2, 4, 8], [9, 3, 1, 1]])
@pytest.mark.parametrize("name", ["common value", "must sell", "public expenditure", "outcomes"])
def test_the_guarantee_is_at_least_what_any_grids_local_multipliers_prove(name: str, weights: list[int]) -> None:
    environment = ENVIRONMENTS[name]
    mechanism = random_mechanism(environment, 5, actions=4)
    upward = Grid.from_weights(weights).upward
    payoff, utilities = payoffs(mechanism, environment)
    for i, utility in enumerate(utilities):
        gains = np.diff(utility, axis=i, append=np.take(utility, [-1], axis=i))
        payoff = payoff + gains * upward.reshape([-1 if j == i else 1 for j in range(payoff.ndim)])
    prior = np.array([float(p) for p in environment.beliefs.lower if p is not None])
    local = prior @ payoff.reshape(-1, environment.states).min(axis=0)
    assert guarantee(mechanism, environment).value >= local - 1e-6


@pytest.mark.parametrize("weights", [[1, 1, 1], [1, 3, 2], [7, 1, 1]])
@pytest.mark.parametrize("name", ["common value", "must sell", "rows and penalty", "public expenditure"])
def test_the_potential_is_at_most_what_the_local_multipliers_prove(name: str, weights: list[int]) -> None:
    environment = ENVIRONMENTS[name]
    grids = (Grid.from_weights(weights), Grid.quantile(3))
    information = random_information(environment, grids, 5)
    local = informational_value(environment, on_grids(grids, Side.UPPER), information)
    assert potential(information, environment).value <= local + 1e-12


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.sampled_from(["rows and penalty", "must sell", "impossible states", "outcomes"]), st.integers(0, 10**6))
def test_any_multipliers_prove_a_lower_number(name: str, seed: int) -> None:
    environment = ENVIRONMENTS[name]
    draw = np.random.default_rng(seed)
    mechanism = random_mechanism(environment, seed % 3)
    program = obedience_program(mechanism, environment)
    beliefs = environment.beliefs
    limits = list(zip(beliefs.lower, beliefs.upper, strict=True))
    most = np.array([[-float(high is not None), float(low is not None)] for low, high in limits]).reshape(-1, 2)
    multipliers = rationals(draw.normal(size=beliefs.rows).clip(most[:, 0], most[:, 1]))
    deviations = tuple(with_exact_sums(10 * draw.normal(size=(3, 3))) for _ in range(environment.agents))
    proved = guarantee_bound(mechanism, environment, deviations, multipliers, program.states)
    assert proved <= dense_guarantee(mechanism, environment) + 1e-9


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.sampled_from(["rows and penalty", "must sell", "public expenditure", "outcomes"]), st.integers(0, 10**6))
def test_any_flows_prove_an_upper_number(name: str, seed: int) -> None:
    environment = ENVIRONMENTS[name]
    draw = np.random.default_rng(seed)
    information = random_information(environment, (Grid.from_weights([1, 3, 2]), Grid.quantile(3)), seed % 3)
    flows = tuple((draw.normal(size=(3, 3)), draw.normal(size=3)) for _ in range(2))
    proved = potential_bound(information, environment, potential_multipliers(information, environment, flows))
    assert proved >= dense_potential(information, environment) - 1e-9


@pytest.mark.parametrize("grid", [Grid.quantile(5), Grid.published(20), Grid.from_weights([1, 10, 100])])
@pytest.mark.parametrize("seed", range(3))
def test_balanced_flows_balance_exactly(grid: Grid, seed: int) -> None:
    draw = np.random.default_rng(seed)
    flow, out = balanced_flows(grid, draw.normal(size=(grid.actions,) * 2), 3 * seed * draw.normal(size=grid.actions))
    assert flow.min() >= 0
    assert out.min() >= 0
    assert not flow.diagonal().any()
    supply = [weight << 64 for weight in grid.weights]
    assert [int(v) for v in flow.sum(axis=1) + out - flow.sum(axis=0)] == supply
    flows, exits = ((array / (grid.total << 64)).astype(np.float64) for array in (flow, out))
    again = balanced(grid, flows, exits)
    np.testing.assert_allclose(again.deviations * grid.probabilities[:, None], flows, atol=1e-12)
    np.testing.assert_allclose(again.participation * grid.probabilities, exits, atol=1e-12)


def test_the_local_multipliers_are_in_balance_already() -> None:
    grid = Grid.from_weights([1, 5, 2, 4])
    local = grid.probabilities * grid.downward
    found = balanced(grid, np.diag(local[1:], -1), np.append(local[0], np.zeros(3)))
    np.testing.assert_allclose(np.diag(found.deviations, -1), grid.downward[1:], rtol=1e-14)
    np.testing.assert_allclose(found.participation, [grid.downward[0], 0, 0, 0], atol=1e-14)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_row_sums_are_exact(scale: float) -> None:
    proposed = scale * np.random.default_rng(1).normal(size=(40, 40)) ** 3
    kept = with_exact_sums(proposed)
    assert kept.min() >= 0
    np.testing.assert_allclose(kept, np.clip(proposed, 0, None), atol=1e-12 * scale * 40)
    for row in kept:
        assert sum(map(Fraction, row.tolist())) == Fraction(float(row.sum()))


@dataclass(frozen=True)
class _Careless:
    """A solver that stops at once with whatever numbers it is told to."""

    number: float

    @property
    def capabilities(self) -> Capabilities:
        return HighsSolver().capabilities

    def solve(
        self, program: LinearProgram, *, limits: Limits | None = None, progress: Progress | None = None
    ) -> LinearSolution:
        if progress is not None:
            progress(Iteration(iteration=0, primal=0.0, dual=0.0))
        return LinearSolution(
            status=SolverStatus.TIME_LIMIT,
            primal=np.full(program.cost.size, self.number),
            multipliers=np.full(program.row_lower.size, self.number),
            objective=self.number,
            iterations=0,
            seconds=0.0,
            detail="careless",
        )


@pytest.mark.parametrize("number", [0.0, 1.0, -1e3, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["common value", "rows and penalty", "outcomes"])
def test_a_bad_solve_still_gives_true_numbers_and_says_so(name: str, number: float) -> None:
    environment = ENVIRONMENTS[name]
    mechanism = random_mechanism(environment, 2)
    lower = guarantee(mechanism, environment, solver=_Careless(number))
    assert lower.value <= dense_guarantee(mechanism, environment) + 1e-9
    information = random_information(environment, (Grid.quantile(3),) * 2, 2)
    upper = potential(information, environment, solver=_Careless(number))
    assert upper.value >= dense_potential(information, environment) - 1e-9
    assert np.isfinite([lower.value, upper.value]).all()
    assert lower.record.status is upper.record.status is BoundStatus.STOPPED


def test_the_residual_is_the_gain_from_the_best_deviation() -> None:
    environment = ENVIRONMENTS["large values"]
    mechanism = random_mechanism(environment, 2)
    found = guarantee(mechanism, environment, solver=_Careless(1.0))
    _, utilities = payoffs(mechanism, environment)
    gains = []
    for i, utility in enumerate(utilities):
        own = np.moveaxis(utility, i, 0).reshape(3, -1).sum(axis=1) / utility.size
        gains.append(own.max() - own.min())
    assert found.residual == pytest.approx(max(gains))
