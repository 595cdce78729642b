"""The common value model with bids in [0, ∞): Brooks & Du (2018), "Optimal auction design with common values"."""

from robustmech.continuum.common_value.auctions import NothingSold, OrderAveragedAuction, ProportionalAuction
from robustmech.continuum.common_value.grading import GradedInterval
from robustmech.continuum.common_value.information import MinmaxInformation
from robustmech.continuum.common_value.limits import ManyBidders
from robustmech.continuum.common_value.model import CommonValue
from robustmech.continuum.common_value.value_law import ValueLaw
from robustmech.continuum.common_value.welfare import WelfarePoint, first_price_guarantee, welfare_points

__all__ = [
    "CommonValue",
    "GradedInterval",
    "ManyBidders",
    "MinmaxInformation",
    "NothingSold",
    "OrderAveragedAuction",
    "ProportionalAuction",
    "ValueLaw",
    "WelfarePoint",
    "first_price_guarantee",
    "welfare_points",
]
