"""Shares of one good that add up to at most one in doubles, too."""

import numpy as np

from robustmech.model import FloatArray


def at_most_one(shares: FloatArray) -> FloatArray:
    """Shares, shape (…, bidders), that rounding may have added up to a few units in the last place more than one.

    Such shares are brought down to a sum of one less about as many such units; others are returned as they are.
    """
    total = shares.sum(axis=-1, keepdims=True)
    if not np.any(total > 1.0):
        return shares
    return np.where(total > 1.0, shares / np.maximum(total, 1.0) * (1.0 - 3e-16 * shares.shape[-1]), shares)
