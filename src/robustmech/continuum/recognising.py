"""Which closed form an environment is an instance of, exactly; nothing is loaded or solved until it is asked for.

States of probability zero are left out of a known law: with free disposal nothing depends on them. Belief rows may be
multiples of what they say, in any order, and may repeat it.
"""

import sys
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from robustmech.memory import require_address_space
from robustmech.model import Beliefs, Environment, RationalArray

if TYPE_CHECKING:
    from robustmech.continuum.common_value import CommonValue
    from robustmech.continuum.known_means import KnownMeans
    from robustmech.continuum.public_expenditure import PublicExpenditure

_MOST_CORNERS = 12

_SPACE_TO_LOAD = 160 * 2**20  # bytes


@dataclass(frozen=True, kw_only=True)
class CommonValueProblem:
    """One good whose value is the same for all bidders, with a known law.

    Args:
        values: the values of positive probability, increasing.
        probabilities: theirs.
        bidders: N.
        cost: of the good.
        must_sell: whether it must be sold.
    """

    values: tuple[Fraction, ...]
    probabilities: tuple[Fraction, ...]
    bidders: int
    cost: Fraction
    must_sell: bool
    name: str = "common value"

    @cached_property
    def model(self) -> "CommonValue":
        """The closed form."""
        from robustmech.continuum.common_value import CommonValue

        values = [float(value) for value in self.values]
        return CommonValue(values, self.probabilities, self.bidders, float(self.cost), self.must_sell)

    @property
    def guarantee(self) -> float:
        """The maximum guarantee, in units of the designer's payoff."""
        return self.model.guarantee


@dataclass(frozen=True, kw_only=True)
class KnownMeansProblem:
    """One good, values in [0, bound], of which only the expectations are known.

    Args:
        means: each bidder's, or the least that it may be.
        bound: the highest value.
        rows: for each bidder the belief row that says so, and by what it multiplies the bidder's value.
    """

    means: tuple[Fraction, ...]
    bound: Fraction
    rows: tuple[tuple[int, Fraction], ...]
    name: str = "known means"

    @cached_property
    def model(self) -> "KnownMeans":
        """The closed form."""
        from robustmech.continuum.known_means import KnownMeans

        return KnownMeans([float(mean) for mean in self.means], bound=float(self.bound))

    @property
    def guarantee(self) -> float:
        """The maximum guarantee, in units of the designer's payoff."""
        return self.model.guarantee


@dataclass(frozen=True, kw_only=True)
class ConstantSumProblem:
    """One good, two bidders with equal expected values that add up to a known total.

    Args:
        total: V.
    """

    total: Fraction
    name: str = "constant sum"

    @property
    def guarantee(self) -> float:
        """The maximum guarantee V/2, which is approached and not attained."""
        return float(self.total / 2)


@dataclass(frozen=True, kw_only=True)
class SpendingProblem:
    """Spending on a public good by agents one of whom, each equally likely, values it; or the trade that is the same.

    Args:
        agents: N.
        value: the social value of a unit of spending, in units of its cost.
        unit: that cost, in units of the designer's payoff.
        order: the state in which each agent is the one, in the order of the agents.
        own: the decision that each agent pays.
        name: which of the two it is.
    """

    agents: int
    value: Fraction
    unit: Fraction
    order: tuple[int, ...]
    own: tuple[int, ...]
    name: str = "public expenditure"

    @cached_property
    def model(self) -> "PublicExpenditure":
        """The closed form, in units of the cost."""
        from robustmech.continuum.public_expenditure import PublicExpenditure

        return PublicExpenditure(self.agents, float(self.value))

    @property
    def guarantee(self) -> float:
        """The maximum guarantee, in units of the designer's payoff."""
        return float(self.unit) * self.model.guarantee


ClosedFormProblem = CommonValueProblem | KnownMeansProblem | ConstantSumProblem | SpendingProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedFormNumber:
    """What a closed form says.

    Args:
        model: its name.
        value: the maximum guarantee, which is the minimum potential, in units of the designer's payoff; computed in
            floating point and not certified.
    """

    model: str
    value: float


def require_room() -> None:
    """Make sure that what closed forms compute with can be loaded: OpenBLAS hangs where it cannot (SciPy 1.17).

    Raises:
        MemoryError: if it cannot.
    """
    if "scipy.special" not in sys.modules:
        require_address_space(_SPACE_TO_LOAD)


@lru_cache(maxsize=8)
def closed_form_number(environment: Environment) -> ClosedFormNumber | None:
    """The closed form's number where one applies and can be computed."""
    problem = recognised(environment)
    try:
        require_room()
        return None if problem is None else ClosedFormNumber(model=problem.name, value=problem.guarantee)
    except Exception:  # it is beside the bracket, which does without it
        return None


@lru_cache(maxsize=8)
def recognised(environment: Environment) -> ClosedFormProblem | None:
    """The closed form whose maximum guarantee is the environment's, if there is one."""
    if environment.beliefs.penalties is not None and environment.beliefs.penalties.any():
        return None
    return _sale(environment) if environment.transfers else _spending(environment)


def known_law(beliefs: Beliefs) -> RationalArray | None:
    """The law of the state, exact, where rows that speak of one state each leave only one; else None."""
    law = np.full(beliefs.states, None, dtype=object)
    for row, low, high in zip(beliefs.exact_rows(), beliefs.lower, beliefs.upper, strict=True):
        if len(row) != 1:
            continue
        ((state, entry),) = row.items()
        limits = [limit for limit in (low, high) if limit is not None and (low == high or limit == 0)]
        most_is_zero = limits == [0] and (high if entry > 0 else low) == 0
        if limits and (low == high or most_is_zero):
            law[state] = limits[0] / entry
    missing = np.array([state for state, value in enumerate(law) if value is None], dtype=np.int64)
    if missing.size > 1:
        return None
    law[missing] = 1 - sum(value for value in law if value is not None)
    return law if min(law) >= 0 and sum(law) == 1 else None


def _sale(environment: Environment) -> ClosedFormProblem | None:
    """The sale of one good: of common value, of known means, or of values with a constant sum."""
    values = _values_of_one_good(environment)
    if values is None:
        return None
    cost, must_sell = -environment.payoff[0, 0], bool(environment.decision_set.required[0])
    law = known_law(environment.beliefs)
    if law is None:
        return None if cost or must_sell else _known_means(environment.beliefs, values)
    possible = law > 0
    values, law = values[possible], law[possible]
    if (values == values[:, :1]).all():
        return _common_value(values[:, 0], law, environment.agents, cost, must_sell)
    if cost or must_sell or environment.agents != 2:
        return None
    total = values[0].sum()
    constant = (values.sum(axis=1) == total).all() and (law @ values[:, 0]) * 2 == total
    return ConstantSumProblem(total=total) if constant else None


def _values_of_one_good(environment: Environment) -> RationalArray | None:
    """Values of shape (states, agents), where decision i is that agent i gets the one good; None if it is not that."""
    agents, chosen, payoff = environment.agents, environment.decision_set, environment.payoff
    own = _own_decisions(environment)
    if own is None or chosen.groups != 1 or chosen.capped.any():
        return None
    if (payoff != payoff[0, 0]).any() or payoff[0, 0] > 0:
        return None
    elsewhere = environment.utilities.copy()
    values = np.empty((environment.states, agents), dtype=object)
    for i, decision in enumerate(own):
        values[:, i] = environment.utilities[i, :, decision]
        elsewhere[i, :, decision] = Fraction(0)
    return values if not elsewhere.any() and (values >= 0).all() else None


def _own_decisions(environment: Environment) -> tuple[int, ...] | None:
    """One decision for each agent, all of them different, and no others."""
    if environment.decisions != environment.agents:
        return None
    own = environment.own_decisions
    decisions = range(environment.agents) if own is None else own[:, 0].tolist() if own.shape[1] == 1 else []
    return tuple(decisions) if sorted(decisions) == list(range(environment.agents)) else None


def _common_value(
    values: RationalArray, law: RationalArray, bidders: int, cost: Fraction, must_sell: bool
) -> CommonValueProblem | None:
    """With one bidder who must buy there is none: it can be charged the lowest value, as the closed form does not."""
    if must_sell and bidders == 1:
        return None
    gathered: dict[Fraction, Fraction] = {}
    for value, probability in zip(values, law, strict=True):
        gathered[value] = gathered.get(value, Fraction(0)) + probability
    support = tuple(sorted(gathered))
    return CommonValueProblem(
        values=support,
        probabilities=tuple(gathered[value] for value in support),
        bidders=bidders,
        cost=cost,
        must_sell=must_sell,
    )


def _known_means(beliefs: Beliefs, values: RationalArray) -> KnownMeansProblem | None:
    """Where the states are in a box, with all its corners, and the rows say what each bidder's mean is at least.

    An upper limit on a mean changes nothing: the guarantee rises with the means.
    """
    bidders, bound = values.shape[1], values.max()
    if bound <= 0 or bidders > _MOST_CORNERS:
        return None
    place = {tuple(row): state for state, row in enumerate(values.tolist())}
    corners = [tuple(bound if j >> i & 1 else Fraction(0) for i in range(bidders)) for j in range(2**bidders)]
    if any(corner not in place for corner in corners):
        return None
    origin, alone = place[corners[0]], [place[corners[1 << i]] for i in range(bidders)]
    said: dict[int, tuple[Fraction, int, Fraction]] = {}
    for r, (row, low, high) in enumerate(zip(beliefs.exact_rows(), beliefs.lower, beliefs.upper, strict=True)):
        entries = np.full(beliefs.states, Fraction(0), dtype=object)
        entries[list(row)] = list(row.values())
        level = entries[origin]
        slopes = [(entries[state] - level) / bound for state in alone]
        speaks = [i for i, slope in enumerate(slopes) if slope]
        if len(speaks) > 1 or (entries != level + values @ np.array(slopes, dtype=object)).any():
            return None
        least = None if not speaks else low if slopes[speaks[0]] > 0 else high
        if least is not None:
            i = speaks[0]
            found = (least - level) / slopes[i], r, slopes[i]
            said[i] = max(found, said.get(i, found), key=lambda entry: entry[0])
    if sorted(said) != list(range(bidders)) or not all(0 < mean < bound for mean, _, _ in said.values()):
        return None
    return KnownMeansProblem(
        means=tuple(said[i][0] for i in range(bidders)),
        bound=bound,
        rows=tuple(said[i][1:] for i in range(bidders)),
    )


def _spending(environment: Environment) -> SpendingProblem | None:
    """Utilities a(v_i − 1{agent i pays}), payoff a(Σ v − 1), and each agent alone with the value equally often."""
    agents, chosen = environment.agents, environment.decision_set
    own, law = _own_decisions(environment), known_law(environment.beliefs)
    if own is None or law is None or chosen.groups != 1 or chosen.capped.any() or chosen.required.any():
        return None
    possible = np.flatnonzero(law)
    if agents < 2 or possible.size != agents or (law[possible] != Fraction(1, agents)).any():
        return None
    others = [environment.utilities[i, :, next(k for k in own if k != own[i])] for i in range(agents)]
    values = np.stack(others, axis=1)
    unit = values[0, 0] - environment.utilities[0, 0, own[0]]
    if unit <= 0 or (values < 0).any():
        return None
    for i in range(agents):
        expected = np.repeat(values[:, i, None], agents, axis=1)
        expected[:, own[i]] -= unit
        if (environment.utilities[i] != expected).any():
            return None
    if (environment.payoff != (values.sum(axis=1) - unit)[:, None]).any():
        return None
    highest = values[possible].max()
    order = [[state for state in possible.tolist() if values[state, i] == highest] for i in range(agents)]
    if highest <= 0 or any(len(states) != 1 for states in order) or (values[possible].sum(axis=1) != highest).any():
        return None
    return SpendingProblem(
        agents=agents,
        value=highest / unit,
        unit=unit,
        order=tuple(states[0] for states in order),
        own=own,
        name="bilateral trade" if environment.agent_names == ("seller", "buyer") else "public expenditure",
    )
