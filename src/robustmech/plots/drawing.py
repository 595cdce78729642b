"""Drawing one quantity on one pair of axes: a heat map over two agents' actions, or a line over one's."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.ticker import MaxNLocator

from robustmech.model import FloatArray, Grid
from robustmech.plots.quantities import Quantity
from robustmech.plots.region import cell_edges, median_action, shown_slice

COLOURS = "viridis"
_ABSENT = "0.82"
_TITLE, _LABEL, _TICK, _CONTOUR = 12.0, 11.0, 10.0, 9.0
_FEWEST_FOR_CONTOURS = 8
_ROUND_STEPS = [1, 2, 2.5, 5, 10]
_LONGEST_LABEL = 6
_NOTEWORTHY_AREA = 0.005
_NUMBER = "{x:.10g}"


class ColourRange(NamedTuple):
    """The values at the ends of a colour scale, and on which sides values lie beyond."""

    low: float
    high: float
    extend: Literal["neither", "min", "max", "both"] = "neither"


def full_range(values: FloatArray) -> ColourRange:
    """From the smallest to the largest value that is defined."""
    return ColourRange(float(np.nanmin(values)), float(np.nanmax(values)))


def robust_range(values: FloatArray) -> ColourRange:
    """Where the middle 90 per cent of the values lie, or up to the extreme where that is at most half as far again.

    A few extreme values (transfers near the top actions) then do not take the whole colour scale.
    """
    least, low, high, most = (float(v) for v in np.nanpercentile(values, [0, 5, 95, 100]))
    slack = (high - low) / 2
    if slack == 0:
        return ColourRange(least, most)
    below, above = least < low - slack, most > high + slack
    extend: Literal["neither", "min", "max", "both"] = (
        "both" if below and above else "min" if below else "max" if above else "neither"
    )
    return ColourRange(low if below else least, high if above else most, extend)


def draw(
    axes: Axes,
    quantity: Quantity,
    grids: Sequence[Grid],
    agent_names: Sequence[str],
    *,
    kind: Literal["action", "signal"],
    limits: ColourRange | None = None,
    robust: bool = False,
) -> Axes:
    """Draw a quantity against the actions (or signals) of the first agent, or of the first two.

    Args:
        axes: where to draw.
        quantity: one number per profile of the grids.
        grids: each agent's grid; agents after the second are held at their median action, and the title says so.
        agent_names: names of the agents.
        kind: whether the grids are of actions or of signals.
        limits: the colour scale, if it is known beforehand.
        robust: whether a few extreme values may leave the colour scale (arrows on the colour bar then say so).
    """
    title = quantity.title
    if len(grids) == 3:
        place = grids[2].positions[median_action(grids[2])]
        title += f"\n{agent_names[2]} at the median {kind}, {place:.2g}"
    elif len(grids) > 3:
        title += f"\nother agents at their median {kind}s"
    axes.set_title(title, fontsize=_TITLE)
    values = np.ma.masked_invalid(shown_slice(quantity.values, grids))
    if values.mask.all():
        return _say(axes, f"nowhere defined:\n{quantity.absence}")
    positions = [grid.positions[:size] for grid, size in zip(grids, values.shape, strict=False)]
    axes.tick_params(labelsize=_TICK)
    axes.set_xlabel(f"{kind} of {agent_names[0]}", fontsize=_LABEL)
    if len(grids) == 1:
        axes.set_ylabel(quantity.label, fontsize=_LABEL)
        return _line(axes, positions[0], values, limits)
    axes.set_ylabel(f"{kind} of {agent_names[1]}", fontsize=_LABEL)
    edges = [cell_edges(own) for own in positions]
    areas = np.multiply.outer(*(np.diff(own) for own in edges))
    if areas[np.ma.getmaskarray(values)].sum() > _NOTEWORTHY_AREA * areas.sum():
        axes.set_xlabel(f"{kind} of {agent_names[0]}\n(grey: {quantity.absence})", fontsize=_LABEL)
    shown = values.filled(np.nan)
    colours = limits or (robust_range(shown) if robust else full_range(shown))
    _heat_map(axes, edges, values, colours)
    if min(values.shape) >= _FEWEST_FOR_CONTOURS:
        _contours(axes, positions, values, colours)
    return axes


def say_only(axes: Axes, title: str, words: str) -> Axes:
    """A panel that says why there is no picture."""
    axes.set_title(title, fontsize=_TITLE)
    return _say(axes, words)


def _say(axes: Axes, words: str) -> Axes:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_box_aspect(1)
    axes.set_facecolor("0.95")
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", fontsize=_TITLE, color="0.35")
    return axes


def _line(axes: Axes, positions: FloatArray, values: FloatArray, limits: ColourRange | None) -> Axes:
    axes.plot(positions, values, color="#31688e", linewidth=2.0, marker="o", markersize=4.0, clip_on=False, zorder=3)
    axes.yaxis.set_major_formatter(_NUMBER)
    axes.set_xlim(0, positions[-1])
    if limits is not None:
        margin = 0.04 * (limits.high - limits.low)
        axes.set_ylim(limits.low - margin, limits.high + margin)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    return axes


def _heat_map(axes: Axes, edges: list[FloatArray], values: FloatArray, limits: ColourRange) -> None:
    mesh = axes.pcolormesh(*edges, values.T, cmap=COLOURS, vmin=limits.low, vmax=limits.high)
    axes.set_facecolor(_ABSENT)
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=_ROUND_STEPS))
    bar = axes.inset_axes((1.04, 0.0, 0.05, 1.0))
    Colorbar(bar, mesh, extend=limits.extend, ticks=MaxNLocator(6, steps=_ROUND_STEPS), format=_NUMBER)
    bar.tick_params(labelsize=_TICK)


def _contours(axes: Axes, positions: list[FloatArray], values: FloatArray, limits: ColourRange) -> None:
    low, high = max(limits.low, float(values.min())), min(limits.high, float(values.max()))
    margin = 0.05 * (limits.high - limits.low)
    ticks = MaxNLocator(6, steps=_ROUND_STEPS).tick_values(limits.low, limits.high)
    levels = [float(level) for level in ticks if low + margin < level < high - margin]
    if levels:
        lines = axes.contour(*positions, values.T, levels=levels, colors="white", linewidths=0.9, linestyles="solid")
        if max(len(f"{level:.10g}") for level in levels) <= _LONGEST_LABEL:
            axes.clabel(lines, fmt="%.10g", fontsize=_CONTOUR)
