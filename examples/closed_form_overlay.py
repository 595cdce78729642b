"""Brackets and closed forms in one picture: python examples/closed_form_overlay.py docs/images/closed-form-overlay.png

Two auctions that the papers solve with bids in [0, ∞). For each and for several numbers of actions: the certified
lower and upper values of the finite program on quantile grids; the exact guarantee of the closed form's rule, with the
bids of the grid as its actions and the transfers rebuilt for it; the exact potential of the closed form's information,
with signals told apart only by the cells of the grid; and the closed form's guarantee, which every pair must straddle.
For the common value also the exact guarantees of both rules' own transfers, kept as they are at the bids of the grid.
"""

import argparse
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import robustmech as rm
from robustmech.continuum import AuctionRule, CommonValue, KnownMeans
from robustmech.gridded import on_grids
from robustmech.plots import NumbersOnGrid, closed_form_overlay

ACTIONS = (4, 6, 8, 12, 16, 24)
VALUES = 11
VALUE = CommonValue([Fraction(j, VALUES - 1) for j in range(VALUES)], [Fraction(1, VALUES)] * VALUES, bidders=2)
MEANS = KnownMeans([0.6, 0.4])


def numbers_on_grids(model: CommonValue | KnownMeans, actions: Sequence[int]) -> list[NumbersOnGrid]:
    """All four numbers for each number of actions, on quantile grids."""
    found = []
    for count in actions:
        grid = rm.Grid.quantile(count)
        finite = on_grids(model, grid)
        solution = rm.solve(finite.environment, grid)
        if solution.lower is None or solution.upper is None:
            raise SystemExit("both sides were asked for")
        found.append(
            NumbersOnGrid(
                actions=count,
                lower=solution.lower.value,
                upper=solution.upper.value,
                guarantee=rm.guarantee(finite.mechanism, finite.environment).value,
                potential=rm.potential(finite.information, finite.environment).value,
            )
        )
    return found


def common_value(actions: Sequence[int]) -> tuple[list[NumbersOnGrid], float]:
    """A common value, equally likely to be each of eleven from 0 to 1, and two bidders; and the closed form."""
    return numbers_on_grids(VALUE, actions), VALUE.guarantee


def known_means(actions: Sequence[int]) -> tuple[list[NumbersOnGrid], float]:
    """Expected values 0.6 and 0.4, values at most one; and the closed form."""
    return numbers_on_grids(MEANS, actions), MEANS.guarantee


def sampled_guarantees(rule: AuctionRule, actions: Sequence[int]) -> list[float]:
    """Exact guarantees of a rule for the common value with its own transfers at the bids of quantile grids."""
    finite = [on_grids(VALUE, rm.Grid.quantile(count), rule=rule, transfers="sampled") for count in actions]
    return [rm.guarantee(own.mechanism, own.environment).value for own in finite]


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description="Brackets and closed forms in one picture.")
    parser.add_argument("picture", type=Path, help="the PNG file to write")
    picture = parser.parse_args().picture
    figure = Figure(figsize=(11, 5), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    closed_form_overlay(left, *common_value(ACTIONS), title="common value, eleven equally likely values")
    for name, rule, style in (("proportional", VALUE.auction(), "v:"), ("orders", VALUE.auction("orders"), "^:")):
        left.plot(ACTIONS, sampled_guarantees(rule, ACTIONS), style, color="0.4", ms=4, lw=1, label=f"{name}, sampled")
    left.legend(frameon=False, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    closed_form_overlay(right, *known_means(ACTIONS), title="known means 0.6 and 0.4")
    figure.savefig(picture, metadata={"Software": None})


if __name__ == "__main__":
    main()
