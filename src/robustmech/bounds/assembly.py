r"""The one local program, for either side, any environment, beliefs and discretisation.

.. math::
    \max\ b \cdot y + \sum_x \rho(x)\,\Xi(x) \quad \text{s.t.}\quad
    (B^\top y)(\theta) + \lambda_0(\theta) + \Xi(x) \le \sum_k \Big[ w_{\theta k} c_k(x)
    + \sum_i u_{i\theta k} (\nabla_i c_k)(x) \Big],\qquad c(x) \in C,

with Ξ ≡ 0 without transfers. Its multipliers on the inequality are nature's joint law σ(x, θ).
Source: Brooks & Du (2023), programs (9), (11), (20) and (27).
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from robustmech.bounds.program_orbits import column_orbits, row_orbits
from robustmech.bounds.security_rows import SecurityRows
from robustmech.bounds.units import CountedUtilities, counted_in, program_unit
from robustmech.lp import Folding, LinearProgram, LinearSolution, fold, orbits
from robustmech.model import Discretisation, Environment, FloatArray, IntArray, Side, floats
from robustmech.model.belief_units import BeliefUnits, belief_units
from robustmech.model.priors import Exclusion, exclusions, independent_rows, possible_states
from robustmech.model.symmetry import Exchange


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeliefColumns:
    """The belief multipliers as columns: an equality row is one free column, another row one column per limit.

    Args:
        row: the belief row of each column.
        sign: +1 where the column raises the row's multiplier, −1 where it lowers it.
        limit: the row's limit that the column is paid at, in the row's own unit.
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
        unit: the linear program counts utility in this unit, and belief multipliers in this over the row's own.
    """

    environment: Environment
    discretisation: Discretisation
    side: Side
    folding: Folding
    states: IntArray
    excluded: tuple[Exclusion, ...]
    columns: BeliefColumns
    unit: Fraction

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
        return multipliers * floats(self.unit / belief_units(self.environment.beliefs).unit)

    def growth(self, solution: LinearSolution) -> FloatArray:
        """The proposed Ξ at the rows, in the environment's units; only with transfers."""
        return solution.primal[-self.discretisation.rows :] * float(self.unit)

    def value(self, solution: LinearSolution) -> float:
        """The program's value as the solver has it, in the environment's units."""
        return -solution.objective * float(self.unit)

    def joint_law(self, solution: LinearSolution) -> FloatArray:
        """The proposed joint law σ, shape (rows, all states); zero in impossible states."""
        count = self.discretisation.rows * self.states.size
        joint = np.zeros((self.discretisation.rows, self.environment.states))
        joint[:, self.states] = solution.multipliers[:count].reshape(self.discretisation.rows, self.states.size)
        return joint


def local_program(
    environment: Environment,
    discretisation: Discretisation,
    side: Side,
    alike: tuple[Exchange, ...] = (),
    left_out: npt.NDArray[np.bool_] | None = None,
    unit: Fraction | None = None,
) -> LocalProgram:
    """Assemble the program for one side.

    The free direction of the multipliers is removed by leaving out the belief rows that the others and the
    probabilities' sum imply, and the program is in the environment's own unit.

    Args:
        alike: exchanges of agents that leave the environment and the discretisation as they are; the program then
            looks only for symmetric solutions, among which there is an optimal one.
        left_out: decisions that are to be zero at some nodes, shape (nodes, decisions).
        unit: what the program counts utility in; `program_unit` if not given.
    Raises:
        InputError: if no prior satisfies the beliefs.
    """
    beliefs = environment.beliefs
    excluded = exclusions(beliefs)
    possible = possible_states(beliefs, excluded)
    row_orbit = orbits(beliefs.rows, [exchange.rows for exchange in alike])
    rows = belief_units(beliefs)
    columns = _belief_columns(environment, rows, independent_rows(beliefs, possible, row_orbit))
    states = np.flatnonzero(possible)
    unit = program_unit(environment) if unit is None else unit
    counted = counted_in(environment, unit)
    decisions = discretisation.nodes * environment.decisions
    tail = discretisation.rows if environment.transfers else 1
    blocks = [
        _inequality(environment, discretisation, states, columns, counted),
        _decision_rows(environment, discretisation),
    ]
    security = SecurityRows.of(counted.utilities, discretisation) if side is Side.LOWER else None
    if security is not None:
        blocks.append(_participation_rows(security, environment.decisions))
    cap = np.where(environment.decision_set.capped, environment.decision_set.cap.astype(float), np.inf)
    most = np.tile(cap, (discretisation.nodes, 1))
    if left_out is not None:
        most[left_out] = 0.0
    linear = LinearProgram(
        cost=-np.concatenate(
            [
                np.zeros(decisions),
                columns.sign * columns.limit,
                discretisation.mass if environment.transfers else np.ones(1),
            ]
        ),
        matrix=_stacked(blocks, decisions + columns.row.size + tail, left_out),
        row_lower=np.concatenate([block.lower for block in blocks]),
        row_upper=np.concatenate([block.upper for block in blocks]),
        column_lower=np.concatenate(
            [np.zeros(decisions), np.where(columns.free, -np.inf, 0.0), np.full(tail, -np.inf)]
        ),
        column_upper=np.concatenate([most.ravel(), np.full(columns.row.size + tail, np.inf)]),
    )
    return LocalProgram(
        environment=environment,
        discretisation=discretisation,
        side=side,
        folding=fold(
            linear,
            column_orbits(environment, discretisation, alike, columns.row, columns.sign),
            row_orbits(environment, discretisation, alike, states, security),
        ),
        states=states,
        excluded=excluded,
        columns=columns,
        unit=unit,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Constraints: their entries as lists of (row, column, entry), added up where they meet, and their limits."""

    entries: list[tuple[IntArray, IntArray, FloatArray]]
    lower: FloatArray
    upper: FloatArray


def _stacked(blocks: list[_Rows], width: int, left_out: npt.NDArray[np.bool_] | None) -> sp.csr_array:
    """All constraints below each other. One conversion for all of them: small programs spend their time on these.

    Columns of decisions that are left out stay empty.
    """
    starts = np.cumsum([0, *(block.lower.size for block in blocks)])
    row = np.concatenate(
        [part[0] + start for block, start in zip(blocks, starts[:-1], strict=True) for part in block.entries]
    )
    column = np.concatenate([part[1] for block in blocks for part in block.entries])
    entry = np.concatenate([part[2] for block in blocks for part in block.entries])
    if left_out is not None:
        used = np.append(~left_out.ravel(), np.ones(width - left_out.size, dtype=np.bool_))[column]
        row, column, entry = row[used], column[used], entry[used]
    return sp.csr_array(sp.coo_array((entry, (row, column)), shape=(int(starts[-1]), width)))


def _crossed(
    operator: sp.csr_array, table: FloatArray, height: int, width: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """The entries of the Kronecker product of an operator with a table of some height and width."""
    own = np.repeat(np.arange(operator.shape[0]), np.diff(operator.indptr))
    row, column = np.nonzero(table)
    return (
        (own[:, None] * height + row).ravel(),
        (operator.indices[:, None].astype(np.int64) * width + column).ravel(),
        np.multiply.outer(operator.data, table[row, column]).ravel(),
    )


def _belief_columns(environment: Environment, rows: BeliefUnits, kept: npt.NDArray[np.bool_]) -> BeliefColumns:
    beliefs, low, high = environment.beliefs, rows.lower, rows.upper
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
    counted: CountedUtilities,
) -> _Rows:
    """One row per (row, state), state fastest: λ(θ) + Ξ(x) − virtual objective ≤ −λ₀(θ)."""
    rows, decisions, count = discretisation.rows, environment.decisions, states.size
    entries = [_crossed(discretisation.evaluation, -counted.payoff[states], count, decisions)]
    for i, local in enumerate(discretisation.local):
        entries.append(_crossed(local, -counted.utilities[i, states], count, decisions))
    belief = (belief_units(environment.beliefs).matrix[columns.row][:, states] * columns.sign[:, None]).T.tocoo()
    first = discretisation.nodes * decisions
    every_row = np.arange(rows)[:, None]
    entries.append(
        (
            (every_row * count + belief.row).ravel(),
            np.tile(first + belief.col.astype(np.int64), rows),
            np.tile(belief.data, rows),
        )
    )
    every = np.arange(rows * count)
    tail = every // count if environment.transfers else np.zeros_like(every)
    entries.append((every, first + columns.row.size + tail, np.ones(every.size)))
    return _Rows(entries=entries, lower=np.full(every.size, -np.inf), upper=np.tile(-counted.penalties[states], rows))


def _decision_rows(environment: Environment, discretisation: Discretisation) -> _Rows:
    """One row per node and group: the group's decisions add up to at most one, or to one."""
    chosen = environment.decision_set
    nodes = discretisation.nodes
    rows = (np.arange(nodes)[:, None] * chosen.groups + chosen.group).ravel()
    return _Rows(
        entries=[(rows, np.arange(rows.size), np.ones(rows.size))],
        lower=np.tile(np.where(chosen.required, 1.0, -np.inf), nodes),
        upper=np.ones(nodes * chosen.groups),
    )


def _participation_rows(security: SecurityRows, decisions: int) -> _Rows:
    """Action 0 is participation secure: utility at least zero in every state where it could be negative."""
    entries = []
    for start, lowest, table in zip(security.starts[:-1], security.lowest, security.tables, strict=True):
        row, column = np.nonzero(table)
        place = np.arange(lowest.size)[:, None]
        entries.append(
            (
                (start + place * len(table) + row).ravel(),
                (lowest[:, None] * decisions + column).ravel(),
                np.tile(table[row, column], lowest.size),
            )
        )
    height = int(security.starts[-1])
    return _Rows(entries=entries, lower=np.zeros(height), upper=np.full(height, np.inf))
