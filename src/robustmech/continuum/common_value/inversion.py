"""Inverting increasing functions, many points at a time."""

from collections.abc import Callable

import numpy as np

from robustmech.model import FloatArray

_ROUNDS = 200


def invert_increasing(
    function: Callable[[FloatArray], FloatArray],
    targets: FloatArray,
    low: FloatArray | float,
    high: FloatArray | float,
) -> FloatArray:
    """Where an increasing function reaches each target within [low, high], to the last bit or nearly so.

    Bisection whose trial point is the secant's where that is well inside the bracket.
    """
    left = np.broadcast_to(np.asarray(low, dtype=np.float64), targets.shape).copy()
    right = np.broadcast_to(np.asarray(high, dtype=np.float64), targets.shape).copy()
    below = function(left) - targets
    above = function(right) - targets
    stuck = np.zeros(targets.shape)
    for _ in range(_ROUNDS):
        width = right - left
        active = (width > 4e-16 * np.maximum(np.abs(left), np.abs(right))) & (below < 0) & (above > 0)
        if not active.any():
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            share = -below / (above - below)
        share = np.where((stuck >= 2) | ~np.isfinite(share), 0.5, np.clip(share, 1e-3, 1.0 - 1e-3))
        trial = np.where(active, left + share * width, left)
        value = function(trial) - targets
        go_right = active & (value < 0)
        go_left = active & (value >= 0)
        left, below = np.where(go_right, trial, left), np.where(go_right, value, below)
        right, above = np.where(go_left, trial, right), np.where(go_left, value, above)
        stuck = np.where(right - left > 0.5 * width, stuck + 1, 0)
    return np.where(below >= 0, left, np.where(above <= 0, right, np.where(-below < above, left, right)))
