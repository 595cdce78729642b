"""Numbers on meshes do not depend on what a solver says: nonsense gives weak brackets, never wrong ones."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pytest

from elements.meshes_and_problems import AUCTIONS, HALF, LOWER, UPPER, Claim, attained, bid_places
from elements.upper_quadrature import inside_value, jump_value, state_mean
from robustmech import Beliefs, BoundStatus, ClarabelSolver, Solution, SolveError, solve
from robustmech.elements import (
    ExponentialInformation,
    InformationMesh,
    MechanismMesh,
    Meshes,
    PiecewiseLinearMechanism,
)
from robustmech.lp import Capabilities, Limits, LinearProgram, LinearSolution, SolverStatus
from robustmech.lp.program import Progress
from robustmech.model import FloatArray, floats

Lie = Callable[[FloatArray, np.random.Generator], FloatArray]
LIES: dict[str, Lie] = {
    "noise": lambda x, rng: x + 0.05 * rng.normal(size=x.size),
    "too large": lambda x, rng: 3 * x,
    "reversed": lambda x, rng: -x,
    "shuffled": lambda x, rng: rng.permutation(x),
    "nothing": lambda x, rng: np.zeros_like(x),
    "no numbers": lambda x, rng: np.where(rng.random(x.size) < 0.2, np.nan, x),
    "huge": lambda x, rng: np.where(rng.random(x.size) < 0.2, 1e200, x),
    "infinite": lambda x, rng: np.full_like(x, np.inf),
}
NAMES = ["unlike bidders", "cost", "must sell at a cost", "two goods", "means"]


@dataclass(frozen=True)
class Liar:
    """A solver that knows the solution and says something else, and that it is optimal and splendid."""

    lie: Lie

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="liar", version="0", method="none", reports_iterations=False)

    def solve(
        self, program: LinearProgram, *, limits: Limits | None = None, progress: Progress | None = None
    ) -> LinearSolution:
        found, rng = ClarabelSolver().solve(program), np.random.default_rng(0)
        return replace(
            found,
            status=SolverStatus.OPTIMAL,
            primal=self.lie(found.primal, rng),
            multipliers=self.lie(found.multipliers, rng),
            objective=-1e6,
        )


def meshes(lower: str, upper: str) -> Meshes:
    mechanism: MechanismMesh = LOWER[lower]
    information: InformationMesh = UPPER[upper]
    return Meshes(mechanism=mechanism, information=information)


PAIRS = [
    ("triangles", "exponential triangles"),
    ("crossed triangles", "exponential boxes"),
    ("boxes", "exponential sums, unlike agents"),
    ("shares", "exponential sums"),
    ("boxes, three agents", "exponential boxes, three agents"),
]


@functools.cache
def honest(name: str, agents: int) -> tuple[float, float]:
    """The best numbers that an honest solver finds on these meshes."""
    found = [solve(AUCTIONS[agents][name], meshes(*pair)) for pair in PAIRS if LOWER[pair[0]].agents == agents]
    return (
        max(solution.lower.value for solution in found if solution.lower),
        min(solution.upper.value for solution in found if solution.upper),
    )


def lied(name: str, pair: tuple[str, str], lie: str) -> Solution | None:
    environment = AUCTIONS[LOWER[pair[0]].agents][name]
    try:
        return solve(environment, meshes(*pair), solver=Liar(LIES[lie]))
    except SolveError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return None


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_numbers_are_bounds_whatever_a_solver_says(pair: tuple[str, str], lie: str) -> None:
    agents = LOWER[pair[0]].agents
    for name in NAMES:
        solution = lied(name, pair, lie)
        assert solution is not None
        assert solution.lower is not None
        assert solution.upper is not None
        lower, upper = honest(name, agents)
        assert solution.lower.value <= upper
        assert lower <= solution.upper.value
        assert solution.status is BoundStatus.STOPPED


@pytest.mark.parametrize("lie", ["noise", "shuffled", "huge"])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_what_comes_with_the_numbers_is_worth_them(pair: tuple[str, str], lie: str) -> None:
    for name in ("cost", "two goods"):
        solution = lied(name, pair, lie)
        assert solution is not None
        assert solution.lower is not None
        assert solution.upper is not None
        mechanism, information = solution.lower.mechanism, solution.upper.information
        assert isinstance(mechanism, PiecewiseLinearMechanism)
        assert isinstance(information, ExponentialInformation)
        environment = solution.environment
        claim = Claim(
            environment=environment,
            mechanism=mechanism,
            multipliers=solution.lower.multipliers,
            value=solution.lower.value,
        )
        left = attained(claim, bid_places(mechanism.mesh, 0, 10)).min()
        assert claim.promised <= left + 1e-5 * max(1.0, float(np.abs(floats(claim.multipliers)).max()))
        laws = np.asarray(information.law.joint / information.law.mass[:, None])
        best = inside_value(environment, information.mesh, laws) + jump_value(environment, information.mesh, laws)
        assert best <= solution.upper.value + 1e-6
        assert information.state_law.tolist() == list(environment.beliefs.lower)
        assert state_mean(information.mesh, laws) == pytest.approx(floats(information.state_law), abs=1e-9)


@pytest.mark.parametrize("name", ["independent", "cost", "caps", "means", "two goods"])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_numbers_stopped_early_are_bounds(pair: tuple[str, str], name: str) -> None:
    agents = LOWER[pair[0]].agents
    lower, upper = honest(name, agents)
    for limit in (1, 4, 7):
        solution = solve(AUCTIONS[agents][name], meshes(*pair), iteration_limit=limit)
        assert solution.lower is not None
        assert solution.upper is not None
        assert solution.lower.value <= upper
        assert lower <= solution.upper.value


@pytest.mark.parametrize("tiny", [Fraction(1, 10**6), Fraction(1, 10**11), Fraction(1, 10**16)])
@pytest.mark.parametrize("pair", PAIRS[:4], ids=lambda pair: pair[0])
def test_states_with_next_to_no_probability(pair: tuple[str, str], tiny: Fraction) -> None:
    """The doubt about masses does not make them negative: the numbers are bounds, and the prior is met exactly."""
    environment = AUCTIONS[2]["common"]
    unlikely = replace(environment, beliefs=Beliefs.known([HALF, HALF - tiny, tiny]))
    without = replace(environment, beliefs=Beliefs.known([HALF, HALF, 0]))
    found, plain = solve(unlikely, meshes(*pair)), solve(without, meshes(*pair))
    assert found.lower is not None
    assert plain.lower is not None
    assert found.upper is not None
    assert plain.upper is not None
    assert found.lower.value == pytest.approx(plain.lower.value, abs=1e-5)
    assert plain.lower.value < found.upper.value + 1e-5
    assert isinstance(found.upper.information, ExponentialInformation)
    assert found.upper.information.state_law.tolist() == [HALF, HALF - tiny, tiny]
    posterior = found.upper.information.posterior(np.random.default_rng(0).exponential(size=(50, 2)))
    assert posterior.min() >= 0
