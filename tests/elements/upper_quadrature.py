"""The best that a seller can do against information with real signals, by quadrature, from the law alone.

Against independent exponential signals with laws σ(·|x) that are smooth inside cells, the designer gets at most

    ∫ max_c c·[w σ + Σ_i (u_i − ∂_i u_i)] e^{−Σx} dx + Σ_i Σ_faces ∫ max_c (−J_i)·c e^{−Σx}

with u_i the expected utilities given all signals and J_i their jumps across faces in agent i's own signal.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from scipy.stats import gamma

from robustmech import Environment
from robustmech.elements import ExponentialBoxes, ExponentialSums, ExponentialTriangles, InformationMesh
from robustmech.model import FloatArray

NODES = 12
POINTS, WEIGHTS = np.polynomial.legendre.leggauss(NODES)
POINTS, WEIGHTS = (1 + POINTS) / 2, WEIGHTS / 2
DIFFERENCE = 1e-6
FAR = 3.0


def pieces(mesh: ExponentialBoxes | ExponentialTriangles) -> list[FloatArray]:
    """Where laws may jump along each signal."""
    if isinstance(mesh, ExponentialBoxes):
        return [spacing.positions for spacing in mesh.spacings]
    return [np.asarray(float(mesh.step) * np.arange(mesh.cells + 1), dtype=np.float64)] * 2


def sum_density(slant: tuple[float, ...], s: FloatArray) -> FloatArray:
    """The density of a weighted sum of independent exponentials, for weights all equal or all different."""
    eta = np.array(slant)
    if np.ptp(eta) == 0:
        return np.asarray(gamma(eta.size, scale=eta[0]).pdf(s))
    others = [np.prod([own / (own - other) for j, other in enumerate(eta) if j != i]) for i, own in enumerate(eta)]
    return np.asarray(sum(c * np.exp(-s / own) / own for c, own in zip(others, eta, strict=True)))


def sum_boxes(mesh: ExponentialSums, without: int | None = None) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Signals of one agent with every sum, weighted by the law of the sum, perhaps given that one signal is zero."""
    kept = [i for i in range(mesh.agents) if i != without]
    slant = tuple(float(mesh.slant[i]) for i in kept)
    last, lead = float(mesh.spacing.breakpoints[-1]), kept[0]
    for low, high in itertools.pairwise([*mesh.spacing.positions.tolist(), np.inf]):
        ends = np.linspace(low, min(high, last + 80), 40 if np.isinf(high) else 2)
        s = np.concatenate([a + (b - a) * POINTS for a, b in itertools.pairwise(ends)])
        weights = np.concatenate([WEIGHTS * (b - a) for a, b in itertools.pairwise(ends)]) * sum_density(slant, s)
        signals = np.zeros((s.size, mesh.agents))
        signals[:, lead] = s / float(mesh.slant[lead])
        yield signals, weights


def along(low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Gauss points between two places, and their weights under the exponential law; beyond the last a single one."""
    if np.isinf(high):
        return np.array([low + FAR]), np.array([np.exp(-low)])
    x = low + (high - low) * POINTS
    return x, WEIGHTS * (high - low) * np.exp(-x)


def axis_cells(x: FloatArray) -> list[tuple[float, float]]:
    return list(itertools.pairwise([*x.tolist(), np.inf]))


def product_points(parts: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Signals and weights of a product of rules."""
    signals = np.stack(np.meshgrid(*(x for x, _ in parts), indexing="ij"), axis=-1).reshape(-1, len(parts))
    weights = np.ones(())
    for _, w in parts:
        weights = np.multiply.outer(weights, w)
    return signals, weights.ravel()


def boxes(mesh: InformationMesh) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Signals and weights in every smooth box; on exponential triangles in each half of a square."""
    if isinstance(mesh, ExponentialSums):
        yield from sum_boxes(mesh)
        return
    assert isinstance(mesh, ExponentialBoxes | ExponentialTriangles)
    for ends in itertools.product(*map(axis_cells, pieces(mesh))):
        if isinstance(mesh, ExponentialTriangles) and not np.isinf([high for _, high in ends]).any():
            yield from halves(ends[0], ends[1])
        else:
            yield product_points([along(*end) for end in ends])


def halves(one: tuple[float, float], two: tuple[float, float]) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Duffy's rule on each half of a square."""
    u, v = (part.ravel() for part in np.meshgrid(POINTS, POINTS, indexing="ij"))
    side = one[1] - one[0]
    weight = np.outer(WEIGHTS * POINTS, WEIGHTS).ravel() * side * side
    for sign, corner in ((1, (one[0], two[0])), (-1, (one[1], two[1]))):
        signals = np.array(corner) + sign * side * np.stack([u * (1 - v), u * v], axis=1)
        yield signals, weight * np.exp(-signals.sum(axis=1))


def law_of(mesh: InformationMesh, laws: FloatArray, signals: FloatArray) -> FloatArray:
    return np.asarray(mesh.weights(signals) @ laws)


def slope_of(mesh: InformationMesh, laws: FloatArray, signals: FloatArray, agent: int) -> FloatArray:
    """The derivative of the law in a signal."""
    step = np.zeros(mesh.agents)
    step[agent] = DIFFERENCE
    return (law_of(mesh, laws, signals + step) - law_of(mesh, laws, signals - step)) / (2 * DIFFERENCE)


def inside_value(environment: Environment, mesh: InformationMesh, laws: FloatArray) -> float:
    """The first integral."""
    total = 0.0
    for signals, weights in boxes(mesh):
        law = law_of(mesh, laws, signals)
        worth = law @ environment.payoff_rounded
        for i in range(environment.agents):
            worth += (law - slope_of(mesh, laws, signals, i)) @ environment.utilities_rounded[i]
        total += float(weights @ environment.decision_set.largest(worth))
    return total


def jump_value(environment: Environment, mesh: InformationMesh, laws: FloatArray) -> float:
    """The second: across every face in the own signal."""
    total = 0.0
    if isinstance(mesh, ExponentialSums):
        return total
    assert isinstance(mesh, ExponentialBoxes | ExponentialTriangles)
    places = pieces(mesh)
    for i in range(mesh.agents):
        others = [axis_cells(own) for j, own in enumerate(places) if j != i]
        for face, ends in itertools.product(places[i][1:].tolist(), itertools.product(*others)):
            parts = [along(*end) for end in ends]
            parts.insert(i, (np.array([face]), np.array([np.exp(-face)])))
            signals, weights = product_points(parts)
            before = signals.copy()
            before[:, i] -= 1e-9
            jump = law_of(mesh, laws, signals) - law_of(mesh, laws, before)
            total += float(weights @ environment.decision_set.largest(-jump @ environment.utilities_rounded[i]))
    return total


def state_mean(mesh: InformationMesh, laws: FloatArray) -> FloatArray:
    """The law of the state."""
    return np.asarray(sum(weights @ law_of(mesh, laws, signals) for signals, weights in boxes(mesh)))


def mean_at_zero(mesh: InformationMesh, laws: FloatArray, agent: int) -> FloatArray:
    """The law of the state given that an agent's signal is zero."""
    if isinstance(mesh, ExponentialSums):
        rules = list(sum_boxes(mesh, agent))
    else:
        assert isinstance(mesh, ExponentialBoxes | ExponentialTriangles)
        rules = []
        for ends in itertools.product(*(axis_cells(own) for j, own in enumerate(pieces(mesh)) if j != agent)):
            parts = [along(*end) for end in ends]
            parts.insert(agent, (np.zeros(1), np.ones(1)))
            rules.append(product_points(parts))
    return np.asarray(sum(weights @ law_of(mesh, laws, signals) for signals, weights in rules))
