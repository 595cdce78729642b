"""From proposed decisions to decisions that are exactly in the decision set."""

import numpy as np
import numpy.typing as npt

from robustmech.model import MECHANISM_DENOMINATOR, DecisionSet, FloatArray, IntArray


def into_decision_set(
    chosen: DecisionSet, proposed: FloatArray, dropped: npt.NDArray[np.bool_] | None = None
) -> IntArray:
    """Push decision vectors into the decision set.

    Args:
        proposed: shape (nodes, decisions), any numbers.
        dropped: decisions that must not be used, shape (decisions,).
    Returns:
        Whole numbers in units of 2^−40, shape (nodes, decisions). A required group whose decisions are all dropped or
        capped too low stays short of one.
    """
    one = MECHANISM_DENOMINATOR
    most = np.array([int(cap * one) for cap in chosen.cap], dtype=np.int64)
    if dropped is not None:
        most[dropped] = 0
    counts = np.floor(np.clip(np.nan_to_num(proposed), 0.0, 1.0) * one).astype(np.int64)
    counts = np.minimum(counts, most)
    for g, required in enumerate(chosen.required):
        member = np.flatnonzero(chosen.group == g)
        counts[:, member] = _at_most_one(counts[:, member])
        if required:
            counts[:, member] = _exactly_one(counts[:, member], most[member])
    return counts


def _at_most_one(counts: IntArray) -> IntArray:
    """Scale rows that add up to more than one; rounding is taken off the largest entry."""
    one = MECHANISM_DENOMINATOR
    total = counts.sum(axis=1)
    over = total > one
    if not over.any():
        return counts
    scaled = np.floor(counts[over] * (one / total[over])[:, None]).astype(np.int64)
    left = scaled.sum(axis=1) - one
    scaled[np.arange(left.size), scaled.argmax(axis=1)] -= np.maximum(left, 0)
    result = counts.copy()
    result[over] = scaled
    return result


def _exactly_one(counts: IntArray, most: IntArray) -> IntArray:
    """Hand what is missing to the decisions with room, those used most first."""
    result = counts.copy()
    missing = MECHANISM_DENOMINATOR - result.sum(axis=1)
    for k in np.argsort(-counts.sum(axis=0, dtype=np.float64)):
        added = np.minimum(most[k] - result[:, k], missing)
        result[:, k] += added
        missing -= added
    return result
