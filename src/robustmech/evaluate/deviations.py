r"""Multipliers on deviations as operators on functions of the profile.

The bounds use one multiplier for each neighbouring pair of actions. With multipliers α_i(x, x') on every pair the
virtual objectives keep their form, and the certificates of the bounds apply with

.. math:: (A_i f)(x) = \sum_{x'} \alpha_i(x_i, x') [f(x', x_{-i}) - f(x)]

in place of ∇⁺_i, and with :math:`L_i f = \beta_i f - A_i f` in place of ∇⁻_i.
Source: Brooks & Du (2023), programs (31) and (34).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from robustmech.model import Discretisation, FloatArray, Grid, Side, on_grids
from robustmech.model.discretisation import along

_KEPT_BITS = 51


def with_exact_sums(multipliers: FloatArray) -> FloatArray:
    """Clip at zero and round down so little that each row's sum is a double, exactly: shape (rows, columns)."""
    clipped = np.clip(multipliers, 0.0, None)
    _, exponent = np.frexp(clipped.sum(axis=1))
    unit = np.ldexp(1.0, exponent - _KEPT_BITS)[:, None]
    rounded: FloatArray = np.floor(clipped / unit) * unit
    return rounded


def deviation_gains(multipliers: FloatArray) -> FloatArray:
    """A_i on functions of the own action: shape (m, m). Exact where `with_exact_sums` made the multipliers."""
    return multipliers - np.diag(multipliers.sum(axis=1))


def on_deviations(grids: Sequence[Grid], side: Side, operators: Sequence[FloatArray]) -> Discretisation:
    """The product grid with other local operators, given on each agent's own action as arrays of shape (m_i, m_i)."""
    shape = tuple(grid.actions for grid in grids)
    local = tuple(along(i, sp.csr_array(operator), shape) for i, operator in enumerate(operators))
    return replace(on_grids(grids, side), local=local)


def along_own_action(operator: FloatArray, function: FloatArray, agent: int) -> FloatArray:
    """Apply an operator on the own action to a function of the profile, shape (m_1, …, m_N)."""
    return np.moveaxis(np.tensordot(operator, function, axes=(1, agent)), 0, agent)
