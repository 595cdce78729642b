"""Auction files: everything that is needed to clear real bids, in one JSON file that proves it was not changed."""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from robustmech.auctions.terms import CommonValueTerms, KnownMeansTerms, Terms
from robustmech.errors import InputError
from robustmech.model import rational

SCHEMA = "robustmech/auction"
FORMAT_VERSION = 1
_LARGEST_FILE = 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What another way of selling guarantees, under the same assumptions.

    Args:
        format: the way of selling.
        guarantee: its guaranteed revenue net of cost for one lot, or None where it is not known in closed form.
        remark: how the number comes about.
    """

    format: str
    guarantee: float | None
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionFile:
    """An auction that can be run.

    Args:
        title: what is sold.
        terms: the closed form that the rules follow, with its exact parameters.
        bidders: the bidders' names, in order.
        lots: the number of indivisible lots that the supply is divided into.
        currency: what values and payments are counted in.
        minor_digits: decimals of the currency's smallest coin.
        guarantee: guaranteed expected revenue net of cost for one lot.
        assumptions: what the guarantee rests on, in words.
        rules: the rules in words and formulas, a line each.
        comparisons: what other ways of selling guarantee.
    """

    title: str
    terms: Terms
    bidders: tuple[str, ...]
    lots: int
    currency: str
    minor_digits: int
    guarantee: float
    assumptions: str
    rules: tuple[str, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def content(self) -> dict[str, Any]:
        """The file's content but for the digest."""
        return {
            "schema": SCHEMA,
            "version": FORMAT_VERSION,
            "title": self.title,
            "terms": self.terms.content,
            "bidders": list(self.bidders),
            "lots": self.lots,
            "currency": self.currency,
            "minor_digits": self.minor_digits,
            "guarantee": self.guarantee,
            "assumptions": self.assumptions,
            "rules": list(self.rules),
            "comparisons": [
                {"format": c.format, "guarantee": c.guarantee, "remark": c.remark} for c in self.comparisons
            ],
        }

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, canonically written."""
        return digest_of(self.content)


def digest_of(content: object) -> str:
    """The SHA-256 of a JSON object written with sorted keys and no spaces."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_auction(path: Path, auction: AuctionFile) -> None:
    """Write an auction file whole or not at all, replacing an auction file of the same name but nothing else.

    Raises:
        InputError: if the place cannot be written to, or holds something else.
    """
    require_replaceable(path)
    text = json.dumps({**auction.content, "digest": auction.digest}, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, (text + "\n").encode())


def require_replaceable(path: Path) -> None:
    """Refuse a path that holds anything but an auction file."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        if not (isinstance(found, dict) and found.get("schema") == SCHEMA):
            raise InputError(f"{path}: exists and is not an auction file; choose another name")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it appears whole or not at all.

    Raises:
        InputError: if it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: could not be written ({error.strerror or error})") from None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Comparison(_Strict):
    format: str
    guarantee: float | None
    remark: str


class _CommonValue(_Strict):
    kind: Literal["common value"]
    values: list[str] = Field(min_length=1)
    probabilities: list[str] = Field(min_length=1)
    cost: str
    must_sell: bool


class _KnownMeans(_Strict):
    kind: Literal["known means"]
    means: list[str] = Field(min_length=1)
    bound: str


class _File(_Strict):
    schema_: Literal["robustmech/auction"] = Field(alias="schema")
    version: int
    title: str
    terms: _CommonValue | _KnownMeans = Field(discriminator="kind")
    bidders: list[str] = Field(min_length=1, max_length=1000)
    lots: int = Field(ge=1, le=10**12)
    currency: str
    minor_digits: int = Field(ge=0, le=6)
    guarantee: float
    assumptions: str
    rules: list[str]
    comparisons: list[_Comparison]
    digest: str


def read_auction(path: Path) -> AuctionFile:
    """Read an auction file and check that its digest matches its content.

    Raises:
        InputError: one line that names the file, what is wrong, and the mend.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"{path}: is larger than an auction file can be")
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is not JSON; give a file that robustmech design wrote") from None
    if isinstance(raw, dict) and raw.get("schema") == SCHEMA and raw.get("version") != FORMAT_VERSION:
        raise InputError(f"{path}: has format version {raw.get('version')}; this software reads {FORMAT_VERSION}")
    try:
        found = _File.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {place or 'content'}: {first['msg']}; write it with robustmech design") from None
    auction = _auction(path, found)
    content = {key: value for key, value in raw.items() if key != "digest"}
    if found.digest != digest_of(content) or content != auction.content:
        raise InputError(f"{path}: the digest does not match the content: the file was changed; design it again")
    return auction


def _auction(path: Path, found: _File) -> AuctionFile:
    if len(set(found.bidders)) != len(found.bidders):
        raise InputError(f"{path}: bidders: a name is listed twice")
    return AuctionFile(
        title=found.title,
        terms=_terms(path, found.terms, len(found.bidders)),
        bidders=tuple(found.bidders),
        lots=found.lots,
        currency=found.currency,
        minor_digits=found.minor_digits,
        guarantee=found.guarantee,
        assumptions=found.assumptions,
        rules=tuple(found.rules),
        comparisons=tuple(
            Comparison(format=c.format, guarantee=c.guarantee, remark=c.remark) for c in found.comparisons
        ),
    )


def _terms(path: Path, found: _CommonValue | _KnownMeans, bidders: int) -> Terms:
    def exact(numbers: list[str], what: str) -> tuple[Fraction, ...]:
        try:
            return tuple(rational(number, f"terms.{what}") for number in numbers)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    if isinstance(found, _KnownMeans):
        if len(found.means) != bidders:
            raise InputError(f"{path}: terms.means: {len(found.means)} means for {bidders} bidders")
        return KnownMeansTerms(means=exact(found.means, "means"), bound=exact([found.bound], "bound")[0])
    return CommonValueTerms(
        values=exact(found.values, "values"),
        probabilities=exact(found.probabilities, "probabilities"),
        bidders=bidders,
        cost=exact([found.cost], "cost")[0],
        must_sell=found.must_sell,
    )
