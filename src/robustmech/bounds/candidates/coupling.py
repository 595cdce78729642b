"""Transport on a line: rows take stretches of a law of values, and the dual of a cost that is a product."""

import math

import numpy as np

from robustmech.model import FloatArray

_SMALLEST = 1e-30
_HALVINGS = 100


def curtain(
    values: FloatArray, masses: FloatArray, targets: FloatArray, sizes: FloatArray, upward: bool = True
) -> FloatArray:
    """Cut a law into rows: each takes that stretch of what is left which has its size, and its target for a mean.

    Rows come in the order of their targets, from the lowest on (or the highest). Where the targets are less dispersed
    than the values, in the convex order, every one of them is met; else the nearest mean is taken.

    Args:
        values: increasing, shape (values,).
        masses: theirs, shape (values,).
        targets: shape (rows,).
        sizes: the rows' masses, which sum to those of the values, shape (rows,).
        upward: whether to begin with the lowest target.
    Returns:
        The joint law, shape (rows, values): its rows sum to the sizes, its columns to the masses.
    """
    turn = slice(None) if upward else slice(None, None, -1)
    sign = 1.0 if upward else -1.0
    left, ordered = masses[turn].copy(), values[turn]
    joint = np.zeros((targets.size, values.size))
    for row in np.argsort(sign * targets, kind="stable"):
        ends = np.concatenate([[0.0], np.cumsum(left)])
        worth = np.concatenate([[0.0], np.cumsum(left * ordered)])
        size = min(sizes[row], ends[-1])
        begin = _begin(ends, worth, size, targets[row] * size, sign)
        taken = np.minimum(np.clip(np.minimum(ends[1:], begin + size) - np.maximum(ends[:-1], begin), 0.0, None), left)
        joint[row] = taken
        left = left - taken
    return joint[:, turn]


def _begin(ends: FloatArray, worth: FloatArray, size: float, wanted: float, sign: float) -> float:
    """Where the stretch of a size begins that is worth what is wanted: its worth rises (sign 1) or falls from there."""

    def short(begin: float) -> bool:
        low, high = np.interp([begin, begin + size], ends, worth)
        return bool(sign * (high - low - wanted) < 0)

    last = ends[-1] - size
    if last <= 0 or not short(0.0):
        return 0.0
    if short(last):
        return float(last)
    low, high = min(_SMALLEST, last), float(last)
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)  # what is left may be rare at this end
        low, high = (middle, high) if short(middle) else (low, middle)
    return high


def paired_multipliers(
    objective: FloatArray,
    error: FloatArray,
    *,
    values: FloatArray,
    slopes: FloatArray,
    mass: FloatArray,
    law: FloatArray,
) -> FloatArray:
    r"""The dual λ of nature's problem where :math:`\Phi(r, \theta) = v_\theta \mu_r + \gamma_r` and the law is known.

    High values go to rows of low slopes. Along the pairing :math:`\lambda(\theta) + \Xi(r) = \Phi(r, \theta)`, which
    determines both; then λ is made the least of :math:`\Phi - \Xi`, less the objective's doubt, in every state.

    Args:
        objective: Φ, shape (rows, states).
        error: its doubt.
        values: v, shape (states,).
        slopes: μ, shape (rows,).
        mass: the rows', shape (rows,).
        law: of the state, shape (states,).
    """
    rows = np.argsort(-slopes, kind="stable")
    possible = np.flatnonzero(law > 0)
    states = possible[np.argsort(values[possible], kind="stable")]
    above, rarer = np.cumsum(mass[rows][::-1])[::-1], np.cumsum(law[states][::-1])[::-1]
    growth = np.zeros(rows.size)
    a = b = 0
    level = 0.0
    growth[rows[0]] = objective[rows[0], states[0]]
    while a < states.size - 1 or b < rows.size - 1:
        next_state = b == rows.size - 1 or (a < states.size - 1 and rarer[a + 1] > above[b + 1])
        if next_state:
            a += 1
            level = objective[rows[b], states[a]] - growth[rows[b]]
        else:
            b += 1
            growth[rows[b]] = objective[rows[b], states[a]] - level
    found: FloatArray = (objective - error - growth[:, None]).min(axis=0)
    return found
