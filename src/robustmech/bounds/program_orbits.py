"""The orbits of a local program's columns and rows under exchanges of agents."""

import numpy as np
import numpy.typing as npt

from robustmech.bounds.security_rows import SecurityRows
from robustmech.lp import orbits
from robustmech.model import Discretisation, Environment, IntArray
from robustmech.model.symmetry import Exchange

Signs = npt.NDArray[np.float64]


def column_orbits(
    environment: Environment,
    discretisation: Discretisation,
    alike: tuple[Exchange, ...],
    belief_row: IntArray,
    belief_sign: Signs,
) -> IntArray:
    """Orbits of the decisions (node by node), the belief multipliers' columns, and Ξ (or the sum's multiplier)."""
    nodes, decisions = discretisation.nodes, environment.decisions
    place = {(int(row), float(sign)): c for c, (row, sign) in enumerate(zip(belief_row, belief_sign, strict=True))}
    permutations = []
    for exchange in alike:
        row, node = discretisation.exchanged[exchange.agents]
        beliefs = [place[int(exchange.rows[row]), sign] for row, sign in place]
        growth = row if environment.transfers else np.zeros(1, dtype=np.int64)
        permutations.append(
            _joined((node[:, None] * decisions + exchange.decisions).ravel(), np.array(beliefs, dtype=np.int64), growth)
        )
    tail = discretisation.rows if environment.transfers else 1
    return orbits(nodes * decisions + len(place) + tail, permutations)


def row_orbits(
    environment: Environment,
    discretisation: Discretisation,
    alike: tuple[Exchange, ...],
    states: IntArray,
    security: SecurityRows | None,
) -> IntArray:
    """Orbits of the inequality (row by row, state fastest), of the decision rows, and of those for participation."""
    groups = environment.decision_set.groups
    place = np.full(environment.states, -1, dtype=np.int64)
    place[states] = np.arange(states.size)
    rows = discretisation.rows * states.size + discretisation.nodes * groups
    permutations = []
    for exchange in alike:
        row, node = discretisation.exchanged[exchange.agents]
        permutations.append(
            _joined(
                (row[:, None] * states.size + place[exchange.states[states]]).ravel(),
                (node[:, None] * groups + np.arange(groups)).ravel(),
                *(() if security is None else (security.moved(exchange, node),)),
            )
        )
    return orbits(rows + (0 if security is None else int(security.starts[-1])), permutations)


def _joined(*permutations: IntArray) -> IntArray:
    """One permutation of several things in a row."""
    starts = np.cumsum([0, *(p.size for p in permutations)])
    return np.concatenate([p + start for p, start in zip(permutations, starts[:-1], strict=True)])
