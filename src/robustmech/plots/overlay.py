"""Finite brackets, closed forms put on grids, and the closed form itself, laid over each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from robustmech.errors import InputError

_BRACKET, _RULE, _INFORMATION, _TRUTH = "#31688e", "#35b779", "#c44e52", "black"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersOnGrid:
    """What is known with so many actions for each agent, all in units of the designer's payoff.

    Args:
        actions: the number of actions, at least two.
        lower: certified lower value of the finite program, at most the optimum.
        upper: certified upper value, at least the optimum.
        guarantee: the guarantee of the closed form's rule on the grid; None if it was not computed.
        potential: the potential of its information on the grid; None if it was not computed.
    Raises:
        InputError: if the numbers cannot all be what they are said to be.
    """

    actions: int
    lower: float
    upper: float
    guarantee: float | None = None
    potential: float | None = None

    def __post_init__(self) -> None:
        if self.actions < 2:
            raise InputError(f"{self.actions} actions: there must be at least two")
        bounds = [("lower", self.lower), ("guarantee", self.guarantee)]
        limits = [("upper", self.upper), ("potential", self.potential)]
        for below, low in bounds:
            for above, high in limits:
                if low is not None and high is not None and not low <= high:
                    raise InputError(
                        f"with {self.actions} actions {below} is {low:.10g} and {above} {high:.10g}: the optimum lies "
                        "between them"
                    )


def closed_form_overlay(axes: Axes, numbers: Sequence[NumbersOnGrid], closed_form: float, *, title: str = "") -> Axes:
    """Draw brackets, guarantees and potentials against the number of actions, and the closed form as a level line.

    Args:
        axes: where to draw.
        numbers: one entry per number of actions, in any order.
        closed_form: the guarantee of the model with actions in [0, ∞), in the same units.
        title: above the axes.
    Raises:
        InputError: if there are no numbers, or two entries have as many actions.
    """
    ordered = sorted(numbers, key=lambda entry: entry.actions)
    actions = [entry.actions for entry in ordered]
    if not ordered or len(set(actions)) < len(actions):
        raise InputError("give at least one entry, and one for each number of actions")
    lower, upper = (np.array([getattr(entry, name) for entry in ordered]) for name in ("lower", "upper"))
    axes.fill_between(actions, lower, upper, color=_BRACKET, alpha=0.15, linewidth=0)
    axes.plot(actions, upper, color=_BRACKET, marker="v", markersize=4, label="upper value")
    axes.plot(actions, lower, color=_BRACKET, marker="^", markersize=4, label="lower value")
    for name, label, colour, marker in (
        ("potential", "potential of its information on the grid", _INFORMATION, "s"),
        ("guarantee", "guarantee of its rule on the grid", _RULE, "o"),
    ):
        found = [(entry.actions, getattr(entry, name)) for entry in ordered if getattr(entry, name) is not None]
        if found:
            places, heights = zip(*found, strict=True)
            axes.plot(places, heights, color=colour, marker=marker, markersize=4, linestyle="--", label=label)
    axes.axhline(closed_form, color=_TRUTH, linewidth=1.2, label=f"closed form, {closed_form:.6g}")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(actions))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("actions of each agent")
    axes.set_ylabel("designer's payoff")
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    return axes
