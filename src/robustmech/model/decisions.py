"""The set of decisions a designer may take at each action profile."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.errors import InputError, ShapeError
from robustmech.model.rational import FloatArray, IntArray, RationalArray, floats, rationals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionSet:
    r"""A product of capped simplexes.

    .. math:: C = \{c \in \mathbb{R}^K_+ : c_k \le \kappa_k,\ \sum_{k \in g} c_k \le 1\ (= 1 \text{ where required})\}

    The simplex over outcomes is one required group; an auction has one group per good.

    Args:
        group: the group of each decision, whole numbers 0, 1, …, shape (decisions,).
        required: whether the group's decisions must add up to one, shape (groups,).
        cap: the largest value of each decision, shape (decisions,); exact.
    Raises:
        ShapeError: if the shapes disagree or a group has no decision.
        InputError: if a cap is not positive, or the caps of a required group add up to less than one.
    Source: Brooks & Du (2020), sections 4.1 and 4.2.
    """

    group: IntArray
    required: npt.NDArray[np.bool_]
    cap: RationalArray

    def __post_init__(self) -> None:
        group = np.array(self.group, dtype=np.int64)
        required = np.array(self.required, dtype=np.bool_)
        cap = rationals(self.cap, "cap")
        cap = rationals([min(own, Fraction(1)) for own in cap.ravel()], "cap").reshape(cap.shape)
        if group.ndim != 1 or cap.shape != group.shape or group.size == 0:
            raise ShapeError(f"decision set: group {group.shape} and cap {cap.shape} must be equally long vectors")
        if set(group.tolist()) != set(range(required.size)):
            raise ShapeError("decision set: groups must be numbered 0, 1, … and each must have a decision")
        if min(cap) <= 0:
            raise InputError("decision set: every cap must be positive; leave the decision out instead")
        for g in np.flatnonzero(required):
            if cap[group == g].sum() < 1:
                raise InputError(f"decision set: the caps of group {g} add up to less than the one that is required")
        for name, array in (("group", group), ("required", required), ("cap", cap)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def decisions(self) -> int:
        """The number of decisions K."""
        return self.group.size

    @property
    def groups(self) -> int:
        """The number of groups."""
        return self.required.size

    @property
    def capped(self) -> npt.NDArray[np.bool_]:
        """The decisions whose cap is below one, so that it can bind on its own."""
        return np.asarray(self.cap < 1, dtype=np.bool_)

    def largest(self, objective: FloatArray) -> FloatArray:
        """Maximise a linear function over the set: fill the best decisions of each group up to their caps.

        Args:
            objective: coefficients, shape (…, decisions).
        Returns:
            The maxima, shape (…), in floating point.
        """
        cap = floats(self.cap)
        total = np.zeros(objective.shape[:-1])
        for g, required in enumerate(self.required):
            member = np.flatnonzero(self.group == g)
            values = objective[..., member] if required else np.maximum(objective[..., member], 0.0)
            if not self.capped[member].any():
                total += values.max(axis=-1)
                continue
            order = np.argsort(-values, axis=-1)
            filled = np.minimum(np.cumsum(cap[member][order], axis=-1), 1.0)
            share = np.diff(filled, axis=-1, prepend=0.0)
            total += (share * np.take_along_axis(values, order, axis=-1)).sum(axis=-1)
        return total


def simplex(decisions: int) -> DecisionSet:
    """The simplex over finitely many outcomes: one required group without caps."""
    return DecisionSet(
        group=np.zeros(decisions, dtype=np.int64), required=np.array([True]), cap=rationals([1] * decisions)
    )
