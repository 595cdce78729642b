"""Two bidders whose values add up to a known total: smoothed highest-bid auctions, close to a posted price."""

from robustmech.continuum.constant_sum.auction import ConstantSumAuction
from robustmech.continuum.constant_sum.model import ConstantSum

__all__ = ["ConstantSum", "ConstantSumAuction"]
