"""Finite elements for the programs in the continuum: mechanisms on real actions, information on real signals."""

from robustmech.elements.information import ExponentialInformation
from robustmech.elements.meshes import (
    Boxes,
    CrossedTriangles,
    ExponentialBoxes,
    ExponentialSums,
    ExponentialTriangles,
    InformationMesh,
    MechanismMesh,
    Meshes,
    ShareDensities,
    Shares,
    SharesWithoutTransfers,
    Triangles,
)
from robustmech.elements.rule import PiecewiseLinearMechanism
from robustmech.elements.spacing import Spacing

__all__ = [
    "Boxes",
    "CrossedTriangles",
    "ExponentialBoxes",
    "ExponentialInformation",
    "ExponentialSums",
    "ExponentialTriangles",
    "InformationMesh",
    "MechanismMesh",
    "Meshes",
    "PiecewiseLinearMechanism",
    "ShareDensities",
    "Shares",
    "SharesWithoutTransfers",
    "Spacing",
    "Triangles",
]
