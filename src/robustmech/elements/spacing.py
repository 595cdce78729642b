"""Where the elements of one coordinate begin and end, and the masses of functions on them."""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import numpy as np

from robustmech.elements.integrals import context, decimal, exponential, simplex_integral
from robustmech.errors import SpacingError
from robustmech.model import FloatArray
from robustmech.model.rational import Numbers, rational, rationals

_SMALLEST, _LARGEST = Fraction(1, 10**9), 100
_MOST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing:
    """Breakpoints 0 = x_0 < … < x_M on [0, ∞): M cells, and the tail beyond the last.

    Args:
        breakpoints: exact numbers, increasing from zero.
    Raises:
        SpacingError: unless they increase from zero by between 1e-9 and 100 each, to at most 100.
    """

    breakpoints: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        points = self.breakpoints
        if len(points) < 2 or points[0] != 0:
            raise SpacingError("spacing: give at least two breakpoints, the first of them zero")
        if len(points) > _MOST:
            raise SpacingError(f"spacing: {len(points)} breakpoints are beyond the limit of {_MOST}")
        steps = [high - low for low, high in pairwise(points)]
        if min(steps) < _SMALLEST or points[-1] > _LARGEST:
            raise SpacingError(
                f"spacing: breakpoints must increase by at least {float(_SMALLEST):g}, to at most {_LARGEST}"
            )

    @classmethod
    def at(cls, breakpoints: Numbers) -> "Spacing":
        """Any breakpoints, taken exactly."""
        return cls(breakpoints=tuple(rationals(breakpoints, "breakpoints").ravel().tolist()))

    @classmethod
    def even(cls, width: Numbers | Fraction, cells: int) -> "Spacing":
        """Cells of the same width."""
        exact = rational(width, "width")
        return cls(breakpoints=tuple(exact * j for j in range(cells + 1)))

    @property
    def cells(self) -> int:
        """The number of cells M, the tail not counted."""
        return len(self.breakpoints) - 1

    @property
    def widths(self) -> tuple[Fraction, ...]:
        """The widths of the cells."""
        return tuple(high - low for low, high in pairwise(self.breakpoints))

    @property
    def positions(self) -> FloatArray:
        """The breakpoints, rounded."""
        return np.array([float(point) for point in self.breakpoints])


def cells_of_the_sum(spacing: Spacing) -> str:
    """How many cells of the sum of actions or signals there are, for people."""
    return f"{spacing.cells} {'cell' if spacing.cells == 1 else 'cells'} of the sum"


def cells_in_words(spacings: tuple[Spacing, ...]) -> str:
    """How many cells along each coordinate, for people."""
    return " × ".join(str(spacing.cells) for spacing in spacings) + " cells"


def linear_masses(start: Fraction, width: Fraction, decay: Fraction) -> tuple[Decimal, Decimal]:
    """∫ N e^{−decay·x} dx over one cell for the two linear interpolation weights N (low end, high end)."""
    with localcontext(context()):
        scale = exponential(-decay * start) * decimal(width)
        ends = (Fraction(0), -decay * width)
        return scale * simplex_integral(ends, 0), scale * simplex_integral(ends, 1)


def exponential_masses(start: Fraction, width: Fraction, decay: Fraction, rate: Fraction) -> tuple[Decimal, Decimal]:
    """∫ M e^{−decay·x} dx for the two exponential interpolation weights M (low end, high end).

    They are M_high = (e^{rate·t} − 1)/(e^{rate·width} − 1) with t = x − start, and 1 − M_high; a rate of zero stands
    for the linear weights.
    """
    if rate == 0:
        return linear_masses(start, width, decay)
    with localcontext(context()):
        scale = exponential(-decay * start) * decimal(width)
        whole = simplex_integral((Fraction(0), -decay * width))
        grown = simplex_integral((Fraction(0), (rate - decay) * width))
        high = (grown - whole) / (exponential(rate * width) - 1)
        return scale * (whole - high), scale * high


def end_slopes(width: Fraction, rate: Fraction) -> tuple[float, float]:
    """The slope of M_high at the two ends of a cell: rate / (e^{rate·width} − 1), and that times e^{rate·width}."""
    with localcontext(context()):
        if rate == 0:
            slope = 1 / decimal(width)
            return float(slope), float(slope)
        growth = exponential(rate * width)
        slope = decimal(rate) / (growth - 1)
        return float(slope), float(slope * growth)
