"""Candidates for either side that need no large program: closed forms, constant decisions, public information."""

from robustmech.bounds.candidates.sides import lower_candidates, upper_candidates

__all__ = ["lower_candidates", "upper_candidates"]
