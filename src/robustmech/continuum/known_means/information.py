"""The minmax information of the known-means model."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from robustmech.continuum.compound.waiting_times import survivals
from robustmech.continuum.rules import checked_bids
from robustmech.model import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinmaxInformation:
    r"""Signals are independent unit exponentials, and values given signals depend on η·s alone.

    Interim values, Brooks & Du (2021), equation (26), in units of the bound:

        w_i(s) = min{1, exp((η·s − 1)/η_i)} if η_i > 0;  otherwise 1{η·s ≥ 1} v̂_i / P(η·s ≥ 1).

    Every included bidder's virtual value is zero where η·s < 1 and the bound elsewhere.
    """

    sensitivities: FloatArray
    means: FloatArray
    bound: float

    @property
    def potential(self) -> float:
        """The most that any mechanism earns in any equilibrium: v̄ P(η·s ≥ 1), (11) of the compound paper."""
        included = np.sort(self.sensitivities[self.sensitivities > 0])[::-1]
        return self.bound * float(survivals(included, np.ones(1))[0, -1])

    def interim_values(self, signals: npt.ArrayLike) -> FloatArray:
        """Expected values given all signals, shape (…, bidders) for signals of that shape."""
        profiles = checked_bids(signals, self.sensitivities.size)
        with np.errstate(over="ignore"):
            shortfall = np.minimum(profiles @ self.sensitivities - 1.0, 0.0)[..., None]
        positive = self.sensitivities > 0
        gradual = np.exp(shortfall / np.where(positive, self.sensitivities, 1.0))
        sudden = np.where(shortfall >= 0, self.means / self.potential, 0.0)
        return np.asarray(self.bound * np.where(positive, gradual, sudden))

    def sample(self, profiles: int, seed: int) -> tuple[FloatArray, FloatArray]:
        """Signals and interim values of this many independent draws, each of shape (profiles, bidders)."""
        signals = np.random.default_rng(seed).exponential(size=(profiles, self.sensitivities.size))
        return signals, self.interim_values(signals)

    def sample_values(self, profiles: int, seed: int) -> tuple[FloatArray, FloatArray]:
        """Signals and values: given the signals, values are independent, zero or the bound, with the interim means."""
        generator = np.random.default_rng(seed)
        signals = generator.exponential(size=(profiles, self.sensitivities.size))
        chance = self.interim_values(signals) / self.bound
        return signals, np.where(generator.random(chance.shape) < chance, self.bound, 0.0)
