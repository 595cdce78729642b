"""What is prepared for a function is prepared once, and forgotten with it."""

import gc

import numpy as np
import pytest

from robustmech.elements import Boxes, CrossedTriangles, MechanismMesh, Spacing, Triangles, preparing
from robustmech.model import FloatArray

HALVES = Spacing.even("1/2", 4)
MESHES: list[MechanismMesh] = [
    Triangles(spacings=(HALVES, HALVES)),
    CrossedTriangles(spacings=(HALVES, HALVES)),
    Boxes(spacings=(HALVES, HALVES)),
]


def growth_for(mesh: MechanismMesh, seed: int) -> FloatArray:
    parts = (2,) if isinstance(mesh, CrossedTriangles) else ()
    return np.random.default_rng(seed).normal(size=(*parts, mesh.counts.rows))


@pytest.mark.parametrize("mesh", MESHES)
def test_prepared_once_while_the_function_is_there(mesh: MechanismMesh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_PREPARED", {})
    bids = np.random.default_rng(0).exponential(size=(5, 2))
    growth, other = growth_for(mesh, 1), growth_for(mesh, 2)
    paid = mesh.transfers(growth, bids)
    assert not preparing._PREPARED
    for function in (growth, other):
        function.setflags(write=False)
        mesh.transfers(function, bids)
    assert len(preparing._PREPARED) == 2
    kept = dict(preparing._PREPARED)
    assert (mesh.transfers(growth, bids) == paid).all()
    assert not (mesh.transfers(other, bids) == paid).all()
    assert all(preparing._PREPARED[key] is rule for key, rule in kept.items())
    del growth, function
    gc.collect()
    assert len(preparing._PREPARED) == 1
    assert preparing._PREPARED[id(other)] is kept[id(other)]


def test_another_mesh_prepares_for_itself() -> None:
    one, two = Triangles(spacings=(HALVES, HALVES)), Triangles(spacings=(Spacing.even(1, 4), HALVES))
    growth, bids = growth_for(one, 1), np.random.default_rng(0).exponential(size=(5, 2))
    expected = [mesh.transfers(growth, bids) for mesh in (one, two)]
    growth.setflags(write=False)
    for mesh, paid in zip((one, two, one), (*expected, expected[0]), strict=True):
        assert (mesh.transfers(growth, bids) == paid).all()


def test_wide_cells_are_as_exact_as_narrow_ones() -> None:
    """A function that is constant on two triangles of a cell of width 24, and the same one on cells of width 1."""
    low, high, strip, edge, corner = 0.3, -0.9, 1.1, 0.4, -0.2
    wide = np.array([low, high, strip, edge, corner])
    place = np.add.outer(np.arange(24), np.arange(24)).ravel()
    narrow = np.concatenate(
        [np.where(place <= 23, low, high), np.where(place <= 22, low, high), [strip] * 24, [edge] * 24, [corner]]
    )
    bids = np.random.default_rng(0).exponential(size=(300, 2)) * 8
    meshes = [Triangles(spacings=(Spacing.even(width, cells),) * 2) for width, cells in ((24, 1), (1, 24))]
    one, two = (mesh.transfers(growth, bids) for mesh, growth in zip(meshes, (wide, narrow), strict=True))
    assert np.allclose(one, two, rtol=0, atol=1e-13)
