r"""Public information, for problems without transfers: all agents see the same one of finitely many signals.

Participation security at each signal s, with a multiplier :math:`y_i(s) \ge 0` for each agent, proves that no
participation-secure mechanism gets more than

.. math:: \sum_s \max_{c \in C} c \cdot \sum_\theta \sigma(s, \theta)
    \Big[ w(\theta) + \sum_i y_i(s) u_i(\theta) \Big],

with no use of incentives. As a discretisation nodes and rows are the signals, the evaluation is the identity and an
agent's local operator the diagonal of its multipliers.
Source: derived in docs/sharp-bounds.md, 4.7.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from robustmech.errors import InputError
from robustmech.model import Counts, Discretisation, FloatArray

_MOST_SIGNALS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSignals:
    """Signals that everybody sees, for problems without transfers.

    Args:
        multipliers: for each agent, the multiplier on its participation at each signal, at least zero; exact.
    Raises:
        InputError: for a negative multiplier, no signal, or agents with different numbers of signals.
    """

    multipliers: tuple[tuple[Fraction, ...], ...]
    kind: ClassVar[str] = "public signals"

    def __post_init__(self) -> None:
        if not self.multipliers or len({len(own) for own in self.multipliers}) != 1:
            raise InputError("public signals: give every agent one multiplier for each signal")
        if not 1 <= self.signals <= _MOST_SIGNALS:
            raise InputError(f"public signals: {self.signals} signals, choose between 1 and {_MOST_SIGNALS:,}")
        if any(y < 0 for own in self.multipliers for y in own):
            raise InputError("public signals: multipliers on participation must be at least zero")

    @property
    def agents(self) -> int:
        """The number of agents."""
        return len(self.multipliers)

    @property
    def signals(self) -> int:
        """The number of signals."""
        return len(self.multipliers[0])

    @property
    def description(self) -> str:
        """Its kind and size, for people."""
        return f"{self.signals} public signal{'s' if self.signals > 1 else ''}"

    @property
    def counts(self) -> Counts:
        """How large the program will be."""
        size = self.signals
        return Counts(rows=size, nodes=size, local=size, evaluation=size, separator=1.0)

    def discretise(self) -> Discretisation:
        """The upper program's operators; every signal has the same mass, which only scales its law."""
        size = self.signals
        everywhere = (np.arange(size), np.arange(size))
        return Discretisation(
            evaluation=sp.csr_array(sp.identity(size, format="csr")),
            local=tuple(
                sp.csr_array(sp.diags_array([float(y) for y in own], format="csr")) for own in self.multipliers
            ),
            mass=np.full(size, 1 / size),
            mass_weights=np.full(size, 1, dtype=object),
            lowest=(),
            row_shape=(size,),
            node_shape=(size,),
            exchanged={
                (i, j): everywhere
                for i, j in combinations(range(self.agents), 2)
                if self.multipliers[i] == self.multipliers[j]
            },
        )

    def weights(self, signals: FloatArray) -> sp.csr_array:
        """Which signal each profile is: all agents' numbers from k on and below k + 1 stand for signal k; else none."""
        place = np.floor(signals).astype(np.int64)
        seen = (place == place[:, :1]).all(axis=1) & (place[:, 0] < self.signals)
        rows = np.flatnonzero(seen)
        entries = (np.ones(rows.size), (rows, place[rows, 0]))
        return sp.csr_array(entries, shape=(signals.shape[0], self.signals))
