"""What the designer knows about the state: a polytope of priors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from robustmech.errors import InputError, ShapeError
from robustmech.model.rational import IntArray, Numbers, RationalArray, floats, rational, rationals

_FLOAT_SUM_TOLERANCE = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beliefs:
    r"""The set of priors that the designer holds possible, and what nature pays for each.

    .. math:: M = \{\mu \in \Delta(\Theta) : \underline b \le B\mu \le \bar b\}

    The matrix B is kept by its non-zero entries. A known prior is B = I with equal limits; every ambiguity model of
    the papers
    is another choice of rows. With a penalty, the designer's payoff at prior μ is lowered by ``penalties · μ``.

    Args:
        states: the number of states T.
        row: the row of each non-zero entry of B.
        column: the state of each non-zero entry of B.
        value: the entry itself, exact.
        lower: the lower limit of each row, exact, or None.
        upper: the upper limit of each row, exact, or None.
        penalties: λ₀(θ), exact, shape (states,); None for no penalty.
    Raises:
        ShapeError: if the entries do not fit together.
        InputError: if a row's limits cross.
    Source: Brooks & Du (2020), sections 4.3 and 4.4; Brooks & Du (2023), sections 5 and 6.
    """

    states: int
    row: IntArray
    column: IntArray
    value: RationalArray
    lower: tuple[Fraction | None, ...]
    upper: tuple[Fraction | None, ...]
    penalties: RationalArray | None = None

    def __post_init__(self) -> None:
        row = np.array(self.row, dtype=np.int64)
        column = np.array(self.column, dtype=np.int64)
        value = rationals(self.value, "beliefs")
        rows = len(self.lower)
        if not row.shape == column.shape == value.shape or row.ndim != 1 or len(self.upper) != rows:
            raise ShapeError("beliefs: row, column and value must be equally long, and so must the limits")
        if row.size and (row.min() < 0 or row.max() >= rows or column.min() < 0 or column.max() >= self.states):
            raise ShapeError(f"beliefs: an entry lies outside the {rows} rows and {self.states} states")
        for r, (low, high) in enumerate(zip(self.lower, self.upper, strict=True)):
            if low is not None and high is not None and low > high:
                raise InputError(f"beliefs: row {r} asks for at least {low} and at most {high}")
        penalties = None if self.penalties is None else rationals(self.penalties, "penalties")
        if penalties is not None and penalties.shape != (self.states,):
            raise ShapeError(f"penalties has shape {penalties.shape}: expected one number per state, ({self.states},)")
        for array in (row, column):
            array.setflags(write=False)
        kept: tuple[tuple[str, object], ...] = (
            ("row", row),
            ("column", column),
            ("value", value),
            ("penalties", penalties),
        )
        for name, field in kept:
            object.__setattr__(self, name, field)

    @property
    def rows(self) -> int:
        """The number of rows of B."""
        return len(self.lower)

    @property
    def equality(self) -> npt.NDArray[np.bool_]:
        """Whether each row's two limits are equal."""
        pairs = zip(self.lower, self.upper, strict=True)
        return np.array([low is not None and low == high for low, high in pairs], dtype=np.bool_)

    @property
    def prior(self) -> RationalArray | None:
        """The prior, exact, where the rows state one probability for each state and there is no penalty; else None."""
        alone = sorted(self.column.tolist()) == list(range(self.states)) == sorted(self.row.tolist())
        if not alone or self.penalties is not None or not self.equality.all() or (self.value != 1).any():
            return None
        law = np.empty(self.states, dtype=object)
        for row, state in zip(self.row.tolist(), self.column.tolist(), strict=True):
            law[state] = self.lower[row]
        return law

    @property
    def matrix(self) -> sp.csr_array:
        """B in floating point, shape (rows, states)."""
        return sp.csr_array((floats(self.value), (self.row, self.column)), shape=(self.rows, self.states))

    def multiply(self, law: RationalArray) -> RationalArray:
        """B times a vector over states, exactly."""
        product = np.full(self.rows, Fraction(0), dtype=object)
        np.add.at(product, self.row, self.value * law[self.column])
        return product

    def transpose_multiply(self, multipliers: RationalArray) -> RationalArray:
        """The transpose of B times a vector over rows, exactly."""
        product = np.full(self.states, Fraction(0), dtype=object)
        np.add.at(product, self.column, self.value * multipliers[self.row])
        return product

    def exact_rows(self) -> list[dict[int, Fraction]]:
        """The rows of B as mappings from state to non-zero entry."""
        rows: list[dict[int, Fraction]] = [{} for _ in range(self.rows)]
        for r, c, v in zip(self.row.tolist(), self.column.tolist(), self.value, strict=True):
            if v:
                rows[r][c] = rows[r].get(c, Fraction(0)) + v
        return rows

    @classmethod
    def known(cls, prior: Numbers) -> "Beliefs":
        """One prior: probabilities that are non-negative and sum to one.

        Exact numbers (integers, Fractions, strings) must sum to one exactly; floats within 1e-9, and are then
        scaled so that they do.
        """
        law = _probabilities(prior, "prior")
        states = np.arange(law.size)
        one = np.full(law.size, Fraction(1), dtype=object)
        return cls(states=law.size, row=states, column=states, value=one, lower=tuple(law), upper=tuple(law))

    @classmethod
    def partition(cls, events: Numbers, probabilities: Numbers) -> "Beliefs":
        """Known probabilities of events that partition the states; within an event anything is possible.

        Args:
            events: the event of each state, whole numbers 0, 1, …, shape (states,).
            probabilities: the probability of each event.
        """
        event = np.asarray(events, dtype=np.int64)
        law = _probabilities(probabilities, "probabilities")
        if event.ndim != 1 or (event.size and (event.min() < 0 or event.max() >= law.size)):
            raise ShapeError(f"events must be a vector of whole numbers below {law.size}")
        one = np.full(event.size, Fraction(1), dtype=object)
        return cls(
            states=event.size,
            row=event,
            column=np.arange(event.size),
            value=one,
            lower=tuple(law),
            upper=tuple(law),
        )

    @classmethod
    def marginals(cls, values: Numbers, marginals: Sequence[Mapping[Any, Any]]) -> "Beliefs":
        """Each agent's law of values is known, their dependence is not.

        Args:
            values: each agent's value in each state, shape (states, agents).
            marginals: for each agent, a mapping from value to probability.
        Source: Brooks & Du (2020), section 4.3.
        """
        table = _value_table(values)
        if len(marginals) != table.shape[1]:
            raise ShapeError(f"{len(marginals)} marginals for {table.shape[1]} agents: give one per agent")
        parts = []
        for i, marginal in enumerate(marginals):
            points = [rational(v, f"marginals[{i}]") for v in marginal]
            place = {v: j for j, v in enumerate(points)}
            if len(place) < len(points):
                raise InputError(f"marginals[{i}] lists a value twice")
            missing = [v for v in table[:, i] if v not in place]
            if missing:
                raise InputError(f"marginals[{i}] gives no probability for the value {missing[0]} of a state")
            parts.append(cls.partition([place[v] for v in table[:, i]], list(marginal.values())))
        return cls.together(*parts)

    @classmethod
    def means(cls, values: Numbers, means: Sequence[Any]) -> "Beliefs":
        """Each agent's expected value is known, or known to lie in an interval.

        Args:
            values: each agent's value in each state, shape (states, agents).
            means: for each agent a number, or a pair (lowest, highest).
        Source: Brooks & Du (2021), section 2.
        """
        table = _value_table(values)
        if len(means) != table.shape[1]:
            raise ShapeError(f"{len(means)} means for {table.shape[1]} agents: give one per agent")
        limits = [tuple(rational(v, f"means[{i}]") for v in (m if isinstance(m, list | tuple) else (m, m)))
                  for i, m in enumerate(means)]  # fmt: skip
        if any(len(pair) != 2 for pair in limits):
            raise ShapeError("means: give each agent a number or a pair (lowest, highest)")
        return cls.moments(table.T, [pair[0] for pair in limits], [pair[1] for pair in limits])

    @classmethod
    def moments(cls, matrix: Numbers, lower: Sequence[Any], upper: Sequence[Any] | None = None) -> "Beliefs":
        """Any rows: ``lower ≤ matrix · μ ≤ upper``; None for no limit, and upper left out for equality."""
        table = rationals(matrix, "matrix")
        if table.ndim != 2:
            raise ShapeError(f"matrix has shape {table.shape}: expected (rows, states)")
        low = tuple(None if v is None else rational(v, f"lower[{r}]") for r, v in enumerate(lower))
        high = (
            low
            if upper is None
            else tuple(None if v is None else rational(v, f"upper[{r}]") for r, v in enumerate(upper))
        )
        if upper is None and None in low:
            raise InputError(f"lower[{low.index(None)}] is None with upper left out: equality needs a number")
        if len(low) != table.shape[0] or len(high) != table.shape[0]:
            raise ShapeError(f"limits must have one entry for each of the {table.shape[0]} rows")
        row, column = np.nonzero(table != 0)
        return cls(states=table.shape[1], row=row, column=column, value=table[row, column], lower=low, upper=high)

    @classmethod
    def empirical(cls, values: Numbers, law: Mapping[tuple[Any, ...], Any]) -> "Beliefs":
        """The list of values is known, but not which agent has which.

        Args:
            values: each agent's value in each state, shape (states, agents).
            law: the probability of each list of values, in any order within the list.
        Source: Brooks & Du (2023), section 6.
        """
        table = _value_table(values)
        place = {tuple(sorted(rational(v) for v in key)): j for j, key in enumerate(law)}
        if len(place) < len(law):
            raise InputError("law lists the same values twice, in another order")
        keys = [tuple(sorted(state)) for state in table]
        missing = [key for key in keys if key not in place]
        if missing:
            raise InputError(f"law gives no probability for the values {', '.join(map(str, missing[0]))} of a state")
        return cls.partition([place[key] for key in keys], list(law.values()))

    @classmethod
    def penalty(cls, penalties: Numbers) -> "Beliefs":
        """Any prior is possible, but the designer's payoff is lowered by the expected penalty.

        Source: Brooks & Du (2020), section 4.4.
        """
        exact = rationals(penalties, "penalties")
        empty = np.zeros(0, dtype=np.int64)
        return cls(
            states=exact.size,
            row=empty,
            column=empty,
            value=rationals([]),
            lower=(),
            upper=(),
            penalties=exact,
        )

    @classmethod
    def together(cls, *parts: "Beliefs") -> "Beliefs":
        """The priors that satisfy the rows of every part."""
        if len({part.states for part in parts}) != 1:
            raise ShapeError("beliefs to be combined must have the same number of states")
        starts = np.cumsum([0, *(part.rows for part in parts)])
        penalties = [part.penalties for part in parts if part.penalties is not None]
        return cls(
            states=parts[0].states,
            row=np.concatenate([part.row + start for part, start in zip(parts, starts[:-1], strict=True)]),
            column=np.concatenate([part.column for part in parts]),
            value=np.concatenate([part.value for part in parts]),
            lower=tuple(v for part in parts for v in part.lower),
            upper=tuple(v for part in parts for v in part.upper),
            penalties=np.sum(penalties, axis=0) if penalties else None,
        )


def _value_table(values: Numbers) -> RationalArray:
    table = rationals(values, "values")
    if table.ndim != 2:
        raise ShapeError(f"values has shape {table.shape}: expected (states, agents)")
    return table


def _probabilities(numbers: Numbers, what: str) -> RationalArray:
    law = rationals(numbers, what)
    if law.ndim != 1 or law.size == 0:
        raise ShapeError(f"{what} has shape {law.shape}: expected one probability per entry")
    if min(law) < 0:
        raise InputError(f"{what}[{int(np.argmin(law))}] is negative: probabilities must be at least zero")
    total = law.sum()
    exact = not any(isinstance(p, float | np.floating) for p in np.asarray(numbers, dtype=object))
    if total == 1:
        return law
    if exact or abs(total - 1) > _FLOAT_SUM_TOLERANCE:
        raise InputError(f"{what} sums to {total if exact else float(total)}: probabilities must sum to one")
    scaled: RationalArray = law / total
    scaled.setflags(write=False)
    return scaled
