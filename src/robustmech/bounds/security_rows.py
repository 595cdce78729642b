"""The rows that say that action 0 is participation secure, and where exchanges of agents take them."""

from dataclasses import dataclass

import numpy as np

from robustmech.model import Discretisation, FloatArray, IntArray
from robustmech.model.symmetry import Exchange


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecurityRows:
    """Utilities that could be negative, each agent's distinct ones, at all nodes where it takes the lowest action.

    Rows are agent by agent, node by node, the distinct utilities fastest.

    Args:
        lowest: for each agent, the nodes.
        tables: for each agent, the distinct utilities, shape (distinct, decisions).
        state_row: for each agent and state, which of them the state has, −1 if it cannot be negative there.
    """

    lowest: tuple[IntArray, ...]
    tables: tuple[FloatArray, ...]
    state_row: IntArray

    @classmethod
    def of(cls, utilities: FloatArray, discretisation: Discretisation) -> "SecurityRows":
        """The rows of one program, for utilities of shape (agents, states, decisions)."""
        tables = []
        state_row = np.full(utilities.shape[:2], -1, dtype=np.int64)
        for i, own in enumerate(utilities):
            doubtful = np.flatnonzero((own < 0).any(axis=1))
            table, place = np.unique(own[doubtful], axis=0, return_inverse=True)
            tables.append(table)
            state_row[i, doubtful] = place.ravel()
        return cls(lowest=discretisation.lowest, tables=tuple(tables), state_row=state_row)

    @property
    def starts(self) -> IntArray:
        """Where each agent's rows begin, and where the last one's end."""
        sizes = [nodes.size * len(table) for nodes, table in zip(self.lowest, self.tables, strict=True)]
        return np.cumsum([0, *sizes])

    def moved(self, exchange: Exchange, node: IntArray) -> IntArray:
        """Where each row goes when two agents are exchanged, and each node to its image."""
        target = np.empty(self.starts[-1], dtype=np.int64)
        agents = np.arange(len(self.lowest))
        agents[list(exchange.agents)] = exchange.agents[::-1]
        for i, j in enumerate(agents):
            if not len(self.tables[i]):
                continue
            states = np.flatnonzero(self.state_row[i] >= 0)
            _, first = np.unique(self.state_row[i, states], return_index=True)
            row = self.state_row[j, exchange.states[states[first]]]
            order = np.argsort(self.lowest[j])
            place = order[np.searchsorted(self.lowest[j], node[self.lowest[i]], sorter=order)]
            target[self.starts[i] : self.starts[i + 1]] = (
                self.starts[j] + place[:, None] * len(self.tables[j]) + row
            ).ravel()
        return target
