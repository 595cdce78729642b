r"""Probabilities that bids end up within the smoothing window, over 4m: the terms B and D of equation (49).

Each is written so that nothing cancels for a small window and nothing overflows for a large one; m = 0 gives the limit.
Source: Brooks & Du (2023), section B.3.4.
"""

import numpy as np

from robustmech.model import FloatArray


def exponential_window(lead: FloatArray, smoothing: float) -> FloatArray:
    r"""The probability that an exponential variable is within m of a number, over 4m.

    .. math:: B(d) = \frac{e^{-\max(d-m, 0)} - e^{-\max(d+m, 0)}}{4m} \;\to\;
              \begin{cases} e^{-d}/2 & d > 0 \\ 1/4 & d = 0 \\ 0 & d < 0 \end{cases}

    Args:
        lead: d, the number; any sign.
        smoothing: m, at least zero.
    """
    if smoothing == 0:
        return np.where(lead > 0, np.exp(-np.maximum(lead, 0.0)) / 2, np.where(lead == 0, 0.25, 0.0))
    beyond = np.exp(-np.maximum(lead - smoothing, 0.0)) * -np.expm1(-2 * smoothing)
    around = -np.expm1(-(np.clip(lead, -smoothing, smoothing) + smoothing))
    return np.asarray(np.where(lead >= smoothing, beyond, around) / (4 * smoothing), dtype=np.float64)


def laplace_window(bid: FloatArray, smoothing: float) -> FloatArray:
    r"""The probability that a bid plus a Laplace variable is within m of zero, over 4m.

    .. math:: D(x) = \frac{L(m - x) - L(-m - x)}{4m} \;\to\; \frac{e^{-x}}{4}

    Args:
        bid: x, at least zero.
        smoothing: m, at least zero.
    """
    if smoothing == 0:
        return np.asarray(np.exp(-bid) / 4, dtype=np.float64)
    beyond = np.exp(-np.maximum(bid - smoothing, 0.0)) * (-np.expm1(-2 * smoothing) / 2)
    near = np.minimum(bid, smoothing)
    # 1 − e^{−m} cosh x, without the cancellation near x = m = 0; e^{−m} sinh²(x/2) = e^{x−m} (1 − e^{−x})² / 4.
    around = -np.expm1(-smoothing) - np.exp(near - smoothing) * np.expm1(-near) ** 2 / 2
    return np.asarray(np.where(bid >= smoothing, beyond, around) / (4 * smoothing), dtype=np.float64)
