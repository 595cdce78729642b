"""Small solved problems that the picture tests share, each solved once."""

from functools import cache

import numpy as np

import robustmech as rm


@cache
def common_value(agents: int, actions: int) -> rm.Solution:
    environment = rm.auction([[0] * agents, [1] * agents], ["1/2", "1/2"])
    return rm.solve(environment, rm.Grid.quantile(actions))


@cache
def unequal_grids() -> rm.Solution:
    environment = rm.auction([[0, 1], [2, 1], [1, 3]], ["1/4", "1/4", "1/2"])
    return rm.solve(environment, [rm.Grid.published(4), rm.Grid.quantile(9)])


@cache
def large_numbers() -> rm.Solution:
    environment = rm.auction([[0, 4000], [12000, 1000]], ["1/2", "1/2"])
    return rm.solve(environment, rm.Grid.quantile(10))


@cache
def two_goods() -> rm.Solution:
    environment = rm.auction([[[0, 1], [1, 0]], [[2, 2], [1, 3]]], ["1/2", "1/2"])
    return rm.solve(environment, rm.Grid.quantile(5))


@cache
def public_expenditure() -> rm.Solution:
    environment = rm.public_expenditure([[3, 0], [0, 3]], ["1/2", "1/2"])
    return rm.solve(environment, rm.Grid.exponential(16, 6))


@cache
def trade() -> rm.Solution:
    environment = rm.bilateral_trade([[0, 1], ["1/2", 1], [0, "1/2"]], ["1/3", "1/3", "1/3"])
    return rm.solve(environment, rm.Grid.quantile(6))


@cache
def outcomes(decisions: int) -> rm.Solution:
    """A general environment that does not say which decisions are whose; one outcome must be chosen."""
    draws = np.random.default_rng(3)
    environment = rm.Environment(
        utilities=draws.integers(0, 5, (2, 3, decisions)).astype(object),
        payoff=draws.integers(0, 5, (3, decisions)).astype(object),
        decision_set=rm.simplex(decisions),
        beliefs=rm.Beliefs.known(["1/3", "1/3", "1/3"]),
        transfers=True,
        decision_names=("nothing", "a park", "a bridge", "a road")[:decisions],
    )
    return rm.solve(environment, rm.Grid.quantile(6))
