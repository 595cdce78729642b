"""The guarantee and the potential against the definitions, written out and solved by another route."""

import numpy as np
import pytest
from dense_programs import dense_guarantee, dense_potential, environments, random_information, random_mechanism

from robustmech import ClarabelSolver, Grid, HighsSolver, InputError, auction, solve
from robustmech.evaluate import guarantee, potential
from robustmech.lp import LinearSolver

ENVIRONMENTS = environments()
SIGNALS = (Grid.from_weights([3, 1, 2]), Grid.quantile(3), Grid.quantile(2))
SOLVERS = [None, ClarabelSolver(), HighsSolver(method="simplex")]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_guarantee_is_the_least_payoff_over_bayes_correlated_equilibria(name: str, seed: int) -> None:
    environment = ENVIRONMENTS[name]
    mechanism = random_mechanism(environment, seed)
    exact = dense_guarantee(mechanism, environment)
    found = guarantee(mechanism, environment)
    assert exact - 1e-6 < found.value <= exact + 1e-9
    assert found.other_side == pytest.approx(exact, abs=1e-6)
    assert found.residual < 1e-7
    assert float(found) == found.value


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_potential_is_the_largest_payoff_over_direct_mechanisms(name: str, seed: int) -> None:
    environment = ENVIRONMENTS[name]
    information = random_information(environment, SIGNALS[: environment.agents], seed)
    exact = dense_potential(information, environment)
    found = potential(information, environment)
    assert exact - 1e-9 <= found.value < exact + 1e-6
    assert found.other_side == pytest.approx(exact, abs=1e-6)
    assert found.residual < 1e-7
    assert float(found) == found.value


@pytest.mark.parametrize("solver", SOLVERS, ids=["default", "clarabel", "simplex"])
@pytest.mark.parametrize("name", ["must sell", "rows and penalty", "public expenditure"])
def test_every_solver_proves_the_same_numbers(name: str, solver: LinearSolver | None) -> None:
    environment = ENVIRONMENTS[name]
    mechanism = random_mechanism(environment, 7, actions=4)
    information = random_information(environment, (Grid.published(2), Grid.quantile(3)), 7)
    assert guarantee(mechanism, environment, solver=solver).value == pytest.approx(
        dense_guarantee(mechanism, environment), abs=1e-6
    )
    assert potential(information, environment, solver=solver).value == pytest.approx(
        dense_potential(information, environment), abs=1e-6
    )


@pytest.mark.parametrize("name", ["common value", "known means", "three bidders", "outcomes"])
def test_the_worst_equilibrium_is_one(name: str) -> None:
    environment = ENVIRONMENTS[name]
    mechanism = random_mechanism(environment, 11)
    found = guarantee(mechanism, environment)
    joint = found.worst_equilibrium
    assert joint.shape == (*(3,) * environment.agents, environment.states)
    assert joint.min() >= 0
    assert joint.sum() == pytest.approx(1)
    for i in range(environment.agents):
        utility = mechanism.decisions @ environment.utilities_rounded[i].T
        if mechanism.transfers is not None:
            utility -= mechanism.transfers[i][..., None]
        own, law = (np.moveaxis(array, i, 0).reshape(3, -1) for array in (utility, joint))
        gains = law @ own.T - (law * own).sum(axis=1)[:, None]
        assert gains.max() < 1e-7


@pytest.mark.parametrize("name", ["large values", "cost and caps", "public expenditure"])
def test_the_best_mechanism_is_truthful_and_interim_individually_rational(name: str) -> None:
    environment = ENVIRONMENTS[name]
    information = random_information(environment, SIGNALS[: environment.agents], 13)
    best = potential(information, environment).best_mechanism
    joint = information.joint
    for i, grid in enumerate(information.grids):
        for signal in range(grid.actions):
            law = joint.take(signal, axis=i)
            utility = []
            for report in range(grid.actions):
                value = best.decisions.take(report, axis=i) @ environment.utilities_rounded[i].T
                if best.transfers is not None:
                    value -= best.transfers[i].take(report, axis=i)[..., None]
                utility.append(float((law * value).sum()))
            assert utility[signal] >= max(0.0, *utility) - 1e-7


def test_rules_for_real_bids_are_refused_with_the_way_to_a_grid() -> None:
    environment = auction([[0, 0], [1, 1]], ["1/2"] * 2)
    found = solve(environment)
    assert found.lower is not None
    assert found.upper is not None
    with pytest.raises(InputError, match="mechanism_on_grids"):
        guarantee(found.lower.mechanism, environment)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="information_on_grids"):
        potential(found.upper.information, environment)  # type: ignore[arg-type]
