"""Shares without transfers: rows and nodes against the documented functions, by finite differences and quadrature."""

import itertools
from fractions import Fraction
from math import comb, factorial

import mesh_definitions as plain
import numpy as np
import pytest
from test_verification_meshes import Array, Function, derivatives, levels, slope, virtual

from robustmech.verification.enclosure import exactly
from robustmech.verification.meshes.axis import Axis
from robustmech.verification.meshes.nodes import combined
from robustmech.verification.meshes.share_densities import ShareDensities
from robustmech.verification.meshes.shares_without_transfers import SharesWithoutTransfers

AXES = [
    Axis(breakpoints=tuple(map(Fraction, ("0", "1/3", "2", "3")))),
    Axis(breakpoints=tuple(map(Fraction, ("0", "5/2")))),
]
SIZES = list(itertools.product(AXES, (2, 3)))
UNIT = 2**256


def bernstein(degree: int, share: float) -> Array:
    return np.array([comb(degree, k) * share**k * (1 - share) ** (degree - k) for k in range(degree + 1)])


def place(axis: Axis, s: float) -> tuple[int, float, float]:
    """The cell of a sum, M in the tail, and the cell's ends."""
    points = plain.floats(axis.breakpoints)
    cell = int(np.searchsorted(points, s, side="right")) - 1
    return (cell, points[cell], points[cell + 1]) if cell < axis.cells else (cell, points[cell], np.inf)


def rule(axis: Axis, agents: int, controls: Array) -> Function:
    """`Σ_i y_i C_i(s)` for controls (2M + 1, agents)."""

    def at(x: Array) -> float:
        s = float(x.sum())
        cell, a, b = place(axis, s)
        if cell == axis.cells:
            return float(controls[-1] @ x / s)
        return float(bernstein(2, (s - a) / (b - a)) @ controls[2 * cell : 2 * cell + 3] @ x / s)

    return at


def sums(axis: Axis) -> list[float]:
    cells = [a + share * (b - a) for a, b in plain.cells(axis.breakpoints) for share in (0.1, 0.5, 0.8)]
    return [*cells, float(axis.last) + 0.7]


@pytest.mark.parametrize(("axis", "agents"), SIZES)
def test_rows_give_the_rule_and_its_derivatives(axis: Axis, agents: int) -> None:
    mesh = SharesWithoutTransfers(axis=axis, agents=agents)
    (count,) = mesh.node_shape
    values = levels(count)
    controls = np.concatenate([np.full(agents, values[0]), values[1:]]).reshape(-1, agents).astype(float)
    assert len(controls) == 2 * axis.cells + 1
    function, rows = rule(axis, agents, controls), mesh.rows()
    assert len(rows.scale) == (4 * axis.cells + 1) * agents
    table = np.stack(
        [(rows.value(values) / rows.scale).astype(float), *(derivatives(rows, m, values) for m in range(agents))]
    )
    y = np.random.default_rng(agents).dirichlet(np.ones(agents))
    for s in sums(axis):
        cell, a, b = place(axis, s)
        if cell == axis.cells:
            first, weights = 4 * cell - 1, np.array([a / s, 1 - a / s])
        elif cell == 0:
            first, weights = 0, bernstein(2, s / b)
        else:
            first, weights = 4 * cell - 1, bernstein(3, (s - a) / (b - a)) * (a + np.arange(4) * (b - a) / 3) / s
        own = table[:, first * agents : (first + len(weights)) * agents].reshape(agents + 1, len(weights), agents)
        found = weights @ own @ y
        expected = [function(s * y), *(slope(function, s * y, m) for m in range(agents))]
        assert found == pytest.approx(np.array(expected), rel=1e-6, abs=1e-4)


def test_lowest_nodes_are_where_an_agent_does_not_act() -> None:
    mesh = SharesWithoutTransfers(axis=AXES[1], agents=3)
    assert mesh.node_shape == (7,)
    assert mesh.lowest(1).tolist() == [0, 1, 3, 4, 6]


@pytest.mark.parametrize(("axis", "agents"), SIZES)
def test_nodes_give_the_density_and_its_virtual_values(axis: Axis, agents: int) -> None:
    mesh = ShareDensities(axis=axis, agents=agents)
    laws = levels(mesh.laws)
    controls = laws.reshape(-1, agents).astype(float)
    function = rule(axis, agents, controls)
    inside, end = mesh.nodes().blocks
    quantity = exactly(laws * UNIT, UNIT)
    value = combined(inside.value_terms, quantity, len(inside.mass.low))
    table = np.stack([(value.low / value.unit).astype(float), *(virtual(inside, m, laws) for m in range(agents))])
    assert table.shape == (agents + 1, 4 * axis.cells * agents)
    y = np.random.default_rng(agents).dirichlet(np.ones(agents))
    for s in sums(axis)[:-1]:
        cell, a, b = place(axis, s)
        own = table[:, 4 * cell * agents : 4 * (cell + 1) * agents].reshape(agents + 1, 4, agents)
        found = bernstein(3, (s - a) / (b - a)) @ own @ y / s
        expected = [function(s * y), *(-slope(function, s * y, m) for m in range(agents))]
        assert found == pytest.approx(np.array(expected), rel=1e-6, abs=1e-3)
    for m in range(agents):
        assert virtual(end, m, laws).tolist() == controls[-1].tolist()
    assert not end.value_terms
    assert end.value is None


@pytest.mark.parametrize(("axis", "agents"), [*SIZES, (AXES[0], 5)])
def test_masses_are_integrals_over_all_signals(axis: Axis, agents: int) -> None:
    mesh = ShareDensities(axis=axis, agents=agents)
    share, volume = 1 / (agents * factorial(agents - 1)), float(axis.last) ** agents / factorial(agents)
    nodes = mesh.nodes()
    inside, end = ([float(Fraction(low, block.mass.unit)) for low in block.mass.low] for block in nodes.blocks)
    own = nodes.law_masses()
    assert sum(own.low.tolist()) <= own.unit <= sum(own.high.tolist())
    expected = np.zeros(2 * axis.cells + 1)
    for cell, (a, b) in enumerate(plain.cells(axis.breakpoints)):

        def weighted(degree: int, k: int, power: int, a: float = a, b: float = b) -> float:
            return plain.integral(lambda s: bernstein(degree, (s - a) / (b - a))[k] * s**power, a, b) * share / volume

        for k in range(3):
            expected[2 * cell + k] += weighted(2, k, agents - 1)
        for k in range(4):
            first = (4 * cell + k) * agents
            assert inside[first : first + agents] == pytest.approx([weighted(3, k, agents - 2)] * agents, rel=1e-9)
    assert [float(Fraction(low, own.unit)) for low in own.low] == pytest.approx(np.repeat(expected, agents), rel=1e-9)
    assert end == pytest.approx([share / volume * float(axis.last) ** (agents - 1)] * agents)
