"""The known-means model of Brooks & Du (2021): sensitivities, guarantee, minmax information and maxmin auctions."""

from robustmech.continuum.known_means.consistent import ConsistentRule
from robustmech.continuum.known_means.information import MinmaxInformation
from robustmech.continuum.known_means.model import KnownMeans
from robustmech.continuum.known_means.proportional import WeightedProportional
from robustmech.continuum.known_means.shapley import ShapleyRule

__all__ = ["ConsistentRule", "KnownMeans", "MinmaxInformation", "ShapleyRule", "WeightedProportional"]
