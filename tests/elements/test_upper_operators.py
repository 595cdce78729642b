"""The upper programs' operators against quadrature of the laws that they stand for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from elements.meshes_and_problems import AUCTIONS, EVEN, FEW, UNEVEN, UPPER, random_laws, seeds, spacings, widths
from elements.upper_quadrature import boxes, inside_value, jump_value, mean_at_zero, state_mean
from robustmech import Beliefs, Environment, InputError, ShapeError, simplex
from robustmech.bounds.evaluation import informational_value
from robustmech.bounds.information_repair import exact_law
from robustmech.elements import (
    ExponentialBoxes,
    ExponentialInformation,
    ExponentialSums,
    ExponentialTriangles,
    InformationMesh,
    Spacing,
)
from robustmech.elements.masses import UNIT
from robustmech.model import ExactLaw, FloatArray, floats

NAMES = ["common", "independent", "unlike bidders", "must sell at a cost", "caps", "two goods"]


def any_prior(environment: Environment) -> Environment:
    """The same with no beliefs, so that every law of the state is in them."""
    return replace(environment, beliefs=Beliefs.penalty([0] * environment.states))


def exact(environment: Environment, mesh: InformationMesh, seed: int) -> ExactLaw:
    discretisation = mesh.discretise()
    laws = random_laws(mesh, environment.states, seed)
    return exact_law(environment, discretisation, laws * discretisation.mass[:, None])


def conditional(law: ExactLaw) -> FloatArray:
    return np.asarray(law.joint / law.mass[:, None])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", UPPER)
def test_claims_are_at_least_what_quadrature_finds(kind: str, name: str) -> None:
    mesh = UPPER[kind]
    environment = any_prior(AUCTIONS[mesh.agents][name])
    for seed in range(2):
        law = exact(environment, mesh, seed)
        claim = informational_value(environment, mesh.discretise(), law)
        laws = conditional(law)
        truth = inside_value(environment, mesh, laws) + jump_value(environment, mesh, laws)
        assert truth <= claim + 1e-6
        assert claim <= truth + 0.2 * environment.scale * mesh.agents


@pytest.mark.parametrize("kind", UPPER)
def test_claims_are_exact_where_there_is_nothing_to_choose(kind: str) -> None:
    """One bidder must get all of the good, so that no maximum is taken: what is left is its utility at a signal of
    zero, less the cost.
    """
    mesh = UPPER[kind]
    environment = any_prior(AUCTIONS[mesh.agents]["must sell at a cost"])
    for winner in range(mesh.agents):
        only = Environment(
            utilities=environment.utilities[:, :, [winner]],
            payoff=environment.payoff[:, [winner]],
            decision_set=simplex(1),
            beliefs=environment.beliefs,
            transfers=True,
        )
        law = exact(only, mesh, 3)
        claim = informational_value(only, mesh.discretise(), law)
        least = mean_at_zero(mesh, conditional(law), winner) @ only.utilities_rounded[winner, :, 0]
        assert claim == pytest.approx(least + only.payoff_rounded[0, 0], abs=1e-9)


@pytest.mark.parametrize("kind", UPPER)
def test_operators_leave_the_law_at_a_signal_of_zero(kind: str) -> None:
    """∫ (σ − ∂_i σ) less the jumps is the law given that the own signal is zero, and ∫ σ the law of the state."""
    mesh = UPPER[kind]
    discretisation = mesh.discretise()
    laws = random_laws(mesh, 3, 4)
    joint = laws * discretisation.mass[:, None]
    for agent, local in enumerate(discretisation.local):
        assert (local.T @ joint).sum(axis=0) == pytest.approx(mean_at_zero(mesh, laws, agent), abs=1e-12)
    assert (discretisation.evaluation.T @ joint).sum(axis=0) == pytest.approx(joint.sum(axis=0), abs=1e-14)
    assert joint.sum(axis=0) == pytest.approx(state_mean(mesh, laws), abs=1e-12)


@pytest.mark.parametrize("kind", UPPER)
def test_masses_by_quadrature(kind: str) -> None:
    mesh = UPPER[kind]
    discretisation = mesh.discretise()
    found = sum(mesh.weights(signals).T @ weights for signals, weights in boxes(mesh))
    assert np.asarray(found) == pytest.approx(discretisation.mass, rel=1e-9)
    assert int(discretisation.mass_weights.sum()) == UNIT
    assert mesh.counts.rows == discretisation.rows
    assert mesh.counts.nodes == discretisation.nodes
    assert mesh.counts.local >= max(local.nnz for local in discretisation.local)
    assert mesh.counts.evaluation >= discretisation.evaluation.nnz


@pytest.mark.parametrize("kind", UPPER)
def test_weights_are_averages_everywhere(kind: str) -> None:
    mesh = UPPER[kind]
    rng = np.random.default_rng(5)
    own = [0.0, 0.45, 0.5, 0.8, 0.9, 1.6, 1.75, 1.8, 2.0, 2.4, 2.7, 3.0, 1e3]
    signals = np.concatenate([rng.choice(own, size=(400, mesh.agents)), rng.exponential(size=(400, mesh.agents))])
    weights = mesh.weights(signals).toarray()
    assert weights.min() >= 0
    assert np.abs(weights.sum(axis=1) - 1).max() < 1e-12
    assert (weights.max(axis=0) > 0).all()


@FEW
@given(spacings, widths, widths, seeds)
def test_any_spacing_will_do(spacing: Spacing, one: float, two: float, seed: int) -> None:
    environment = any_prior(AUCTIONS[2]["independent"])
    meshes: list[InformationMesh] = [
        ExponentialBoxes(spacings=(spacing, Spacing.even(one, 2))),
        ExponentialTriangles(step=Spacing.even(one, 1).breakpoints[1], cells=2),
        ExponentialSums(
            spacing=spacing, slant=(Spacing.even(one, 1).breakpoints[1], Spacing.even(two, 1).breakpoints[1])
        ),
    ]
    for mesh in meshes:
        law = exact(environment, mesh, seed)
        laws = conditional(law)
        truth = inside_value(environment, mesh, laws) + jump_value(environment, mesh, laws)
        assert truth <= informational_value(environment, mesh.discretise(), law) + 1e-5
        assert floats(law.state_law) == pytest.approx(state_mean(mesh, laws), abs=1e-10)


@FEW
@given(spacings, seeds)
def test_exchanging_agents_leaves_the_program_as_it_is(spacing: Spacing, seed: int) -> None:
    meshes: list[InformationMesh] = [
        ExponentialTriangles(step=spacing.widths[0], cells=spacing.cells),
        ExponentialBoxes(spacings=(spacing, spacing)),
        ExponentialBoxes(spacings=(spacing, Spacing.at([0, 1]), spacing)),
        ExponentialSums(spacing=spacing, slant=(spacing.widths[0],) * 2),
        ExponentialSums(spacing=spacing, slant=(spacing.widths[0], 2 * spacing.widths[0], spacing.widths[0])),
    ]
    for mesh in meshes:
        discretisation = mesh.discretise()
        rng = np.random.default_rng(seed)
        laws, signals = rng.random(discretisation.rows), rng.exponential(size=(60, mesh.agents))
        assert discretisation.exchanged
        for (i, j), (rows, nodes) in discretisation.exchanged.items():
            order = np.arange(mesh.agents)
            order[[i, j]] = j, i
            moved, joint = np.empty_like(laws), laws * discretisation.mass
            moved[rows] = laws
            assert np.allclose(mesh.weights(signals) @ laws, mesh.weights(signals[:, order]) @ moved, atol=1e-12)
            assert sorted(nodes.tolist()) == list(range(discretisation.nodes))
            turned = moved * discretisation.mass
            for agent, local in enumerate(discretisation.local):
                there = (discretisation.local[order[agent]].T @ turned)[nodes]
                assert np.allclose(local.T @ joint, there, atol=1e-12)
            assert np.allclose(
                discretisation.evaluation.T @ joint, (discretisation.evaluation.T @ turned)[nodes], atol=1e-14
            )


def test_unlike_agents_are_not_exchanged() -> None:
    assert not ExponentialBoxes(spacings=(EVEN, UNEVEN)).discretise().exchanged
    assert set(UPPER["exponential sums, three agents"].discretise().exchanged) == set()
    unlike = ExponentialSums(spacing=EVEN, slant=(EVEN.widths[0], 2 * EVEN.widths[0], EVEN.widths[0]))
    assert set(unlike.discretise().exchanged) == {(0, 2)}


@pytest.mark.parametrize("kind", UPPER)
def test_information_says_what_was_mixed(kind: str) -> None:
    mesh = UPPER[kind]
    environment = AUCTIONS[mesh.agents]["two goods"]
    law = exact(environment, mesh, 6)
    information = ExponentialInformation(mesh=mesh, law=law)
    signals = np.random.default_rng(6).exponential(size=(5, 2, mesh.agents))
    found = information.posterior(signals)
    assert found.shape == (5, 2, environment.states)
    assert np.abs(found.sum(axis=-1) - 1).max() < 1e-12
    for place in np.ndindex(5, 2):
        assert found[place] == pytest.approx((mesh.weights(signals[place][None]) @ conditional(law))[0], abs=1e-12)
        assert information.posterior(signals[place]) == pytest.approx(found[place], abs=1e-15)
    values = information.interim_values(environment, signals)
    assert values.shape == (mesh.agents, 2, 5, 2)
    assert values[1, 0] == pytest.approx(found @ environment.utilities_rounded[1, :, 2], abs=1e-14)
    assert information.density(np.zeros((0, mesh.agents))).shape == (0, environment.states)
    assert information.state_law.sum() == 1


@pytest.mark.parametrize("kind", UPPER)
def test_bad_signals_are_refused(kind: str) -> None:
    mesh = UPPER[kind]
    information = ExponentialInformation(mesh=mesh, law=exact(AUCTIONS[mesh.agents]["common"], mesh, 7))
    for bad in (-1e-9, float("nan"), float("inf")):
        with pytest.raises(InputError, match="signals must be finite and at least zero"):
            information.posterior(np.full(mesh.agents, bad))
    with pytest.raises(ShapeError, match="expected one per agent"):
        information.posterior(np.ones((3, mesh.agents + 1)))
