"""Exact facts about a polytope of priors: which states can occur, and points inside it."""

from dataclasses import dataclass
from fractions import Fraction

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


def interior_law(beliefs: Beliefs) -> RationalArray:
    """A prior in the polytope that gives positive probability to every state that any prior there gives one.

    Raises:
        InputError: if no prior satisfies the rows.
        RepairError: if the prior found in floating point cannot be made exact.
    """
    possible = possible_states(beliefs, exclusions(beliefs))
    system = _equations(beliefs, possible, None)
    if system.rank == np.count_nonzero(possible):
        law = np.full(beliefs.states, _ZERO, dtype=object)
        for state, probability in system.basic_solution().items():
            law[state] = probability
        _require_prior(beliefs, law, InputError("beliefs: no prior satisfies the rows"))
        return law
    support = _largest_share(beliefs, possible, each_capped=True) > 1e-9 / beliefs.states
    rough = _largest_share(beliefs, support, each_capped=False)
    law = np.array([Fraction(p) if s else _ZERO for p, s in zip(rough.tolist(), support, strict=True)], dtype=object)
    law = law + correction(beliefs, law, support)
    _require_prior(beliefs, law, RepairError("beliefs: no exact prior was found inside the rows; loosen them slightly"))
    return law


def correction(beliefs: Beliefs, law: RationalArray, support: BoolArray) -> RationalArray:
    """The exact change δ, on the support only, after which ``law + δ`` sums to one and meets every row's limits."""
    gaps = {int(r): _ZERO for r in np.flatnonzero(beliefs.equality)} | _limit_gaps(beliefs, law)
    largest_first = np.argsort([-float(p) for p in law]).tolist()
    while True:
        change = np.full(beliefs.states, _ZERO, dtype=object)
        for state, value in _equations(beliefs, support, gaps, 1 - law.sum(), largest_first).basic_solution().items():
            change[state] = value
        crossed = {r: gap for r, gap in _limit_gaps(beliefs, law + change).items() if r not in gaps}
        if not crossed:
            return change
        before = beliefs.multiply(law)
        after = beliefs.multiply(law + change)
        gaps |= {r: gap + after[r] - before[r] for r, gap in crossed.items()}


def _limit_gaps(beliefs: Beliefs, law: RationalArray) -> dict[int, Fraction]:
    """How far each row that is beyond a limit is from it."""
    gaps: dict[int, Fraction] = {}
    for r, value in enumerate(beliefs.multiply(law)):
        low, high = beliefs.lower[r], beliefs.upper[r]
        if low is not None and value < low:
            gaps[r] = low - value
        elif high is not None and value > high:
            gaps[r] = high - value
    return gaps


def _equations(
    beliefs: Beliefs,
    support: BoolArray,
    targets: dict[int, Fraction] | None,
    total: Fraction = _ONE,
    preferred: list[int] | None = None,
) -> ExactSystem:
    """The equality rows (or the rows in targets) and the sum, restricted to the support."""
    system = ExactSystem()
    rows = beliefs.exact_rows()
    wanted = targets if targets is not None else {
        int(r): target for r in np.flatnonzero(beliefs.equality) if (target := beliefs.lower[r]) is not None
    }  # fmt: skip
    try:
        for r, target in wanted.items():
            system.add({c: v for c, v in rows[r].items() if support[c]}, target, preferred or ())
        system.add(dict.fromkeys(np.flatnonzero(support).tolist(), _ONE), total, preferred or ())
    except ArithmeticError:
        raise InputError("beliefs: the rows contradict each other, so no prior satisfies them all") from None
    return system


def _require_prior(beliefs: Beliefs, law: RationalArray, error: Exception) -> None:
    inside = min(law) >= 0 and law.sum() == 1
    for value, low, high in zip(beliefs.multiply(law), beliefs.lower, beliefs.upper, strict=True):
        inside = inside and (low is None or value >= low) and (high is None or value <= high)
    if not inside:
        raise error


def _largest_share(beliefs: Beliefs, support: BoolArray, *, each_capped: bool) -> npt.NDArray[np.float64]:
    """A prior on the support: most states above a small share, or the smallest probability as large as possible."""
    states = beliefs.states
    low, high = (
        np.array([float(v) if v is not None else infinite for v in limits])
        for limits, infinite in ((beliefs.lower, -np.inf), (beliefs.upper, np.inf))
    )
    shares = states if each_capped else 1
    above = sp.csr_array(np.identity(states) if each_capped else support.astype(float)[:, None])
    identity = sp.csr_array(sp.identity(states, format="csr"))
    left = sp.vstack([beliefs.matrix, sp.csr_array(np.ones((1, states))), identity], format="csr")
    right = sp.vstack([sp.csr_array((beliefs.rows + 1, shares)), -above], format="csr")
    program = LinearProgram(
        cost=np.concatenate([np.zeros(states), -np.ones(shares)]),
        matrix=sp.csr_array(sp.hstack([left, right], format="csr")),
        row_lower=np.concatenate([low, [1.0], np.zeros(states)]),
        row_upper=np.concatenate([high, [1.0], np.full(states, np.inf)]),
        column_lower=np.zeros(states + shares),
        column_upper=np.concatenate(
            [np.where(support, 1.0, 0.0), np.full(shares, 0.1 / states if each_capped else 1.0)]
        ),
    )
    solution = HighsSolver(method="simplex").solve(program)
    if not solution.status.solved:
        raise InputError("beliefs: no prior satisfies the rows")
    return solution.primal[:states]
