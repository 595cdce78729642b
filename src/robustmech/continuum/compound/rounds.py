"""The rounds of a compound auction: who is active, what is left, what is sold and what is paid for it."""

from dataclasses import dataclass

import numpy as np

from robustmech.model import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schedule:
    """The rounds that a vector of sensitivities gives: one for each distinct positive sensitivity, smallest first."""

    ends: FloatArray  # sensitivity at which each round ends, shape (rounds,)
    widths: FloatArray  # sensitivity that each round adds
    last_round: IntArray  # of each bidder; -1 for a bidder who is excluded
    active: FloatArray  # 1 where the bidder is active in the round, shape (bidders, rounds)

    @classmethod
    def of(cls, sensitivities: FloatArray) -> "Schedule":
        """The schedule of non-negative sensitivities, at least one of them positive."""
        ends = np.unique(sensitivities[sensitivities > 0])
        last = np.searchsorted(ends, sensitivities, side="right") - 1
        last = np.where(sensitivities > 0, last, -1)
        return cls(
            ends=ends,
            widths=np.diff(ends, prepend=0.0),
            last_round=last,
            active=(last[:, None] >= np.arange(ends.size)).astype(np.float64),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rounds:
    """What happens in every round at every profile of bids; arrays of shape (…, rounds), first round first.

    The paper numbers a round by its active bidders, so its round n is here the one with n active bidders.
    """

    active_bids: FloatArray  # sum of the active bids, in units of `unit`
    residual_supply: FloatArray  # before the round; zero in rounds that are not reached
    fraction: (
        FloatArray  # how much of the round's sensitivity is used before the good is gone: 1, or less in the last round
    )
    per_bid: FloatArray  # what each unit of an active bid is allocated in the round, times `unit`
    reached: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    selling_out: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]  # at most one round per profile
    unit: FloatArray  # the largest bid or one, shape (…, 1): bids are divided by it so that no sum overflows

    @classmethod
    def played(cls, schedule: Schedule, bids: FloatArray) -> "Rounds":
        """Definition 1 of Brooks, Du & Feffer (2025) for bids (…, bidders)."""
        unit = np.maximum(bids.max(axis=-1, keepdims=True), 1.0)
        active_bids = (bids / unit) @ schedule.active
        with np.errstate(over="ignore", invalid="ignore"):
            wanted = np.where(active_bids > 0, schedule.widths * unit * active_bids, 0.0)
            before = 1.0 - np.concatenate([np.zeros_like(unit), np.cumsum(wanted[..., :-1], axis=-1)], axis=-1)
        sold_out = np.concatenate([np.zeros(unit.shape, dtype=bool), (wanted >= before)[..., :-1]], axis=-1)
        reached = ~np.logical_or.accumulate(sold_out, axis=-1)
        selling_out = reached & (wanted >= before) & (active_bids > 0)
        supply = np.where(reached, before, 0.0)
        positive = np.where(active_bids > 0, active_bids, 1.0)
        with np.errstate(over="ignore"):
            whole = np.where(active_bids > 0, np.minimum(schedule.widths * unit, 1.0 / positive), 0.0)
            per_bid = np.where(selling_out, supply / positive, np.where(reached, whole, 0.0))
        fraction = np.where(selling_out, supply / np.where(selling_out, wanted, 1.0), np.where(reached, 1.0, 0.0))
        return cls(
            active_bids=active_bids,
            residual_supply=supply,
            fraction=fraction,
            per_bid=per_bid,
            reached=reached,
            selling_out=selling_out,
            unit=unit,
        )

    @property
    def sold(self) -> FloatArray:
        """What each round allocates to its active bidders together."""
        return np.asarray(self.per_bid * self.active_bids)
