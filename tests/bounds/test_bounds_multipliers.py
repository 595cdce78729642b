"""The best belief multipliers for given decisions: nobody's are better, and without transfers they are a minimum."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import robustmech as rm
from robustmech.bounds.evaluation import exact_multipliers, strategic_value
from robustmech.bounds.multipliers import are_known, best_multipliers, known_multipliers
from robustmech.bounds.participation import feasible_decisions
from robustmech.model import Beliefs, Environment, IntArray, Side, on_grids, public_expenditure

GRIDS = (rm.Grid.quantile(4), rm.Grid.exponential(3, 2.0))
STATES = [[3, 0], [0, 3], [1, 2]]
LIMITS = Beliefs(
    states=3,
    row=np.array([0, 0, 1]),
    column=np.array([0, 1, 2]),
    value=np.array([Fraction(1), Fraction(-1), Fraction(2)], dtype=object),
    lower=(Fraction(-1, 4), Fraction(1, 2)),
    upper=(Fraction(1, 8), None),
)


def decisions(environment: Environment, seed: int) -> IntArray:
    generator = np.random.default_rng(seed)
    discretisation = on_grids(GRIDS, Side.LOWER)
    proposed = generator.dirichlet(np.ones(3), size=discretisation.nodes)[:, :2]
    return feasible_decisions(environment, discretisation, proposed)


@pytest.mark.parametrize("beliefs", [Beliefs.known(["1/4", "1/4", "1/2"]), LIMITS, Beliefs.penalty([0, 1, "1/3"])])
@pytest.mark.parametrize("transfers", [False, True])
def test_no_others_prove_more(beliefs: Beliefs, transfers: bool) -> None:
    environment = replace(public_expenditure(STATES, beliefs=beliefs), transfers=transfers)
    discretisation, counts = on_grids(GRIDS, Side.LOWER), decisions(environment, 1)
    best = best_multipliers(environment, discretisation, counts)
    value = strategic_value(environment, discretisation, counts, best)[0]
    generator = np.random.default_rng(2)
    for size in (1e-3, 1e-1, 1.0):
        for _ in range(20):
            moved = best.astype(np.float64) + size * generator.normal(size=beliefs.rows)
            other = exact_multipliers(environment, moved)
            assert strategic_value(environment, discretisation, counts, other)[0] <= value + 1e-7


def test_without_transfers_and_a_known_prior_it_is_the_expected_least() -> None:
    environment = public_expenditure(STATES, ["1/4", "1/4", "1/2"])
    discretisation, counts = on_grids(GRIDS, Side.LOWER), decisions(environment, 3)
    shares = counts / 2**40
    objective = (discretisation.evaluation @ shares) @ environment.payoff_rounded.T
    for i, local in enumerate(discretisation.local):
        objective += (local @ shares) @ environment.utilities_rounded[i].T
    least = objective.min(axis=0)
    y = best_multipliers(environment, discretisation, counts)
    value = strategic_value(environment, discretisation, counts, y)[0]
    expected = 0.25 * least[0] + 0.25 * least[1] + 0.5 * least[2]
    assert expected - 1e-12 < value <= expected + 1e-15


def test_rows_that_pin_states_are_seen_whatever_their_scale() -> None:
    prior = Beliefs.known(["1/4", "1/4", "1/2"])
    limits = tuple(3 * limit for limit in prior.lower if limit is not None)
    scaled = replace(prior, value=prior.value * 3, lower=limits, upper=limits)
    found = known_multipliers(scaled, np.array([3.0, 6.0, 1.5]))
    assert found is not None
    assert found.tolist() == [1.0, 2.0, 0.5]
    assert are_known(prior)
    assert not are_known(LIMITS)
