r"""The one special function of the public expenditure problem, and the boundary it determines.

With :math:`a = (N-1)/(\bar\theta-1) \in [0, 1)`, both halves of the solution rest on

.. math:: M(y) = \int_0^y e^{z-y} (z/y)^{-a}\,dz = \frac{y}{1-a}\, {}_1F_1(1; 2-a; -y),

which solves :math:`M' = 1 - (1 - a/y) M` with :math:`M(0) = 0`.
Source: Brooks & Du (2023), equation (14).
"""

import numpy as np
import scipy

from robustmech.model import FloatArray

_MOST_TERMS = 10_000
_FARTHEST = 750.0
"""No aggregate action needs to be told apart from larger ones: exp(−750) is zero in doubles."""


def aggregate_integral(aggregate: FloatArray, complement: float) -> FloatArray:
    """M(y), of the shape of y; aggregates beyond 750 count as 750.

    Args:
        aggregate: y, at least zero.
        complement: 1 − a, positive and at most one.
    """
    y = np.minimum(aggregate, _FARTHEST)
    return np.asarray(y / complement * scipy.special.hyp1f1(1.0, 1.0 + complement, -y), dtype=np.float64)


def boundary_of(exponent: float, complement: float) -> float:
    r"""The aggregate action ȳ at which spending is full, rounded up.

    The two conditions :math:`\bar E(\bar y) = 1` and :math:`\bar\lambda = \bar\theta - 1 - (N-1)/\bar y` read
    :math:`(1 - a/\bar y) M(\bar y) = 1`. Expanding :math:`e^{\bar y}` and collecting powers turns this into

    .. math:: \sum_{n \ge 1} \frac{\bar y^n}{n!\,(n-a)(n+1-a)} = \frac{1}{a(1-a)},

    whose left side rises from zero: there is exactly one root, and all its terms are positive, so that it is found to
    full relative precision for every a, however close to zero or one. Each of its n-th powers has 3n roundings, terms
    matter up to about ȳ + 60, and as the left side rises at least in proportion to ȳ its relative error is the root's
    at most: the root is raised by that.

    Args:
        exponent: a, strictly between zero and one.
        complement: 1 − a, given apart so that it keeps its precision.
    Source: derived from Brooks & Du (2023), section 4.2.1; the derivation is in docs/public-expenditure.md.
    """
    target = 1.0 / (exponent * complement)
    top = 1.0
    while _boundary_series(top, complement) < target:
        top *= 2.0
    root = float(
        scipy.optimize.brentq(
            lambda y: _boundary_series(y, complement) / target - 1.0, 0.0, top, xtol=1e-15, rtol=1e-15
        )
    )
    return root * (1.0 + (3 * (root + 60) + 24) * 2.0**-53)


def _boundary_series(y: float, complement: float) -> float:
    total, power = 0.0, 1.0
    for n in range(1, _MOST_TERMS):
        power *= y / n
        term = power / ((n - 1 + complement) * (n + complement))
        total += term
        if n > y and term <= 1e-18 * total:
            break
    return total
