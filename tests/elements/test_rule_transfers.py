"""What agents pay at real bids: growths that add up to Ξ, nothing for a bid of zero, and never more than so much."""

import numpy as np
import pytest
from hypothesis import given

from elements.meshes_and_problems import (
    AUCTIONS,
    FEW,
    LOWER,
    STEP,
    Claim,
    bid_places,
    random_claim,
    right_derivatives,
    seeds,
    spacings,
)
from robustmech import InputError, ShapeError
from robustmech.elements import CrossedTriangles, Shares, Spacing, Triangles
from robustmech.model import FloatArray

HUGE = 1e3


def total_growth(claim: Claim, bids: FloatArray) -> FloatArray:
    """Σ_i (∂⁺_i t_i − t_i)."""
    paid = claim.mechanism.transfers(bids)
    total = -paid.sum(axis=1)
    for i in range(claim.environment.agents):
        beside = bids.copy()
        beside[:, i] += STEP
        ahead = claim.mechanism.transfers(beside)
        total += right_derivatives(paid[:, i], ahead[:, i], bids, beside)
    return np.asarray(total)


def random_growth(kind: str, seed: int) -> tuple[Claim, FloatArray]:
    """A rule with a balanced random Ξ that has nothing to do with its decisions, and Ξ at its rows."""
    mesh = LOWER[kind]
    discretisation = mesh.discretise()
    growth = np.random.default_rng(seed).normal(size=discretisation.rows)
    growth -= discretisation.mass @ growth
    claim = random_claim(AUCTIONS[mesh.agents]["common"], mesh, seed)
    parts = mesh.parts(claim.environment, 0 * claim.mechanism.decisions.reshape(discretisation.nodes, -1), growth)
    object.__setattr__(claim.mechanism, "growth", parts)
    return claim, growth


@pytest.mark.parametrize("kind", ["triangles", "crossed triangles"])
def test_growths_add_up_to_the_element_they_are_in(kind: str) -> None:
    for seed in range(3):
        claim, growth = random_growth(kind, seed)
        bids = bid_places(claim.mechanism.mesh, seed)
        found = total_growth(claim, bids)
        # constant on elements: every value is one of the rows', and all of the rows' values occur
        distance = np.abs(found[:, None] - growth[None, :])
        near = distance.min(axis=1) < 1e-4
        assert near[~on_kinks(bids, claim)].all()
        assert np.unique(distance[near].argmin(axis=1)).size == growth.size


def on_kinks(bids: FloatArray, claim: Claim) -> np.ndarray:
    """On the rising diagonals, where the two agents' growths come from two elements."""
    if not isinstance(claim.mechanism.mesh, CrossedTriangles):
        return np.zeros(bids.shape[0], dtype=np.bool_)
    shares = []
    for i, spacing in enumerate(claim.mechanism.mesh.spacings):
        points = spacing.positions
        cell = np.clip(np.searchsorted(points, bids[:, i], side="right") - 1, 0, points.size - 2)
        shares.append((bids[:, i] - points[cell]) / np.diff(points)[cell])
    return np.asarray(np.abs(shares[0] - shares[1]) < 1e-3)


@pytest.mark.parametrize("kind", [kind for kind in LOWER if "shares" in kind or "boxes" in kind or "corners" in kind])
def test_growths_add_up_between_the_corners_of_the_element(kind: str) -> None:
    """Where Ξ varies inside elements: it is nowhere outside the range of all rows, and has mean zero."""
    claim, growth = random_growth(kind, 1)
    found = total_growth(claim, bid_places(claim.mechanism.mesh, 1))
    assert growth.min() - 1e-4 < found.min()
    assert found.max() < growth.max() + 1e-4
    bids = np.random.default_rng(0).exponential(size=(40_000, claim.environment.agents))
    sampled = total_growth(claim, bids)
    assert abs(sampled.mean()) < 5 * sampled.std() / np.sqrt(sampled.size)


@pytest.mark.parametrize("kind", LOWER)
def test_a_bid_of_zero_pays_exactly_nothing(kind: str) -> None:
    mesh = LOWER[kind]
    for name in ("cost", "independent"):
        claim = random_claim(AUCTIONS[mesh.agents][name], mesh, 2)
        bids = bid_places(mesh, 2)
        paid = claim.mechanism.transfers(bids)
        assert (bids == 0).any()
        assert (paid[bids == 0] == 0).all()
        assert np.abs(paid[bids > 0]).max() > 0.01


@pytest.mark.parametrize("kind", LOWER)
def test_large_bids_pay_no_more_than_so_much(kind: str) -> None:
    mesh = LOWER[kind]
    claim = random_claim(AUCTIONS[mesh.agents]["cost"], mesh, 3)
    assert claim.mechanism.growth is not None
    most = 4 * np.abs(claim.mechanism.growth).max() * mesh.agents
    rng = np.random.default_rng(3)
    bids = rng.choice([0.0, 1e-300, 1e-9, 0.3, 2.0, 60.0, HUGE], size=(400, mesh.agents))
    bids[0] = HUGE
    paid = claim.mechanism.transfers(bids)
    assert np.isfinite(paid).all()
    assert np.abs(paid).max() <= most
    # there nothing changes any more, or only as the shares do
    further = claim.mechanism.transfers(np.full((1, mesh.agents), 2 * HUGE)) - paid[:1]
    assert np.abs(further).max() < 1e-9 + (isinstance(mesh, Shares) * 20 / HUGE)


@pytest.mark.parametrize("kind", LOWER)
def test_close_bids_pay_alike(kind: str) -> None:
    """No jump in the own bid, however close to zero, to a breakpoint or far out."""
    mesh = LOWER[kind]
    claim = random_claim(AUCTIONS[mesh.agents]["cost"], mesh, 4)
    bids = np.concatenate(
        [bid_places(mesh, 4), np.full((1, mesh.agents), 49.999999999), np.full((1, mesh.agents), 1e-12)]
    )
    paid = claim.mechanism.transfers(bids)
    for i in range(mesh.agents):
        for move in (-1e-9, 1e-9):
            beside = bids.copy()
            beside[:, i] = np.maximum(beside[:, i] + move, 0.0)
            assert np.abs(claim.mechanism.transfers(beside)[:, i] - paid[:, i]).max() < 1e-6


@FEW
@given(spacings, seeds)
def test_alike_agents_pay_alike(spacing: Spacing, seed: int) -> None:
    """Exchanging the agents exchanges what they pay, for a growth that is symmetric."""
    rng = np.random.default_rng(seed)
    for mesh in (Triangles(spacings=(spacing, spacing)), Triangles(spacings=(spacing, spacing), corner_rows=True)):
        discretisation = mesh.discretise()
        rows, _ = discretisation.exchanged[0, 1]
        growth = rng.normal(size=discretisation.rows)
        growth = (growth + growth[rows]) / 2
        growth -= discretisation.mass @ growth
        bids = rng.exponential(size=(30, 2)) * float(spacing.breakpoints[-1])
        assert np.allclose(mesh.transfers(growth, bids)[:, ::-1], mesh.transfers(growth, bids[:, ::-1]), atol=1e-12)


@pytest.mark.parametrize("kind", LOWER)
def test_shapes_follow_the_bids(kind: str) -> None:
    mesh = LOWER[kind]
    mechanism = random_claim(AUCTIONS[mesh.agents]["two goods"], mesh, 5).mechanism
    bids = np.random.default_rng(5).exponential(size=(4, 3, mesh.agents))
    paid, given_ = mechanism.transfers(bids), mechanism.allocate(bids)
    assert paid.shape == (4, 3, mesh.agents)
    assert given_.shape == (4, 3, mesh.agents, 2)
    for place in np.ndindex(4, 3):
        assert np.allclose(mechanism.transfers(bids[place]), paid[place], rtol=0, atol=1e-13)
        assert np.allclose(mechanism.allocate(bids[place]), given_[place], rtol=0, atol=1e-15)
    assert mechanism.transfers(np.zeros((0, mesh.agents))).shape == (0, mesh.agents)
    assert mechanism.decide(np.zeros((0, mesh.agents))).shape == (0, 2 * mesh.agents)


@pytest.mark.parametrize("kind", LOWER)
@pytest.mark.parametrize("bad", [-1e-300, float("nan"), float("inf"), -float("inf")])
def test_bad_bids_are_named_in_one_line(kind: str, bad: float) -> None:
    mesh = LOWER[kind]
    mechanism = random_claim(AUCTIONS[mesh.agents]["common"], mesh, 6).mechanism
    bids = np.ones((3, mesh.agents))
    bids[2, 1] = bad
    for call in (mechanism.transfers, mechanism.decide, mechanism.allocate):
        with pytest.raises(InputError, match=r"^bids\[2, 1\] is .*: bids must be finite and at least zero$") as error:
            call(bids)
        assert "\n" not in str(error.value)
        with pytest.raises(ShapeError, match="expected one bid per agent"):
            call(np.ones((2, mesh.agents + 1)))
        with pytest.raises(ShapeError, match="expected one bid per agent"):
            call(np.float64(1.0))  # type: ignore[arg-type]
