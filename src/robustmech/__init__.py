"""Informationally robust mechanism design: guarantees, potentials, and a certified bracket between them."""

from importlib.metadata import PackageNotFoundError, version

from robustmech.bounds import BoundStatus, LowerBound, Solution, Stage, UpperBound, solve
from robustmech.errors import InputError, RepairError, RobustmechError, ShapeError, SizeError, SolveError
from robustmech.evaluate import guarantee, potential
from robustmech.lp import ClarabelSolver, HighsSolver
from robustmech.model import (
    Beliefs,
    DecisionSet,
    Environment,
    Grid,
    InformationStructure,
    Mechanism,
    auction,
    bilateral_trade,
    product_states,
    public_expenditure,
    simplex,
)

try:
    __version__ = version("robustmech")
except PackageNotFoundError:  # a source tree that was not installed
    __version__ = "0+unknown"

__all__ = [
    "Beliefs",
    "BoundStatus",
    "ClarabelSolver",
    "DecisionSet",
    "Environment",
    "Grid",
    "HighsSolver",
    "InformationStructure",
    "InputError",
    "LowerBound",
    "Mechanism",
    "RepairError",
    "RobustmechError",
    "ShapeError",
    "SizeError",
    "Solution",
    "SolveError",
    "Stage",
    "UpperBound",
    "auction",
    "bilateral_trade",
    "guarantee",
    "potential",
    "product_states",
    "public_expenditure",
    "simplex",
    "solve",
]
