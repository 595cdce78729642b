"""Meshes placed by a closed form, for the programs: breakpoints at its cutoffs, boundaries and graded intervals."""

from collections.abc import Callable

from robustmech.bounds.sides import LowerPlace, UpperPlace
from robustmech.continuum.recognising import CommonValueProblem, KnownMeansProblem, recognised
from robustmech.model import Environment, Side

_FEWEST_CELLS = 8
_PARTS = (1, 2, 3, 4, 6, 8, 12, 16)
_CELLS = (2, 8, 32, 128)
_RUNGS = 5

Placed = Callable[[int], LowerPlace | UpperPlace | None]


def placed_meshes(environment: Environment) -> list[tuple[Side, Placed]]:
    """For each side, where a closed form applies, its ever finer meshes by number; None beyond the last."""
    problem = recognised(environment)
    try:
        if isinstance(problem, CommonValueProblem) and problem.model.sells:
            return _common_value(problem)
        if isinstance(problem, KnownMeansProblem):
            return _known_means(problem)
    except Exception:  # the other ladders remain
        return []
    return []


def _common_value(problem: CommonValueProblem) -> list[tuple[Side, Placed]]:
    from robustmech.bounds.candidates.common_value import Grouped, placed_information, placed_mechanisms

    grouped = Grouped.of(problem)

    def cells(rung: int) -> int:
        return _FEWEST_CELLS << rung

    return [
        (Side.LOWER, lambda rung: placed_mechanisms(grouped, cells(rung)) if rung < _RUNGS else None),
        (Side.UPPER, lambda rung: placed_information(grouped, cells(rung)) if rung < _RUNGS else None),
    ]


def _known_means(problem: KnownMeansProblem) -> list[tuple[Side, Placed]]:
    from robustmech.bounds.candidates.known_means import placed_information, placed_mechanisms

    return [
        (Side.LOWER, lambda rung: placed_mechanisms(problem, _PARTS[rung]) if rung < len(_PARTS) else None),
        (Side.UPPER, lambda rung: placed_information(problem, _CELLS[rung]) if rung < len(_CELLS) else None),
    ]
