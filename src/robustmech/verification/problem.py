"""The environment, exactly as `problem.json` states it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from robustmech.verification.beliefs import Beliefs, parse_beliefs
from robustmech.verification.checks import Flaw
from robustmech.verification.decision_set import DecisionSet, parse_decision_set
from robustmech.verification.exactness import common_denominator
from robustmech.verification.fields import parse_json, sequence, sparse, text, truth, versioned, whole

VERSION = 1
LARGEST_SIZE = 1_000_000
_FIELDS = (
    "agents",
    "states",
    "decisions",
    "transfers",
    "agent_names",
    "decision_names",
    "utilities",
    "payoff",
    "decision_set",
    "beliefs",
    "own_decisions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Agents, states, decisions, utilities, the designer's payoff, and the designer's beliefs.

    Args:
        agents: their number N.
        states: their number T.
        decisions: their number K.
        transfers: whether agents also pay the designer.
        utilities: for each state θ, the entries `u[i, θ, k]` other than zero, by (agent, decision).
        payoff: for each state θ, the entries `w[θ, k]` other than zero, by decision.
        decision_set: the decisions that are possible.
        beliefs: the priors that are possible, and the penalty on states.
        own_decisions: for each agent the decisions that give something to that agent, or all where none are listed.
    """

    agents: int
    states: int
    decisions: int
    transfers: bool
    utilities: Mapping[int, Mapping[tuple[int, int], Fraction]]
    payoff: Mapping[int, Mapping[int, Fraction]]
    decision_set: DecisionSet
    beliefs: Beliefs
    own_decisions: tuple[Sequence[int], ...]

    def utility_numbers(self) -> Iterator[Fraction]:
        """Every utility other than zero."""
        for entries in self.utilities.values():
            yield from entries.values()

    def payoff_numbers(self) -> Iterator[Fraction]:
        """Every payoff that is stated."""
        for entries in self.payoff.values():
            yield from entries.values()

    def utility_pairs(self) -> tuple[tuple[int, int], ...]:
        """The (agent, decision) such that the agent cares about the decision in some state."""
        return tuple(sorted({pair for entries in self.utilities.values() for pair in entries}))

    def payoff_decisions(self) -> tuple[int, ...]:
        """The decisions that the designer cares about in some state."""
        return tuple(sorted({k for entries in self.payoff.values() for k in entries}))

    def terms(self) -> int:
        """How many products an evaluation at one place needs, in all states."""
        tables = (self.payoff, self.utilities)
        return self.states + sum(len(entries) for table in tables for entries in table.values())

    def has_payoff(self) -> bool:
        """Whether the designer's payoff from any decision is other than zero."""
        return any(self.payoff_numbers())

    def payoff_ignores_states(self) -> bool:
        """Whether the designer's payoff from decisions is the same in every state."""
        rows = [{k: v for k, v in self.payoff.get(state, {}).items() if v} for state in range(self.states)]
        return all(row == rows[0] for row in rows)

    def with_entry(self, unit: Fraction) -> "Problem":
        """The problem with one more decision for each agent: that it pays the designer a unit."""
        states, first = range(self.states), self.decisions
        return replace(
            self,
            decisions=first + self.agents,
            utilities={
                state: {**self.utilities.get(state, {}), **{(i, first + i): -unit for i in range(self.agents)}}
                for state in states
            },
            payoff={
                state: {**self.payoff.get(state, {}), **{first + i: unit for i in range(self.agents)}}
                for state in states
            },
        )

    def denominator(self) -> int:
        """The least whole number that clears the denominators of all utilities and payoffs."""
        return common_denominator((*self.utility_numbers(), *self.payoff_numbers()))


def parse_problem(data: bytes, name: str) -> Problem:
    """Read `problem.json`.

    Raises:
        Flaw: naming the field, if anything is missing, unknown, of another type, or out of range.
    """
    fields = versioned(parse_json(data, name), name, "robustmech/problem", VERSION, _FIELDS)
    agents, states, decisions = (
        whole(fields[field], f"{name}: {field}", least=1, most=LARGEST_SIZE)
        for field in ("agents", "states", "decisions")
    )
    for field, length in (("agent_names", agents), ("decision_names", decisions)):
        for index, entry in enumerate(sequence(fields[field], f"{name}: {field}", length)):
            text(entry, f"{name}: {field}[{index}]")
    utilities: dict[int, dict[tuple[int, int], Fraction]] = {}
    axes = {"agent": agents, "state": states, "decision": decisions}
    for (agent, state, decision), value in sparse(fields["utilities"], f"{name}: utilities", axes).items():
        utilities.setdefault(state, {})[agent, decision] = value
    payoff: dict[int, dict[int, Fraction]] = {}
    axes = {"state": states, "decision": decisions}
    for (state, decision), value in sparse(fields["payoff"], f"{name}: payoff", axes).items():
        payoff.setdefault(state, {})[decision] = value
    return Problem(
        agents=agents,
        states=states,
        decisions=decisions,
        transfers=truth(fields["transfers"], f"{name}: transfers"),
        utilities=utilities,
        payoff=payoff,
        decision_set=parse_decision_set(fields["decision_set"], f"{name}: decision_set", decisions),
        beliefs=parse_beliefs(fields["beliefs"], f"{name}: beliefs", states),
        own_decisions=_own_decisions(fields["own_decisions"], f"{name}: own_decisions", agents, decisions),
    )


def _own_decisions(value: object, where: str, agents: int, decisions: int) -> tuple[Sequence[int], ...]:
    """For each agent the decisions listed, each once, or all of them where nothing is listed."""
    if value is None:
        return (range(decisions),) * agents
    lists: list[Sequence[int]] = []
    for agent, entries in enumerate(sequence(value, where, agents)):
        if entries is None:
            lists.append(range(decisions))
            continue
        own = tuple(
            whole(entry, f"{where}[{agent}]", least=0, most=decisions - 1)
            for entry in sequence(entries, f"{where}[{agent}]")
        )
        if len(set(own)) != len(own):
            raise Flaw(f"{where}[{agent}]: a decision appears twice")
        lists.append(own)
    return tuple(lists)
