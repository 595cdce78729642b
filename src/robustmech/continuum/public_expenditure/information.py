"""The potential-minimizing information structure of the public expenditure problem."""

import math
from dataclasses import dataclass

import numpy as np

from robustmech.continuum.public_expenditure.boundary import aggregate_integral
from robustmech.continuum.public_expenditure.sharing import aggregate_of, proportional_shares
from robustmech.continuum.rules import checked_bids
from robustmech.errors import InputError
from robustmech.model import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicExpenditureInformation:
    r"""Correlated signals in :math:`[0, \infty)^N` whose density depends only on their sum.

    .. math:: \bar\rho(x) \propto e^{y} y^{-(N-1)\bar\theta/(\bar\theta-1)} \ \ (y = \Sigma x \le \bar y),\qquad
              \Pr(\text{agent } i \text{ has the value} \mid x) = x_i / \Sigma x.

    Since :math:`(N-1)\bar\theta/(\bar\theta-1) = N - 1 + a`, the sum of signals has density
    :math:`f(y) = f(\bar y)\, e^{y - \bar y} (\bar y / y)^a` on :math:`(0, \bar y]` with
    :math:`f(\bar y) = \bar\lambda/(\bar\theta-1)`, and given the sum the signals are uniform on the simplex.

    Args:
        agents: N, at least two.
        value: the social value.
        boundary: ȳ, the largest sum of signals.
        top_density: f(ȳ).
    Source: Brooks & Du (2023), equation (15).
    """

    agents: int
    value: float
    boundary: float
    top_density: float

    @property
    def exponent(self) -> float:
        """The parameter a = (N−1)/(θ̄−1), strictly between zero and one."""
        return (self.agents - 1) / (self.value - 1.0)

    @property
    def _complement(self) -> float:
        return (self.value - self.agents) / (self.value - 1.0)

    def aggregate_density(self, aggregate: FloatArray | float) -> FloatArray:
        """The density of the sum of signals; infinite at zero, zero beyond the boundary."""
        y = np.asarray(aggregate, dtype=np.float64)
        with np.errstate(divide="ignore"):
            logarithm = y - self.boundary + self.exponent * (math.log(self.boundary) - np.log(y))
        return np.where(y <= self.boundary, self.top_density * np.exp(np.where(y <= self.boundary, logarithm, 0)), 0.0)

    def aggregate_distribution(self, aggregate: FloatArray | float) -> FloatArray:
        r"""The probability that the sum of signals is at most y: f(y) times :math:`\int_0^y e^{z-y} (z/y)^{-a} dz`."""
        y = np.clip(np.asarray(aggregate, dtype=np.float64), 0.0, self.boundary)
        positive = np.where(y > 0, y, self.boundary)
        below = self.aggregate_density(positive) * aggregate_integral(positive, self._complement)
        return np.where(y > 0, np.minimum(below, 1.0), 0.0)

    def density(self, signals: FloatArray) -> FloatArray:
        """The joint density of signals of shape (…, agents): f(y) (N−1)! / y^(N−1)."""
        y = aggregate_of(checked_bids(signals, self.agents))
        with np.errstate(divide="ignore"):
            spread = math.lgamma(self.agents) - (self.agents - 1) * np.log(y)
        density = self.aggregate_density(y)
        with np.errstate(over="ignore"):
            return np.where(density > 0, density * np.exp(spread), 0.0)

    def posterior(self, signals: FloatArray) -> FloatArray:
        """The probability that each agent is the one who values the good, shape (…, agents); equal at zero signals."""
        return proportional_shares(checked_bids(signals, self.agents))

    def interim_values(self, signals: FloatArray) -> FloatArray:
        """Each agent's expected value given all signals, shape (…, agents)."""
        return np.asarray(self.value * self.posterior(signals), dtype=np.float64)

    def sample(self, count: int, generator: np.random.Generator) -> tuple[FloatArray, IntArray]:
        r"""Draw signals and the agent who values the good.

        The sum is drawn by rejection: :math:`y = \bar y U^{1/(1-a)}` has density in proportion to
        :math:`y^{-a}`, and is kept with probability :math:`e^{y - \bar y}`.

        Args:
            count: how many draws, at least zero.
            generator: the source of randomness.
        Returns:
            Signals, shape (count, agents), and agents' numbers from zero, shape (count,).
        """
        if count < 0:
            raise InputError(f"{count} draws: ask for at least zero")
        sums = np.empty(0)
        while sums.size < count:
            batch = max(1000, 2 * (count - sums.size))
            proposed = self.boundary * generator.random(batch) ** (1.0 / self._complement)
            kept = generator.random(batch) <= np.exp(proposed - self.boundary)
            sums = np.concatenate([sums, proposed[kept]])
        shares = generator.dirichlet(np.ones(self.agents), size=count)
        below = generator.random(count)[:, None] >= np.cumsum(shares, axis=1)[:, :-1]
        return sums[:count, None] * shares, below.sum(axis=1, dtype=np.int64)
