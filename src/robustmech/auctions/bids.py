"""Sealed bids from a CSV file: one row per bidder, nothing guessed at, nothing left out."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from robustmech.errors import InputError
from robustmech.model import FloatArray
from robustmech.problems.reading import one_line, read_text, shown
from robustmech.problems.records import split_records

LARGEST_BID = 10**12
_MOST_DECIMALS = 30
_BID = re.compile(r"(?P<whole>[0-9]*+)(\.(?P<part>[0-9]*+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBids:
    """One bid from every bidder, in the auction's order.

    Args:
        bidders: the bidders' names.
        amounts: the bids, exact, in points.
        absent: those who did not bid, which counts as a bid of 0.
    """

    bidders: tuple[str, ...]
    amounts: tuple[Fraction, ...]
    absent: frozenset[str] = frozenset()

    @property
    def profile(self) -> FloatArray:
        """The bids rounded to doubles, shape (bidders,)."""
        return np.array([float(amount) for amount in self.amounts])

    @property
    def content(self) -> dict[str, str]:
        """Bids by bidder, for a digest."""
        return {name: str(amount) for name, amount in zip(self.bidders, self.amounts, strict=True)}


def read_bids(path: Path | str, bidders: tuple[str, ...], *, absent: Collection[str] = ()) -> SealedBids:
    """Read bids from a CSV file with the columns bidder and bid.

    A bid is a plain number of points, at least zero and at most 10^12; a bidder who stays out bids 0.

    Args:
        path: the file.
        bidders: the names of the auction's bidders, in order.
        absent: bidders who need not be in the file; without a row they bid 0.

    Raises:
        InputError: one line that names the file and row, for a bid that is negative, missing, or not a number, a
            bidder who is unknown, listed twice, or left out, or a file that cannot be read.
    """
    try:
        return _read_bids(Path(path), bidders, absent)
    except InputError as error:
        raise InputError(f"{one_line(str(path))}: {error}") from None


def _read_bids(path: Path, bidders: tuple[str, ...], absent: Collection[str]) -> SealedBids:
    records = list(split_records(read_text(path)))
    header = [field.strip().lower() for field in records[0]] if records else []
    if sorted(header) != ["bid", "bidder"]:
        raise InputError("the first line must name the two columns bidder and bid")
    name_place, bid_place = header.index("bidder"), header.index("bid")
    found: dict[str, Fraction] = {}
    for row, record in enumerate(records[1:], start=2):
        if not any(field.strip() for field in record):
            continue
        if len(record) != 2:
            raise InputError(f"row {row} has {len(record)} fields: give a bidder and a bid")
        name = record[name_place].strip()
        if name not in bidders:
            raise InputError(f"row {row}: {shown(name)} is not a bidder of this auction")
        if name in found:
            raise InputError(f"row {row}: {shown(name)} bids twice")
        found[name] = parse_bid(record[bid_place], f"row {row}: the bid of {shown(name)}")
    missing = frozenset(bidders) - frozenset(found)
    for name in bidders:
        if name in missing and name not in absent:
            raise InputError(f"there is no bid from {shown(name)}: add a row, with bid 0 to stay out")
    amounts = tuple(found.get(name, Fraction(0)) for name in bidders)
    return SealedBids(bidders=bidders, amounts=amounts, absent=missing)


def parse_bid(text: str, what: str) -> Fraction:
    """Read one bid exactly.

    Raises:
        InputError: if it is not a plain number between 0 and 10^12, with at most 30 decimals.
    """
    plain = text.strip()
    if not plain:
        raise InputError(f"{what} is missing: write 0 to stay out")
    if plain.startswith(("-", "−")):
        raise InputError(f"{what} is negative: bids must be at least zero")
    found = _BID.fullmatch(plain)
    if found is None or plain == ".":
        raise InputError(f"{what} is {shown(plain)}: write a plain number such as 0.75")
    whole, part = found["whole"].lstrip("0"), (found["part"] or "").rstrip("0")
    if len(part) > _MOST_DECIMALS:
        raise InputError(f"{what} is {shown(plain)}: write at most {_MOST_DECIMALS} decimals")
    if len(whole) > len(str(LARGEST_BID)) or (amount := Fraction(f"0{whole}.{part}0")) > LARGEST_BID:
        raise InputError(f"{what} is {shown(plain)}: bids must be at most {LARGEST_BID:,}")
    return amount
