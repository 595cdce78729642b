"""The common value model, solved: the best guarantee, an auction that has it, the information that holds it down."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from robustmech.continuum.common_value import erlang
from robustmech.continuum.common_value.auctions import NothingSold, OrderAveragedAuction, ProportionalAuction
from robustmech.continuum.common_value.doubt import GrowthDoubt
from robustmech.continuum.common_value.grading import GradedInterval, Supply
from robustmech.continuum.common_value.growth import Growth
from robustmech.continuum.common_value.hull import graded_intervals
from robustmech.continuum.common_value.information import MinmaxInformation
from robustmech.continuum.common_value.limits import ManyBidders
from robustmech.continuum.common_value.panels import quadrature_doubt, sum_doubt
from robustmech.continuum.common_value.revealed import RevealedValue
from robustmech.continuum.common_value.value_law import ValueLaw
from robustmech.continuum.rules import AuctionRule, rounded_down
from robustmech.errors import InputError
from robustmech.model import FloatArray
from robustmech.model.rational import Numbers, rational

_MOST_BIDDERS = 100_000
_NO_SURPLUS = 1e-15
_FAR = 1e300


@dataclass(frozen=True, init=False)
class CommonValue:
    """One good, one value for all bidders, its law known to the seller, and nothing known about information.

    Attributes:
        law: the law of the value.
        bidders: N, at least one.
        cost: of producing the good, c, in units of the value.
        must_sell: whether the good must be allocated whatever the bids.
    Source: Brooks & Du (2018), "Optimal auction design with common values".
    """

    law: ValueLaw
    bidders: int
    cost: float
    must_sell: bool

    def __init__(
        self, values: Numbers, probabilities: Numbers, bidders: int, cost: object = 0.0, must_sell: bool = False
    ) -> None:
        """Finitely many values with their probabilities; `from_law` takes any other bounded law.

        Raises:
            InputError: for negative or non-finite numbers, probabilities that do not sum to one, no bidder.
        """
        self._set(ValueLaw.from_atoms(values, probabilities), bidders, cost, must_sell)

    @classmethod
    def from_law(cls, law: ValueLaw, bidders: int, cost: object = 0.0, must_sell: bool = False) -> "CommonValue":
        """The model for any bounded law of the value.

        Raises:
            InputError: for a number of bidders or a cost that cannot be used.
        """
        model = cls.__new__(cls)
        model._set(law, bidders, cost, must_sell)
        return model

    def _set(self, law: ValueLaw, bidders: int, cost: object, must_sell: bool) -> None:
        if not isinstance(law, ValueLaw):
            raise InputError(f"law is a {type(law).__name__}: build it with ValueLaw, for instance ValueLaw.from_scipy")
        if isinstance(bidders, bool) or not isinstance(bidders, int | np.integer):
            raise InputError(f"bidders is {bidders!r}: expected a whole number")
        if not 1 <= bidders <= _MOST_BIDDERS:
            raise InputError(f"bidders is {bidders}: there must be at least one, and at most {_MOST_BIDDERS}")
        exact_cost = float(rational(cost, "cost"))
        if exact_cost < 0:
            raise InputError(f"cost is {exact_cost:.17g}: it must be at least zero")
        for name, value in (("law", law), ("bidders", int(bidders)), ("cost", exact_cost), ("must_sell", must_sell)):
            object.__setattr__(self, name, value)

    @property
    def surplus(self) -> float:
        """Expected value less cost."""
        return self.law.mean - self.cost

    @property
    def has_surplus(self) -> bool:
        """Whether the expected value exceeds the cost; if not, a seller who can keep the good is guaranteed nothing."""
        return self.surplus > _NO_SURPLUS * max(self.law.mean, self.cost)

    @property
    def sells(self) -> bool:
        """Whether the auction ever sells."""
        return self.must_sell or self.has_surplus

    @property
    def statement(self) -> str:
        """What is guaranteed and under what assumption, in one line."""
        if not self.sells:
            return (
                f"the expected value {self.law.mean:.6g} is not above the cost {self.cost:.6g}: "
                "no auction guarantees more than zero, and selling nothing guarantees zero"
            )
        least = "at least" if not self.is_supremum else "with a small enough margin at least any number below"
        return (
            f"expected profit is {least} {rounded_down(self.guarantee)} whatever the {self.bidders} bidders know, "
            f"in every equilibrium, if the value has the stated law ({self.law.name})"
        )

    @property
    def is_supremum(self) -> bool:
        """Whether the guarantee is approached by auctions `with_margin`, but not attained by this model's own.

        So it is where nothing is rationed at low bids and the lowest value has positive probability: the price at low
        bids is that value, and bidders who know that it is the value do not mind to bid zero.
        """
        return self.sells and self._free_at_zero and self.law.lowest > 0 and self.law.atoms[:1] == (self.law.lowest,)

    def with_margin(self, margin: float) -> "CommonValue":
        """The model in which the lowest value, if it has positive probability, is less by a margin.

        Its auction leaves bidders who know that the value is the lowest a gain of the margin per unit, so that the
        number `with_margin(margin).guarantee_at(law)` holds in every equilibrium; it tends to the guarantee with the
        margin.

        Args:
            margin: above zero and at most the lowest value, in units of the value.
        Raises:
            InputError: for another margin, or a lowest value without positive probability.
        """
        lowest = self.law.lowest
        if self.law.atoms[:1] != (lowest,):
            raise InputError("the lowest value has no probability of its own: there is nothing to lower")
        if not 0 < margin <= lowest:
            raise InputError(f"margin is {margin}: it must be above zero and at most the lowest value {lowest:.6g}")
        law = replace(self.law, atoms=(lowest - margin, *self.law.atoms[1:]))
        return CommonValue.from_law(law, self.bidders, self.cost, self.must_sell)

    @cached_property
    def _revealed(self) -> RevealedValue:
        return RevealedValue(self.law, self.bidders)

    @cached_property
    def graded_intervals(self) -> tuple[GradedInterval, ...]:
        """All graded intervals, from left to right; none where the good must be sold."""
        if self.must_sell:
            return ()
        if not self.has_surplus:
            return (GradedInterval(0.0, math.inf, 0.0, 0.0, self.bidders),)
        return graded_intervals(self._revealed, self.cost)

    @cached_property
    def _supply(self) -> Supply:
        return Supply(self.bidders, self.graded_intervals if self.sells else ())

    @property
    def cutoff(self) -> float:
        """The aggregate bid from which on the good is sold for sure, if it is rationed at low bids; else zero."""
        first = self.graded_intervals[:1]
        return first[0].end if first and first[0].start == 0 else 0.0

    @property
    def sensitivity(self) -> float:
        """The largest slope ∂q_i/∂m_i of the allocation: 1/cutoff, and infinite where the cutoff is zero."""
        return 1.0 / self.cutoff if self.cutoff else math.inf

    @cached_property
    def _growth(self) -> Growth:
        return Growth(self._revealed, self._supply, self.cost, self.law.lowest if self._free_at_zero else 0.0)

    @cached_property
    def _doubt(self) -> GrowthDoubt:
        return GrowthDoubt(self._growth)

    @property
    def _free_at_zero(self) -> bool:
        """Whether nothing is rationed at low bids, and bidders are charged the lowest value for each unit."""
        return self.cutoff == 0 and not (self.must_sell and self.bidders == 1)

    @cached_property
    def guarantee(self) -> float:
        """E[μ(x) ŵ(x) − c Q(x)], the expected smallest strategic virtual objective when E[Ξ] = 0, rounded down.

        With λ(v) = inf_x [v μ(x) − Ξ(x) − c Q(x)], attained where v = ŵ(x), this is E[λ(v)]: Lemma 5
        and Proposition 2. The potential of the minmax information (`potential`) is the same number,
        computed another way.
        """
        if not self.sells:
            return 0.0
        n, growth, panels = self.bidders, self._growth, self._growth.middle
        margin = growth.floor - self.cost

        def integrand(nodes: FloatArray) -> FloatArray:
            above = np.where(self._supply.graded(nodes)[0], 0.0, growth.above_floor_values(nodes))
            return np.asarray(above * _density_of_others(n, nodes), dtype=np.float64)

        parts = [float(panels.integrals(integrand(panels.nodes)).sum())]
        parts.append((self.law.highest - growth.floor) * erlang.mass(n - 1, growth.tail_start, math.inf))
        sold, size = 1.0, self.cost + growth.floor
        for interval in self.graded_intervals:
            share = erlang.mass(n, interval.start, interval.end)
            parts.append(interval.sensitivity * (interval.gain - margin * share))
            size += interval.sensitivity * (abs(interval.gain) + abs(margin) * share)
            sold -= share - interval.mean_supply
        size += abs(parts[0]) + abs(parts[1])
        doubt = float(quadrature_doubt(integrand, panels).sum()) + sum_doubt(size, panels.count)
        doubt += self._doubt.of_values_to_others
        return math.fsum(parts) + margin * sold - doubt

    @cached_property
    def potential(self) -> float:
        """Most that any mechanism can get at the minmax information: ∫ γ̄ g_{N−1}; equations (2) and (17).

        For one bidder the expected gain at a zero signal; and −c if the good must be sold, because
        that bidder gets it for nothing.
        """
        n = self.bidders
        if not self.sells:
            return 0.0
        if self.must_sell and n == 1:
            return -self.cost
        growth, panels = self._growth, self._growth.middle
        rationed, _ = self._supply.graded(panels.nodes)
        gains = np.where(rationed, 0.0, self._revealed.on(panels.nodes) - self.cost)
        total = float(panels.integrals(gains * _density_of_others(n, panels.nodes)).sum())
        total += (self.law.highest - self.cost) * erlang.mass(n - 1, growth.tail_start, math.inf)
        total += sum(interval.potential for interval in self.graded_intervals)
        if not growth.rationed_at_zero:
            total += (self.law.lowest - self.cost) * float(erlang.cumulative(n - 1, growth.base_end))
        return total

    def fully_revealing_value(self, totals: FloatArray | float) -> FloatArray:
        """ŵ(x): the value at the percentile of the aggregate signal."""
        return self._revealed(totals)

    def graded_value(self, totals: FloatArray | float) -> FloatArray:
        """w̄(x): the expected value given the aggregate signal, at the minmax information."""
        return self.information.interim_value(totals)

    def aggregate_allocation(self, totals: FloatArray | float) -> FloatArray:
        """Q(x): the probability that the good is sold, given the aggregate bid; equation (21)."""
        x = np.asarray(totals, dtype=np.float64)
        return self._supply.quantity(x) if self.sells else np.zeros_like(x)

    def total_allocation_sensitivity(self, totals: FloatArray | float) -> FloatArray:
        """μ(x) = Σ_i ∂q_i/∂m_i, a function of the aggregate bid; equation (25)."""
        x = np.asarray(totals, dtype=np.float64)
        return self._supply.sensitivity(x) if self.sells else np.zeros_like(x)

    def aggregate_excess_growth(self, totals: FloatArray | float) -> FloatArray:
        """Ξ(x) = Σ_i (∂t_i/∂m_i − t_i), a function of the aggregate bid; equation (23)."""
        x = np.asarray(totals, dtype=np.float64)
        return self._growth(x) if self.sells else np.zeros_like(x)

    def strategic_virtual_objective(self, values: FloatArray | float, totals: FloatArray | float) -> FloatArray:
        """V μ(x) − Ξ(x) − c Q(x): profit plus all local gains from bidding more, at a value and an aggregate bid."""
        if not self.sells:
            return np.zeros(np.broadcast_shapes(np.shape(values), np.shape(totals)))
        growth, x = self._growth, np.asarray(totals, dtype=np.float64)
        above = np.asarray(values, dtype=np.float64) - growth.floor
        with np.errstate(invalid="ignore"):
            gain = np.where(above == 0, 0.0, above * self._supply.sensitivity(x))
        return gain - growth.above_floor(x) + (growth.floor - self.cost) * self._supply.quantity(x)

    def value_multipliers(self, values: FloatArray | float) -> FloatArray:
        """λ(v) = inf_x [v μ(x) − Ξ(x) − c Q(x)], for every v ≥ 0; concave; equations (20) and (24).

        It is less by a bound on its numerical error, so that no guarantee made of it is overstated. Constant above the
        highest value; below the lowest linear where the good is rationed at zero bids, and −∞ otherwise.
        """
        v = np.asarray(values, dtype=np.float64)
        totals = np.minimum(self._revealed.total_of(v), _FAR)
        if self.cutoff == 0 and self.bidders > 1:
            totals = np.where(v < self.law.lowest, 0.0, totals)
        multipliers = self.strategic_virtual_objective(v, totals)
        if self.sells:
            multipliers = multipliers - self._doubt.of_objective(v - self._growth.floor, totals)
        if self.sells and self.cutoff == 0 and not self.must_sell and self.bidders == 1:
            multipliers = np.where(v < self.law.lowest, -np.inf, multipliers)
        return multipliers

    def guarantee_at(self, law: ValueLaw) -> float:
        """What this auction guarantees if the value has another law: the expectation of λ, rounded down; Proposition 7.

        −∞ if that law reaches below the lowest value assumed and nothing is rationed at zero bids.
        """
        if not self.sells:
            return 0.0
        pieces = self.law.quantiles
        ends = [self.cost + i.level * math.exp(x - i.end) for i in self.graded_intervals for x in (i.start, i.end)]
        if law.lowest < self.law.lowest and self.cutoff == 0 and not (self.must_sell and self.bidders == 1):
            return -math.inf
        breaks = [*pieces.start.tolist(), *pieces.end.tolist(), *ends]
        return law.expectation(self.value_multipliers, breaks) - law.expectation_doubt(self.value_multipliers, breaks)

    @cached_property
    def information(self) -> MinmaxInformation:
        """The minmax information: the same for every mechanism."""
        return MinmaxInformation(self._revealed, self._supply, self.cost, informative=self.sells)

    def auction(self, transfers: Literal["proportional", "orders", "rotations"] = "proportional") -> AuctionRule:
        """An auction with the best guarantee, for bids in [0, ∞).

        Args:
            transfers: "proportional" for payments in proportion to bids, with an aggregate transfer that
                depends on the aggregate bid; "orders" for payments averaged over all orders of the bidders,
                equation (22), up to 100 bidders; "rotations" for payments averaged over the N rotations
                of the listed order only, which depend on the list.
        Raises:
            InputError: for other transfers, or all orders of more than 100 bidders.
        """
        if transfers not in ("proportional", "orders", "rotations"):
            raise InputError(f"transfers is {transfers!r}: expected 'proportional', 'orders' or 'rotations'")
        if not self.sells:
            return NothingSold(self.bidders)
        if transfers == "proportional":
            return ProportionalAuction(self._growth, self.must_sell)
        return OrderAveragedAuction(self._growth, self.must_sell, all_orders=transfers == "orders")

    def many_bidders(self) -> ManyBidders:
        """The limits as the number of bidders grows."""
        return ManyBidders(self.law, self.cost, self.must_sell)


def _density_of_others(bidders: int, totals: FloatArray) -> FloatArray:
    """g_{N−1}; nowhere for one bidder, whose others have the sum zero."""
    return erlang.density(bidders - 1, totals) if bidders > 1 else np.zeros_like(totals)
