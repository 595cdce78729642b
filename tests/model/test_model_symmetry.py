"""Exchanges of agents: those that leave an environment as it is are found, no others, and folding by them is exact."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from definitions.cases import CASES, CORNERS, NINE, THREE, E, Q, W
from definitions.problem import plain
from robustmech import Beliefs, Environment, Grid, auction, product_states, public_expenditure
from robustmech.bounds.assembly import local_program
from robustmech.lp import HighsSolver, orbits
from robustmech.model import Side, on_grids
from robustmech.model.symmetry import Exchange, exchanges, symmetries

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
LAW = ["0.2", "0.3", "0.5"]
UNEQUAL = {0: THIRD, HALF: THIRD, 1: THIRD}, {0: HALF, HALF: Fraction(1, 4), 1: Fraction(1, 4)}
TRIPLES = [[1, 1, 0], [1, 0, 1], [0, 1, 1]]


def pairs(environment: Environment, *grids: Grid) -> set[tuple[int, int]]:
    return {exchange.agents for exchange in exchanges(environment, grids)}


def test_alike_agents_are_found() -> None:
    assert pairs(auction(THREE, LAW), Q(3), Q(3)) == {(0, 1)}
    assert pairs(auction(NINE, [Fraction(1, 9)] * 9, cost="1/4", caps="1/2"), Q(3), Q(3)) == {(0, 1)}
    assert pairs(auction(CORNERS, beliefs=Beliefs.means(CORNERS, ["1/3", "1/3"])), Q(3), Q(3)) == {(0, 1)}
    assert pairs(auction(TRIPLES, ["1/3"] * 3), Q(2), Q(2), Q(2)) == {(0, 1), (0, 2), (1, 2)}
    assert pairs(public_expenditure([[3, 0], [0, 3]], [HALF, HALF]), W([1, 2]), W([2, 4])) == {(0, 1)}


@pytest.mark.parametrize(
    ("environment", "grids"),
    [
        pytest.param(auction(THREE, LAW), (Q(3), Q(4)), id="grids"),
        pytest.param(auction([[0, 0], [1, HALF]], ["1/2", "1/2"]), (Q(3), Q(3)), id="values"),
        pytest.param(auction([[1, 0], [0, 1]], ["1/3", "2/3"]), (Q(3), Q(3)), id="prior"),
        pytest.param(auction(THREE, LAW, caps=[1, "1/2"]), (Q(3), Q(3)), id="caps"),
        pytest.param(auction(CORNERS, beliefs=Beliefs.means(CORNERS, ["0.6", "0.4"])), (Q(3), Q(3)), id="means"),
        pytest.param(auction(NINE, beliefs=Beliefs.marginals(NINE, UNEQUAL)), (Q(3), Q(3)), id="marginals"),
        pytest.param(auction(CORNERS, beliefs=Beliefs.penalty([0, 1, 2, 3])), (Q(3), Q(3)), id="penalty"),
        pytest.param(CASES["general 4 with transfers"]().environment, (Q(3), Q(3)), id="no own decisions"),
    ],
)
def test_unlike_agents_are_not(environment: Environment, grids: tuple[Grid, ...]) -> None:
    assert exchanges(environment, grids) == ()


def test_some_of_three_are_alike() -> None:
    environment = auction(TRIPLES, ["1/2", "1/4", "1/4"])
    found = exchanges(environment, (Q(2),) * 3)
    assert [exchange.agents for exchange in found] == [(0, 1)]
    assert symmetries(3, found) == 2
    assert symmetries(3, exchanges(auction(TRIPLES, ["1/3"] * 3), (Q(2),) * 3)) == 6
    assert symmetries(3, ()) == 1


def is_a_symmetry(environment: Environment, exchange: Exchange) -> bool:
    """By the definition: the exchanged agent gets from the moved decision in the moved state what the agent got."""
    problem = plain(environment)
    i, j = exchange.agents
    agent = {**{a: a for a in problem.agents}, i: j, j: i}
    state, decision = exchange.states.tolist(), exchange.decisions.tolist()
    assert sorted(state) == list(problem.states)
    assert sorted(decision) == list(problem.decisions)
    same = all(
        problem.u[a][s][k] == problem.u[agent[a]][state[s]][decision[k]]
        for a, s, k in itertools.product(problem.agents, problem.states, problem.decisions)
    )
    same &= all(problem.w[s][k] == problem.w[state[s]][decision[k]] for s in problem.states for k in problem.decisions)
    same &= all(problem.penalty[s] == problem.penalty[state[s]] for s in problem.states)
    same &= all(problem.cap[k] == problem.cap[decision[k]] for k in problem.decisions)
    for r, moved in enumerate(exchange.rows.tolist()):
        same &= all(problem.rows[r][s] == problem.rows[moved][state[s]] for s in problem.states)
        same &= (problem.lower[r], problem.upper[r]) == (problem.lower[moved], problem.upper[moved])
    return same


@pytest.mark.parametrize("name", CASES)
def test_every_exchange_found_is_a_symmetry(name: str) -> None:
    case = CASES[name]()
    for exchange in exchanges(case.environment, (Q(3),) * case.environment.agents):
        assert is_a_symmetry(case.environment, exchange)


SYMMETRIC = {
    "common": (auction(THREE, LAW), (E(4, 2.0),) * 2),
    "marginals": (auction(NINE, beliefs=Beliefs.marginals(NINE, [UNEQUAL[1]] * 2)), (Q(4),) * 2),
    "means in intervals": (auction(CORNERS, beliefs=Beliefs.means(CORNERS, [("1/3", "2/3")] * 2)), (Q(4),) * 2),
    "zero-probability states": (auction(NINE, [HALF, 0, 0, 0, HALF, 0, 0, 0, 0]), (Q(4),) * 2),
    "two goods, must sell": (
        auction([[[0, 1], [1, 0]], [[1, 0], [0, 1]], [[1, 1], [1, 1]]], ["1/4", "1/4", "1/2"], must_sell=True),
        (Q(3),) * 2,
    ),
    "three bidders": (auction(product_states([[0, 1]] * 3), [Fraction(1, 8)] * 8, caps="2/3"), (Q(3),) * 3),
    "two of three": (auction(TRIPLES, ["1/2", "1/4", "1/4"]), (Q(3),) * 3),
    "public expenditure": (public_expenditure([[3, 0], [0, 3], [1, 1]], ["1/3"] * 3), (Q(4),) * 2),
}


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("name", SYMMETRIC)
def test_folded_program_has_the_whole_programs_value(name: str, side: Side) -> None:
    environment, grids = SYMMETRIC[name]
    alike = exchanges(environment, grids)
    assert alike
    whole = local_program(environment, on_grids(grids, side), side)
    folded = local_program(environment, on_grids(grids, side), side, alike)
    solver = HighsSolver(method="simplex")
    expected, found = solver.solve(whole.folding.program), solver.solve(folded.folding.program)
    assert folded.folding.program.cost.size < 0.8 * whole.folding.program.cost.size
    assert found.objective == pytest.approx(expected.objective, abs=1e-8)
    # and its solution, unfolded, is an optimal pair of the whole program
    solution, linear = folded.folding.unfold(found), whole.folding.program
    if linear.cost.size == solution.primal.size:  # the whole program may keep other belief columns
        activity = linear.matrix @ solution.primal
        assert linear.cost @ solution.primal == pytest.approx(expected.objective, abs=1e-8)
        assert np.all(activity >= linear.row_lower - 1e-7)
        assert np.all(activity <= linear.row_upper + 1e-7)
        reduced = linear.cost + linear.matrix.T @ solution.multipliers
        inside = (solution.primal > linear.column_lower + 1e-6) & (solution.primal < linear.column_upper - 1e-6)
        assert reduced[inside] == pytest.approx(np.zeros(np.count_nonzero(inside)), abs=1e-7)


def test_orbits() -> None:
    assert orbits(4, []).tolist() == [0, 1, 2, 3]
    found = orbits(5, [np.array([1, 0, 2, 3, 4]), np.array([0, 2, 1, 3, 4])])
    assert len(set(found[:3].tolist())) == 1
    assert len(set(found.tolist())) == 3
