"""Evaluating both virtual objectives in floating point, rounded outward.

Every entry is a short sum of products. With unit roundoff u, a sum of n products of factors that each carry a
relative error of a few u is within
``(n + 8) u`` of the truth, relative to the sum of the products' absolute values; both are computed side by side.
"""

import math
from fractions import Fraction

import numpy as np

from robustmech.model import (
    MECHANISM_DENOMINATOR,
    Discretisation,
    Environment,
    ExactLaw,
    FloatArray,
    InformationStructure,
    IntArray,
    RationalArray,
    floats,
)

_UNIT_ROUNDOFF = 2.0**-53
_FACTOR_ERRORS = 16
"""Roundings inside one product's factors, beside two for each agent's law: values, multipliers, masses, mixtures."""


def strategic_virtual_objective(
    environment: Environment, discretisation: Discretisation, decision_counts: IntArray
) -> tuple[FloatArray, FloatArray]:
    r"""The designer's payoff plus every agent's gain from a local upward deviation, and a bound on its rounding error.

    .. math:: \Phi(x, \theta) = \sum_k \Big[ w_{\theta k} c_k(x) + \sum_i u_{i\theta k} (\nabla^+_i c_k)(x) \Big]

    Args:
        decision_counts: shape (nodes, decisions), in units of 2^−40.
    Returns:
        Two arrays of shape (rows, states).
    Source: Brooks & Du (2023), equation (4).
    """
    decisions = decision_counts / MECHANISM_DENOMINATOR
    total = (discretisation.evaluation @ decisions) @ environment.payoff_rounded.T
    size = (abs(discretisation.evaluation) @ decisions) @ np.abs(environment.payoff_rounded).T
    for i, local in enumerate(discretisation.local):
        total += (local @ decisions) @ environment.utilities_rounded[i].T
        size += (abs(local) @ decisions) @ np.abs(environment.utilities_rounded[i]).T
    return total, size * _relative_error(environment, discretisation)


def strategic_value(
    environment: Environment,
    discretisation: Discretisation,
    decision_counts: IntArray,
    multipliers: RationalArray,
) -> tuple[float, FloatArray]:
    r"""The certified lower number of a feasible mechanism with belief multipliers y, rounded down.

    With :math:`\lambda = B^\top y + \lambda_0` and :math:`\Xi(x) = \min_\theta [\Phi(x, \theta) - \lambda(\theta)]`
    it is
    :math:`b \cdot y + \sum_x \rho(x) \Xi(x)`, or :math:`b \cdot y + \min_x \Xi(x)` without transfers.

    Returns:
        The number, and Ξ, shape (rows,).
    Source: Brooks & Du (2023), Theorem 1, program (27); valid for any y and any feasible mechanism.
    """
    objective, error = strategic_virtual_objective(environment, discretisation, decision_counts)
    state_multipliers = floats(state_multipliers_of(environment, multipliers))
    slack = objective - state_multipliers
    growth = slack.min(axis=1)
    error += 3 * _UNIT_ROUNDOFF * (np.abs(objective) + np.abs(state_multipliers))
    growth_below = (slack - error).min(axis=1)
    if environment.transfers:
        average, doubt = _average(discretisation, growth_below)
        lowest = Fraction(average) - Fraction(doubt)
    else:
        lowest = Fraction(float(growth_below.min()))
    return round_down(lowest + multiplier_value(environment, multipliers)), growth


def state_multipliers_of(environment: Environment, multipliers: RationalArray) -> RationalArray:
    """λ = Bᵀy + λ₀, exactly, shape (states,)."""
    found = environment.beliefs.transpose_multiply(multipliers)
    penalties = environment.beliefs.penalties
    return found if penalties is None else found + penalties


def exact_multipliers(environment: Environment, proposed: FloatArray) -> RationalArray:
    """Proposed belief multipliers as exact numbers, zero where they point to a side without a limit."""
    beliefs = environment.beliefs
    exact = np.full(beliefs.rows, Fraction(0), dtype=object)
    for r, y in enumerate(np.nan_to_num(proposed).tolist()):
        if y and (beliefs.lower[r] if y > 0 else beliefs.upper[r]) is not None:
            exact[r] = Fraction(y)
    return exact


def multiplier_value(environment: Environment, multipliers: RationalArray) -> Fraction:
    """The least of b · y over the belief limits, exactly.

    Raises:
        ValueError: if a multiplier points to a side without a limit.
    """
    total = Fraction(0)
    for y, low, high in zip(multipliers, environment.beliefs.lower, environment.beliefs.upper, strict=True):
        limit = low if y > 0 else high
        if y and limit is None:
            raise ValueError("a belief multiplier points to a side without a limit")
        total += y * (limit or 0)
    return total


def informational_value(
    environment: Environment, discretisation: Discretisation, law: ExactLaw | InformationStructure
) -> float:
    r"""The certified upper number of an information structure, rounded up.

    .. math:: \sum_x \max_{c \in C} c \cdot V(x) - \lambda_0 \cdot \mu, \quad
        V_k = E^\top \sigma w_k + \sum_i \nabla_i^\top (\sigma u_{ik})

    Source: Brooks & Du (2023), equation (8) with the minus sign, and Theorem 1.
    """
    joint = law.joint.reshape(discretisation.rows, environment.states)
    objective = discretisation.evaluation.T @ (joint @ environment.payoff_rounded)
    size = abs(discretisation.evaluation).T @ (joint @ np.abs(environment.payoff_rounded))
    for i, local in enumerate(discretisation.local):
        objective += local.T @ (joint @ environment.utilities_rounded[i])
        size += abs(local).T @ (joint @ np.abs(environment.utilities_rounded[i]))
    chosen = environment.decision_set
    best = chosen.largest(objective)
    doubt = (size * _relative_error(environment, discretisation)).sum(axis=1)
    doubt += (chosen.decisions + 4) * _UNIT_ROUNDOFF * np.abs(objective).sum(axis=1)
    total = Fraction(math.fsum(best)) + Fraction(math.fsum(doubt)) * (1 + Fraction(1, 2**40))
    total += Fraction(abs(math.fsum(best))) / 2**52
    total += _correction_doubt(environment, discretisation)
    penalties = environment.beliefs.penalties
    if penalties is not None:
        total -= Fraction((penalties * law.state_law).sum())
    return round_up(total)


def _correction_doubt(environment: Environment, discretisation: Discretisation) -> Fraction:
    """What the doubt about the mixed-in law can add, where masses are enclosed rather than exact.

    Each of its entries is in doubt by at most the masses' doubts together, whatever its weight in the mixture.
    """
    if not discretisation.mass_doubt:
        return Fraction(0)
    doubt = Fraction(discretisation.rows * discretisation.mass_doubt, int(discretisation.mass_weights.sum()))
    reach = sum(
        math.fsum(abs(operator).T @ discretisation.mass)
        for operator in (discretisation.evaluation, *discretisation.local)
    )
    largest = Fraction(max(environment.scale, float(np.abs(environment.payoff_rounded).max())))
    return 2 * doubt * environment.states * environment.decisions * largest * Fraction(reach)


def _relative_error(environment: Environment, discretisation: Discretisation) -> float:
    """The relative rounding error of one entry of a virtual objective against the sum of its terms' sizes."""
    longest = max(
        int(np.diff(operator.indptr).max(initial=0)) + int(np.bincount(operator.indices, minlength=1).max(initial=0))
        for operator in (discretisation.evaluation, *discretisation.local)
    )
    terms = longest + environment.decisions + environment.states + 2 * environment.agents
    return (terms + _FACTOR_ERRORS) * _UNIT_ROUNDOFF * (1 + 1e-6)


def _average(discretisation: Discretisation, function: FloatArray) -> tuple[float, float]:
    """The mass-weighted sum, and a bound on its rounding error."""
    products = discretisation.mass * function
    size = math.fsum(np.abs(products))
    return math.fsum(products), size * (discretisation.agents + 4) * _UNIT_ROUNDOFF * (1 + 1e-6)


def round_down(exact: Fraction) -> float:
    """The largest double that is at most the exact number."""
    number = float(exact)
    return number if Fraction(number) <= exact else math.nextafter(number, -math.inf)


def round_up(exact: Fraction) -> float:
    """The smallest double that is at least the exact number."""
    number = float(exact)
    return number if Fraction(number) >= exact else math.nextafter(number, math.inf)
