"""Environments from the tables [public_expenditure] and [environment]."""

from fractions import Fraction

from robustmech.errors import InputError
from robustmech.model import Environment, public_expenditure, rationals, simplex
from robustmech.problems.likelihood import check_size, state_beliefs
from robustmech.problems.reading import shown
from robustmech.problems.schema import EnvironmentTable, PublicExpenditureTable
from robustmech.problems.states import state_values


def public_expenditure_environment(table: PublicExpenditureTable) -> Environment:
    """A public good: either one agent, equally likely to be any, has the whole value, or states are given.

    Raises:
        InputError: if value and states are both given or both missing, or the states do not fit.
    """
    if (table.value is None) == (table.state is None):
        fault = "neither value nor state" if table.value is None else "both value and state"
        raise InputError(f"public_expenditure has {fault}: give exactly one")
    agents = table.agents
    if table.value == 0:
        raise InputError("public_expenditure.value is 0: it must be above zero, or the good is worth nothing")
    if table.state is None:
        values = [[table.value if i == state else Fraction(0) for i in range(agents)] for state in range(agents)]
        return public_expenditure(rationals(values), [Fraction(1, agents)] * agents)
    place = "public_expenditure.state"
    explicit = state_values(table.state, place, agents, "agent")
    if isinstance(explicit[0][0], list):
        raise InputError(f"{place}[0].values holds lists: give one number per agent")
    return public_expenditure(rationals(explicit), beliefs=state_beliefs(table.state, place))


def finite_environment(table: EnvironmentTable) -> Environment:
    """The general finite model, with lotteries over the outcomes as decisions.

    Raises:
        InputError: if outcomes or states are missing, an outcome is named twice, or shapes disagree.
        SizeError: if there are too many states.
    """
    outcomes, place = table.outcomes, "environment.state"
    if not outcomes:
        raise InputError("environment.outcomes is empty: name at least one outcome")
    for number, name in enumerate(outcomes):
        if name in outcomes[:number]:
            raise InputError(f"environment.outcomes[{number}] repeats the name {shown(name)}: name each outcome once")
    if not table.state:
        raise InputError(f"{place} is empty: give at least one state")
    check_size(len(table.state), table.agents, len(outcomes), place)
    for number, state in enumerate(table.state):
        here = f"{place}[{number}]"
        if len(state.utilities) != table.agents:
            raise InputError(
                f"{here}.utilities has {len(state.utilities)} lists for {table.agents} agents: give one each"
            )
        for agent, row in enumerate(state.utilities):
            _check_outcomes(len(row), len(outcomes), f"{here}.utilities[{agent}]")
        _check_outcomes(len(state.payoff), len(outcomes), f"{here}.payoff")
    return Environment(
        utilities=rationals([[state.utilities[i] for state in table.state] for i in range(table.agents)]),
        payoff=rationals([state.payoff for state in table.state]),
        decision_set=simplex(len(outcomes)),
        beliefs=state_beliefs(table.state, place),
        transfers=table.transfers,
        decision_names=tuple(outcomes),
    )


def _check_outcomes(numbers: int, outcomes: int, place: str) -> None:
    if numbers != outcomes:
        raise InputError(f"{place} has {numbers} numbers for {outcomes} outcomes: give one per outcome")
