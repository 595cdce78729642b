"""Inverting increasing functions, many points at a time."""

from collections.abc import Callable

import numpy as np

from robustmech.model import FloatArray

_ROUNDS = 120
_CLOSE = 4e-16


def invert_increasing(
    function: Callable[[FloatArray], FloatArray],
    targets: FloatArray,
    low: FloatArray | float,
    high: FloatArray | float,
) -> FloatArray:
    """Where an increasing function reaches each target within [low, high], to the last bit or nearly so.

    Chandrupatla's method: inverse quadratic interpolation where it is safe, bisection elsewhere.
    A target outside the function's range gives the nearer end.
    """
    newest = np.broadcast_to(np.asarray(low, dtype=np.float64), targets.shape).copy()
    other = np.broadcast_to(np.asarray(high, dtype=np.float64), targets.shape).copy()
    at_newest, at_other = function(newest) - targets, function(other) - targets
    outside = np.where(at_newest >= 0, newest, np.where(at_other <= 0, other, np.nan))
    share = np.full(targets.shape, 0.5)
    active = np.isnan(outside)
    for _ in range(_ROUNDS):
        if not active.any():
            break
        trial = np.where(active, newest + share * (other - newest), newest)
        value = function(trial) - targets
        same = np.sign(value) == np.sign(at_newest)
        older, at_older = np.where(same, newest, other), np.where(same, at_newest, at_other)
        other, at_other = np.where(same, other, newest), np.where(same, at_other, at_newest)
        newest, at_newest = np.where(active, trial, newest), np.where(active, value, at_newest)
        width = np.abs(other - newest)
        smallest = _CLOSE * np.maximum(np.abs(newest), np.abs(other))
        active &= (at_newest != 0) & (width > 2 * smallest)
        with np.errstate(all="ignore"):
            place = (newest - other) / (older - other)
            height = (at_newest - at_other) / (at_older - at_other)
            curved = at_newest / (at_other - at_newest) * at_older / (at_other - at_older)
            curved += (
                (older - newest)
                / (other - newest)
                * at_newest
                / (at_older - at_newest)
                * at_other
                / (at_older - at_other)
            )
            safe = (height**2 < place) & ((1.0 - height) ** 2 < 1.0 - place) & np.isfinite(curved)
            least = np.minimum(smallest / width, 0.5)
            share = np.clip(np.where(safe, curved, 0.5), least, 1.0 - least)
    best = np.where(np.abs(at_newest) <= np.abs(at_other), newest, other)
    return np.where(np.isnan(outside), best, outside)
