"""The pictures a theorist looks at first: one function each, on axes of the caller's."""

from matplotlib.axes import Axes

from robustmech.model import Environment, InformationStructure, Mechanism
from robustmech.plots import quantities
from robustmech.plots.drawing import ColourRange, draw, say_only

_UNIT = ColourRange(0.0, 1.0)


def aggregate_allocation(axes: Axes, mechanism: Mechanism, environment: Environment, *, good: int = 0) -> Axes:
    """Draw the sum over agents of their own decisions, on a scale from 0 to 1.

    For environments that do not say which decisions are whose: the sum of all decisions other than the first (of all,
    if they may add up to less than one); the title says which.

    Args:
        axes: where to draw.
        mechanism: the mechanism.
        environment: the environment it was made for.
        good: which good, from 0.
    Raises:
        InputError: if there is no such good.
    Source: Brooks & Du (2023), online appendix B.5.
    """
    quantity = quantities.aggregate(mechanism, environment, good)
    return draw(axes, quantity, mechanism.grids, environment.agent_names, kind="action", limits=_UNIT)


def allocation_share(
    axes: Axes, mechanism: Mechanism, environment: Environment, *, agent: int = 0, good: int = 0
) -> Axes:
    """Draw one agent's own decision over the aggregate, on a scale from 0 to 1; grey where the aggregate is zero.

    Args:
        axes: where to draw.
        mechanism: the mechanism.
        environment: the environment it was made for.
        agent: whose share, from 0.
        good: which good, from 0.
    Raises:
        InputError: if there is no such agent or good.
    Source: Brooks & Du (2023), online appendix B.5.
    """
    quantity = quantities.share(mechanism, environment, agent, good)
    if quantities.counted_decisions(environment, good).size == 1 and environment.own_decisions is None:
        return say_only(axes, quantity.title, "one: it is the only decision counted")
    return draw(axes, quantity, mechanism.grids, environment.agent_names, kind="action", limits=_UNIT)


def transfer(axes: Axes, mechanism: Mechanism, environment: Environment, *, agent: int = 0) -> Axes:
    """Draw what one agent pays; the few most extreme values may leave the colour scale, as arrows on its bar say.

    Args:
        axes: where to draw.
        mechanism: a mechanism with transfers.
        environment: the environment it was made for.
        agent: who pays, from 0.
    Raises:
        InputError: if the mechanism has no transfers or there is no such agent.
    """
    quantity = quantities.payment(mechanism, environment, agent)
    return draw(axes, quantity, mechanism.grids, environment.agent_names, kind="action", robust=True)


def own_decision(axes: Axes, mechanism: Mechanism, environment: Environment, *, agent: int = 0, good: int = 0) -> Axes:
    """Draw one agent's own decision, such as its contribution.

    Args:
        axes: where to draw.
        mechanism: the mechanism.
        environment: the environment it was made for.
        agent: whose decision, from 0.
        good: which good, from 0.
    Raises:
        InputError: if there is no such agent or good.
    """
    quantity = quantities.decision(mechanism, environment, agent, good)
    return draw(axes, quantity, mechanism.grids, environment.agent_names, kind="action")


def interim_value(
    axes: Axes, information: InformationStructure, environment: Environment, *, agent: int = 0, good: int = 0
) -> Axes:
    """Draw one agent's expected utility from its own decision given all signals; grey where those are improbable.

    Args:
        axes: where to draw.
        information: the information structure.
        environment: the environment it was made for.
        agent: whose value, from 0.
        good: which good, from 0.
    Raises:
        InputError: if there is no such agent or good.
    Source: Brooks & Du (2023), online appendix B.5.
    """
    quantity = quantities.expected_value(information, environment, agent, good)
    return draw(axes, quantity, information.grids, environment.agent_names, kind="signal")


def not_solved(axes: Axes, title: str) -> Axes:
    """Say that the side a picture would come from was not solved."""
    return say_only(axes, title, "not solved")
