"""Auction files: everything that is needed to clear real bids, with a digest that shows whether it was changed."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from robustmech.auctions.rounding import Rounding
from robustmech.auctions.terms import Terms
from robustmech.continuum import AuctionRule

SCHEMA = "robustmech/auction"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What another way of selling guarantees, under the same assumptions.

    Args:
        format: the way of selling.
        guarantee: its guaranteed revenue net of cost for one lot, or None where there is none to state.
        remark: how the number comes about, or why there is none.
    """

    format: str
    guarantee: float | None
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """Numbers that the rules refer to.

    Args:
        name: what they are.
        numbers: the numbers, in the order that the name gives.
    """

    name: str
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a bid brings and costs against given others.

    Args:
        bidder: who bids.
        bid: its points.
        others: the points of each other bidder.
        lots: the lots in its share, before they are made whole.
        price_per_lot: in the currency, zero where it gets nothing; None where payments are for bids.
        payment: where payments are for bids, in the currency for all lots; else None.
    """

    bidder: str
    bid: float
    others: float
    lots: float
    price_per_lot: float | None = None
    payment: float | None = None

    @property
    def content(self) -> dict[str, Any]:
        """The example as it stands in an auction file."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class AuctionFile:
    """An auction that can be run.

    Args:
        title: what is sold.
        terms: what the rules follow, with its exact parameters: a closed form, or a mechanism that was solved for.
        bidders: the bidders' names, in order.
        lots: the number of indivisible lots that the supply is divided into.
        currency: what values and payments are counted in.
        minor_digits: decimals of the currency's smallest coin.
        rounding: how shares become whole lots.
        seed: words of the seller's choice that enter the digest, and with it the lottery's draw.
        guarantee: guaranteed expected revenue net of cost for one lot.
        guarantee_of: what has that guarantee, in words; None in a file from before it was said.
        assumptions: what is guaranteed and what that rests on, in words.
        bid: what a bid is, in words.
        rules: the rules in words and formulas, a line each.
        constants: the numbers in those formulas.
        comparisons: what other ways of selling guarantee.
        examples: what some bids bring and cost.
    """

    title: str
    terms: Terms
    bidders: tuple[str, ...]
    lots: int
    currency: str
    minor_digits: int
    rounding: Rounding
    seed: str
    guarantee: float
    guarantee_of: str | None
    assumptions: str
    bid: str
    rules: tuple[str, ...]
    constants: tuple[Constants, ...]
    comparisons: tuple[Comparison, ...]
    examples: tuple[Example, ...]

    @property
    def content(self) -> dict[str, Any]:
        """The file's content but for the digest."""
        said = {} if self.guarantee_of is None else {"guarantee_of": self.guarantee_of}
        return {
            "schema": SCHEMA,
            "version": FORMAT_VERSION,
            "title": self.title,
            "terms": self.terms.content,
            "bidders": list(self.bidders),
            "lots": self.lots,
            "currency": self.currency,
            "minor_digits": self.minor_digits,
            "rounding": self.rounding,
            "seed": self.seed,
            "guarantee": self.guarantee,
            **said,
            "assumptions": self.assumptions,
            "bid": self.bid,
            "rules": list(self.rules),
            "constants": [{"name": c.name, "numbers": list(c.numbers)} for c in self.constants],
            "comparisons": [asdict(c) for c in self.comparisons],
            "examples": [e.content for e in self.examples],
        }

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the content, canonically written."""
        return digest_of(self.content)

    @cached_property
    def rule(self) -> AuctionRule:
        """Shares of the supply, and payments for one lot of supply in the currency, vectorised over bid profiles."""
        return self.terms.rule()


def digest_of(content: object) -> str:
    """The SHA-256 of a JSON object written with sorted keys and no spaces.

    Raises:
        ValueError: for a number that is not finite, or text that is not Unicode.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
