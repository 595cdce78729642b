"""Small problems solved on meshes of every kind."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

from robustmech import Beliefs, Environment, Solution, auction, public_expenditure, solve
from robustmech.artefacts import write_result
from robustmech.elements import (
    Boxes,
    CrossedTriangles,
    ExponentialBoxes,
    ExponentialSums,
    ExponentialTriangles,
    InformationMesh,
    MechanismMesh,
    Meshes,
    PublicSignals,
    ShareDensities,
    Shares,
    SharesWithoutTransfers,
    Spacing,
    Triangles,
)

ONE, TWO = Spacing.even("9/10", 4), Spacing.at([0, "1/3", 1, 2, "7/2"])
CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
LEVEL = Fraction(1)


def sums(*slant: str) -> ExponentialSums:
    return ExponentialSums(spacing=Spacing.even("9/10", 4), slant=tuple(map(Fraction, slant)))


LOWER: dict[str, MechanismMesh] = {
    "triangles": Triangles(spacings=(ONE, TWO)),
    "corner rows": Triangles(spacings=(ONE, TWO), corner_rows=True),
    "crossed triangles": CrossedTriangles(spacings=(ONE, TWO)),
    "boxes": Boxes(spacings=(ONE, TWO)),
    "shares": Shares(spacing=TWO, agents=2),
}
UPPER: dict[str, InformationMesh] = {
    "exponential triangles": ExponentialTriangles(step=Fraction(1, 2), cells=5),
    "exponential sums": sums("1", "1"),
    "slanted sums": sums("1", "2"),
    "exponential boxes": ExponentialBoxes(spacings=(ONE, TWO)),
}
ENVIRONMENTS: dict[str, Callable[[], Environment]] = {
    "common value": lambda: auction([[0, 0], ["1/2", "1/2"], [1, 1]], ["1/4", "1/4", "1/2"]),
    "cost and caps": lambda: auction(CORNERS, ["1/4"] * 4, cost="1/5", caps=["1/2", "2/3"]),
    "two goods": lambda: auction(
        [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[1, 1], ["1/2", "1/2"]]], ["1/3"] * 3, must_sell=True
    ),
    "known means": lambda: auction(CORNERS, beliefs=Beliefs.means(CORNERS, ["1/2", ("1/4", "1/3")])),
    "known marginals": lambda: auction(
        CORNERS, beliefs=Beliefs.marginals(CORNERS, [{0: "1/2", 1: "1/2"}, {0: "1/3", 1: "2/3"}])
    ),
    "entry payments": lambda: auction([["1/3", "1/5"], [1, "1/2"], ["1/7", 1]], ["1/3"] * 3, cost="1/4"),
}
PUBLIC = public_expenditure([["5/2", 0], [0, 3], [1, 1]], ["1/2", "1/4", "1/4"])
THREE = auction([[0, 0, 0], [1, "1/3", "1/3"], [1, 1, 1]], ["1/3"] * 3, cost="1/10", caps=["1/2", 1, "2/3"])
SMALL = Spacing.at([0, "1/2", 2])
ALIKE = public_expenditure([[4, 0], [0, 4], [1, 1]], ["1/4", "1/4", "1/2"])
THREE_ALIKE = public_expenditure([[6, 0, 0], [0, 6, 0], [0, 0, 6], [1, 1, 1]], ["1/4"] * 4)
FINE = Spacing.at(["0", *(f"{j}/4" for j in range(1, 9)), "7/2"])
PLAIN = SharesWithoutTransfers(spacing=FINE, agents=2), ShareDensities(spacing=TWO, agents=2)


SIGNALS = PublicSignals(multipliers=((Fraction(1, 2), Fraction(7, 3), Fraction(0)), (Fraction(1), Fraction(0), LEVEL)))


def on(environment: Environment, lower: MechanismMesh, upper: InformationMesh) -> Callable[[], Solution]:
    return lambda: solve(environment, Meshes(mechanism=lower, information=upper))


def _paired() -> dict[str, Callable[[], Solution]]:
    """Every lower kind in every environment with transfers, the upper kinds in turn."""
    cases = {}
    turns = list(UPPER)
    for place, (name, make) in enumerate(ENVIRONMENTS.items()):
        for shift, (kind, mesh) in enumerate(LOWER.items()):
            upper = turns[(place + shift) % len(turns)]
            cases[f"{name}: {kind}, {upper}"] = on(make(), mesh, UPPER[upper])
    return cases


CASES: dict[str, Callable[[], Solution]] = {
    **_paired(),
    **{
        f"no transfers: {lower}, {upper}": on(PUBLIC, LOWER[lower], UPPER[upper])
        for lower, upper in zip(("corner rows", "boxes", "boxes", "corner rows"), UPPER, strict=True)
    },
    "no transfers: shares, share densities": on(ALIKE, *PLAIN),
    "no transfers, unlike agents: shares, share densities": on(PUBLIC, *PLAIN),
    "no transfers, three agents: shares, share densities": on(
        THREE_ALIKE, SharesWithoutTransfers(spacing=FINE, agents=3), ShareDensities(spacing=ONE, agents=3)
    ),
    "no transfers: boxes, public signals": on(PUBLIC, LOWER["boxes"], SIGNALS),
    "three bidders: boxes, exponential boxes": on(
        THREE, Boxes(spacings=(SMALL, ONE, SMALL)), ExponentialBoxes(spacings=(SMALL, ONE, SMALL))
    ),
    "three bidders: shares, exponential sums": on(THREE, Shares(spacing=TWO, agents=3), sums("1", "1", "1/3")),
}


@cache
def solved(case: str) -> Solution:
    return CASES[case]()


def written(folder: Path, case: str) -> Path:
    write_result(folder, solved(case), None)
    return folder
