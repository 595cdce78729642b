"""Small problems of every kind, with grids, for tests that compare with brute force."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from robustmech import (
    Beliefs,
    DecisionSet,
    Environment,
    Grid,
    bilateral_trade,
    product_states,
    public_expenditure,
    simplex,
)
from robustmech import auction as sale
from robustmech.model import rationals

Q, E, P, W = Grid.quantile, Grid.exponential, Grid.published, Grid.from_weights
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
THREE = [[0, 0], [HALF, HALF], [1, 1]]
THREE_LAW = ["0.2", "0.3", "0.5"]
NINE = product_states([[0, HALF, 1]] * 2)
CORNERS = product_states([[0, 1]] * 2)


@dataclass(frozen=True)
class Case:
    environment: Environment
    grids: tuple[Grid, ...]


def _case(environment: Environment, *grids: Grid) -> Case:
    return Case(environment, grids)


def _empirical() -> Case:
    values = [[1, 0], [0, 1], [HALF, HALF], [1, 1]]
    law = {(0, 1): "1/2", (HALF, HALF): "1/4", (1, 1): "1/4"}
    return _case(sale(values, beliefs=Beliefs.empirical(values, law)), Q(5), W([1, 2, 3, 1]))


def _together() -> Case:
    beliefs = Beliefs.together(
        Beliefs.marginals(NINE, [{0: THIRD, HALF: THIRD, 1: THIRD}] * 2),
        Beliefs.moments([[0, 0, 1, 0, 0, 0, 1, 0, 0]], [None], ["1/10"]),
        Beliefs.penalty([Fraction(j, 20) for j in range(9)]),
    )
    return _case(sale(NINE, beliefs=beliefs), Q(4), Q(5))


def _marginals(low: Fraction) -> Case:
    rest = (1 - low) / 2
    return _case(sale(NINE, beliefs=Beliefs.marginals(NINE, [{0: rest, HALF: low, 1: rest}] * 2)), Q(5), Q(4))


def _means(*means: object) -> Case:
    return _case(sale(CORNERS, beliefs=Beliefs.means(CORNERS, list(means))), Q(6), E(5, 2.5))


def _common(*grids: Grid, law: Sequence[object] = THREE_LAW, **terms: object) -> Case:
    return _case(sale(THREE, law, **terms), *grids)  # type: ignore[arg-type]


def _two_goods(must_sell: bool) -> Case:
    values = [[[0, 0], [0, 1]], [[1, 1], [HALF, "1/4"]], [["1/4", 1], [1, 0]]]
    law = ["1/4", "1/4", "1/2"]
    return _case(sale(values, law, cost=[0, "1/10"], caps=["3/4", 1], must_sell=must_sell), Q(4), P(2))


def general(seed: int, transfers: bool) -> Case:
    """Utilities of either sign and a decision that gives everyone zero, so that participation can be secured."""
    rng = np.random.default_rng(seed)
    utilities = rng.integers(-5, 6, size=(2, 3, 4))
    utilities[:, :, 0] = 0
    chosen = simplex(4) if seed % 2 else DecisionSet(
        group=np.array([0, 0, 1, 1]), required=np.array([True, False]), cap=np.array([1, "2/3", "1/2", 1], dtype=object)
    )  # fmt: skip
    environment = Environment(
        utilities=rationals(utilities),
        payoff=rationals(rng.integers(-3, 4, size=(3, 4))),
        decision_set=chosen,
        beliefs=Beliefs.known(["1/4", "1/4", "1/2"]),
        transfers=transfers,
    )
    return _case(environment, Q(4), W([1, 2, 2]))


def _secure(*utilities: list[int]) -> Case:
    """One agent whose lowest action must be safe in every state; the first decision gives nothing."""
    environment = Environment(
        utilities=rationals([list(utilities)]),
        payoff=rationals([[0, 1, 1]] * len(utilities)),
        decision_set=simplex(3),
        beliefs=Beliefs.known([Fraction(1, len(utilities))] * len(utilities)),
        transfers=False,
    )
    return _case(environment, Q(4))


CASES: dict[str, Callable[[], Case]] = {
    "common": lambda: _common(Q(5), Q(5), law=[THIRD] * 3),
    "independent": lambda: _case(sale(NINE, [Fraction(1, 9)] * 9), Q(4), Q(4)),
    "unequal grids": lambda: _common(W([1, 2, 3, 1]), P(2)),
    "exponential and published": lambda: _common(E(5, 3.0), P(3)),
    "zero-probability state": lambda: _case(sale([*THREE, [5, 5]], [*THREE_LAW, 0]), Q(5), Q(4)),
    "degenerate prior": lambda: _common(Q(5), Q(4), law=[0, 1, 0]),
    "cost": lambda: _common(E(5, 3.0), Q(6), cost="0.1"),
    "cost above most values": lambda: _common(Q(4), Q(4), cost="0.9"),
    "must sell": lambda: _common(E(5, 3.0), Q(6), cost="0.3", must_sell=True),
    "caps": lambda: _common(Q(5), Q(6), caps=["1/2", 1]),
    "small caps": lambda: _common(Q(5), Q(4), caps=["1/5", "1/3"]),
    "caps with must sell": lambda: _common(Q(5), Q(6), caps=["1/2", "7/10"], must_sell=True),
    "two goods": lambda: _two_goods(False),
    "two goods with must sell": lambda: _two_goods(True),
    "one bidder": lambda: _case(sale([[0], [HALF], [1]], THREE_LAW), Q(12)),
    "three bidders": lambda: _case(sale([[0, 0, 0], [1, 1, HALF], [HALF, 1, 1]], THREE_LAW), Q(3), Q(4), W([3, 2, 1])),
    "marginals": lambda: _marginals(THIRD),
    "marginals with a value of probability zero": lambda: _marginals(Fraction(0)),
    "means": lambda: _means("0.6", "0.4"),
    "means in intervals": lambda: _means(("0.5", "0.7"), ("0.4", 1)),
    "mean at the top of its range": lambda: _means(1, "0.4"),
    "mean at the bottom of its range": lambda: _means("0.7", 0),
    "empirical law": _empirical,
    "penalty": lambda: _case(sale(NINE, beliefs=Beliefs.penalty([Fraction(j, 10) for j in range(9)])), Q(4), Q(4)),
    "together": _together,
    "public expenditure": lambda: _case(public_expenditure([[3, 0], [0, 3]], [HALF, HALF]), Q(6), Q(5)),
    "public expenditure, published": lambda: _case(public_expenditure([[3, 0], [0, 3]], [HALF, HALF]), P(3), P(3)),
    "public expenditure, zero-probability state": lambda: _case(
        public_expenditure([[3, 0], [0, 3], [0, 0]], [HALF, HALF, 0]), Q(4), E(5, 2.0)
    ),
    "public expenditure, three agents": lambda: _case(
        public_expenditure([[4, 0, 0], [0, 4, 0], [0, 0, 4]], [THIRD] * 3), Q(3), Q(3), Q(4)
    ),
    "bilateral trade": lambda: _case(bilateral_trade([[0, 2], [3, 5]], [HALF, HALF]), Q(5), Q(6)),
    "secure only at the outside option": lambda: _secure([0, -2, 1], [0, 1, -2]),
    "secure on a thin set": lambda: _secure([0, -1, 1], [0, 1, -1]),
    "large numbers": lambda: _case(sale([[0, 0], [10**9, 10**9]], [HALF, HALF], cost=10**7), Q(5), Q(4)),
    **{f"general {seed}": functools.partial(general, seed, transfers=False) for seed in range(3)},
    **{f"general {seed} with transfers": functools.partial(general, seed, transfers=True) for seed in range(3, 6)},
}
