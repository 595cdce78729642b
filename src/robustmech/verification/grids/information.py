"""The information structure behind an upper number on a grid: its exact joint law, and what that law must be."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.arrays import Expected, read_arrays
from robustmech.verification.checks import Flaw, described
from robustmech.verification.exactness import (
    Whole,
    common_denominator,
    digits,
    exact_doubles,
    first_place,
    scaled,
    whole_array,
)
from robustmech.verification.grids.grid import Grid
from robustmech.verification.grids.potential import potential
from robustmech.verification.integrity import Folder
from robustmech.verification.limits import check_array, check_steps, longest_scaled, product_weight
from robustmech.verification.problem import Problem

JOINT_TOLERANCE = 10**12
"""One over how far a written probability may be from the exact one, beside it: no zero may be written otherwise."""
LEAST_JOINT = 2**1000
"""One over what is so small that it may be lost."""
INTERIM_TOLERANCE = 10**9
"""One over how far a written value may be from the exact one, beside the mean size of what it is the mean of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """The joint law σ(x, θ) of signals and state, which the law, the grid and the mixture give.

    With `W` the grid's mass, `ρ = W / Π_i S_{i,0}`, `l = law / denominator`, and the mixture's ε and ν: with
    transfers `σ(x,θ) = ρ(x) [(1−ε) l(x,θ) + ε ν(θ)]`, and without `σ(x,θ) = (1−ε) l(x,θ) + ε ρ(x) ν(θ)`.

    Args:
        grid: the signals' grid.
        law: whole numbers (m_1, …, m_N, states).
        denominator: a positive whole number.
        joint: σ as doubles (m_1, …, m_N, states), for people.
        interim_values: doubles (agents, goods, m_1, …, m_N), for people, or `None`.
        conditional: whether `law` is a law given each profile (with transfers), or one law over all of them.
        mass: `W`, whole numbers (m_1, …, m_N).
        scale: the common denominator of all σ(x, θ).
        law_weight: what `law` is multiplied by in `scale · σ`, apart from `W` with transfers.
        correction_weights: what `W` is multiplied by in `scale · σ`, for each state.
    """

    grid: Grid
    law: npt.NDArray[np.int64]
    denominator: int
    joint: npt.NDArray[np.float64]
    interim_values: npt.NDArray[np.float64] | None
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

    def check_law(self) -> str:
        """`law ≥ 0`; its rows sum to the denominator with transfers, and all of it does without."""
        law, denominator = self.law, self.denominator
        if np.any(law < 0):
            raise Flaw(f"the law is negative at (profile, state) {first_place(law < 0)}")
        sums: Whole = np.zeros(law.shape[:-1], dtype=object)
        for state in range(law.shape[-1]):
            sums = sums + self.counts(state)
        if self.conditional and np.any(sums != denominator):
            profile = first_place(sums != denominator)
            raise Flaw(f"the law at profile {profile} sums to {sums[profile]}, not to {denominator}")
        if not self.conditional and sums.sum() != denominator:
            raise Flaw(f"the law sums to {sums.sum()}, not to {denominator}")
        return "at least zero, with the sums that it must have"

    def potential(self, problem: Problem, prior: tuple[Fraction, ...]) -> Fraction:
        """The upper number, exactly."""
        columns = (self.column(state) for state in range(problem.states))
        return potential(problem, self.grid, columns, self.scale, prior)


def read_information(
    files: Folder, name: str, problem: Problem, grid: Grid, *, mixture: Fraction, correction: tuple[Fraction, ...]
) -> Information:
    """Read `information.npz`."""
    shape = grid.shape
    goods = max(map(len, problem.own_decisions))
    expected = {
        "law": Expected(kind="<i8", shape=(*shape, problem.states)),
        "denominator": Expected(kind="<i8", shape=()),
        "joint": Expected(kind="<f8", shape=(*shape, problem.states)),
        "interim_values": Expected(kind="<f8", shape=(problem.agents, goods, *shape), optional=True),
    }
    arrays = read_arrays(files, name, expected)
    denominator = int(arrays["denominator"])
    if denominator <= 0:
        raise Flaw(f"{name}: the denominator is {denominator}, not positive")
    clear = common_denominator(correction)
    rest = (mixture.denominator - mixture.numerator) * clear
    scale = grid.total * denominator * mixture.denominator * clear
    count, bits = math.prod(shape), scale.bit_length()
    raised = longest_scaled(correction, clear) + mixture.numerator.bit_length() + denominator.bit_length()
    check_array(problem.states, raised, f"{name}: the correction")
    check_array(6 * count, max(bits, raised + grid.total.bit_length()), f"{name}: the joint law")
    check_steps(
        count, problem.terms() + problem.states * product_weight(raised, grid.total.bit_length()), f"{name}: the law"
    )
    return Information(
        grid=grid,
        law=arrays["law"],
        denominator=denominator,
        joint=arrays["joint"],
        interim_values=arrays.get("interim_values"),
        conditional=problem.transfers,
        mass=grid.mass(),
        scale=scale,
        law_weight=rest if problem.transfers else rest * grid.total,
        correction_weights=tuple(mixture.numerator * denominator * scaled(share, clear) for share in correction),
    )


def check_joint(information: Information) -> str:
    """The doubles written for people agree with σ to 1e-12 of each; the number does not depend on them."""
    scale = information.scale
    for state in range(information.law.shape[-1]):
        written, denominator = exact_doubles(information.joint[..., state])
        bits = scale.bit_length() + max(denominator.bit_length(), digits(written)) + LEAST_JOINT.bit_length()
        check_array(6 * written.size, bits + JOINT_TOLERANCE.bit_length(), "the written joint law")
        exact = denominator * information.column(state)
        difference = np.abs(scale * written - exact)
        wrong = np.asarray(LEAST_JOINT * (JOINT_TOLERANCE * difference - exact) > JOINT_TOLERANCE * denominator * scale)
        if np.any(wrong):
            profile = first_place(wrong)
            error = described(Fraction(difference[profile], denominator * scale))
            raise Flaw(f"differs by {error} from the exact law at profile {profile}, state {state}")
    return "agrees with the exact law, for people"


def check_interim_values(problem: Problem, information: Information) -> str:
    """The values written for people agree with `Σ_θ u[i,θ,k] σ(x,θ) / Σ_θ σ(x,θ)`, k the agent's own decisions.

    To 1e-9 of the mean of `|u[i,θ,k]|` given the signals; they are zero where nothing is probable, and after the
    agent's last decision. The number does not depend on them.
    """
    if information.interim_values is None:
        return "none are written"
    clear = problem.denominator()
    count, bits = math.prod(information.grid.shape), information.scale.bit_length()
    number = longest_scaled(problem.utility_numbers(), clear)
    check_array(count * problem.states, bits, "the columns of the joint law")
    check_array(6 * count, number + bits, "interim values")
    products = len(information.interim_values[0]) * problem.agents * problem.states * product_weight(number, bits)
    check_steps(count, products, "interim values")
    columns = [information.column(state) for state in range(problem.states)]
    probability = sum(columns, np.zeros(information.grid.shape, dtype=object))
    for agent, values in enumerate(information.interim_values):
        own = problem.own_decisions[agent]
        for good, doubles in enumerate(values):
            exact: Whole = np.zeros(information.grid.shape, dtype=object)
            size: Whole = np.zeros(information.grid.shape, dtype=object)
            for state, column in enumerate(columns if good < len(own) else ()):
                utility = problem.utilities.get(state, {}).get((agent, own[good]), Fraction(0))
                exact = exact + scaled(utility, clear) * column
                size = size + scaled(abs(utility), clear) * column
            written, denominator = exact_doubles(doubles)
            longest = bits + max(number + denominator.bit_length(), clear.bit_length() + digits(written))
            check_array(8 * count, longest + INTERIM_TOLERANCE.bit_length(), "the written interim values")
            scale = np.where(probability > 0, probability, 1)
            difference = np.abs(clear * scale * written - denominator * exact)
            wrong = np.asarray(INTERIM_TOLERANCE * difference > denominator * size)
            if np.any(wrong):
                profile = first_place(wrong)
                error = described(Fraction(difference[profile], clear * denominator * scale[profile]))
                raise Flaw(f"good {good} of agent {agent} differs by {error} from what it is at profile {profile}")
    return "agree with the exact law, for people"
