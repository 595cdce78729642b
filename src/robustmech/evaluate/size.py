"""How large the program over all deviations will be, before it is built."""

from collections.abc import Sequence

from robustmech.bounds.size import ProgramSize
from robustmech.errors import SizeError
from robustmech.model import Environment, Grid, Side

_BYTES_FIXED = 150_000_000
_BYTES_PER_NONZERO = 200.0
_BYTES_PER_FILL = 24.0
_SECONDS_PER_NONZERO = 3.0e-6
_SECONDS_PER_OPERATION = 2.0e-10


def deviation_program_size(environment: Environment, grids: Sequence[Grid], side: Side) -> ProgramSize:
    """Estimate the size of one program from the shapes alone.

    Each column meets nearly all deviations of every agent, so the normal equations are dense in the deviations.

    Args:
        side: lower for the guarantee, upper for the potential.
    """
    shape = [grid.actions for grid in grids]
    profiles = 1
    for actions in shape:
        profiles *= actions
    deviations = sum(actions * actions for actions in shape)
    if side is Side.LOWER:
        columns = profiles * environment.states
        rows = deviations + environment.beliefs.rows + 1
        nonzeros = columns * sum(shape) + profiles * environment.beliefs.value.size + columns
    else:
        columns = profiles * environment.decisions + (sum(shape) if environment.transfers else 0)
        rows = deviations + profiles * environment.decision_set.groups
        matters = [int(own.any(axis=0).sum()) for own in environment.utilities_rounded]
        nonzeros = 2 * profiles * sum(a * k for a, k in zip(shape, matters, strict=True)) + columns
    fill = float(deviations) ** 2 / 2
    return ProgramSize(
        profiles=profiles,
        rows=rows,
        columns=columns,
        nonzeros=nonzeros,
        memory=_BYTES_FIXED + _BYTES_PER_NONZERO * nonzeros + _BYTES_PER_FILL * fill,
        seconds=_SECONDS_PER_NONZERO * nonzeros + _SECONDS_PER_OPERATION * fill * deviations,
    )


def require_fitting_deviations(
    environment: Environment, grids: Sequence[Grid], side: Side, memory_limit: float
) -> ProgramSize:
    """Refuse a program that is estimated to need more memory than the limit, in bytes.

    Raises:
        SizeError: naming the sizes.
    """
    size = deviation_program_size(environment, grids, side)
    if size.memory > memory_limit:
        raise SizeError(
            f"the program over all deviations has {size.rows:,} rows, {size.columns:,} columns and "
            f"{size.nonzeros:,} non-zeros, about {size.memory / 2**30:.1f} GiB and {size.seconds:,.0f} s: above the "
            f"limit of {memory_limit / 2**30:.1f} GiB; use fewer actions or states, or raise the memory limit"
        )
    return size
