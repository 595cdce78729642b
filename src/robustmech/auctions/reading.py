"""Reading auction files: nothing is taken from a file that was changed after it was written."""

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from robustmech.auctions.auction_file import (
    FORMAT_VERSION,
    SCHEMA,
    AuctionFile,
    Comparison,
    Constants,
    Example,
    digest_of,
)
from robustmech.auctions.particulars import require_particulars
from robustmech.auctions.rounding import Rounding
from robustmech.auctions.solved_reading import Solved, Strict
from robustmech.auctions.terms import CommonValueTerms, KnownMeansTerms, Terms
from robustmech.errors import InputError
from robustmech.model import rational
from robustmech.problems.reading import one_line, read_text, shown

_SAME = 1e-9
"""Guarantees within this part of each other are the same: a closed form's last digits depend on the machine."""


class _Comparison(Strict):
    format: str
    guarantee: float | None
    remark: str


class _Constants(Strict):
    name: str
    numbers: list[float]


class _Example(Strict):
    bidder: str
    bid: float
    others: float
    lots: float
    price_per_lot: float | None = None
    payment: float | None = None


class _CommonValue(Strict):
    kind: Literal["common value"]
    values: list[str] = Field(min_length=1)
    probabilities: list[str] = Field(min_length=1)
    cost: str
    must_sell: bool
    margin: str = "0"


class _KnownMeans(Strict):
    kind: Literal["known means"]
    means: list[str] = Field(min_length=1)
    bound: str


class _File(Strict):
    schema_: Literal["robustmech/auction"] = Field(alias="schema")
    version: int
    title: str
    terms: _CommonValue | _KnownMeans | Solved = Field(discriminator="kind")
    bidders: list[str] = Field(min_length=1, max_length=1000)
    lots: int = Field(ge=1, le=10**12)
    currency: str
    minor_digits: int = Field(ge=0, le=6)
    rounding: Rounding
    seed: str
    guarantee: float
    guarantee_of: str | None = None
    assumptions: str
    bid: str
    rules: list[str]
    constants: list[_Constants]
    comparisons: list[_Comparison]
    examples: list[_Example]
    digest: str


def read_auction(path: Path | str) -> AuctionFile:
    """Read an auction file; check that its digest matches its content, and its guarantee its terms.

    Raises:
        InputError: one line that names the file, what is wrong, and the mend.
    """
    try:
        return _read_auction(Path(path))
    except InputError as error:
        raise InputError(f"{one_line(str(path))}: {error}") from None


def _read_auction(path: Path) -> AuctionFile:
    raw = _parsed(read_text(path))
    if isinstance(raw, dict) and raw.get("schema") == SCHEMA and raw.get("version") != FORMAT_VERSION:
        raise InputError(f"has format version {shown(raw.get('version'))}; this software reads {FORMAT_VERSION}")
    try:
        found = _File.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = one_line(".".join(map(str, first["loc"])))[:60]
        message = "a table is expected" if first["type"] == "model_type" else one_line(first["msg"])
        raise InputError(f"{place or 'content'}: {message}; write it with robustmech design") from None
    auction = _auction(found)
    content = {key: value for key, value in raw.items() if key != "digest"}
    try:
        matches = found.digest == digest_of(content)
    except ValueError:  # lone surrogates, which no text that was written can hold
        matches = False
    if not matches or content != auction.content:
        raise InputError("the digest does not match the content: the file was changed; design it again")
    _require_as_designed(auction)
    return auction


def _require_as_designed(auction: AuctionFile) -> None:
    """Refuse what no design writes: anyone can compute a digest.

    The numbers that are promised are computed again. Sentences are not compared, they may change between versions.
    """
    terms = auction.terms
    require_particulars(
        names=auction.bidders,
        bidders=terms.bidders,
        title=auction.title,
        currency=auction.currency,
        lots=auction.lots,
        minor_digits=auction.minor_digits,
        rounding=auction.rounding,
        seed=auction.seed,
    )
    if isinstance(terms, CommonValueTerms) and not terms.margin and terms.model().is_supremum:
        raise InputError("terms.margin: without one the guarantee is approached but not attained; design it again")
    if not math.isclose(auction.guarantee, terms.guarantee, rel_tol=_SAME):
        raise InputError(
            f"the guarantee is {auction.guarantee:.10g}, and that of its terms {terms.guarantee:.10g}: the file was "
            "changed; design it again"
        )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("is not JSON; give a file that robustmech design wrote") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InputError("a key stands twice in a table: the file was changed; design it again")
    return found


def _auction(found: _File) -> AuctionFile:
    return AuctionFile(
        title=found.title,
        terms=_terms(found.terms, len(found.bidders)),
        bidders=tuple(found.bidders),
        lots=found.lots,
        currency=found.currency,
        minor_digits=found.minor_digits,
        rounding=found.rounding,
        seed=found.seed,
        guarantee=found.guarantee,
        guarantee_of=found.guarantee_of,
        assumptions=found.assumptions,
        bid=found.bid,
        rules=tuple(found.rules),
        constants=tuple(Constants(name=c.name, numbers=tuple(c.numbers)) for c in found.constants),
        comparisons=tuple(Comparison(**c.model_dump()) for c in found.comparisons),
        examples=tuple(Example(**e.model_dump()) for e in found.examples),
    )


def _terms(found: _CommonValue | _KnownMeans | Solved, bidders: int) -> Terms:
    if isinstance(found, Solved):
        return found.terms(bidders)

    def exact(numbers: list[str], what: str) -> tuple[Fraction, ...]:
        return tuple(rational(number, f"terms.{what}") for number in numbers)

    if isinstance(found, _KnownMeans):
        if len(found.means) != bidders:
            raise InputError(f"terms.means: {len(found.means)} means for {bidders} bidders")
        return KnownMeansTerms(means=exact(found.means, "means"), bound=exact([found.bound], "bound")[0])
    return CommonValueTerms(
        values=exact(found.values, "values"),
        probabilities=exact(found.probabilities, "probabilities"),
        bidders=bidders,
        cost=exact([found.cost], "cost")[0],
        must_sell=found.must_sell,
        margin=exact([found.margin], "margin")[0],
    )
