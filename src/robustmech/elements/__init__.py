"""Finite elements for the programs in the continuum: mechanisms on real actions, information on real signals."""

from robustmech.elements.information import ExponentialInformation
from robustmech.elements.information_meshes import (
    ExponentialBoxes,
    ExponentialSums,
    ExponentialTriangles,
    ShareDensities,
)
from robustmech.elements.mechanism_meshes import Boxes, CrossedTriangles, Shares, SharesWithoutTransfers, Triangles
from robustmech.elements.meshes import InformationMesh, MechanismMesh, Mesh, Meshes
from robustmech.elements.public_signals import PublicSignals
from robustmech.elements.rule import PiecewiseLinearMechanism
from robustmech.elements.spacing import Spacing
from robustmech.elements.stored_growth import StoredGrowth, stored_growth

__all__ = [
    "Boxes",
    "CrossedTriangles",
    "ExponentialBoxes",
    "ExponentialInformation",
    "ExponentialSums",
    "ExponentialTriangles",
    "InformationMesh",
    "MechanismMesh",
    "Mesh",
    "Meshes",
    "PiecewiseLinearMechanism",
    "PublicSignals",
    "ShareDensities",
    "Shares",
    "SharesWithoutTransfers",
    "Spacing",
    "StoredGrowth",
    "Triangles",
    "stored_growth",
]
