"""Evaluation of given objects: the exact guarantee of a mechanism, the exact potential of information, and formats."""

from robustmech.evaluate.evaluation import Evaluation, GuaranteeEvaluation, PotentialEvaluation
from robustmech.evaluate.formats import first_price, posted_price, second_price
from robustmech.evaluate.guarantees import guarantee
from robustmech.evaluate.potentials import potential

__all__ = [
    "Evaluation",
    "GuaranteeEvaluation",
    "PotentialEvaluation",
    "first_price",
    "guarantee",
    "posted_price",
    "potential",
    "second_price",
]
