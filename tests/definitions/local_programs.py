"""Both bounding programs of Brooks & Du (2023) as they stand before anything is solved out.

Lower: (9) without and (17) with transfers, the transfers themselves being unknowns. Upper: (10) without and (18) with
transfers, nature choosing the joint law σ, the coefficient of every transfer being zero. Both over a polytope of priors
and for any law ρ on each agent's actions.
"""

from collections.abc import Sequence

from definitions.plain_program import PlainProgram, Sum
from definitions.problem import Law, Problem, downward, moved, profiles, upward


def lower_value(problem: Problem, laws: Sequence[Law]) -> float:
    """The best worst-case strategic virtual objective of a mechanism whose lowest actions are participation secure."""
    program, objective = PlainProgram(), Sum()
    for x in profiles(laws):
        _choose_decision(program, problem, x)
        for i in problem.agents:
            if x[i] == 0:
                for state in problem.states:
                    row = Sum({("c", x, k): float(problem.u[i][state][k]) for k in problem.decisions})
                    if problem.transfers:
                        row.add(("t", i, x), -1.0)
                    program.at_least(row, 0.0)
    for state in problem.states:
        for x in profiles(laws):
            row = _strategic_virtual_objective(problem, laws, x, state)
            row.add(("worst", state), -1.0)
            program.at_least(row, 0.0)
    # min over priors of μ · (worst − λ₀), by its dual
    for state in problem.states:
        row = Sum({("worst", state): -1.0, "sum": 1.0})
        for r, entries in enumerate(problem.rows):
            row.add(("raise", r), float(entries[state]))
            row.add(("lower", r), -float(entries[state]))
        program.at_most(row, -float(problem.penalty[state]))
    objective.add("sum", 1.0)
    for r, (low, high) in enumerate(zip(problem.lower, problem.upper, strict=True)):
        program.declare(("raise", r), 0.0, None if low is not None else 0.0)
        program.declare(("lower", r), 0.0, None if high is not None else 0.0)
        objective.add(("raise", r), float(low or 0))
        objective.add(("lower", r), -float(high or 0))
    return program.largest(objective)


def _choose_decision(program: PlainProgram, problem: Problem, x: tuple[int, ...]) -> None:
    for k in problem.decisions:
        program.declare(("c", x, k), 0.0, float(problem.cap[k]))
    for members, required in zip(problem.groups, problem.required, strict=True):
        row = {("c", x, k): 1.0 for k in members}
        (program.equal if required else program.at_most)(row, 1.0)


def _strategic_virtual_objective(problem: Problem, laws: Sequence[Law], x: tuple[int, ...], state: int) -> Sum:
    """Equation (4) with utility net of transfers, and the designer receiving them."""
    row = Sum()
    for k in problem.decisions:
        row.add(("c", x, k), float(problem.w[state][k]))
    for i in problem.agents:
        if problem.transfers:
            row.add(("t", i, x), 1.0)
        if x[i] + 1 < len(laws[i]):
            step = float(upward(laws[i], x[i]))
            above = moved(x, i, x[i] + 1)
            for k in problem.decisions:
                row.add(("c", above, k), step * float(problem.u[i][state][k]))
                row.add(("c", x, k), -step * float(problem.u[i][state][k]))
            if problem.transfers:
                row.add(("t", i, above), -step)
                row.add(("t", i, x), step)
    return row


def upper_value(problem: Problem, laws: Sequence[Law]) -> float:
    """The least, over joint laws of signals and states, of the largest Lagrangian (6) of any mechanism."""
    program, objective = PlainProgram(), Sum()
    decision_gain = {(x, k): Sum() for x in profiles(laws) for k in problem.decisions}
    transfer_gain = {(x, i): Sum() for x in profiles(laws) for i in problem.agents}
    for x in profiles(laws):
        for state in problem.states:
            sigma = ("sigma", x, state)
            program.declare(sigma)
            objective.add(sigma, -float(problem.penalty[state]))
            for k in problem.decisions:
                decision_gain[x, k].add(sigma, float(problem.w[state][k]))
            for i in problem.agents:
                step = float(downward(laws[i], x[i]))
                transfer_gain[x, i].add(sigma, 1.0 - step)
                for k in problem.decisions:
                    decision_gain[x, k].add(sigma, step * float(problem.u[i][state][k]))
                if x[i] > 0:
                    below = moved(x, i, x[i] - 1)
                    transfer_gain[below, i].add(sigma, step)
                    for k in problem.decisions:
                        decision_gain[below, k].add(sigma, -step * float(problem.u[i][state][k]))
    if problem.transfers:
        for gain in transfer_gain.values():
            program.equal(gain, 0.0)
    for x in profiles(laws):
        _best_decision(program, objective, problem, x, decision_gain)
    _prior_in_beliefs(program, problem, laws)
    return program.smallest(objective)


def _best_decision(
    program: PlainProgram,
    objective: Sum,
    problem: Problem,
    x: tuple[int, ...],
    gain: dict[tuple[tuple[int, ...], int], Sum],
) -> None:
    """The maximum of c · gain(x) over the decision set, by its dual: a price per group and per cap."""
    for g, members in enumerate(problem.groups):
        program.declare(("price", x, g), None if problem.required[g] else 0.0)
        objective.add(("price", x, g), 1.0)
        for k in members:
            program.declare(("cap price", x, k))
            objective.add(("cap price", x, k), float(problem.cap[k]))
            row = Sum(gain[x, k])
            row.add(("price", x, g), -1.0)
            row.add(("cap price", x, k), -1.0)
            program.at_most(row, 0.0)


def _prior_in_beliefs(program: PlainProgram, problem: Problem, laws: Sequence[Law]) -> None:
    program.equal({("sigma", x, state): 1.0 for x in profiles(laws) for state in problem.states}, 1.0)
    for entries, low, high in zip(problem.rows, problem.lower, problem.upper, strict=True):
        row = {("sigma", x, state): float(entries[state]) for x in profiles(laws) for state in problem.states}
        if low is not None and low == high:
            program.equal(row, float(low))
            continue
        if low is not None:
            program.at_least(row, float(low))
        if high is not None:
            program.at_most(row, float(high))
