r"""Multipliers on deviations as operators on functions of the profile.

The bounds use one multiplier for each neighbouring pair of actions. With multipliers α_i(x, x') on every pair the
virtual objectives keep their form, and the certificates of the bounds apply with

.. math:: (A_i f)(x) = \sum_{x'} \alpha_i(x_i, x') [f(x', x_{-i}) - f(x)]

in place of ∇⁺_i, and with :math:`L_i f = \beta_i f - A_i f` in place of ∇⁻_i.
Source: Brooks & Du (2023), programs (31) and (34).
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from robustmech.model import Discretisation, FloatArray, Grid, Side, on_grids

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
    local = tuple(_along(i, sp.csr_array(operator), shape) for i, operator in enumerate(operators))
    return replace(on_grids(grids, side), local=local)


def along_own_action(operator: FloatArray, function: FloatArray, agent: int) -> FloatArray:
    """Apply an operator on the own action to a function of the profile, shape (m_1, …, m_N)."""
    return np.moveaxis(np.tensordot(operator, function, axes=(1, agent)), 0, agent)


def round_down(exact: Fraction) -> float:
    """The largest double that is at most the exact number."""
    number = float(exact)
    return number if Fraction(number) <= exact else math.nextafter(number, -math.inf)


def _along(axis: int, operator: sp.csr_array, shape: tuple[int, ...]) -> sp.csr_array:
    before, after = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    return sp.csr_array(sp.kron(sp.kron(sp.identity(before), operator), sp.identity(after), format="csr"))
