r"""Optimal sensitivities from the means, as the maximiser of a concave function.

With values in units of the bound and Z = η·s, s independent unit exponentials, Theorem 1 of Brooks, Du & Feffer (2025),
equation (8), and E[Σ_i ∂q_i/∂a_i] = E[min(1, Z)] (parts, q_i(0, ·) = 0) make the guarantee at sensitivities η

    Φ(η) = E[min(1, Z)] − Σ_i η_i (1 − v̂_i),                ∂Φ/∂η_i = v̂_i − P(Z + η_i s' ≥ 1),

with s' one more unit exponential: E[s_i; Z < 1] = P(Z + η_i s' < 1), since s_i weighted by itself is a sum of two
exponentials. Φ is concave, strictly so along the bidders that stay in, so its maximiser over η ≥ 0 is unique. Its
first-order conditions are the mean constraints (10), ∫ w_i e^{-Σs} ds = P(Z + η_i s' ≥ 1) = v̂_i, with exclusion
where (15) holds, P(Z ≥ 1) ≥ v̂_i.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from robustmech.continuum.compound.piecewise import graded_rule
from robustmech.continuum.compound.waiting_times import SHORTEST, occupancies, phase_generator
from robustmech.errors import SolveError
from robustmech.model import FloatArray

_STEPS = 100
_HALVINGS = 40
_TOLERANCE = 1e-12
_CLOSE = 1e-5  # below this error Φ itself changes by less than rounding, and the error takes its place
_FINEST = 2.0**-16  # of the quadrature for the curvature, which steers the steps and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """The objective Φ and what its maximisation needs, at one vector of sensitivities, one per group of equal means."""

    value: float
    implied: FloatArray  # P(Z + η_g s' ≥ 1), the mean that these sensitivities are right for
    curvature: FloatArray  # minus the Hessian of Φ in the groups' sensitivities


def optimal_sensitivities(means: FloatArray) -> FloatArray:
    """The sensitivities η_i for means in (0, 1), in the order of the bidders; zero for an excluded bidder.

    Bidders with equal means get equal sensitivities, exactly.

    Raises:
        SolveError: if the maximisation stalls; it names the largest error left in a mean.
    """
    levels, group, sizes = np.unique(-means, return_inverse=True, return_counts=True)
    wanted = -levels
    start = 1.0 / scipy.special.gammainccinv(means.size + 1.0, wanted[0])
    found = _maximise(np.full(wanted.size, start), wanted, sizes.astype(np.float64))
    return np.asarray(found[group])


def _maximise(sensitivities: FloatArray, wanted: FloatArray, sizes: FloatArray) -> FloatArray:
    """Newton's method on η ≥ 0: each step maximises the quadratic model there, and is halved until it improves."""
    trial = _evaluate(sensitivities, wanted, sizes)
    error = _error(sensitivities, trial, wanted)
    for _ in range(_STEPS):
        target = _best_of_model(sensitivities, sizes * (wanted - trial.implied), trial.curvature)
        for halving in range(_HALVINGS):
            proposal = sensitivities + 0.5**halving * (target - sensitivities)
            proposed = _evaluate(proposal, wanted, sizes)
            next_error = _error(proposal, proposed, wanted)
            if next_error < error if error < _CLOSE else proposed.value > trial.value:
                break
            if error <= _TOLERANCE:
                return sensitivities
        else:
            break
        sensitivities, trial, error = proposal, proposed, next_error
    if error > _TOLERANCE:
        raise SolveError(f"the sensitivities were not found: a mean is still off by {error:.1e} of the highest mean")
    return sensitivities


def _best_of_model(sensitivities: FloatArray, gradient: FloatArray, curvature: FloatArray) -> FloatArray:
    """The y ≥ 0 that maximises gradient·(y − η) − (y − η)'H(y − η)/2.

    Non-negative least squares on a Cholesky factor tells which are positive; the step in those is then solved for by
    itself, because y = η + step would lose the step's digits.
    """
    unit = 1.0 / np.sqrt(np.diag(curvature))
    factor = np.linalg.cholesky(curvature * np.outer(unit, unit) + 1e-13 * np.eye(unit.size))
    right = np.linalg.solve(factor, unit * (curvature @ sensitivities + gradient))
    positive = scipy.optimize.nnls(factor.T, right)[0] > 0
    step = np.where(positive, 0.0, -sensitivities)
    residual = (gradient - curvature @ step)[positive]
    scaled = curvature * np.outer(unit, unit)
    step[positive] = unit[positive] * np.linalg.solve(scaled[np.ix_(positive, positive)], unit[positive] * residual)
    return np.maximum(sensitivities + step, 0.0)


def _error(sensitivities: FloatArray, trial: _Trial, wanted: FloatArray) -> float:
    """The largest error in a mean, of the groups that are in or should be, as a part of the highest mean."""
    gap = wanted - trial.implied
    return float(np.max(np.abs(gap), where=(sensitivities > 0) | (gap > 0), initial=0.0) / wanted[0])


def _evaluate(sensitivities: FloatArray, wanted: FloatArray, sizes: FloatArray) -> _Trial:
    r"""Φ, implied means and curvature, from the phases of Z followed by one more phase of each group.

    The curvature is E[s_g s_h δ(Z − 1)] = f_{Z + η_g s' + η_h s''}(1) = ∫_0^1 f_{Z + η_g s'}(y) e^{−(1 − y)/η_h} dy
    / η_h.
    """
    scales = np.maximum(sensitivities, SHORTEST)
    inside = sensitivities > 0
    durations = np.repeat(scales[inside], sizes[inside].astype(np.int64))
    remaining, weights = graded_rule(_FINEST, 6)
    phases = occupancies(phase_generator(durations, scales), np.concatenate([[1.0], 1.0 - remaining]))
    prefix, extra = phases[:, : durations.size], phases[:, durations.size :]
    beyond = np.cumsum(prefix[0])
    implied = beyond[-1] + np.where(inside, extra[0], 0.0)
    excess = float(prefix[0] @ np.cumsum(durations[::-1])[::-1])  # E[(Z - 1)⁺]
    value = float(np.sum(sizes * sensitivities * wanted)) - excess  # Φ, written so that small means keep their digits
    blunt = np.maximum(scales, 4 * _FINEST)
    density = (extra[1:] / scales * weights[:, None]).T @ (np.exp(-remaining[:, None] / blunt) / blunt)
    curvature = (density + density.T) / 2 * (np.outer(sizes, sizes) + np.diag(sizes))
    return _Trial(value=value, implied=np.asarray(implied), curvature=curvature)
