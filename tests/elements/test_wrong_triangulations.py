"""Meshes that would not do: on an edge the right-derivatives of two agents may come from two elements."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp

from elements.meshes_and_problems import AUCTIONS, Claim, attained, bid_places, random_claim
from robustmech import Environment, solve
from robustmech.elements import (
    CrossedTriangles,
    ExponentialBoxes,
    MechanismMesh,
    Meshes,
    PiecewiseLinearMechanism,
    Spacing,
    Triangles,
)
from robustmech.elements.line_transfers import LineTransfers
from robustmech.elements.triangle_rule import located
from robustmech.model import Counts, Discretisation, FloatArray

TWO = Spacing.at([0, 1, 2])
AWAY = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class RisingLines:
    """A function that is constant on triangles cut along the rising diagonal, along lines of one agent's action.

    Args:
        before, after: on the triangle at smaller and at larger own actions, shape (M, M).
        strip, edge: in the tail of the own and of the other action, shape (M,).
    """

    before: FloatArray
    after: FloatArray
    strip: FloatArray
    edge: FloatArray
    corner: float
    own: Spacing = TWO
    other: Spacing = TWO

    def pieces(self, across: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        points = self.own.positions
        b, t = located(self.other, across)
        tail = across >= points[-1]
        cut = points[:-1] + t[:, None] * np.diff(points)
        begin, end = (np.broadcast_to(p, cut.shape) for p in (points[:-1], points[1:]))
        value = [np.where(tail[:, None], self.edge, kind[:, b].T) for kind in (self.before, self.after)]
        both = np.concatenate(value, axis=1)
        starts, ends = np.concatenate([begin, cut], axis=1), np.concatenate([cut, end], axis=1)
        return starts, ends, both, both, np.where(tail, self.corner, self.strip[b])


@dataclass(frozen=True, kw_only=True)
class RisingTriangles:
    """Mechanisms that are linear on squares of side 1 cut from the lower left to the upper right; two along each side.

    Rows: the lower right triangles, the upper left ones, the two strips beyond the first agent's last breakpoint, the
    two beyond the second's, the quadrant. The masses are good enough to test with.
    """

    spacings: tuple[Spacing, Spacing] = (TWO, TWO)
    kind: str = "rising triangles"
    agents: int = 2
    averages_payoff: bool = True
    node_shape: tuple[int, ...] = (3, 3)
    counts: Counts = field(default_factory=lambda: Counts(rows=13, nodes=9, local=26, evaluation=39, separator=9.0))

    def discretise(self) -> Discretisation:
        node = np.arange(9).reshape(3, 3)
        rows: list[tuple[dict[int, float], dict[int, float], float]] = []

        def row(one: tuple[int, int] | None, two: tuple[int, int] | None, mass: float) -> None:
            first, second = ({} if ends is None else {ends[0]: 1.0, ends[1]: -1.0} for ends in (one, two))
            rows.append((first, second, mass))

        e = float(np.exp(-1))
        # ∫ e^{-x-y} over x > y in the unit square is half of the square's
        half = (1 - e) ** 2 / 2
        cells = [(a, b) for a in (0, 1) for b in (0, 1)]
        for a, b in cells:
            low, right, high = (int(node[a, b]), int(node[a + 1, b]), int(node[a + 1, b + 1]))
            row((right, low), (high, right), half * e ** (a + b))
        for a, b in cells:
            low, up, high = (int(node[a, b]), int(node[a, b + 1]), int(node[a + 1, b + 1]))
            row((high, up), (up, low), half * e ** (a + b))
        for b in (0, 1):
            row(None, (int(node[2, b + 1]), int(node[2, b])), e ** (2 + b) * (1 - e))
        for a in (0, 1):
            row((int(node[a + 1, 2]), int(node[a, 2])), None, e ** (2 + a) * (1 - e))
        row(None, None, e**4)
        local = []
        for agent in (0, 1):
            table = np.zeros((13, 9))
            for r, entries in enumerate(rows):
                chosen = entries[0] if agent == 0 else entries[1]
                for column, value in chosen.items():
                    table[r, column] = value
            local.append(sp.csr_array(table))
        mass = np.array([entries[2] for entries in rows])
        weights = np.array([int(m * 2**80) for m in mass], dtype=object)
        return Discretisation(
            evaluation=sp.csr_array((13, 9)),
            local=tuple(local),
            mass=mass,
            mass_weights=weights,
            lowest=(node[0], node[:, 0]),
            row_shape=(13,),
            node_shape=(3, 3),
        )

    def interpolate(self, values: FloatArray, bids: FloatArray) -> FloatArray:
        (a, s), (b, t) = (located(TWO, bids[:, i]) for i in (0, 1))
        extra = (slice(None), *([None] * (values.ndim - 2)))
        found: FloatArray = (
            (1 - np.maximum(s, t))[extra] * values[a, b]
            + np.minimum(s, t)[extra] * values[a + 1, b + 1]
            + np.maximum(s - t, 0)[extra] * values[a + 1, b]
            + np.maximum(t - s, 0)[extra] * values[a, b + 1]
        )
        return found

    def parts(self, environment: Environment, decisions: FloatArray, growth: FloatArray) -> FloatArray:
        return growth

    def transfers(self, growth: FloatArray, bids: FloatArray) -> FloatArray:
        """With Ξ shared half and half, as on triangles cut the right way."""
        lower, upper = growth[:8].reshape(2, 2, 2) / 2
        strip, edge, corner = growth[8:10] / 2, growth[10:12] / 2, float(growth[12]) / 2
        first = RisingLines(before=upper, after=lower, strip=strip, edge=edge, corner=corner)
        second = RisingLines(before=lower.T, after=upper.T, strip=edge, edge=strip, corner=corner)
        return LineTransfers.of((first, second), (first, second))(bids)


def on_an_edge(mesh: MechanismMesh, bids: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether bids are on, or just below, the rising diagonal of a cell that is cut there."""
    own = mesh.spacings  # type: ignore[attr-defined]
    (_, s), (_, t) = (located(spacing, bids[:, i]) for i, spacing in enumerate(own))
    inside = (bids[:, 0] < own[0].positions[-1]) & (bids[:, 1] < own[1].positions[-1])
    return np.asarray(inside & (np.abs(s - t) < AWAY))


def shortfalls(claim: Claim) -> tuple[float, float]:
    """The largest on rising edges and elsewhere."""
    bids = bid_places(claim.mechanism.mesh, 0)
    found, edge = claim.promised - attained(claim, bids), on_an_edge(claim.mechanism.mesh, bids)
    assert edge.any()
    assert not edge.all()
    return float(found[edge].max()), float(found[~edge].max())


def solved(name: str) -> Claim:
    """On crossed triangles with breakpoints 0, 1 and 2."""
    mesh = CrossedTriangles(spacings=(TWO, TWO))
    information = ExponentialBoxes(spacings=(Spacing.even(1, 1),) * 2)
    found = solve(AUCTIONS[2][name], Meshes(mechanism=mesh, information=information), side="lower").lower
    assert found is not None
    assert isinstance(found.mechanism, PiecewiseLinearMechanism)
    return Claim(
        environment=AUCTIONS[2][name], mechanism=found.mechanism, multipliers=found.multipliers, value=found.value
    )


def halves(claim: Claim) -> Claim:
    """The same with both parts of Ξ equal."""
    growth = claim.mechanism.growth
    assert growth is not None
    even = np.broadcast_to(growth.sum(axis=0) / 2, growth.shape).copy()
    return replace(claim, mechanism=replace(claim.mechanism, growth=even))


@pytest.mark.parametrize("seed", range(4))
def test_the_rising_diagonal_is_caught_on_the_edge_and_nowhere_else(seed: int) -> None:
    environment = AUCTIONS[2]["independent"]
    on, off = shortfalls(random_claim(environment, cast(MechanismMesh, RisingTriangles()), seed))
    assert on > 0.05
    assert off < 3e-5
    right: list[MechanismMesh] = [Triangles(spacings=(TWO, TWO)), CrossedTriangles(spacings=(TWO, TWO))]
    for mesh in right:
        assert max(shortfalls(random_claim(environment, mesh, seed))) < 3e-5


def drawn(name: str) -> Claim:
    """A random mechanism on cells of two shapes."""
    mesh = CrossedTriangles(spacings=(TWO, Spacing.at([0, Fraction(1, 2), 2])))
    return random_claim(AUCTIONS[2][name], mesh, 5)


@pytest.mark.parametrize(
    ("make", "name"),
    [(solved, "unlike bidders"), (solved, "two goods"), *((drawn, name) for name in ("independent", "cost", "caps"))],
)
def test_equal_parts_on_crossed_triangles_are_caught_on_the_rising_edge(
    make: Callable[[str], Claim], name: str
) -> None:
    claim = make(name)
    assert max(shortfalls(claim)) < 3e-5
    on, off = shortfalls(halves(claim))
    assert on > 0.01
    assert off < 3e-5
