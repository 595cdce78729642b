"""How large a program will be, before it is built."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from robustmech.errors import SizeError
from robustmech.model import Counts, Environment, Grid

# Fitted to solves of 30,000 to 1,000,000 non-zeros on two cores. The whole program is assembled, then folded by the
# exchanges of agents. A factorisation ends in a dense block the size of the separator: the unknowns on one slice across
# the longest axis.
_BYTES_FIXED = 100_000_000
_BYTES_PER_ASSEMBLED = 120.0
_BYTES_PER_FOLDED = 220.0
_BYTES_PER_FILL = 12.0
_SECONDS_PER_ASSEMBLED = 5.0e-7
_SECONDS_PER_FOLDED = 1.0e-5
_SECONDS_PER_FLOP = 1.5e-8
DEFAULT_MEMORY_LIMIT = 8 * 2**30
"""Bytes that a solve may be estimated to need, unless the person raises the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSize:
    """The size of one local program.

    Args:
        profiles: action profiles, or the rows of a discretisation that is not a grid.
        rows: constraints, before folding.
        columns: unknowns, before folding.
        nonzeros: entries of the matrix, before folding.
        memory: estimated peak memory in bytes.
        seconds: estimated time on two cores.
    """

    profiles: int
    rows: int
    columns: int
    nonzeros: int
    memory: float
    seconds: float


def program_size(environment: Environment, grids: Sequence[Grid], symmetries: int = 1) -> ProgramSize:
    """Estimate the size of one side's program from the shapes and the permutations of agents that fold it."""
    shape = [grid.actions for grid in grids]
    profiles = int(np.prod(np.array(shape, dtype=object)))
    counts = Counts(
        rows=profiles, nodes=profiles, local=2 * profiles, evaluation=profiles, separator=profiles / max(shape)
    )
    return estimated_size(environment, counts, symmetries)


def estimated_size(environment: Environment, counts: Counts, symmetries: int = 1) -> ProgramSize:
    """Estimate the size of a program from the counts of its discretisation."""
    states, decisions = environment.states, environment.decisions
    groups = environment.decision_set.groups
    utilities = int(np.count_nonzero(environment.utilities_rounded))
    payoffs = int(np.count_nonzero(environment.payoff_rounded))
    rows = counts.rows * states + counts.nodes * groups
    columns = counts.nodes * decisions + (counts.rows if environment.transfers else 0) + environment.beliefs.rows
    nonzeros = counts.local * utilities + counts.evaluation * payoffs + counts.nodes * decisions
    nonzeros += counts.rows * (environment.beliefs.value.size + 2 * states)
    folded = nonzeros / symmetries
    separator = counts.separator * (decisions + 1) / symmetries
    return ProgramSize(
        profiles=counts.rows,
        rows=rows,
        columns=columns,
        nonzeros=nonzeros,
        memory=_BYTES_FIXED
        + _BYTES_PER_ASSEMBLED * nonzeros
        + _BYTES_PER_FOLDED * folded
        + _BYTES_PER_FILL * separator**2,
        seconds=_SECONDS_PER_ASSEMBLED * nonzeros + _SECONDS_PER_FOLDED * folded + _SECONDS_PER_FLOP * separator**3,
    )


def require_fitting(
    environment: Environment,
    grids: Sequence[Grid],
    symmetries: int,
    memory_limit: float,
    smaller: Callable[[int], Sequence[Grid]],
) -> ProgramSize:
    """Refuse a program that is estimated not to fit.

    Args:
        symmetries: the number of permutations of agents that the program is folded by.
        memory_limit: in bytes.
        smaller: the same kind of grids with another number of actions each.
    Raises:
        SizeError: naming the sizes and the largest number of actions that fits.
    """
    size = program_size(environment, grids, symmetries)
    if size.memory <= memory_limit:
        return size
    fits = 1
    low, high = 2, max(grid.actions for grid in grids) - 1
    while low <= high:
        middle = (low + high) // 2
        if program_size(environment, smaller(middle), symmetries).memory <= memory_limit:
            fits, low = middle, middle + 1
        else:
            high = middle - 1
    mend = f"{fits} actions each would fit" if fits > 1 else "no grid fits: use fewer states or agents"
    if fits > 4 and any(grid.published_parameter is not None for grid in grids):
        mend = f"published {math.isqrt(fits - 1)} would fit"
    raise SizeError(
        f"the program has {size.profiles:,} profiles, {size.rows:,} rows and {size.nonzeros:,} non-zeros, about "
        f"{size.memory / 2**30:.1f} GiB and {size.seconds:,.0f} s: above the limit of {memory_limit / 2**30:.1f} GiB; "
        f"{mend}, or raise the memory limit"
    )


def require_memory(size: ProgramSize, memory_limit: float, mend: str) -> ProgramSize:
    """Refuse a program that is estimated to need more memory than the limit, in bytes.

    Raises:
        SizeError: naming the sizes, and what would mend it.
    """
    if size.memory > memory_limit:
        raise SizeError(
            f"the program has {size.rows:,} rows and {size.nonzeros:,} non-zeros, about {size.memory / 2**30:.1f} GiB "
            f"and {size.seconds:,.0f} s: above the limit of {memory_limit / 2**30:.1f} GiB; {mend}, or raise the "
            "memory limit"
        )
    return size
