"""Proportional shares of non-negative numbers."""

import numpy as np

from robustmech.model import FloatArray


def proportional_shares(numbers: FloatArray) -> FloatArray:
    """Each number's share of the sum over the last axis, equal where all are zero; safe from overflow."""
    largest = numbers.max(axis=-1, keepdims=True)
    scaled = np.where(largest > 0, numbers / np.where(largest > 0, largest, 1.0), 1.0)
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True), dtype=np.float64)


def aggregate_of(numbers: FloatArray) -> FloatArray:
    """The sum over the last axis; infinite where it is too large for a double."""
    with np.errstate(over="ignore"):
        return np.asarray(numbers.sum(axis=-1), dtype=np.float64)
