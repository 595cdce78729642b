"""Closed forms: the models the papers solve with actions in [0, ∞), as auctions that can be run."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustmech.continuum.common_value import CommonValue, ValueLaw
    from robustmech.continuum.compound import CompoundProportional
    from robustmech.continuum.constant_sum import ConstantSum, ConstantSumAuction
    from robustmech.continuum.known_means import KnownMeans
    from robustmech.continuum.public_expenditure import BilateralTrade, PublicExpenditure
    from robustmech.continuum.rules import AuctionRule, checked_bids

# Names are imported when they are first used: `solve` asks whether a closed form applies before it loads any. Closed
# forms on grids live above the bounds, and are offered here too.
_HOME_OF = {
    "AuctionRule": "robustmech.continuum.rules",
    "BilateralTrade": "robustmech.continuum.public_expenditure",
    "CommonValue": "robustmech.continuum.common_value",
    "CompoundProportional": "robustmech.continuum.compound",
    "ConstantSum": "robustmech.continuum.constant_sum",
    "ConstantSumAuction": "robustmech.continuum.constant_sum",
    "GriddedModel": "robustmech.gridded",
    "KnownMeans": "robustmech.continuum.known_means",
    "PublicExpenditure": "robustmech.continuum.public_expenditure",
    "ValueLaw": "robustmech.continuum.common_value",
    "checked_bids": "robustmech.continuum.rules",
    "on_grids": "robustmech.gridded",
}

__all__ = [
    "AuctionRule",
    "BilateralTrade",
    "CommonValue",
    "CompoundProportional",
    "ConstantSum",
    "ConstantSumAuction",
    "KnownMeans",
    "PublicExpenditure",
    "ValueLaw",
    "checked_bids",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'robustmech.continuum' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
