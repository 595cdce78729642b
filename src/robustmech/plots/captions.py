"""The words above a figure: the certified bracket and how it was computed."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from robustmech.bounds import BoundStatus, Solution

_FIGURES = 5
_SMALLEST_WRITTEN_OUT = Decimal("1e-8")


def bracket(solution: Solution) -> str:
    """The certified numbers, shortened outward so that what is printed is still proved.

    Both are shown to the fifth significant figure of the larger one, and never with less than their whole parts.
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
    """The size of the environment, the grids' names, and whether a solve stopped early or left a gap."""
    environment = solution.environment
    names = {grid.name for grid in solution.grids}
    grids = f"grid{'s' if len(names) > 1 else ''}: {solution.places[0]}" if names else "; ".join(solution.places)
    said = [] if solution.status is BoundStatus.PROVED else [f"({solution.status})"]
    return " ".join([f"agents: {environment.agents}   states: {environment.states}   {grids}", *said])


def _shortened(value: float, step: Decimal, rounding: str) -> str:
    exact = Decimal(value)
    if not exact.is_finite():
        return str(exact)
    return format(exact.quantize(step, rounding=rounding), "e" if step < _SMALLEST_WRITTEN_OUT else "f")
