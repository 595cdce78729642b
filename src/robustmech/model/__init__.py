"""The model: environments, beliefs, grids, mechanisms and information structures."""

from robustmech.model.applications import auction, bilateral_trade, product_states, public_expenditure
from robustmech.model.beliefs import Beliefs
from robustmech.model.decisions import DecisionSet, simplex
from robustmech.model.discretisation import Counts, Discretisation, Side, on_grids, product_law
from robustmech.model.environment import Environment
from robustmech.model.exact_law import LAW_DENOMINATOR, ExactLaw
from robustmech.model.grid import Grid
from robustmech.model.information import InformationStructure
from robustmech.model.mechanism import MECHANISM_DENOMINATOR, EntryPayments, Mechanism
from robustmech.model.rational import FloatArray, IntArray, RationalArray, floats, rational, rationals

__all__ = [
    "LAW_DENOMINATOR",
    "MECHANISM_DENOMINATOR",
    "Beliefs",
    "Counts",
    "DecisionSet",
    "Discretisation",
    "EntryPayments",
    "Environment",
    "ExactLaw",
    "FloatArray",
    "Grid",
    "InformationStructure",
    "IntArray",
    "Mechanism",
    "RationalArray",
    "Side",
    "auction",
    "bilateral_trade",
    "floats",
    "on_grids",
    "product_law",
    "product_states",
    "public_expenditure",
    "rational",
    "rationals",
    "simplex",
]
