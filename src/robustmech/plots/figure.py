"""The picture of a solution: four panels under the certified bracket."""

import io
from collections.abc import Callable

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from robustmech.bounds import Solution
from robustmech.plots import captions, panels
from robustmech.plots.sampling import sampled_information, sampled_mechanism

_INCHES = (10.0, 9.0)
_DOTS_PER_INCH = 120.0


def result_figure(solution: Solution) -> Figure:
    """Aggregate allocation, the first agent's share of it and transfer, and its interim expected value.

    Without transfers the third panel is the first agent's own decision. Panels whose side was not solved say so.

    Args:
        solution: what a solve returned.
    Returns:
        A figure with an Agg canvas of its own, 10 by 9 inches, unknown to pyplot.
    Source: Brooks & Du (2023), figure 1 and online appendix B.5.
    """
    figure = Figure(
        figsize=_INCHES, dpi=_DOTS_PER_INCH, facecolor="white", layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    )
    FigureCanvasAgg(figure)
    places = figure.subplots(2, 2)
    environment = solution.environment
    if solution.lower is None:
        third = "Transfer" if environment.transfers else "Own decision"
        for axes, title in zip(places.flat, ("Aggregate allocation", "Share of it", third), strict=False):
            panels.not_solved(axes, title)
    else:
        mechanism = sampled_mechanism(solution.lower.mechanism)
        panels.aggregate_allocation(places[0, 0], mechanism, environment)
        panels.allocation_share(places[0, 1], mechanism, environment)
        third_panel = panels.own_decision if mechanism.transfers is None else panels.transfer
        third_panel(places[1, 0], mechanism, environment)
    if solution.upper is None:
        panels.not_solved(places[1, 1], "Interim expected value")
    else:
        information = sampled_information(solution.upper.information, environment)
        panels.interim_value(places[1, 1], information, environment)
    figure.suptitle(captions.bracket(solution), fontsize=16, fontweight="bold")
    figure.supxlabel(captions.provenance(solution), fontsize=10, color="0.35")
    return figure


def result_png(solution: Solution) -> bytes:
    """The picture of a solution as a PNG file; the same solution gives the same bytes (no date, no software name)."""
    figure = result_figure(solution)
    write: Callable[..., None] = FigureCanvasAgg(figure).print_png  # its own signature is not typed
    stream = io.BytesIO()
    write(stream, metadata={"Software": None})
    return stream.getvalue()
