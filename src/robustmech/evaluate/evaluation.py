"""What an evaluation returns: a certified number with the objects that prove it and come close to it."""

from dataclasses import dataclass

from robustmech.bounds import SolveRecord
from robustmech.model import FloatArray, Mechanism, RationalArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """A certified number about one object, over all deviations and not only the local ones.

    Args:
        value: the certified number: at most the exact guarantee, or at least the exact potential.
        other_side: the designer's payoff at the reported equilibrium or mechanism. That is the solver's estimate from
            the other side: not a bound, since incentives hold only up to the residual.
        residual: the most that an agent gains by a deviation at the reported equilibrium or mechanism, and the most
            that it misses a constraint on the state's law by, relative to its entries; recomputed from the data.
        deviation_multipliers: α_i(x, x') ≥ 0 on the constraint that agent i does not gain by x' in place of x, for each
            agent, of shape (m_i, m_i) with a zero diagonal.
        record: how the program was solved.
    """

    value: float
    other_side: float
    residual: float
    deviation_multipliers: tuple[FloatArray, ...]
    record: SolveRecord

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GuaranteeEvaluation(Evaluation):
    """The guarantee of a mechanism, rounded down.

    Args:
        belief_multipliers: y, exact, one per belief row; with the deviation multipliers they prove the value, over the
            states that the beliefs allow.
        worst_equilibrium: the joint law of actions and state in the worst Bayes correlated equilibrium, up to the
            residual, shape (m_1, …, m_N, states).
    """

    belief_multipliers: RationalArray
    worst_equilibrium: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PotentialEvaluation(Evaluation):
    """The potential of an information structure, rounded up.

    Args:
        participation_multipliers: β_i(x) ≥ 0 on agent i's interim participation at signal x, for each agent, of shape
            (m_i,); with the deviation multipliers they prove the value.
        best_mechanism: the best direct mechanism up to the residual; its actions are reports of signals, and its
            transfers depend on the own report alone. It is interim individually rational, not participation secure.
    """

    participation_multipliers: tuple[FloatArray, ...]
    best_mechanism: Mechanism
