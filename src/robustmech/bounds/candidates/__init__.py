"""Candidates for either side that need no large program: closed forms, constant decisions, public information."""

from robustmech.bounds.candidates.sides import (
    grid_lower_candidates,
    grid_upper_candidates,
    lower_candidates,
    upper_candidates,
)

__all__ = [
    "grid_lower_candidates",
    "grid_upper_candidates",
    "lower_candidates",
    "upper_candidates",
]
