"""Pictures of mechanisms and information structures: axes in, axes out; nothing here touches pyplot."""

from robustmech.plots.auction_figure import auction_figure, auction_png, lots_and_price
from robustmech.plots.figure import result_figure, result_png
from robustmech.plots.overlay import NumbersOnGrid, closed_form_overlay
from robustmech.plots.panels import (
    aggregate_allocation,
    allocation_share,
    interim_value,
    not_solved,
    own_decision,
    transfer,
)

__all__ = [
    "NumbersOnGrid",
    "aggregate_allocation",
    "allocation_share",
    "auction_figure",
    "auction_png",
    "closed_form_overlay",
    "interim_value",
    "lots_and_price",
    "not_solved",
    "own_decision",
    "result_figure",
    "result_png",
    "transfer",
]
