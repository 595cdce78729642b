"""Environments from the table [auction]."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Literal

from robustmech.errors import InputError
from robustmech.model import Beliefs, Environment, auction, product_states
from robustmech.problems.binning import EmpiricalLaw
from robustmech.problems.history import DataReport, read_values
from robustmech.problems.likelihood import check_size, state_beliefs
from robustmech.problems.marginals import stated_marginals
from robustmech.problems.schema import AuctionTable, DataTable
from robustmech.problems.states import state_values

Source = Literal["values", "state", "data", "means"]

_ALLOWED: dict[Source, tuple[str, ...]] = {
    "values": ("probabilities", "dependence"),
    "data": ("dependence",),
    "state": ("means",),
    "means": ("means", "bound"),
}
_SPECIFIC = ("probabilities", "dependence", "means", "bound")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Knowledge:
    """States and what is known about them; ``values`` is (states, bidders) or (states, bidders, goods)."""

    values: Any
    beliefs: Beliefs


def auction_environment(table: AuctionTable, folder: Path) -> tuple[Environment, DataReport | None]:
    """The auction that the table describes, and what was done with its data file if it has one.

    Args:
        table: the checked table.
        folder: where the problem file lies; the data file is relative to it.
    Raises:
        InputError: if keys contradict each other, a needed one is missing, or shapes disagree.
        SizeError: if there would be too many states.
    """
    source, data = _source(table), None
    if source == "state":
        knowledge = _explicit(table)
    elif source == "means":
        knowledge = _known_means(table)
    else:
        dependence = _dependence(table)
        if table.data is not None:
            data = _history(table.data, folder)
            marginals = [data.law] * table.bidders
        else:
            marginals = stated_marginals(table)
        knowledge = _joint(marginals, dependence, f"auction.{source}")
    _check_costs_and_caps(table, goods=_goods(knowledge.values))
    environment = auction(
        knowledge.values,
        beliefs=knowledge.beliefs,
        cost=table.cost,
        caps=table.caps,
        must_sell=table.must_sell,
    )
    return environment, data


def _source(table: AuctionTable) -> Source:
    """Which way of describing values the table uses; every other way's keys must be absent."""
    ways: tuple[Source, ...] = ("values", "state", "data")
    given = [way for way in ways if getattr(table, way) is not None]
    if len(given) > 1:
        raise InputError(f"auction has both {given[0]} and {given[1]}: keep one")
    if not given and table.means is None:
        raise InputError("auction says nothing of values: give values, [[auction.state]], [auction.data] or means")
    source: Source = given[0] if given else "means"
    for key in _SPECIFIC:
        if getattr(table, key) is not None and key not in _ALLOWED[source]:
            raise InputError(f"auction.{key} cannot be combined with auction.{source}: remove one of them")
    return source


def _dependence(table: AuctionTable) -> str:
    if table.dependence is None and table.bidders > 1:
        raise InputError("auction.dependence is missing: write common, independent or unknown")
    nested = table.values is not None and isinstance(table.values[0], list)
    if table.dependence == "common" and nested:
        raise InputError("auction.values has a list per bidder, but dependence is common: give one list for all")
    return table.dependence or "independent"


def _history(table: DataTable, folder: Path) -> DataReport:
    try:
        return read_values(folder / table.file, table.column, table.bins)
    except InputError as error:
        raise InputError(f"auction.data: {error}") from None


def _joint(marginals: list[EmpiricalLaw], dependence: str, place: str) -> _Knowledge:
    """The states that the bidders' laws of values make possible, and what is known of their joint law."""
    bidders = len(marginals)
    if dependence == "common":
        law = marginals[0]
        check_size(len(law.values), bidders, bidders, place)
        return _Knowledge(values=[[value] * bidders for value in law.values], beliefs=Beliefs.known(law.probabilities))
    check_size(prod(len(law.values) for law in marginals), bidders, bidders, place)
    values = product_states([law.values for law in marginals])
    if dependence == "independent":
        prior = [prod(weights) for weights in product(*(law.probabilities for law in marginals))]
        return _Knowledge(values=values, beliefs=Beliefs.known(prior))
    known = [dict(zip(law.values, law.probabilities, strict=True)) for law in marginals]
    return _Knowledge(values=values, beliefs=Beliefs.marginals(values, known))


def _explicit(table: AuctionTable) -> _Knowledge:
    assert table.state is not None
    place = "auction.state"
    values: list[Any] = list(state_values(table.state, place, table.bidders))
    if table.means is None:
        return _Knowledge(values=values, beliefs=state_beliefs(table.state, place))
    for number, state in enumerate(table.state):
        for key in ("probability", "penalty"):
            if getattr(state, key) is not None:
                raise InputError(f"{place}[{number}].{key} cannot be combined with auction.means: remove one of them")
    if isinstance(values[0][0], list):
        raise InputError("auction.means needs states with one value per bidder, not one per good")
    means = _means(table)
    for i, (low, high) in enumerate(means):
        lowest, highest = min(state[i] for state in values), max(state[i] for state in values)
        if high < lowest or low > highest:
            told = f"auction.means[{i}] is {low if low == high else f'[{low}, {high}]'}"
            raise InputError(f"{told}: bidder {i} has values from {lowest} to {highest} in the states")
    return _Knowledge(values=values, beliefs=Beliefs.means(values, means))


def _known_means(table: AuctionTable) -> _Knowledge:
    bound = Fraction(1) if table.bound is None else table.bound
    if bound == 0:
        raise InputError("auction.bound is 0: give the highest value that is possible")
    bidders, means = table.bidders, _means(table)
    for i, (_, high) in enumerate(means):
        if high > bound:
            raise InputError(f"auction.means[{i}] is {high}: it must lie between 0 and the bound, {bound}")
    check_size(2**bidders, bidders, bidders, "auction.means")
    values = product_states([[Fraction(0), bound]] * bidders)
    return _Knowledge(values=values, beliefs=Beliefs.means(values, means))


def _means(table: AuctionTable) -> list[tuple[Fraction, Fraction]]:
    means = table.means or []
    if len(means) != table.bidders:
        raise InputError(f"auction.means has {len(means)} entries for {table.bidders} bidders: give one per bidder")
    return means


def _goods(values: Any) -> int:
    first = values[0][0]
    return len(first) if isinstance(first, list) else 1


def _check_costs_and_caps(table: AuctionTable, goods: int) -> None:
    if isinstance(table.cost, list) and len(table.cost) != goods:
        raise InputError(
            f"auction.cost has {len(table.cost)} entries for {goods} goods: give one number, or one per good"
        )
    if table.caps is None:
        return
    caps = table.caps if isinstance(table.caps, list) else [table.caps] * table.bidders
    if len(caps) != table.bidders:
        raise InputError(f"auction.caps has {len(caps)} entries for {table.bidders} bidders: give one per bidder")
    if min(caps) == 0:
        raise InputError(f"auction.caps[{caps.index(Fraction(0))}] is 0: it must be positive; leave that bidder out")
    if table.must_sell and sum(caps) < 1:
        raise InputError(f"auction.caps sum to {sum(caps)}, but must_sell needs them to sum to at least 1: raise them")
