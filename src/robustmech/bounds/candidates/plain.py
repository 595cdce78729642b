r"""Candidates for any problem: constant decisions on the lower side, no information on the upper.

A decision that ignores actions has no local gains: it proves the least expected payoff over the beliefs, exactly, and
doing nothing, where that is possible, proves zero. Signals that say nothing leave the designer, with transfers, with
the best constant decision's joint surplus: each agent pays at most what the decision is worth to it in expectation.
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from robustmech.bounds.candidates.proposals import LowerProposal, UpperProposal
from robustmech.bounds.multipliers import multipliers_for_least
from robustmech.bounds.places import GridPlace, InformationPlace
from robustmech.elements import ExponentialSums, Spacing
from robustmech.lp import HighsSolver, LinearProgram
from robustmech.model import Discretisation, Environment, FloatArray, Grid, IntArray, RationalArray, floats
from robustmech.model.interior import interior_law
from robustmech.model.symmetry import Exchange, agent_kinds

_MOST_CORNERS = 512
_KEPT = 4
_MOST_AGENTS = 8
_MOST_ENTRIES = 50_000
"""Profiles times states, at most, where one agent at a time is offered a price."""


def constant_mechanisms(environment: Environment) -> Iterator[LowerProposal]:
    """The most promising constant decisions among the corners of the decision set, on two actions each."""
    if environment.agents > _MOST_AGENTS:
        return
    place = GridPlace(grids=(Grid.quantile(2),) * environment.agents)
    for corner in best_corners(environment):
        yield _constant(place, corner, 2**environment.agents)


def constant_on_grids(environment: Environment, place: GridPlace) -> Iterator[LowerProposal]:
    """The same on given grids."""
    profiles = int(np.prod([grid.actions for grid in place.grids]))
    for corner in best_corners(environment):
        yield _constant(place, corner, profiles)


def posted_prices(environment: Environment, alike: tuple[Exchange, ...]) -> Iterator[LowerProposal]:
    r"""One agent is offered everything it can have, and takes it or leaves it: an agent of each kind in turn.

    Its two actions are equally likely, so that the multiplier on its not taking where it should is one. With the
    transfers that are best for these decisions that is an offer at the best price p for
    :math:`\lambda(\theta) = \min \{v(\theta) - p, p - c\}`, v being a good's value and c its cost.
    """
    own = environment.own_decisions
    entries = 2**environment.agents * environment.states
    if not environment.transfers or own is None or environment.decision_set.required.any() or entries > _MOST_ENTRIES:
        return
    most = floats(environment.decision_set.cap)
    place = GridPlace(grids=(Grid.quantile(2),) * environment.agents)
    kinds = agent_kinds(environment.agents, alike)
    for agent in sorted({kinds.index(kind) for kind in kinds}):
        taken = np.zeros(environment.decisions)
        taken[own[agent]] = most[own[agent]]
        takes = np.indices((2,) * environment.agents)[agent].ravel()
        yield LowerProposal(place=place, decisions=takes[:, None] * taken, detail="a posted price")


def _constant(place: GridPlace, corner: FloatArray, profiles: int) -> LowerProposal:
    """Φ is the payoff, the same in every row but for payments at action 0, which are the same in every state."""

    def multipliers(environment: Environment, _discretisation: Discretisation, _counts: IntArray) -> RationalArray:
        kept = environment.payoff_rounded[:, : corner.size]
        return multipliers_for_least(environment, kept @ corner)

    return LowerProposal(
        place=place,
        decisions=np.tile(corner, (profiles, 1)),
        detail="a constant decision" if corner.any() else "doing nothing",
        multipliers=multipliers,
    )


def best_corners(environment: Environment) -> list[FloatArray]:
    """The participation-secure corners with the highest payoff at a law inside the beliefs, and doing nothing."""
    law = floats(interior_law(environment.beliefs))
    payoff = law @ environment.payoff_rounded
    secure = [corner for corner in _corners(environment) if _is_secure(environment, corner)]
    ranked = sorted(secure, key=lambda corner: (-float(payoff @ floats(corner)), tuple(corner)))
    idle = [corner for corner in secure if not environment.payoff[:, corner > 0].any()]
    kept = {tuple(corner): floats(corner) for corner in (*idle[:1], *ranked[:_KEPT])}
    return list(kept.values())


def _corners(environment: Environment) -> Iterator[RationalArray]:
    """In each group of decisions nothing, if it is not required, or all of one decision as far as its cap goes."""
    chosen = environment.decision_set
    choices: list[list[int | None]] = []
    for g, required in enumerate(chosen.required):
        members = np.flatnonzero(chosen.group == g).tolist()
        full = [k for k in members if not required or chosen.cap[k] == 1]
        choices.append([*([] if required else [None]), *full])
    if np.prod([float(len(own)) for own in choices]) > _MOST_CORNERS:
        choices = [own[:1] for own in choices]
    for picked in itertools.product(*choices):
        corner = np.full(environment.decisions, Fraction(0), dtype=object)
        for k in picked:
            if k is not None:
                corner[k] = chosen.cap[k]
        yield corner


def _is_secure(environment: Environment, corner: RationalArray) -> bool:
    used = np.flatnonzero(corner)
    return bool((environment.utilities[:, :, used] @ corner[used] >= 0).all()) if used.size else True


def no_information(environment: Environment) -> Iterator[UpperProposal]:
    """With transfers, signals that say nothing about the state, whose law is the worst in the beliefs for that."""
    if not environment.transfers:
        return
    mesh = ExponentialSums(spacing=Spacing.even(1, 1), slant=(Fraction(1),) * environment.agents)
    law = worst_law(environment, environment.payoff_rounded + environment.utilities_rounded.sum(axis=0))

    def joint(_environment: Environment, discretisation: Discretisation) -> FloatArray:
        return np.asarray(discretisation.mass[:, None] * law)

    yield UpperProposal(place=InformationPlace(mesh=mesh), joint=joint, detail="no information")


def worst_law(environment: Environment, joint_payoff: FloatArray) -> FloatArray:
    r"""The law in the beliefs with the least :math:`\max_{c \in C} \mu \cdot Wc - \lambda_0 \cdot \mu`.

    It is found to a solver's accuracy. The maximum over a product of capped simplexes is a sum over groups,
    :math:`\min \sum_g p_g + \sum_k \kappa_k r_k` with :math:`p_g + r_k \ge (W^\top \mu)_k` and :math:`r \ge 0`, and
    :math:`p_g \ge 0` where nothing is required.

    Args:
        joint_payoff: W, shape (states, decisions).
    """
    beliefs, chosen = environment.beliefs, environment.decision_set
    law = floats(interior_law(beliefs))
    if beliefs.prior is not None:
        return law
    states, decisions, groups = environment.states, environment.decisions, chosen.groups
    unit = float(np.abs(joint_payoff).max()) or 1.0
    penalties = np.zeros(states) if beliefs.penalties is None else beliefs.penalties.astype(np.float64)
    member = sp.csr_array((np.ones(decisions), (np.arange(decisions), chosen.group)), shape=(decisions, groups))
    matrix = sp.vstack(
        [
            sp.hstack([sp.csr_array(-joint_payoff.T / unit), member, sp.identity(decisions)]),
            sp.hstack([beliefs.matrix, sp.csr_array((beliefs.rows, groups + decisions))]),
            sp.hstack([sp.csr_array(np.ones((1, states))), sp.csr_array((1, groups + decisions))]),
        ],
        format="csr",
    )
    low = [-np.inf if limit is None else float(limit) for limit in beliefs.lower]
    high = [np.inf if limit is None else float(limit) for limit in beliefs.upper]
    free = np.where(chosen.required, -np.inf, 0.0)
    found = HighsSolver(method="simplex").solve(
        LinearProgram(
            cost=np.concatenate([-penalties / unit, np.ones(groups), [float(cap) for cap in chosen.cap]]),
            matrix=sp.csr_array(matrix),
            row_lower=np.concatenate([np.zeros(decisions), low, [1.0]]),
            row_upper=np.concatenate([np.full(decisions, np.inf), high, [1.0]]),
            column_lower=np.concatenate([np.zeros(states), free, np.zeros(decisions)]),
            column_upper=np.full(states + groups + decisions, np.inf),
        )
    )
    return found.primal[:states] if found.status.has_solution else law
