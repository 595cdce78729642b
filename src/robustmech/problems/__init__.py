"""Problem files: from a TOML file, and perhaps a CSV of past values, to an environment."""

from robustmech.problems.binning import EmpiricalLaw, empirical_law, equally_likely_bins
from robustmech.problems.history import DataReport, RowReport, read_values
from robustmech.problems.loading import GridRequest, Problem, load_problem
from robustmech.problems.schema import SCHEMA_VERSION

__all__ = [
    "SCHEMA_VERSION",
    "DataReport",
    "EmpiricalLaw",
    "GridRequest",
    "Problem",
    "RowReport",
    "empirical_law",
    "equally_likely_bins",
    "load_problem",
    "read_values",
]
