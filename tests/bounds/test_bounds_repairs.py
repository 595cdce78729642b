"""From proposals to objects that are exactly feasible, close to what was proposed."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from definitions.cases import CASES, Q
from definitions.exact_numbers import in_beliefs, in_decision_set, lower_number
from definitions.problem import law, plain, profiles
from robustmech import (
    Beliefs,
    DecisionSet,
    Environment,
    InputError,
    auction,
    public_expenditure,
    simplex,
    solve,
)
from robustmech.bounds.assembly import local_program
from robustmech.bounds.decision_repair import into_decision_set
from robustmech.bounds.evaluation import strategic_value
from robustmech.bounds.excluded_states import sink_excluded_states
from robustmech.bounds.information_repair import exact_information, exact_law
from robustmech.bounds.participation import feasible_decisions
from robustmech.bounds.secure_face import secure_face
from robustmech.model import FloatArray, IntArray, Side, on_grids, rationals

ONE = 2**40
SETS = {
    "simplex": simplex(3),
    "packing": DecisionSet(group=np.zeros(3, dtype=np.int64), required=np.array([False]), cap=rationals([1, 1, 1])),
    "capped": DecisionSet(
        group=np.zeros(3, dtype=np.int64), required=np.array([False]), cap=rationals(["1/3", "1/2", "2/7"])
    ),
    "capped, required": DecisionSet(
        group=np.zeros(3, dtype=np.int64), required=np.array([True]), cap=rationals(["1/3", "1/2", "2/7"])
    ),
    "just enough": DecisionSet(
        group=np.zeros(3, dtype=np.int64), required=np.array([True]), cap=rationals(["1/4", "1/2", "1/4"])
    ),
    "two groups": DecisionSet(
        group=np.array([1, 0, 1]), required=np.array([False, True]), cap=rationals(["1/3", "1/2", 1])
    ),
}


def inside(chosen: DecisionSet, counts: IntArray) -> bool:
    environment = Environment(
        utilities=rationals(np.zeros((1, 1, 3))),
        payoff=rationals(np.zeros((1, 3))),
        decision_set=chosen,
        beliefs=Beliefs.known([1]),
        transfers=False,
    )
    return all(in_decision_set(plain(environment), [Fraction(c, ONE) for c in row]) for row in counts.tolist())


@pytest.mark.parametrize("name", SETS)
def test_anything_is_pushed_into_the_decision_set(name: str) -> None:
    rng = np.random.default_rng(0)
    proposals = np.concatenate(
        [
            rng.normal(size=(200, 3)),
            rng.random((200, 3)),
            rng.dirichlet(np.ones(3), size=200) * (1 + 1e-9 * rng.normal(size=(200, 1))),
            np.array([[np.nan, np.inf, -np.inf], [0, 0, 0], [1, 1, 1], [1e300, 0, 0], [1, 0, 0], [0, 0, 1e-15]]),
        ]
    )
    assert inside(SETS[name], into_decision_set(SETS[name], proposals))


@pytest.mark.parametrize("name", SETS)
def test_what_is_nearly_inside_moves_little(name: str) -> None:
    rng = np.random.default_rng(1)
    exact = into_decision_set(SETS[name], rng.random((300, 3))) / ONE
    assert np.array_equal(into_decision_set(SETS[name], exact) / ONE, exact)
    disturbed = exact + 1e-9 * rng.normal(size=exact.shape)
    assert np.abs(into_decision_set(SETS[name], disturbed) / ONE - exact).max() < 1e-8


def test_dropped_decisions_are_not_used() -> None:
    dropped = np.array([False, True, False])
    counts = into_decision_set(SETS["simplex"], np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]]), dropped)
    assert counts[:, 1].tolist() == [0, 0]
    assert counts.sum(axis=1).tolist() == [ONE, ONE]
    short = into_decision_set(SETS["capped, required"], np.full((1, 3), 0.3), dropped)
    assert 0 < short.sum() < ONE


def lowest_actions_are_safe(environment: Environment, counts: IntArray) -> bool:
    problem = plain(environment)
    for x in itertools.product(*(range(m) for m in counts.shape[:-1])):
        for i, state in itertools.product(problem.agents, problem.states):
            if x[i] == 0 and sum(problem.u[i][state][k] * int(counts[(*x, k)]) for k in problem.decisions) < 0:
                return False
    return True


@pytest.mark.parametrize(
    "name", ["public expenditure", "public expenditure, three agents", "bilateral trade", "common"]
)
def test_participation_is_exact_whatever_was_proposed(name: str) -> None:
    case = CASES[name]()
    shape = tuple(grid.actions for grid in case.grids)
    rng = np.random.default_rng(2)
    proposed = rng.random((int(np.prod(shape)), case.environment.decisions))
    counts = feasible_decisions(case.environment, on_grids(case.grids, Side.LOWER), proposed)
    shaped = counts.reshape(*shape, -1)
    assert lowest_actions_are_safe(case.environment, shaped)
    assert all(in_decision_set(plain(case.environment), [Fraction(c, ONE) for c in row]) for row in counts.tolist())
    away = np.all(np.indices(shape) > 0, axis=0).ravel()
    unhurt = into_decision_set(case.environment.decision_set, proposed)
    assert np.array_equal(counts[away], unhurt[away])


def test_a_small_violation_is_mixed_away_by_little() -> None:
    environment = Environment(
        utilities=rationals([[[1, -1], [2, -1]], [["1/2", 1], [-1, 3]]]),
        payoff=rationals(np.zeros((2, 2))),
        decision_set=simplex(2),
        beliefs=Beliefs.known(["1/2", "1/2"]),
        transfers=False,
    )
    grids = (Q(2), Q(2))
    # the first agent needs at least half of the first decision, the second at most three quarters
    proposed = np.array([[0.5 - 1e-9, 0.5 + 1e-9], [0.5 - 1e-9, 0.5 + 1e-9], [0.75 + 1e-9, 0.25 - 1e-9], [1, 0]])
    counts = feasible_decisions(environment, on_grids(grids, Side.LOWER), proposed)
    assert lowest_actions_are_safe(environment, counts.reshape(2, 2, 2))
    assert counts.sum(axis=1).tolist() == [ONE] * 4
    assert np.abs(counts / ONE - proposed).max() < 1e-8


def test_no_secure_decision_is_an_error() -> None:
    environment = Environment(
        utilities=rationals(-np.ones((1, 1, 2))),
        payoff=rationals(np.zeros((1, 2))),
        decision_set=simplex(2),
        beliefs=Beliefs.known([1]),
        transfers=False,
    )
    with pytest.raises(InputError, match="participation secure"):
        feasible_decisions(environment, on_grids((Q(2),), Side.LOWER), np.full((2, 2), 0.5))


def proposals(rows: int, states: int) -> list[FloatArray]:
    rng = np.random.default_rng(3)
    sparse = rng.random((rows, states)) * (rng.random((rows, states)) < 0.3)
    return [
        rng.random((rows, states)),
        rng.normal(size=(rows, states)),
        sparse,
        np.zeros((rows, states)),
        np.full((rows, states), np.nan),
        np.eye(1, rows * states).reshape(rows, states),
        rng.random((rows, states)) ** 40,
    ]


@pytest.mark.parametrize("name", CASES)
def test_any_proposal_becomes_an_exact_information_structure(name: str) -> None:
    case = CASES[name]()
    environment, problem = case.environment, plain(case.environment)
    discretisation = on_grids(case.grids, Side.UPPER)
    for proposed in proposals(discretisation.rows, environment.states):
        found = exact_information(environment, discretisation, case.grids, proposed)
        assert found.law_counts.min() >= 0
        assert min(found.correction) >= 0
        assert sum(found.correction) == 1
        assert 0 <= found.mixture < 1
        assert in_beliefs(problem, found.state_law.tolist())
        sums = (
            found.law_counts.sum(axis=-1, dtype=object) if environment.transfers else found.law_counts.sum(dtype=object)
        )
        assert np.all(sums == found.denominator)


@pytest.mark.parametrize("name", CASES)
def test_a_nearly_exact_proposal_is_hardly_mixed(name: str) -> None:
    case = CASES[name]()
    discretisation = on_grids(case.grids, Side.UPPER)
    first = exact_information(
        case.environment, discretisation, case.grids, np.ones((discretisation.rows, case.environment.states))
    )
    joint = first.joint.reshape(discretisation.rows, -1)
    noise = np.random.default_rng(4).normal(size=joint.shape)
    second = exact_information(case.environment, discretisation, case.grids, joint * (1 + 1e-9 * noise))
    assert second.mixture < 1e-6
    assert np.abs(second.joint.reshape(joint.shape) - joint).max() < 1e-6


@pytest.mark.parametrize(
    "name",
    ["zero-probability state", "degenerate prior", "mean at the top of its range", "mean at the bottom of its range",
     "marginals with a value of probability zero", "public expenditure, zero-probability state"],
)  # fmt: skip
def test_excluded_states_do_not_bind(name: str) -> None:
    """However high λ lies in states that no prior allows, the number is the one of the problem without them."""
    case = CASES[name]()
    environment = case.environment
    program = local_program(environment, on_grids(case.grids, Side.LOWER), Side.LOWER)
    kept = program.states.tolist()
    assert 0 < len(kept) < environment.states
    nodes = program.discretisation.nodes
    proposed = np.random.default_rng(5).random((nodes, environment.decisions))
    counts = feasible_decisions(environment, program.discretisation, proposed)
    multipliers = rationals(np.random.default_rng(6).normal(size=environment.beliefs.rows) * 10)
    value, _ = strategic_value(
        environment, program.discretisation, counts, sink_excluded_states(program, counts, multipliers)
    )
    whole, laws = plain(environment), [law(grid) for grid in case.grids]
    without = replace(
        whole,
        u=[[own[state] for state in kept] for own in whole.u],
        w=[whole.w[state] for state in kept],
        rows=[[entries[state] for state in kept] for entries in whole.rows],
        penalty=[whole.penalty[state] for state in kept],
    )
    decisions = {x: [Fraction(c, ONE) for c in row] for x, row in zip(profiles(laws), counts.tolist(), strict=True)}
    assert value == pytest.approx(float(lower_number(without, laws, decisions, multipliers.tolist())), abs=1e-8)


def test_sinking_leaves_the_other_states_as_they_are() -> None:
    """With a state of no mass added, the repaired number is the one without it."""
    grids = (Q(3), Q(3))
    without = auction([[0, 0], [1, 1]], ["1/2", "1/2"])
    with_it = auction([[0, 0], [1, 1], [1, 9]], ["1/2", "1/2", 0])
    counts = np.full((9, 2), ONE // 4)
    y = rationals(["-1/4", "1/3"])
    program = local_program(with_it, on_grids(grids, Side.LOWER), Side.LOWER)
    sunk = sink_excluded_states(program, counts, rationals([*y, 10**6]))
    expected, _ = strategic_value(without, on_grids(grids, Side.LOWER), counts, y)
    value, _ = strategic_value(with_it, program.discretisation, counts, sunk)
    assert value == pytest.approx(expected, abs=1e-9)
    assert sunk[:2].tolist() == y.tolist()


def test_a_thin_margin_does_not_cost_a_decision() -> None:
    """An agent that others' paying is worth little can pay as little in turn: that is not given up for the margin."""
    environment = public_expenditure([[0, 1000, "1/400"]], [1])
    rows = rationals([[-1, 0, 0], ["1/399", "1/399", -1]])
    face = secure_face(environment.decision_set, rows)
    assert face.dropped.tolist() == [True, False, False]
    assert face.slack[1] > 1e-3
    found = solve(environment, Q(4), side="lower")
    assert found.lower is not None
    assert str(found.lower.record.status) == "proved"
    assert found.lower.value == pytest.approx(999.0025, abs=1e-3)


def test_what_hurts_is_given_up_and_no_more() -> None:
    """The second decision may be used a thousandth as much as the first: what is too much of it is given up."""
    environment = Environment(
        utilities=rationals([[["1/1000", -1]]]),
        payoff=rationals([[1, 1]]),
        decision_set=DecisionSet(group=np.array([0, 0]), required=np.array([False]), cap=rationals([1, 1])),
        beliefs=Beliefs.known([1]),
        transfers=False,
    )
    proposed = np.array([[0.9, 0.0009 + 1e-6], [0.9, 0.05]])
    counts = feasible_decisions(environment, on_grids((Q(2),), Side.LOWER), proposed)
    assert counts[0] / ONE == pytest.approx([0.9, 0.0009], abs=1e-11)
    assert counts[1] / ONE == pytest.approx([0.9, 0.05], abs=1e-11)


@pytest.mark.parametrize("transfers", [False, True])
def test_the_law_of_an_unlikely_state_keeps_its_digits(transfers: bool) -> None:
    """A proposal whose law of a state of probability 1e-12 is a tenth off is mixed with next to nothing."""
    rare = Fraction(1, 10**12)
    prior = [Fraction(1, 2), Fraction(1, 2) - rare, rare]
    environment = Environment(
        utilities=rationals([[[0, 1]] * 3] * 2),
        payoff=rationals([[0, 1]] * 3),
        decision_set=simplex(2),
        beliefs=Beliefs.known(prior),
        transfers=transfers,
    )
    discretisation = on_grids((Q(3), Q(3)), Side.UPPER)
    conditional = np.tile([0.5, 0.5, 1e-12], (9, 1)) * np.random.default_rng(0).uniform(0.9, 1.1, (9, 3))
    conditional[:, 0] += 1 - conditional.sum(axis=1)
    law = exact_law(environment, discretisation, discretisation.mass[:, None] * conditional)
    assert law.state_law.tolist() == prior
    assert law.mixture < Fraction(1, 10)
    shape = law.joint[:, 2] / law.joint[:, 2].sum()
    expected = conditional[:, 2] / conditional[:, 2].sum()
    assert shape == pytest.approx(expected, rel=0.02)
