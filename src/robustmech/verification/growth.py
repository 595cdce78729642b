r"""The lower number of a mechanism with the transfers that are stored, whatever they should have been.

For any transfers that leave action 0 secure, with aggregate excess growth G, every equilibrium gives at least
`b·y + min_x [Ξ(x) − G(x)]`. On a grid G is that of the stored doubles, each taken to be exactly what it is. On a mesh
they store a function A, and the transfers are those that have the growth A less its mean, at every point: so the
number is `b·y + min [Ξ − A] + E A`. Nothing is compared to within a tolerance: what is stored badly lowers the number.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import Enclosure
from robustmech.verification.exactness import Whole, digits, exact_doubles, first_place, scaled
from robustmech.verification.grids.grid import Grid
from robustmech.verification.grids.transfers import weighted_growth
from robustmech.verification.guarantee import Actions, Mechanism, Paid, Ratios, least_objective
from robustmech.verification.limits import check_array, longest_scaled
from robustmech.verification.meshes.crossed_triangles import CrossedTriangles
from robustmech.verification.meshes.shares import Shares
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Rows

Growth = npt.NDArray[np.float64]


def least_left(
    problem: Problem, actions: Actions, mechanism: Mechanism, multipliers: Sequence[Fraction], paid: Paid | None
) -> Fraction:
    """The number less `b·y`: exact on a grid and without transfers, else the low end of its enclosure.

    Args:
        problem: with payments at action 0 among the decisions, unless they are in the transfers paid.
        actions: the grid or mesh.
        mechanism: likewise.
        multipliers: y.
        paid: the transfers on a grid.
    """
    rows = actions.rows()
    if isinstance(actions, Grid) and paid is not None:
        ratios = least_objective(problem, rows, mechanism, multipliers)
        growth = weighted_growth(actions, paid)
        return _less_over_scale(ratios, growth, paid.denominator).least()
    if mechanism.growth is None:
        return least_objective(problem, rows, mechanism, multipliers).least()
    if isinstance(actions, Shares) and actions.has_payoff:
        return _with_payoff_in_shares(problem, actions, rows, mechanism, multipliers, mechanism.growth)
    return _on_mesh(problem, actions, rows, mechanism, multipliers, mechanism.growth)


def _less_over_scale(ratios: Ratios, numerators: Whole, denominator: int) -> Ratios:
    """A function less another one that is `numerators / (scale · denominator)`."""
    bits = denominator.bit_length() + digits(ratios.numerators)
    bits = max(bits, ratios.denominator.bit_length() + digits(numerators))
    check_array(4 * len(numerators), bits, "the objective less the growth")
    return Ratios(
        numerators=denominator * ratios.numerators - ratios.denominator * numerators,
        scale=ratios.scale,
        denominator=denominator * ratios.denominator,
    )


def _on_mesh(
    problem: Problem,
    actions: Actions,
    rows: Rows,
    mechanism: Mechanism,
    multipliers: Sequence[Fraction],
    stored: Growth,
) -> Fraction:
    """`min [Ξ − A] + E A`, where A is linear between rows, on an element or between its corners."""
    growth, denominator = exact_doubles(stored)
    crossed = isinstance(actions, CrossedTriangles)
    parts = growth.reshape(2 if crossed else 1, -1)
    _check_padding(parts, rows)
    at_rows = parts.sum(axis=0)
    if rows.entry is not None:
        at_rows = at_rows[rows.entry]
    least = least_objective(problem, rows, mechanism, multipliers).less(at_rows, denominator).least()
    if isinstance(actions, CrossedTriangles):
        rising = actions.rising_rows()
        at_rising = actions.rising_growth(parts)
        objective = least_objective(problem, rising, mechanism, multipliers)
        least = min(least, objective.less(at_rising, denominator).least())
    return least + lowest_mean(at_rows, rows.masses) / denominator


def _check_padding(parts: Whole, rows: Rows) -> None:
    """What stands for no corner repeats the entry before it, so that nothing is stored there."""
    if rows.entry is None:
        return
    padding: npt.NDArray[np.bool_] = np.ones(parts.shape[1], dtype=np.bool_)
    padding[rows.entry] = False
    places = np.flatnonzero(padding)
    other = np.any(parts[:, places] != parts[:, places - 1], axis=0)
    if np.any(other):
        raise Flaw(f"the written growth at entry {places[first_place(other)[0]]} does not repeat the one before it")


def _with_payoff_in_shares(
    problem: Problem,
    mesh: Shares,
    rows: Rows,
    mechanism: Mechanism,
    multipliers: Sequence[Fraction],
    stored: Growth,
) -> Fraction:
    """In shares A is the sum of one function that is linear in 1/s and one, a payoff at nodes, that is linear in s.

    The least of Ξ − A is at least the sum of the least of either part of it.
    """
    growth, denominator = exact_doubles(stored)
    rest, written = growth[:, 0], growth[:, 1]
    places = [place.node for place in mesh.places()]
    payoff: Whole = np.zeros(mesh.node_shape[0], dtype=object)
    for node, value in zip(places, written.tolist(), strict=True):
        if node >= 0:
            payoff[node] = value
    expected = np.array([0 if node < 0 else payoff[node] for node in places], dtype=object)
    if np.any(expected != written):
        place = first_place(expected != written)[0]
        raise Flaw(f"the written payoff at row {place} is not that of its node, or not zero at the far end")
    clear = problem.denominator()
    bits = longest_scaled(problem.payoff_numbers(), clear) + digits(mechanism.decisions) + denominator.bit_length()
    bits = max(bits, clear.bit_length() + mechanism.denominator.bit_length() + digits(payoff))
    check_array(4 * len(payoff), bits, "the payoff at the nodes")
    true: Whole = np.zeros(len(payoff), dtype=object)
    decisions = mechanism.decisions.reshape(-1, problem.decisions)
    for k, value in problem.payoff.get(0, {}).items():
        true = true + scaled(value, clear) * decisions[:, k]
    unit = clear * mechanism.denominator
    missed = Fraction(int((denominator * true - unit * payoff).min()), unit * denominator)
    own = rest if rows.entry is None else rest[rows.entry]
    objective = least_objective(replace(problem, payoff={}), rows, mechanism, multipliers)
    mean = lowest_mean(own + payoff[rows.node], rows.masses)
    return objective.less(own, denominator).least() + missed + mean / denominator


def lowest_mean(values: Whole, masses: Enclosure) -> Fraction:
    """The least that the sum of mass times value may be, for masses that sum to one.

    The first value is taken off everywhere, so that the masses' doubt counts for the differences only.
    """
    if len(values) == 0:
        return Fraction(0)
    base = int(values[0])
    rest = values - base
    least = np.where(rest >= 0, masses.low, masses.high) * rest
    return base + Fraction(int(least.sum()), masses.unit)
