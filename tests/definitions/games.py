"""The exact guarantee of a finite mechanism and the exact potential of a finite information structure.

Guarantee: Bayes correlated equilibria are without loss (Brooks & Du 2023, section 3.1.2), so it is the least expected
payoff of the designer over joint laws of actions and states under which obeying is a best reply to all deviations.
Potential: by the revelation principle (section 3.1.3) it is at most the most that a direct mechanism can get under all
truth-telling constraints and interim participation of every signal.
"""

import itertools
from collections.abc import Mapping, Sequence

from definitions.plain_program import PlainProgram, Sum
from definitions.problem import Law, Problem, Profile, moved, probability, profiles

Function = Mapping[Profile, float]


def exact_guarantee(
    problem: Problem, laws: Sequence[Law], decisions: Mapping[Profile, Sequence[float]], transfers: Sequence[Function]
) -> float:
    """The designer's least payoff (net of the penalty) over Bayes correlated equilibria and priors in the beliefs.

    Of the grids only the numbers of actions matter.
    """
    program, objective = PlainProgram(), Sum()

    def utility(i: int, x: Profile, state: int) -> float:
        enjoyed = sum(float(problem.u[i][state][k]) * decisions[x][k] for k in problem.decisions)
        return enjoyed - (transfers[i][x] if problem.transfers else 0.0)

    for x, state in itertools.product(profiles(laws), problem.states):
        program.declare((x, state))
        payoff = sum(float(problem.w[state][k]) * decisions[x][k] for k in problem.decisions)
        payoff += sum(transfers[i][x] for i in problem.agents) if problem.transfers else 0.0
        objective.add((x, state), payoff - float(problem.penalty[state]))
    for i in problem.agents:
        for told, other in itertools.permutations(range(len(laws[i])), 2):
            row = Sum()
            for x, state in itertools.product(profiles(laws), problem.states):
                if x[i] == told:
                    row.add((x, state), utility(i, x, state) - utility(i, moved(x, i, other), state))
            program.at_least(row, 0.0)
    program.equal({(x, state): 1.0 for x in profiles(laws) for state in problem.states}, 1.0)
    for entries, low, high in zip(problem.rows, problem.lower, problem.upper, strict=True):
        row = Sum({(x, state): float(entries[state]) for x in profiles(laws) for state in problem.states})
        if low is not None:
            program.at_least(row, float(low))
        if high is not None:
            program.at_most(row, float(high))
    return program.smallest(objective)


def exact_potential(problem: Problem, laws: Sequence[Law], conditional: Mapping[Profile, Sequence[float]]) -> float:
    """The most that a direct mechanism gets when signals have the product law and states the conditional law.

    Since signals are independent, only the expected payment of each report matters: it is the unknown here.
    Without transfers ``conditional`` is the joint law itself.
    """
    program, objective = PlainProgram(), Sum()

    def joint(x: Profile, state: int) -> float:
        weight = float(probability(laws, x)) if problem.transfers else 1.0
        return weight * conditional[x][state]

    for x in profiles(laws):
        for k in problem.decisions:
            program.declare((x, k), 0.0, float(problem.cap[k]))
            objective.add((x, k), sum(joint(x, state) * float(problem.w[state][k]) for state in problem.states))
        for members, required in zip(problem.groups, problem.required, strict=True):
            (program.equal if required else program.at_most)({(x, k): 1.0 for k in members}, 1.0)
    for i in problem.agents:
        actions = range(len(laws[i]))
        for held in actions:
            if problem.transfers:
                objective.add(("pays", i, held), float(laws[i][held]))
            truthful = _interim(problem, laws, joint, i, held, held)
            program.at_least(truthful, 0.0)
            for told in actions:
                row = Sum(truthful)
                for unknown, factor in _interim(problem, laws, joint, i, held, told).items():
                    row.add(unknown, -factor)
                program.at_least(row, 0.0)
    payment = sum(float(problem.penalty[state]) * joint(x, state) for x in profiles(laws) for state in problem.states)
    return program.largest(objective) - payment


def _interim(problem: Problem, laws: Sequence[Law], joint: object, i: int, held: int, told: int) -> Sum:
    """Agent i's utility, times the probability of its signal, from the signal held and the report told."""
    assert callable(joint)
    row = Sum()
    for x, state in itertools.product(profiles(laws), problem.states):
        if x[i] == held:
            for k in problem.decisions:
                row.add((moved(x, i, told), k), joint(x, state) * float(problem.u[i][state][k]))
    if problem.transfers:
        row.add(("pays", i, told), -float(laws[i][held]))
    return row
