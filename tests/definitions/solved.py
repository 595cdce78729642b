"""What a solution holds, where both sides are there or both are on grids."""

from robustmech import InformationStructure, Mechanism, Solution


def numbers(solution: Solution) -> tuple[float, float]:
    """The lower and the upper number."""
    assert solution.lower is not None
    assert solution.upper is not None
    return solution.lower.value, solution.upper.value


def gridded(solution: Solution) -> tuple[Mechanism, InformationStructure]:
    """The mechanism and the information of a solution with a grid."""
    assert solution.lower is not None
    assert solution.upper is not None
    assert isinstance(solution.lower.mechanism, Mechanism)
    assert isinstance(solution.upper.information, InformationStructure)
    return solution.lower.mechanism, solution.upper.information
