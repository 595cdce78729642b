"""Solutions and verifications as text and JSON."""

from robustmech.report.summaries import data_lines, solution_json, solution_rows

__all__ = ["data_lines", "solution_json", "solution_rows"]
