"""Derivatives at rows and virtual values at nodes are those of the documented functions, by finite differences."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import exp
from typing import Any

import mesh_definitions as plain
import numpy as np
import pytest

from robustmech.verification.enclosure import exactly
from robustmech.verification.meshes.axis import Axis
from robustmech.verification.meshes.boxes import Boxes
from robustmech.verification.meshes.crossed_triangles import CrossedTriangles
from robustmech.verification.meshes.exponential_boxes import ExponentialBoxes
from robustmech.verification.meshes.exponential_sums import ExponentialSums
from robustmech.verification.meshes.exponential_triangles import ExponentialTriangles
from robustmech.verification.meshes.nodes import Block, combined
from robustmech.verification.meshes.shares import Shares
from robustmech.verification.meshes.triangles import Triangles
from robustmech.verification.rows import Rows

ONE = Axis(breakpoints=tuple(map(Fraction, ("0", "1/2", "3/2"))))
TWO = Axis(breakpoints=tuple(map(Fraction, ("0", "1/3", "2", "3"))))
UNIT = 2**256
STEP = 1e-6

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Array], float]


def levels(count: int) -> Array:
    return np.random.default_rng(count).integers(0, 1000, count).astype(object)


def slope(function: Function, point: Array, agent: int) -> float:
    move = np.eye(len(point))[agent] * STEP
    return (function(point + move) - function(point - move)) / (2 * STEP)


def derivatives(rows: Rows, agent: int, values: Array) -> Array:
    found: Array = (rows.derivative(agent, values) / rows.scale).astype(float)
    return found


def plane(corners: list[tuple[float, float]], values: list[float]) -> Array:
    """The gradient of the linear function with these values."""
    matrix = np.array([[1, x, y] for x, y in corners])
    gradient: Array = np.linalg.solve(matrix, np.array(values, dtype=float))[1:]
    return gradient


def test_triangles_have_the_slopes_of_planes() -> None:
    values, columns = levels(12), TWO.cells + 1
    rows = Triangles(axes=(ONE, TWO), by_corner=True, has_payoff=False).rows()
    found = np.stack([derivatives(rows, agent, values) for agent in range(2)], axis=1)
    x, y = plain.floats(ONE.breakpoints), plain.floats(TWO.breakpoints)
    cells = list(product(range(ONE.cells), range(TWO.cells)))
    shapes = [[(a, b), (a + 1, b), (a, b + 1)] for a, b in cells]
    shapes += [[(a + 1, b + 1), (a, b + 1), (a + 1, b)] for a, b in cells]
    for place, corners in enumerate(shapes):
        nodes = [a * columns + b for a, b in corners]
        assert rows.node[3 * place : 3 * place + 3].tolist() == nodes
        expected = plane([(x[a], y[b]) for a, b in corners], [values[node] for node in nodes])
        assert found[3 * place : 3 * place + 3] == pytest.approx(np.tile(expected, (3, 1)))
    strips = [[(2, b), (2, b + 1)] for b in range(3)] + [[(a, 3), (a + 1, 3)] for a in range(2)]
    rest = [a * columns + b for corners in strips for a, b in corners]
    assert rows.node[3 * len(shapes) :].tolist() == [*rest, 11]
    for place, ((a, b), (c, d)) in enumerate(strips):
        rise = values[c * columns + d] - values[a * columns + b]
        gradient = [0.0, rise / (y[d] - y[b])] if a == c else [rise / (x[c] - x[a]), 0.0]
        assert found[3 * len(shapes) + 2 * place] == pytest.approx(np.array(gradient, dtype=float))
    assert found[-1].tolist() == [0, 0]


def test_crossed_triangles_have_the_slopes_of_planes() -> None:
    mesh = CrossedTriangles(axes=(ONE, TWO), has_payoff=True)
    values, columns = levels(18), TWO.cells + 1
    rows, rising = mesh.rows(), mesh.rising_rows()
    found = np.stack([derivatives(rows, agent, values) for agent in range(2)], axis=1)
    on_diagonals = np.stack([derivatives(rising, agent, values) for agent in range(2)], axis=1)
    x, y = plain.floats(ONE.breakpoints), plain.floats(TWO.breakpoints)
    cells = list(product(range(2), range(3)))
    for kind, (cell, (a, b)) in product(range(4), enumerate(cells)):
        low, right, up, high = (a, b), (a + 1, b), (a, b + 1), (a + 1, b + 1)
        pair = ((low, right), (low, up), (right, high), (up, high))[kind]
        corners = [(x[i], y[j]) for i, j in pair] + [((x[a] + x[a + 1]) / 2, (y[b] + y[b + 1]) / 2)]
        nodes = [i * columns + j for i, j in pair] + [12 + cell]
        row = 3 * (6 * kind + cell)
        assert rows.node[row : row + 3].tolist() == nodes
        expected = plane(corners, [values[node] for node in nodes])
        assert found[row] == pytest.approx(expected)
        # below the middle agent 1 moves into the bottom triangle and agent 2 into the left one; above, right and top
        agent, half = ((0, 0), (1, 0), (0, 1), (1, 1))[kind]
        for corner in range(2):
            assert on_diagonals[12 * half + 6 * corner + cell, agent] == pytest.approx(expected[agent])


def test_rising_growth_takes_each_agents_part_from_its_own_triangle() -> None:
    mesh = CrossedTriangles(axes=(ONE, TWO), has_payoff=True)
    growth = np.arange(np.prod(mesh.growth_shape)).astype(object).reshape(mesh.growth_shape)
    found = mesh.rising_growth(growth.reshape(2, -1)).tolist()
    assert found[4] == growth[0, 4, 0] + growth[1, 6 + 4, 0]
    assert found[6 + 4] == growth[0, 4, 2] + growth[1, 6 + 4, 2]
    assert found[12 + 4] == growth[0, 12 + 4, 1] + growth[1, 18 + 4, 1]
    assert found[18 + 4] == growth[0, 12 + 4, 2] + growth[1, 18 + 4, 2]
    plain_mesh = CrossedTriangles(axes=(ONE, TWO), has_payoff=False)
    parts = np.arange(np.prod(plain_mesh.growth_shape)).astype(object).reshape(2, -1)
    assert plain_mesh.rising_growth(parts).tolist()[12 + 4] == parts[0, 12 + 4] + parts[1, 18 + 4]


def hats(axis: Axis, x: float) -> Array:
    return np.array([np.interp(x, plain.floats(axis.breakpoints), row) for row in np.eye(axis.cells + 1)])


def end_weights(axis: Axis, x: float, *, rising: bool) -> Array:
    """The weights of the low and high ends of cells, and of the tail, at x."""
    found = np.zeros(axis.ends)
    for cell, (a, b) in enumerate(plain.cells(axis.breakpoints)):
        if a <= x < b:
            high = (exp(x - a) - 1) / (exp(b - a) - 1) if rising else (x - a) / (b - a)
            found[2 * cell : 2 * cell + 2] = 1 - high, high
    found[-1] = x >= float(axis.last)
    return found


POINTS = [np.array(point) for point in ((0.2, 0.1), (1.3, 2.2), (0.7, 9.0), (4.0, 1.0), (5.0, 6.0), (0.01, 2.99))]


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_boxes_interpolate_derivatives(point: Array) -> None:
    axes = (ONE, TWO)
    values = levels(12)
    rows = Boxes(axes=axes).rows()

    def function(x: Array) -> float:
        return float(np.outer(hats(ONE, x[0]), hats(TWO, x[1])).ravel() @ values.astype(float))

    weights = np.outer(*(end_weights(axis, x, rising=False) for axis, x in zip(axes, point, strict=True))).ravel()
    assert weights @ values[rows.node].astype(float) == pytest.approx(function(point))
    for agent in range(2):
        assert weights @ derivatives(rows, agent, values) == pytest.approx(slope(function, point, agent), abs=1e-4)


@pytest.mark.parametrize("point", [(0.1, 0.3, 0.05), (0.4, 0.9, 0.1), (1.0, 0.5, 0.9), (3.0, 0.1, 2.0)], ids=str)
def test_shares_interpolate_derivatives(point: tuple[float, ...]) -> None:
    """Linear in shares and in one over the sum."""
    mesh = Shares(axis=TWO, agents=3, has_payoff=False)
    values = levels(mesh.node_shape[0])
    rows = mesh.rows()
    assert rows.entry is not None
    firsts = np.searchsorted(rows.entry, np.arange(mesh.growth_shape[0]))

    def function(x: Array) -> float:
        s = x.sum()
        weights = hats(TWO, s)
        ends = [[float(values[mesh.node(j, i)]) for j in range(4)] for i in range(3)]
        return float(sum(x[i] / s * (weights @ np.array(ends[i])) for i in range(3)))

    place = np.array(point)
    s, shares = place.sum(), place / place.sum()
    weights = np.zeros(len(firsts))
    for cell, (a, b) in enumerate(plain.cells(TWO.breakpoints)):
        if a <= s < b and cell:
            low = (1 / s - 1 / b) / (1 / a - 1 / b)
            weights[1 + 6 * (cell - 1) : 1 + 6 * cell] = np.concatenate([low * shares, (1 - low) * shares])
        elif a <= s < b:
            weights[0] = 1
    if s >= 3:
        weights[-4:] = [*(3 / s * shares), 1 - 3 / s]
    assert weights.sum() == pytest.approx(1)
    for agent in range(3):
        found = derivatives(rows, agent, values)[firsts]
        assert weights @ found == pytest.approx(slope(function, place, agent), abs=1e-3)


def virtual(block: Block, agent: int, laws: Array) -> Array:
    enclosure = combined(block.virtual[agent], exactly([int(law) * UNIT for law in laws], UNIT), len(block.mass.low))
    return np.array([float(Fraction(low, UNIT)) for low in enclosure.low.tolist()])


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_exponential_boxes_have_virtual_values(point: Array) -> None:
    axes = (ONE, TWO)
    mesh = ExponentialBoxes(axes=axes)
    laws = levels(mesh.laws)

    def weights(x: Array) -> Array:
        return np.outer(*(end_weights(axis, y, rising=True) for axis, y in zip(axes, x, strict=True))).ravel()

    def function(x: Array) -> float:
        return float(weights(x) @ laws.astype(float))

    inside = mesh.nodes().blocks[0]
    for agent in range(2):
        expected = function(point) - slope(function, point, agent)
        assert weights(point) @ virtual(inside, agent, laws) == pytest.approx(expected, abs=1e-4)


def test_exponential_boxes_have_sides() -> None:
    mesh = ExponentialBoxes(axes=(ONE, TWO))
    laws = levels(mesh.laws)
    table = laws.reshape(5, 7)
    first, second = mesh.nodes().blocks[1:]
    assert virtual(first, 0, laws).tolist() == [*(table[1] - table[2]), *(table[3] - table[4])]
    expected = [[row[1] - row[2], row[3] - row[4], row[5] - row[6]] for row in table]
    assert virtual(second, 1, laws).tolist() == [float(value) for value in np.ravel(expected)]
    assert not virtual(first, 1, laws).any()


@pytest.mark.parametrize("slant", [("1", "1"), ("1", "2"), ("1", "2", "1/3"), ("1", "11/10")])
@pytest.mark.parametrize("s", [0.1, 0.4, 0.6, 1.4, 1.6])
def test_exponential_sums_have_virtual_values(slant: tuple[str, ...], s: float) -> None:
    weights = tuple(map(Fraction, slant))
    mesh = ExponentialSums(axis=ONE, weights=weights)
    laws = levels(mesh.laws)
    (block,) = mesh.nodes().blocks
    assert block.value is not None
    assert block.value.tolist() == [0, 1, 2, 2, 3, 4, 4]

    def at(s: float) -> Array:
        found = np.zeros(7)
        for cell, (a, b) in enumerate(plain.cells(ONE.breakpoints)):
            if a <= s < b:
                found[3 * cell : 3 * cell + 3] = [weight(s - a) for weight in plain.sum_weights(weights, b - a)]
        found[-1] = s >= 1.5
        return found

    def function(x: Array) -> float:
        return float(at(x @ np.array(plain.floats(weights))) @ laws[block.value].astype(float))

    point = np.full(len(weights), s / float(sum(weights)))
    for agent in range(len(weights)):
        expected = function(point) - slope(function, point, agent)
        assert at(s) @ virtual(block, agent, laws) == pytest.approx(expected, rel=1e-6, abs=1e-3)


@pytest.mark.parametrize("half", ["lower", "upper"])
def test_exponential_triangles_have_virtual_values(half: str) -> None:
    """In the second square of three by three, (0, 1)."""
    step = 0.5
    mesh = ExponentialTriangles(axis=Axis(breakpoints=tuple(Fraction(j, 2) for j in range(4))))
    laws = levels(mesh.laws)
    lower, upper = plain.square_weights(step)
    weights, first = (lower, 0) if half == "lower" else (upper, 4)
    names = (0, 1, 2, 3) if half == "lower" else (4, 1, 2, 3)
    blocks = mesh.nodes().blocks[first : first + 4]
    square = 1
    controls = [float(laws[5 * square + name]) for name in names]
    for point in (np.array([0.11, 0.23]), np.array([0.3, 0.05])):
        place = point if half == "lower" else step - point

        def function(x: Array) -> float:
            return float(np.array(weights(x[0], x[1])) @ np.array(controls))

        for agent in range(2):
            found = [virtual(block, agent, laws)[square] for block in blocks]
            expected = function(place) - slope(function, place, agent)
            assert np.array(weights(*place)) @ np.array(found) == pytest.approx(expected, rel=1e-6, abs=1e-3)


def test_exponential_triangles_have_strips_and_sides() -> None:
    n, h = 2, 0.5
    mesh = ExponentialTriangles(axis=Axis(breakpoints=tuple(Fraction(j, 2) for j in range(n + 1))))
    assert mesh.laws == 5 * n * n + 4 * n + 1
    laws = levels(mesh.laws)
    o, p1, p2, _, q = (laws[: 5 * n * n].reshape(n, n, 5)[..., law] for law in range(5))
    right, top = laws[20:24].reshape(2, 2), laws[24:28].reshape(2, 2)
    strips, quadrant, sides = mesh.nodes().blocks[8:10], mesh.nodes().blocks[10], mesh.nodes().blocks[11:]
    growth = exp(h)
    for agent, ends in enumerate((right, top)):
        assert virtual(strips[agent], agent, laws) == pytest.approx(ends.ravel().astype(float))
        affine = (growth * ends[:, 0] - ends[:, 1]).astype(float) / (growth - 1)
        assert virtual(strips[agent], 1 - agent, laws) == pytest.approx(np.repeat(affine, 2))
    assert virtual(quadrant, 0, laws).tolist() == virtual(quadrant, 1, laws).tolist() == [laws[-1]]
    first = [[[p1[0, b] - o[1, b], q[0, b] - p2[1, b]] for b in range(n)]]
    first += [[[p1[1, b] - right[b, 0], q[1, b] - right[b, 1]] for b in range(n)]]
    second = [[[p2[a, 0] - o[a, 1], q[a, 0] - p1[a, 1]] for a in range(n)]]
    second += [[[p2[a, 1] - top[a, 0], q[a, 1] - top[a, 1]] for a in range(n)]]
    assert virtual(sides[0], 0, laws).tolist() == np.ravel(first).astype(float).tolist()
    assert virtual(sides[1], 1, laws).tolist() == np.ravel(second).astype(float).tolist()
    assert virtual(sides[2], 0, laws).tolist() == [top[0, 1] - top[1, 0], top[1, 1] - laws[-1]]
    assert virtual(sides[3], 1, laws).tolist() == [right[0, 1] - right[1, 0], right[1, 1] - laws[-1]]
