r"""The one local program, for either side, any environment, beliefs and discretisation.

.. math::
    \max\ b \cdot y + \sum_x \rho(x)\,\Xi(x) \quad \text{s.t.}\quad
    (B^\top y)(\theta) + \lambda_0(\theta) + \Xi(x) \le \sum_k \Big[ w_{\theta k} c_k(x)
    + \sum_i u_{i\theta k} (\nabla_i c_k)(x) \Big],\qquad c(x) \in C,

with Ξ ≡ 0 without transfers. Its multipliers on the inequality are nature's joint law σ(x, θ).
Source: Brooks & Du (2023), programs (9), (11), (20) and (27).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from robustmech.bounds.program_orbits import column_orbits, row_orbits
from robustmech.lp import Folding, LinearProgram, LinearSolution, fold, orbits
from robustmech.model import Discretisation, Environment, FloatArray, IntArray, Side
from robustmech.model.priors import Exclusion, exclusions, independent_rows, possible_states
from robustmech.model.symmetry import Exchange


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeliefColumns:
    """The belief multipliers as columns: an equality row is one free column, another row one column per limit.

    Args:
        row: the belief row of each column.
        sign: +1 where the column raises the row's multiplier, −1 where it lowers it.
        limit: the row's limit that the column is paid at.
        free: whether the column may take either sign.
    """

    row: IntArray
    sign: FloatArray
    limit: FloatArray
    free: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalProgram:
    """A local program as a linear program, with what is needed to read its solution.

    Args:
        environment: the environment it is for.
        discretisation: where it lives.
        side: which bound it gives.
        folding: the program, in orbits of the agents' exchanges. The whole program's columns are the decisions (node
            by node), the belief multipliers, and Ξ (with transfers) or one multiplier on the probabilities' sum.
        states: the states that the beliefs allow.
        excluded: why the other states are impossible.
        columns: the belief multipliers' columns.
        unit: the linear program counts utility in this unit.
    """

    environment: Environment
    discretisation: Discretisation
    side: Side
    folding: Folding
    states: IntArray
    excluded: tuple[Exclusion, ...]
    columns: BeliefColumns
    unit: float

    def decisions(self, solution: LinearSolution) -> FloatArray:
        """The proposed decisions, shape (nodes, decisions)."""
        count = self.discretisation.nodes * self.environment.decisions
        return solution.primal[:count].reshape(self.discretisation.nodes, self.environment.decisions)

    def belief_multipliers(self, solution: LinearSolution) -> FloatArray:
        """The proposed multipliers y, one per belief row, in the environment's units."""
        start = self.discretisation.nodes * self.environment.decisions
        found = solution.primal[start : start + self.columns.row.size]
        multipliers = np.zeros(self.environment.beliefs.rows)
        np.add.at(multipliers, self.columns.row, self.columns.sign * found)
        return multipliers * self.unit

    def joint_law(self, solution: LinearSolution) -> FloatArray:
        """The proposed joint law σ, shape (rows, all states); zero in impossible states."""
        count = self.discretisation.rows * self.states.size
        joint = np.zeros((self.discretisation.rows, self.environment.states))
        joint[:, self.states] = solution.multipliers[:count].reshape(self.discretisation.rows, self.states.size)
        return joint


def local_program(
    environment: Environment, discretisation: Discretisation, side: Side, alike: tuple[Exchange, ...] = ()
) -> LocalProgram:
    """Assemble the program for one side.

    The free direction of the multipliers is removed by leaving out the belief rows that the others and the
    probabilities' sum imply, and the program is in units of the largest utility.

    Args:
        alike: exchanges of agents that leave the environment and the discretisation as they are; the program then
            looks only for symmetric solutions, among which there is an optimal one.
    Raises:
        InputError: if no prior satisfies the beliefs.
    """
    beliefs = environment.beliefs
    excluded = exclusions(beliefs)
    possible = possible_states(beliefs, excluded)
    row_orbit = orbits(beliefs.rows, [exchange.rows for exchange in alike])
    columns = _belief_columns(environment, independent_rows(beliefs, possible, row_orbit))
    states = np.flatnonzero(possible)
    unit = environment.scale
    blocks = [
        _inequality(environment, discretisation, states, columns, unit),
        _decision_rows(environment, discretisation),
    ]
    if side is Side.LOWER:
        blocks.append(_participation_rows(environment, discretisation, unit))
    decisions = discretisation.nodes * environment.decisions
    cap = np.where(environment.decision_set.capped, environment.decision_set.cap.astype(float), np.inf)
    tail = discretisation.rows if environment.transfers else 1
    linear = LinearProgram(
        cost=-np.concatenate(
            [
                np.zeros(decisions),
                columns.sign * columns.limit,
                discretisation.mass if environment.transfers else np.ones(1),
            ]
        ),
        matrix=sp.csr_array(sp.vstack([_widen(block.matrix, decisions + columns.row.size + tail) for block in blocks])),
        row_lower=np.concatenate([block.lower for block in blocks]),
        row_upper=np.concatenate([block.upper for block in blocks]),
        column_lower=np.concatenate(
            [np.zeros(decisions), np.where(columns.free, -np.inf, 0.0), np.full(tail, -np.inf)]
        ),
        column_upper=np.concatenate([np.tile(cap, discretisation.nodes), np.full(columns.row.size + tail, np.inf)]),
    )
    return LocalProgram(
        environment=environment,
        discretisation=discretisation,
        side=side,
        folding=fold(
            linear,
            column_orbits(environment, discretisation, alike, columns.row, columns.sign),
            row_orbits(environment, discretisation, alike, states, linear.row_lower.size),
        ),
        states=states,
        excluded=excluded,
        columns=columns,
        unit=unit,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    matrix: sp.csr_array
    lower: FloatArray
    upper: FloatArray


def _belief_columns(environment: Environment, kept: npt.NDArray[np.bool_]) -> BeliefColumns:
    beliefs = environment.beliefs
    low = np.array([-np.inf if v is None else float(v) for v in beliefs.lower])
    high = np.array([np.inf if v is None else float(v) for v in beliefs.upper])
    equal = np.flatnonzero(kept & beliefs.equality)
    raised = np.flatnonzero(~beliefs.equality & np.isfinite(low))
    lowered = np.flatnonzero(~beliefs.equality & np.isfinite(high))
    return BeliefColumns(
        row=np.concatenate([equal, raised, lowered]),
        sign=np.concatenate([np.ones(equal.size + raised.size), -np.ones(lowered.size)]),
        limit=np.concatenate([low[equal], low[raised], high[lowered]]),
        free=np.concatenate(
            [np.ones(equal.size, dtype=np.bool_), np.zeros(raised.size + lowered.size, dtype=np.bool_)]
        ),
    )


def _inequality(
    environment: Environment,
    discretisation: Discretisation,
    states: IntArray,
    columns: BeliefColumns,
    unit: float,
) -> _Rows:
    """One row per (row, state), state fastest: λ(θ) + Ξ(x) − virtual objective ≤ −λ₀(θ)."""
    rows = discretisation.rows
    virtual = sp.kron(discretisation.evaluation, sp.csr_array(environment.payoff_rounded[states] / unit), format="csr")
    for i, local in enumerate(discretisation.local):
        virtual = virtual + sp.kron(local, sp.csr_array(environment.utilities_rounded[i, states] / unit), format="csr")
    belief = (environment.beliefs.matrix[columns.row][:, states] * columns.sign[:, None]).T
    every_row = np.ones((rows, 1))
    every_state = sp.csr_array(np.ones((states.size, 1)))
    tail = sp.kron(sp.identity(rows) if environment.transfers else every_row, every_state, format="csr")
    penalties = environment.beliefs.penalties
    penalty = np.zeros(states.size) if penalties is None else penalties[states].astype(float) / unit
    return _Rows(
        matrix=sp.csr_array(sp.hstack([-virtual, sp.kron(every_row, belief), tail], format="csr")),
        lower=np.full(rows * states.size, -np.inf),
        upper=np.tile(-penalty, rows),
    )


def _decision_rows(environment: Environment, discretisation: Discretisation) -> _Rows:
    """One row per node and group: the group's decisions add up to at most one, or to one."""
    chosen = environment.decision_set
    member = sp.csr_array(
        (np.ones(chosen.decisions), (chosen.group, np.arange(chosen.decisions))),
        shape=(chosen.groups, chosen.decisions),
    )
    return _Rows(
        matrix=sp.csr_array(sp.kron(sp.identity(discretisation.nodes), member, format="csr")),
        lower=np.tile(np.where(chosen.required, 1.0, -np.inf), discretisation.nodes),
        upper=np.ones(discretisation.nodes * chosen.groups),
    )


def _participation_rows(environment: Environment, discretisation: Discretisation, unit: float) -> _Rows:
    """Action 0 is participation secure: utility at least zero in every state where it could be negative."""
    blocks = []
    for i, lowest in enumerate(discretisation.lowest):
        utilities = environment.utilities_rounded[i] / unit
        utilities = np.unique(utilities[(utilities < 0).any(axis=1)], axis=0)
        chosen = sp.csr_array(
            (np.ones(lowest.size), (np.arange(lowest.size), lowest)),
            shape=(lowest.size, discretisation.nodes),
        )
        blocks.append(sp.kron(chosen, sp.csr_array(utilities), format="csr"))
    matrix = sp.csr_array(sp.vstack(blocks))
    return _Rows(matrix=matrix, lower=np.zeros(matrix.shape[0]), upper=np.full(matrix.shape[0], np.inf))


def _widen(matrix: sp.csr_array, width: int) -> sp.csr_array:
    return sp.csr_array((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], width))
