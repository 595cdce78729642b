"""The law of a sum of exponential signals, and the ratios of it that payments need, without overflow."""

import numpy as np
import scipy

from robustmech.model import FloatArray

_TERMS = 100_000


def density(count: int, total: FloatArray | float) -> FloatArray:
    """Density g_n(x) = x^{n−1} e^{−x} / (n−1)! of the sum of n ≥ 1 standard exponentials; equation (10)."""
    x = np.asarray(total, dtype=np.float64)
    if count == 1:
        return np.exp(-x)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = (count - 1) * np.log(x) - x - scipy.special.gammaln(count)
    return np.where(x > 0, np.exp(logarithm), 0.0)


def log_density_change(count: int, total: FloatArray, origin: FloatArray) -> FloatArray:
    """Log g_n(x) − log g_n(origin), for positive totals."""
    return (count - 1) * np.log(total / origin) - (total - origin)


def cumulative(count: int, total: FloatArray | float) -> FloatArray:
    """Distribution function G_n(x); equation (11). An empty sum is zero."""
    x = np.asarray(total, dtype=np.float64)
    return np.asarray(scipy.special.gammainc(count, x) if count else np.ones_like(x), dtype=np.float64)


def survival(count: int, total: FloatArray | float) -> FloatArray:
    """Probability 1 − G_n(x) that the sum exceeds x, accurate in the upper tail."""
    x = np.asarray(total, dtype=np.float64)
    return np.asarray(scipy.special.gammaincc(count, x) if count else np.zeros_like(x), dtype=np.float64)


def quantile(count: int, level: FloatArray | float) -> FloatArray:
    """The total at which G_n reaches a level."""
    return np.asarray(scipy.special.gammaincinv(count, np.asarray(level, dtype=np.float64)), dtype=np.float64)


def upper_quantile(count: int, level: FloatArray | float) -> FloatArray:
    """The total at which 1 − G_n falls to a level, accurate for small levels."""
    return np.asarray(scipy.special.gammainccinv(count, np.asarray(level, dtype=np.float64)), dtype=np.float64)


def mass(count: int, low: float, high: float) -> float:
    """Probability that the sum of n exponentials lies in (low, high], free of cancellation in either tail."""
    if np.isinf(high):
        return float(survival(count, low))
    if low > count:
        return float(survival(count, low) - survival(count, high))
    return float(cumulative(count, high) - cumulative(count, low))


def lower_ratio(count: int, total: FloatArray) -> FloatArray:
    """G_n(x) / (x g_n(x)) = Σ_{k≥0} x^k / (n (n+1) … (n+k)), finite at zero, where it is 1/n."""
    term = np.full_like(total, 1.0 / count)
    result = term.copy()
    for k in range(1, _TERMS):
        term = term * (total / (count + k))
        result += term
        if np.all(term <= 1e-17 * result):
            break
    return result


def upper_ratio(count: int, total: FloatArray) -> FloatArray:
    """(1 − G_n(x)) / g_n(x) = Σ_{k<n} (n−1)!/(n−1−k)! x^{−k}, for positive totals."""
    term = np.ones_like(total)
    result = term.copy()
    for k in range(1, count):
        term = term * ((count - k) / total)
        result += term
        if np.all(term <= 1e-17 * result):
            break
    return result


def mean_reciprocal(count: int, total: FloatArray) -> FloatArray:
    """E[1/(x + S)] for S the sum of n ≥ 1 exponentials, that is e^x E_n(x), for x ≥ 1; 1/x for n = 0.

    Evaluated by the continued fraction of the exponential integral (modified Lentz).
    """
    if count == 0:
        return 1.0 / total
    b = total + count
    d = 1.0 / b
    c = np.full_like(total, np.inf)
    result = d.copy()
    settled = np.zeros(total.shape, dtype=np.bool_)  # each total stops by itself, whatever else is evaluated with it
    for k in range(1, _TERMS):
        a = -float(k) * (count - 1 + k)
        b = b + 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        change = c * d
        result = np.where(settled, result, result * change)
        settled |= np.abs(change - 1.0) <= 1e-15
        if settled.all():
            break
    return result
