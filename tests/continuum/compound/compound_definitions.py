"""The compound auction as printed: sums of exponentials and the integrals (5) and (6), for separate sensitivities."""

import itertools
from collections.abc import Callable
from decimal import Decimal, localcontext
from math import factorial

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def naive_survival(durations: Array, time: float) -> float:
    """P(Σ η_i s_i > z) = Σ_k e^{−z/η_k} Π_{j≠k} η_k/(η_k − η_j), in doubles."""
    total = 0.0
    for k, own in enumerate(durations):
        others = np.delete(durations, k)
        total += float(np.exp(-time / own) * np.prod(own / (own - others)))
    return total


def exact_survival(durations: Array, time: float) -> float:
    """The same sum with so many digits that nothing is lost."""
    with localcontext() as context:
        context.prec = 60 + 20 * durations.size
        scales = [Decimal(float(v)) for v in durations]
        total = Decimal(0)
        for k, own in enumerate(scales):
            factor = Decimal(1)
            for j, other in enumerate(scales):
                if j != k:
                    factor *= own / (own - other)
            total += factor * (-Decimal(time) / own).exp()
        return float(total)


def panels(edges: list[float], count: int = 20) -> tuple[Array, Array]:
    """Gauss's rule on the panels between the edges."""
    ordered = np.unique(edges)
    points, weights = np.polynomial.legendre.leggauss(count)
    widths = np.diff(ordered)[:, None]
    return (ordered[:-1, None] + widths * (points + 1) / 2).ravel(), (widths * weights / 2).ravel()


class PrintedAuction:
    """Definition 1 and equation (6) for sensitivities in falling order, all different, bound one."""

    def __init__(self, sensitivities: list[float]) -> None:
        self.eta = np.array([*sensitivities, 0.0])
        self.bidders = len(sensitivities)

    def balance(self, n: int, supply: Array) -> Array:
        """λ^n(S): the solution of Lemma 4's equation, E[min(S, W_n)] with its subsets written out."""
        if n == 0:
            return np.zeros_like(supply)
        total = np.zeros_like(supply)
        low = self.eta[n]
        for kept in itertools.product([0, 1], repeat=n):
            chance = float(np.prod([1 - low / self.eta[i] if k else low / self.eta[i] for i, k in enumerate(kept)]))
            scales = self.eta[:n][np.array(kept, dtype=bool)]
            for k, own in enumerate(scales):
                factor = float(np.prod(own / (own - np.delete(scales, k))))
                total += chance * factor * own * (1 - np.exp(-np.maximum(supply, 0) / own))
        return total

    def divergence(self, n: int, active: Array, committed: float) -> Array:
        """∇·q^n as printed before equation (5)."""
        high, low = self.eta[n - 1], self.eta[n]
        supply = 1 - committed - low * active
        rationed = (n - 1) / active * supply - low
        return np.where(supply <= 0, 0.0, np.where((high - low) * active < supply, n * (high - low), rationed))

    def aggregate_transfer(self, n: int, active: float, committed: float) -> float:
        """T^n of equation (6) with the Erlang density, by quadrature split where Ξ^n changes form."""
        high, low = self.eta[n - 1], self.eta[n]
        base = 1 - committed
        edges = [0.0, active, *[e for e in (base / high, base / low if low else active) if 0 < e < active]]
        nodes, weights = panels(edges)
        supply = base - low * nodes
        balance = self.balance(n, np.array([1.0]))[0] if n == self.bidders else self.balance(n, supply)
        growth = self.divergence(n, nodes, committed) - balance + self.balance(n - 1, base - high * nodes)
        density = nodes ** (n - 1) * np.exp(-nodes) / factorial(n - 1)
        at_end = active ** (n - 1) * np.exp(-active) / factorial(n - 1)
        return float(np.sum(weights * np.where(supply >= 0, growth, 0.0) * density) / at_end)

    def transfers(self, bids: Array) -> Array:
        """t_i = Σ_n t_i^n of Definition 1."""
        paid = np.zeros(self.bidders)
        for n in range(self.bidders, 0, -1):
            active = float(bids[:n].sum())
            committed = float(self.eta[n : self.bidders] @ bids[n:])
            if 1 - committed - self.eta[n] * active > 0:
                paid[:n] += bids[:n] / active * self.aggregate_transfer(n, active, committed)
        return paid


def expectation(function: Callable[[Array], Array], kinks: Callable[[list[float]], list[float]], bidders: int) -> float:
    """E[f(s)] for unit exponentials, one nested quadrature per bidder, split where the function has kinks."""

    def nested(fixed: list[float]) -> float:
        inside = [k for k in kinks(fixed) if 0 < k < 12]
        nodes, weights = panels([0.0, *inside, 12.0, 40.0], 12)
        mass = weights * np.exp(-nodes)
        if len(fixed) == bidders - 1:
            profiles = np.concatenate([np.tile(fixed, (nodes.size, 1)), nodes[:, None]], axis=1)
            return float(mass @ function(profiles))
        return float(sum(m * nested([*fixed, float(node)]) for m, node in zip(mass, nodes, strict=True)))

    return nested([])
