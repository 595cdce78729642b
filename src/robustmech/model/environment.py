"""The general finite environment: agents, states, decisions, utilities, the designer's payoff and beliefs."""

from dataclasses import dataclass, field

import numpy as np

from robustmech.errors import InputError, ShapeError
from robustmech.model.beliefs import Beliefs
from robustmech.model.decisions import DecisionSet
from robustmech.model.rational import FloatArray, IntArray, RationalArray, floats, rationals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Environment:
    r"""N agents, T states, K decisions.

    The designer picks a decision vector c in a bounded set C; agent i gets :math:`\sum_k u_{i\theta k} c_k`
    and the designer :math:`\sum_k w_{\theta k} c_k`. With transfers, agents also pay unbounded amounts to the designer.

    Args:
        utilities: u[i, θ, k], shape (agents, states, decisions); anything that reads as exact numbers.
        payoff: w[θ, k], shape (states, decisions).
        decision_set: the set C.
        beliefs: the priors the designer holds possible.
        transfers: whether agents pay transfers that the designer receives.
        own_decisions: for each agent, the decisions that give something to that agent, shape (agents, goods); for
            pictures, and to find agents that may be exchanged.
        agent_names: names of the agents.
        decision_names: names of the decisions.
        restrictions: what the decisions stand for is restricted to, in words that are shown beside the numbers: both
            are for mechanisms within these.
    Raises:
        ShapeError: if the shapes disagree.
        InputError: for a number that is not finite.
    Source: Brooks & Du (2023), section 2.
    """

    utilities: RationalArray
    payoff: RationalArray
    decision_set: DecisionSet
    beliefs: Beliefs
    transfers: bool
    own_decisions: IntArray | None = None
    agent_names: tuple[str, ...] = ()
    decision_names: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()
    utilities_rounded: FloatArray = field(init=False, repr=False)
    payoff_rounded: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        utilities = rationals(self.utilities, "utilities")
        payoff = rationals(self.payoff, "payoff")
        if utilities.ndim != 3 or 0 in utilities.shape:
            raise ShapeError(f"utilities has shape {utilities.shape}: expected (agents, states, decisions)")
        agents, states, decisions = utilities.shape
        if payoff.shape != (states, decisions):
            raise ShapeError(f"payoff has shape {payoff.shape}: expected (states, decisions) = {(states, decisions)}")
        if self.decision_set.decisions != decisions:
            raise ShapeError(f"the decision set has {self.decision_set.decisions} decisions, the utilities {decisions}")
        if self.beliefs.states != states:
            raise ShapeError(f"beliefs speak of {self.beliefs.states} states, the utilities of {states}")
        own = None if self.own_decisions is None else np.array(self.own_decisions, dtype=np.int64)
        if own is not None and (own.ndim != 2 or own.shape[0] != agents or own.min() < 0 or own.max() >= decisions):
            raise ShapeError("own_decisions must list, for each agent, equally many decisions by number")
        agent_names = self.agent_names or tuple(f"agent {i + 1}" for i in range(agents))
        decision_names = self.decision_names or tuple(f"decision {k + 1}" for k in range(decisions))
        if len(agent_names) != agents or len(decision_names) != decisions:
            raise ShapeError("give one name per agent and one per decision, or none")
        for name, value in (
            ("utilities", utilities),
            ("payoff", payoff),
            ("own_decisions", own),
            ("agent_names", tuple(agent_names)),
            ("decision_names", tuple(decision_names)),
            ("utilities_rounded", floats(utilities)),
            ("payoff_rounded", floats(payoff)),
        ):
            object.__setattr__(self, name, value)

    @property
    def agents(self) -> int:
        """The number of agents N."""
        return int(self.utilities.shape[0])

    @property
    def states(self) -> int:
        """The number of states T."""
        return int(self.utilities.shape[1])

    @property
    def decisions(self) -> int:
        """The number of decisions K."""
        return int(self.utilities.shape[2])

    @property
    def scale(self) -> float:
        """The largest utility or payoff in absolute value (one if all are zero): the unit the solver works in."""
        largest = max(np.abs(self.utilities_rounded).max(), np.abs(self.payoff_rounded).max())
        return float(largest) if largest > 0 else 1.0

    @property
    def payoff_ignores_state(self) -> bool:
        """Whether the designer's payoff from each decision is the same in every state."""
        return bool((self.payoff == self.payoff[:1]).all())

    @property
    def entry_payments_matter(self) -> bool:
        """Whether payments at action 0 can differ from zero: with transfers, and not all agents are safe at zero.

        Zero it must be for an agent that nothing harms in any state, and to whom nothing is worth anything in one.
        """
        harmless = (self.utilities >= 0).all(axis=(1, 2))
        worthless = (self.utilities == 0).all(axis=2).any(axis=1)
        return self.transfers and not bool((harmless & worthless).all())

    def own_values(self, law: FloatArray) -> FloatArray:
        """Expected utility of each agent's own decisions under laws (…, states) of the state: (agents, goods, …)."""
        own = self.own_decisions
        goods = range(self.decisions) if own is None else range(own.shape[1])
        return np.array(
            [
                [law @ self.utilities_rounded[i, :, good if own is None else own[i, good]] for good in goods]
                for i in range(self.agents)
            ]
        )

    def best_surplus(self) -> FloatArray:
        """The largest joint payoff in each state (of the designer alone, without transfers), shape (states,)."""
        joint = self.payoff_rounded + (self.utilities_rounded.sum(axis=0) if self.transfers else 0.0)
        return self.decision_set.largest(joint)

    def best_constant_decision(self, law: FloatArray) -> float:
        """What the best decision that ignores the state yields in expectation under a law of the state."""
        joint = self.payoff_rounded + (self.utilities_rounded.sum(axis=0) if self.transfers else 0.0)
        return float(self.decision_set.largest(law @ joint))


def require_free_disposal(values: RationalArray) -> None:
    """Refuse negative values: an agent could then be better off without what it is given.

    Raises:
        InputError: naming the first negative value.
    """
    negative = np.argwhere(values < 0)
    if negative.size:
        place = tuple(int(v) for v in negative[0])
        raise InputError(
            f"values[{', '.join(map(str, place))}] is {values[place]}: values must be at least zero (free disposal)"
        )
