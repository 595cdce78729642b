"""Attacks on what shares without transfers and share densities promise, from the rule and the density alone."""

import itertools
from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given

from elements.meshes_and_problems import FEW, UNEVEN, Claim, random_claim, random_laws, seeds, spacings
from robustmech import Beliefs, Environment, Grid, InputError, Solution, public_expenditure, solve
from robustmech.bounds.evaluation import informational_value
from robustmech.bounds.information_repair import exact_law
from robustmech.continuum.public_expenditure import PublicExpenditure
from robustmech.elements import (
    ExponentialBoxes,
    ExponentialInformation,
    Meshes,
    ShareDensities,
    SharesWithoutTransfers,
    Spacing,
    Triangles,
)
from robustmech.model import DecisionSet, FloatArray
from robustmech.model.rational import rationals

SHAPES = [(UNEVEN, 2), (UNEVEN, 3), (Spacing.even(2, 1), 2), (Spacing.at([0, Fraction(1, 50), 1]), 4)]
POINTS, WEIGHTS = np.polynomial.legendre.leggauss(16)
POINTS, WEIGHTS = (1 + POINTS) / 2, WEIGHTS / 2


def random_environment(agents: int, seed: int, *, required: bool = False) -> Environment:
    """Utilities and payoffs of either sign in every state, or one decision that has to be taken."""
    rng = np.random.default_rng(seed)
    states, decisions = 3, 1 if required else 3
    return Environment(
        utilities=rationals(rng.integers(-9, 10, size=(agents, states, decisions)) / 4),
        payoff=rationals(rng.integers(-9, 10, size=(states, decisions)) / 4),
        decision_set=DecisionSet(
            group=np.zeros(decisions, dtype=np.int64),
            required=np.array([required]),
            cap=rationals([1] if required else [1, "2/3", 1]),
        ),
        beliefs=Beliefs.known(["1/2", "1/4", "1/4"]),
        transfers=False,
    )


ENVIRONMENTS = {
    2: {
        "worth it sometimes": public_expenditure([[3, 0], [0, 3], ["1/4", "1/4"]], ["1/3"] * 3),
        "correlated": public_expenditure([[0, 0], [2, 1], [1, 2], [3, 3]], ["1/4"] * 4),
        "unlike agents": public_expenditure([["5/2", 0], [0, 3], [1, 1]], ["1/2", "1/4", "1/4"]),
        "random": random_environment(2, 0),
    },
    3: {
        "alike": public_expenditure([[4, 0, 0], [0, 4, 0], [0, 0, 4], ["1/5", "1/5", "1/5"]], ["1/4"] * 4),
        "random": random_environment(3, 1),
    },
}
CASES = [(agents, name) for agents, named in ENVIRONMENTS.items() for name in named]


def sampled_bids(mesh: SharesWithoutTransfers | ShareDensities, seed: int, count: int = 60) -> FloatArray:
    """Bids with every kind of sum (zero, tiny, breakpoints, cells, far) and of shares (axes, corners, anything)."""
    rng = np.random.default_rng(seed)
    points = mesh.spacing.positions
    sums = np.concatenate(
        [points, [1e-3], *(a + (b - a) * rng.random(6) for a, b in itertools.pairwise(points)), points[-1] + [0.5, 40]]
    )
    shares = rng.dirichlet(np.full(mesh.agents, 0.6), size=count)
    shares[: count // 3, rng.integers(mesh.agents)] = 0
    shares = np.concatenate([np.eye(mesh.agents), shares])
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray((sums[:, None, None] * shares).reshape(-1, mesh.agents))


def right_slopes(mesh: SharesWithoutTransfers, values: FloatArray, bids: FloatArray, agent: int) -> FloatArray:
    """Right-derivatives, to second order in a step in proportion to the sum."""
    step = 1e-5 * np.where(bids.sum(axis=1) > 0, np.minimum(bids.sum(axis=1), 1), 1)[:, None]
    once, twice = bids.copy(), bids.copy()
    once[:, agent] += step[:, 0]
    twice[:, agent] += 2 * step[:, 0]
    here, near, far = (mesh.interpolate(values, at) for at in (bids, once, twice))
    return np.asarray((4 * near - 3 * here - far) / (2 * step))


def row_weights(mesh: SharesWithoutTransfers, bids: FloatArray) -> FloatArray:
    """How the rows are combined at bids: y_i B_k(τ) s_k/s on a cell, y_i B_k(τ) on the first, and in 1/s beyond."""
    points, agents = mesh.spacing.positions, mesh.agents
    s = bids.sum(axis=1)
    y = np.where(s[:, None] > 0, bids / np.where(s > 0, s, 1)[:, None], 1 / agents)
    found = np.zeros((s.size, (4 * mesh.spacing.cells + 1) * agents))
    for place, total in enumerate(s):
        if total >= points[-1]:
            start, weights = 4 * mesh.spacing.cells - 1, [points[-1] / total, 1 - points[-1] / total]
        else:
            cell = int(np.searchsorted(points, total, side="right")) - 1
            a, b = points[cell : cell + 2]
            t, degree = (total - a) / (b - a), 3 if cell else 2
            start = 4 * cell - 1 if cell else 0
            weights = [(1 if k in (0, degree) else degree) * t**k * (1 - t) ** (degree - k) for k in range(degree + 1)]
            if cell:
                weights = [weight * (a + k * (b - a) / 3) / total for k, weight in enumerate(weights)]
        for k, weight in enumerate(weights):
            found[place, (start + k) * agents : (start + k + 1) * agents] = weight * y[place]
    return found


@pytest.mark.parametrize(("spacing", "agents"), SHAPES)
def test_rows_are_coefficients_of_the_rule_and_its_derivatives(spacing: Spacing, agents: int) -> None:
    mesh = SharesWithoutTransfers(spacing=spacing, agents=agents)
    discretisation = mesh.discretise()
    values = np.random.default_rng(agents).normal(size=(*mesh.node_shape, 2))
    bids = sampled_bids(mesh, agents) * (1 + 1e-13)  # at breakpoints and not, by rounding, before them
    weights = row_weights(mesh, bids)
    assert weights.shape[1] == discretisation.rows
    assert np.abs(weights.sum(axis=1) - 1).max() < 1e-12
    assert weights.min() >= 0
    assert np.abs(mesh.interpolate(values, bids) - weights @ (discretisation.evaluation @ values)).max() < 1e-12
    for agent, local in enumerate(discretisation.local):
        expected = weights @ (local @ values)
        error = np.abs(right_slopes(mesh, values, bids, agent) - expected).max(axis=1)
        assert error.max() < 1e-5 * np.abs(local @ values).max()


def left(claim: Claim, bids: FloatArray) -> FloatArray:
    """The virtual objective less λ at bids, in the worst state."""
    environment, mechanism = claim.environment, claim.mechanism
    mesh = mechanism.mesh
    assert isinstance(mesh, SharesWithoutTransfers)
    values = mechanism.decision_counts / 2**40
    total = mesh.interpolate(values, bids) @ environment.payoff_rounded.T - claim.state_multipliers
    for i in range(environment.agents):
        total = total + right_slopes(mesh, values, bids, i) @ environment.utilities_rounded[i].T
    return np.asarray(total.min(axis=1))


@pytest.mark.parametrize(("agents", "name"), CASES)
@given(spacing=spacings, seed=seeds)
@FEW
def test_nowhere_is_less_than_claimed(agents: int, name: str, spacing: Spacing, seed: int) -> None:
    claim = random_claim(ENVIRONMENTS[agents][name], SharesWithoutTransfers(spacing=spacing, agents=agents), seed)
    bids = sampled_bids(SharesWithoutTransfers(spacing=spacing, agents=agents), seed)
    assert left(claim, bids).min() >= claim.promised - 1e-4


@pytest.mark.parametrize(("agents", "name"), CASES)
def test_action_zero_is_secure_whatever_the_others_do(agents: int, name: str) -> None:
    environment = ENVIRONMENTS[agents][name]
    mesh = SharesWithoutTransfers(spacing=UNEVEN, agents=agents)
    for seed in range(4):
        mechanism = random_claim(environment, mesh, seed).mechanism
        for agent in range(agents):
            bids = sampled_bids(mesh, seed)
            bids[:, agent] = 0
            assert (mechanism.decide(bids) @ environment.utilities_rounded[agent].T).min() > -1e-12


def test_the_rule_stays_in_the_decision_set() -> None:
    environment = ENVIRONMENTS[3]["random"]
    mesh = SharesWithoutTransfers(spacing=UNEVEN, agents=3)
    decisions = random_claim(environment, mesh, 5).mechanism.decide(sampled_bids(mesh, 5))
    assert decisions.min() >= 0
    assert decisions.sum(axis=1).max() <= 1 + 1e-12
    assert decisions[:, 1].max() <= 2 / 3 + 1e-12


def simplex(agents: int) -> tuple[FloatArray, FloatArray]:
    """Gauss points on shares and their weights: `dx = s^{N−1} ds dy`."""
    if agents == 2:
        return np.stack([POINTS, 1 - POINTS], axis=1), WEIGHTS
    u, v = (grid.ravel() for grid in np.meshgrid(POINTS, POINTS, indexing="ij"))
    shares = np.stack([u, (1 - u) * v, (1 - u) * (1 - v)], axis=1)
    return shares, np.outer(WEIGHTS * (1 - POINTS), WEIGHTS).ravel()


def density(mesh: ShareDensities, control: FloatArray, signals: FloatArray) -> FloatArray:
    """The joint density; the volume of `Σ x ≤ S` makes one of weights into one of probabilities."""
    volume = float(mesh.spacing.breakpoints[-1]) ** mesh.agents / factorial(mesh.agents)
    return np.asarray(mesh.weights(signals) @ control / volume)


def brute_force(environment: Environment, mesh: ShareDensities, control: FloatArray) -> tuple[float, float]:
    """The density's mass, and `∫ max_c c·V dx + ∫_end max_c Σ_m c·u_m g` by quadrature."""
    agents, utilities = mesh.agents, environment.utilities_rounded
    shares, weights = simplex(agents)
    mass = total = 0.0
    for low, high in itertools.pairwise(mesh.spacing.positions):
        for point, weight in zip(low + (high - low) * POINTS, (high - low) * WEIGHTS, strict=True):
            signals, here = point * shares, weight * point ** (agents - 1) * weights
            g, step = density(mesh, control, signals), 1e-6 * (high - low)
            virtual = g @ environment.payoff_rounded
            for m in range(agents):
                move = step * np.eye(agents)[m]
                slope = density(mesh, control, signals + move) - density(mesh, control, np.abs(signals - move))
                virtual -= slope @ utilities[m] / (2 * step)
            mass += here @ g.sum(axis=1)
            total += here @ environment.decision_set.largest(virtual)
    last = float(mesh.spacing.positions[-1])
    g = density(mesh, control, last * (1 - 1e-12) * shares)
    ends = environment.decision_set.largest(sum(g @ utilities[m] for m in range(agents)))
    return float(mass), float(total + last ** (agents - 1) * weights @ ends)


def claimed(environment: Environment, mesh: ShareDensities, seed: int) -> tuple[float, FloatArray]:
    """A random information structure's number, and its joint laws over the masses of controls."""
    discretisation = mesh.discretise()
    laws = random_laws(mesh, environment.states, seed) * discretisation.mass[:, None]
    law = exact_law(environment, discretisation, laws)
    return informational_value(environment, discretisation, law), law.joint / law.mass[:, None]


@pytest.mark.parametrize("agents", [2, 3])
@given(spacing=spacings, seed=seeds)
@FEW
def test_a_required_decision_is_worth_its_integral(agents: int, spacing: Spacing, seed: int) -> None:
    """Where there is no choice the sum over coefficients is the integral itself: masses and coefficients are right."""
    mesh, environment = ShareDensities(spacing=spacing, agents=agents), random_environment(agents, seed, required=True)
    value, control = claimed(environment, mesh, seed)
    mass, expected = brute_force(environment, mesh, control)
    assert mass == pytest.approx(1, abs=1e-9)
    assert value == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(("agents", "name"), CASES)
@given(spacing=spacings, seed=seeds)
@FEW
def test_no_density_allows_more_than_claimed(agents: int, name: str, spacing: Spacing, seed: int) -> None:
    mesh = ShareDensities(spacing=spacing, agents=agents)
    value, control = claimed(ENVIRONMENTS[agents][name], mesh, seed)
    assert brute_force(ENVIRONMENTS[agents][name], mesh, control)[1] <= value + 1e-3


def test_signals_end_at_the_last_breakpoint() -> None:
    mesh = ShareDensities(spacing=UNEVEN, agents=2)
    environment = ENVIRONMENTS[2]["correlated"]
    discretisation = mesh.discretise()
    law = exact_law(environment, discretisation, random_laws(mesh, 4, 1) * discretisation.mass[:, None])
    information = ExponentialInformation(mesh=mesh, law=law)
    assert (information.density(np.array([[1.0, 0.999], [0.0, 0.0]])).sum(axis=1) > 0).all()
    assert not information.density(np.array([[1.0, 1.0], [3.0, 0.0]])).any()
    assert np.isnan(information.posterior(np.array([3.0, 0.0]))).all()


def sides(solution: Solution) -> tuple[float, float]:
    assert solution.lower is not None
    assert solution.upper is not None
    return solution.lower.value, solution.upper.value


def rising(end: str, cells: int) -> Spacing:
    """Cells in geometric proportion."""
    shares = [0.0, *np.geomspace(1e-5, 1, cells)]
    return Spacing.at([Fraction(f"{float(Fraction(end)) * share:.9g}") for share in shares])


@pytest.mark.parametrize(
    ("agents", "value", "truth", "most"), [(2, 3, 1.556724, 0.008), (2, 4, 2.667323, 0.004), (3, 5, 3.113448, 0.04)]
)
def test_public_expenditure_is_enclosed(agents: int, value: int, truth: float, most: float) -> None:
    problem = PublicExpenditure(agents, value)
    assert problem.guarantee == pytest.approx(truth, abs=1e-6)
    lower, upper = sides(
        solve(
            problem.environment(),
            Meshes(
                mechanism=SharesWithoutTransfers(spacing=Spacing.even("1/16", 64), agents=agents),
                information=ShareDensities(spacing=rising("4", 120), agents=agents),
            ),
        )
    )
    assert lower <= problem.guarantee <= upper
    assert upper - lower < most


@pytest.mark.parametrize(("agents", "name"), CASES)
def test_brackets_agree_with_grids(agents: int, name: str) -> None:
    environment = ENVIRONMENTS[agents][name]
    meshes = Meshes(
        mechanism=SharesWithoutTransfers(spacing=Spacing.even("1/4", 10), agents=agents),
        information=ShareDensities(spacing=rising("3", 16), agents=agents),
    )
    lower, upper = sides(solve(environment, meshes))
    for actions in (2, 4, 7):
        low, high = sides(solve(environment, Grid.quantile(actions)))
        assert max(lower, low) <= min(upper, high) + 1e-9


@pytest.mark.parametrize("name", ENVIRONMENTS[2])
def test_brackets_agree_with_other_meshes(name: str) -> None:
    environment, spacing = ENVIRONMENTS[2][name], Spacing.even("1/2", 5)
    lower, upper = sides(
        solve(
            environment,
            Meshes(
                mechanism=Triangles(spacings=(spacing, spacing), corner_rows=True),
                information=ShareDensities(spacing=rising("3", 16), agents=2),
            ),
        )
    )
    other = Meshes(
        mechanism=SharesWithoutTransfers(spacing=Spacing.even("1/4", 10), agents=2),
        information=ExponentialBoxes(spacings=(spacing, spacing)),
    )
    low, high = sides(solve(environment, other))
    assert max(lower, low) <= min(upper, high) + 1e-9


def test_problems_with_transfers_are_refused() -> None:
    spacing = Spacing.even(1, 2)
    mesh, growth = SharesWithoutTransfers(spacing=spacing, agents=2), np.zeros(3)
    with pytest.raises(InputError, match="transfers"):
        mesh.transfers(growth, np.zeros((1, 2)))
    with pytest.raises(InputError, match="two agents"):
        SharesWithoutTransfers(spacing=spacing, agents=1)
    with pytest.raises(InputError, match="two agents"):
        ShareDensities(spacing=spacing, agents=1)
