"""Exact facts about a polytope of priors: which states can occur, which rows say something, how to meet them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.errors import InputError, RepairError
from robustmech.model.belief_units import exact_rows_in_units
from robustmech.model.beliefs import Beliefs
from robustmech.model.exact_systems import ExactSystem, Row
from robustmech.model.rational import IntArray, RationalArray

BoolArray = npt.NDArray[np.bool_]
_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """One row that leaves some states no probability: its limit is the extreme of its entries.

    Args:
        row: the row of the beliefs.
        sign: +1 if the row's average must be as high as its highest entry, −1 if as low as its lowest.
        states: the states that are thereby impossible.
    """

    row: int
    sign: int
    states: tuple[int, ...]


def exclusions(beliefs: Beliefs) -> tuple[Exclusion, ...]:
    """Find states that no prior in the polytope gives any probability, with the row that proves it.

    A row whose average over the remaining states must equal its smallest (largest) entry leaves only the states with
    that
    entry. The search repeats until nothing changes; each step relies only on the states left by the steps before it.

    Raises:
        InputError: if a row asks for more than its largest or less than its smallest entry.
    """
    rows = beliefs.exact_rows()
    possible = set(range(beliefs.states))
    found: list[Exclusion] = []
    pending = list(range(beliefs.rows))
    while pending:
        changed = False
        for r in pending:
            low, high = beliefs.lower[r], beliefs.upper[r]
            entries = {state: value for state, value in rows[r].items() if state in possible}
            elsewhere = [_ZERO] if len(entries) < len(possible) else []
            smallest, largest = min([*entries.values(), *elsewhere]), max([*entries.values(), *elsewhere])
            if (low is not None and low > largest) or (high is not None and high < smallest):
                raise InputError(
                    f"beliefs: no prior satisfies row {r}: its entries lie between {smallest} and {largest}, "
                    f"its limits are {low} and {high}"
                )
            for sign, limit, extreme in ((1, low, largest), (-1, high, smallest)):
                if limit != extreme or smallest == largest:
                    continue
                out = _states_off(entries, possible, extreme)
                found.append(Exclusion(row=r, sign=sign, states=tuple(sorted(out))))
                possible -= out
                changed = True
                break
        pending = pending if changed else []
    return tuple(found)


def _states_off(entries: Row, possible: set[int], extreme: Fraction) -> set[int]:
    if extreme == 0:
        return set(entries)
    return {state for state in possible if entries.get(state, _ZERO) != extreme}


def independent_rows(beliefs: Beliefs, possible: BoolArray, row_orbit: IntArray) -> BoolArray:
    """The rows whose orbit's sum is neither implied by earlier orbits' nor by probabilities summing to one.

    Keeping only these, and no row for the sum, removes the free direction of the multipliers: a constant added to
    every λ(θ) and taken from every Ξ(x). Inequality rows are always kept. Rows of one orbit, which a symmetry gives
    equal multipliers, are kept or left out together. What is left out is what speaks of the likeliest states, as far as
    that can be chosen: solvers know what is left out only from all the rest, and so not to its own accuracy.

    Args:
        row_orbit: the orbit of each row, numbered 0, 1, …; all different if there is no symmetry.
    Raises:
        InputError: if the equality rows contradict each other.
    """
    kept = ~beliefs.equality
    sums: dict[int, Row] = {}
    targets: dict[int, Fraction] = {}
    members: dict[int, list[int]] = {}
    rows, limits = exact_rows_in_units(beliefs)
    for r in np.flatnonzero(beliefs.equality).tolist():
        orbit = int(row_orbit[r])
        total = sums.setdefault(orbit, {})
        for c, v in rows[r].items():
            if possible[c]:
                total[c] = total.get(c, _ZERO) + v
        targets[orbit] = targets.get(orbit, _ZERO) + (limits[r][0] or _ZERO)
        members.setdefault(orbit, []).append(r)
    system = ExactSystem()
    ordered = sorted(sums, key=lambda orbit: abs(targets[orbit]) / len(members[orbit]))
    # The sum's pivot is best a state of the last row: then no other row is made dense by it.
    preferred = next((list(sums[orbit])[:1] for orbit in reversed(ordered) if sums[orbit]), [])
    system.add(dict.fromkeys(np.flatnonzero(possible).tolist(), _ONE), _ONE, preferred)
    for orbit in ordered:
        try:
            kept[members[orbit]] = system.add(sums[orbit], targets[orbit])
        except ArithmeticError:
            raise InputError(
                f"beliefs: row {members[orbit][0]} contradicts the rows before it, so no prior satisfies them all"
            ) from None
    return kept


def possible_states(beliefs: Beliefs, excluded: tuple[Exclusion, ...]) -> BoolArray:
    """The states that no exclusion rules out, shape (states,)."""
    possible = np.ones(beliefs.states, dtype=np.bool_)
    for exclusion in excluded:
        possible[list(exclusion.states)] = False
    return possible


def equality_targets(beliefs: Beliefs) -> dict[int, Fraction]:
    """The equality rows and what they must average to."""
    return {r: low for r, low in enumerate(beliefs.lower) if low is not None and low == beliefs.upper[r]}


def correction(
    beliefs: Beliefs,
    law: RationalArray,
    support: BoolArray,
    pinned: Mapping[int, Fraction],
    wished: Mapping[int, Fraction] | None = None,
) -> RationalArray:
    """The exact change δ, on the support only, after which ``law + δ`` sums to one and meets the pinned rows' targets.

    Args:
        pinned: rows and what they must average to.
        wished: rows that are to meet their targets too, unless the rows before them say otherwise.
    Raises:
        RepairError: if the pinned rows contradict each other.
    """
    values = beliefs.multiply(law)
    gaps = {r: target - values[r] for r, target in pinned.items()}
    rows = beliefs.exact_rows()
    largest_first = np.argsort([-float(p) for p in law]).tolist()
    change = np.full(beliefs.states, _ZERO, dtype=object)
    try:
        system = _equations(beliefs, support, gaps, 1 - law.sum(), largest_first)
    except ArithmeticError:
        raise RepairError("beliefs: the rows that must hold with equality contradict each other") from None
    for r, target in (wished or {}).items():
        with suppress(ArithmeticError):
            system.add({c: v for c, v in rows[r].items() if support[c]}, target - values[r], largest_first)
    for state, value in system.basic_solution().items():
        change[state] = value
    return change


def crossed_limits(beliefs: Beliefs, law: RationalArray) -> dict[int, Fraction]:
    """The rows that are beyond a limit, with that limit."""
    crossed: dict[int, Fraction] = {}
    for r, value in enumerate(beliefs.multiply(law)):
        low, high = beliefs.lower[r], beliefs.upper[r]
        if low is not None and value < low:
            crossed[r] = low
        elif high is not None and value > high:
            crossed[r] = high
    return crossed


def _equations(
    beliefs: Beliefs,
    support: BoolArray,
    targets: Mapping[int, Fraction],
    total: Fraction = _ONE,
    preferred: Sequence[int] = (),
) -> ExactSystem:
    """Rows with targets, and the sum, restricted to the support; ArithmeticError if they contradict each other."""
    system = ExactSystem()
    rows = beliefs.exact_rows()
    for r, target in targets.items():
        system.add({c: v for c, v in rows[r].items() if support[c]}, target, preferred)
    system.add(dict.fromkeys(np.flatnonzero(support).tolist(), _ONE), total, preferred)
    return system
