"""The decisions that are possible: a product, over groups, of simplexes with caps."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import Whole, common_denominator, digits, exact_sum, first_place, scaled
from robustmech.verification.fields import exact_sequence, record, sequence, truth, whole
from robustmech.verification.limits import check_array, check_steps, longest, product_weight


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSet:
    """`{c ≥ 0 : c_k ≤ cap_k, Σ_{k in g} c_k ≤ 1, and = 1 where g is required}`.

    Args:
        groups: the decisions in each group.
        required: for each group, whether its decisions must sum to one.
        caps: for each decision, the most that it can be.
    """

    groups: tuple[tuple[int, ...], ...]
    required: tuple[bool, ...]
    caps: tuple[Fraction, ...]

    def check(self, decisions: Whole, denominator: int) -> str:
        """`c(x) = decisions(x) / denominator` is in the set for every profile x.

        Args:
            decisions: whole numbers (m_1, …, m_N, decisions).
            denominator: a positive whole number.
        """
        bits = digits(decisions) + longest(part for cap in self.caps for part in cap.as_integer_ratio())
        check_array(decisions.size // len(self.caps), bits, "decisions times caps")
        check_steps(decisions.size, product_weight(bits, digits(decisions)), "decisions times caps")
        for k, cap in enumerate(self.caps):
            level = decisions[..., k]
            for wrong, what in (
                (level < 0, "negative"),
                (level * cap.denominator > cap.numerator * denominator, f"above its cap {described(cap)}"),
            ):
                if np.any(wrong):
                    profile = first_place(wrong)
                    raise Flaw(f"decision {k} is {what} at profile {profile}: {level[profile]}/{denominator}")
        for group, (members, required) in enumerate(zip(self.groups, self.required, strict=True)):
            total = decisions[..., list(members)].sum(axis=-1) if members else decisions[..., 0] * 0
            wrong = total != denominator if required else total > denominator
            if np.any(wrong):
                profile = first_place(wrong)
                raise Flaw(
                    f"group {group} sums to {total[profile]}/{denominator} at profile {profile}, "
                    f"where it must be {'one' if required else 'at most one'}"
                )
        return "every profile's decision is in the decision set"

    def maximum(self, values: Whole) -> tuple[Whole, int]:
        """`max { c · V : c in the set }` for every profile: a group's unit goes to the largest values first.

        Args:
            values: `V`, whole numbers (m_1, …, m_N, decisions).

        Returns:
            Whole numbers n (m_1, …, m_N) and a positive d, such that the maxima are `n / d`.
        """
        unit = common_denominator(self.caps)
        check_array(values.size + 4 * math.prod(values.shape[:-1]), digits(values) + unit.bit_length(), "maxima")
        check_steps(values.size, product_weight(digits(values), unit.bit_length()), "maxima")
        caps = np.array([min(unit, scaled(cap, unit)) for cap in self.caps], dtype=object)
        best: Whole = np.zeros(values.shape[:-1], dtype=object)
        for members, required in zip(self.groups, self.required, strict=True):
            if not members:
                continue
            own, own_caps = values[..., list(members)], caps[list(members)]
            order = np.argsort(own, axis=-1)
            remaining: Whole = np.full(best.shape, unit, dtype=object)
            for place in reversed(range(len(members))):
                choice = order[..., place]
                value = np.take_along_axis(own, choice[..., np.newaxis], axis=-1)[..., 0]
                share = np.minimum(own_caps[choice], remaining)
                if not required:
                    share = np.where(value > 0, share, 0)
                best = best + share * value
                remaining = remaining - share
        return best, unit


def parse_decision_set(value: object, where: str, decisions: int) -> DecisionSet:
    """The decision set that a problem file describes; an empty one is a flaw."""
    fields = record(value, where, {"group", "required", "cap"})
    required = tuple(
        truth(entry, f"{where}.required[{index}]")
        for index, entry in enumerate(sequence(fields["required"], f"{where}.required"))
    )
    group_of = [
        whole(entry, f"{where}.group[{index}]", least=0, most=len(required) - 1)
        for index, entry in enumerate(sequence(fields["group"], f"{where}.group", decisions))
    ]
    caps = exact_sequence(fields["cap"], f"{where}.cap", decisions)
    members: list[list[int]] = [[] for _ in required]
    for decision, group in enumerate(group_of):
        members[group].append(decision)
    for decision, cap in enumerate(caps):
        if cap < 0:
            raise Flaw(f"{where}.cap[{decision}]: negative, so that the decision set is empty")
    for group, own in enumerate(members):
        if required[group] and exact_sum(caps[decision] for decision in own) < 1:
            raise Flaw(f"{where}: group {group} is required, but its caps sum to less than one")
    return DecisionSet(groups=tuple(tuple(own) for own in members), required=required, caps=caps)
