"""The bounds: environment and grids in, certified bracket out."""

from robustmech.bounds.sides import Stage
from robustmech.bounds.solution import BoundStatus, LowerBound, Solution, SolveRecord, UpperBound
from robustmech.bounds.solving import solve
from robustmech.bounds.supervision import Interrupted
from robustmech.bounds.tightness import Tightness

__all__ = [
    "BoundStatus",
    "Interrupted",
    "LowerBound",
    "Solution",
    "SolveRecord",
    "Stage",
    "Tightness",
    "UpperBound",
    "solve",
]
