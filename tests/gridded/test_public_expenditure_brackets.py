"""Public expenditure and bilateral trade in the finite model, against the closed forms."""

import numpy as np
import pytest

import robustmech as rm
from robustmech.continuum.public_expenditure import BilateralTrade, PublicExpenditure
from robustmech.errors import InputError
from robustmech.gridded import discrete_information, discrete_mechanism, lower_number, mechanism_on_grids, upper_number


@pytest.mark.parametrize(
    ("agents", "value", "grid"),
    [
        (2, 2.3, rm.Grid.quantile(14)),
        (2, 3.0, rm.Grid.exponential(16, 3.0)),
        (2, 4.0, rm.Grid.published(4)),
        (2, 1.5, rm.Grid.quantile(14)),
        (3, 5.0, rm.Grid.quantile(6)),
        (3, 8.0, rm.Grid.exponential(6, 3.0)),
    ],
)
def test_brackets_contain_the_guarantee(agents: int, value: float, grid: rm.Grid) -> None:
    problem = PublicExpenditure(agents, value)
    solution = rm.solve(problem.environment(), grid)
    assert solution.lower is not None
    assert solution.upper is not None
    assert solution.lower.value <= problem.guarantee <= solution.upper.value


@pytest.mark.parametrize("grid", [rm.Grid.exponential(20, 4.0), rm.Grid.published(4)])
@pytest.mark.parametrize("value", [2.5, 3.0])
def test_discrete_forms_solve_the_finite_programs_of_two_agents(value: float, grid: rm.Grid) -> None:
    problem = PublicExpenditure(2, value)
    environment = problem.environment()
    solution = rm.solve(environment, grid)
    assert solution.lower is not None
    assert solution.upper is not None
    lower = lower_number(discrete_mechanism(problem, environment, grid), environment)
    upper = upper_number(discrete_information(problem, environment, grid), environment)
    assert lower == pytest.approx(solution.lower.value, abs=1e-7)
    assert upper == pytest.approx(solution.upper.value, abs=1e-7)


@pytest.mark.parametrize(("agents", "value", "sizes"), [(2, 3.0, (20, 40, 80, 160)), (3, 5.0, (8, 16, 32))])
def test_discrete_forms_close_in_on_the_guarantee(agents: int, value: float, sizes: tuple[int, ...]) -> None:
    problem = PublicExpenditure(agents, value)
    environment = problem.environment()
    lower, upper = [], []
    for size in sizes:
        grid = rm.Grid.exponential(size, 3.0)
        lower.append(lower_number(discrete_mechanism(problem, environment, grid), environment))
        upper.append(upper_number(discrete_information(problem, environment, grid), environment))
    assert max(lower) <= problem.guarantee <= min(upper)
    assert (np.diff(lower) > 0).all()
    assert (np.diff(upper) < 0).all()
    below, above = problem.guarantee - np.array(lower), np.array(upper) - problem.guarantee
    # The distances shrink like 1/m below and like the square root (1 − a = 1/2) above.
    assert below[-1] < 0.65 * below[-2]
    assert above[-1] < 0.8 * above[-2]


@pytest.mark.parametrize("value", [3.0, 2.5])
def test_sampled_contributions_close_in_on_the_guarantee(value: float) -> None:
    problem = PublicExpenditure(2, value)
    environment = problem.environment()
    numbers = [
        lower_number(mechanism_on_grids(problem.contributions, environment, (rm.Grid.quantile(m),) * 2), environment)
        for m in (20, 40, 80)
    ]
    gaps = problem.guarantee - np.array(numbers)
    assert gaps.min() > 0
    assert (gaps[1:] < 0.6 * gaps[:-1]).all()


def test_potential_tends_to_zero_where_the_guarantee_is_zero() -> None:
    problem = PublicExpenditure(2, 1.5)
    environment = problem.environment()
    uppers = [
        upper_number(discrete_information(problem, environment, rm.Grid.exponential(m, 3.0)), environment)
        for m in (20, 80, 320)
    ]
    assert uppers[0] > 2 * uppers[1] > 4 * uppers[2] > 0
    grid = rm.Grid.exponential(20, 3.0)
    assert lower_number(discrete_mechanism(problem, environment, grid), environment) == pytest.approx(0, abs=1e-12)


def test_discrete_forms_refuse_what_they_cannot_do() -> None:
    problem = PublicExpenditure(2, 3)
    with pytest.raises(InputError, match="not even"):
        discrete_information(problem, problem.environment(), rm.Grid.quantile(10))
    with pytest.raises(InputError, match="not a public expenditure problem"):
        discrete_mechanism(problem, PublicExpenditure(3, 5).environment(), rm.Grid.published(3))
    with pytest.raises(InputError, match="at least two agents"):
        discrete_information(PublicExpenditure(1, 3), PublicExpenditure(1, 3).environment(), rm.Grid.published(3))


def test_trade_gives_both_sides_what_public_expenditure_gives_two_agents() -> None:
    trade, problem = BilateralTrade(3), PublicExpenditure(2, 3)
    assert trade.guarantee == problem.guarantee
    assert trade.boundary == problem.boundary
    actions = np.random.default_rng(4).exponential(size=(2000, 2))
    probability, price = trade.trade_probability(actions), trade.price(actions)
    paid = problem.contributions(actions)
    for state, seller in enumerate((0.0, 3.0)):
        public_values = np.eye(2)[state] * 3
        public = public_values * probability[:, None] - paid
        gains = np.stack([price - seller, seller + 2 - price], axis=1) * probability[:, None]
        assert np.abs(public - gains).max() < 1e-12
    assert np.allclose(trade.decisions(actions) @ np.array([2.0, 3.0]), price * probability, atol=1e-12)
    assert np.allclose(trade.decisions(actions).sum(axis=1), probability, atol=1e-12)


def test_trade_at_action_zero_never_loses() -> None:
    trade = BilateralTrade(3)
    others = np.linspace(0.1, 9, 20)
    assert (trade.price(np.stack([0 * others, others], axis=1)) == 3).all()
    assert (trade.price(np.stack([others, 0 * others], axis=1)) == 2).all()
    assert float(trade.trade_probability(np.zeros(2))) == 0
    assert float(trade.price(np.zeros(2))) == 2.5


def test_trade_brackets() -> None:
    trade, grid = BilateralTrade(3), rm.Grid.exponential(16, 4.0)
    environment = trade.environment()
    solution = rm.solve(environment, grid)
    assert solution.lower is not None
    assert solution.upper is not None
    assert solution.lower.value <= trade.guarantee <= solution.upper.value
    lower = lower_number(discrete_mechanism(trade.expenditure, environment, grid), environment)
    upper = upper_number(discrete_information(trade.expenditure, environment, grid), environment)
    assert lower == pytest.approx(solution.lower.value, abs=1e-7)
    assert upper == pytest.approx(solution.upper.value, abs=1e-7)
    assert BilateralTrade(2).guarantee == 0
    for value in (0.9, float("nan"), float("inf")):
        with pytest.raises(InputError):
            BilateralTrade(value)
