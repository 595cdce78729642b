r"""The worst Bayes correlated equilibrium as a linear program.

.. math::
    \min_{\sigma \ge 0} \sum_{x,\theta} \sigma(x,\theta) [W(x,\theta) - \lambda_0(\theta)] \quad \text{s.t.}\quad
    \sum_{x_{-i},\theta} \sigma(x,\theta) [U_i(x,\theta) - U_i(x', x_{-i}, \theta)] \ge 0 \ \ \forall i, x_i, x',

with the law of the state in the beliefs. Source: Brooks & Du (2023), program (33), and the first program of B.2.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from robustmech.lp import LinearProgram, LinearSolution
from robustmech.model import Environment, FloatArray, IntArray, Mechanism, floats
from robustmech.model.belief_units import belief_units
from robustmech.model.priors import exclusions, possible_states

_NEGLIGIBLE = 1e-13
"""Gains smaller than this, relative to the largest payoff, are rounding; the certificate takes them as they are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObedienceProgram:
    """The program, and what is needed to read its solution.

    Args:
        linear: the program; its columns are σ, profile by profile, over the states that the beliefs allow. Its rows are
            the obedience constraints agent by agent, the belief rows, and one row for the probabilities' sum.
        mechanism: the mechanism that it is for.
        environment: the environment that it is for.
        states: the states that the beliefs allow.
        pairs: for each agent, the constraints that are rows, as ``m * action + deviation``.
        unit: the program counts utility in this unit.
    """

    linear: LinearProgram
    mechanism: Mechanism
    environment: Environment
    states: IntArray
    pairs: tuple[IntArray, ...]
    unit: float

    def deviation_multipliers(self, solution: LinearSolution) -> tuple[FloatArray, ...]:
        """The proposed α, for each agent of shape (m_i, m_i); entries may be negative by a rounding."""
        multipliers = []
        start = 0
        for grid, pairs in zip(self.mechanism.grids, self.pairs, strict=True):
            own = np.zeros(grid.actions**2)
            own[pairs] = -solution.multipliers[start : start + pairs.size]
            multipliers.append(own.reshape(grid.actions, grid.actions))
            start += pairs.size
        return tuple(multipliers)

    def belief_multipliers(self, solution: LinearSolution) -> FloatArray:
        """The proposed y, one per belief row, in the environment's units."""
        start, beliefs = sum(pairs.size for pairs in self.pairs), self.environment.beliefs
        found = -solution.multipliers[start : start + beliefs.rows] * self.unit
        return found / floats(belief_units(beliefs).unit)

    def equilibrium(self, solution: LinearSolution) -> tuple[FloatArray, float, float]:
        """The proposed joint law, scaled to a law, with the designer's payoff and the largest violated constraint.

        Returns:
            σ of shape (m_1, …, m_N, all states), the payoff, and the residual, in the environment's units, or where a
            belief row is missed in units of that row's largest entry.
        """
        law = np.clip(solution.primal, 0.0, None)
        law = law / law.sum() if law.sum() > 0 else np.full(law.size, 1.0 / law.size)
        sides = self.linear.matrix @ law
        violation = np.maximum(self.linear.row_lower - sides, sides - self.linear.row_upper)
        violation[: sum(pairs.size for pairs in self.pairs)] *= self.unit
        joint = np.zeros((law.size // self.states.size, self.environment.states))
        joint[:, self.states] = law.reshape(-1, self.states.size)
        shape = (*(grid.actions for grid in self.mechanism.grids), self.environment.states)
        return joint.reshape(shape), float(self.linear.cost @ law) * self.unit, float(violation.max(initial=0.0))


def obedience_program(mechanism: Mechanism, environment: Environment) -> ObedienceProgram:
    """Assemble the program.

    Constraints that hold whatever the law of the actions are left out.

    Raises:
        InputError: if a row of the beliefs asks for what no prior has.
    """
    beliefs = environment.beliefs
    states = np.flatnonzero(possible_states(beliefs, exclusions(beliefs)))
    payoff, utilities = payoffs(mechanism, environment)
    unit = max(float(np.abs(part[..., states]).max()) for part in (payoff, utilities)) or 1.0
    index = np.arange(payoff[..., states].size).reshape(*payoff.shape[:-1], states.size)
    blocks, pairs = zip(
        *(_constraints(utilities[i][..., states] / unit, index, i) for i in range(environment.agents)), strict=True
    )
    profiles = payoff[..., 0].size
    own = belief_units(beliefs)
    belief = sp.kron(np.ones((1, profiles)), own.matrix[:, states], format="csr")
    constraints = sum(own.size for own in pairs)
    penalties = 0.0 if beliefs.penalties is None else beliefs.penalties[states].astype(float)
    linear = LinearProgram(
        cost=((payoff[..., states] - penalties) / unit).ravel(),
        matrix=sp.csr_array(sp.vstack([*blocks, belief, sp.csr_array(np.ones((1, index.size)))], format="csr")),
        row_lower=np.concatenate([np.zeros(constraints), own.lower, [1.0]]),
        row_upper=np.concatenate([np.full(constraints, np.inf), own.upper, [1.0]]),
        column_lower=np.zeros(index.size),
        column_upper=np.full(index.size, np.inf),
    )
    return ObedienceProgram(
        linear=linear,
        mechanism=mechanism,
        environment=environment,
        states=states,
        pairs=tuple(pairs),
        unit=unit,
    )


def payoffs(mechanism: Mechanism, environment: Environment) -> tuple[FloatArray, FloatArray]:
    """The designer's payoff, shape (m_1, …, m_N, states), and the agents' utilities, with the agents first; rounded."""
    payoff = mechanism.decisions @ environment.payoff_rounded.T
    utilities = np.stack([mechanism.decisions @ own.T for own in environment.utilities_rounded])
    if mechanism.transfers is not None:
        payoff += mechanism.transfers.sum(axis=0)[..., None]
        utilities -= mechanism.transfers[..., None]
    return payoff, utilities


def _constraints(utility: FloatArray, index: IntArray, agent: int) -> tuple[sp.csr_array, IntArray]:
    """One agent's obedience constraints that can fail, and which they are.

    Args:
        utility: U_i, shape (m_1, …, m_N, states).
        index: the column of each entry, of the same shape.
    """
    actions = utility.shape[agent]
    own = np.moveaxis(utility, agent, 0).reshape(actions, -1)
    column = np.moveaxis(index, agent, 0).reshape(actions, -1)
    losses = own[:, None, :] - own[None, :, :]
    losses[np.abs(losses) < _NEGLIGIBLE] = 0.0
    action, deviation = np.nonzero((losses < 0).any(axis=-1))
    starts = np.arange(action.size + 1) * column.shape[1]
    matrix = sp.csr_array(
        (losses[action, deviation].ravel(), column[action].ravel(), starts), shape=(action.size, index.size)
    )
    matrix.eliminate_zeros()
    return matrix, action * actions + deviation
