"""The upper number on a grid: the potential of an information structure."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from robustmech.verification.exactness import Whole, scaled
from robustmech.verification.grids.grid import Grid, next_action
from robustmech.verification.limits import check_array, check_steps, longest_scaled, product_weight
from robustmech.verification.problem import Problem


def potential(
    problem: Problem, grid: Grid, columns: Iterable[Whole], scale: int, prior: Sequence[Fraction]
) -> Fraction:
    r"""`Σ_x max { c·V(x) : c in the decision set } − Σ_θ penalty(θ) μ(θ)`.

    With `a_i(j) = S_{i,j}/w_i(j)` and `A_{i,k}(x) = Σ_θ u[i,θ,k] σ(x,θ)`,
    `V_k(x) = Σ_θ w[θ,k] σ(x,θ) + Σ_i [ a_i(x_i) A_{i,k}(x) − a_i(x_i+1) A_{i,k}(x+e_i) ]`.
    Whole numbers throughout: the ratios `a` are multiplied by the least common multiple of all weights.

    Args:
        problem: the environment.
        grid: the signals' grid.
        columns: for each state, `scale · σ(x, θ)` on all profiles.
        scale: a positive whole number.
        prior: its law of the state μ.
    """
    clear, multiple = problem.denominator(), grid.common_multiple
    _check_size(problem, grid, scale, clear, multiple)
    payoffs: dict[int, Whole] = {}
    interim: dict[tuple[int, int], Whole] = {}
    for state, column in enumerate(columns):
        for k, payoff in problem.payoff.get(state, {}).items():
            payoffs[k] = payoffs.get(k, 0) + scaled(payoff, clear) * column
        for pair, utility in problem.utilities.get(state, {}).items():
            interim[pair] = interim.get(pair, 0) + scaled(utility, clear) * column
    values: Whole = np.zeros((*grid.shape, problem.decisions), dtype=object)
    for k, payoff_sum in payoffs.items():
        values[..., k] += multiple * payoff_sum
    for (agent, k), utility_sum in interim.items():
        steep = grid.downward_ratios(agent, multiple) * utility_sum
        values[..., k] += steep - next_action(steep, agent)
    best, unit = problem.decision_set.maximum(values)
    total = Fraction(int(best.sum()), math.prod((unit, clear, multiple, scale)))
    return total - problem.beliefs.expected_penalty(prior)


def _check_size(problem: Problem, grid: Grid, scale: int, clear: int, multiple: int) -> None:
    """Refuse what would take hours, or more memory than there is, by all that enters a product."""
    count = math.prod(grid.shape)
    number = longest_scaled((*problem.utility_numbers(), *problem.payoff_numbers()), clear)
    interim = number + scale.bit_length() + problem.states.bit_length()
    ratio = multiple.bit_length() + grid.total.bit_length()
    arrays = len(problem.payoff_decisions()) + len(problem.utility_pairs())
    check_array(count * arrays, interim, "interim values")
    check_array(count * (problem.decisions + 4), interim + ratio, "the objective")
    products = product_weight(number, scale.bit_length()) * problem.terms() + product_weight(ratio, interim) * arrays
    check_steps(count, products, "the objective")
