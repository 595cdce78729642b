"""The certified gap on grids of several kinds with the same number of actions: the figures of docs/theory.md."""

from fractions import Fraction

import numpy as np

import robustmech as rm

ACTIONS = 16


def main() -> None:
    """Print one line per grid: eleven equally likely common values, two bidders."""
    values = [Fraction(j, 10) for j in range(11)]
    environment = rm.auction([(v, v) for v in values], [Fraction(1, 11)] * 11)
    tails = np.linspace(1.0, 0.0, ACTIONS + 1)
    grids = [rm.Grid.quantile(ACTIONS), *(rm.Grid.exponential(ACTIONS, top) for top in (2, 3, 4))]
    powers = {power: rm.Grid.from_weights(-np.diff(tails**power)) for power in (0.7, 0.85, 1.2, 1.5, 2.0)}
    for name, grid in [*((g.name, g) for g in grids), *((f"tails to the power {p}", g) for p, g in powers.items())]:
        solution = rm.solve(environment, grid)
        print(f"{name:28} gap {solution.gap:.5f}")


if __name__ == "__main__":
    main()
