"""Brackets and closed forms in one picture: python examples/closed_form_overlay.py docs/images/closed-form-overlay.png

Two auctions that the papers solve with bids in [0, ∞). For each and for several numbers of actions: the certified
lower and upper values of the finite program on quantile grids; the exact guarantee of the closed form's rule, with the
bids of the grid as its actions; the exact potential of the closed form's information, with signals told apart only by
the cells of the grid; and the closed form's guarantee, which every pair must straddle.
"""

import argparse
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import robustmech as rm
from robustmech.continuum import CommonValue, KnownMeans
from robustmech.continuum.discretise import information_on_grids, mechanism_on_grids
from robustmech.model import FloatArray
from robustmech.plots import NumbersOnGrid, closed_form_overlay

Rule = Callable[[FloatArray], FloatArray]
ACTIONS = (4, 6, 8, 12, 16, 24)
VALUES = 11
MEANS = (Fraction(3, 5), Fraction(2, 5))
POINTS = 16


def numbers_on_grids(
    environment: rm.Environment, allocate: Rule, posterior: Rule, actions: Sequence[int]
) -> list[NumbersOnGrid]:
    """All four numbers for each number of actions, on quantile grids."""
    found = []
    for count in actions:
        grids = (rm.Grid.quantile(count),) * environment.agents
        solution = rm.solve(environment, grids)
        if solution.lower is None or solution.upper is None:
            raise SystemExit("both sides were asked for")
        mechanism = mechanism_on_grids(allocate, environment, grids)
        information = information_on_grids(posterior, environment, grids, points=POINTS)
        found.append(
            NumbersOnGrid(
                actions=count,
                lower=solution.lower.value,
                upper=solution.upper.value,
                guarantee=rm.guarantee(mechanism, environment).value,
                potential=rm.potential(information, environment).value,
            )
        )
    return found


def common_value(actions: Sequence[int]) -> tuple[list[NumbersOnGrid], float]:
    """A common value, equally likely to be each of eleven from 0 to 1, and two bidders; and the closed form."""
    values = [Fraction(j, VALUES - 1) for j in range(VALUES)]
    model = CommonValue(values, [Fraction(1, VALUES)] * VALUES, bidders=2)
    environment = rm.auction([(v, v) for v in values], [Fraction(1, VALUES)] * VALUES)

    def posterior(signals: FloatArray) -> FloatArray:
        low, high, chance = model.information.posterior(signals.sum(axis=-1))
        states = np.arange(VALUES)
        place = [np.rint(value * (VALUES - 1))[..., None] == states for value in (low, high)]
        return np.asarray((1 - chance)[..., None] * place[0] + chance[..., None] * place[1])

    return numbers_on_grids(environment, model.auction().allocate, posterior, actions), model.guarantee


def known_means(actions: Sequence[int]) -> tuple[list[NumbersOnGrid], float]:
    """Expected values 0.6 and 0.4, values at most one; and the closed form."""
    model = KnownMeans([float(mean) for mean in MEANS])
    states = rm.product_states([[0, 1]] * 2)
    environment = rm.auction(states, beliefs=rm.Beliefs.means(states, MEANS))
    ends = np.array(states, dtype=np.float64)

    def posterior(signals: FloatArray) -> FloatArray:
        chance = model.information.interim_values(signals)[..., None, :]
        return np.asarray(np.where(ends == 1, chance, 1 - chance).prod(axis=-1))

    return numbers_on_grids(environment, model.auction().allocate, posterior, actions), model.guarantee


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description="Brackets and closed forms in one picture.")
    parser.add_argument("picture", type=Path, help="the PNG file to write")
    picture = parser.parse_args().picture
    figure = Figure(figsize=(11, 5), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    closed_form_overlay(left, *common_value(ACTIONS), title="common value, eleven equally likely values")
    closed_form_overlay(right, *known_means(ACTIONS), title="known means 0.6 and 0.4")
    figure.savefig(picture, metadata={"Software": None})


if __name__ == "__main__":
    main()
