"""Closed forms and rules on real bids put on grids: finite mechanisms and information with certified numbers."""

from robustmech.gridded.discretise import (
    best_multipliers,
    bid_positions,
    information_on_grids,
    lower_number,
    mechanism_on_grids,
    upper_number,
)
from robustmech.gridded.models import GriddedModel, on_grids
from robustmech.gridded.spending import discrete_information, discrete_mechanism

__all__ = [
    "GriddedModel",
    "best_multipliers",
    "bid_positions",
    "discrete_information",
    "discrete_mechanism",
    "information_on_grids",
    "lower_number",
    "mechanism_on_grids",
    "on_grids",
    "upper_number",
]
