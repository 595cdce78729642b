"""Interpolation weights of exponential information at real signals."""

import itertools

import numpy as np
import scipy.sparse as sp

from fractions import Fraction

from robustmech.elements.spacing import Spacing
from robustmech.elements.triangle_rule import located
from robustmech.elements.upper_diagonals import Slant, diagonal_laws, first_cell
from robustmech.model import FloatArray, IntArray


def late_share(spacing: Spacing, cell: IntArray, share: FloatArray, rate: float) -> FloatArray:
    """M_high at a share of each cell."""
    reach = rate * np.diff(spacing.positions)[cell]
    found: FloatArray = np.expm1(reach * share) / np.expm1(reach)
    return found


def box_weights(spacings: tuple[Spacing, ...], signals: FloatArray) -> sp.csr_array:
    """Weights of the corners of boxes, shape (signals, rows)."""
    shape = tuple(2 * spacing.cells + 1 for spacing in spacings)
    places, shares = [], []
    for i, spacing in enumerate(spacings):
        cell, share = located(spacing, signals[:, i])
        late = late_share(spacing, cell, share, 1.0)
        tail = signals[:, i] >= spacing.positions[-1]
        places.append((np.where(tail, shape[i] - 1, 2 * cell), np.where(tail, shape[i] - 1, 2 * cell + 1)))
        shares.append((np.where(tail, 1.0, 1 - late), np.where(tail, 0.0, late)))
    columns, entries = [], []
    for corner in itertools.product((0, 1), repeat=len(spacings)):
        columns.append(np.ravel_multi_index([places[i][up] for i, up in enumerate(corner)], shape))
        entries.append(np.prod([shares[i][up] for i, up in enumerate(corner)], axis=0))
    return _gathered(columns, entries, int(np.prod(shape)))


def sum_weights(spacing: Spacing, weights: tuple[Fraction, Fraction], signals: FloatArray) -> sp.csr_array:
    """Weights of the corners of cells in the sum and the difference, shape (signals, rows)."""
    slant = Slant(weights=weights)
    law = diagonal_laws(spacing.cells)
    n, top = spacing.cells, spacing.positions[-1]
    weighted = signals * [float(weight) for weight in weights]
    s, d = weighted.sum(axis=1), weighted[:, 0] - weighted[:, 1]
    c, along = located(spacing, s)
    a, across = located(spacing, np.abs(d))
    a, across = np.where(d < 0, -a - 1, a), np.where(d < 0, 1 - across, across)
    # Rounding may put |d| one cell beyond s.
    across = np.where(a > c, 0.0, np.where(a < -c - 1, 1.0, across))
    a = np.clip(a, -c - 1, c)
    late = late_share(spacing, c, along, float(slant.decay))
    cells = first_cell(n)
    tail, tip = s >= top, np.abs(d) >= top
    columns, entries = [], []
    for right, up in itertools.product((0, 1), repeat=2):
        corner = 4 * (first_cell(c) + a + c + 1) + 2 * right + up
        beyond = 4 * cells + 2 * (a + n) + right
        end = 4 * cells + 4 * n + np.where(d > 0, 0, 1)
        columns.append(law[np.where(tip, end, np.where(tail, beyond, corner))])
        sideways = np.where(tip, 0.5, across if right else 1 - across)
        entries.append(sideways * np.where(tail, 0.5, late if up else 1 - late))
    return _gathered(columns, entries, int(law.max()) + 1)


def _gathered(columns: list[IntArray], entries: list[FloatArray], width: int) -> sp.csr_array:
    """One row per signal, entries in the same place added up."""
    rows = np.tile(np.arange(entries[0].size), len(entries))
    places = (rows, np.concatenate(columns))
    return sp.csr_array(sp.coo_array((np.concatenate(entries), places), shape=(entries[0].size, width)))
