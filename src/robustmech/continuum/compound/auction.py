"""The compound proportional auction with balanced transfers."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from robustmech.continuum.compound.inputs import checked_bound, checked_expectations, checked_sensitivities
from robustmech.continuum.compound.prices import UnitPrices
from robustmech.continuum.compound.rounds import Rounds, Schedule
from robustmech.continuum.compound.waiting_times import expected_excess, expected_shortfall, relative_doubt
from robustmech.continuum.rules import checked_bids
from robustmech.continuum.supply import at_most_one
from robustmech.errors import InputError
from robustmech.model import FloatArray

_CHUNK = 256  # profiles cleared together: the quadrature's arrays stay in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class CompoundProportional:
    r"""Compound proportional auction: a proportional auction per round, for what earlier rounds left (Definition 1).

    The bid a_i of a bidder with sensitivity η_i asks for the share η_i a_i. Sensitivity rises from zero; while it is
    at η every bidder with η_i > η is active and is sold a_i dη of the good at the unit price p(η, R), R being what
    is left. The auction ends when nothing is left or no bidder is active. Ties, near ties and exclusion need no
    special case, and

        q_i = a_i ∫_0^{η_i} 1{R(η) > 0} dη,        t_i = v̄ a_i ∫_0^{η_i} 1{R(η) > 0} p(η, R(η)) dη,

    with p from `prices`: the transfers (6) of the paper, added up over rounds. So 0 ≤ t_i ≤ v̄ q_i at every profile.

    Args:
        sensitivities: η_i ≥ 0 per bidder, in any order, at least one positive; zero excludes the bidder.
        bound: the highest possible value v̄, in the units of the transfers.
    Source: Brooks, Du & Feffer (2025), sections 4 and 5.
    """

    sensitivities: FloatArray
    bound: float = 1.0
    schedule: Schedule = field(init=False, repr=False, compare=False)
    prices: UnitPrices = field(init=False, repr=False, compare=False)
    aggregate_multiplier: float = field(init=False, repr=False, compare=False)

    def __init__(self, sensitivities: npt.ArrayLike, bound: float = 1.0) -> None:
        eta = checked_sensitivities(sensitivities)
        highest = checked_bound(bound)
        included = np.sort(eta[eta > 0])[::-1]
        schedule = Schedule.of(eta)
        object.__setattr__(self, "sensitivities", eta)
        object.__setattr__(self, "bound", highest)
        object.__setattr__(self, "schedule", schedule)
        object.__setattr__(self, "prices", UnitPrices.tabulate(included, schedule.ends))
        multiplier = highest * (float(included.sum()) - expected_excess(included))
        object.__setattr__(self, "aggregate_multiplier", multiplier)

    @property
    def bidders(self) -> int:
        """The number of bidders N, excluded ones too."""
        return int(self.sensitivities.size)

    def guarantee(self, means: npt.ArrayLike) -> float:
        r"""Expected revenue that no information and no equilibrium can undercut at these means, Theorem 1:

        Λ^N(0; η) − Σ_i η_i(v̄ − v̂_i) = Σ_i η_i v̂_i − v̄ E[(η·s − 1)⁺].

        It holds for any sensitivities, optimal or not; far from the optimal ones it can be negative. Rounded down.
        """
        expected = checked_expectations(means, self.bidders, self.bound)
        return certain_guarantee(self.sensitivities, expected, self.bound)

    def rounds(self, bids: npt.ArrayLike) -> Rounds:
        """Every round: active bids, residual supply, what is sold; for bids of shape (…, bidders)."""
        return Rounds.played(self.schedule, checked_bids(bids, self.bidders))

    def allocate(self, bids: npt.ArrayLike) -> FloatArray:
        """Each bidder's share of the good, shape (…, bidders); they sum to at most one."""
        profiles = checked_bids(bids, self.bidders)
        rounds = Rounds.played(self.schedule, profiles)
        return at_most_one(self._per_bidder(rounds.per_bid, profiles / rounds.unit))

    def transfers(self, bids: npt.ArrayLike) -> FloatArray:
        """What each bidder pays, in the units of the bound, shape (…, bidders): between zero and v̄ times the share."""
        profiles = checked_bids(bids, self.bidders)
        flat = profiles.reshape(-1, self.bidders)
        paid = np.empty_like(flat)
        for start in range(0, flat.shape[0], _CHUNK):
            chunk = flat[start : start + _CHUNK]
            rounds = Rounds.played(self.schedule, chunk)
            per_bid = rounds.per_bid * self._average_prices(rounds)
            paid[start : start + _CHUNK] = self.bound * self._per_bidder(per_bid, chunk / rounds.unit)
        return paid.reshape(profiles.shape)

    def discounts(self, bids: npt.ArrayLike) -> FloatArray:
        r"""What each bidder pays less than v̄ per unit of the good, v̄q_i − t_i ≥ 0, shape (…, bidders).

        As the auction sells min(1, η·a), (∂_i − 1) of these, over all bidders, is v̄(E[min(1, η·s)] − min(1, η·a)): that
        is (7), and it names no share. So they complete every rule that sells as much; docs/known-means.md.
        """
        return self.bound * self.allocate(bids) - self.transfers(bids)

    def price(self, level: float, residual_supply: float) -> float:
        """The unit price when sensitivity has reached a level below the highest and this much of the good is left."""
        ends = self.schedule.ends
        if not (0 <= level <= ends[-1] and 0 <= residual_supply <= 1):
            raise InputError(f"a level is between 0 and {ends[-1]}, and a residual supply between 0 and 1")
        playing = min(int(np.searchsorted(ends, level, side="right")), ends.size - 1)
        fraction = 1.0 - (ends[playing] - level) / self.schedule.widths[playing]
        unit = self.prices.at(np.array([[playing]]), np.array([[fraction]]), np.array([[residual_supply]]))
        return self.bound * float(unit[0, 0])

    def slopes(self, bids: npt.ArrayLike) -> FloatArray:
        """∂q_i/∂a_i to the right, shape (…, bidders): η_i where the whole request is met, never more (Lemma 1)."""
        profiles = checked_bids(bids, self.bidders)
        rounds = Rounds.played(self.schedule, profiles)
        last = np.argmax(rounds.selling_out, axis=-1)[..., None]
        total, supply = (np.take_along_axis(v, last, axis=-1) for v in (rounds.active_bids, rounds.residual_supply))
        before = (self.schedule.ends - self.schedule.widths)[last]
        total = np.where(total > 0, total, 1.0)
        others = np.maximum(total - profiles / rounds.unit, 0.0) / total
        rationed = rounds.selling_out.any(axis=-1, keepdims=True) & (self.schedule.last_round >= last)
        with np.errstate(over="ignore", invalid="ignore"):  # where nothing is rationed, and the number is not used
            shared = others * (supply / total / rounds.unit + before)
        return np.where(rationed, shared, self.sensitivities)

    def excess_growth(self, bids: npt.ArrayLike) -> FloatArray:
        r"""Aggregate excess growth Ξ(a) = Σ_i(∂t_i/∂a_i − t_i) = v̄ Σ_i ∂q_i/∂a_i − Λ^N(0), shape (…); equation (7)."""
        return np.asarray(self.bound * self.slopes(bids).sum(axis=-1) - self.aggregate_multiplier)

    def _average_prices(self, rounds: Rounds) -> FloatArray:
        averages = np.zeros_like(rounds.per_bid)
        whole = np.nonzero(rounds.reached & ~rounds.selling_out & (rounds.active_bids > 0))
        start = rounds.residual_supply[whole]
        averages[whole] = self.prices.average_of_whole(whole[-1], start, np.maximum(start - rounds.sold[whole], 0.0))
        last = np.nonzero(rounds.selling_out)
        averages[last] = self.prices.average_of_last(last[-1], rounds.fraction[last], rounds.residual_supply[last])
        return averages

    def _per_bidder(self, per_bid: FloatArray, relative_bids: FloatArray) -> FloatArray:
        """Each bidder's own bid times what the rounds in which it was active gave per unit of it."""
        cumulated = np.concatenate([np.zeros((*per_bid.shape[:-1], 1)), np.cumsum(per_bid, axis=-1)], axis=-1)
        return np.asarray(relative_bids * cumulated[..., self.schedule.last_round + 1])


def certain_guarantee(sensitivities: FloatArray, means: FloatArray, bound: float) -> float:
    r"""Theorem 1's guarantee less a bound on its numerical error, in the better of two forms.

    Σ_i η_i v̂_i − v̄ E[(η·s − 1)⁺] keeps its digits for small means, v̄ − v̄ E[(1 − η·s)⁺] − Σ_i η_i (v̄ − v̂_i) for means
    near the bound.
    """
    included = np.sort(sensitivities[sensitivities > 0])[::-1]
    sums, doubt = (included.size + 6) * 2.0**-53, relative_doubt(included)
    worth, excess = float(sensitivities @ means), bound * expected_excess(included)
    missed, short = float(sensitivities @ (bound - means)), bound * expected_shortfall(included)
    return max(
        worth - excess - excess * doubt - sums * (worth + excess),
        bound - short - missed - short * doubt - sums * (bound + short + missed),
    )
