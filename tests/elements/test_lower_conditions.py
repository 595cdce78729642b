"""The inequality behind every guarantee, at single profiles of bids, with the rule and the transfers as implemented.

For a guarantee of the claimed number it is enough that at all bids and in all states
λ(θ) + promised ≤ w·c + Σ_i u_i·∂⁺_i c − Σ_i (∂⁺_i t_i − t_i), with the right-derivatives of the rule.
Source: Brooks & Du (2025), Lemma 6.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elements.meshes_and_problems import (
    AUCTIONS,
    FEW,
    LOWER,
    SIZE,
    UPPER,
    Claim,
    attained,
    bid_places,
    random_claim,
    seeds,
    spacings,
)
from robustmech import solve
from robustmech.elements import (
    Boxes,
    CrossedTriangles,
    ExponentialBoxes,
    MechanismMesh,
    Meshes,
    PiecewiseLinearMechanism,
    Shares,
    Spacing,
    Triangles,
)

CLOSE = 3e-6 * SIZE


def shortfall(claim: Claim, seed: int) -> float:
    return claim.promised - float(attained(claim, bid_places(claim.mechanism.mesh, seed)).min())


def solved(name: str, mesh: MechanismMesh) -> Claim:
    environment = AUCTIONS[mesh.agents][name]
    information = ExponentialBoxes(spacings=(Spacing.even(1, 1),) * mesh.agents)
    found = solve(environment, Meshes(mechanism=mesh, information=information), side="lower").lower
    assert found is not None
    assert isinstance(found.mechanism, PiecewiseLinearMechanism)
    return Claim(environment=environment, mechanism=found.mechanism, multipliers=found.multipliers, value=found.value)


@pytest.mark.parametrize("name", AUCTIONS[2])
@pytest.mark.parametrize("kind", LOWER)
def test_random_mechanisms_keep_their_promise_at_every_profile(kind: str, name: str) -> None:
    mesh = LOWER[kind]
    for seed in range(2):
        assert shortfall(random_claim(AUCTIONS[mesh.agents][name], mesh, seed), seed) < CLOSE


@pytest.mark.parametrize("name", AUCTIONS[2])
@pytest.mark.parametrize("kind", LOWER)
def test_solved_mechanisms_keep_their_promise_at_every_profile(kind: str, name: str) -> None:
    assert shortfall(solved(name, LOWER[kind]), 0) < CLOSE


@FEW
@given(st.sampled_from(list(AUCTIONS[2])), spacings, spacings, seeds)
def test_any_spacing_will_do(name: str, one: Spacing, two: Spacing, seed: int) -> None:
    for mesh in (
        Triangles(spacings=(one, two)),
        Triangles(spacings=(one, two), corner_rows=True),
        CrossedTriangles(spacings=(one, two)),
        Boxes(spacings=(one, two)),
        Shares(spacing=one, agents=2),
    ):
        assert shortfall(random_claim(AUCTIONS[2][name], mesh, seed), seed) < 3 * CLOSE


@pytest.mark.parametrize("kind", ["triangles", "crossed triangles", "shares", "boxes"])
def test_the_promise_is_not_idle(kind: str) -> None:
    """At a solution the inequality binds at some of the places looked at, so that a smaller rule would be caught."""
    assert abs(shortfall(solved("independent", LOWER[kind]), 0)) < 1e-4


def test_meshes_are_for_two_or_more_agents_as_listed() -> None:
    assert {mesh.agents for mesh in LOWER.values()} == {2, 3}
    assert {mesh.agents for mesh in UPPER.values()} == {2, 3}
