"""Mean growth of the consistent rule in extended precision: level by level, with partial fractions and no tables."""

import itertools

import mpmath as mp
from extended_precision import Number, Numbers, consistent_shares, expected_sale

Exponentials = list[tuple[Number, Number]]  # Σ c e^{−pr} for r > 0, as pairs c, p


def consistent_mean_growth(eta: Numbers, known: frozenset[int], start: Numbers) -> Number:
    r"""E Σ_k ∂q_k/∂a_k at bids `start`, plus a unit exponential for who is not known.

    A random bid by parts, E[∂q/∂a] = E[q] − E[q(start, ·)]; so the sum is E[Σq] − Σ_random E[q_j(start_j, ·)] and, over
    the known, E[∂q/∂a − q].
    """
    random = [e for i, e in enumerate(eta) if i not in known]
    total = expected_sale(random, mp.fdot(eta, start))
    for k, own in enumerate(eta):
        share, slope = _share_and_slope(eta, known | {k}, start, k)
        total += own * slope - share if k in known else -share
    return total


def _share_and_slope(eta: Numbers, known: frozenset[int], start: Numbers, k: int) -> tuple[Number, Number]:
    """E[q_k] and E[∂q_k/∂d_k] for a bidder whose bid is known; the slope is not asked for when all bids are."""
    if len(known) == len(eta):
        return consistent_shares(eta, start)[k], mp.mpf(0)
    own = eta[k] * start[k] / 2
    ends = sorted({mp.mpf(0), own, *(e * a / 2 for e, a in zip(eta, start, strict=True) if e * a / 2 < own)})
    share = shared = reached = mp.mpf(0)
    for low, high in itertools.pairwise(ends):
        share += _integral(eta, known, start, low, high, False, False)
        share += _integral(eta, known, start, low, high, True, False)
        shared += _integral(eta, known, start, low, high, True, True)
    for losses in (False, True):
        reached += _probability(eta, known, start, ends[-2] if own > 0 else own, own, losses)
    return share, reached / 2 - shared


def _probability(
    eta: Numbers, known: frozenset[int], start: Numbers, low: Number, level: Number, losses: bool
) -> Number:
    """P(Σ min(x, level) < 1) or P(Σ max(x, 2x − level) < 1), for a level just above which nothing is known to be."""
    total = mp.mpf(0)
    for sizes, rate, shift, base, fall in _terms(eta, known, start, low, losses):
        rest = base - fall * level
        if rest > 0:
            total += mp.exp(shift - rate * level) * mp.fsum(c * mp.exp(-p * rest) for c, p in sizes)
    return total


def _integral(
    eta: Numbers, known: frozenset[int], start: Numbers, low: Number, high: Number, losses: bool, density: bool
) -> Number:
    """Of that probability, or of the density of the sum at 1, over levels between neighbouring known halves."""
    total = mp.mpf(0)
    for sizes, rate, shift, base, fall in _terms(eta, known, start, low, losses):
        first, last = low, high
        if fall > 0:
            last = min(last, base / fall)
        elif fall < 0:
            first = max(first, base / fall)
        elif base <= 0:
            continue
        if first >= last:
            continue
        for c, p in sizes:
            weight = -c * p if density else c
            power = p * fall - rate  # the term is e^{shift − p·base + power·y}
            length = last - first
            integral = length if power == 0 else mp.expm1(power * length) / power
            total += weight * mp.exp(shift - p * base + power * first) * integral
    return total


def _terms(
    eta: Numbers, known: frozenset[int], start: Numbers, low: Number, losses: bool
) -> list[tuple[Exponentials, Number, Number, Number, int]]:
    """Terms e^{shift − rate·y} Σ c e^{−p(base − fall·y)} of the probability just above a level; 0 for base ≤ fall·y."""
    base, fall, always, random = mp.mpf(1), 0, [], []
    for j, own in enumerate(eta):
        half = own * start[j] / 2
        if j in known or half > low:
            above = half > low
            base -= 2 * half if losses and above else mp.mpf(0) if above else half
            fall += (-1 if losses else 1) if above else 0
            if j not in known and losses:
                always.append(own)
        else:
            random.append((own / 2, half))
    terms = []
    for size in range(len(random) + 1):
        for chosen in itertools.combinations(range(len(random)), size):
            scales, missing = list(always), []
            rate = shift = mp.mpf(0)
            rest, sign = base, 1
            for place, (mean, half) in enumerate(random):
                scales.append(mean)
                if place in chosen:
                    missing.append(mean)
                    rate, shift = rate + 1 / mean, shift + half / mean
                    if losses:
                        scales.append(2 * mean)
                        sign = -sign
                else:
                    rest -= half
            terms.append((_inverse(scales, missing, sign), rate, shift, rest, fall + size))
    return terms


def _inverse(scales: Numbers, missing: Numbers, sign: int) -> Exponentials:
    """The function of r with transform sign·z^{m − 1} Π missing / Π (1 + scale·z), m the number missing; r > 0."""
    count = len(missing)
    front = sign * mp.fprod(missing)
    found = [(front, mp.mpf(0))] if count == 0 else []
    for k, own in enumerate(scales):
        others = mp.fprod(1 - other / own for j, other in enumerate(scales) if j != k)
        found.append((front * (-1 / own) ** (count - 1) / own / others, 1 / own))
    return found
