"""Claims against the exact numbers of finite games, which look at every deviation, all information and all equilibria.

A rule restricted to bids k·d, with transfers from the grid's own recursion, has a worst-case payoff that tends to what
the rule guarantees; information binned at steps d has a best payoff that tends to its potential. Both err by a multiple
of d, so that two steps tell the limit.
"""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from elements.meshes_and_problems import AUCTIONS, HALF, Claim, axes, random_claim
from robustmech import Environment, Grid, guarantee, potential, solve
from robustmech.bounds.evaluation import exact_multipliers, strategic_value, strategic_virtual_objective
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
    PiecewiseLinearMechanism,
    Shares,
    Spacing,
    Triangles,
)
from robustmech.gridded.discretise import bid_positions, information_on_grids, mechanism_on_grids
from robustmech.model import Mechanism

ONE = 2**40
TRIVIAL = ExponentialBoxes(spacings=(Spacing.even(1, 1),) * 2)
SMALL, UNEVEN, WIDE = Spacing.even(1, 2), Spacing.at([0, HALF, Fraction(3, 2)]), Spacing.even(1, 3)
MESHES: dict[str, MechanismMesh] = {
    "triangles": Triangles(spacings=(UNEVEN, SMALL)),
    "triangles, rows at corners": Triangles(spacings=(SMALL, UNEVEN), corner_rows=True),
    "crossed triangles": CrossedTriangles(spacings=(UNEVEN, SMALL)),
    "boxes": Boxes(spacings=(UNEVEN, SMALL)),
    "shares": Shares(spacing=SMALL, agents=2),
}


def even_bids(step: Fraction, top: Fraction) -> Grid:
    """The grid whose actions are bids 0, d, 2d, …: a geometric law censored at the top."""
    count = int(top / step)
    tails = [(1 + step) ** -k for k in range(count + 1)]
    grid = Grid.from_weights([*(low - high for low, high in pairwise(tails)), tails[-1]])
    assert np.allclose(bid_positions(grid), float(step) * np.arange(count + 1))
    return grid


def grids(mesh: MechanismMesh, step: Fraction) -> tuple[Grid, ...]:
    own = (WIDE, WIDE) if isinstance(mesh, Shares) else axes(mesh)
    return tuple(even_bids(step, spacing.breakpoints[-1]) for spacing in own)


def restricted(claim: Claim, step: Fraction) -> float:
    """The exact guarantee of the rule on bids k·d."""
    rule = claim.mechanism
    chosen = grids(rule.mesh, step)
    mechanism = mechanism_on_grids(rule.decide, claim.environment, chosen, multipliers=claim.multipliers)
    return guarantee(mechanism, claim.environment).value


def best_multipliers(claim: Claim) -> Claim:
    """The same mechanism with the multipliers that prove most, for a known prior."""
    environment, mesh = claim.environment, claim.mechanism.mesh
    discretisation = mesh.discretise()
    counts = claim.mechanism.decision_counts.reshape(discretisation.nodes, -1)
    objective = strategic_virtual_objective(environment, discretisation, counts)[0]
    rows, states = objective.shape
    prior = np.array([float(p) for p in environment.beliefs.lower])  # type: ignore[arg-type]
    table = np.concatenate([np.tile(np.eye(states), (rows, 1)), np.repeat(np.eye(rows), states, axis=0)], axis=1)
    found = linprog(
        -np.concatenate([prior, discretisation.mass]), A_ub=table, b_ub=objective.ravel(), bounds=(None, None)
    )
    assert found.x is not None
    multipliers = exact_multipliers(environment, found.x[:states])
    value, _ = strategic_value(environment, discretisation, counts, multipliers)
    return Claim(environment=environment, mechanism=claim.mechanism, multipliers=multipliers, value=value)


def solved(environment: Environment, mesh: MechanismMesh) -> Claim:
    found = solve(environment, Meshes(mechanism=mesh, information=TRIVIAL), side="lower").lower
    assert found is not None
    assert isinstance(found.mechanism, PiecewiseLinearMechanism)
    return Claim(environment=environment, mechanism=found.mechanism, multipliers=found.multipliers, value=found.value)


def shortfalls(claim: Claim) -> tuple[float, float]:
    return claim.value - restricted(claim, Fraction(1, 4)), claim.value - restricted(claim, Fraction(1, 8))


@pytest.mark.parametrize("name", ["common", "unlike bidders", "caps", "cost"])
@pytest.mark.parametrize("kind", MESHES)
def test_solved_rules_on_fine_bids_guarantee_no_less_in_the_limit(kind: str, name: str) -> None:
    coarse, fine = shortfalls(solved(AUCTIONS[2][name], MESHES[kind]))
    assert 2 * fine - coarse < 0.004
    if kind in ("triangles", "crossed triangles"):
        # there the claim is all that the rule guarantees
        assert 0 < fine < 0.6 * coarse
        assert 2 * fine - coarse > -0.004


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", MESHES)
def test_random_rules_on_fine_bids_guarantee_no_less_in_the_limit(kind: str, seed: int) -> None:
    for name in ("common", "cost"):
        coarse, fine = shortfalls(best_multipliers(random_claim(AUCTIONS[2][name], MESHES[kind], seed)))
        assert 2 * fine - coarse < 0.012


def own_transfers(claim: Claim, step: Fraction) -> float:
    """The exact guarantee of the rule with its own transfers, when only bids k·d may be made."""
    chosen = grids(claim.mechanism.mesh, step)
    bids = np.stack(np.meshgrid(*(float(step) * np.arange(g.actions) for g in chosen), indexing="ij"), axis=-1)
    mechanism = Mechanism(
        grids=chosen,
        decision_counts=np.floor(claim.mechanism.decide(bids) * ONE + 0.5).astype(np.int64),
        transfers=np.moveaxis(claim.mechanism.transfers(bids), -1, 0).copy(),
    )
    return guarantee(mechanism, claim.environment).value


@pytest.mark.parametrize(
    "mesh",
    [Triangles(spacings=(SMALL, SMALL)), CrossedTriangles(spacings=(SMALL, SMALL)), Boxes(spacings=(UNEVEN, SMALL))],
    ids=lambda mesh: mesh.kind,
)
def test_own_transfers_will_do_where_increments_fit_the_cells(mesh: MechanismMesh) -> None:
    for name in ("common", "cost"):
        claim = solved(AUCTIONS[2][name], mesh)
        coarse, fine = (claim.value - own_transfers(claim, Fraction(1, d)) for d in (4, 8))
        assert fine < 0.6 * coarse
        assert 2 * fine - coarse < 0.006


def binned(environment: Environment, information: ExponentialInformation, step: Fraction, top: Fraction) -> float:
    """The exact potential where only the cell of the signal is known: cells [k·d, (k + 1)·d), and the rest."""
    own = (Grid.exponential(int(top / step) + 1, float(top)),) * 2
    return potential(information_on_grids(information.posterior, environment, own, points=6), environment).value


SIGNALS: dict[str, tuple[InformationMesh, Fraction, Fraction]] = {
    "sums": (
        ExponentialSums(spacing=Spacing.even(Fraction(2, 3), 8), slant=(Fraction(1), Fraction(1))),
        Fraction(1, 4),
        Fraction(4),
    ),
    "sums, unlike agents": (
        ExponentialSums(spacing=Spacing.even(Fraction(2, 3), 8), slant=(Fraction(1), HALF)),
        Fraction(1, 4),
        Fraction(4),
    ),
    "triangles": (ExponentialTriangles(step=Fraction(3, 5), cells=4), Fraction(3, 20), Fraction(12, 5)),
    "boxes": (ExponentialBoxes(spacings=(Spacing.even(Fraction(3, 5), 4),) * 2), Fraction(3, 20), Fraction(12, 5)),
}


@pytest.mark.parametrize("name", ["common", "unlike bidders", "must sell at a cost"])
@pytest.mark.parametrize("kind", SIGNALS)
def test_solved_information_binned_finely_is_worth_no_more_in_the_limit(kind: str, name: str) -> None:
    mesh, step, top = SIGNALS[kind]
    environment = AUCTIONS[2][name]
    lower = Shares(spacing=SMALL, agents=2)
    found = solve(environment, Meshes(mechanism=lower, information=mesh), side="upper").upper
    assert found is not None
    assert isinstance(found.information, ExponentialInformation)
    coarse, fine = (binned(environment, found.information, d, top) - found.value for d in (2 * step, step))
    assert coarse > fine > 0
    assert -0.02 < 2 * fine - coarse < 0.006
