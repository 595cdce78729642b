"""Spending on a public good, and bilateral trade: proportional cost sharing and the information it is best against."""

from robustmech.continuum.public_expenditure.discrete import discrete_contributions, discrete_law
from robustmech.continuum.public_expenditure.information import PublicExpenditureInformation
from robustmech.continuum.public_expenditure.model import PublicExpenditure
from robustmech.continuum.public_expenditure.trade import BilateralTrade

__all__ = [
    "BilateralTrade",
    "PublicExpenditure",
    "PublicExpenditureInformation",
    "discrete_contributions",
    "discrete_law",
]
