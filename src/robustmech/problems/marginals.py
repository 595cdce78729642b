"""The law of each bidder's value that the keys values and probabilities state."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

from robustmech.errors import InputError
from robustmech.problems.binning import EmpiricalLaw
from robustmech.problems.likelihood import exact_law
from robustmech.problems.schema import AuctionTable, ReadNumber

_Entry = TypeVar("_Entry", Fraction, ReadNumber)


def stated_marginals(table: AuctionTable) -> list[EmpiricalLaw]:
    """One law per bidder, equally likely values where no probabilities are given.

    Raises:
        InputError: if lists and probabilities disagree in number, a value is listed twice, or probabilities
            do not sum to one.
    """
    assert table.values is not None
    values, weights, bidders = _by_bidder(table.values), table.probabilities, table.bidders
    lists = None if weights is None else _by_bidder(weights)
    if values is None:
        if lists is not None:
            raise InputError("auction.probabilities has a list per bidder, but values does not: give values likewise")
        shared = None if weights is None else _for_all(weights)
        law = _law(_for_all(table.values), shared, "auction.values", "auction.probabilities")
        return [law] * bidders
    if len(values) != bidders:
        raise InputError(f"auction.values has {len(values)} lists for {bidders} bidders: give one list per bidder")
    if weights is not None and lists is None:
        raise InputError("auction.values has a list per bidder, but probabilities does not: give them likewise")
    if lists is not None and len(lists) != bidders:
        raise InputError(
            f"auction.probabilities has {len(lists)} lists for {bidders} bidders: give one list per bidder"
        )
    return [
        _law(own, None if lists is None else lists[i], f"auction.values[{i}]", f"auction.probabilities[{i}]")
        for i, own in enumerate(values)
    ]


def _by_bidder(entries: list[_Entry] | list[list[_Entry]]) -> list[list[_Entry]] | None:
    """The lists, one per bidder; None if there is one list for all."""
    nested = [own for own in entries if isinstance(own, list)]
    return nested or None


def _for_all(entries: list[_Entry] | list[list[_Entry]]) -> list[_Entry]:
    return [entry for entry in entries if not isinstance(entry, list)]


def _law(
    values: Sequence[Fraction], weights: Sequence[ReadNumber] | None, values_place: str, weights_place: str
) -> EmpiricalLaw:
    seen: set[Fraction] = set()
    for number, value in enumerate(values):
        if value in seen:
            raise InputError(f"{values_place}[{number}] repeats the value {value}: list each value once")
        seen.add(value)
    if weights is None:
        return EmpiricalLaw(values=tuple(values), probabilities=(Fraction(1, len(values)),) * len(values))
    if len(weights) != len(values):
        raise InputError(f"{weights_place} has {len(weights)} entries for {len(values)} values: give one per value")
    return EmpiricalLaw(values=tuple(values), probabilities=tuple(exact_law(weights, weights_place)))
