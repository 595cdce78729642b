"""The two programs written out from their definitions, one constraint at a time, and things to evaluate."""

import itertools
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from robustmech import (
    Beliefs,
    DecisionSet,
    Environment,
    Grid,
    InformationStructure,
    Mechanism,
    auction,
    bilateral_trade,
    product_states,
    public_expenditure,
    simplex,
)
from robustmech.bounds.decision_repair import into_decision_set
from robustmech.bounds.information_repair import exact_information
from robustmech.model import FloatArray, Side, on_grids, rationals

STATES = product_states([[0, "1/2", 1], [0, 1]])
LEVELS = [[Fraction(j, 2)] * 2 for j in range(3)]


def environments() -> dict[str, Environment]:
    """Small environments with every kind of beliefs and decision set."""
    inside = Beliefs.moments([[1, 0, 0, 0, 1, 1], [0, 1, 1, 0, 0, 1]], ["1/4", None], ["2/3", "3/4"])
    penalties = Beliefs.penalty([0, "1/5", "-1/7", "1/3", "1/10", "1/2"])
    return {
        "common value": auction(LEVELS, ["1/3"] * 3),
        "cost and caps": auction(LEVELS, ["1/2", "1/4", "1/4"], cost="1/5", caps=["3/4", "1/2"]),
        "large values": auction([[0, 0], [5, 2], [1, 7]], ["1/4", "1/4", "1/2"]),
        "must sell": auction(STATES, ["1/6"] * 6, must_sell=True),
        "two goods": auction(product_states([[0, 1]] * 4).reshape(16, 2, 2), ["1/16"] * 16),
        "known means": auction(STATES, beliefs=Beliefs.means(STATES, ["1/2", ("1/3", "2/3")])),
        "rows": auction(STATES, beliefs=inside),
        "penalty": auction(STATES, beliefs=penalties),
        "rows and penalty": auction(STATES, beliefs=Beliefs.together(inside, penalties)),
        "impossible states": auction(STATES, beliefs=Beliefs.means(STATES, ["1/2", 0])),
        "states without mass": auction(LEVELS, ["1/2", 0, "1/2"]),
        "three bidders": auction([[0] * 3, [1, 0, 1], [1] * 3], ["1/3"] * 3),
        "public expenditure": public_expenditure(product_states([[0, "3/2"]] * 2), ["1/4"] * 4),
        "bilateral trade": bilateral_trade(product_states([[0, 1]] * 2), ["1/4"] * 4),
        "outcomes": Environment(
            utilities=rationals([[[0, 1, -1], [0, -1, 2]], [[0, 1, 1], [0, 2, -1]]]),
            payoff=rationals([[0, 1, 2], [0, "3/2", 1]]),
            decision_set=simplex(3),
            beliefs=Beliefs.known(["1/2", "1/2"]),
            transfers=False,
        ),
    }


def random_mechanism(environment: Environment, seed: int, actions: int = 3) -> Mechanism:
    """A mechanism whose action 0 gives an agent no decision that could hurt it and at most a gift."""
    draw = np.random.default_rng(seed)
    shape = (actions,) * environment.agents
    proposed = draw.random((*shape, environment.decisions)) * draw.integers(0, 2, (*shape, environment.decisions))
    for i in range(environment.agents):
        harmful = (environment.utilities_rounded[i] < 0).any(axis=0)
        np.moveaxis(proposed, i, 0)[0][..., harmful] = 0.0
    if environment.decision_set.required.any() and not environment.transfers:
        proposed[..., 0] += 1.0 - proposed[..., 1:].sum(axis=-1).clip(0, 1)
    counts = into_decision_set(environment.decision_set, proposed.reshape(-1, environment.decisions))
    transfers = None
    if environment.transfers:
        transfers = draw.integers(-1, 4, (environment.agents, *shape)) / 8 * draw.random((environment.agents, *shape))
        for i in range(environment.agents):
            lowest = np.moveaxis(transfers[i], i, 0)[0]
            lowest[...] = np.minimum(lowest, 0.0)
    return Mechanism(
        grids=(Grid.quantile(actions),) * environment.agents,
        decision_counts=counts.reshape(*shape, environment.decisions),
        transfers=transfers,
    )


def random_information(environment: Environment, grids: tuple[Grid, ...], seed: int) -> InformationStructure:
    """Random information whose law of the state is in the beliefs."""
    discretisation = on_grids(grids, Side.UPPER)
    draw = np.random.default_rng(seed)
    proposed = draw.random((discretisation.rows, environment.states)) ** 4
    return exact_information(environment, discretisation, grids, proposed / proposed.sum())


def dense_guarantee(mechanism: Mechanism, environment: Environment) -> float:
    """The least payoff over all Bayes correlated equilibria and priors in the beliefs."""
    shape = mechanism.decision_counts.shape[:-1]
    profiles = list(itertools.product(*map(range, shape)))
    columns = list(itertools.product(range(len(profiles)), range(environment.states)))
    penalties = environment.beliefs.penalties

    def utility(i: int, profile: tuple[int, ...], state: int) -> float:
        paid = 0.0 if mechanism.transfers is None else float(mechanism.transfers[(i, *profile)])
        return float(mechanism.decisions[profile] @ environment.utilities_rounded[i, state]) - paid

    cost = []
    for place, state in columns:
        received = (
            0.0 if mechanism.transfers is None else sum(float(own[profiles[place]]) for own in mechanism.transfers)
        )
        penalty = 0.0 if penalties is None else float(penalties[state])
        cost.append(mechanism.decisions[profiles[place]] @ environment.payoff_rounded[state] + received - penalty)
    rows, limits = [], []
    for i, own in enumerate(shape):
        for action, deviation in itertools.permutations(range(own), 2):
            row = np.zeros(len(columns))
            for column, (place, state) in enumerate(columns):
                profile = profiles[place]
                if profile[i] == action:
                    other = (*profile[:i], deviation, *profile[i + 1 :])
                    row[column] = utility(i, other, state) - utility(i, profile, state)
            rows.append(row)
            limits.append(0.0)
    matrix = np.tile(environment.beliefs.matrix.toarray(), (1, len(profiles)))
    for row, low, high in zip(matrix, environment.beliefs.lower, environment.beliefs.upper, strict=True):
        if high is not None:
            rows.append(row)
            limits.append(float(high))
        if low is not None:
            rows.append(-row)
            limits.append(-float(low))
    found = linprog(cost, A_ub=np.array(rows), b_ub=limits, A_eq=np.ones((1, len(columns))), b_eq=[1.0])
    assert found.status == 0, found.message
    assert found.fun is not None
    return float(found.fun)


def dense_potential(information: InformationStructure, environment: Environment) -> float:
    """The largest payoff over all truthful, interim individually rational direct mechanisms, with full transfers."""
    joint = information.joint
    shape, decisions = joint.shape[:-1], environment.decisions
    profiles = list(itertools.product(*map(range, shape)))
    width = decisions + (environment.agents if environment.transfers else 0)

    def utility(i: int, signal: int, report: int | None) -> FloatArray:
        """Interim utility as a row over all decisions and transfers."""
        row = np.zeros((len(profiles), width))
        for place, profile in enumerate(profiles):
            others = (*profile[:i], signal, *profile[i + 1 :])
            if profile[i] == report:
                row[place, :decisions] = joint[others] @ environment.utilities_rounded[i]
                if environment.transfers:
                    row[place, decisions + i] = -joint[others].sum()
        return row.ravel()

    cost = np.zeros((len(profiles), width))
    bounds = []
    for place, profile in enumerate(profiles):
        cost[place, :decisions] = -joint[profile] @ environment.payoff_rounded
        cost[place, decisions:] = -joint[profile].sum()
        bounds += [(0.0, float(cap)) for cap in environment.decision_set.cap] + [(None, None)] * (width - decisions)
    rows = []
    for i, own in enumerate(shape):
        for signal in range(own):
            truth = utility(i, signal, signal)
            rows += [utility(i, signal, report) - truth for report in (*range(own), None) if report != signal]
    groups = _group_rows(environment.decision_set, len(profiles), width)
    required = np.tile(environment.decision_set.required, len(profiles))
    found = linprog(
        cost.ravel(),
        A_ub=np.vstack([rows, groups]),
        b_ub=np.concatenate([np.zeros(len(rows)), np.ones(len(groups))]),
        A_eq=groups[required] if required.any() else None,
        b_eq=np.ones(np.count_nonzero(required)) if required.any() else None,
        bounds=bounds,
    )
    assert found.status == 0, found.message
    assert found.fun is not None
    penalties = environment.beliefs.penalties
    return -float(found.fun) - (0.0 if penalties is None else float((penalties * information.state_law).sum()))


def _group_rows(chosen: DecisionSet, profiles: int, width: int) -> FloatArray:
    rows = np.zeros((profiles, chosen.groups, profiles, width))
    for place in range(profiles):
        for k, group in enumerate(chosen.group):
            rows[place, group, place, k] = 1.0
    return rows.reshape(profiles * chosen.groups, profiles * width)
