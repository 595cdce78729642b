"""Masses of rows and nodes agree with quadrature of the documented weights, and sum to one."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import product
from math import exp, prod

import mesh_definitions as plain
import numpy as np
import pytest

from robustmech.verification.enclosure import Enclosure
from robustmech.verification.meshes.axis import Axis
from robustmech.verification.meshes.boxes import Boxes
from robustmech.verification.meshes.crossed_triangles import CrossedTriangles
from robustmech.verification.meshes.exponential_boxes import ExponentialBoxes
from robustmech.verification.meshes.exponential_sums import ExponentialSums
from robustmech.verification.meshes.exponential_triangles import ExponentialTriangles
from robustmech.verification.meshes.shares import Shares
from robustmech.verification.meshes.triangles import Triangles

ONE = Axis(breakpoints=tuple(map(Fraction, ("0", "1/2", "3/2", "5"))))
TWO = Axis(breakpoints=tuple(map(Fraction, ("0", "1/3", "2"))))
FINE = Axis(breakpoints=tuple(map(Fraction, ("0", "1/10000", "1/5000", "40"))))
SLANTS = [("1", "1"), ("1", "2"), ("1",), ("1", "2", "1/3"), ("1", "1", "1"), ("1", "100000001/100000000")]


def rounded(masses: Enclosure) -> list[float]:
    return [float(Fraction(low, masses.unit)) for low in masses.low.tolist()]


def even(step: str, cells: int) -> Axis:
    return Axis(breakpoints=tuple(Fraction(step) * cell for cell in range(cells + 1)))


def sums(slant: tuple[str, ...], axis: Axis) -> ExponentialSums:
    return ExponentialSums(axis=axis, weights=tuple(map(Fraction, slant)))


ALL: dict[str, Callable[[], Enclosure]] = {
    "boxes": lambda: Boxes(axes=(ONE, TWO)).rows().masses,
    "three boxes": lambda: Boxes(axes=(ONE, TWO, FINE)).rows().masses,
    "triangles": lambda: Triangles(axes=(ONE, FINE), by_corner=True, has_payoff=False).rows().masses,
    "crossed triangles": lambda: CrossedTriangles(axes=(ONE, TWO), has_payoff=False).rows().masses,
    "shares": lambda: Shares(axis=ONE, agents=2, has_payoff=False).rows().masses,
    "shares of four": lambda: Shares(axis=FINE, agents=4, has_payoff=False).rows().masses,
    "exponential boxes": lambda: ExponentialBoxes(axes=(ONE, FINE)).nodes().law_masses(),
    "exponential triangles": lambda: ExponentialTriangles(axis=even("3/7", 5)).nodes().law_masses(),
    "fine triangles": lambda: ExponentialTriangles(axis=even("1/1000", 3)).nodes().law_masses(),
    "fine sums": lambda: sums(("1", "2"), FINE).nodes().law_masses(),
}


@pytest.mark.parametrize("name", ALL)
def test_masses_are_positive_and_sum_to_one(name: str) -> None:
    assert_sum_to_one(ALL[name]())


@pytest.mark.parametrize("slant", SLANTS)
def test_masses_of_sums_are_positive_and_sum_to_one(slant: tuple[str, ...]) -> None:
    assert_sum_to_one(sums(slant, ONE).nodes().law_masses())


def assert_sum_to_one(masses: Enclosure) -> None:
    assert masses.is_narrow()
    assert masses.low.sum() <= masses.unit <= masses.high.sum()
    assert masses.high.sum() - masses.low.sum() < masses.unit >> 150


def test_boxes_against_quadrature() -> None:
    expected = [prod(pair) for pair in product(plain.tent_masses(ONE.breakpoints), plain.tent_masses(TWO.breakpoints))]
    assert rounded(Boxes(axes=(ONE, TWO)).rows().masses) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_exponential_boxes_against_quadrature() -> None:
    one, two = plain.rising_masses(ONE.breakpoints), plain.rising_masses(TWO.breakpoints)
    nodes = ExponentialBoxes(axes=(ONE, TWO)).nodes()
    inside, across, along = (rounded(block.mass) for block in nodes.blocks)
    ends = [[exp(-float(x)) for x in axis.breakpoints[1:]] for axis in (ONE, TWO)]
    assert inside == pytest.approx([prod(pair) for pair in product(one, two)], rel=1e-9, abs=1e-12)
    assert across == pytest.approx([prod(pair) for pair in product(ends[0], two)], rel=1e-9, abs=1e-12)
    assert along == pytest.approx([prod(pair) for pair in product(one, ends[1])], rel=1e-9, abs=1e-12)


def test_triangles_against_quadrature() -> None:
    found = rounded(Triangles(axes=(ONE, TWO), by_corner=True, has_payoff=False).rows().masses)
    squares = list(product(plain.cells(ONE.breakpoints), plain.cells(TWO.breakpoints)))
    lower = [plain.triangle_masses([(a, c), (b, c), (a, d)]) for (a, b), (c, d) in squares]
    upper = [plain.triangle_masses([(b, d), (a, d), (b, c)]) for (a, b), (c, d) in squares]
    ends = [exp(-float(axis.last)) for axis in (ONE, TWO)]
    strips = [ends[0] * mass for mass in plain.tent_masses(TWO.breakpoints)[:-1]]
    strips += [ends[1] * mass for mass in plain.tent_masses(ONE.breakpoints)[:-1]]
    expected = [*sum(lower, []), *sum(upper, []), *strips, ends[0] * ends[1]]  # noqa: RUF017
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-11)


def test_crossed_triangles_against_quadrature() -> None:
    found = rounded(CrossedTriangles(axes=(ONE, TWO), has_payoff=False).rows().masses)
    expected: list[float] = []
    for kind in range(4):
        for (a, b), (c, d) in product(plain.cells(ONE.breakpoints), plain.cells(TWO.breakpoints)):
            low, right, up, high, middle = (a, c), (b, c), (a, d), (b, d), ((a + b) / 2, (c + d) / 2)
            pair = ((low, right), (low, up), (right, high), (up, high))[kind]
            expected += plain.triangle_masses([*pair, middle])
    assert found[: len(expected)] == pytest.approx(expected, rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("slant", [("1", "1"), ("1", "2"), ("1",), ("1/2", "100000001/200000000"), ("1", "2", "1/3")])
def test_exponential_sums_against_quadrature(slant: tuple[str, ...]) -> None:
    mesh = sums(slant, even("4/5", 3))
    (block,) = mesh.nodes().blocks
    assert rounded(block.mass) == pytest.approx(plain.sum_masses(mesh.weights, mesh.axis.breakpoints), rel=1e-8)


def test_exponential_triangles_against_quadrature() -> None:
    step = 0.75
    nodes = ExponentialTriangles(axis=even("3/4", 2)).nodes()
    for half, weights in enumerate(plain.square_weights(step)):
        for place in range(4):
            weight = partial(chosen, weights, place)
            mass = plain.square_mass(weight, step, upper=bool(half))
            expected = [mass * exp(-(a + b) * step) for a, b in product(range(2), repeat=2)]
            assert rounded(nodes.blocks[4 * half + place].mass) == pytest.approx(expected, rel=1e-8)


def chosen(weights: Callable[[float, float], list[float]], place: int, x: float, y: float) -> float:
    return weights(x, y)[place]


@pytest.mark.parametrize("agents", [2, 3])
def test_shares_against_quadrature(agents: int) -> None:
    rows = Shares(axis=ONE, agents=agents, has_payoff=False).rows()
    assert rows.entry is not None
    found = np.bincount(rows.entry, weights=np.array(rounded(rows.masses)))
    alone = 1 / agents
    expected = [plain.erlang(agents, lambda s: 1.0, 0.0, 0.5)]
    for a, b in list(plain.cells(ONE.breakpoints))[1:]:
        for zero, one in ((b, a), (a, b)):
            expected += [plain.erlang(agents, plain.between_inverses(zero, one), a, b) * alone] * agents
    last = float(ONE.last)
    expected += [plain.erlang(agents, lambda s: last / s, last) * alone] * agents
    expected.append(plain.erlang(agents, lambda s: 1 - last / s, last))
    assert found == pytest.approx(expected, rel=1e-8)


def test_shares_split_rows_among_nodes() -> None:
    """The row of a cell's low end with agent 1 alone, at the four nodes of the cell."""
    rows = Shares(axis=ONE, agents=2, has_payoff=False).rows()
    a, b = 0.5, 1.5
    weight = plain.between_inverses(b, a)
    parts = [
        plain.erlang(2, plain.times(weight, plain.between_sums(zero, one)), a, b) for zero, one in ((b, a), (a, b))
    ]
    same, other = plain.share_moments(2)
    chosen = np.asarray(rows.entry == 1)
    assert rows.node[chosen].tolist() == [1, 2, 3, 4]
    expected = [parts[0] * same, parts[0] * other, parts[1] * same, parts[1] * other]
    assert np.array(rounded(rows.masses))[chosen] == pytest.approx(expected, rel=1e-8)
