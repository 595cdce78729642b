"""Informationally robust mechanism design: guarantees, potentials, and a certified bracket between them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from robustmech import continuum, elements, gridded
    from robustmech.bounds import BoundStatus, Interrupted, LowerBound, Solution, Stage, UpperBound, solve
    from robustmech.elements import ExponentialInformation, Meshes, PiecewiseLinearMechanism
    from robustmech.errors import InputError, RepairError, RobustmechError, ShapeError, SizeError, SolveError
    from robustmech.evaluate import guarantee, potential
    from robustmech.lp import ClarabelSolver, HighsSolver
    from robustmech.model import (
        Beliefs,
        DecisionSet,
        Environment,
        Grid,
        InformationStructure,
        Mechanism,
        auction,
        bilateral_trade,
        product_states,
        public_expenditure,
        simplex,
    )

# Names are imported when they are first used, so that the command starts at once and hears Ctrl-C while they are.
_HOMES = {
    "robustmech.bounds": (
        "BoundStatus",
        "Interrupted",
        "LowerBound",
        "Solution",
        "Stage",
        "UpperBound",
        "solve",
    ),
    "robustmech.elements": (
        "ExponentialInformation",
        "Meshes",
        "PiecewiseLinearMechanism",
    ),
    "robustmech.errors": (
        "InputError",
        "RepairError",
        "RobustmechError",
        "ShapeError",
        "SizeError",
        "SolveError",
    ),
    "robustmech.evaluate": (
        "guarantee",
        "potential",
    ),
    "robustmech.lp": (
        "ClarabelSolver",
        "HighsSolver",
    ),
    "robustmech.model": (
        "Beliefs",
        "DecisionSet",
        "Environment",
        "Grid",
        "InformationStructure",
        "Mechanism",
        "auction",
        "bilateral_trade",
        "product_states",
        "public_expenditure",
        "simplex",
    ),
}
_FOLDERS = ("continuum", "elements", "gridded")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Beliefs",
    "BoundStatus",
    "ClarabelSolver",
    "DecisionSet",
    "Environment",
    "ExponentialInformation",
    "Grid",
    "HighsSolver",
    "InformationStructure",
    "InputError",
    "Interrupted",
    "LowerBound",
    "Mechanism",
    "Meshes",
    "PiecewiseLinearMechanism",
    "RepairError",
    "RobustmechError",
    "ShapeError",
    "SizeError",
    "Solution",
    "SolveError",
    "Stage",
    "UpperBound",
    "auction",
    "bilateral_trade",
    "continuum",
    "elements",
    "gridded",
    "guarantee",
    "potential",
    "product_states",
    "public_expenditure",
    "simplex",
    "solve",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name in _FOLDERS:
        return import_module(f"robustmech.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'robustmech' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("robustmech")
    except PackageNotFoundError:  # a source tree that was not installed
        return "0+unknown"


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
