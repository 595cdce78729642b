"""Meshes, environments and places to look at, for attacks on what the meshes promise."""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

from robustmech import Beliefs, Environment, auction, product_states
from robustmech.bounds.evaluation import (
    exact_multipliers,
    multiplier_value,
    state_multipliers_of,
)
from robustmech.bounds.participation import feasible_decisions
from robustmech.bounds.stored_mechanisms import mechanism_on_mesh
from robustmech.elements import (
    Boxes,
    CrossedTriangles,
    ExponentialBoxes,
    ExponentialSums,
    ExponentialTriangles,
    InformationMesh,
    MechanismMesh,
    PiecewiseLinearMechanism,
    Shares,
    Spacing,
    Triangles,
)
from robustmech.model import FloatArray, RationalArray, floats

FEW = settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
"""Examples are small as they are: making failures smaller would take minutes."""
HALF = Fraction(1, 2)
EVEN, UNEVEN = Spacing.even(Fraction(9, 10), 3), Spacing.at([0, HALF, Fraction(7, 4), 2])

widths = st.sampled_from([Fraction(1, 4), Fraction(1, 3), Fraction(3, 5), Fraction(1), Fraction(7, 4)])
spacings = st.lists(widths, min_size=1, max_size=3).map(
    lambda found: Spacing(breakpoints=tuple(sum(found[:k], Fraction(0)) for k in range(len(found) + 1)))
)
seeds = st.integers(min_value=0, max_value=10**6)

LOWER: dict[str, MechanismMesh] = {
    "triangles": Triangles(spacings=(UNEVEN, EVEN)),
    "triangles, rows at corners": Triangles(spacings=(EVEN, UNEVEN), corner_rows=True),
    "crossed triangles": CrossedTriangles(spacings=(UNEVEN, EVEN)),
    "boxes": Boxes(spacings=(EVEN, UNEVEN)),
    "boxes, three agents": Boxes(spacings=(Spacing.even(1, 2), UNEVEN, Spacing.even(Fraction(3, 2), 1))),
    "shares": Shares(spacing=UNEVEN, agents=2),
    "shares, three agents": Shares(spacing=EVEN, agents=3),
    "shares, one cell": Shares(spacing=Spacing.even(2, 1), agents=2),
}
UPPER: dict[str, InformationMesh] = {
    "exponential triangles": ExponentialTriangles(step=Fraction(4, 5), cells=3),
    "exponential boxes": ExponentialBoxes(spacings=(EVEN, UNEVEN)),
    "exponential boxes, three agents": ExponentialBoxes(spacings=(Spacing.even(1, 1), UNEVEN, Spacing.even(HALF, 2))),
    "exponential sums": ExponentialSums(spacing=UNEVEN, slant=(Fraction(1), Fraction(1))),
    "exponential sums, unlike agents": ExponentialSums(spacing=EVEN, slant=(Fraction(1), Fraction(2, 5))),
    "exponential sums, close agents": ExponentialSums(spacing=EVEN, slant=(Fraction(1), Fraction(9, 10))),
    "exponential sums, three agents": ExponentialSums(spacing=UNEVEN, slant=(Fraction(1), Fraction(1, 3), HALF)),
}


def auctions(bidders: int) -> dict[str, Environment]:
    """Auctions with every term that one can have."""
    alike = [[v] * bidders for v in (0, HALF, 1)]
    law = [Fraction(1, 3)] * 3
    corners = product_states([[0, 1]] * bidders)
    quarter = [Fraction(1, len(corners))] * len(corners)
    unlike = product_states([[0, i + 1] for i in range(bidders)])
    goods = np.stack([corners, 1 - corners[:, ::-1]], axis=2)
    return {
        "common": auction(alike, law),
        "independent": auction(product_states([[0, 1, 2]] * bidders), [Fraction(1, 3**bidders)] * 3**bidders),
        "unlike bidders": auction(unlike, quarter),
        "cost": auction(unlike, quarter, cost=Fraction(1, 5)),
        "must sell at a cost": auction(corners, quarter, cost=Fraction(1, 10), must_sell=True),
        "caps": auction(corners, quarter, caps=[Fraction(2, 3)] + [HALF] * (bidders - 1)),
        "two goods": auction(goods, quarter, cost=[Fraction(1, 10), Fraction(1, 4)]),
        "means": auction(corners, beliefs=Beliefs.means(corners, ["3/5"] + ["2/5"] * (bidders - 1))),
        "penalty": auction(corners, beliefs=Beliefs.penalty([Fraction(k, 9) for k in range(len(corners))])),
    }


AUCTIONS = {2: auctions(2), 3: auctions(3)}
SIZE = 8.0
"""Nothing in these auctions is worth more than this: the unit of tolerances."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """A mechanism, the multipliers that are to prove its number, and what is left of the number for every profile.

    Args:
        promised: what λ(θ) plus the value's growth must leave at every profile of bids, in every state.
    """

    environment: Environment
    mechanism: PiecewiseLinearMechanism
    multipliers: RationalArray
    value: float

    @property
    def promised(self) -> float:
        """The number less what the multipliers are worth on the beliefs."""
        return self.value - float(multiplier_value(self.environment, self.multipliers))

    @property
    def state_multipliers(self) -> FloatArray:
        """λ, rounded."""
        return floats(state_multipliers_of(self.environment, self.multipliers))


def random_claim(environment: Environment, mesh: MechanismMesh, seed: int) -> Claim:
    """A random feasible mechanism on a mesh, with random multipliers."""
    rng = np.random.default_rng(seed)
    discretisation = mesh.discretise()
    proposed = rng.dirichlet(np.ones(environment.decisions), size=discretisation.nodes) * rng.uniform(0.5, 1.2)
    counts = feasible_decisions(environment, discretisation, proposed)
    multipliers = exact_multipliers(environment, rng.uniform(-1, 1, size=environment.beliefs.rows))
    mechanism, value = mechanism_on_mesh(mesh, environment, discretisation, counts, multipliers)
    return Claim(environment=environment, mechanism=mechanism, multipliers=multipliers, value=value)


def axes(mesh: MechanismMesh) -> tuple[Spacing, ...]:
    """The breakpoints along each agent's action."""
    return (mesh.spacing,) * mesh.agents if isinstance(mesh, Shares) else getattr(mesh, "spacings")  # noqa: B009


def bid_places(mesh: MechanismMesh, seed: int, count: int = 40) -> FloatArray:
    """Bids of every kind: nodes, middles, both diagonals and all sides of cells, the insides, the tails; and for shares
    the sums where pieces meet.
    """
    rng = np.random.default_rng(seed)
    own = [spacing.positions for spacing in axes(mesh)]
    pools = [np.concatenate([x, (x[1:] + x[:-1]) / 2, x[-1:] + 1.25]) for x in own]
    found = [np.array(list(itertools.product(*pools)))]
    cells = np.stack([rng.integers(x.size - 1, size=count) for x in own], axis=1)
    low = np.stack([x[cells[:, i]] for i, x in enumerate(own)], axis=1)
    width = np.stack([x[cells[:, i] + 1] - x[cells[:, i]] for i, x in enumerate(own)], axis=1)
    share = rng.random((count, 1))
    for pattern in itertools.product(("low", "share", "rest", "any"), repeat=len(own)):
        chosen = {"low": np.zeros((count, 1)), "share": share, "rest": 1 - share, "any": rng.random((count, 1))}
        found.append(low + width * np.concatenate([chosen[kind] for kind in pattern], axis=1))
    for i, x in enumerate(own):
        beyond = low + width * rng.random(low.shape)
        beyond[:, i] = x[-1] + rng.exponential(size=count)
        found.append(beyond)
    if isinstance(mesh, Shares):
        y = rng.dirichlet(np.ones(mesh.agents), size=count)
        found += [y * s for s in mesh.spacing.positions]
    return np.concatenate(found)


def right_derivatives(function: FloatArray, ahead: FloatArray, bids: FloatArray, beside: FloatArray) -> FloatArray:
    """Difference quotients from values at bids and at bids beside them."""
    step = (beside - bids).sum(axis=1)
    quotient: FloatArray = (ahead - function) / step.reshape(-1, *([1] * (function.ndim - 1)))
    return quotient


STEP = 1e-6


def attained(claim: Claim, bids: FloatArray) -> FloatArray:
    """What the implemented rule leaves at bids in the worst state, by one-sided differences:
    w·c + Σ u_i ∂⁺_i c − Σ (∂⁺_i t_i − t_i) − λ.
    """
    environment, mechanism = claim.environment, claim.mechanism
    decisions, paid = mechanism.decide(bids), mechanism.transfers(bids)
    total = decisions @ environment.payoff_rounded.T + paid.sum(axis=1, keepdims=True) - claim.state_multipliers
    for i in range(environment.agents):
        beside = bids.copy()
        beside[:, i] += STEP
        slope = right_derivatives(decisions, mechanism.decide(beside), bids, beside)
        rise = right_derivatives(paid[:, i], mechanism.transfers(beside)[:, i], bids, beside)
        total += slope @ environment.utilities_rounded[i].T - rise[:, None]
    worst: FloatArray = total.min(axis=1)
    return worst


def random_laws(mesh: InformationMesh, states: int, seed: int) -> FloatArray:
    """Random laws of the state at a mesh's rows, some of them sure of a state, shape (rows, states)."""
    rng = np.random.default_rng(seed)
    rows = mesh.discretise().rows
    laws = rng.dirichlet(np.full(states, 0.5), size=rows)
    sure = rng.random(rows) < 0.3
    laws[sure] = np.eye(states)[rng.integers(states, size=int(sure.sum()))]
    return laws


def just_ahead(bids: FloatArray, agent: int) -> FloatArray:
    """The bids moved up a little in an agent's action, and by much less in the other's."""
    moved = bids + 1e-11
    moved[:, agent] = bids[:, agent] + 1e-7
    return moved
