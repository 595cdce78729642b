"""What an auction file can rest on: closed forms by their exact parameters, and what was solved for."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

from robustmech.auctions.solved_terms import SolvedTerms
from robustmech.continuum import AuctionRule, CommonValue, KnownMeans
from robustmech.errors import InputError

_KEPT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonValueTerms:
    """One value, the same for all bidders, with a known law.

    Args:
        values: the values one lot can have, exact.
        probabilities: their probabilities, exact, summing to one.
        bidders: the number of bidders.
        cost: the cost of one lot to the seller.
        must_sell: whether everything must be sold.
        margin: by how much the auction takes the lowest value to be less than it is, where the closed form's guarantee
            is a supremum; see `CommonValue.with_margin`.
    Raises:
        InputError: for a negative value, probability or cost, probabilities that do not sum to one, or a margin that
            is not needed or above the lowest value.
    """

    values: tuple[Fraction, ...]
    probabilities: tuple[Fraction, ...]
    bidders: int
    cost: Fraction
    must_sell: bool
    margin: Fraction = Fraction(0)
    pays_per_lot: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.values or len(self.values) != len(self.probabilities):
            raise InputError(f"{len(self.values)} values with {len(self.probabilities)} probabilities: give one each")
        for place, (value, probability) in enumerate(zip(self.values, self.probabilities, strict=True), start=1):
            if value < 0 or probability < 0:
                what, number = ("value", value) if value < 0 else ("probability", probability)
                raise InputError(f"{what} {place} is {float(number):.6g}: it must be at least zero")
        if sum(self.probabilities) != 1:
            raise InputError(f"the probabilities sum to {float(sum(self.probabilities)):.17g}: they must sum to one")
        if self.cost < 0:
            raise InputError(f"the cost is {float(self.cost):.6g}: it must be at least zero")
        if self.margin and not (self.model().is_supremum and 0 < self.margin <= self.lowest):
            raise InputError(f"the margin is {float(self.margin):.6g}: none, or none so large, is needed here")

    @property
    def lowest(self) -> Fraction:
        """The lowest value that has positive probability."""
        return min(value for value, mass in zip(self.values, self.probabilities, strict=True) if mass)

    @property
    def content(self) -> dict[str, Any]:
        """The terms as they stand in an auction file."""
        return {
            "kind": "common value",
            "values": [str(v) for v in self.values],
            "probabilities": [str(p) for p in self.probabilities],
            "cost": str(self.cost),
            "must_sell": self.must_sell,
            **({"margin": str(self.margin)} if self.margin else {}),
        }

    def model(self) -> CommonValue:
        """The closed form, in the currency; solved once for equal terms."""
        return _common_value(self.values, self.probabilities, self.bidders, self.cost, self.must_sell)

    def auction_model(self) -> CommonValue:
        """The closed form whose auction this is: with the margin, if there is one."""
        return _with_margin(self) if self.margin else self.model()

    @property
    def guarantee(self) -> float:
        """What the auction guarantees at the stated law, per lot, net of cost."""
        model = self.model()
        return self.auction_model().guarantee_at(model.law) if self.margin else float(model.guarantee)

    def rule(self) -> AuctionRule:
        """The auction: allocation and transfers in proportion to bids; built once for equal terms."""
        return _rule(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMeansTerms:
    """Known expected values and a bound on values.

    Args:
        means: each bidder's expected value of one lot, exact.
        bound: the highest value one lot can have.
    Raises:
        InputError: for a bound that is not positive, or a mean that is not above zero and below the bound.
    """

    means: tuple[Fraction, ...]
    bound: Fraction
    must_sell: ClassVar[bool] = False
    pays_per_lot: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.bound <= 0:
            raise InputError(f"the bound is {float(self.bound):.6g}: it must be above zero")
        for bidder, mean in enumerate(self.means, start=1):
            if not 0 < mean <= self.bound:
                raise InputError(
                    f"the mean of bidder {bidder} is {float(mean):.6g}: a mean must be above 0 and at most the bound "
                    f"{float(self.bound):.6g}"
                )
            if mean == self.bound:
                raise InputError(
                    f"the mean of bidder {bidder} is the bound {float(self.bound):.6g}, so that its value is known: "
                    "no auction is needed, offer it everything at that price"
                )

    @property
    def bidders(self) -> int:
        """The number of bidders."""
        return len(self.means)

    @property
    def content(self) -> dict[str, Any]:
        """The terms as they stand in an auction file."""
        return {"kind": "known means", "means": [str(m) for m in self.means], "bound": str(self.bound)}

    def model(self) -> KnownMeans:
        """The closed form; solved once for equal terms."""
        return _known_means(self)

    def auction_model(self) -> KnownMeans:
        """The closed form whose auction this is."""
        return self.model()

    @property
    def guarantee(self) -> float:
        """What the auction guarantees, per lot."""
        return float(self.model().guarantee)

    def rule(self) -> AuctionRule:
        """The compound proportional auction at the optimal sensitivities; built once for equal terms."""
        return _rule(self)


ClosedForm = CommonValueTerms | KnownMeansTerms
Terms = ClosedForm | SolvedTerms


@lru_cache(maxsize=_KEPT)
def _common_value(
    values: tuple[Fraction, ...], probabilities: tuple[Fraction, ...], bidders: int, cost: Fraction, must_sell: bool
) -> CommonValue:
    return CommonValue([float(v) for v in values], probabilities, bidders, cost=float(cost), must_sell=must_sell)


@lru_cache(maxsize=_KEPT)
def _with_margin(terms: CommonValueTerms) -> CommonValue:
    return terms.model().with_margin(float(terms.margin))


@lru_cache(maxsize=_KEPT)
def _known_means(terms: KnownMeansTerms) -> KnownMeans:
    return KnownMeans([float(m) for m in terms.means], bound=float(terms.bound))


@lru_cache(maxsize=_KEPT)
def _rule(terms: ClosedForm) -> AuctionRule:
    return terms.auction_model().auction()
