"""Checks of what a person gives: sensitivities, means and the bound, each with a one-line complaint."""

import math

import numpy as np
import numpy.typing as npt

from robustmech.errors import InputError, ShapeError
from robustmech.model import FloatArray


def checked_bound(bound: float) -> float:
    """The highest possible value as a float.

    Raises:
        InputError: if it is not a finite positive number.
    """
    try:
        value = float(bound)
    except (TypeError, ValueError) as error:
        raise InputError(f"bound is {bound!r}: the highest possible value must be a number") from error
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"bound is {value}: the highest possible value must be finite and positive")
    return value


def number_list(numbers: npt.ArrayLike, name: str) -> FloatArray:
    """A read-only copy of a list of finite numbers, one per bidder.

    Raises:
        InputError: for anything else; the message names the place.
    """
    try:
        array = np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be a list with one number per bidder") from error
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name} must be a list with one number per bidder, not of shape {array.shape}")
    for bidder in np.flatnonzero(~np.isfinite(array)):
        raise InputError(f"{name}[{bidder}] is {array[bidder]}: it must be finite")
    array.setflags(write=False)
    return array


def checked_sensitivities(sensitivities: npt.ArrayLike) -> FloatArray:
    """Sensitivities, one per bidder: finite, at least zero, and not all zero.

    Raises:
        InputError: otherwise.
    """
    array = number_list(sensitivities, "sensitivities")
    for bidder in np.flatnonzero(array < 0):
        raise InputError(f"sensitivities[{bidder}] is {array[bidder]}: sensitivities must be at least zero")
    if not array.any():
        raise InputError("every sensitivity is zero: at least one bidder must be able to buy")
    return array


def checked_expectations(means: npt.ArrayLike, bidders: int, bound: float) -> FloatArray:
    """Expected values at which a guarantee is asked for: one per bidder, between zero and the bound.

    Raises:
        ShapeError: if there is not one per bidder.
        InputError: if one is outside [0, bound].
    """
    array = number_list(means, "means")
    if array.size != bidders:
        raise ShapeError(f"means has {array.size} numbers: expected one per bidder, {bidders}")
    for bidder in np.flatnonzero((array < 0) | (array > bound)):
        raise InputError(f"means[{bidder}] is {array[bidder]}: a mean lies between 0 and the bound {bound}")
    return array
