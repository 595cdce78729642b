"""The bounds: environment and grids in, certified bracket out."""

from robustmech.bounds.solution import BoundStatus, LowerBound, Solution, SolveRecord, UpperBound
from robustmech.bounds.solving import Stage, solve

__all__ = ["BoundStatus", "LowerBound", "Solution", "SolveRecord", "Stage", "UpperBound", "solve"]
