"""The kinds of discretisation that a certificate may name, on either side."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from robustmech.verification.checks import Flaw
from robustmech.verification.fields import text
from robustmech.verification.grids.grid import Grid, parse_grid
from robustmech.verification.guarantee import Actions
from robustmech.verification.meshes.boxes import parse_boxes
from robustmech.verification.meshes.crossed_triangles import parse_crossed_triangles
from robustmech.verification.meshes.exponential_boxes import parse_exponential_boxes
from robustmech.verification.meshes.exponential_sums import parse_exponential_sums
from robustmech.verification.meshes.exponential_triangles import parse_exponential_triangles
from robustmech.verification.meshes.nodes import Signals
from robustmech.verification.meshes.public_signals import parse_public_signals
from robustmech.verification.meshes.share_densities import parse_share_densities
from robustmech.verification.meshes.shares import parse_shares
from robustmech.verification.meshes.shares_without_transfers import parse_shares_without_transfers
from robustmech.verification.meshes.triangles import parse_triangles
from robustmech.verification.problem import Problem

Kind = TypeVar("Kind", covariant=True)
Parser = Callable[[object, str, Problem], Kind]

ACTIONS: Mapping[str, Parser[Actions]] = {
    "grid": parse_grid,
    "triangles": parse_triangles,
    "crossed triangles": parse_crossed_triangles,
    "boxes": parse_boxes,
    "shares": parse_shares,
    "shares without transfers": parse_shares_without_transfers,
}
SIGNALS: Mapping[str, Parser[Grid | Signals]] = {
    "grid": parse_grid,
    "exponential triangles": parse_exponential_triangles,
    "exponential sums": parse_exponential_sums,
    "exponential boxes": parse_exponential_boxes,
    "share densities": parse_share_densities,
    "public signals": parse_public_signals,
}


def parse_actions(value: object, where: str, problem: Problem) -> Actions:
    """What the lower side's `discretisation` describes."""
    return _parse(value, where, problem, ACTIONS)


def parse_signals(value: object, where: str, problem: Problem) -> Grid | Signals:
    """What the upper side's `discretisation` describes."""
    return _parse(value, where, problem, SIGNALS)


def _parse(value: object, where: str, problem: Problem, kinds: Mapping[str, Parser[Kind]]) -> Kind:
    if not isinstance(value, dict):
        raise Flaw(f"{where}: expected an object")
    if "kind" not in value:
        raise Flaw(f"{where}: 'kind' is missing")
    kind = text(value["kind"], f"{where}.kind")
    if kind not in kinds:
        raise Flaw(f"{where}.kind: expected one of {', '.join(map(repr, kinds))}, found {kind[:40]!r}")
    return kinds[kind](value, where, problem)
