"""The terms of a solved auction as they stand in a file."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from robustmech.auctions.sale import Sale
from robustmech.auctions.solved_terms import AuctionMesh, SolvedTerms
from robustmech.elements import Boxes, CrossedTriangles, Shares, Spacing, Triangles
from robustmech.errors import InputError
from robustmech.problems.reading import shown

_EXACT = re.compile(r"-?[0-9]{1,2000}(/[1-9][0-9]{0,1999})?")
_MOST_NUMBERS = 10**7
_LARGEST = 10**60
_Place = Annotated[int, Field(ge=0, le=_MOST_NUMBERS)]


class Strict(BaseModel):
    """A table of an auction file, in which nothing is unknown or converted."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Beliefs(Strict):
    row: list[_Place]
    state: list[_Place]
    entry: list[str]
    lower: list[str | None]
    upper: list[str | None]
    penalties: list[str] | None


class _Sale(Strict):
    values: list[list[str]] = Field(min_length=1)
    cost: str
    must_sell: bool
    caps: list[str] = Field(min_length=1)
    beliefs: _Beliefs

    def sale(self) -> Sale:
        """The sale, if there can be one."""
        known = self.beliefs
        return Sale(
            values=tuple(_exact(state, "terms.sale.values") for state in self.values),
            cost=_one(self.cost, "terms.sale.cost"),
            must_sell=self.must_sell,
            caps=_exact(self.caps, "terms.sale.caps"),
            row=tuple(known.row),
            state=tuple(known.state),
            entry=_exact(known.entry, "terms.sale.beliefs.entry"),
            lower=tuple(None if v is None else _one(v, "terms.sale.beliefs.lower") for v in known.lower),
            upper=tuple(None if v is None else _one(v, "terms.sale.beliefs.upper") for v in known.upper),
            penalties=None if known.penalties is None else _exact(known.penalties, "terms.sale.beliefs.penalties"),
        )


class _Mesh(Strict):
    kind: Literal["triangles", "crossed triangles", "boxes", "shares"]
    breakpoints: list[list[str]] = Field(min_length=1, max_length=1000)
    corner_rows: bool | None = None

    def mesh(self, bidders: int) -> AuctionMesh:
        """The mesh, if there can be one."""
        spacings = tuple(Spacing(breakpoints=_exact(own, "terms.mesh.breakpoints")) for own in self.breakpoints)
        expected = {"shares": 1, "boxes": bidders}.get(self.kind, 2)
        if len(spacings) != expected:
            raise InputError(f"terms.mesh.breakpoints: {len(spacings)} lists where {self.kind} need {expected}")
        if (self.corner_rows is not None) != (self.kind == "triangles"):
            raise InputError("terms.mesh.corner_rows: goes with triangles, and only with them")
        match self.kind:
            case "shares":
                return Shares(spacing=spacings[0], agents=bidders)
            case "boxes":
                return Boxes(spacings=spacings)
            case "triangles":
                return Triangles(spacings=(spacings[0], spacings[1]), corner_rows=bool(self.corner_rows))
        return CrossedTriangles(spacings=(spacings[0], spacings[1]))


class Solved(Strict):
    """The terms of a solved auction."""

    kind: Literal["solved"]
    sale: _Sale
    mesh: _Mesh
    decisions: list[int] = Field(max_length=_MOST_NUMBERS)
    growth: list[float] = Field(max_length=_MOST_NUMBERS)
    growth_shape: list[int] = Field(min_length=1, max_length=3)
    multipliers: list[str]
    limit: float | None
    increment: str | None

    def terms(self, bidders: int) -> SolvedTerms:
        """The terms, for so many bidders.

        Raises:
            InputError: for numbers that cannot be, or that do not fit together.
        """
        sale = self.sale.sale()
        if sale.bidders != bidders:
            raise InputError(f"terms.sale.values: {sale.bidders} values in a state for {bidders} bidders")
        sale.environment()
        if not all(abs(count) < 2**62 for count in self.decisions):
            raise InputError("terms.decisions: a share is below zero, or above what its bidder can take")
        return SolvedTerms(
            sale=sale,
            mesh=self.mesh.mesh(bidders),
            decisions=tuple(self.decisions),
            growth=tuple(self.growth),
            growth_shape=tuple(self.growth_shape),
            multipliers=_exact(self.multipliers, "terms.multipliers"),
            limit=self.limit,
            increment=None if self.increment is None else _one(self.increment, "terms.increment"),
        )


def _exact(texts: Sequence[str], what: str) -> tuple[Fraction, ...]:
    return tuple(_one(text, what) for text in texts)


def _one(text: str, what: str) -> Fraction:
    """A whole number or a fraction, of any reasonable length."""
    if _EXACT.fullmatch(text) is None:
        raise InputError(f"{what}: {shown(text)} is not a whole number or a fraction; design it again")
    number = Fraction(text)
    if abs(number) > _LARGEST:
        raise InputError(f"{what}: {shown(text)} is beyond 1e60 in size; design it again")
    return number
