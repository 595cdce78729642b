"""The two numbers against exact arithmetic: on its right side and within rounding of it; repairs are exact."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from definitions.cases import CASES, Case, E, P, Q, W
from definitions.exact_numbers import in_beliefs, in_decision_set, lower_number, upper_number
from definitions.problem import law, plain, probability, profiles
from robustmech import InformationStructure, LowerBound, Mechanism, UpperBound, auction, solve
from robustmech.bounds.evaluation import informational_value, strategic_value
from robustmech.model import Side, on_grids

THIN = Fraction(1, 10**9)
EXTRA = {
    "published 4": Case(auction([[0, 0], ["1/3", "1/3"], [1, 1]], ["1/7", "2/7", "4/7"]), (P(4), P(4))),
    "long exponential": Case(
        auction([[0, 0], ["1/3", "2/7"], [1, 1]], ["1/7", "2/7", "4/7"]), (E(12, 30.0), E(5, 8.0))
    ),
    "very unequal weights": Case(
        auction([[0, 0], ["1/3", "2/7"], [1, 1]], ["1/7", "2/7", "4/7"]), (W([1, THIN, 1]), Q(4))
    ),
}
NAMES = [*EXTRA, *CASES]


def case_of(name: str) -> Case:
    return EXTRA[name] if name in EXTRA else CASES[name]()


def decisions_of(mechanism: Mechanism) -> dict[tuple[int, ...], list[Fraction]]:
    shape = mechanism.decision_counts.shape[:-1]
    return {x: [Fraction(c, 2**40) for c in mechanism.decision_counts[x].tolist()] for x in np.ndindex(*shape)}


def joint_of(found: InformationStructure) -> dict[tuple[tuple[int, ...], int], Fraction]:
    laws = [law(grid) for grid in found.grids]
    joint = {}
    for x, state in itertools.product(profiles(laws), range(found.correction.size)):
        base = Fraction(int(found.law_counts[(*x, state)]), found.denominator)
        mass = probability(laws, x)
        share = mass * base if found.product_signals else base
        joint[x, state] = (1 - found.mixture) * share + found.mixture * mass * found.correction[state]
    return joint


def check_lower(case: Case, bound: LowerBound) -> None:
    problem, laws = plain(case.environment), [law(grid) for grid in case.grids]
    assert isinstance(bound.mechanism, Mechanism)
    decisions = decisions_of(bound.mechanism)
    assert all(in_decision_set(problem, decision) for decision in decisions.values())
    entry = bound.mechanism.entry_payments
    exact = lower_number(problem, laws, decisions, bound.multipliers.tolist())
    for x, i in itertools.product(decisions, problem.agents):
        if x[i] == 0:
            paid = Fraction(0) if entry is None else int(entry.counts[(*x, i)]) * entry.unit / 2**40
            for state in problem.states:
                assert sum(problem.u[i][state][k] * decisions[x][k] for k in problem.decisions) >= paid
            exact += paid * probability(laws, x) / laws[i][0]
    assert bound.value <= exact
    assert exact - Fraction(bound.value) <= Fraction(1, 10**10) * Fraction(case.environment.scale)


def check_upper(case: Case, bound: UpperBound) -> None:
    problem, laws = plain(case.environment), [law(grid) for grid in case.grids]
    assert isinstance(bound.information, InformationStructure)
    joint = joint_of(bound.information)
    assert min(joint.values()) >= 0
    prior = [sum((joint[x, state] for x in profiles(laws)), Fraction(0)) for state in problem.states]
    assert in_beliefs(problem, prior)
    assert prior == bound.information.state_law.tolist()
    if problem.transfers:
        for x in profiles(laws):
            assert sum(joint[x, state] for state in problem.states) == probability(laws, x)
    exact = upper_number(problem, laws, joint)
    assert bound.value >= exact
    assert Fraction(bound.value) - exact <= Fraction(1, 10**10) * Fraction(case.environment.scale)


@pytest.mark.parametrize("name", NAMES)
def test_lower_number_is_just_below_its_exact_value(name: str) -> None:
    case = case_of(name)
    bound = solve(case.environment, case.grids, side="lower").lower
    assert bound is not None
    check_lower(case, bound)


@pytest.mark.parametrize("name", NAMES)
def test_upper_number_is_just_above_its_exact_value(name: str) -> None:
    case = case_of(name)
    bound = solve(case.environment, case.grids, side="upper").upper
    assert bound is not None
    check_upper(case, bound)


@pytest.mark.parametrize("seed", range(40))
def test_rounding_is_outward_for_arbitrary_mechanisms_and_laws(seed: int) -> None:
    """Numbers that no solver made, where rounding goes either way: an inward rounding would show."""
    rng = np.random.default_rng(seed)
    values = rng.random((4, 2))
    environment = auction(values, np.full(4, 0.25), cost=float(rng.random() / 3), must_sell=bool(seed % 2))
    grids = (W(rng.random(3) + 0.01), (Q(4), W([5, 1, 2, 3]), E(4, 2.0))[seed % 3])
    problem, laws = plain(environment), [law(grid) for grid in grids]
    first = rng.integers(0, 2**40, size=12)
    counts = np.stack([first, 2**40 - first], axis=-1)
    multipliers = np.array([Fraction(y) for y in rng.normal(size=4).tolist()], dtype=object)
    value, _ = strategic_value(environment, on_grids(grids, Side.LOWER), counts, multipliers)
    mechanism = Mechanism(grids=grids, decision_counts=counts.reshape(3, 4, 2))
    exact = lower_number(problem, laws, decisions_of(mechanism), multipliers.tolist())
    assert exact - Fraction(1, 10**10) <= value <= exact

    law_counts = rng.multinomial(2**40, rng.dirichlet(np.ones(4)), size=12)
    correction = np.array([Fraction(1, 7), Fraction(2, 7), Fraction(4, 7), Fraction(0)], dtype=object)
    information = InformationStructure(
        grids=grids,
        law_counts=law_counts.reshape(3, 4, 4),
        denominator=2**40,
        mixture=Fraction(1, 3),
        correction=correction,
        product_signals=True,
        state_law=correction,
    )
    value = informational_value(environment, on_grids(grids, Side.UPPER), information)
    exact = upper_number(problem, laws, joint_of(information))
    assert exact <= value <= exact + Fraction(1, 10**10)
