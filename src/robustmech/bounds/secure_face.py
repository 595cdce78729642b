"""Where participation is secure: the face of the decision set that the constraints leave, and a point inside it."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from robustmech.errors import InputError
from robustmech.lp import HighsSolver, LinearProgram, solve_scaled
from robustmech.model import MECHANISM_DENOMINATOR, DecisionSet, FloatArray, IntArray, RationalArray
from robustmech.model.exact_systems import ExactSystem, Row

_TIGHT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecureFace:
    """The decisions in the set for which some utilities are all at least zero.

    Args:
        dropped: decisions that are never used there, shape (decisions,).
        inside: a decision vector at which every one of those utilities is positive that is not zero everywhere there.
        slack: each utility at that vector, shape (rows,); the smallest of the others where it is zero everywhere.
        least_slack: the smallest of them; one if all are zero everywhere.
        ties: for each decision that the others determine, the coefficients of those others and the constant.
    """

    dropped: npt.NDArray[np.bool_]
    inside: FloatArray
    slack: FloatArray
    least_slack: float
    ties: dict[int, tuple[Row, Fraction]]

    def tied(self, counts: IntArray) -> IntArray:
        """Recompute the determined decisions from the others, exactly, shape (nodes, decisions) in units of 2^−40.

        The others are first rounded down so that the results are whole; a result that still is not, or is negative, is
        left for the caller to find.
        """
        if not self.ties:
            return counts
        denominators = [value.denominator for row, _ in self.ties.values() for value in row.values()]
        step = math.lcm(*denominators)
        result = counts // step * step
        for decision, (row, constant) in self.ties.items():
            total = np.full(counts.shape[0], constant * MECHANISM_DENOMINATOR, dtype=object)
            for other, value in row.items():
                total = total + value * result[:, other].astype(object)
            result[:, decision] = [math.floor(entry) for entry in total]
        return result


def secure_face(chosen: DecisionSet, rows: RationalArray) -> SecureFace:
    """Find the face, by one linear program and exact elimination.

    Args:
        chosen: the decision set.
        rows: utilities that must be at least zero, exact, of a largest size of one each, shape (rows, decisions).
    Raises:
        InputError: if no decision makes them all at least zero, so that no mechanism is participation secure.
    """
    inside, row_margin, decision_margin = _relative_interior(chosen, rows)
    dropped = decision_margin <= _TIGHT
    tight = row_margin <= _TIGHT
    slack = rows.astype(np.float64) @ inside
    least = float(slack[~tight].min(initial=1.0))
    return SecureFace(
        dropped=dropped,
        inside=inside,
        slack=np.where(tight, least, slack),
        least_slack=least,
        ties=_ties(chosen, rows[tight], dropped),
    )


def _ties(chosen: DecisionSet, tight: RationalArray, dropped: npt.NDArray[np.bool_]) -> dict[int, tuple[Row, Fraction]]:
    """Decisions as exact combinations of others, from rows that are zero on the whole face."""
    plain = [{k: v for k, v in enumerate(row) if v and not dropped[k]} for row in tight.tolist()]
    if not any(plain):
        return {}
    system = ExactSystem()
    for row in plain:
        system.add(row, Fraction(0))
    for g in np.flatnonzero(chosen.required):
        member = np.flatnonzero((chosen.group == g) & ~dropped).tolist()
        system.add(dict.fromkeys(member, Fraction(1)), Fraction(1))
    return system.solved()


def _relative_interior(chosen: DecisionSet, rows: RationalArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A point with as many margins positive as possible, and the margins of rows and decisions."""
    count, decisions = rows.shape
    utilities = rows.astype(np.float64)
    member = np.zeros((chosen.groups, decisions))
    member[chosen.group, np.arange(decisions)] = 1.0
    margins = np.vstack([-np.identity(count + decisions), np.zeros((chosen.groups, count + decisions))])
    left = np.vstack([utilities, np.identity(decisions), member])
    most = 0.1 / (count + decisions)
    found = solve_scaled(
        HighsSolver(method="simplex"),
        LinearProgram(
            cost=np.concatenate([np.zeros(decisions), -np.ones(count + decisions)]),
            matrix=sp.csr_array(np.hstack([left, margins])),
            row_lower=np.concatenate([np.zeros(count + decisions), np.where(chosen.required, 1.0, -np.inf)]),
            row_upper=np.concatenate([np.full(count + decisions, np.inf), np.ones(chosen.groups)]),
            column_lower=np.zeros(2 * decisions + count),
            column_upper=np.concatenate([chosen.cap.astype(np.float64), np.full(count + decisions, most)]),
        ),
    )
    if not found.status.solved:
        raise InputError(
            "no decision is participation secure in every state: add an outside option, or with transfers allow "
            "payments at the lowest action (entry_payments)"
        )
    return found.primal[:decisions], found.primal[decisions : decisions + count], found.primal[decisions + count :]
