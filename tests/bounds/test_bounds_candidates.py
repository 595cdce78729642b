"""Candidates: what closed forms and plain mechanisms and information prove, beside the closed forms' own numbers."""

from fractions import Fraction

import numpy as np
import pytest

import robustmech as rm
from definitions.solved import numbers
from robustmech.bounds.budget import Budget
from robustmech.bounds.candidates import grid_lower_candidates, lower_candidates, upper_candidates
from robustmech.bounds.candidates.coupling import curtain
from robustmech.bounds.candidates.plain import best_corners, worst_law
from robustmech.bounds.entry import Entry
from robustmech.bounds.places import GridPlace
from robustmech.bounds.sides import Task, solve_lower
from robustmech.continuum import PublicExpenditure
from robustmech.continuum.recognising import recognised
from robustmech.lp import ClarabelSolver, LinearProgram, LinearSolution
from robustmech.model import Beliefs, Environment, auction, product_states, rationals
from robustmech.model.symmetry import exchanges

TENTHS = [Fraction(1, 10)] * 10
NINTHS = [Fraction(k, 9) for k in range(10)]
RARE = [Fraction(1, 10**4 * 10**k) for k in (3, 6, 9)]


def task_of(environment: Environment) -> Task:
    return Task(
        environment=environment,
        entry=Entry.into(environment),
        alike=exchanges(environment),
        solver=ClarabelSolver(),
        budget=Budget(),
        worth=1.0,
        watch=lambda stage: None,
    )


def common(
    values: list[Fraction], law: list[Fraction], bidders: int = 2, cost: str = "0", must: bool = False
) -> Environment:
    return auction([[value] * bidders for value in values], law, cost=cost, must_sell=must)


def means(*expected: str) -> Environment:
    corners = product_states([[0, 1]] * len(expected))
    return auction(corners, beliefs=Beliefs.means(corners, list(expected)))


def history() -> Environment:
    """Some 1,700 different values."""
    values = sorted({Fraction(str(round(v, 4))) for v in np.random.default_rng(0).lognormal(0, 0.6, 1740)})
    return common(values, [Fraction(1, len(values))] * len(values))


CASES = {
    "ten values": (common(NINTHS, TENTHS), 5e-4),
    "one bidder": (common(NINTHS, TENTHS, 1), 1e-6),
    "five bidders": (common(NINTHS, TENTHS, 5), 1e-3),
    "cost": (common(NINTHS, TENTHS, cost="1/5"), 5e-4),
    "must sell": (common(NINTHS, TENTHS, cost="1/5", must=True), 5e-3),
    "no value is zero": (common([Fraction(1), Fraction(3, 2), Fraction(2)], [Fraction(1, 3)] * 3), 2e-3),
    "values from 1e-12 to 1e9": (
        common(
            [Fraction(1, 10**12), *(Fraction(10**k) for k in (0, 3, 6, 9))],
            [Fraction(1, 2), Fraction(1, 2) - sum(RARE), *RARE],
        ),
        1e-4,
    ),
    "two means": (means("3/5", "2/5"), 1e-6),
    "equal means": (means("3/5", "3/5", "3/5"), 1e-6),
    "an excluded bidder": (means("9/10", "3/10"), 5e-3),
    "three means": (means("3/5", "1/2", "2/5"), 2e-2),
    "constant sum": (auction([[2, 0], [1, 1], [0, 2]], ["1/4", "1/2", "1/4"]), 5e-2),
}


@pytest.mark.parametrize("name", CASES)
def test_closed_forms_prove_themselves(name: str) -> None:
    environment, width = CASES[name]
    problem = recognised(environment)
    assert problem is not None
    truth = problem.guarantee
    lower = max(found.value for found in lower_candidates(task_of(environment)))
    upper = min(found.value for found in upper_candidates(task_of(environment)))
    assert lower <= truth * (1 + 1e-9) <= upper * (1 + 2e-9)
    assert upper - lower <= width * truth


def test_1700_values_need_no_program() -> None:
    class Refusing(ClarabelSolver):
        def solve(self, program: LinearProgram, **_: object) -> LinearSolution:
            raise AssertionError("a program was solved")

    found = rm.solve(history(), solver=Refusing())
    assert found.status is rm.BoundStatus.PROVED
    assert found.closed_form is not None
    lower, upper = numbers(found)
    assert lower < found.closed_form.value < upper < 1.01 * lower


@pytest.mark.parametrize("factor", [Fraction(1, 10**9), Fraction(1), Fraction(10**12)])
def test_units_do_not_matter(factor: Fraction) -> None:
    found = rm.solve(common([factor * v for v in NINTHS], TENTHS))
    lower, upper = numbers(found)
    assert lower / float(factor) == pytest.approx(0.2709948, abs=1e-6)
    assert upper / float(factor) == pytest.approx(0.2710530, abs=1e-6)


def test_spending_on_the_papers_grid_is_not_given_up() -> None:
    """With a solver that proposes nothing of use, the closed form's mechanism on the same grid stands in."""
    problem = PublicExpenditure(2, 3.0)
    place = GridPlace(grids=(rm.Grid.published(8),) * 2)
    task = task_of(problem.environment())
    solved = solve_lower(task, place)
    found = max(grid_lower_candidates(task, place), key=lambda candidate: candidate.value)
    assert found.value == pytest.approx(solved.value, rel=0.02)


@pytest.mark.parametrize("bidders", [1, 2])
def test_a_posted_price_of_a_quarter_proves_an_eighth(bidders: int) -> None:
    """A common value at the midpoints of a hundred cells of [0, 1]: 1/4 is accepted half of the time at worst."""
    environment = common([Fraction(2 * j + 1, 200) for j in range(100)], [Fraction(1, 100)] * 100, bidders)
    found = [f.value for f in lower_candidates(task_of(environment)) if f.record.detail == "a posted price"]
    assert max(found) == pytest.approx(1 / 8, abs=1e-9)


def test_a_large_problem_has_a_price_before_it_has_a_program() -> None:
    values = [Fraction(j, 39) for j in range(40)]
    environment = auction(product_states([values] * 2), [Fraction(1, 1600)] * 1600)
    best = max(found.value for found in lower_candidates(task_of(environment)))
    assert 0.12 < best < 0.5


def test_doing_nothing_is_exactly_nothing() -> None:
    hopeless = common([Fraction(0), Fraction(1)], [Fraction(1, 2)] * 2, cost="2")
    lower, upper = numbers(rm.solve(hopeless))
    assert lower == 0
    assert 0 <= upper < 1e-6
    on_grid = rm.solve(hopeless, rm.Grid.quantile(4)).lower
    assert on_grid is not None
    assert on_grid.value >= 0


def test_constant_decisions_prove_the_least_expected_payoff() -> None:
    payoff = [[1, 4], [3, 0], [2, 2]]
    beliefs = Beliefs.means([[0], [1], [2]], [("1/2", "3/2")])
    environment = Environment(
        utilities=rationals(np.zeros((2, 3, 2), dtype=np.int64)),
        payoff=rationals(payoff),
        decision_set=rm.simplex(2),
        beliefs=beliefs,
        transfers=False,
    )
    best = max(found.value for found in lower_candidates(task_of(environment)))
    assert best == pytest.approx(1.25, abs=1e-7)  # the first decision, with weights 3/4 and 1/4 on the outer states
    assert len(best_corners(environment)) == 2


def test_no_information_is_under_the_worst_law() -> None:
    states = product_states([[0, 1]] * 2)
    environment = auction(states, beliefs=Beliefs.means(states, [("1/4", "3/4"), ("1/2", "3/4")]))
    joint = environment.payoff_rounded + environment.utilities_rounded.sum(axis=0)
    law = worst_law(environment, joint)
    assert float(environment.decision_set.largest(law @ joint)) == pytest.approx(0.5, abs=1e-9)
    told = {found.record.detail: found for found in upper_candidates(task_of(environment))}

    assert told["no information"].value == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("upward", [True, False])
def test_the_curtain_keeps_both_laws_and_meets_means_that_can_be_met(upward: bool) -> None:
    generator = np.random.default_rng(5)
    values, masses = np.sort(generator.random(30)), generator.dirichlet(np.ones(30))
    coupled = generator.dirichlet(np.ones(12), size=30) * masses[:, None]
    sizes = coupled.sum(axis=0)
    targets = (values @ coupled) / sizes
    joint = curtain(values, masses, targets, sizes, upward)
    np.testing.assert_allclose(joint.sum(axis=0), masses, atol=1e-14)
    np.testing.assert_allclose(joint.sum(axis=1), sizes, atol=1e-14)
    np.testing.assert_allclose(joint @ values / sizes, targets, atol=1e-9)


def test_a_candidate_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from robustmech.bounds.candidates import common_value
    from robustmech.errors import SolveError

    def broken(*_: object) -> object:
        raise SolveError("broken")

    monkeypatch.setattr(common_value.Grouped, "of", broken)
    task = task_of(common(NINTHS, TENTHS))
    assert next(found.record.detail for found in lower_candidates(task)) == "doing nothing"
    assert all("closed form" not in found.record.detail for found in upper_candidates(task))


def test_a_number_just_below_zero_is_not_printed_where_doing_nothing_proves_zero() -> None:
    """Staying harms nobody and is worth nothing; moving harms somebody in each state."""
    for seed in range(5):
        generator = np.random.default_rng(seed)
        utilities = np.zeros((2, 2, 2), dtype=np.int64)
        utilities[:, :, 1] = [[-1, 2], [2, -1]]
        payoff = np.zeros((2, 2), dtype=np.int64)
        payoff[:, 1] = generator.integers(-9, 0, size=2)
        environment = Environment(
            utilities=rationals(utilities),
            payoff=rationals(payoff),
            decision_set=rm.simplex(2),
            beliefs=Beliefs.known(["1/3", "2/3"]),
            transfers=False,
        )
        for grid in (rm.Grid.quantile(3), rm.Grid.published(3)):
            lower = rm.solve(environment, grid).lower
            assert lower is not None
            assert lower.value == 0
