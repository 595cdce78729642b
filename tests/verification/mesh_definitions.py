"""The weights in docs/artefacts.md as functions of real numbers, and their integrals by quadrature."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import exp, factorial, inf

import numpy as np
from scipy.integrate import dblquad, quad

Weight = Callable[[float], float]
Points = Sequence[Fraction]


def integral(function: Weight, low: float, high: float) -> float:
    return float(quad(function, low, high, epsabs=1e-13, epsrel=1e-12, limit=200)[0])


def floats(points: Points) -> list[float]:
    return [float(point) for point in points]


def cells(points: Points) -> Iterator[tuple[float, float]]:
    return pairwise(floats(points))


def tent_masses(points: Points) -> list[float]:
    """Low and high end of each cell, then the tail."""
    found = []
    for a, b in cells(points):
        found += [_tent(a, b, b), _tent(a, b, a)]
    return [*found, exp(-float(points[-1]))]


def _tent(a: float, b: float, zero: float) -> float:
    return integral(lambda x: abs(x - zero) / (b - a) * exp(-x), a, b)


def rising_masses(points: Points) -> list[float]:
    """The same with weights that are affine in e^x."""
    found = []
    for a, b in cells(points):
        high = _rising(a, b)
        found += [exp(-a) - exp(-b) - high, high]
    return [*found, exp(-float(points[-1]))]


def _rising(a: float, b: float) -> float:
    return integral(lambda x: (exp(x - a) - 1) / (exp(b - a) - 1) * exp(-x), a, b)


def triangle_masses(corners: Sequence[tuple[float, float]]) -> list[float]:
    """The integral of e^{−x_1−x_2} against the linear weight of each corner of a triangle."""
    (x0, y0), (x1, y1), (x2, y2) = corners
    area = abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0))

    def weighted(place: int) -> float:
        def value(v: float, u: float) -> float:
            weights = (1 - u - v, u, v)
            x = sum(w * corner[0] for w, corner in zip(weights, corners, strict=True))
            y = sum(w * corner[1] for w, corner in zip(weights, corners, strict=True))
            return area * weights[place] * exp(-x - y)

        return float(dblquad(value, 0, 1, 0, lambda u: 1 - u, epsabs=1e-12, epsrel=1e-11)[0])

    return [weighted(place) for place in range(3)]


def sum_density(weights: Points) -> Weight:
    """The density of Σ η_i x_i, for a few agents, by convolution."""
    first, *others = [1 / float(weight) for weight in weights]
    density: Weight = lambda s: first * exp(-first * s)  # noqa: E731
    for rate in others:
        density = _convolved(density, rate)
    return density


def _convolved(density: Weight, rate: float) -> Weight:
    nodes, gauss = np.polynomial.legendre.leggauss(40)

    def convolved(s: float) -> float:
        places = (nodes + 1) / 2 * s
        return float(
            s / 2 * (gauss @ np.array([density(float(t)) * rate * exp(-rate * (s - float(t))) for t in places]))
        )

    return convolved


def sum_masses(weights: Points, points: Points) -> list[float]:
    """The three controls of each cell, then the tail."""
    density = sum_density(weights)
    found = [_expectation(density, weight, a, b) for a, b in cells(points) for weight in sum_weights(weights, b - a)]
    return [*found, 1 - sum(found)]


def _expectation(density: Weight, weight: Weight, a: float, b: float) -> float:
    return integral(lambda s: weight(s - a) * density(s), a, b)


def sum_weights(weights: Points, width: float) -> tuple[Weight, Weight, Weight]:
    """B_0, B_1 and B_2 on a cell of this width."""
    p, r = 1 / float(max(weights)), 1 / float(min(weights))
    r = r if r > 1.25 * p else 2 * p

    def phi(t: float) -> float:
        return r * (exp(p * t) - 1) - p * (exp(r * t) - 1)

    def psi(t: float) -> float:
        return r * (1 - exp(-p * t)) - p * (1 - exp(-r * t))

    def low(t: float) -> float:
        return psi(width - t) / psi(width)

    def high(t: float) -> float:
        return phi(t) / phi(width)

    return low, lambda t: 1 - low(t) - high(t), high


def square_weights(step: float) -> tuple[Callable[[float, float], list[float]], ...]:
    """Weights of O, P1, P2, T on the lower half of a square and of Q, P1, P2, T on the upper half."""
    r = exp(step)

    def corners(x1: float, x2: float) -> tuple[float, float, float, float, float]:
        y1, y2 = exp(x1), exp(x2)
        scale = (r - 1) ** 2
        hl, lh = (y1 - 1) * (r - y2) / scale, (r - y1) * (y2 - 1) / scale
        return y1 * y2, hl, lh, (y1 - 1) * (y2 - 1) / scale, (r - y1) * (r - y2) / scale

    def lower(x1: float, x2: float) -> list[float]:
        product, hl, lh, hh, _ = corners(x1, x2)
        return [(r - product) / (r - 1), hl, lh, (r + 1) * hh]

    def upper(x1: float, x2: float) -> list[float]:
        product, hl, lh, _, ll = corners(x1, x2)
        return [(product - r) / (r * r - r), hl, lh, (r + 1) / r * ll]

    return lower, upper


def share_moments(agents: int) -> tuple[float, float]:
    """E y_i² and E y_i y_j."""
    return 2 / (agents * (agents + 1)), 1 / (agents * (agents + 1))


def erlang(agents: int, function: Weight, low: float, high: float = inf) -> float:
    """The expectation of a function of the sum, within limits."""
    return integral(lambda s: function(s) * s ** (agents - 1) * exp(-s) / factorial(agents - 1), low, high)


def between_inverses(zero: float, one: float) -> Weight:
    """The weight that is linear in 1/s, zero at one sum and one at another."""
    return lambda s: (1 / s - 1 / zero) / (1 / one - 1 / zero)


def between_sums(zero: float, one: float) -> Weight:
    """The weight that is linear in s, zero at one sum and one at another."""
    return lambda s: (s - zero) / (one - zero)


def times(one: Weight, other: Weight) -> Weight:
    return lambda s: one(s) * other(s)


def square_mass(weight: Callable[[float, float], float], step: float, *, upper: bool) -> float:
    """The integral of e^{−x_1−x_2} against a weight over half a square at the origin."""

    def bottom(x: float) -> float:
        return step - x if upper else 0.0

    def top(x: float) -> float:
        return step if upper else step - x

    return float(dblquad(lambda y, x: weight(x, y) * exp(-x - y), 0, step, bottom, top, epsabs=1e-12)[0])
