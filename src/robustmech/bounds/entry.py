r"""Payments at action 0: what an agent pays, or is paid, to be no worse off than at zero in the worst state.

With transfers the lowest action need not be free, only participation secure: agent i may be charged up to
:math:`\min_\theta u_i(\theta) \cdot c(x)` there, or be paid so much. Payments are decisions like others, which every
agent dislikes as much as the designer likes them: of a unit :math:`M` paid by agent i, and of a unit paid to it. So the
lower program of the environment *with entry payments* is that of any other environment. Beyond action 0 they are left
out, since transfers that vanish at action 0 do all there is to do. The upper number does not change: where signals have
a product law, :math:`\sum_\theta (\sigma - \nabla_i^\top \sigma)` is zero.
Source: docs/theory.md, Payments at action 0.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from robustmech.bounds.decision_repair import into_decision_set
from robustmech.elements import PiecewiseLinearMechanism
from robustmech.model import (
    DecisionSet,
    Discretisation,
    EntryPayments,
    Environment,
    FloatArray,
    IntArray,
)
from robustmech.model.symmetry import Exchange, exchanges


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """An environment with entry payments.

    Args:
        without: the environment as it was, with K decisions.
        environment: with N more, for every agent in turn a unit that it pays; and N more, a unit that it is paid, where
            an agent can be harmed.
        unit: M, N + 1 times as large as any payment at action 0 need be, to an agent or by one.
        alike: the exchanges of agents that leave the environment as it is.
    """

    without: Environment
    environment: Environment
    unit: Fraction
    alike: tuple[Exchange, ...]

    @classmethod
    def into(cls, environment: Environment) -> "Entry | None":
        """The environment with entry payments; None where they would all be zero, as without transfers."""
        if not environment.entry_payments_matter:
            return None
        harmless = (environment.utilities >= 0).all(axis=(1, 2))
        chosen, agents = environment.decision_set, environment.agents
        unit = (agents + 1) * max(_largest_payment(environment, i) for i in range(agents))
        kinds = 1 if harmless.all() else 2
        signs = np.array([unit] * agents + [-unit] * agents * (kinds - 1), dtype=object)
        paid = np.full((agents, environment.states, signs.size), Fraction(0), dtype=object)
        for i in range(agents):
            paid[i, :, i::agents] = signs[i::agents]
        own = environment.own_decisions
        place = environment.decisions + np.arange(signs.size).reshape(kinds, agents).T
        extended = replace(
            environment,
            utilities=np.concatenate([environment.utilities, -paid], axis=2),
            payoff=np.concatenate([environment.payoff, np.tile(signs, (environment.states, 1))], axis=1),
            decision_set=DecisionSet(
                group=np.concatenate([chosen.group, np.repeat(chosen.groups + np.arange(kinds), agents)]),
                required=np.append(chosen.required, [False] * kinds),
                cap=np.append(chosen.cap, [Fraction(1)] * signs.size),
            ),
            own_decisions=None if own is None else np.concatenate([own, place], axis=1),
            decision_names=(
                *environment.decision_names,
                *(f"paid {way} {name}" for way in ("by", "to")[:kinds] for name in environment.agent_names),
            ),
        )
        return cls(without=environment, environment=extended, unit=unit, alike=exchanges(extended))

    def left_out(self, discretisation: Discretisation) -> npt.NDArray[np.bool_]:
        """The payments beyond action 0, shape (nodes, decisions)."""
        mask = np.zeros((discretisation.nodes, self.environment.decisions), dtype=np.bool_)
        mask[:, self.without.decisions :] = True
        for i, lowest in enumerate(discretisation.lowest):
            for place in self._payments(i):
                mask[lowest, place] = False
        return mask

    def secured(self, discretisation: Discretisation, proposed: FloatArray) -> IntArray:
        """Decisions pushed into the decision set, with all that may be charged at action 0, to a unit's last digit.

        Args:
            proposed: shape (nodes, decisions), any numbers; proposed payments at action 0 play no part.
        Returns:
            Whole numbers in units of 2^−40, shape (nodes, decisions).
        """
        counts = into_decision_set(self.environment.decision_set, proposed)
        for i, lowest in enumerate(discretisation.lowest):
            payment = self._least_worth(i, counts[lowest, : self.without.decisions])
            for place, sign in zip(self._payments(i), (1, -1), strict=False):
                counts[lowest, place] = np.maximum(sign * payment, 0)
        return counts

    def _payments(self, agent: int) -> range:
        """The decisions that are payments by an agent, and to it."""
        return range(self.without.decisions + agent, self.environment.decisions, self.without.agents)

    def _least_worth(self, agent: int, counts: IntArray) -> IntArray:
        """What decisions are worth to an agent in the worst state, in units of M/2^40, rounded down: (nodes,)."""
        utilities = {tuple(row) for row in self.without.utilities[agent].tolist()}
        clear = lcm(*(value.denominator for row in utilities for value in row))
        table = np.array([[int(value * clear) for value in row] for row in sorted(utilities)], dtype=object)
        worth = (counts.astype(object) @ table.T).min(axis=1)
        unit = self.unit * clear
        return np.array([number * unit.denominator // unit.numerator for number in worth], dtype=np.int64)

    def payments(self, counts: IntArray) -> EntryPayments:
        """What agents pay, from decisions with payments among them, shape (…, decisions)."""
        decisions, agents = self.without.decisions, self.without.agents
        payments = counts[..., decisions : decisions + agents].copy()
        if counts.shape[-1] > decisions + agents:
            payments -= counts[..., decisions + agents :]
        return EntryPayments(counts=payments, unit=self.unit)

    def paid(self, mechanism: PiecewiseLinearMechanism) -> PiecewiseLinearMechanism:
        """A mechanism of the environment with entry payments as one of the environment without."""
        counts = mechanism.decision_counts
        return replace(
            mechanism,
            decision_counts=np.ascontiguousarray(counts[..., : self.without.decisions]),
            own_decisions=self.without.own_decisions,
            decision_names=self.without.decision_names,
            entry_payments=self.payments(counts),
        )


def _largest_payment(environment: Environment, agent: int) -> Fraction:
    """No decision is worth more to the agent in the worst state, nor costs it more there."""
    gains = [_most(environment.decision_set, row) for row in environment.utilities[agent].tolist()]
    losses = [_most(environment.decision_set, [-value for value in row]) for row in environment.utilities[agent]]
    return max(min(gains), max(losses))


def _most(chosen: DecisionSet, utilities: list[Fraction]) -> Fraction:
    """No less than any decision is worth."""
    most = [Fraction(0)] * chosen.groups
    for group, value in zip(chosen.group.tolist(), utilities, strict=True):
        most[group] = max(most[group], value)
    return sum(most, Fraction(0))
