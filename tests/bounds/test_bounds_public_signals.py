"""Public information where nobody pays: what participation alone allows, from the definition, at every signal."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

import robustmech as rm
from definitions.solved import numbers
from robustmech.bounds.candidates.public import menu, participation_multipliers
from robustmech.bounds.evaluation import informational_value
from robustmech.bounds.information_repair import exact_law
from robustmech.elements import Boxes, Meshes, PublicSignals, Spacing
from robustmech.errors import InputError
from robustmech.model import Beliefs, DecisionSet, Environment, FloatArray, rationals, simplex

FAR = Environment(
    utilities=rationals([[[0, -1], [0, 2]], [[0, 2], [0, "-1/1000"]]]),
    payoff=rationals([[0, -2], [0, 3]]),
    decision_set=simplex(2),
    beliefs=Beliefs.known(["1/8", "7/8"]),
    transfers=False,
)


def random_environment(seed: int, states: int = 3, agents: int = 2) -> Environment:
    """Decisions with and without a need to take one, and one that harms nobody."""
    generator = np.random.default_rng(seed)
    utilities = generator.integers(-3, 4, size=(agents, states, 3))
    utilities[:, :, 0] = 0
    chosen = DecisionSet(
        group=np.zeros(3, dtype=np.int64),
        required=np.array([seed % 2 == 0]),
        cap=np.array([Fraction(1), Fraction(1), Fraction(3, 4)], dtype=object),
    )
    return Environment(
        utilities=rationals(utilities),
        payoff=rationals(generator.integers(-3, 4, size=(states, 3))),
        decision_set=chosen,
        beliefs=Beliefs.known([Fraction(1, states)] * states),
        transfers=False,
    )


def most_allowed(environment: Environment, law: FloatArray) -> float:
    """The best decision under an unnormalised posterior that leaves every agent at least zero, by its own program."""
    chosen = environment.decision_set
    one = np.ones((1, environment.decisions))
    required = bool(chosen.required[0])
    found = linprog(
        -(law @ environment.payoff_rounded),
        A_ub=np.vstack([-np.array([law @ own for own in environment.utilities_rounded]), one]),
        b_ub=[*[0.0] * environment.agents, 1.0],
        A_eq=one if required else None,
        b_eq=[1.0] if required else None,
        bounds=[(0, float(cap)) for cap in chosen.cap],
    )
    assert found.status == 0
    assert found.fun is not None
    return -float(found.fun)


@pytest.mark.parametrize("seed", range(8))
def test_the_number_is_what_participation_allows(seed: int) -> None:
    environment = random_environment(seed)
    generator = np.random.default_rng(seed)
    posteriors = generator.dirichlet(np.ones(3), size=4)
    multipliers = participation_multipliers(environment, posteriors)
    assert multipliers is not None
    weights = np.linalg.lstsq(posteriors.T, np.full(3, 1 / 3), rcond=None)[0]
    if (weights < 0).any():
        posteriors, multipliers, weights = (
            np.eye(3),
            participation_multipliers(environment, np.eye(3)),
            np.full(3, 1 / 3),
        )
        assert multipliers is not None
    joint = weights[:, None] * posteriors
    mesh = PublicSignals(multipliers=tuple(tuple(map(Fraction, own)) for own in multipliers.T.tolist()))
    law = exact_law(environment, mesh.discretise(), joint)
    value = informational_value(environment, mesh.discretise(), law)
    assert value == pytest.approx(sum(most_allowed(environment, row) for row in joint), abs=1e-8)


@pytest.mark.parametrize("seed", range(8))
def test_other_multipliers_prove_less_and_never_something_wrong(seed: int) -> None:
    environment = random_environment(seed)
    generator = np.random.default_rng(100 + seed)
    multipliers = generator.exponential(size=(2, 3))
    mesh = PublicSignals(multipliers=tuple(tuple(map(Fraction, own)) for own in multipliers.tolist()))
    joint = generator.dirichlet(np.ones(9)).reshape(3, 3)
    law = exact_law(environment, mesh.discretise(), joint / joint.sum(axis=0) / 3)
    value = informational_value(environment, mesh.discretise(), law)
    definition = 0.0
    for signal, row in enumerate(law.joint):
        weighed = row @ environment.payoff_rounded
        weighed = weighed + sum(
            y * (row @ own) for y, own in zip(multipliers[:, signal], environment.utilities_rounded, strict=True)
        )
        definition += float(environment.decision_set.largest(weighed))
    assert value == pytest.approx(definition, abs=1e-12)
    assert value >= sum(most_allowed(environment, row) for row in law.joint) - 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_no_mechanism_guarantees_more(seed: int) -> None:
    environment = random_environment(seed)
    posteriors = menu(environment)
    multipliers = participation_multipliers(environment, posteriors)
    assert multipliers is not None
    mesh = PublicSignals(multipliers=tuple(tuple(map(Fraction, own)) for own in multipliers.T.tolist()))
    boxes = Boxes(spacings=(Spacing.even("1/2", 3),) * 2)
    lower, upper = numbers(rm.solve(environment, Meshes(mechanism=boxes, information=mesh)))
    assert lower <= upper
    grid = rm.solve(environment, rm.Grid.quantile(6), side="lower").lower
    assert grid is not None
    assert grid.value <= upper
    full = sum(most_allowed(environment, row) for row in np.eye(3) / 3)
    assert upper <= full + 1e-6


def test_full_information_proves_that_nothing_can_be_done() -> None:
    found = rm.solve(FAR)
    lower, upper = numbers(found)
    assert lower == 0
    assert 0 <= upper < 1e-12
    assert found.status is rm.BoundStatus.PROVED


def test_menus_are_laws_and_hold_the_plain_ones() -> None:
    for states in (2, 5, 9, 30):
        environment = random_environment(1, states=states)
        posteriors = menu(environment)
        assert (posteriors >= 0).all()
        np.testing.assert_allclose(posteriors.sum(axis=1), 1)
        rows = {tuple(np.round(row, 12)) for row in posteriors}
        assert tuple(np.round(np.full(states, 1 / states), 12)) in rows
        assert all(tuple(row) in rows for row in np.eye(states))


def test_signals_are_what_everybody_sees() -> None:
    mesh = PublicSignals(multipliers=((Fraction(1), Fraction(0)), (Fraction(0), Fraction(2))))
    weights = mesh.weights(np.array([[0.0, 0.5], [1.2, 1.9], [0.5, 1.5], [2.0, 2.0]])).toarray()
    assert weights.tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]


@pytest.mark.parametrize(
    "multipliers",
    [(), ((),), ((Fraction(1),), ()), ((Fraction(-1),), (Fraction(1),))],
    ids=["none", "empty", "uneven", "-1"],
)
def test_wrong_multipliers_are_refused(multipliers: tuple[tuple[Fraction, ...], ...]) -> None:
    with pytest.raises(InputError, match="public signals"):
        PublicSignals(multipliers=multipliers)


def test_they_are_for_problems_without_transfers() -> None:
    mesh = PublicSignals(multipliers=((Fraction(1),), (Fraction(1),)))
    boxes = Boxes(spacings=(Spacing.even(1, 1),) * 2)
    with pytest.raises(InputError, match="without transfers"):
        rm.solve(rm.auction([[0, 0], [1, 1]], ["1/2"] * 2), Meshes(mechanism=boxes, information=mesh))
