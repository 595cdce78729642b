"""One good, bidders whose expected values are known and whose values have a known bound; nothing else is known."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from robustmech.continuum.compound import CompoundProportional
from robustmech.continuum.compound.auction import certain_guarantee
from robustmech.continuum.compound.inputs import checked_bound, checked_expectations, number_list
from robustmech.continuum.known_means.consistent import ConsistentRule
from robustmech.continuum.known_means.information import MinmaxInformation
from robustmech.continuum.known_means.proportional import WeightedProportional
from robustmech.continuum.known_means.sensitivities import optimal_sensitivities
from robustmech.continuum.known_means.shapley import ShapleyRule
from robustmech.errors import InputError
from robustmech.model import FloatArray

_LEAST = 1e-250  # of the bound: below it probabilities are lost to underflow


@dataclass(frozen=True, slots=True, eq=False)
class KnownMeans:
    r"""The auction with the best guarantee when only each bidder's expected value and a bound on values are known.

    Args:
        means: v̂_i in (0, bound], one per bidder.
        bound: the highest possible value v̄, in the same units.
    Attributes:
        sensitivities: η_i, shares of the good per unit of a bid; zero for an excluded bidder. If the highest mean is
            the bound itself that bidder's value is known, its sensitivity is infinite and the auction is a posted
            price at the bound.
        guarantee: v̄ P(η·s ≥ 1), in the units of the means; computed as what these sensitivities prove, rounded down.
    Raises:
        InputError: for means or a bound that cannot be, in one line.
    Source: Brooks & Du (2021); Brooks, Du & Feffer (2025).
    """

    means: FloatArray
    bound: float = 1.0
    sensitivities: FloatArray = field(init=False, compare=False)
    guarantee: float = field(init=False, compare=False)

    def __init__(self, means: npt.ArrayLike, bound: float = 1.0) -> None:
        highest = checked_bound(bound)
        expected = number_list(means, "means")
        for bidder in np.flatnonzero((expected <= 0) | (expected > highest)):
            raise InputError(
                f"means[{bidder}] is {expected[bidder]}: a mean must be above 0 and at most the bound {highest}"
            )
        relative = expected / highest
        if relative.max() < _LEAST:
            raise InputError(
                f"the highest mean is {expected.max()}: too small beside the bound {highest} to be told from 0"
            )
        certain = relative >= 1.0
        eta = np.where(certain, np.inf, 0.0) if certain.any() else optimal_sensitivities(relative)
        eta.setflags(write=False)
        object.__setattr__(self, "means", expected)
        object.__setattr__(self, "bound", highest)
        object.__setattr__(self, "sensitivities", eta)
        guarantee = highest if certain.any() else certain_guarantee(eta, expected, highest)
        object.__setattr__(self, "guarantee", guarantee)

    @property
    def bidders(self) -> int:
        """The number of bidders N, excluded ones too."""
        return int(self.means.size)

    @property
    def included(self) -> npt.NDArray[np.bool_]:
        """Who takes part: a bidder whose mean is at most the guarantee is excluded, equation (28)."""
        return self.sensitivities > 0

    @property
    def information(self) -> MinmaxInformation:
        """The information that holds every mechanism down to the guarantee."""
        self._finite()
        return MinmaxInformation(sensitivities=self.sensitivities, means=self.means, bound=self.bound)

    def guarantee_at(self, means: npt.ArrayLike) -> float:
        """What the auctions for these means guarantee if the means are others: linear in them, equation (40).

        Π + Σ_i η_i(v̂'_i − v̂_i); never above the guarantee of the auctions for v̂', and negative if values were far
        overstated.
        """
        self._finite()
        others = checked_expectations(means, self.bidders, self.bound)
        moved = float(self.sensitivities @ (others - self.means))
        size = float(self.sensitivities @ (others + self.means)) + self.guarantee
        return self.guarantee + moved - (self.bidders + 4) * 2.0**-53 * size

    def auction(self) -> CompoundProportional:
        """The recommended auction, for any number of bidders."""
        self._finite()
        return CompoundProportional(self.sensitivities, self.bound)

    def weighted_proportional(self) -> WeightedProportional:
        """The weighted-proportional allocation; its transfers are canonical for up to twelve included bidders."""
        self._finite()
        return WeightedProportional(self.sensitivities, self.bound)

    def shapley(self) -> ShapleyRule:
        """The Shapley allocation, for up to 32 included bidders; its transfers are canonical for up to twelve."""
        self._finite()
        return ShapleyRule(self.sensitivities, self.bound)

    def consistent(self) -> ConsistentRule:
        """The consistent allocation of Aumann and Maschler; its transfers are canonical for up to six bidders."""
        self._finite()
        return ConsistentRule(self.sensitivities, self.bound)

    def _finite(self) -> None:
        for bidder in np.flatnonzero(np.isinf(self.sensitivities)):
            raise InputError(
                f"means[{bidder}] is the bound {self.bound}, so that bidder's value is known: "
                f"offer the good at a price of {self.bound}"
            )
