"""Profiles of real bids, checked."""

import numpy as np

from robustmech.errors import InputError, ShapeError
from robustmech.model.rational import FloatArray


def checked_profiles(bids: object, agents: int, whose: str) -> FloatArray:
    """Bids as a float array of shape (…, agents).

    Args:
        bids: any numbers.
        agents: how many there are.
        whose: what an agent is called in messages.
    Raises:
        ShapeError: if the last axis is not the agents.
        InputError: for what is not a number, or a bid that is negative or not finite; the message names its place.
    """
    try:
        array = np.asarray(bids, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"bids must be numbers, one per {whose}") from None
    if array.ndim == 0 or array.shape[-1] != agents:
        raise ShapeError(f"bids have shape {array.shape}: expected one bid per {whose}, (…, {agents})")
    bad = np.argwhere(~(np.isfinite(array) & (array >= 0)))
    if bad.size:
        place = tuple(int(v) for v in bad[0])
        raise InputError(f"bids[{', '.join(map(str, place))}] is {array[place]}: bids must be finite and at least zero")
    return array
