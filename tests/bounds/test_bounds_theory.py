"""Theorem 1 of Brooks & Du (2023), tested on the games themselves: all deviations, not only local ones."""

import itertools
from collections.abc import Sequence
from fractions import Fraction

import pytest

from definitions.cases import CORNERS, THREE, Case, E, P, Q, W, general
from definitions.games import exact_guarantee, exact_potential
from definitions.problem import law, plain, profiles
from definitions.solved import gridded, numbers
from robustmech import Beliefs, Environment, Grid, Mechanism, auction, public_expenditure, solve

HALF = Fraction(1, 2)
ENVIRONMENTS = {
    "common": auction(THREE, ["0.2", "0.3", "0.5"]),
    "independent": auction(CORNERS, ["1/4"] * 4),
    "cost and cap": auction(THREE, ["0.2", "0.3", "0.5"], cost="0.2", caps=["1/2", 1]),
    "must sell": auction(THREE, ["0.2", "0.3", "0.5"], must_sell=True),
    "asymmetric": auction([[0, 0], ["0.6", "0.5"], [1, "0.3"]], ["0.2", "0.3", "0.5"]),
    "means": auction(CORNERS, beliefs=Beliefs.means(CORNERS, ["0.6", "0.4"])),
    "penalty": auction(CORNERS, beliefs=Beliefs.penalty([0, "0.1", "0.2", "0.5"])),
    "public expenditure": public_expenditure([[3, 0], [0, 3]], [HALF, HALF]),
    "general": general(0, transfers=False).environment,
    "general with transfers": general(5, transfers=True).environment,
}
GRIDS: dict[str, Sequence[Grid]] = {
    "quantile": (Q(3), Q(3)),
    "quantile, unequal": (Q(2), Q(3)),
    "weights": (W([1, 2, 4]), W([3, 1])),
    "exponential": (E(3, 2.0), E(3, 1.0)),
    "published": (P(2), Q(2)),
}


def guarantee(environment: Environment, grids: Sequence[Grid], mechanism: Mechanism) -> float:
    laws = [law(grid) for grid in grids]
    decisions = {x: mechanism.decisions[x].tolist() for x in profiles(laws)}
    paid = (
        []
        if mechanism.transfers is None
        else [{x: float(own[x]) for x in profiles(laws)} for own in mechanism.transfers]
    )
    return exact_guarantee(plain(environment), laws, decisions, paid)


def brackets(case: Case) -> tuple[float, float, float, float]:
    """The lower number, the guarantee of its mechanism, the potential of the upper's information, the upper number."""
    solution = solve(case.environment, case.grids)
    (lower, upper), (mechanism, found) = numbers(solution), gridded(solution)
    laws = [law(grid) for grid in case.grids]
    conditional = found.joint
    if case.environment.transfers:
        conditional = conditional / conditional.sum(axis=-1, keepdims=True)
    potential = exact_potential(plain(case.environment), laws, {x: conditional[x].tolist() for x in profiles(laws)})
    return lower, guarantee(case.environment, case.grids, mechanism), potential, upper


@pytest.mark.parametrize(("name", "kind"), list(itertools.product(ENVIRONMENTS, GRIDS)))
def test_numbers_bound_the_exact_guarantee_and_potential(name: str, kind: str) -> None:
    case = Case(ENVIRONMENTS[name], tuple(GRIDS[kind]))
    slack = 1e-8 * case.environment.scale
    lower, guaranteed, potential, upper = brackets(case)
    assert lower <= guaranteed + slack
    assert guaranteed <= potential + slack
    assert potential <= upper + slack


@pytest.mark.parametrize("actions", [3, 4])
@pytest.mark.parametrize("name", ["common", "independent", "cost and cap", "must sell", "means", "penalty"])
def test_auctions_on_the_quantile_grid_have_exact_bounds(name: str, actions: int) -> None:
    """An observation (DESIGN, section 2), not a theorem: in these, deviations that are not local gain nothing."""
    lower, guaranteed, potential, upper = brackets(Case(ENVIRONMENTS[name], (Q(actions), Q(actions))))
    assert guaranteed == pytest.approx(lower, abs=1e-7)
    assert potential == pytest.approx(upper, abs=1e-7)


@pytest.mark.parametrize(("name", "actions"), [("public expenditure", 3), ("asymmetric", 2)])
def test_bounds_on_the_quantile_grid_are_not_always_exact(name: str, actions: int) -> None:
    """The observation stops where there are no transfers, or the bidders differ much."""
    lower, guaranteed, _, _ = brackets(Case(ENVIRONMENTS[name], (Q(actions), Q(actions))))
    assert guaranteed - lower > 1e-3
