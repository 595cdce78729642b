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

from robustmech.continuum.compound.piecewise import PiecewisePolynomial, graded_rule, halving_breaks
from robustmech.continuum.compound.waiting_times import occupancies, phase_generator
from robustmech.model import FloatArray

_DEGREE = 13
_LONGEST = 64.0  # e^{-64} is below rounding


def expected_slopes(durations: FloatArray, total: float) -> PiecewisePolynomial:
    """The functions max(1, y) α_C and max(1, y)² β_C at `coordinate(y)`.

    Args:
        durations: sensitivities of the bidders in C, longest first.
        total: H, the sum of every bidder's sensitivity.
    """
    near = halving_breaks(float(durations[-1]) / 4, max(0.125, float(np.sqrt(np.sum(durations**2))) / 2))
    far = halving_breaks(min(0.25, 1.0 / (64.0 * float(durations[0]))))
    breaks = np.concatenate([far - 1.0, near[1:]])

    def values(points: FloatArray) -> FloatArray:
        result = np.empty((points.size, 2))
        short = points > 0
        result[short] = _before(durations, total, points[short])
        result[~short] = _after(durations, total, points[~short] + 1.0)
        return result

    return PiecewisePolynomial.through(values, breaks, _DEGREE)


def coordinate(requested: FloatArray) -> FloatArray:
    """1 − y up to y = 1, and 1/y − 1 after: from 1 down to −1."""
    return np.asarray(np.where(requested <= 1.0, 1.0 - requested, 1.0 / np.maximum(requested, 1.0) - 1.0))


def _rule() -> tuple[FloatArray, FloatArray]:
    """Nodes s and weights of ∫_0^∞ · e^{−s} ds, crowded towards zero where long phases make the transforms steep."""
    nodes, weights = graded_rule(2.0**-20, 12)
    return _LONGEST * nodes, _LONGEST * weights * np.exp(-_LONGEST * nodes)


def _before(durations: FloatArray, total: float, remaining: FloatArray) -> FloatArray:
    """α and β where others request 1 − remaining, less than the supply."""
    nodes, weights = _rule()
    count = durations.size
    transforms = 1.0 / (1.0 + durations[:, None] * nodes)
    tails = np.cumprod(transforms[::-1], axis=0)[::-1]
    inverse, inverse_square = tails @ weights, tails @ (weights * nodes)
    with_extra = (tails * (weights * nodes)) @ transforms.T
    extra_alone = transforms @ (weights * nodes)
    phases = occupancies(phase_generator(durations, durations), remaining)
    chain, extra = phases[:, :count], phases[:, count:]
    spread = (chain @ with_extra + extra * extra_alone) @ durations**2
    return np.stack([total * (1.0 - chain @ (1.0 - inverse)) - spread, chain @ inverse_square], axis=1)


def _after(durations: FloatArray, total: float, inverse: FloatArray) -> FloatArray:
    """yα and y²β where others request y = 1/inverse, at least the supply."""
    nodes, weights = _rule()
    transforms = 1.0 / (1.0 + durations[:, None, None] * inverse[:, None] * nodes)
    product = transforms.prod(axis=0)
    spread = np.einsum("j,jps,ps,s->p", durations**2, transforms, product, weights * nodes, optimize=True)
    return np.stack([total * (product @ weights) - inverse * spread, product @ (weights * nodes)], axis=1)
