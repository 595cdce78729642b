"""Linear programs and their solvers: arrays in, arrays out."""

from robustmech.lp.clarabel import ClarabelSolver
from robustmech.lp.folding import Folding, fold, orbits
from robustmech.lp.highs import HighsSolver
from robustmech.lp.program import (
    Capabilities,
    Iteration,
    Limits,
    LinearProgram,
    LinearSolution,
    LinearSolver,
    Progress,
    SolverStatus,
)
from robustmech.lp.scaling import solve_scaled

__all__ = [
    "Capabilities",
    "ClarabelSolver",
    "Folding",
    "HighsSolver",
    "Iteration",
    "Limits",
    "LinearProgram",
    "LinearSolution",
    "LinearSolver",
    "Progress",
    "SolverStatus",
    "fold",
    "orbits",
    "solve_scaled",
]
