"""Brackets on meshes: around what is known in closed form, and around one another."""

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from elements.meshes_and_problems import AUCTIONS, HALF
from robustmech import (
    Beliefs,
    Environment,
    Grid,
    InputError,
    ShapeError,
    Solution,
    auction,
    product_states,
    public_expenditure,
    solve,
)
from robustmech.continuum import CommonValue, KnownMeans
from robustmech.elements import (
    Boxes,
    CrossedTriangles,
    ExponentialBoxes,
    ExponentialInformation,
    ExponentialSums,
    ExponentialTriangles,
    InformationMesh,
    MechanismMesh,
    Meshes,
    Shares,
    Spacing,
    Triangles,
)

VALUES, LAW = [Fraction(0), HALF, Fraction(1)], [Fraction(1, 4), HALF, Fraction(1, 4)]
CORNERS = product_states([[0, 1]] * 2)
STEP = Spacing.even(HALF, 6)
ALIKE = (Fraction(1), Fraction(1))


def sides(solution: Solution) -> tuple[float, float]:
    assert solution.lower is not None
    assert solution.upper is not None
    return solution.lower.value, solution.upper.value


@pytest.mark.parametrize("bidders", [2, 3, 5])
@pytest.mark.parametrize(
    ("terms", "most"), [({}, 8e-4), ({"cost": Fraction(1, 5)}, 4e-4), ({"must_sell": True}, 1.2e-3)], ids=str
)
def test_common_values_are_enclosed_for_any_number_of_bidders(terms: dict[str, Any], most: float, bidders: int) -> None:
    truth = CommonValue(VALUES, LAW, bidders, **terms).guarantee
    environment = auction([[v] * bidders for v in VALUES], LAW, **terms)
    spacing = Spacing.even(Fraction(1, 5), 30 + 5 * bidders)
    meshes = Meshes(
        mechanism=Shares(spacing=spacing, agents=bidders),
        information=ExponentialSums(spacing=spacing, slant=(Fraction(1),) * bidders),
    )
    lower, upper = sides(solve(environment, meshes))
    assert lower <= truth <= upper
    assert upper - lower < most


@pytest.mark.parametrize("means", [("3/5", "2/5"), ("1/2", "1/2"), ("7/10", "1/2")])
def test_known_means_are_enclosed_closely_on_aligned_spacings(means: tuple[str, str]) -> None:
    exact = [Fraction(mean) for mean in means]
    model = KnownMeans([float(mean) for mean in exact])
    # cells of one over the sensitivity, or so, with a node on the boundary of rationing
    cells = 8
    inverse = [Fraction(1 / (cells * eta)).limit_denominator(10**6) for eta in model.information.sensitivities]
    slant = tuple(1 / (cells * width) for width in inverse)
    one, two = (Spacing.even(width, 2 * cells) for width in inverse)
    information = ExponentialSums(spacing=Spacing.even(Fraction(1, 6), 24), slant=slant)
    environment = auction(CORNERS, beliefs=Beliefs.means(CORNERS, exact))
    found = []
    meshes: list[MechanismMesh] = [Triangles(spacings=(one, two)), CrossedTriangles(spacings=(one, two))]
    for mesh in meshes:
        lower, upper = sides(solve(environment, Meshes(mechanism=mesh, information=information)))
        assert lower <= model.guarantee + 1e-12
        assert model.guarantee <= upper + 1e-12
        found.append(upper - lower)
    assert max(found) < 2e-6


@pytest.mark.parametrize("mean", [Fraction(1, 4), HALF, Fraction(4, 5)])
def test_one_interim_value_is_enclosed_to_rounding(mean: Fraction) -> None:
    """A common value of 0 or 1: the solution is linear below one sum of bids and constant above it."""
    model = CommonValue([0, 1], [1 - mean, mean], 2)
    cutoff = Fraction(model.cutoff).limit_denominator(10**7)
    one = Spacing.even(cutoff / 4, 6)
    meshes = Meshes(
        mechanism=Triangles(spacings=(one, one)),
        information=ExponentialSums(spacing=Spacing.even(cutoff, 2), slant=ALIKE),
    )
    lower, upper = sides(solve(auction([[0, 0], [1, 1]], [1 - mean, mean]), meshes))
    assert lower <= model.guarantee <= upper
    assert upper - lower < 1e-6


LOWERS: list[MechanismMesh] = [
    Triangles(spacings=(STEP, STEP)),
    Triangles(spacings=(STEP, Spacing.even(Fraction(3, 5), 4)), corner_rows=True),
    CrossedTriangles(spacings=(STEP, STEP)),
    CrossedTriangles(spacings=(STEP, Spacing.even(Fraction(3, 5), 4))),
    Boxes(spacings=(STEP, STEP)),
    Shares(spacing=Spacing.even(HALF, 8), agents=2),
]
UPPERS: list[InformationMesh] = [
    ExponentialSums(spacing=Spacing.even(HALF, 8), slant=ALIKE),
    ExponentialSums(spacing=Spacing.even(HALF, 8), slant=(Fraction(1), HALF)),
    ExponentialTriangles(step=HALF, cells=4),
    ExponentialBoxes(spacings=(STEP, Spacing.even(Fraction(3, 5), 4))),
]
EVERY: dict[str, Environment] = {
    **AUCTIONS[2],
    "marginals": auction(CORNERS, beliefs=Beliefs.marginals(CORNERS, [{0: HALF, 1: HALF}] * 2)),
    "unlike marginals": auction(
        CORNERS, beliefs=Beliefs.marginals(CORNERS, [{0: HALF, 1: HALF}, {0: Fraction(1, 5), 1: Fraction(4, 5)}])
    ),
    "moments and penalty": auction(
        CORNERS,
        beliefs=Beliefs.together(
            Beliefs.means(CORNERS, [(Fraction(1, 3), Fraction(2, 3)), HALF]),
            Beliefs.moments([[0, 1, 1, 0]], [None], [HALF]),
            Beliefs.penalty([0, Fraction(1, 20), 0, Fraction(1, 10)]),
        ),
        cost=Fraction(1, 10),
    ),
}


def lower_number(environment: Environment, mesh: MechanismMesh) -> float:
    found = solve(environment, Meshes(mechanism=mesh, information=UPPERS[0]), side="lower").lower
    assert found is not None
    return found.value


def upper_number(environment: Environment, mesh: InformationMesh) -> float:
    found = solve(environment, Meshes(mechanism=LOWERS[4], information=mesh), side="upper").upper
    assert found is not None
    return found.value


@functools.cache
def numbers(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    environment = EVERY[name]
    return (
        tuple(lower_number(environment, mesh) for mesh in LOWERS),
        tuple(upper_number(environment, mesh) for mesh in UPPERS),
    )


@pytest.mark.parametrize("name", EVERY)
def test_every_lower_number_is_below_every_upper_number(name: str) -> None:
    lower, upper = numbers(name)
    assert max(lower) <= min(upper)
    coarse_lower, coarse_upper = sides(solve(EVERY[name], Grid.quantile(10)))
    assert max(lower) <= coarse_upper
    assert coarse_lower <= min(upper)
    # and the best mesh of each side is worth having
    assert min(upper) - max(lower) < coarse_upper - coarse_lower


@pytest.mark.parametrize(
    "make",
    [
        lambda spacing: Triangles(spacings=(spacing, spacing)),
        lambda spacing: CrossedTriangles(spacings=(spacing, spacing)),
        lambda spacing: Boxes(spacings=(spacing, spacing)),
        lambda spacing: Shares(spacing=spacing, agents=2),
    ],
)
def test_halving_cells_loses_nothing(make: Callable[[Spacing], MechanismMesh]) -> None:
    """Meshes that contain one another give numbers in order."""
    coarse, fine = make(Spacing.even(1, 2)), make(Spacing.even(HALF, 4))
    for name in ("common", "independent", "cost", "caps"):
        before, after = (lower_number(AUCTIONS[2][name], mesh) for mesh in (coarse, fine))
        assert before <= after + 1e-6


@pytest.mark.parametrize("name", ["unlike bidders", "cost", "means", "unlike marginals"])
def test_exchanging_the_bidders_exchanges_nothing_else(name: str) -> None:
    """Agents, spacings and states in the other order are the same program."""
    environment = EVERY[name]
    swapped = Environment(
        utilities=environment.utilities[::-1, :, ::-1],
        payoff=environment.payoff[:, ::-1],
        decision_set=environment.decision_set,
        beliefs=environment.beliefs,
        transfers=True,
        own_decisions=np.array([[0], [1]]),
    )
    one, two = Spacing.even(HALF, 5), Spacing.at([0, Fraction(1, 3), 1, Fraction(7, 4)])
    for kind in (Triangles, CrossedTriangles, Boxes):
        here, there = (
            lower_number(environment, kind(spacings=(one, two))),
            lower_number(swapped, kind(spacings=(two, one))),
        )
        assert here == pytest.approx(there, abs=2e-7)
    pairs: list[tuple[InformationMesh, InformationMesh]] = [
        (ExponentialBoxes(spacings=(one, two)), ExponentialBoxes(spacings=(two, one))),
        (
            ExponentialSums(spacing=one, slant=(Fraction(1), HALF)),
            ExponentialSums(spacing=one, slant=(HALF, Fraction(1))),
        ),
        (ExponentialTriangles(step=HALF, cells=3), ExponentialTriangles(step=HALF, cells=3)),
    ]
    for first, second in pairs:
        assert upper_number(environment, first) == pytest.approx(upper_number(swapped, second), abs=2e-7)


def test_three_bidders() -> None:
    spacing, alike = Spacing.even(1, 2), (Fraction(1),) * 3
    for environment in AUCTIONS[3].values():
        lower, upper = [], []
        mechanisms: list[MechanismMesh] = [
            Boxes(spacings=(spacing,) * 3),
            Shares(spacing=Spacing.even(HALF, 6), agents=3),
        ]
        signals: list[InformationMesh] = [
            ExponentialBoxes(spacings=(spacing,) * 3),
            ExponentialSums(spacing=Spacing.even(1, 5), slant=alike),
        ]
        for mechanism, information in zip(mechanisms, signals, strict=True):
            low, high = sides(solve(environment, Meshes(mechanism=mechanism, information=information)))
            lower.append(low)
            upper.append(high)
        assert max(lower) <= min(upper)


def test_a_payoff_that_depends_on_the_state_needs_rows_at_corners() -> None:
    """A mean over an element would let the inequality fail inside it."""
    sold = auction(CORNERS, [Fraction(1, 4)] * 4)
    fair = Environment(
        utilities=sold.utilities,
        payoff=np.array([[0, 0], [-1, 2], [2, -1], [1, 1]]),
        decision_set=sold.decision_set,
        beliefs=sold.beliefs,
        transfers=True,
        own_decisions=sold.own_decisions,
    )
    shared = public_expenditure([[Fraction(1, 3), Fraction(1, 3)], [2, 3]], [HALF, HALF])
    for environment in (fair, shared):
        for mesh in (
            Triangles(spacings=(STEP, STEP)),
            CrossedTriangles(spacings=(STEP, STEP)),
            Shares(spacing=STEP, agents=2),
        ):
            with pytest.raises(InputError, match=r"^(crossed )?(triangles|shares): only for problems with transfers"):
                lower_number(environment, mesh)
        lower = [lower_number(environment, Triangles(spacings=(STEP, STEP), corner_rows=True))]
        lower.append(lower_number(environment, Boxes(spacings=(STEP, STEP))))
        upper = [upper_number(environment, ExponentialBoxes(spacings=(STEP, STEP)))]
        upper.append(upper_number(environment, ExponentialTriangles(step=HALF, cells=4)))
        coarse = sides(solve(environment, Grid.quantile(20)))
        assert max([coarse[0], *lower]) <= min([coarse[1], *upper])


@pytest.mark.parametrize("agents", [(2, 3), (3, 2)])
def test_meshes_for_other_numbers_of_agents_are_refused(agents: tuple[int, int]) -> None:
    """Leaving out an agent would give numbers that mean nothing."""
    has, wanted = agents
    environment = auction([[0] * wanted, [1] * wanted], [HALF, HALF])
    lower: list[MechanismMesh] = [Boxes(spacings=(STEP,) * n) for n in (has, wanted)]
    upper: list[InformationMesh] = [ExponentialBoxes(spacings=(STEP,) * n) for n in (has, wanted)]
    for mechanism, information in ((lower[0], upper[1]), (lower[1], upper[0])):
        with pytest.raises(ShapeError, match=f"for {has} agents: the environment has {wanted}"):
            solve(environment, Meshes(mechanism=mechanism, information=information))


def test_the_law_of_the_state_is_the_prior_exactly() -> None:
    for mesh in UPPERS:
        found = solve(AUCTIONS[2]["independent"], Meshes(mechanism=LOWERS[0], information=mesh), side="upper").upper
        assert found is not None
        assert isinstance(found.information, ExponentialInformation)
        assert found.information.state_law.tolist() == [Fraction(1, 9)] * 9
