"""Proportional cost sharing against the definitions it solves."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from robustmech.continuum.public_expenditure import BilateralTrade, PublicExpenditure
from robustmech.errors import InputError, ShapeError
from robustmech.model import FloatArray

CASES = [(2, 3.0), (2, 4.0), (3, 5.0), (2, 2.05), (4, 4.3), (7, 40.0), (2, 1000.0)]
STEP = 1e-5


def aggregate_by_quadrature(agents: int, value: float, aggregate: float) -> float:
    """The integral of equation (14), with z = y s^{1/(1−a)} to remove the singularity."""
    power = (value - 1) / (value - agents)
    found = quad(lambda s: math.exp(aggregate * (s**power - 1)), 0, 1, epsabs=0, epsrel=1e-12, limit=500, points=[0.9])
    return aggregate * power * float(found[0])


def own_derivatives(problem: PublicExpenditure, actions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Central differences of total spending and of own contributions in each own action, fourth order."""
    spending, paying = np.zeros(actions.shape), np.zeros(actions.shape)
    for i in range(problem.agents):
        for steps, weight in ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12)):
            moved = actions.copy()
            moved[:, i] += steps * STEP
            spending[:, i] += weight / STEP * problem.expenditure(moved)
            paying[:, i] += weight / STEP * problem.contributions(moved)[:, i]
    return spending, paying


def strategic_virtual_objective(problem: PublicExpenditure, actions: FloatArray, values: FloatArray) -> FloatArray:
    spending, paying = own_derivatives(problem, actions)
    welfare = (values.sum(axis=1) - 1) * problem.expenditure(actions)
    return np.asarray(welfare + (values * spending - paying).sum(axis=1))


def random_values(problem: PublicExpenditure, count: int, generator: np.random.Generator) -> FloatArray:
    """Half of the rows give the whole value to one agent, half divide it."""
    divided = generator.dirichlet(np.ones(problem.agents), count)
    divided[: count // 2] = np.eye(problem.agents)[generator.integers(problem.agents, size=count // 2)]
    return np.asarray(problem.value * divided)


@pytest.mark.parametrize(
    ("agents", "value", "boundary", "guarantee"),
    [(2, 3, 2.25593, 1.556724), (2, 4, 3.00592, 2.667323), (3, 5, 2.25593, 3.113448)],
)
def test_published_numbers(agents: int, value: float, boundary: float, guarantee: float) -> None:
    problem = PublicExpenditure(agents, value)
    assert problem.boundary == pytest.approx(boundary, abs=6e-6)
    assert problem.guarantee == pytest.approx(guarantee, abs=6e-7)


@pytest.mark.parametrize(("agents", "value"), [*CASES, (2, 2 + 1e-3), (100, 100.5), (2, 1e8), (1000, 1234.5)])
def test_boundary_satisfies_both_conditions(agents: int, value: float) -> None:
    problem = PublicExpenditure(agents, value)
    spent = problem.guarantee / (value - 1) * aggregate_by_quadrature(agents, value, problem.boundary)
    assert spent == pytest.approx(1, rel=1e-10)
    beyond = (value - 1) - (agents - 1) / problem.boundary
    assert beyond == pytest.approx(problem.guarantee, abs=2e-14 * (value + agents))


def test_boundary_where_the_value_per_agent_barely_exceeds_the_cost() -> None:
    """As θ̄ → N the conditions become ȳ → 1 and λ / (θ̄ − 1) → e (1 − a)."""
    problem = PublicExpenditure(2, 2 + 2.0**-40)
    assert problem.boundary == pytest.approx(1, abs=1e-11)
    assert problem.guarantee == pytest.approx(math.e * 2.0**-40, rel=1e-10)


@pytest.mark.parametrize(("agents", "value"), CASES)
def test_expenditure_is_the_integral_of_the_paper(agents: int, value: float) -> None:
    problem = PublicExpenditure(agents, value)
    for part in (1e-9, 0.01, 0.3, 0.8, 0.999):
        y = part * problem.boundary
        expected = problem.guarantee / (value - 1) * aggregate_by_quadrature(agents, value, y)
        assert float(problem.aggregate_expenditure(y)) == pytest.approx(expected, rel=1e-10)
    beyond = problem.boundary * np.array([1.0, 1.001, 7.0, 1e9])
    assert (problem.aggregate_expenditure(beyond) == 1).all()


@pytest.mark.parametrize(("agents", "value"), CASES)
def test_strategic_virtual_objective_is_the_guarantee_or_more(agents: int, value: float) -> None:
    problem = PublicExpenditure(agents, value)
    generator = np.random.default_rng(5)
    sums = problem.boundary * np.concatenate([generator.uniform(0.02, 0.999, 1500), generator.uniform(1.001, 20, 500)])
    actions = sums[:, None] * generator.dirichlet(np.full(agents, 3.0), sums.size)
    keep = (actions > 3 * STEP).all(axis=1) & (np.abs(sums - problem.boundary) > 5 * STEP)
    actions, sums = actions[keep], sums[keep]
    objective = strategic_virtual_objective(problem, actions, random_values(problem, sums.size, generator))
    inside = sums < problem.boundary
    assert np.abs(objective[inside] - problem.guarantee).max() <= 1e-7 * value
    assert objective[~inside].min() >= problem.guarantee - 1e-7 * value
    richer = random_values(problem, sums.size, generator) * generator.uniform(1, 3, sums.size)[:, None]
    assert strategic_virtual_objective(problem, actions, richer).min() >= problem.guarantee - 1e-7 * value


@pytest.mark.parametrize(("agents", "value"), [*CASES, (2, 1.5), (1, 3.0)])
def test_feasible_and_secure_for_thousands_of_actions(agents: int, value: float) -> None:
    problem = PublicExpenditure(agents, value)
    generator = np.random.default_rng(1)
    actions = 10.0 ** generator.uniform(-320, 308.25, (5, 1000, agents)) * (generator.random((5, 1000, agents)) > 0.2)
    paid = problem.contributions(actions)
    assert paid.shape == actions.shape
    assert paid.min() >= 0
    assert paid.sum(axis=-1).max() <= 1 + 1e-12
    assert (paid[actions == 0] == 0).all()
    assert np.abs(paid.sum(axis=-1) - problem.expenditure(actions)).max() <= 1e-12
    huge = problem.contributions(np.full(agents, 1.7e308))
    assert np.allclose(huge, problem.contributions(np.full(agents, 1e4)), atol=1e-12)
    tiny = np.full(agents, 5e-324)
    assert problem.contributions(tiny).sum() == pytest.approx(float(problem.expenditure(tiny)))


def test_one_agent_gets_the_efficient_surplus() -> None:
    problem = PublicExpenditure(1, 3)
    assert problem.guarantee == 2
    assert math.isinf(problem.boundary)
    actions = np.linspace(0.1, 30, 50)[:, None]
    assert np.abs(strategic_virtual_objective(problem, actions, np.full((50, 1), 3.0)) - 2).max() < 1e-8


@pytest.mark.parametrize(("agents", "value"), [(2, 2), (2, 1.5), (3, 0.5), (1, 1), (5, 1.0)])
def test_no_guarantee_where_the_value_per_agent_is_at_most_the_cost(agents: int, value: float) -> None:
    problem = PublicExpenditure(agents, value)
    assert problem.guarantee == 0
    assert not problem.worthwhile
    assert "guarantee is zero" in problem.explanation
    assert (problem.contributions(np.full((3, agents), 9.0)) == 0).all()
    with pytest.raises(InputError, match="guarantee is zero"):
        _ = problem.information


def test_bad_input_is_refused() -> None:
    for agents, value in ((0, 3.0), (2, -1.0), (2, math.nan), (2, math.inf), (2, 0.0)):
        with pytest.raises(InputError):
            PublicExpenditure(agents, value)
    with pytest.raises(InputError, match="whole number"):
        PublicExpenditure(2.5, 3.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="whole number"):
        PublicExpenditure(True, 3.0)
    for unreadable in (True, "three"):
        with pytest.raises(InputError, match="must be a number"):
            PublicExpenditure(2, unreadable)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="must be a number"):
            BilateralTrade(unreadable)  # type: ignore[arg-type]
    problem = PublicExpenditure(2, 3)
    with pytest.raises(ShapeError):
        problem.contributions(np.ones(3))
    with pytest.raises(InputError):
        problem.expenditure(np.array([1.0, -1.0]))
    with pytest.raises(InputError, match="one agent"):
        _ = PublicExpenditure(1, 3).information
