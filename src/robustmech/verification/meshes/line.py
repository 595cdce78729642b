"""Exponential cells on a half-line: a law that is affine in `e^t` on each cell, and constant in the tail."""

from dataclasses import dataclass

import numpy as np

from robustmech.verification.enclosure import Enclosure, alternating
from robustmech.verification.meshes.axis import Axis
from robustmech.verification.meshes.exponential import Exponentials


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExponentialLine:
    r"""Masses and virtual values of the weights `M_high = (e^t − 1)/(e^h − 1)` and `M_low = 1 − M_high`.

    The virtual value, value less derivative, is the same at both ends of a cell:
    `f_low e^h/(e^h − 1) − f_high/(e^h − 1)`, as `(e^t − 1)' = e^t`.

    Args:
        masses: of the low and the high end of each cell in turn, and of the tail.
        low_weight: `e^h / (e^h − 1)`, for each cell.
        high_weight: `1 / (e^h − 1)`, for each cell.
        decay: `e^{−x}` at each breakpoint.
    """

    masses: Enclosure
    low_weight: Enclosure
    high_weight: Enclosure
    decay: Enclosure

    @property
    def cell_masses(self) -> Enclosure:
        """The masses without the tail's."""
        return self.masses[:-1]


def exponential_line(axis: Axis, exponentials: Exponentials) -> ExponentialLine:
    r"""The weights' masses are `e^{−a} h exp[0, 0, h] / exp[0, h]` and `e^{−a} h exp[0, 0, −h] / exp[0, h]`.

    For `∫ (e^h − e^t) e^{−t} dt = e^h − 1 − h` and `∫ (e^t − 1) e^{−t} dt = h − 1 + e^{−h}` over 0 ≤ t ≤ h are
    `h² exp[0, 0, h]` and `h² exp[0, 0, −h]`, and `e^h − 1 = h exp[0, h]`.
    """
    decay, widths = axis.decay(exponentials), axis.widths_enclosed(exponentials)
    rise = axis.per_cell(exponentials, lambda h: [0 * h, h])
    weight = decay[:-1] * widths / rise
    low = weight * axis.per_cell(exponentials, lambda h: [0 * h, 0 * h, h])
    high = weight * axis.per_cell(exponentials, lambda h: [0 * h, 0 * h, -h])
    gain = widths * rise
    growth = axis.per_cell(exponentials, lambda h: [h])
    one = growth / growth
    return ExponentialLine(
        masses=axis.with_tail(low, high, decay[-1:]),
        low_weight=growth / gain,
        high_weight=one / gain,
        decay=decay,
    )


def twice(numbers: Enclosure) -> Enclosure:
    """Each number for both ends of its cell."""
    return alternating((numbers, numbers))


def low_ends(cells: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For both ends of every cell the place of the low end: 0, 0, 2, 2, ..."""
    return np.repeat(np.arange(cells, dtype=np.int64) * 2, 2)
