"""Finite mechanisms on a product of grids."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from robustmech.errors import ShapeError
from robustmech.model.grid import Grid
from robustmech.model.rational import FloatArray, IntArray

if TYPE_CHECKING:
    import xarray as xr

MECHANISM_DENOMINATOR = 2**40
"""Decisions are kept as whole numbers over this, so that feasibility is exact and doubles represent them exactly."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EntryPayments:
    """The part of transfers that need not vanish at action 0, where it leaves every agent at least zero.

    Args:
        counts: what each agent pays, or is paid, at each node in units of ``unit``/2^40, shape (…, agents).
        unit: in units of utility.
    """

    counts: IntArray
    unit: Fraction

    def __post_init__(self) -> None:
        self.counts.setflags(write=False)

    @property
    def amounts(self) -> FloatArray:
        """What each agent pays at each node, rounded, shape (…, agents)."""
        return np.asarray(self.counts * (float(self.unit) / MECHANISM_DENOMINATOR), dtype=np.float64)

    def at_the_bottom(self) -> tuple[FloatArray, ...]:
        """For each agent the largest doubles at most what it pays at action 0 of a grid, by the others' actions."""
        found = []
        for i in range(self.counts.shape[-1]):
            exact = self.counts[..., i].take(0, axis=i).astype(object) * self.unit / MECHANISM_DENOMINATOR
            found.append(np.asarray(np.vectorize(_rounded_down, otypes=[np.float64])(exact)))
        return tuple(found)


def _rounded_down(exact: Fraction) -> float:
    number = float(exact)
    return number if Fraction(number) <= exact else math.nextafter(number, -math.inf)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mechanism:
    """What each profile of actions implements.

    Args:
        grids: each agent's ordered actions.
        decision_counts: decisions in units of 2^−40, shape (m_1, …, m_N, decisions).
        transfers: what each agent pays, shape (agents, m_1, …, m_N); None without transfers.
        aggregate_excess_growth: Ξ, balanced, of the transfers beside entry payments, shape (m_1, …, m_N); None without
            transfers.
        decision_names: names of the decisions.
        entry_payments: the part of the transfers that need not vanish at action 0; None if there is none.
    Raises:
        ShapeError: if the arrays do not fit the grids.
    Source: Brooks & Du (2023), sections 2 and 5.1.
    """

    grids: tuple[Grid, ...]
    decision_counts: IntArray
    transfers: FloatArray | None = None
    aggregate_excess_growth: FloatArray | None = None
    decision_names: tuple[str, ...] = ()
    entry_payments: EntryPayments | None = None

    def __post_init__(self) -> None:
        shape = tuple(grid.actions for grid in self.grids)
        if self.decision_counts.shape[:-1] != shape:
            raise ShapeError(f"decisions have shape {self.decision_counts.shape}: expected {shape} and the decisions")
        if self.transfers is not None and self.transfers.shape != (len(shape), *shape):
            raise ShapeError(f"transfers have shape {self.transfers.shape}: expected {(len(shape), *shape)}")
        for array in (self.decision_counts, self.transfers, self.aggregate_excess_growth):
            if array is not None:
                array.setflags(write=False)

    @property
    def agents(self) -> int:
        """The number of agents."""
        return len(self.grids)

    @property
    def decisions(self) -> FloatArray:
        """The probability (or quantity) of each decision, shape (m_1, …, m_N, decisions); exact in doubles."""
        return self.decision_counts / MECHANISM_DENOMINATOR

    def labelled(self) -> "xr.Dataset":
        """The mechanism as labelled arrays; the coordinates are the actions' places on the papers' scale."""
        names = [f"action of agent {i + 1}" for i in range(self.agents)]
        arrays: dict[str, tuple[list[str], FloatArray]] = {"decisions": ([*names, "decision"], self.decisions)}
        if self.transfers is not None:
            arrays["transfers"] = (["agent", *names], self.transfers)
        if self.entry_payments is not None:
            arrays["entry_payments"] = ([*names, "agent"], self.entry_payments.amounts)
        if self.aggregate_excess_growth is not None:
            arrays["aggregate_excess_growth"] = (names, self.aggregate_excess_growth)
        coordinates: dict[str, object] = {name: grid.positions for name, grid in zip(names, self.grids, strict=True)}
        if self.decision_names:
            coordinates["decision"] = list(self.decision_names)
        import xarray as xr  # takes a quarter of a second to load, and few ask for it

        return xr.Dataset(arrays, coords=coordinates)
