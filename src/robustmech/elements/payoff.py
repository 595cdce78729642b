"""Ξ within elements, where the designer's payoff varies in them.

A row that stands for a whole element bounds Ξ with the mean of the designer's payoff there. The inequality at a point
asks for the payoff at the point, so that Ξ takes the payoff's distance from its mean as well; its mean stays as it is.
"""

import scipy.sparse as sp

from robustmech.model import Environment, FloatArray, IntArray


def growth_at_corners(
    environment: Environment, evaluation: sp.csr_array, corners: IntArray, decisions: FloatArray, growth: FloatArray
) -> FloatArray:
    """Ξ at the corners of elements, for a payoff that does not depend on the state.

    Args:
        evaluation: from nodes to the mean in each element.
        corners: the nodes at the corners of each element, shape (elements, corners).
        decisions: at the nodes, shape (nodes, decisions).
        growth: Ξ at the elements' rows, shape (elements,), or parts of it that share the payoff equally, (…, elements).
    Returns:
        Shape (…, elements, corners); the growth as it is where the designer's payoff is nothing.
    """
    if not environment.payoff_rounded.any():
        return growth
    payoff = decisions @ environment.payoff_rounded[0]
    shares = growth.size // growth.shape[-1]
    found: FloatArray = growth[..., None] + (payoff[corners] - (evaluation @ payoff)[:, None]) / shares
    return found
