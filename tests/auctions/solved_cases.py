"""Solved auctions that several tests use: one for each mesh, on small problems."""

from fractions import Fraction
from functools import cache

from robustmech import Beliefs, Environment, Solution, auction, product_states, solve
from robustmech.auctions import SolvedTerms, solved_terms
from robustmech.elements import (
    Boxes,
    CrossedTriangles,
    ExponentialSums,
    MechanismMesh,
    Meshes,
    Shares,
    Spacing,
    Triangles,
)

THREE = product_states([[0, "1/2", 1]] * 2)
CORNERS = product_states([[0, 1]] * 2)
COMMON = [[v, v, v] for v in (0, 1, 3)]
EVEN = Spacing.even("4/5", 5)
UNEVEN = Spacing.at([0, "1/2", 2, 4])

PROBLEMS: dict[str, tuple[Environment, MechanismMesh]] = {
    "independent": (auction(THREE, ["1/9"] * 9), CrossedTriangles(spacings=(EVEN, EVEN))),
    "with a cost": (auction(THREE, ["1/9"] * 9, cost="1/10"), CrossedTriangles(spacings=(UNEVEN, EVEN))),
    "unequal": (
        auction([[0, 0], [1, "1/2"], ["1/2", 1], [1, 0]], ["1/4"] * 4),
        CrossedTriangles(spacings=(EVEN, Spacing.even("3/2", 3))),
    ),
    "known means": (
        auction(CORNERS, beliefs=Beliefs.means(CORNERS, ["3/5", "2/5"])),
        Triangles(spacings=(EVEN, EVEN), corner_rows=True),
    ),
    "must sell": (auction(THREE, ["1/9"] * 9, must_sell=True), Triangles(spacings=(UNEVEN, UNEVEN))),
    "capacities": (auction(COMMON, ["1/3"] * 3, caps="1/2"), Boxes(spacings=(Spacing.even("2/3", 4),) * 3)),
    "high cost": (auction(THREE, ["1/9"] * 9, cost="9/20"), CrossedTriangles(spacings=(EVEN, EVEN))),
    "shares": (auction(COMMON, ["1/3"] * 3, cost="1/5"), Shares(spacing=Spacing.even("1/2", 14), agents=3)),
}
NAMES = [name for name in PROBLEMS if name != "high cost"]


@cache
def solved(name: str) -> Solution:
    """The lower side, on a mesh of few cells."""
    environment, mesh = PROBLEMS[name]
    sums = ExponentialSums(spacing=EVEN, slant=(Fraction(1),) * environment.agents)
    return solve(environment, Meshes(mechanism=mesh, information=sums), side="lower")


@cache
def terms_for(name: str, increment: str | None = None) -> SolvedTerms:
    """The terms of an auction file."""
    return solved_terms(solved(name), increment=increment)
