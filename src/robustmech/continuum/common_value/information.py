"""The information that holds every mechanism down: exponential signals, and the value they point to."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robustmech.continuum.common_value.grading import Supply
from robustmech.continuum.common_value.pairing import Pairing
from robustmech.continuum.common_value.revealed import RevealedValue
from robustmech.errors import InputError
from robustmech.model import FloatArray


@dataclass(frozen=True)
class MinmaxInformation:
    """Independent standard exponential signals, and an expected value that depends on their sum alone.

    On a graded interval the value is drawn from a law on two points whose mean is the graded value;
    elsewhere it is revealed. Source: Brooks & Du (2018), sections 4.2 and 4.5.2; the two-point law is
    derived in docs/common-value.md.
    """

    revealed: RevealedValue
    supply: Supply
    cost: float
    informative: bool = True

    @property
    def bidders(self) -> int:
        """The number of bidders N, each with one signal."""
        return self.revealed.bidders

    def interim_value(self, totals: FloatArray | float) -> FloatArray:
        """Expected value w̄(x) given that the signals sum to x."""
        x = np.asarray(totals, dtype=np.float64)
        if not self.informative:
            return np.full_like(x, self.revealed.law.mean)
        return self.supply.graded_gains(x, self.revealed(x) - self.cost) + self.cost

    def posterior(self, totals: FloatArray | float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The law of the value given that the signals sum to x: a low value, a high value, the probability of the high.

        Raises:
            InputError: where the signals say nothing, so that the posterior is the prior.
        """
        if not self.informative:
            raise InputError("the signals carry no information: the law of the value is the prior, whatever they are")
        x = np.atleast_1d(np.asarray(totals, dtype=np.float64))
        low = self.revealed(x)
        high, mean = low.copy(), self.interim_value(x)
        inside, place = self.supply.graded(x)
        for k in np.unique(place[inside]):
            here = inside & (place == k)
            other = self.revealed(self._pairings[int(k)].partner(x[here]))
            low[here], high[here] = np.minimum(low[here], other), np.maximum(high[here], other)
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = np.where(high > low, np.clip((mean - low) / (high - low), 0.0, 1.0), 1.0)
        shape = np.shape(totals)
        return low.reshape(shape), high.reshape(shape), chance.reshape(shape)

    def sample(self, generator: np.random.Generator, size: int) -> tuple[FloatArray, FloatArray]:
        """Draw signals, shape (size, bidders), and the values that go with them, shape (size,)."""
        signals = generator.standard_exponential((size, self.bidders))
        draws = generator.random(size)
        if not self.informative:
            return signals, self.revealed.law.quantiles(draws, 1.0 - draws)
        low, high, chance = self.posterior(signals.sum(axis=1))
        return signals, np.where(draws < chance, high, low)

    @cached_property
    def _pairings(self) -> tuple[Pairing, ...]:
        return tuple(Pairing.on(self.revealed, interval, self.cost) for interval in self.supply.intervals)
