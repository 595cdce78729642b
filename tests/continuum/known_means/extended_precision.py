"""The auctions of the known-means model written out in extended precision, for separate sensitivities.

Sums of exponentials cancel, so they are summed here with so many digits that enough are left. Units of the bound.
"""

import itertools
from collections.abc import Callable, Sequence
from math import factorial
from typing import Any

import mpmath as mp

Number = Any  # an mpmath number
Numbers = Sequence[Number]
Rule = Callable[[Numbers, Numbers], list[Number]]  # from sensitivities and bids to one number per bidder

DIGITS = 120
STEP = mp.mpf(10) ** -30
TIE = mp.mpf(10) ** -8  # equal sensitivities are moved apart by this part of a double's last digit

_NODES: list[tuple[Number, Number]] = []


def separate(sensitivities: Sequence[float]) -> list[Number]:
    """The sensitivities as exact numbers, equal ones moved apart by 1e-24 or so: far less than a double can tell."""
    return [mp.mpf(value) * (1 + place * TIE * mp.mpf(2) ** -52) for place, value in enumerate(sensitivities)]


def partial_fractions(scales: Numbers) -> list[Number]:
    """c_k with P(Σ η_i s_i > z) = Σ_k c_k e^{−z/η_k}."""
    return [mp.fprod(1 / (1 - other / own) for j, other in enumerate(scales) if j != k) for k, own in enumerate(scales)]


def survival(scales: Numbers, time: Number) -> Number:
    if time <= 0 or not scales:
        return mp.mpf(1 if time < 0 or (time == 0 and scales) else 0)
    return mp.fdot(partial_fractions(scales), [mp.exp(-time / own) for own in scales])


def expected_sale(scales: Numbers, requested: Number = 0) -> Number:
    """E[min(1, y + Σ η_i s_i)] for y requested already."""
    if requested >= 1:
        return mp.mpf(1)
    return requested + mp.fsum(
        c * own * (1 - mp.exp(-(1 - requested) / own)) for c, own in zip(partial_fractions(scales), scales, strict=True)
    )


# Shares -------------------------------------------------------------------------------------------------------------


def weighted_shares(eta: Numbers, bids: Numbers) -> list[Number]:
    requests = [e * a for e, a in zip(eta, bids, strict=True)]
    return [d / max(mp.mpf(1), mp.fsum(requests)) for d in requests]


def shapley_shares(eta: Numbers, bids: Numbers) -> list[Number]:
    requests = [e * a for e, a in zip(eta, bids, strict=True)]
    shares = [mp.mpf(0)] * len(requests)
    for order in itertools.permutations(range(len(requests))):
        left = mp.mpf(1)
        for bidder in order:
            got = min(requests[bidder], left)
            shares[bidder] += got / factorial(len(requests))
            left -= got
    return shares


def consistent_shares(eta: Numbers, bids: Numbers) -> list[Number]:
    """Equal gains up to half a request each, or else equal losses; the level rises until the amount is used."""
    requests = [e * a for e, a in zip(eta, bids, strict=True)]
    if mp.fsum(requests) <= 1:
        return requests
    halves = [d / 2 for d in requests]
    over = mp.fsum(requests) > 2
    amount = mp.mpf(1) if over else mp.fsum(requests) - 1
    ordered = sorted(halves)
    level, spent = mp.mpf(0), mp.mpf(0)
    for place, half in enumerate(ordered):
        rise = (len(ordered) - place) * (half - level)
        if spent + rise >= amount:
            level += (amount - spent) / (len(ordered) - place)
            break
        spent, level = spent + rise, half
    taken = [min(half, level) for half in halves]
    return taken if over else [d - loss for d, loss in zip(requests, taken, strict=True)]


def compound_shares(eta: Numbers, bids: Numbers) -> list[Number]:
    """Definition 1: sensitivity rises, everybody active is served a_i dη, until nothing is left."""
    shares, left, level = [mp.mpf(0)] * len(eta), mp.mpf(1), mp.mpf(0)
    for end in sorted(eta):
        active = [i for i, e in enumerate(eta) if e >= end]
        total = mp.fsum(bids[i] for i in active)
        step = end - level if total * (end - level) < left else left / total
        for i in active:
            shares[i] += bids[i] * step
        left, level = left - total * step, end
        if left <= 0:
            break
    return shares


# Transfers ----------------------------------------------------------------------------------------------------------


def compound_transfers(eta: Numbers, bids: Numbers) -> list[Number]:
    """a_i ∫_0^{η_i} p(η, R(η)) dη while R > 0, p = P(V_η > R) by partial fractions, by Gauss's rule on each round."""
    paid, left, level = [mp.mpf(0)] * len(eta), mp.mpf(1), mp.mpf(0)
    for end in sorted(eta):
        active = [i for i, e in enumerate(eta) if e >= end]
        scales, total = [eta[i] for i in active], mp.fsum(bids[i] for i in active)
        step = end - level if total * (end - level) < left else left / total
        factors = partial_fractions(scales)
        price = mp.mpf(0)
        for node, weight in _gauss():
            here, supply = level + step * node, left - total * step * node
            price += weight * mp.fsum(
                c * (1 - here / own) ** (len(scales) - 1) * mp.exp(-supply / own)
                for c, own in zip(factors, scales, strict=True)
            )
        for i in active:
            paid[i] += bids[i] * step * price
        left, level = left - total * step, end
        if left <= mp.mpf(10) ** (10 - DIGITS):
            break
    return paid


def discounted(shares: Rule) -> Rule:
    """t_i = q_i − (the compound auction's share less its payment)."""

    def transfers(eta: Numbers, bids: Numbers) -> list[Number]:
        triples = zip(shares(eta, bids), compound_shares(eta, bids), compound_transfers(eta, bids), strict=True)
        return [own - (share - paid) for own, share, paid in triples]

    return transfers


def canonical(mean_growth: Callable[[Numbers, frozenset[int], Numbers], Number]) -> Rule:
    """(31)-(33) integrated: averages over orders of E[Ξ(a_S, s_i, s_R)] − E[Ξ(a_S, a_i + s_i, s_R)], one by one.

    `mean_growth` is E[Σ_k ∂q_k/∂a_k] when the bidders in a set bid their bid and, the others, exponentials on top.
    """

    def transfers(eta: Numbers, bids: Numbers) -> list[Number]:
        count = len(eta)
        paid = [mp.mpf(0)] * count
        for known in itertools.chain.from_iterable(itertools.combinations(range(count), k) for k in range(count)):
            weight = mp.mpf(factorial(len(known)) * factorial(count - len(known) - 1)) / factorial(count)
            start = [bids[i] if i in known else mp.mpf(0) for i in range(count)]
            before = mean_growth(eta, frozenset(known), start)
            for bidder in set(range(count)) - set(known):
                moved = [bids[i] if i == bidder else start[i] for i in range(count)]
                paid[bidder] += weight * (before - mean_growth(eta, frozenset(known), moved))
        return paid

    return transfers


def weighted_mean_growth(eta: Numbers, known: frozenset[int], start: Numbers) -> Number:
    r"""E Σ_k ∂q_k/∂a_k of q_k = η_k a_k / max(1, Z) at bids `start`, plus a unit exponential for who is not known.

    For a bid x + s by parts, E[∂q/∂a] = E[q] − q(x, ·) with q(x, ·) averaged over the others; known bidders directly.
    """
    total = mp.mpf(0)
    for k, own in enumerate(eta):
        random = [e for i, e in enumerate(eta) if i not in known]
        requested = mp.fdot(eta, start)
        if k in known:
            low, first, second = _inverse_moments(random, requested)
            total += own * (low + first) - own**2 * start[k] * second
        else:
            others = [e for i, e in enumerate(eta) if i not in known and i != k]
            low, first, _ = _inverse_moments(others, requested)
            total -= own * start[k] * (low + first)
    random = [e for i, e in enumerate(eta) if i not in known]
    low, first, _ = _inverse_moments(random, mp.fdot(eta, start))
    fixed = mp.fsum(eta[i] * start[i] for i in known)
    return total + expected_sale(random, mp.fdot(eta, start)) - fixed * (low + first)


def _inverse_moments(scales: Numbers, requested: Number) -> tuple[Number, Number, Number]:
    """P(Z < 1), E[1/Z; Z ≥ 1] and E[1/Z²; Z ≥ 1] for Z = y + Σ η_i s_i."""
    if not scales:
        above = requested >= 1
        return mp.mpf(not above), 1 / requested if above else mp.mpf(0), 1 / requested**2 if above else mp.mpf(0)
    edge = max(mp.mpf(1), requested)
    first = second = mp.mpf(0)
    for c, own in zip(partial_fractions(scales), scales, strict=True):
        integral = mp.exp(requested / own) * mp.e1(edge / own)
        first += c / own * integral
        second += c / own * (mp.exp((requested - edge) / own) / edge - integral / own)
    return 1 - survival(scales, 1 - requested) if requested < 1 else mp.mpf(0), first, second


def shapley_mean_growth(eta: Numbers, known: frozenset[int], start: Numbers) -> Number:
    """E Σ_U (u − 1)!(N − u)!/N! η(U) 1{η·a over U < 1}, the laws of sums by partial fractions."""
    count, total = len(eta), mp.mpf(0)
    for size in range(1, count + 1):
        weight = mp.mpf(factorial(size - 1) * factorial(count - size)) / factorial(count)
        for served in itertools.combinations(range(count), size):
            left = 1 - mp.fsum(eta[i] * start[i] for i in served)
            below = 1 - survival([eta[i] for i in served if i not in known], left) if left > 0 else mp.mpf(0)
            total += weight * mp.fsum(eta[i] for i in served) * below
    return total


# The identity -------------------------------------------------------------------------------------------------------


def own_derivatives(function: Rule, eta: Numbers, bids: Numbers) -> list[Number]:
    """∂f_i/∂a_i by central differences with a step of 1e-30: right to 1e-58 or so."""
    slopes = []
    for bidder in range(len(eta)):
        ends = []
        for sign in (1, -1):
            moved = [bid + sign * STEP if i == bidder else bid for i, bid in enumerate(bids)]
            ends.append(function(eta, moved)[bidder])
        slopes.append((ends[0] - ends[1]) / (2 * STEP))
    return slopes


def growth_residual(transfers: Rule, shares: Rule, eta: Numbers, bids: Numbers) -> Number:
    """∇·t − Σt − Ξ with Ξ = ∇·q − E[min(1, η·s)], everything differentiated."""
    growth = mp.fsum(own_derivatives(transfers, eta, bids)) - mp.fsum(transfers(eta, bids))
    return growth - (mp.fsum(own_derivatives(shares, eta, bids)) - expected_sale(eta))


def _gauss() -> list[tuple[Number, Number]]:
    """Gauss's rule on [0, 1] with 60 nodes: for the entire functions here, right to fifty digits and more."""
    count = 60
    for k in range(0 if _NODES else count):
        node = mp.cos(mp.pi * (k + mp.mpf("0.75")) / (count + mp.mpf("0.5")))
        for _ in range(8):  # Newton's method doubles the digits of an estimate right to four
            before, value = mp.mpf(1), node
            for n in range(2, count + 1):
                before, value = value, ((2 * n - 1) * node * value - (n - 1) * before) / n
            slope = count * (node * value - before) / (node**2 - 1)
            node -= value / slope
        _NODES.append(((node + 1) / 2, 1 / ((1 - node**2) * slope**2)))
    return _NODES
