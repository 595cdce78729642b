"""Which profiles a picture shows, and where they lie on the papers' scale."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from robustmech.model import FloatArray, Grid

_TAIL = 0.01


def shown_actions(grid: Grid) -> int:
    """How many actions, from the lowest, a picture shows: at least two, and as a rule not the top one.

    Actions with less than one per cent of the law at or above them are left out, and so is the top one: it stands for
    everything beyond, its place on the scale is arbitrary, and no local condition holds there.
    """
    probable = sum(tail >= _TAIL * grid.total for tail in grid.tails[:-1])
    return max(2, min(probable, grid.actions - 1))


def cell_edges(positions: FloatArray) -> FloatArray:
    """The edges of the cells around ordered positions: half-way between neighbours, and the outermost symmetric.

    The first cell begins at its position, since the scale does.

    Args:
        positions: increasing, shape (m,), at least two.
    Returns:
        Shape (m + 1,).
    """
    between = (positions[:-1] + positions[1:]) / 2
    return np.concatenate([positions[:1], between, [2 * positions[-1] - between[-1]]])


def median_action(grid: Grid) -> int:
    """The lowest action at or below which at least half of the law lies."""
    return next(j for j, below in enumerate(accumulate(grid.weights)) if 2 * below >= grid.total)


def shown_slice(values: FloatArray, grids: Sequence[Grid]) -> FloatArray:
    """The part of an array over profiles that a picture shows.

    Args:
        values: shape (m_1, …, m_N).
    Returns:
        One dimension for one agent, else two (the first two agents), the others at their median actions.
    """
    shown = [slice(shown_actions(grid)) for grid in grids[:2]]
    index: tuple[slice | int, ...] = (*shown, *(median_action(grid) for grid in grids[2:]))
    return np.asarray(values[index])
