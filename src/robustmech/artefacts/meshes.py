"""Meshes in the continuum as JSON objects with exact positions; see docs/artefacts.md."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from robustmech.elements import (
    Boxes,
    CrossedTriangles,
    ExponentialBoxes,
    ExponentialSums,
    ExponentialTriangles,
    InformationMesh,
    MechanismMesh,
    PublicSignals,
    ShareDensities,
    Shares,
    SharesWithoutTransfers,
    Spacing,
    Triangles,
)

Json = dict[str, object]


def encode_mesh(mesh: MechanismMesh | InformationMesh) -> Json:
    """The `discretisation` of one side of a certificate.json.

    Raises:
        TypeError: for a mesh of somebody else's.
    """
    kind = mesh.kind
    match mesh:
        case Triangles():
            rows = "corners" if mesh.corner_rows else "elements"
            return {"kind": kind, "breakpoints": _lists(mesh.spacings), "rows": rows}
        case CrossedTriangles() | Boxes() | ExponentialBoxes():
            return {"kind": kind, "breakpoints": _lists(mesh.spacings)}
        case Shares() | SharesWithoutTransfers() | ShareDensities():
            return {"kind": kind, "breakpoints": _texts(mesh.spacing.breakpoints), "agents": mesh.agents}
        case ExponentialSums():
            return {"kind": kind, "breakpoints": _texts(mesh.spacing.breakpoints), "weights": _texts(mesh.slant)}
        case PublicSignals():
            return {"kind": kind, "multipliers": [_texts(own) for own in mesh.multipliers]}
        case ExponentialTriangles():
            return {"kind": kind, "step": str(mesh.step), "cells": mesh.cells}
        case _:
            raise TypeError(f"a mesh of kind {kind!r} cannot be written")


def decode_mechanism_mesh(table: dict[str, Any]) -> MechanismMesh:
    """The mesh of the lower side of a certificate.json."""
    points = table["breakpoints"]
    match table["kind"]:
        case Triangles.kind:
            return Triangles(spacings=_pair(points), corner_rows=table["rows"] == "corners")
        case CrossedTriangles.kind:
            return CrossedTriangles(spacings=_pair(points))
        case Shares.kind:
            return Shares(spacing=_spacing(points), agents=int(table["agents"]))
        case SharesWithoutTransfers.kind:
            return SharesWithoutTransfers(spacing=_spacing(points), agents=int(table["agents"]))
        case _:
            return Boxes(spacings=tuple(map(_spacing, points)))


def decode_information_mesh(table: dict[str, Any]) -> InformationMesh:
    """The mesh of the upper side of a certificate.json."""
    match table["kind"]:
        case ExponentialTriangles.kind:
            return ExponentialTriangles(step=Fraction(table["step"]), cells=int(table["cells"]))
        case ExponentialSums.kind:
            return ExponentialSums(spacing=_spacing(table["breakpoints"]), slant=_exact(table["weights"]))
        case PublicSignals.kind:
            return PublicSignals(multipliers=tuple(map(_exact, table["multipliers"])))
        case ShareDensities.kind:
            return ShareDensities(spacing=_spacing(table["breakpoints"]), agents=int(table["agents"]))
        case _:
            return ExponentialBoxes(spacings=tuple(map(_spacing, table["breakpoints"])))


def _pair(lists: list[list[str]]) -> tuple[Spacing, Spacing]:
    one, two = map(_spacing, lists)
    return one, two


def _spacing(texts: list[str]) -> Spacing:
    return Spacing(breakpoints=_exact(texts))


def _exact(texts: Iterable[str]) -> tuple[Fraction, ...]:
    return tuple(Fraction(text) for text in texts)


def _lists(spacings: Iterable[Spacing]) -> list[list[str]]:
    return [_texts(spacing.breakpoints) for spacing in spacings]


def _texts(numbers: Iterable[Fraction]) -> list[str]:
    return [str(number) for number in numbers]
