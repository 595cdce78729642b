"""Stored mechanisms have the numbers that solving reports, exactly, and next to nothing is lost by storing them."""

import random
from fractions import Fraction

import numpy as np
import plain_definitions as plain
import pytest

from artefacts import solved_meshes
from robustmech import Environment, Grid, Mechanism, auction, guarantee, solve
from robustmech.bounds.evaluation import strategic_value
from robustmech.bounds.stored_mechanisms import transfers_below
from robustmech.model import Side, on_grids
from robustmech.transfers import aggregate_excess_growth

LITTLE = 1e-12


def environment_of(chosen: Environment) -> plain.Environment:
    beliefs, decisions = chosen.beliefs, chosen.decision_set
    rows = [[Fraction(0)] * chosen.states for _ in range(beliefs.rows)]
    for row, state, value in zip(beliefs.row, beliefs.column, beliefs.value, strict=True):
        rows[row][state] += value
    penalties = beliefs.penalties
    return plain.Environment(
        u=chosen.utilities.tolist(), w=chosen.payoff.tolist(), transfers=chosen.transfers,
        groups=tuple(decisions.group.tolist()), required=tuple(decisions.required.tolist()),
        caps=list(decisions.cap), rows=rows, lower=list(beliefs.lower), upper=list(beliefs.upper),
        penalty=None if penalties is None else list(penalties),
    )  # fmt: skip


def number_of(mechanism: Mechanism, chosen: Environment, multipliers: list[Fraction]) -> Fraction:
    """The number of the stored mechanism by loops over fractions, checked to leave action 0 secure."""
    weights = [list(grid.weights) for grid in mechanism.grids]
    environment = environment_of(chosen)
    allocation = {x: [Fraction(float(level)) for level in mechanism.decisions[x]] for x in plain.profiles(weights)}
    assert mechanism.transfers is not None
    paid = [{x: Fraction(float(own[x])) for x in allocation} for own in mechanism.transfers]
    for i, own in enumerate(paid):
        for x, levels in allocation.items():
            worth = min(sum(map(lambda u, c: u * c, row, levels), Fraction(0)) for row in environment.u[i])
            assert x[i] > 0 or worth >= own[x]
    number, excess = plain.lower_number(environment, weights, allocation, multipliers)
    return plain.stored_number(weights, number, excess, paid)


def uneven(rng: random.Random, actions: int, ratio: float) -> Grid:
    return Grid.from_weights([Fraction(ratio ** rng.random()) for _ in range(actions)])


PROBLEMS = {
    "common value": auction([[0, 0], ["1/3", "1/3"], [1, 1]], ["1/4", "1/4", "1/2"]),
    "unlike bidders": auction([[0, 1], ["1/3", "1/2"], [1, "1/7"], [2, 2]], ["1/4"] * 4, cost="1/9"),
    "forced sale": auction([["1/3", "1/5"], [1, "1/2"], ["1/7", 1]], ["1/3"] * 3, must_sell=True),
}


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("ratio", [1.0, 1e3, 1e6, 1e9])
def test_mechanisms_on_uneven_grids_are_worth_what_is_said(name: str, ratio: float) -> None:
    rng, chosen = random.Random(f"{name} {ratio}"), PROBLEMS[name]
    little = Fraction(LITTLE if ratio <= 1e6 else 1e-9)
    for _ in range(2):
        grids = (uneven(rng, 4, ratio), uneven(rng, 5, ratio))
        lower = solve(chosen, grids, side="lower").lower
        assert lower is not None
        mechanism = lower.mechanism
        assert isinstance(mechanism, Mechanism)
        exact = number_of(mechanism, chosen, list(lower.multipliers))
        assert Fraction(lower.value) <= exact <= Fraction(lower.value) + little
        if mechanism.entry_payments is None:
            counts = mechanism.decision_counts.reshape(-1, chosen.decisions)
            program, _ = strategic_value(chosen, on_grids(grids, Side.LOWER), counts, lower.multipliers)
            assert exact >= Fraction(program) - little


def test_exact_guarantee_is_at_least_the_number() -> None:
    for name, chosen in PROBLEMS.items():
        lower = solve(chosen, Grid.quantile(3), side="lower").lower
        assert lower is not None
        assert isinstance(lower.mechanism, Mechanism)
        assert guarantee(lower.mechanism, chosen).value >= lower.value - 1e-9, name


@pytest.mark.parametrize("case", solved_meshes.CASES)
def test_rules_on_meshes_lose_next_to_nothing(case: str) -> None:
    solution = solved_meshes.solved(case)
    lower = solution.lower
    assert lower is not None
    mechanism = lower.mechanism
    assert not isinstance(mechanism, Mechanism)
    if mechanism.entry_payments is None:
        counts = mechanism.decision_counts.reshape(-1, solution.environment.decisions)
        discretisation = mechanism.mesh.discretise()
        program, _ = strategic_value(solution.environment, discretisation, counts, lower.multipliers)
        assert program - LITTLE <= lower.value <= program + 1e-15


@pytest.mark.parametrize("agents", [1, 2, 3])
def test_transfers_for_any_function_and_any_payments_at_the_bottom(agents: int) -> None:
    """Their growth is at most the function less what it must give up, at every profile."""
    rng = random.Random(agents)
    grids = tuple(uneven(rng, 3 + agent, 1e6) for agent in range(agents))
    shape = tuple(grid.actions for grid in grids)
    random_numbers = np.random.default_rng(agents)
    for bottom in (None, tuple(random_numbers.normal(size=shape[:i] + shape[i + 1 :]) for i in range(agents))):
        least = random_numbers.normal(size=shape)
        paid = transfers_below(least, grids, bottom)
        for i, own in enumerate(paid):
            expected = 0.0 if bottom is None else bottom[i]
            assert np.array_equal(np.take(own, 0, axis=i), np.broadcast_to(expected, shape[:i] + shape[i + 1 :]))
        law = np.ones(())
        for grid in grids:
            law = np.multiply.outer(law, grid.probabilities)
        charged = 0.0
        for i in range(agents):
            charged += float((np.expand_dims(np.take(paid[i], 0, axis=i), i) * law).sum())
        left = least - aggregate_excess_growth(paid, grids)
        assert left.min() >= float((law * least).sum()) + charged - 1e-12
