"""Pictures of mechanisms and information structures: axes in, axes out; nothing here touches pyplot."""

from robustmech.plots.auction_figure import auction_png, share_and_payment
from robustmech.plots.figure import result_figure, result_png
from robustmech.plots.panels import (
    aggregate_allocation,
    allocation_share,
    interim_value,
    not_solved,
    own_decision,
    transfer,
)

__all__ = [
    "aggregate_allocation",
    "allocation_share",
    "auction_png",
    "interim_value",
    "not_solved",
    "own_decision",
    "result_figure",
    "result_png",
    "share_and_payment",
    "transfer",
]
