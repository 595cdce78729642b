"""Interpolation weights of exponential information at real signals."""

import itertools
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from robustmech.elements.integrals import exponential
from robustmech.elements.spacing import Spacing
from robustmech.elements.triangle_rule import located
from robustmech.elements.upper_sums import CONTROLS, control_shares
from robustmech.elements.upper_triangles import LAWS, TriangleLayout, triangle_shares
from robustmech.elements.without_transfers import quadratic_shares
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


def sum_weights(spacing: Spacing, weights: tuple[Fraction, ...], signals: FloatArray) -> sp.csr_array:
    """Weights of the control laws in the sum, shape (signals, rows)."""
    s = signals @ np.array([float(weight) for weight in weights])
    cell, share = located(spacing, s)
    tail = s >= spacing.positions[-1]
    shares = control_shares(spacing, weights, cell, np.where(tail, 1.0, share))
    columns = [2 * cell + control for control in range(CONTROLS)]
    return _gathered(columns, list(shares.T), 2 * spacing.cells + 1)


def triangle_weights(step: Fraction, cells: int, signals: FloatArray) -> sp.csr_array:
    """Weights of the control laws on triangles, in the strips and the corner, shape (signals, rows)."""
    spacing, layout = Spacing.even(step, cells), TriangleLayout(cells=cells)
    growth, top = float(exponential(step)), spacing.positions[-1]
    places = [located(spacing, signals[:, i]) for i in (0, 1)]
    (a, s), (b, t) = places
    shares = triangle_shares(growth, np.exp(float(step) * s), np.exp(float(step) * t))
    beyond = [signals[:, i] >= top for i in (0, 1)]
    inside = ~(beyond[0] | beyond[1])
    columns = [np.where(inside, layout.square(a, b, law), layout.corner) for law in range(LAWS)]
    entries = [np.where(inside, shares[:, law], 0.0) for law in range(LAWS)]
    for agent in (0, 1):
        strip = beyond[agent] & ~beyond[1 - agent]
        cell, share = places[1 - agent]
        late = late_share(spacing, cell, share, 1.0)
        for end in (0, 1):
            columns.append(np.where(strip, layout.strip(agent, cell, end), layout.corner))
            entries.append(np.where(strip, late if end else 1 - late, 0.0))
    columns.append(np.full(a.size, layout.corner))
    entries.append(np.where(beyond[0] & beyond[1], 1.0, 0.0))
    return _gathered(columns, entries, layout.laws)


def density_weights(spacing: Spacing, agents: int, signals: FloatArray) -> sp.csr_array:
    """Weights of densities in shares and the sum, shape (signals, rows)."""
    cell, weights, y = quadratic_shares(spacing, signals)
    within = signals.sum(axis=1) < spacing.positions[-1]
    columns, entries = [], []
    for agent, control in itertools.product(range(agents), range(3)):
        columns.append((2 * cell + control) * agents + agent)
        entries.append(np.where(within, y[:, agent] * weights[:, control], 0.0))
    return _gathered(columns, entries, (2 * spacing.cells + 1) * agents)


def _gathered(columns: list[IntArray], entries: list[FloatArray], width: int) -> sp.csr_array:
    """One row per signal, entries in the same place added up."""
    rows = np.tile(np.arange(entries[0].size), len(entries))
    places = (rows, np.concatenate(columns))
    return sp.csr_array(sp.coo_array((np.concatenate(entries), places), shape=(entries[0].size, width)))
