"""Exact facts about a polytope of priors: which states can occur, and points inside it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from robustmech.errors import InputError, RepairError
from robustmech.lp import HighsSolver, LinearProgram
from robustmech.model.beliefs import Beliefs
from robustmech.model.exact_systems import ExactSystem, Row
from robustmech.model.rational import IntArray, RationalArray

BoolArray = npt.NDArray[np.bool_]
_ZERO, _ONE = Fraction(0), Fraction(1)
_NARROW = Fraction(1, 10**7)


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
    equal multipliers, are kept or left out together.

    Args:
        row_orbit: the orbit of each row, numbered 0, 1, …; all different if there is no symmetry.
    Raises:
        InputError: if the equality rows contradict each other.
    """
    kept = ~beliefs.equality
    sums: dict[int, Row] = {}
    targets: dict[int, Fraction] = {}
    members: dict[int, list[int]] = {}
    rows = beliefs.exact_rows()
    for r in np.flatnonzero(beliefs.equality).tolist():
        orbit = int(row_orbit[r])
        total = sums.setdefault(orbit, {})
        for c, v in rows[r].items():
            if possible[c]:
                total[c] = total.get(c, _ZERO) + v
        targets[orbit] = targets.get(orbit, _ZERO) + (beliefs.lower[r] or _ZERO)
        members.setdefault(orbit, []).append(r)
    system = ExactSystem()
    # The sum's pivot is best a state of the last row: then no other row is made dense by it.
    preferred = next((list(total)[:1] for total in reversed(sums.values()) if total), [])
    system.add(dict.fromkeys(np.flatnonzero(possible).tolist(), _ONE), _ONE, preferred)
    for orbit, total in sums.items():
        try:
            kept[members[orbit]] = system.add(total, targets[orbit])
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


@lru_cache(maxsize=16)
def interior_law(beliefs: Beliefs) -> RationalArray:
    """A prior in the polytope that gives positive probability to every state that any prior there gives one.

    It is asked for several times in a solve, and remembered; the array is read-only.

    Raises:
        InputError: if no prior satisfies the rows.
        RepairError: if the prior found in floating point cannot be made exact.
    """
    possible = possible_states(beliefs, exclusions(beliefs))
    try:
        system = _equations(beliefs, possible, equality_targets(beliefs))
    except ArithmeticError:
        raise InputError("beliefs: the rows contradict each other, so no prior satisfies them all") from None
    if system.rank == np.count_nonzero(possible):
        law = np.full(beliefs.states, _ZERO, dtype=object)
        for state, probability in system.basic_solution().items():
            law[state] = probability
        _require_prior(beliefs, law, InputError("beliefs: no prior satisfies the rows"))
        law.setflags(write=False)
        return law
    support = _support(beliefs, possible)
    rough = _largest_share(beliefs, support)
    law = np.array([Fraction(p) if s else _ZERO for p, s in zip(rough.tolist(), support, strict=True)], dtype=object)
    failure = RepairError("beliefs: no exact prior was found inside the rows; loosen them slightly")
    for pinned in (equality_targets(beliefs), equality_targets(beliefs) | _narrow_targets(beliefs)):
        try:
            return _made_exact(beliefs, law, support, pinned)
        except RepairError as error:
            failure = error
    raise failure


def _support(beliefs: Beliefs, possible: BoolArray) -> BoolArray:
    """The states that some prior gives probability: asked of those not yet found, until no more are."""
    support = np.zeros(beliefs.states, dtype=np.bool_)
    while True:
        found = _largest_share(beliefs, possible, counted=possible & ~support) > 1e-9 / beliefs.states
        if not (found & possible & ~support).any():
            return support
        support |= found & possible


def _made_exact(beliefs: Beliefs, law: RationalArray, support: BoolArray, pinned: dict[int, Fraction]) -> RationalArray:
    """Put a law that is nearly in the beliefs into them."""
    while True:
        law = law + correction(beliefs, law, support, pinned)
        crossed = crossed_limits(beliefs, law)
        if crossed.keys() <= pinned.keys():
            break
        # A row that is still beyond a limit is put on it.
        pinned = pinned | crossed
    _require_prior(beliefs, law, RepairError("beliefs: no exact prior was found inside the rows; loosen them slightly"))
    law.setflags(write=False)
    return law


def _narrow_targets(beliefs: Beliefs) -> dict[int, Fraction]:
    """The middles of rows whose limits are closer than floating point can tell."""
    return {
        r: (low + high) / 2
        for r, (low, high) in enumerate(zip(beliefs.lower, beliefs.upper, strict=True))
        if low is not None and high is not None and high - low < _NARROW
    }


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


def _require_prior(beliefs: Beliefs, law: RationalArray, error: Exception) -> None:
    inside = min(law) >= 0 and law.sum() == 1
    for value, low, high in zip(beliefs.multiply(law), beliefs.lower, beliefs.upper, strict=True):
        inside = inside and (low is None or value >= low) and (high is None or value <= high)
    if not inside:
        raise error


def _largest_share(
    beliefs: Beliefs, support: BoolArray, *, counted: BoolArray | None = None
) -> npt.NDArray[np.float64]:
    """A prior on the support: the smallest probability as large as possible, or as much as possible on some states.

    In the first case the smallest distance from an inequality row's limits is made as large as possible too; in the
    second each counted state's probability counts up to a small share.
    """
    states, each_capped = beliefs.states, counted is not None
    low, high = (
        np.array([float(v) if v is not None else infinite for v in limits])
        for limits, infinite in ((beliefs.lower, -np.inf), (beliefs.upper, np.inf))
    )
    shares = states if each_capped else 1
    above = sp.csr_array(np.identity(states) if each_capped else support.astype(float)[:, None])
    identity = sp.csr_array(sp.identity(states, format="csr"))
    left = sp.vstack([beliefs.matrix, sp.csr_array(np.ones((1, states))), identity], format="csr")
    right = sp.vstack([sp.csr_array((beliefs.rows + 1, shares)), -above], format="csr")
    matrix = sp.csr_array(sp.hstack([left, right], format="csr"))
    row_lower = np.concatenate([low, [1.0], np.zeros(states)])
    row_upper = np.concatenate([high, [1.0], np.full(states, np.inf)])
    if not each_capped:
        room = np.where(beliefs.equality, 0.0, np.minimum(high - low, 1.0) / 2)
        inner = sp.hstack([beliefs.matrix, sp.csr_array(room[:, None])], format="csr")
        outer = sp.hstack([beliefs.matrix, sp.csr_array(-room[:, None])], format="csr")
        matrix = sp.csr_array(sp.vstack([matrix, inner, outer], format="csr"))
        row_lower = np.concatenate([row_lower, np.full(beliefs.rows, -np.inf), low])
        row_upper = np.concatenate([row_upper, high, np.full(beliefs.rows, np.inf)])
    program = LinearProgram(
        cost=np.concatenate([np.zeros(states), -np.ones(shares) if counted is None else -counted.astype(float)]),
        matrix=matrix,
        row_lower=row_lower,
        row_upper=row_upper,
        column_lower=np.zeros(states + shares),
        column_upper=np.concatenate(
            [np.where(support, 1.0, 0.0), np.full(shares, 0.1 / states if each_capped else 1.0)]
        ),
    )
    solution = HighsSolver(method="simplex").solve(program)
    if not solution.status.solved:
        raise InputError("beliefs: no prior satisfies the rows")
    return solution.primal[:states]
