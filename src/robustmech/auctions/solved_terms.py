"""The terms of a solved auction: a piecewise-linear mechanism on real bids, and what proves its guarantee."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from robustmech.auctions.bid_steps import SteppedRule, checked_increment
from robustmech.auctions.sale import Sale
from robustmech.bounds import Solution, solve
from robustmech.bounds.stored_mechanisms import value_on_mesh
from robustmech.continuum import AuctionRule
from robustmech.elements import Boxes, CrossedTriangles, PiecewiseLinearMechanism, Shares, Triangles
from robustmech.errors import InputError
from robustmech.model import MECHANISM_DENOMINATOR, Environment, IntArray, RationalArray

AuctionMesh = Triangles | CrossedTriangles | Boxes | Shares


@dataclass(frozen=True, kw_only=True)
class SolvedTerms:
    """A mechanism that was solved for.

    Args:
        sale: what is sold, and what the seller knows, in exact numbers.
        mesh: where the mechanism's values are given, with exact breakpoints.
        decisions: the bidders' shares at the nodes in units of 2^−40: node by node, the bidders in order.
        growth: the aggregate excess growth Ξ, or its parts, as the mesh's transfers need it, in one list.
        growth_shape: the shape of that.
        multipliers: y, exact, one per belief row; with the decisions they prove the guarantee.
        limit: a number that no auction's guarantee exceeds under the same assumptions, or None if it was not computed.
        increment: the smallest step between bids, exact, or None for any bids.
    Raises:
        InputError: for numbers that cannot be, or that do not fit together.
    """

    sale: Sale
    mesh: AuctionMesh
    decisions: tuple[int, ...]
    growth: tuple[float, ...]
    growth_shape: tuple[int, ...]
    multipliers: tuple[Fraction, ...]
    limit: float | None = None
    increment: Fraction | None = None
    pays_per_lot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.mesh.agents != self.sale.bidders:
            raise InputError(f"the mesh is for {self.mesh.agents} bidders, the sale for {self.sale.bidders}")
        nodes = math.prod(self.mesh.node_shape)
        if len(self.decisions) != nodes * self.sale.bidders:
            raise InputError(
                f"there are {len(self.decisions)} decisions for {nodes} nodes and {self.sale.bidders} bidders: give all"
            )
        if math.prod(self.growth_shape) != len(self.growth) or self.mesh.counts.rows not in self.growth_shape:
            raise InputError(
                f"growth: {len(self.growth)} numbers of shape {list(self.growth_shape)} do not fit the mesh"
            )
        if not all(map(math.isfinite, self.growth)):
            raise InputError("growth: every number must be finite")
        if len(self.multipliers) != len(self.sale.lower):
            raise InputError(f"there are {len(self.multipliers)} multipliers for {len(self.sale.lower)} belief rows")
        for y, low, high in zip(self.multipliers, self.sale.lower, self.sale.upper, strict=True):
            if y and (low if y > 0 else high) is None:
                raise InputError("multipliers: one points to a side of its belief row that has no limit")
        if self.increment is not None:
            checked_increment(self.increment)
        self._require_feasible()

    def _require_feasible(self) -> None:
        counts = self._counts
        most = np.array([int(min(cap, Fraction(1)) * MECHANISM_DENOMINATOR) for cap in self.sale.caps], dtype=np.int64)
        if counts.min() < 0 or (counts > most).any():
            raise InputError("decisions: a share is below zero, or above what its bidder can take")
        total = counts.sum(axis=1)
        if total.max() > MECHANISM_DENOMINATOR or (self.sale.must_sell and total.min() < MECHANISM_DENOMINATOR):
            raise InputError("decisions: shares add up to more than the supply, or to less where all must be sold")

    @property
    def bidders(self) -> int:
        """The number of bidders."""
        return self.sale.bidders

    @property
    def content(self) -> dict[str, Any]:
        """The terms as they stand in an auction file."""
        mesh: dict[str, Any] = {
            "kind": self.mesh.kind,
            "breakpoints": [[str(x) for x in own] for own in self.breakpoints],
        }
        if isinstance(self.mesh, Triangles):
            mesh["corner_rows"] = self.mesh.corner_rows
        return {
            "kind": "solved",
            "sale": self.sale.content,
            "mesh": mesh,
            "decisions": list(self.decisions),
            "growth": list(self.growth),
            "growth_shape": list(self.growth_shape),
            "multipliers": [str(y) for y in self.multipliers],
            "limit": self.limit,
            "increment": None if self.increment is None else str(self.increment),
        }

    @property
    def must_sell(self) -> bool:
        """Whether everything must be sold."""
        return self.sale.must_sell

    @property
    def breakpoints(self) -> tuple[tuple[Fraction, ...], ...]:
        """Each bidder's breakpoints; on a mesh of shares, those of the sum of all bids."""
        spacings = (self.mesh.spacing,) if isinstance(self.mesh, Shares) else self.mesh.spacings
        return tuple(spacing.breakpoints for spacing in spacings)

    @cached_property
    def environment(self) -> Environment:
        """The sale as an environment."""
        return self.sale.environment()

    @cached_property
    def mechanism(self) -> PiecewiseLinearMechanism:
        """The mechanism for any real bids."""
        return PiecewiseLinearMechanism(
            mesh=self.mesh,
            decision_counts=self._counts.reshape(*self.mesh.node_shape, self.bidders),
            growth=np.array(self.growth).reshape(self.growth_shape),
            own_decisions=np.arange(self.bidders)[:, None],
        )

    @cached_property
    def stepped(self) -> SteppedRule | None:
        """The rule for multiples of the increment, if there is one."""
        if self.increment is None:
            return None
        reach = [own[-1] for own in self.breakpoints] * (self.bidders if isinstance(self.mesh, Shares) else 1)
        return SteppedRule.of(self.mechanism.decide, self.environment, self.increment, reach, self._exact_multipliers)

    def rule(self) -> AuctionRule:
        """The auction."""
        return self.stepped or self.mechanism

    @cached_property
    def guarantee(self) -> float:
        """The certified guarantee, rounded down, computed again from the terms."""
        return self.guarantee_of_any_bids if self.stepped is None else self.stepped.guarantee

    @cached_property
    def guarantee_of_any_bids(self) -> float:
        """The certified guarantee without an increment, of the rule with the growth that is stored."""
        return value_on_mesh(self.mechanism, self.environment, self.mesh.discretise(), self._exact_multipliers)

    @property
    def _counts(self) -> IntArray:
        return np.array(self.decisions, dtype=np.int64).reshape(-1, self.bidders)

    @property
    def _exact_multipliers(self) -> RationalArray:
        return np.array(self.multipliers, dtype=object)


def solved_terms(source: Solution | Environment, *, increment: object = None) -> SolvedTerms:
    """The auction that `solve` finds, for real bids or for multiples of an increment.

    Args:
        source: what `solve` returned without a grid, its lower side at least; or an environment, which is solved
            first, as `solve` does by default.
        increment: the smallest step between bids, in points, anything that reads as an exact number.
    Raises:
        InputError: if the problem is not the sale of one good, or the solution not one for real bids.
        SolveError: if the problem could not be solved.
    """
    sale = Sale.of(source if isinstance(source, Environment) else source.environment)
    step = None if increment is None else checked_increment(increment)
    solution = solve(source, entry_payments=False) if isinstance(source, Environment) else source
    if solution.lower is None:
        raise InputError("only the upper side was solved, and that holds no auction: solve the lower side too")
    mechanism = solution.lower.mechanism
    if not isinstance(mechanism, PiecewiseLinearMechanism) or not isinstance(mechanism.mesh, AuctionMesh):
        raise InputError("this solution lives on a grid, whose actions are no real bids: solve without a grid")
    if mechanism.growth is None:
        raise InputError("this mechanism has no transfers")
    if mechanism.entry_payments is not None:
        raise InputError("this mechanism charges zero bids, too: solve with entry_payments=False")
    return SolvedTerms(
        sale=sale,
        mesh=mechanism.mesh,
        decisions=tuple(mechanism.decision_counts.ravel().tolist()),
        growth=tuple(mechanism.growth.ravel().tolist()),
        growth_shape=mechanism.growth.shape,
        multipliers=tuple(solution.lower.multipliers),
        limit=None if solution.upper is None else solution.upper.value,
        increment=step,
    )
