"""The closed forms an auction file can rest on, by their exact parameters."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from robustmech.continuum import AuctionRule, CommonValue, KnownMeans


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonValueTerms:
    """One value, the same for all bidders, with a known law.

    Args:
        values: the values one lot can have, exact.
        probabilities: their probabilities, exact, summing to one.
        bidders: the number of bidders.
        cost: the cost of one lot to the seller.
        must_sell: whether everything must be sold.
    """

    values: tuple[Fraction, ...]
    probabilities: tuple[Fraction, ...]
    bidders: int
    cost: Fraction
    must_sell: bool

    @property
    def content(self) -> dict[str, Any]:
        """The terms as they stand in an auction file."""
        return {
            "kind": "common value",
            "values": [str(v) for v in self.values],
            "probabilities": [str(p) for p in self.probabilities],
            "cost": str(self.cost),
            "must_sell": self.must_sell,
        }

    def model(self) -> CommonValue:
        """The closed form, in units of the highest value."""
        return CommonValue(
            [float(v) for v in self.values],
            self.probabilities,
            self.bidders,
            cost=float(self.cost),
            must_sell=self.must_sell,
        )

    def rule(self) -> AuctionRule:
        """The auction: allocation and transfers in proportion to bids."""
        return self.model().auction()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMeansTerms:
    """Known expected values and a bound on values.

    Args:
        means: each bidder's expected value of one lot, exact.
        bound: the highest value one lot can have.
    """

    means: tuple[Fraction, ...]
    bound: Fraction

    @property
    def bidders(self) -> int:
        """The number of bidders."""
        return len(self.means)

    @property
    def content(self) -> dict[str, Any]:
        """The terms as they stand in an auction file."""
        return {"kind": "known means", "means": [str(m) for m in self.means], "bound": str(self.bound)}

    def model(self) -> KnownMeans:
        """The closed form."""
        return KnownMeans([float(m) for m in self.means], bound=float(self.bound))

    def rule(self) -> AuctionRule:
        """The compound proportional auction at the optimal sensitivities."""
        return self.model().auction()


Terms = CommonValueTerms | KnownMeansTerms
