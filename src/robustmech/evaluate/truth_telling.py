r"""The best direct mechanism as a linear program.

With :math:`v_{ik}(x) = \sum_\theta u_{i\theta k}\sigma(x,\theta)` and p the law of the own signal, in units of utility
given the own signal:

.. math::
    \max\ \sum_{x,k} c_k(x) \sum_\theta w_{\theta k}\sigma(x,\theta) + \sum_{i,j} \rho_i(j) T_i(j) \quad\text{s.t.}\quad
    \frac{1}{p_i(j)} \sum_{x_{-i},k} [c_k(j,x_{-i}) - c_k(j',x_{-i})]\, v_{ik}(j,x_{-i}) \ge T_i(j) - T_i(j'),

.. math::
    \frac{1}{p_i(j)} \sum_{x_{-i},k} c_k(j,x_{-i})\, v_{ik}(j,x_{-i}) \ge T_i(j), \qquad c(x) \in C,

with :math:`T_i` the interim transfers, which are all of the transfers that matters as signals are independent; T ≡ 0
without transfers. The multipliers on these rows are flows: f(j, j') = p(j) α(j, j') and e(j) = p(j) β(j).
Source: Brooks & Du (2023), program (30), and the second program of B.2.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from robustmech.bounds.decision_repair import into_decision_set
from robustmech.bounds.units import program_unit
from robustmech.lp import LinearProgram, LinearSolution
from robustmech.model import Environment, FloatArray, InformationStructure, IntArray, Mechanism


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TruthTellingProgram:
    """The program, and what is needed to read its solution.

    Args:
        linear: the program; its columns are the decisions, profile by profile, and with transfers T agent by agent.
            Its rows are agent by agent the truth-telling constraints, a row ``m * signal + report`` each, with
            participation in place of the report that is true; then the groups of the decision set.
        information: the information structure that it is for.
        environment: the environment that it is for.
        unit: the program counts utility in this unit.
    """

    linear: LinearProgram
    information: InformationStructure
    environment: Environment
    unit: float

    def flows(self, solution: LinearSolution) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """The proposed flows, shape (m_i, m_i), and exits, shape (m_i,), of each agent."""
        found = []
        start = 0
        for grid in self.information.grids:
            own = -solution.multipliers[start : start + grid.actions**2].reshape(grid.actions, grid.actions)
            exits = own.diagonal().copy()
            np.fill_diagonal(own, 0.0)
            found.append((own, exits))
            start += grid.actions**2
        return tuple(found)

    def mechanism(self, solution: LinearSolution) -> tuple[Mechanism, float, float]:
        """The proposed direct mechanism, with the designer's payoff and the largest violated constraint, in its units.

        Decisions are put into the decision set exactly.
        """
        grids, environment = self.information.grids, self.environment
        shape = tuple(grid.actions for grid in grids)
        proposed = solution.primal[: int(np.prod(shape)) * environment.decisions].reshape(-1, environment.decisions)
        interim = solution.primal[proposed.size :]
        counts = into_decision_set(environment.decision_set, proposed).reshape(*shape, environment.decisions)
        transfers = None
        if environment.transfers:
            parts = np.split(interim * self.unit, np.cumsum(shape)[:-1])
            along = [part.reshape([-1 if j == i else 1 for j in range(len(shape))]) for i, part in enumerate(parts)]
            transfers = np.stack([np.broadcast_to(part, shape) for part in along])
        mechanism = Mechanism(
            grids=grids,
            decision_counts=counts,
            transfers=transfers,
            decision_names=environment.decision_names,
        )
        point = np.concatenate([mechanism.decisions.ravel(), interim])
        incentives = sum(own**2 for own in shape)
        violation = -(self.linear.matrix[:incentives] @ point)
        value = -float(self.linear.cost @ point) * self.unit
        if environment.beliefs.penalties is not None:
            value -= float((environment.beliefs.penalties * self.information.state_law).sum())
        return mechanism, value, max(0.0, float(violation.max(initial=0.0))) * self.unit


def signal_laws(information: InformationStructure) -> tuple[FloatArray, ...]:
    """The law of each agent's signals, rounded."""
    if information.product_signals:
        return tuple(grid.probabilities for grid in information.grids)
    joint = information.joint
    axes = range(joint.ndim)
    return tuple(joint.sum(axis=tuple(a for a in axes if a != i)) for i in range(information.agents))


def truth_telling_program(information: InformationStructure, environment: Environment) -> TruthTellingProgram:
    """Assemble the program. The rows of a signal without probability are empty."""
    joint, chosen, unit = information.joint, environment.decision_set, float(program_unit(environment))
    shape = joint.shape[:-1]
    profiles = int(np.prod(shape))
    interim = sum(shape) if environment.transfers else 0
    index = np.arange(profiles * chosen.decisions).reshape(*shape, chosen.decisions)
    laws = signal_laws(information)
    incentives = sp.vstack(
        [_incentives(joint, laws[i], own / unit, index, i) for i, own in enumerate(environment.utilities_rounded)],
        format="csr",
    )
    member = sp.csr_array(
        (np.ones(chosen.decisions), (chosen.group, np.arange(chosen.decisions))),
        shape=(chosen.groups, chosen.decisions),
    )
    groups = sp.kron(sp.identity(profiles), member, format="csr")
    objective = (joint @ environment.payoff_rounded / unit).ravel()
    if interim:
        paid = sp.block_diag([_interim_transfers(own) for own in shape], format="csr")
        incentives = sp.hstack([incentives, paid], format="csr")
        groups = sp.hstack([groups, sp.csr_array((groups.shape[0], interim))], format="csr")
        objective = np.concatenate([objective, *(grid.probabilities for grid in information.grids)])
    linear = LinearProgram(
        cost=-objective,
        matrix=sp.csr_array(sp.vstack([incentives, groups], format="csr")),
        row_lower=np.concatenate(
            [np.zeros(incentives.shape[0]), np.tile(np.where(chosen.required, 1.0, -np.inf), profiles)]
        ),
        row_upper=np.concatenate([np.full(incentives.shape[0], np.inf), np.ones(groups.shape[0])]),
        column_lower=np.concatenate([np.zeros(index.size), np.full(interim, -np.inf)]),
        column_upper=np.concatenate(
            [np.tile(np.where(chosen.capped, chosen.cap.astype(float), np.inf), profiles), np.full(interim, np.inf)]
        ),
    )
    return TruthTellingProgram(linear=linear, information=information, environment=environment, unit=unit)


def _incentives(joint: FloatArray, law: FloatArray, utilities: FloatArray, index: IntArray, agent: int) -> sp.csr_array:
    """One agent's rows on the decisions: the gain from the truth against each report, or against staying out.

    Args:
        joint: σ, shape (m_1, …, m_N, states).
        law: the law of the agent's signals, shape (m_i,).
        utilities: u_i, shape (states, decisions).
        index: the column of each decision, shape (m_1, …, m_N, decisions).
    """
    signals = joint.shape[agent]
    matters = np.flatnonzero(utilities.any(axis=0))
    value = np.moveaxis(joint @ utilities[:, matters], agent, 0).reshape(signals, -1)
    column = np.moveaxis(index[..., matters], agent, 0).reshape(signals, -1)
    value = value / np.where(law > 0, law, 1.0)[:, None]
    rows = np.arange(signals**2).reshape(signals, signals)
    own = np.broadcast_to(value[:, None, :], (signals, signals, column.shape[1]))
    told = np.broadcast_to(column[:, None, :], own.shape)
    reported = np.broadcast_to(column[None, :, :], own.shape)
    row = np.broadcast_to(rows[:, :, None], own.shape)
    lies = ~np.identity(signals, dtype=np.bool_)
    return sp.csr_array(
        (
            np.concatenate([own.ravel(), -own[lies].ravel()]),
            (np.concatenate([row.ravel(), row[lies].ravel()]), np.concatenate([told.ravel(), reported[lies].ravel()])),
        ),
        shape=(signals**2, index.size),
    )


def _interim_transfers(signals: int) -> sp.csr_array:
    """The same rows on the interim transfers: −T(j) + T(j'), or −T(j) against staying out."""
    true = np.repeat(np.arange(signals), signals)
    report = np.tile(np.arange(signals), signals)
    rows = np.arange(signals**2)
    lies = true != report
    return sp.csr_array(
        (
            np.concatenate([-np.ones(rows.size), np.ones(np.count_nonzero(lies))]),
            (np.concatenate([rows, rows[lies]]), np.concatenate([true, report[lies]])),
        ),
        shape=(signals**2, signals),
    )
