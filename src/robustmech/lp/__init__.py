"""Linear programs and their solvers: arrays in, arrays out."""

from robustmech.lp.clarabel import ClarabelSolver
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

__all__ = [
    "Capabilities",
    "ClarabelSolver",
    "HighsSolver",
    "Iteration",
    "Limits",
    "LinearProgram",
    "LinearSolution",
    "LinearSolver",
    "Progress",
    "SolverStatus",
]
