r"""Auctions whose bids are multiples of an increment.

Bids 0, d, 2d, …, Kd are the actions of a grid with :math:`\rho_j = d (1 + d)^{-j-1}` and everything beyond on the top
one: the one grid on which ∇⁺ is the forward difference over d (see `robustmech.gridded.discretise.bid_positions`). A
rule for real bids keeps its allocation at these bids; its transfers are rebuilt for the grid, because only then is
anything guaranteed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from robustmech.continuum import checked_bids
from robustmech.errors import InputError
from robustmech.gridded.discretise import lower_number, mechanism_on_grids
from robustmech.model import Environment, FloatArray, Grid, IntArray, Mechanism, RationalArray, rational

MOST_PROFILES, MOST_NUMBERS = 500_000, 30_000_000
"""The largest number of profiles of bids, and of profiles times states."""
_LOWEST_TOP = 5
"""The largest bid is at least this, in points, of which bids have one on average where they matter most."""
_ALMOST = 1e-9
"""Bids this close below a multiple, in increments, are taken for it: doubles of decimals are not exact."""


def checked_increment(increment: object) -> Fraction:
    """An increment as an exact number.

    Raises:
        InputError: unless it is above zero and at most one.
    """
    exact = rational(increment, "the increment")
    if not 0 < exact <= 1:
        raise InputError(f"the increment is {float(exact):.6g}: it must be above 0 and at most 1")
    return exact


def steps(increment: Fraction, reach: Fraction) -> Grid:
    """The grid of multiples of an increment, up to the first that is at least as large as some number.

    Args:
        increment: d, exact.
        reach: what the largest bid is at least.
    """
    count = max(1, math.ceil(reach / increment))
    d, unit = increment.numerator, increment.denominator
    inner = (d * (d + unit) ** (count - 1 - j) * unit**j for j in range(count))
    return Grid(weights=(*inner, unit**count), name=f"steps of {increment}")


def _fitting(reach: Sequence[Fraction], increment: Fraction, states: int) -> list[Fraction]:
    """For each bidder what its largest bid is at least: as far as the rule reaches, if there are not too many profiles.

    Raises:
        InputError: if there are too many even with largest bids so low that many bidders would bid more.
    """
    most = min(MOST_PROFILES, MOST_NUMBERS // states)
    profiles = math.prod(math.ceil(own / increment) + 1 for own in reach)
    if profiles <= most:
        return list(reach)
    steps_each = int(most ** (1 / len(reach))) - 1
    largest = increment * steps_each
    if largest < _LOWEST_TOP:
        raise InputError(
            f"increments of {float(increment):.6g} make {profiles:,} profiles of bids for {states} states, too many: "
            "take a larger increment"
        )
    return [min(own, largest) for own in reach]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SteppedRule:
    """An auction in which a bid counts as the multiple of the increment at or below it, and at most as the largest.

    Args:
        mechanism: what each profile of steps brings; decisions are the bidders' shares.
        increment: the step.
        guarantee: the certified guarantee of these rules.
    """

    mechanism: Mechanism
    increment: Fraction
    guarantee: float

    @classmethod
    def of(
        cls,
        decisions: Callable[[FloatArray], FloatArray],
        environment: Environment,
        increment: Fraction,
        reach: Sequence[Fraction],
        multipliers: RationalArray,
    ) -> "SteppedRule":
        """Keep a rule's decisions at multiples of the increment, and rebuild the transfers.

        Args:
            decisions: from bids to decisions.
            environment: what the designer knows.
            increment: the step.
            reach: for each bidder, where the rule ends; higher bids count as the largest, which is lower than that if
                there would be too many profiles of bids otherwise.
            multipliers: the belief multipliers y that prove the guarantee.
        Raises:
            InputError: for an increment that makes too many profiles of bids.
        """
        grids = [steps(increment, most) for most in _fitting(reach, increment, environment.states)]
        mechanism = mechanism_on_grids(decisions, environment, grids, multipliers=multipliers)
        guarantee = lower_number(mechanism, environment, multipliers=multipliers)
        return cls(mechanism=mechanism, increment=increment, guarantee=guarantee)

    @property
    def bidders(self) -> int:
        """The number of bidders."""
        return self.mechanism.agents

    @property
    def largest(self) -> tuple[Fraction, ...]:
        """Each bidder's largest bid."""
        return tuple(self.increment * (grid.actions - 1) for grid in self.mechanism.grids)

    def allocate(self, bids: FloatArray) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders)."""
        found: FloatArray = self.mechanism.decisions[self._profiles(bids)]
        return found

    def transfers(self, bids: FloatArray) -> FloatArray:
        """What each bidder pays, shape (…, bidders); zero for a bid below the increment."""
        if self.mechanism.transfers is None:
            raise InputError("this mechanism has no transfers")
        found = np.moveaxis(self.mechanism.transfers, 0, -1)[self._profiles(bids)]
        return np.where(self._steps(bids) == 0, 0.0, found)

    def _profiles(self, bids: FloatArray) -> tuple[IntArray, ...]:
        return tuple(np.moveaxis(self._steps(bids), -1, 0))

    def _steps(self, bids: FloatArray) -> IntArray:
        """How many increments each bid counts as."""
        most = np.array([grid.actions - 1 for grid in self.mechanism.grids])
        ratio = checked_bids(bids, self.bidders) / float(self.increment)
        counted: IntArray = np.minimum(np.floor(ratio + _ALMOST), most).astype(np.int64)
        return counted
