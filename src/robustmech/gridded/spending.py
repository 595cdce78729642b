"""Public expenditure and bilateral trade on an even grid: the best proportional mechanism and the worst information."""

from robustmech.bounds.information_repair import exact_information
from robustmech.bounds.participation import feasible_decisions
from robustmech.continuum.public_expenditure import PublicExpenditure, discrete_contributions, discrete_law
from robustmech.errors import InputError
from robustmech.model import Environment, Grid, InformationStructure, Mechanism, Side, on_grids


def discrete_mechanism(problem: PublicExpenditure, environment: Environment, grid: Grid) -> Mechanism:
    """The best proportional cost sharing on an even grid, exactly feasible; see `discrete_contributions`.

    Args:
        problem: the problem in the continuum.
        environment: the finite problem, from `PublicExpenditure.environment` or `BilateralTrade.environment`.
        grid: an even grid (`Grid.published` or `Grid.exponential`), the same for all agents.
    Raises:
        InputError: if the grid's multipliers are not even, or the environment is another problem.
    """
    proposed = discrete_contributions(problem, grid)
    _require_same(problem, environment)
    grids = (grid,) * problem.agents
    counts = feasible_decisions(environment, on_grids(grids, Side.LOWER), proposed.reshape(-1, problem.agents))
    return Mechanism(
        grids=grids,
        decision_counts=counts.reshape(proposed.shape),
        decision_names=environment.decision_names,
    )


def discrete_information(problem: PublicExpenditure, environment: Environment, grid: Grid) -> InformationStructure:
    """The worst information of the proportional form on an even grid, exactly in the beliefs; see `discrete_law`.

    Args:
        problem: the problem in the continuum, with at least two agents and a value above one.
        environment: the finite problem, from `PublicExpenditure.environment` or `BilateralTrade.environment`.
        grid: an even grid (`Grid.published` or `Grid.exponential`), the same for all agents.
    Raises:
        InputError: if the grid's multipliers are not even, or the environment is another problem.
    """
    proposed = discrete_law(problem, grid)
    _require_same(problem, environment)
    grids = (grid,) * problem.agents
    return exact_information(environment, on_grids(grids, Side.UPPER), grids, proposed.reshape(-1, problem.agents))


def _require_same(problem: PublicExpenditure, environment: Environment) -> None:
    agents = problem.agents
    if (environment.agents, environment.states, environment.decisions) != (agents,) * 3 or environment.transfers:
        raise InputError(f"the environment is not a public expenditure problem with {agents} agents")
