"""The lower programs' operators against their definition: one-sided derivatives and means of the function."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import gamma

from elements.meshes_and_problems import FEW, LOWER, axes, bid_places, just_ahead, seeds, spacings
from robustmech.elements import Boxes, CrossedTriangles, MechanismMesh, Shares, Spacing, Triangles
from robustmech.elements.masses import UNIT
from robustmech.model import FloatArray, IntArray

STEP = 1e-8
ROOTS, GAUSS = np.polynomial.legendre.leggauss(24)
POINTS, WEIGHTS = (1 + ROOTS) / 2, GAUSS / 2
TRIANGULAR = [kind for kind in LOWER if "triangles" in kind]


def slopes(mesh: MechanismMesh, values: FloatArray, bids: FloatArray, agent: int) -> FloatArray:
    beside = bids.copy()
    beside[:, agent] += STEP
    step = (beside - bids)[:, agent, None]
    return np.asarray((mesh.interpolate(values, beside) - mesh.interpolate(values, bids)) / step)


def node_values(mesh: MechanismMesh, seed: int) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(*mesh.node_shape, 2))


def triangle_rows(mesh: Triangles | CrossedTriangles, bids: FloatArray) -> IntArray:
    """The element that each of some generic bids is in, in the order that the docstrings give."""
    one, two = mesh.spacings
    m, n = one.cells, two.cells
    kinds = 2 if isinstance(mesh, Triangles) else 4
    cell, share, tail = [], [], []
    for i, spacing in enumerate(mesh.spacings):
        x = spacing.positions
        tail.append(bids[:, i] >= x[-1])
        cell.append(np.clip(np.searchsorted(x, bids[:, i], side="right") - 1, 0, spacing.cells - 1))
        share.append((bids[:, i] - x[cell[i]]) / np.diff(x)[cell[i]])
    (a, b), (s, t) = cell, share
    if kinds == 2:
        kind = np.where(s + t < 1, 0, 1)
    else:
        bottom_or_right, bottom_or_left = t < s, s + t < 1
        kind = np.where(bottom_or_right, np.where(bottom_or_left, 0, 2), np.where(bottom_or_left, 1, 3))
    inside = m * n * kind + n * a + b
    strip, edge, corner = kinds * m * n + b, kinds * m * n + n + a, kinds * m * n + m + n
    return np.where(tail[0], np.where(tail[1], corner, strip), np.where(tail[1], edge, inside))


def element_operators(mesh: Triangles | CrossedTriangles, values: FloatArray) -> list[FloatArray]:
    """The agents' derivatives element by element."""
    flat = values.reshape(-1, values.shape[-1])
    plain = mesh if isinstance(mesh, CrossedTriangles) else Triangles(spacings=mesh.spacings)
    return [np.asarray(local @ flat) for local in plain.discretise().local]


@pytest.mark.parametrize("kind", TRIANGULAR)
def test_derivatives_on_triangles_are_the_element_s(kind: str) -> None:
    mesh = LOWER[kind]
    assert isinstance(mesh, Triangles | CrossedTriangles)
    values = node_values(mesh, 0)
    bids = bid_places(mesh, 0)
    operators = element_operators(mesh, values)
    reached = set()
    for agent, expected in enumerate(operators):
        # moving a little in the own action, and much less in the other's, leaves every edge in the right direction
        rows = triangle_rows(mesh, just_ahead(bids, agent))
        assert np.abs(slopes(mesh, values, bids, agent) - expected[rows]).max() < 1e-6
        reached |= set(rows.tolist())
    assert reached == set(range(operators[0].shape[0]))


@pytest.mark.parametrize("kind", TRIANGULAR)
def test_the_two_derivatives_come_from_one_element_unless_cells_are_crossed(kind: str) -> None:
    """The one element is up and to the right; on crossed triangles the rising diagonals are the exception."""
    mesh = LOWER[kind]
    assert isinstance(mesh, Triangles | CrossedTriangles)
    bids = bid_places(mesh, 1)
    rows = [triangle_rows(mesh, just_ahead(bids, agent)) for agent in (0, 1)]
    if isinstance(mesh, Triangles):
        assert (rows[0] == rows[1]).all()
    else:
        cells = mesh.spacings[0].cells * mesh.spacings[1].cells
        pairs = {(int(r) // cells, int(left) // cells) for r, left in zip(*rows, strict=True) if r != left}
        assert pairs == {(0, 1), (2, 3)}


def test_rows_at_corners_repeat_the_element_s_derivatives() -> None:
    plain, corners = (
        Triangles(spacings=(Spacing.even(1, 2), Spacing.even(2, 1)), corner_rows=rows) for rows in (False, True)
    )
    one, many = plain.discretise(), corners.discretise()
    m, n = 2, 1
    element = np.concatenate(
        [np.repeat(np.arange(2 * m * n), 3), np.repeat(np.arange(2 * m * n, 2 * m * n + m + n), 2), [2 * m * n + m + n]]
    )
    for single, repeated in zip(one.local, many.local, strict=True):
        assert np.array_equal(single.toarray()[element], repeated.toarray())
    assert np.allclose(np.bincount(element, weights=many.mass), one.mass, rtol=0, atol=1e-16)
    assert set(many.evaluation.toarray().ravel()) == {0.0, 1.0}


def box_corners(spacing: Spacing) -> Iterator[tuple[float, float]]:
    """The ends of cells and the tail, each with a place just inside its cell."""
    for low, high in itertools.pairwise(spacing.positions.tolist()):
        yield low, low + 1e-7
        yield high, high - 1e-7
    yield float(spacing.positions[-1]), float(spacing.positions[-1]) + 1


@pytest.mark.parametrize("kind", ["boxes", "boxes, three agents"])
def test_derivatives_on_boxes_are_those_at_its_corners(kind: str) -> None:
    mesh = LOWER[kind]
    assert isinstance(mesh, Boxes)
    values = node_values(mesh, 2)
    flat = values.reshape(-1, 2)
    places = np.array(
        [[pulled for _, pulled in corner] for corner in itertools.product(*map(box_corners, mesh.spacings))]
    )
    discretisation = mesh.discretise()
    for agent in range(mesh.agents):
        found = slopes(mesh, values, places, agent)
        assert np.abs(found - discretisation.local[agent] @ flat).max() < 1e-4
    assert np.abs(mesh.interpolate(values, places) - discretisation.evaluation @ flat).max() < 1e-5


@pytest.mark.parametrize("kind", [kind for kind in LOWER if kind.startswith("shares")])
def test_derivatives_in_shares_are_those_of_agents_alone(kind: str) -> None:
    """At s in a cell and shares y the derivative is the mean, by y and by the weights in 1/s, of those at its ends
    where one agent acts alone; in the first cell it is one row's.
    """
    mesh = LOWER[kind]
    assert isinstance(mesh, Shares)
    rng = np.random.default_rng(3)
    values, points = node_values(mesh, 3), mesh.spacing.positions
    discretisation = mesh.discretise()
    agents, cells = mesh.agents, mesh.spacing.cells
    for cell in range(cells + 1):
        low, high = points[cell], points[cell + 1] if cell < cells else np.inf
        s = np.append(low, rng.uniform(low, min(high, low + 3), size=20))
        s[0] += 1e-9 * (cell == 0)
        y = rng.dirichlet(np.ones(agents) * 0.3, size=s.size)
        weights = np.zeros((s.size, discretisation.rows))
        if cell == 0:
            weights[:, 0] = 1
        else:
            early = (1 / s - 1 / high) / (1 / low - 1 / high)
            start = 1 + 2 * (cell - 1) * agents
            weights[:, start : start + agents] = y * early[:, None]
            if cell < cells:
                weights[:, start + agents : start + 2 * agents] = y * (1 - early[:, None])
            else:
                weights[:, -1] = 1 - early
        for agent in range(agents):
            expected = weights @ (discretisation.local[agent] @ values)
            assert np.abs(slopes(mesh, values, y * s[:, None], agent) - expected).max() < 3e-6


def simplex_mean(corners: FloatArray, function: FloatArray) -> tuple[float, FloatArray]:
    """∫ e^{-x_1-x_2} over a triangle, and the mean of a linear function given at the corners."""
    u, v = np.meshgrid(POINTS, POINTS, indexing="ij")
    shares = np.stack([1 - u, u * (1 - v), u * v], axis=-1)
    (ax, ay), (bx, by) = corners[1] - corners[0], corners[2] - corners[0]
    weight = np.outer(WEIGHTS * POINTS, WEIGHTS) * abs(ax * by - ay * bx) * np.exp(-(shares @ corners).sum(axis=-1))
    mass = float(weight.sum())
    return mass, np.einsum("uv,uvc,ck->k", weight, shares, function) / mass


@pytest.mark.parametrize("kind", ["triangles", "crossed triangles"])
def test_masses_and_means_of_triangles_by_quadrature(kind: str) -> None:
    mesh = LOWER[kind]
    assert isinstance(mesh, Triangles | CrossedTriangles)
    values = node_values(mesh, 4)
    discretisation = mesh.discretise()
    expected = np.asarray(discretisation.evaluation @ values.reshape(-1, 2))
    one, two = (spacing.positions for spacing in mesh.spacings)
    for a, b in itertools.product(range(one.size - 1), range(two.size - 1)):
        square = np.array([[one[a], two[b]], [one[a + 1], two[b]], [one[a], two[b + 1]], [one[a + 1], two[b + 1]]])
        low, right, up, high = square
        middle = square.mean(axis=0)
        triangles = (
            [(low, right, up), (right, up, high)]
            if isinstance(mesh, Triangles)
            else [(low, right, middle), (low, up, middle), (right, high, middle), (up, high, middle)]
        )
        for three in triangles:
            corners = np.array(three)
            row = triangle_rows(mesh, corners.mean(axis=0)[None])[0]
            mass, mean = simplex_mean(corners, mesh.interpolate(values, corners))
            assert mass == pytest.approx(discretisation.mass[row], rel=1e-12)
            assert mean == pytest.approx(expected[row], abs=1e-12)


@pytest.mark.parametrize("kind", ["triangles", "crossed triangles"])
def test_masses_and_means_of_tails_by_quadrature(kind: str) -> None:
    mesh = LOWER[kind]
    assert isinstance(mesh, Triangles | CrossedTriangles)
    values = node_values(mesh, 5)
    discretisation = mesh.discretise()
    expected = np.asarray(discretisation.evaluation @ values.reshape(-1, 2))
    for agent in (0, 1):
        last, x = mesh.spacings[agent].positions[-1], mesh.spacings[1 - agent].positions
        for low, high in itertools.pairwise(x.tolist()):
            bids = np.full((POINTS.size, 2), last + 0.5)
            bids[:, 1 - agent] = low + (high - low) * POINTS
            row = triangle_rows(mesh, bids)[0]
            weight = WEIGHTS * (high - low) * np.exp(-bids[:, 1 - agent]) * np.exp(-last)
            assert weight.sum() == pytest.approx(discretisation.mass[row], rel=1e-12)
            assert weight @ mesh.interpolate(values, bids) / weight.sum() == pytest.approx(expected[row], abs=1e-12)
    far = np.array([[spacing.positions[-1] for spacing in mesh.spacings]])
    assert np.exp(-far.sum()) == pytest.approx(discretisation.mass[-1], rel=1e-12)
    assert mesh.interpolate(values, far + 3)[0] == pytest.approx(expected[-1])


@pytest.mark.parametrize("kind", ["boxes", "boxes, three agents"])
def test_masses_of_boxes_by_quadrature(kind: str) -> None:
    mesh = LOWER[kind]
    assert isinstance(mesh, Boxes)
    expected = np.ones(())
    for spacing in mesh.spacings:
        own = []
        for low, high in itertools.pairwise(spacing.positions.tolist()):
            weight = WEIGHTS * (high - low) * np.exp(-low - (high - low) * POINTS)
            own += [weight @ (1 - POINTS), weight @ POINTS]
        expected = np.multiply.outer(expected, np.append(own, np.exp(-spacing.positions[-1])))
    assert mesh.discretise().mass == pytest.approx(expected.ravel(), rel=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in LOWER if kind.startswith("shares")])
def test_masses_and_means_in_shares_by_quadrature(kind: str) -> None:
    mesh = LOWER[kind]
    assert isinstance(mesh, Shares)
    values, discretisation, agents = node_values(mesh, 6), mesh.discretise(), mesh.agents
    means = discretisation.evaluation @ values
    points = np.append(mesh.spacing.positions, mesh.spacing.positions[-1] + 60)
    row = 0
    for cell, (low, high) in enumerate(itertools.pairwise(points.tolist())):
        last = cell == mesh.spacing.cells
        pieces = np.linspace(low, high, 40 if last else 2)
        s = np.concatenate([a + (b - a) * POINTS for a, b in itertools.pairwise(pieces)])
        weight = np.tile(WEIGHTS, pieces.size - 1) * (high - low) / (pieces.size - 1) * gamma(agents).pdf(s)
        # where agent i acts alone
        alone = np.stack([mesh.interpolate(values, np.outer(s, np.eye(agents)[i])) for i in range(agents)])
        if cell == 0:
            parts = [(weight, alone.mean(axis=0))]
        else:
            early = (1 / s - (0 if last else 1 / high)) / (1 / low - (0 if last else 1 / high))
            parts = [(weight * early / agents, alone[i]) for i in range(agents)]
            if last:
                parts.append((weight * (1 - early), alone.mean(axis=0)))
            else:
                parts += [(weight * (1 - early) / agents, alone[i]) for i in range(agents)]
        for mass, function in parts:
            assert mass.sum() == pytest.approx(discretisation.mass[row], rel=1e-9)
            assert mass @ function / mass.sum() == pytest.approx(means[row], abs=1e-9)
            row += 1
    assert row == discretisation.rows


@pytest.mark.parametrize("kind", LOWER)
def test_masses_add_up_exactly_and_counts_are_not_too_small(kind: str) -> None:
    mesh = LOWER[kind]
    discretisation = mesh.discretise()
    assert int(discretisation.mass_weights.sum()) == UNIT
    assert discretisation.mass.min() > 0
    assert (mesh.counts.rows, mesh.counts.nodes) == (discretisation.rows, discretisation.nodes)
    assert mesh.node_shape == discretisation.node_shape
    assert mesh.counts.local >= max(local.nnz for local in discretisation.local)
    assert mesh.counts.evaluation >= discretisation.evaluation.nnz


@pytest.mark.parametrize("kind", LOWER)
def test_lowest_nodes_are_those_that_count_for_a_bid_of_zero(kind: str) -> None:
    """A bid of zero leaves the agent with decisions at its lowest nodes only, and each of them counts somewhere."""
    mesh = LOWER[kind]
    discretisation = mesh.discretise()
    identity = np.eye(discretisation.nodes).reshape(*mesh.node_shape, -1)
    for agent, lowest in enumerate(discretisation.lowest):
        bids = bid_places(mesh, 7)
        bids[:, agent] = 0
        used = np.flatnonzero((mesh.interpolate(identity, bids) > 1e-12).any(axis=0))
        assert used.tolist() == sorted(lowest.tolist())


@pytest.mark.parametrize("kind", LOWER)
def test_interpolated_decisions_are_means_of_the_nodes(kind: str) -> None:
    mesh = LOWER[kind]
    nodes = int(np.prod(mesh.node_shape))
    bids = np.concatenate([bid_places(mesh, 8), np.full((1, mesh.agents), 1e3)])
    weights = mesh.interpolate(np.eye(nodes).reshape(*mesh.node_shape, -1), bids)
    assert weights.min() >= 0
    assert np.abs(weights.sum(axis=1) - 1).max() < 1e-12


def exchanged_bids(mesh: MechanismMesh, bids: FloatArray, pair: tuple[int, int]) -> FloatArray:
    order = list(range(mesh.agents))
    order[pair[0]], order[pair[1]] = pair[1], pair[0]
    return bids[:, order]


@FEW
@given(spacings, seeds)
def test_exchanging_agents_leaves_the_program_as_it_is(spacing: Spacing, seed: int) -> None:
    three = Spacing.at([0, 1])
    meshes: list[MechanismMesh] = [
        Triangles(spacings=(spacing, spacing)),
        Triangles(spacings=(spacing, spacing), corner_rows=True),
        CrossedTriangles(spacings=(spacing, spacing)),
        Boxes(spacings=(spacing, spacing)),
        Boxes(spacings=(spacing, three, spacing)),
        Shares(spacing=spacing, agents=2),
        Shares(spacing=spacing, agents=3),
    ]
    for mesh in meshes:
        discretisation = mesh.discretise()
        values = np.random.default_rng(seed).normal(size=discretisation.nodes)
        bids = bid_places(mesh, seed, 5)
        assert discretisation.exchanged
        for (i, j), (rows, nodes) in discretisation.exchanged.items():
            moved = np.empty_like(values)
            moved[nodes] = values
            here = mesh.interpolate(values.reshape(mesh.node_shape), bids)
            there = mesh.interpolate(moved.reshape(mesh.node_shape), exchanged_bids(mesh, bids, (i, j)))
            assert np.allclose(here, there, atol=1e-12)
            assert np.allclose(discretisation.mass[rows], discretisation.mass, rtol=1e-14)
            assert sorted(rows.tolist()) == list(range(discretisation.rows))
            # the operators are looked at one row at a time: row r of the one is row rows[r] of the other
            assert np.allclose(
                (discretisation.evaluation @ moved)[rows], discretisation.evaluation @ values, atol=1e-12
            )
            for own in range(mesh.agents):
                other = {i: j, j: i}.get(own, own)
                assert np.allclose(
                    (discretisation.local[other] @ moved)[rows], discretisation.local[own] @ values, atol=1e-10
                )


def test_unlike_spacings_are_not_exchanged() -> None:
    one, two = Spacing.even(1, 2), Spacing.even(2, 2)
    unlike: list[MechanismMesh] = [
        Triangles(spacings=(one, two)),
        CrossedTriangles(spacings=(one, two)),
        Boxes(spacings=(one, two)),
    ]
    for mesh in unlike:
        assert not mesh.discretise().exchanged
        assert axes(mesh) == (one, two)
    assert set(Boxes(spacings=(one, two, one)).discretise().exchanged) == {(0, 2)}
