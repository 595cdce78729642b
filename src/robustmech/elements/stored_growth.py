r"""What the growth that a mechanism on a mesh stores leaves of the objective, wherever its derivatives are.

A mesh stores a function A (parts of it, for crossed triangles), and the transfers have the growth A less its mean, at
every point. So the inequality holds with :math:`b \cdot y + \min [\Xi - A] + E A`, the least being over rows at which
both are known to be extreme: elements, their corners, ends of cells, and rising diagonals.
Source: docs/sharp-bounds.md, section 6.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from robustmech.elements.lower_crossed import RISING, corner_masses, element_corners
from robustmech.elements.lower_shares import place_nodes
from robustmech.elements.lower_triangles import triangles
from robustmech.elements.mechanism_meshes import CrossedTriangles, Shares, Triangles
from robustmech.elements.meshes import MechanismMesh
from robustmech.model import Discretisation, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredGrowth:
    """Where Ξ − A is to be evaluated, and A there.

    Args:
        discretisation: the evaluation and the local operators at the rows; the rest of it counts nothing.
        growth: A at the rows, shape (rows,).
        growth_size: what A is rounded in proportion to there.
        mass: masses of some pieces.
        mean: A's mean on each piece, each to within a few roundings: E A is the sum of mass times mean.
        size: what the means are rounded in proportion to.
        payoff: where A holds the designer's payoff at nodes beside `growth`, that payoff.
        terms: how many terms a piece's mean is the sum of, at most.
    """

    discretisation: Discretisation
    growth: FloatArray
    growth_size: FloatArray
    mass: FloatArray
    mean: FloatArray
    size: FloatArray
    payoff: FloatArray | None = None
    terms: int = 1


def stored_growth(mesh: MechanismMesh, discretisation: Discretisation, growth: FloatArray) -> StoredGrowth:
    """The rows at which the stored growth of a mesh is to be compared.

    Args:
        mesh: the mesh.
        discretisation: the mesh's.
        growth: as the mechanism stores it.
    """
    if isinstance(mesh, CrossedTriangles):
        return _on_crossed(mesh, discretisation, growth)
    if isinstance(mesh, Triangles) and growth.ndim > 1:
        used = triangles(mesh.spacings).weights > 0
        corners = Triangles(spacings=mesh.spacings, corner_rows=True).discretise()
        return _plain(corners, growth[used])
    if isinstance(mesh, Shares) and growth.ndim > 1:
        return _in_shares(mesh, discretisation, growth)
    return _plain(discretisation, growth)


def _plain(discretisation: Discretisation, growth: FloatArray) -> StoredGrowth:
    return StoredGrowth(
        discretisation=discretisation,
        growth=growth,
        growth_size=np.abs(growth),
        mass=discretisation.mass,
        mean=growth,
        size=np.abs(growth),
    )


def _on_crossed(mesh: CrossedTriangles, discretisation: Discretisation, growth: FloatArray) -> StoredGrowth:
    """Elements at their corners, and rising diagonals, where agents move into different triangles."""
    corners, cells = element_corners(mesh.spacings), mesh.spacings[0].cells * mesh.spacings[1].cells
    parts = growth if growth.ndim > 2 else np.repeat(growth[..., None], 3, axis=-1)
    rows = np.arange(corners.shape[0])
    first, second, nodes = [np.repeat(rows, 3)], [np.repeat(rows, 3)], [corners.ravel()]
    values, sizes = [(parts[0] + parts[1]).ravel()], [np.abs(parts).sum(axis=0).ravel()]
    for half, (right, left) in enumerate(RISING):
        for corner in (half, 2):
            one, other = (np.arange(cells) + kind * cells for kind in (right, left))
            first.append(one)
            second.append(other)
            nodes.append(corners[one, corner])
            values.append(parts[0, one, corner] + parts[1, other, corner])
            sizes.append(np.abs(parts[0, one, corner]) + np.abs(parts[1, other, corner]))
    size = np.abs(parts).sum(axis=0)
    weights = corner_masses(mesh.spacings)
    whole = parts.sum(axis=0)
    return StoredGrowth(
        discretisation=_at(discretisation, np.concatenate(nodes), (np.concatenate(first), np.concatenate(second))),
        growth=np.concatenate(values),
        growth_size=np.concatenate(sizes),
        mass=weights.ravel(),
        mean=whole.ravel(),
        size=size.ravel(),
    )


def _at(discretisation: Discretisation, nodes: IntArray, rows: tuple[IntArray, IntArray]) -> Discretisation:
    """Rows with the value at a node each, and each agent's derivative at a row of the discretisation."""
    value = sp.csr_array(
        (np.ones(nodes.size), nodes, np.arange(nodes.size + 1)), shape=(nodes.size, discretisation.nodes)
    )
    local = tuple(sp.csr_array(own[places]) for own, places in zip(discretisation.local, rows, strict=True))
    return replace(discretisation, evaluation=value, local=local)


def _in_shares(mesh: Shares, discretisation: Discretisation, growth: FloatArray) -> StoredGrowth:
    """What is linear in 1/s at the rows, without the payoff, which is linear in s between the nodes."""
    rest, written = growth.T
    payoff = np.zeros(discretisation.nodes)
    payoff[place_nodes(mesh.spacing, mesh.agents)] = written[:-1]
    nothing = sp.csr_array(discretisation.evaluation.shape)
    return StoredGrowth(
        discretisation=replace(discretisation, evaluation=nothing),
        growth=rest,
        growth_size=np.abs(rest),
        mass=discretisation.mass,
        mean=rest + discretisation.evaluation @ payoff,
        size=np.abs(rest) + abs(discretisation.evaluation) @ np.abs(payoff),
        payoff=payoff,
        terms=1 + int(np.diff(discretisation.evaluation.indptr).max(initial=0)),
    )
