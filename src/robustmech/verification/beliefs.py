"""The designer's beliefs: a polytope of priors and a penalty on states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import exact_sum
from robustmech.verification.fields import exact_sequence, record, sequence, sparse
from robustmech.verification.limits import check_denominators
from robustmech.verification.numerals import exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Beliefs:
    """`{μ ≥ 0 : Σμ = 1, lower_r ≤ Σ_θ B[r,θ] μ(θ) ≤ upper_r}`, with `None` where there is no limit.

    Args:
        rows: for each state θ, the entries `B[r, θ]`, by row.
        lower: the lower limit of each row.
        upper: the upper limit of each row.
        penalty: one number per state, or `None` for zeros.
    """

    rows: Mapping[int, Mapping[int, Fraction]]
    lower: tuple[Fraction | None, ...]
    upper: tuple[Fraction | None, ...]
    penalty: tuple[Fraction, ...] | None

    def shadow_value(self, multipliers: Sequence[Fraction]) -> Fraction:
        """`Σ_r (lower_r if y_r > 0 else upper_r) y_r`, the least `Σ_r y_r b_r` over the limits' box.

        Raises:
            Flaw: if a multiplier is not zero on the side without a limit, where the least is not finite.
        """
        parts = []
        for row, multiplier in enumerate(multipliers):
            if multiplier == 0:
                continue
            limit = self.lower[row] if multiplier > 0 else self.upper[row]
            if limit is None:
                side = "lower" if multiplier > 0 else "upper"
                raise Flaw(f"multiplier {row} is {described(multiplier)}, but that row has no {side} limit")
            parts.append(limit * multiplier)
        return exact_sum(parts)

    def state_value(self, multipliers: Sequence[Fraction], state: int) -> Fraction:
        """`λ(θ) = Σ_r y_r B[r,θ] + penalty(θ)`."""
        entries = self.rows.get(state, {})
        value = exact_sum(multipliers[row] * entry for row, entry in entries.items())
        return value if self.penalty is None else value + self.penalty[state]

    def expected_penalty(self, prior: Sequence[Fraction]) -> Fraction:
        """`Σ_θ penalty(θ) μ(θ)`."""
        if self.penalty is None:
            return Fraction(0)
        return exact_sum(cost * mass for cost, mass in zip(self.penalty, prior, strict=True))

    def check(self, prior: Sequence[Fraction]) -> str:
        """The prior is a probability and meets every row's limits, exactly."""
        for state, mass in enumerate(prior):
            if mass < 0:
                raise Flaw(f"the law of the state is negative at state {state}: {described(mass)}")
        total = exact_sum(prior)
        if total != 1:
            raise Flaw(f"the law of the state sums to {described(total)}, not to one")
        parts: list[list[Fraction]] = [[] for _ in self.lower]
        for state, entries in self.rows.items():
            for row, entry in entries.items():
                parts[row].append(entry * prior[state])
        for row, value in enumerate(map(exact_sum, parts)):
            lower, upper = self.lower[row], self.upper[row]
            if lower is not None and value < lower:
                raise Flaw(f"row {row} of the beliefs is below its lower limit by {described(lower - value)}")
            if upper is not None and value > upper:
                raise Flaw(f"row {row} of the beliefs is above its upper limit by {described(value - upper)}")
        return f"the law of the state meets all {len(parts)} rows"


def parse_beliefs(value: object, where: str, states: int) -> Beliefs:
    """The beliefs that a problem file describes; a row whose limits cross is a flaw."""
    fields = record(value, where, {"row", "state", "value", "lower", "upper", "penalty"})
    lower, upper = (
        tuple(
            None if entry is None else exact(entry, f"{where}.{side}[{row}]")
            for row, entry in enumerate(sequence(fields[side], f"{where}.{side}"))
        )
        for side in ("lower", "upper")
    )
    for side, limits in (("lower", lower), ("upper", upper)):
        check_denominators((limit for limit in limits if limit is not None), f"{where}.{side}")
    if len(lower) != len(upper):
        raise Flaw(f"{where}: {len(lower)} lower and {len(upper)} upper limits")
    for row, (least, most) in enumerate(zip(lower, upper, strict=True)):
        if least is not None and most is not None and least > most:
            raise Flaw(f"{where}: the limits of row {row} cross, so that no prior is possible")
    entries = {name: fields[name] for name in ("row", "state", "value")}
    rows: dict[int, dict[int, Fraction]] = {}
    for (row, state), number in sparse(entries, where, {"row": len(lower), "state": states}).items():
        rows.setdefault(state, {})[row] = number
    penalty = fields["penalty"]
    return Beliefs(
        rows=rows,
        lower=lower,
        upper=upper,
        penalty=None if penalty is None else exact_sequence(penalty, f"{where}.penalty", states),
    )
