r"""Public information, where nobody pays: no information, full information, and the best of a menu of signals.

At a posterior p the most that participation security alone allows is :math:`\max_{c \in C} p \cdot wc` subject to
:math:`p \cdot u_i c \ge 0`; the multipliers of these constraints, which are an agent's :math:`y_i`, prove it for this
posterior, and something for every other. A menu of posteriors gives a menu of multipliers; the upper program then
chooses the joint law of signals and states, and the law of the state in the beliefs.
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from robustmech.bounds.candidates.proposals import UpperProposal
from robustmech.bounds.places import InformationPlace
from robustmech.bounds.sides import Task, solve_upper
from robustmech.bounds.solution import UpperBound
from robustmech.elements import PublicSignals
from robustmech.lp import HighsSolver, LinearProgram
from robustmech.model import Discretisation, Environment, FloatArray, floats
from robustmech.model.interior import interior_law

_MOST_SETS = 400
_MOST_ENTRIES = 40_000
_ALL_SETS = 7
_ALL_PAIRS = 24
_MIXED_PAIRS = 10
_PARTS = (1 / 16, 1 / 4, 4.0, 16.0)


def plain_public_information(environment: Environment) -> Iterator[UpperProposal]:
    """No information, and full information, under a law inside the beliefs."""
    if environment.transfers:
        return
    law = floats(interior_law(environment.beliefs))
    possible = np.flatnonzero(law > 0)
    # What needs no program comes first: it is there whatever happens to solvers.
    yield _proposal(np.zeros((1, environment.agents)), law[None, :], "no information")
    for posteriors, weights, detail in (
        (law[None, :], np.ones(1), "no information"),
        (np.eye(environment.states)[possible], law[possible], "full information"),
    ):
        multipliers = participation_multipliers(environment, posteriors)
        if multipliers is not None:
            yield _proposal(multipliers, weights[:, None] * posteriors, detail)


def chosen_public_information(task: Task) -> Iterator[UpperBound]:
    """The best law on the multipliers of a menu of posteriors, by a program with a row for each signal."""
    environment = task.environment
    if environment.transfers:
        return
    try:
        posteriors = menu(environment)
        if posteriors.size > _MOST_ENTRIES:
            return
        multipliers = participation_multipliers(environment, posteriors)
        if multipliers is None:
            return
        distinct = np.unique(multipliers, axis=0)
        yield solve_upper(task, InformationPlace(mesh=_mesh(distinct)))
    except Exception:  # it is one of several
        return


def menu(environment: Environment) -> FloatArray:
    """Posteriors: a law inside the beliefs given that the state is in a set, shape (posteriors, states).

    All sets of few states; else everything, each state alone, pairs, also in other proportions, and sets of states in
    which an agent, or the designer, likes some decision best.
    """
    law = floats(interior_law(environment.beliefs))
    possible = np.flatnonzero(law > 0).tolist()
    sets: dict[tuple[int, ...], None] = {tuple(possible): None}
    sets.update(((state,), None) for state in possible)
    if len(possible) <= _ALL_SETS:
        for size in range(2, len(possible)):
            sets.update((found, None) for found in itertools.combinations(possible, size))
    else:
        sets.update((found, None) for found in _thresholds(environment, possible))
        if len(possible) <= _ALL_PAIRS:
            sets.update((found, None) for found in itertools.combinations(possible, 2))
    found = [np.where(np.isin(np.arange(law.size), members), law, 0.0) for members in list(sets)[:_MOST_SETS]]
    if len(possible) <= _MIXED_PAIRS:
        for (one, other), part in itertools.product(itertools.combinations(possible, 2), _PARTS):
            mixed = np.zeros(law.size)
            mixed[one], mixed[other] = law[one], law[other] * part
            found.append(mixed)
    posteriors = np.array(found)
    return np.asarray(posteriors / posteriors.sum(axis=1, keepdims=True))


def _thresholds(environment: Environment, possible: list[int]) -> Iterator[tuple[int, ...]]:
    scores = [*environment.utilities_rounded.transpose(0, 2, 1).reshape(-1, environment.states)]
    scores += [*environment.payoff_rounded.T]
    for score in scores:
        order = sorted(possible, key=lambda state: -score[state])
        for size in range(2, len(order)):
            yield tuple(sorted(order[:size]))
            yield tuple(sorted(order[size:]))


def participation_multipliers(environment: Environment, posteriors: FloatArray) -> FloatArray | None:
    r"""For each posterior the y that makes :math:`\max_{c \in C} p \cdot (w + \sum_i y_i u_i) c` least, in one program.

    Args:
        posteriors: shape (posteriors, states).
    Returns:
        Shape (posteriors, agents), at least zero; None if the solver ends with nothing.
    """
    chosen = environment.decision_set
    count, agents, decisions, groups = len(posteriors), environment.agents, environment.decisions, chosen.groups
    unit = environment.scale
    payoff = posteriors @ environment.payoff_rounded / unit
    interim = np.einsum("pt,itk->pki", posteriors, environment.utilities_rounded) / unit
    member = sp.csr_array((np.ones(decisions), (np.arange(decisions), chosen.group)), shape=(decisions, groups))
    matrix = sp.hstack(
        [
            sp.block_diag([-own for own in interim]),
            sp.kron(sp.identity(count), member),
            sp.identity(count * decisions),
        ],
        format="csr",
    )
    caps = np.array([float(cap) for cap in chosen.cap])
    free = np.where(chosen.required, -np.inf, 0.0)
    width = count * (agents + groups + decisions)
    found = HighsSolver(method="simplex").solve(
        LinearProgram(
            cost=np.concatenate([np.zeros(count * agents), np.ones(count * groups), np.tile(caps, count)]),
            matrix=sp.csr_array(matrix),
            row_lower=payoff.ravel(),
            row_upper=np.full(payoff.size, np.inf),
            column_lower=np.concatenate([np.zeros(count * agents), np.tile(free, count), np.zeros(count * decisions)]),
            column_upper=np.full(width, np.inf),
        )
    )
    if not found.status.has_solution:
        return None
    return np.asarray(np.clip(found.primal[: count * agents].reshape(count, agents), 0.0, None))


def _mesh(multipliers: FloatArray) -> PublicSignals:
    return PublicSignals(multipliers=tuple(tuple(Fraction(f"{y:.12g}") for y in own) for own in multipliers.T.tolist()))


def _proposal(multipliers: FloatArray, joint: FloatArray, detail: str) -> UpperProposal:
    def given(_environment: Environment, _discretisation: Discretisation) -> FloatArray:
        return joint

    return UpperProposal(place=InformationPlace(mesh=_mesh(multipliers)), joint=given, detail=detail)
