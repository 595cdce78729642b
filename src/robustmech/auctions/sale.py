"""The sale of one good, in exact numbers: what the seller knows about values, and what it may do."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from robustmech.errors import InputError
from robustmech.model import Beliefs, Environment, auction


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """An auction environment with one good, by its exact numbers.

    Args:
        values: each bidder's value of one lot, state by state.
        cost: the cost of one lot to the seller.
        must_sell: whether everything must be sold.
        caps: the largest share that each bidder can take.
        row, state, entry: the non-zero entries of the belief rows B.
        lower, upper: the limits of B μ, or None.
        penalties: what nature pays for each state, or None.
    Raises:
        InputError: for states with different numbers of values.
    """

    values: tuple[tuple[Fraction, ...], ...]
    cost: Fraction
    must_sell: bool
    caps: tuple[Fraction, ...]
    row: tuple[int, ...]
    state: tuple[int, ...]
    entry: tuple[Fraction, ...]
    lower: tuple[Fraction | None, ...]
    upper: tuple[Fraction | None, ...]
    penalties: tuple[Fraction, ...] | None

    def __post_init__(self) -> None:
        if len({len(state) for state in self.values}) != 1:
            raise InputError("sale.values: give every state one value for each bidder")

    @classmethod
    def of(cls, environment: Environment) -> "Sale":
        """The sale that an environment describes.

        Raises:
            InputError: if it is anything else; one line that says what.
        """
        own = environment.own_decisions
        if not environment.transfers or own is None:
            raise InputError("this problem is not a sale with payments, and an auction file is for nothing else")
        if own.shape[1] != 1:
            raise InputError(f"this problem has {own.shape[1]} goods, and an auction file is for the sale of one")
        chosen, beliefs = environment.decision_set, environment.beliefs
        bidders = range(environment.agents)
        sale = cls(
            values=tuple(
                tuple(environment.utilities[i, s, own[i, 0]] for i in bidders) for s in range(environment.states)
            ),
            cost=-environment.payoff[0, 0],
            must_sell=bool(chosen.required[0]),
            caps=tuple(chosen.cap),
            row=tuple(beliefs.row.tolist()),
            state=tuple(beliefs.column.tolist()),
            entry=tuple(beliefs.value),
            lower=beliefs.lower,
            upper=beliefs.upper,
            penalties=None if beliefs.penalties is None else tuple(beliefs.penalties),
        )
        again = sale.environment()
        same = again.utilities.shape == environment.utilities.shape and (again.utilities == environment.utilities).all()
        if not same or (again.payoff != environment.payoff).any() or (again.decision_set.group != chosen.group).any():
            raise InputError(
                "this problem is not the sale of one good at one cost, and an auction file is for nothing else"
            )
        return sale

    @property
    def bidders(self) -> int:
        """The number of bidders."""
        return len(self.values[0])

    def environment(self) -> Environment:
        """The environment.

        Raises:
            InputError: for numbers that cannot be, or that do not fit together.
        """
        known = Beliefs(
            states=len(self.values),
            row=np.array(self.row, dtype=np.int64),
            column=np.array(self.state, dtype=np.int64),
            value=np.array(self.entry, dtype=object),
            lower=self.lower,
            upper=self.upper,
            penalties=None if self.penalties is None else np.array(self.penalties, dtype=object),
        )
        return auction(self.values, beliefs=known, cost=self.cost, caps=list(self.caps), must_sell=self.must_sell)

    @property
    def content(self) -> dict[str, Any]:
        """The sale as it stands in an auction file."""
        return {
            "values": [[str(v) for v in state] for state in self.values],
            "cost": str(self.cost),
            "must_sell": self.must_sell,
            "caps": [str(cap) for cap in self.caps],
            "beliefs": {
                "row": list(self.row),
                "state": list(self.state),
                "entry": [str(entry) for entry in self.entry],
                "lower": [None if limit is None else str(limit) for limit in self.lower],
                "upper": [None if limit is None else str(limit) for limit in self.upper],
                "penalties": None if self.penalties is None else [str(p) for p in self.penalties],
            },
        }
