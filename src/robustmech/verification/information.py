"""The information structure behind the upper number: its exact joint law, and what that law must be."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.arrays import Expected, read_arrays
from robustmech.verification.certificate import UpperClaim
from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import (
    Whole,
    common_denominator,
    exact_doubles,
    first_place,
    scaled,
    whole_array,
)
from robustmech.verification.problem import Problem

JOINT_TOLERANCE = 10**12  # one over the absolute tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """The joint law σ(x, θ) of signals and state, which the law, the grid and the mixture give.

    With `W` the grid's mass, `ρ = W / Π_i S_{i,0}`, `l = law / denominator`, and the mixture's ε and ν: with
    transfers `σ(x,θ) = ρ(x) [(1−ε) l(x,θ) + ε ν(θ)]`, and without `σ(x,θ) = (1−ε) l(x,θ) + ε ρ(x) ν(θ)`.

    Args:
        law: whole numbers (m_1, …, m_N, states).
        denominator: a positive whole number.
        joint: σ as doubles (m_1, …, m_N, states), for people.
        conditional: whether `law` is a law given each profile (with transfers), or one law over all of them.
        mass: `W`, whole numbers (m_1, …, m_N).
        scale: the common denominator of all σ(x, θ).
        law_weight: what `law` is multiplied by in `scale · σ`, apart from `W` with transfers.
        correction_weights: what `W` is multiplied by in `scale · σ`, for each state.
    """

    law: npt.NDArray[np.int64]
    denominator: int
    joint: npt.NDArray[np.float64]
    conditional: bool
    mass: Whole
    scale: int
    law_weight: int
    correction_weights: tuple[int, ...]

    def counts(self, state: int) -> Whole:
        """`law(x, θ)` on all profiles, for one state, as whole numbers that cannot overflow."""
        return whole_array(self.law[..., state])

    def column(self, state: int) -> Whole:
        """`scale · σ(x, θ)` on all profiles, for one state."""
        law = self.counts(state) * self.mass if self.conditional else self.counts(state)
        column: Whole = self.law_weight * law + self.correction_weights[state] * self.mass
        return column

    def prior(self) -> tuple[Fraction, ...]:
        """`μ(θ) = Σ_x σ(x, θ)`."""
        states = range(self.law.shape[-1])
        return tuple(Fraction(int(self.column(state).sum()), self.scale) for state in states)


def read_information(data: bytes, name: str, problem: Problem, claim: UpperClaim) -> Information:
    """Read `information.npz`."""
    shape = claim.grid.shape
    expected = {
        "law": Expected(kind="<i8", shape=(*shape, problem.states)),
        "denominator": Expected(kind="<i8", shape=()),
        "joint": Expected(kind="<f8", shape=(*shape, problem.states)),
        "interim_values": Expected(kind="<f8", shape=(problem.agents, None, *shape), optional=True),
    }
    arrays = read_arrays(data, name, expected)
    denominator = int(arrays["denominator"])
    if denominator <= 0:
        raise Flaw(f"{name}: the denominator is {denominator}, not positive")
    mixture, clear = claim.mixture, common_denominator(claim.correction)
    rest = (mixture.denominator - mixture.numerator) * clear
    return Information(
        law=arrays["law"],
        denominator=denominator,
        joint=arrays["joint"],
        conditional=problem.transfers,
        mass=claim.grid.mass(),
        scale=claim.grid.total * denominator * mixture.denominator * clear,
        law_weight=rest if problem.transfers else rest * claim.grid.total,
        correction_weights=tuple(mixture.numerator * denominator * scaled(share, clear) for share in claim.correction),
    )


def check_law(information: Information) -> str:
    """`law ≥ 0`; its rows sum to the denominator with transfers, and all of it does without."""
    law, denominator = information.law, information.denominator
    if np.any(law < 0):
        raise Flaw(f"the law is negative at (profile, state) {first_place(law < 0)}")
    sums: Whole = np.zeros(law.shape[:-1], dtype=object)
    for state in range(law.shape[-1]):
        sums = sums + information.counts(state)
    if information.conditional and np.any(sums != denominator):
        profile = first_place(sums != denominator)
        raise Flaw(f"the law at profile {profile} sums to {sums[profile]}, not to {denominator}")
    if not information.conditional and sums.sum() != denominator:
        raise Flaw(f"the law sums to {sums.sum()}, not to {denominator}")
    return "at least zero, with the sums that it must have"


def check_mixture(claim: UpperClaim) -> str:
    """`0 ≤ ε < 1`, and `ν ≥ 0` sums to one."""
    if not 0 <= claim.mixture < 1:
        raise Flaw(f"the mixture is {described(claim.mixture)}, not at least zero and below one")
    for state, share in enumerate(claim.correction):
        if share < 0:
            raise Flaw(f"the correction is negative at state {state}: {described(share)}")
    total = sum(claim.correction, Fraction(0))
    if total != 1:
        raise Flaw(f"the correction sums to {described(total)}, not to one")
    return "a mixture with a probability"


def check_joint(information: Information) -> str:
    """The doubles written for people agree with σ within 1e-12."""
    scale = information.scale
    for state in range(information.law.shape[-1]):
        written, denominator = exact_doubles(information.joint[..., state])
        difference = np.abs(scale * written - denominator * information.column(state))
        wrong = JOINT_TOLERANCE * difference > denominator * scale
        if np.any(wrong):
            profile = first_place(wrong)
            error = described(Fraction(difference[profile], denominator * scale))
            raise Flaw(f"differs by {error} from the exact law at profile {profile}, state {state}")
    return "agrees with the exact law to within 1e-12"
