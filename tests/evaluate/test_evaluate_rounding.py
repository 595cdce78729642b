"""The floating-point certificates against exact rational arithmetic: on the right side, and close."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from dense_programs import environments, random_information, random_mechanism

from robustmech import Environment, Grid, InformationStructure, Mechanism
from robustmech.bounds.evaluation import round_down
from robustmech.evaluate import guarantee
from robustmech.evaluate.balance import balanced, balanced_flows
from robustmech.evaluate.deviations import with_exact_sums
from robustmech.evaluate.guarantees import guarantee_bound
from robustmech.evaluate.potentials import potential_bound
from robustmech.model import MECHANISM_DENOMINATOR, FloatArray, RationalArray, rationals

ENVIRONMENTS = environments()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["common value", "cost and caps", "three bidders", "public expenditure", "outcomes"])
def test_the_lower_number_is_rounded_down(name: str, seed: int) -> None:
    environment = ENVIRONMENTS[name]
    mechanism = random_mechanism(environment, seed)
    draw = np.random.default_rng(seed)
    deviations = tuple(with_exact_sums(draw.normal(size=(3, 3)) * 10.0**seed) for _ in range(environment.agents))
    multipliers = rationals(draw.normal(size=environment.beliefs.rows))
    exact = _exact_bound(mechanism, environment, deviations, multipliers)
    proved = guarantee_bound(mechanism, environment, deviations, multipliers, np.arange(environment.states))
    assert Fraction(proved) <= exact
    assert float(exact) - proved < 1e-13 * 10.0**seed * 10


@pytest.mark.parametrize("seed", range(8))
def test_the_lower_number_is_rounded_down_where_large_transfers_cancel(seed: int) -> None:
    environment = ENVIRONMENTS["common value"]
    mechanism = random_mechanism(environment, seed)
    draw = np.random.default_rng(seed)
    mechanism = replace(
        mechanism,
        decision_counts=np.zeros_like(mechanism.decision_counts),
        transfers=draw.normal(size=(2, 3, 3)) + np.array([1e9, -1e9])[:, None, None],
    )
    deviations = tuple(with_exact_sums(100 * draw.random((3, 3))) for _ in range(2))
    multipliers = rationals([0] * 3)
    proved = guarantee_bound(mechanism, environment, deviations, multipliers, np.arange(3))
    assert Fraction(proved) <= _exact_bound(mechanism, environment, deviations, multipliers)


def test_numbers_are_rounded_down() -> None:
    assert all(Fraction(round_down(Fraction(n, 7))) <= Fraction(n, 7) for n in range(-20, 20))
    assert round_down(Fraction(3, 8)) == 0.375


@pytest.mark.parametrize("name", ["common value", "known means", "rows and penalty", "outcomes"])
def test_the_reported_multipliers_prove_the_reported_guarantee(name: str) -> None:
    environment = ENVIRONMENTS[name]
    mechanism = random_mechanism(environment, 21)
    found = guarantee(mechanism, environment)
    assert Fraction(found.value) <= _exact_bound(
        mechanism, environment, found.deviation_multipliers, found.belief_multipliers
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["common value", "must sell", "rows and penalty"])
def test_the_upper_number_is_rounded_up(name: str, seed: int) -> None:
    environment = ENVIRONMENTS[name]
    grids = (Grid.from_weights([1, 10, 3]), Grid.published(2))
    information = random_information(environment, grids, seed)
    draw = np.random.default_rng(seed)
    proposed = [(draw.normal(size=(grid.actions,) * 2) * 4.0**seed, draw.normal(size=grid.actions)) for grid in grids]
    proved = potential_bound(
        information,
        environment,
        tuple(balanced(grid, *flows) for grid, flows in zip(grids, proposed, strict=True)),
    )
    operators = []
    for grid, flows in zip(grids, proposed, strict=True):
        flow, leaving = balanced_flows(grid, *flows)
        operator = -flow + np.diag(flow.sum(axis=1) + leaving)
        operators.append([[Fraction(v, w << 64) for v in row] for row, w in zip(operator, grid.weights, strict=True)])
    exact = _exact_potential_bound(information, environment, operators)
    assert Fraction(proved) >= exact
    assert proved - float(exact) < 1e-11 * 4.0**seed


def _exact_bound(
    mechanism: Mechanism, environment: Environment, deviations: tuple[FloatArray, ...], multipliers: RationalArray
) -> Fraction:
    """The lower number that multipliers prove, from the definition."""
    shape = mechanism.decision_counts.shape[:-1]
    beliefs = environment.beliefs

    def value(weights: RationalArray, profile: tuple[int, ...]) -> Fraction:
        counts = mechanism.decision_counts[profile].tolist()
        return sum((w * c for w, c in zip(weights, counts, strict=True)), Fraction(0)) / MECHANISM_DENOMINATOR

    def paid(i: int, profile: tuple[int, ...]) -> Fraction:
        return Fraction(0) if mechanism.transfers is None else Fraction(float(mechanism.transfers[(i, *profile)]))

    smallest = None
    for profile, state in itertools.product(itertools.product(*map(range, shape)), range(environment.states)):
        slack = value(environment.payoff[state], profile)
        if beliefs.penalties is not None:
            slack -= beliefs.penalties[state]
        slack -= beliefs.transpose_multiply(multipliers)[state]
        for i in range(environment.agents):
            here = value(environment.utilities[i, state], profile) - paid(i, profile)
            slack += paid(i, profile)
            for deviation in range(shape[i]):
                other = (*profile[:i], deviation, *profile[i + 1 :])
                gain = value(environment.utilities[i, state], other) - paid(i, other) - here
                slack += Fraction(float(deviations[i][profile[i], deviation])) * gain
        smallest = slack if smallest is None else min(smallest, slack)
    limits = zip(multipliers, beliefs.lower, beliefs.upper, strict=True)
    assert smallest is not None
    total: Fraction = smallest + sum((y * ((low if y > 0 else high) or 0) for y, low, high in limits), Fraction(0))
    return total


def _exact_potential_bound(
    information: InformationStructure, environment: Environment, operators: list[list[list[Fraction]]]
) -> Fraction:
    """The upper number that operators prove, for one good to two bidders without caps."""
    shape = information.law_counts.shape[:-1]
    weights = [np.array(grid.weights, dtype=object) * Fraction(1, grid.total) for grid in information.grids]
    profile_law = np.multiply.outer(weights[0], weights[1])[..., None]
    law = information.law_counts.astype(object) * Fraction(1, information.denominator)
    joint = profile_law * ((1 - information.mixture) * law + information.mixture * information.correction)
    required = bool(environment.decision_set.required[0])
    total = Fraction(0)
    for a, b in itertools.product(*map(range, shape)):
        objective = environment.payoff.T @ joint[a, b]
        for j in range(shape[0]):
            objective = objective + operators[0][j][a] * (environment.utilities[0].T @ joint[j, b])
        for j in range(shape[1]):
            objective = objective + operators[1][j][b] * (environment.utilities[1].T @ joint[a, j])
        total += max(objective) if required else max(Fraction(0), *objective)
    if environment.beliefs.penalties is not None:
        total -= (environment.beliefs.penalties * joint.sum(axis=(0, 1))).sum()
    return total
