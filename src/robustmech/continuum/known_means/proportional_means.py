r"""Expected slopes of the weighted-proportional rule when some bidders' bids are unit exponentials.

Let the bidders in a set C bid unit exponentials, the others request y and have Σ η_i² a_i = B. With Z the sum of all
requests, U = Σ η_i² a_i over everybody and H = Σ η_i, the rule has Σ_i ∂q_i/∂a_i = H for Z < 1 and H/Z − U/Z² for Z
≥ 1, so that

    E[Σ_i ∂q_i/∂a_i] = α_C(y) − B β_C(y),
    α_C(y) = H P(Z < 1) + E[H/Z − U_C/Z²; Z ≥ 1],        β_C(y) = E[Z^{−2}; Z ≥ 1].

Below y = 1, Z_C is the sum of phases and the expectation runs over the phase at time 1 − y: what is left of it is
again a sum of phases, and E[s_j h(Z_C)] = E[h(Z_C + η_j s')]. Above, E[1/Z] and E[1/Z²] are integrals of the
transform Π 1/(1 + η_j s).
"""

import numpy as np

from robustmech.continuum.compound.piecewise import graded_rule, halving_breaks
from robustmech.continuum.compound.waiting_times import occupancies, phase_generator
from robustmech.continuum.known_means.fixed_sets import nodes
from robustmech.model import FloatArray

_LONGEST = 64.0  # e^{-64} is below rounding


def panel_breaks(shortest: float, longest: float) -> FloatArray:
    """Panels of `coordinate` on which the functions below are smooth, for the least and the largest sensitivity."""
    near = halving_breaks(shortest / 4, max(0.125, shortest / 2))
    far = halving_breaks(min(0.25, 1.0 / (64.0 * longest)))
    return np.concatenate([far - 1.0, near[1:]])


def expected_slopes(durations: FloatArray, total: float, breaks: FloatArray) -> FloatArray:
    """The functions max(1, y) α_C and max(1, y)² β_C at the nodes of the panels, shape (2, nodes).

    Args:
        durations: sensitivities of the bidders in C.
        total: H, the sum of every bidder's sensitivity.
        breaks: panels of `coordinate(y)`.
    """
    falling = np.sort(durations)[::-1]
    points = nodes(breaks)
    result = np.empty((points.size, 2))
    short = points > 0
    result[short] = _before(falling, total, points[short])
    result[~short] = _after(falling, total, points[~short] + 1.0)
    return result.T


def coordinate(requested: FloatArray) -> FloatArray:
    """1 − y up to y = 1, and 1/y − 1 after: from 1 down to −1."""
    return np.asarray(np.where(requested <= 1.0, 1.0 - requested, 1.0 / np.maximum(requested, 1.0) - 1.0))


def _rule() -> tuple[FloatArray, FloatArray]:
    """Nodes s and weights of ∫_0^∞ · e^{−s} ds, crowded towards zero where long phases make the transforms steep."""
    places, weights = graded_rule(2.0**-20, 12)
    return _LONGEST * places, _LONGEST * weights * np.exp(-_LONGEST * places)


def _before(durations: FloatArray, total: float, remaining: FloatArray) -> FloatArray:
    """α and β where others request 1 − remaining, less than the supply."""
    places, weights = _rule()
    count = durations.size
    transforms = 1.0 / (1.0 + durations[:, None] * places)
    tails = np.cumprod(transforms[::-1], axis=0)[::-1]
    inverse, inverse_square = tails @ weights, tails @ (weights * places)
    with_extra = (tails * (weights * places)) @ transforms.T
    extra_alone = transforms @ (weights * places)
    phases = occupancies(phase_generator(durations, durations), remaining)
    chain, extra = phases[:, :count], phases[:, count:]
    spread = (chain @ with_extra + extra * extra_alone) @ durations**2
    return np.stack([total * (1.0 - chain @ (1.0 - inverse)) - spread, chain @ inverse_square], axis=1)


def _after(durations: FloatArray, total: float, inverse: FloatArray) -> FloatArray:
    """yα and y²β where others request y = 1/inverse, at least the supply."""
    places, weights = _rule()
    transforms = 1.0 / (1.0 + durations[:, None, None] * inverse[:, None] * places)
    product = transforms.prod(axis=0)
    spread = np.einsum("j,jps,ps,s->p", durations**2, transforms, product, weights * places, optimize=True)
    return np.stack([total * (product @ weights) - inverse * spread, product @ (weights * places)], axis=1)
