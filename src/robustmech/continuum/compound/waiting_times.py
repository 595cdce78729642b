r"""The law of a weighted sum of independent unit exponentials, by sums of non-negative terms only.

Every number of the known-means model is a probability about Z = η_1 s_1 + … + η_n s_n with s_i independent unit
exponentials. Read as time, Z is spent in n phases, phase i lasting η_i on average; the phase occupied at time z is a
Markov chain with a bidiagonal generator. Partial fractions, the textbook formula, divide by differences of the 1/η_i
and lose every digit where sensitivities are close. Here nothing is subtracted: the chain is made uniform over a
short step and the step is squared, so equal, close and very different sensitivities cost no accuracy
(docs/known-means.md has the measurements).
"""

import numpy as np
import scipy

from robustmech.model import FloatArray

SHORTEST = 2.0**-50
"""Phases shorter than this are lengthened to it, which moves no probability by more than rounding does."""

_TERMS = 24  # a Poisson variable of mean at most one exceeds this with probability below 1e-24


def phase_generator(durations: FloatArray, appended: FloatArray | None = None) -> FloatArray:
    """Generator of the phases in turn, and after the last of them one of the appended phases.

    Args:
        durations: mean length of each phase, positive, shape (n,).
        appended: mean lengths, shape (m,). Each gets the whole outflow of phase n, as if it were the only one.
    Returns:
        Upper triangular array (n + m, n + m), row to column, per unit of time.
    """
    every = durations if appended is None else np.concatenate([durations, appended])
    rates = 1.0 / np.maximum(every, SHORTEST)
    generator = np.diag(-rates)
    count = durations.size
    generator[np.arange(count - 1), np.arange(1, count)] = rates[: count - 1]
    generator[count - 1, count:] = rates[count - 1]
    return generator


def occupancies(generator: FloatArray, times: FloatArray) -> FloatArray:
    r"""Probability of each phase at each time in [0, 1], from the first phase at zero: row 1 of exp(generator·t).

    With Λ the largest rate and h the power of two with Λh ≤ 1, t = rest + whole·h. The rest is uniformised,
    exp(Qr) = Σ_j Poisson(j; Λr)(1 + Q/Λ)^j; exp(Qh) likewise, squared once for each binary digit of the whole, with
    its diagonal set to the exact exponentials. Every term is non-negative, so each probability is right to nearly
    all digits, small ones too.

    Args:
        times: in [0, 1], shape (m,).
    Returns:
        Array (m, phases).
    """
    rates = -np.diag(generator)
    fastest = float(rates.max())
    doublings = max(0, int(np.ceil(np.log2(fastest))))
    step = 2.0**-doublings
    whole = np.floor(times / step).astype(np.int64)
    uniform = np.eye(rates.size) + generator / fastest
    powers = [np.eye(rates.size)]
    for _ in range(_TERMS):
        powers.append(powers[-1] @ uniform)
    stack = np.stack(powers)
    probabilities = _poisson(fastest * (times - whole * step)) @ stack[:, 0, :]
    transition = np.tensordot(_poisson(np.array([fastest * step]))[0], stack, axes=1)
    for digit in range(doublings + 1):
        np.fill_diagonal(transition, np.exp(-rates * step * 2.0**digit))
        ones = (whole >> digit) & 1 == 1
        probabilities[ones] = probabilities[ones] @ transition
        transition = transition @ transition
    return np.asarray(probabilities)


def survivals(durations: FloatArray, times: FloatArray) -> FloatArray:
    r"""P(η_1 s_1 + … + η_k s_k > z) for every k = 1 … n and every time z in [0, 1], shape (times, n)."""
    return np.cumsum(occupancies(phase_generator(durations), times), axis=1)


def expected_excess(durations: FloatArray) -> float:
    r"""E[(η·s − 1)⁺] = Σ_k P(phase k at time 1)(η_k + … + η_n): what is expected to be asked for beyond the supply."""
    return float(occupancies(phase_generator(durations), np.ones(1))[0] @ np.cumsum(durations[::-1])[::-1])


def expected_shortfall(durations: FloatArray) -> float:
    r"""E[(1 − η·s)⁺], the time up to 1 that is spent beyond the last phase: small where η·s is hardly ever below one.

    That time is what flows, at rate one, from a state that is never left into another one.
    """
    n = durations.size
    generator = np.zeros((n + 2, n + 2))
    generator[:n, :n] = phase_generator(durations)
    generator[n - 1, n] = -generator[n - 1, n - 1]
    generator[n, n + 1] = 1.0
    return float(occupancies(generator, np.ones(1))[0, n + 1])


def relative_doubt(durations: FloatArray) -> float:
    r"""A bound on the relative error of each probability that a phase is occupied at time 1.

    A probability with j changes of phase over a time is a sum of products of those over its halves, with j changes in
    all; none is subtracted. One that has none is an exponential; over the first step each has terms of 2·24 factors.
    So with D squarings and n phases the errors of j changes are at most j (50 + D (n + 8)) roundoffs, by induction.
    """
    n, fastest = durations.size + 2, float(1.0 / np.maximum(durations, SHORTEST).min())
    squarings = max(0, int(np.ceil(np.log2(fastest)))) + 1
    return n * (50 + squarings * (n + 8)) * 2.0**-53


def _poisson(means: FloatArray) -> FloatArray:
    """Poisson probabilities of 0 … _TERMS for each mean, shape (means, _TERMS + 1)."""
    counts = np.arange(_TERMS + 1)
    with np.errstate(divide="ignore"):
        logarithms = np.log(means)[:, None]
    powers = np.where(counts == 0, 0.0, counts * np.where(counts == 0, 0.0, logarithms))
    return np.asarray(np.exp(powers - means[:, None] - scipy.special.gammaln(counts + 1)))
