"""The words above a figure: the certified bracket and how it was computed."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from robustmech.bounds import BoundStatus, Solution

_FIGURES = 5


def bracket(solution: Solution) -> str:
    """The certified numbers, shortened outward so that what is printed is still proved.

    A number is shown with five significant figures of the larger of the two, and never with fewer than its whole part.
    """
    values = [side.value for side in (solution.lower, solution.upper) if side is not None]
    largest = max((abs(Decimal(value)) for value in values), default=Decimal(0))
    step = Decimal(1).scaleb(min(0, (largest.adjusted() if largest else 0) - _FIGURES + 1))
    lower = upper = "not solved"
    if solution.lower is not None:
        lower = f"≥ {_shortened(solution.lower.value, step, ROUND_FLOOR)}"
    if solution.upper is not None:
        upper = f"≤ {_shortened(solution.upper.value, step, ROUND_CEILING)}"
    return f"guarantee {lower}, potential {upper}"


def provenance(solution: Solution) -> str:
    """The size of the environment, the grids' names, and whether a solve stopped early."""
    environment = solution.environment
    names = [grid.name for grid in solution.grids]
    grids = f"grid: {names[0]}" if len(set(names)) == 1 else "grids: " + " × ".join(names)
    stopped = [f"({BoundStatus.STOPPED})"] if solution.status is BoundStatus.STOPPED else []
    return " ".join([f"agents: {environment.agents}   states: {environment.states}   {grids}", *stopped])


def _shortened(value: float, step: Decimal, rounding: str) -> str:
    exact = Decimal(value)
    return f"{exact.quantize(step, rounding=rounding):f}" if exact.is_finite() else str(exact)
