r"""Information that varies with the weighted sum of the signals only, for any number of agents.

Signals are independent exponentials and :math:`s = \sum_i \eta_i x_i`. On a cell :math:`[a, b]` the conditional law of
the state is a combination of three control laws with the Bernstein weights of the space spanned by 1, :math:`e^{p t}`
and :math:`e^{r t}`, t = s − a, p < r: with :math:`\phi(t) = r(e^{pt} - 1) - p(e^{rt} - 1)` and
:math:`\psi(t) = r(1 - e^{-pt}) - p(1 - e^{-rt})`,

.. math:: B_0 = \psi(b - a - t) / \psi(b - a), \qquad B_2 = \phi(t) / \phi(b - a), \qquad B_1 = 1 - B_0 - B_2.

φ vanishes twice at 0 and ψ twice at 0, and a function in the span has at most two zeros, so all three are non-negative.
Neighbouring cells share a control law, and beyond the last breakpoint the law is constant. The span is closed under
differentiation, so an agent's utility less its derivative, :math:`u_i - \eta_i u_i'`, has control values too, and the
largest of several such functions is at most the combination of the largest control values. With :math:`p = 1/\eta_1`,
:math:`r = 1/\eta_2` (see `sum_rates`) the information against which two bidders are not served, exponential at each
one's own rate, is in the span exactly.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import prod

import numpy as np

from robustmech.elements.integrals import context, decimal, exponential, simplex_integral
from robustmech.elements.masses import balanced, rounded, whole
from robustmech.elements.operators import Term, information_operator
from robustmech.elements.spacing import Spacing
from robustmech.model import Discretisation, FloatArray, IntArray, RationalArray

CONTROLS = 3
_WIDE = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BernsteinCell:
    """The weights on a cell as combinations of 1, e^{pt} and e^{rt}, and their derivatives' control values.

    Args:
        combinations: shape (3 weights, 3 functions), in decimals.
        derivatives: entry (k, j) is the j-th control value of the derivative of the k-th weight.
    """

    combinations: tuple[tuple[Decimal, Decimal, Decimal], ...]
    derivatives: FloatArray


def bernstein_cell(width: Fraction, slow: Fraction, fast: Fraction) -> BernsteinCell:
    """The weights on a cell of some width, for rates p < r."""
    with localcontext(context()):
        p, r = decimal(slow), decimal(fast)
        up_slow, up_fast = exponential(slow * width), exponential(fast * width)
        late = r * (up_slow - 1) - p * (up_fast - 1)
        early = r * (1 - 1 / up_slow) - p * (1 - 1 / up_fast)
        first = ((r - p) / early, -r / (up_slow * early), p / (up_fast * early))
        last = ((p - r) / late, r / late, -p / late)
        middle = (1 - first[0] - last[0], -first[1] - last[1], -first[2] - last[2])
        combinations = (first, middle, last)
        falling = -(p * first[1] + r * first[2])
        derivatives = np.zeros((CONTROLS, CONTROLS))
        for k, (_, on_slow, on_fast) in enumerate(combinations):
            start = p * on_slow + r * on_fast
            bend = p * p * on_slow + r * r * on_fast
            end = p * on_slow * up_slow + r * on_fast * up_fast
            derivatives[k] = [float(start), float(start + bend / falling), float(end)]
    return BernsteinCell(combinations=combinations, derivatives=derivatives)


def sum_rates(weights: tuple[Fraction, ...]) -> tuple[Fraction, Fraction]:
    """The rates p and r: one over the largest and the smallest weight, or p and 2p where those are close."""
    slow, fast = 1 / max(weights), 1 / min(weights)
    return (slow, fast) if fast > slow * Fraction(5, 4) else (slow, 2 * slow)


def on_sums(spacing: Spacing, weights: tuple[Fraction, ...]) -> Discretisation:
    """The upper program on information in the sum.

    Nodes are the controls of each cell in turn, and the tail; rows are the control laws, neighbours sharing one.

    Args:
        spacing: breakpoints of the sum.
        weights: η.
    """
    slow, fast = sum_rates(weights)
    cells = {width: bernstein_cell(width, slow, fast) for width in set(spacing.widths)}
    node_weights = control_masses(spacing, weights)
    size = node_weights.size
    law = np.arange(size) - (np.arange(size) // CONTROLS)
    totals = np.zeros(law[-1] + 1, dtype=object)
    np.add.at(totals, law, node_weights)
    totals = balanced(totals)
    mass, own = rounded(totals), rounded(node_weights)
    node = np.arange(size - 1)
    first = CONTROLS * (node // CONTROLS)
    slopes = np.stack([cells[width].derivatives for width in spacing.widths])[node // CONTROLS, :, node % CONTROLS]

    value = [Term(np.arange(size), law, 1.0)]
    slope = [Term(node, law[first + control], slopes[:, control]) for control in range(CONTROLS)]
    local = [
        information_operator(
            [*value, *(term._replace(coefficient=-float(eta) * term.coefficient) for term in slope)], own, mass
        )
        for eta in weights
    ]
    everywhere = (np.arange(mass.size), np.arange(size))
    return Discretisation(
        evaluation=information_operator(value, own, mass),
        local=tuple(local),
        mass=mass,
        mass_weights=totals,
        mass_doubt=4 * size,
        lowest=(),
        row_shape=(mass.size,),
        node_shape=(size,),
        exchanged={
            (i, j): everywhere
            for i in range(len(weights))
            for j in range(i + 1, len(weights))
            if weights[i] == weights[j]
        },
    )


def control_masses(spacing: Spacing, weights: tuple[Fraction, ...]) -> RationalArray:
    r"""The masses of the Bernstein weights under the law of the sum, cell by cell, and of the tail.

    The integral of :math:`e^{\rho s}` over :math:`s \le b` is that of an exponential over a simplex,
    :math:`b^N / \prod_i \eta_i \cdot \exp[0, (\rho - 1/\eta_1) b, …, (\rho - 1/\eta_N) b]`.
    """
    rates = (Fraction(0), *sum_rates(weights))
    with localcontext(context()):
        volume = decimal(prod(weights, start=Fraction(1)))

        def below(rate: Fraction, bound: Fraction) -> Decimal:
            values = (Fraction(0), *((rate - 1 / weight) * bound for weight in weights))
            return decimal(bound) ** len(weights) / volume * simplex_integral(values)

        sums = {rate: [below(rate, point) for point in spacing.breakpoints] for rate in rates}
        found: list[Decimal] = []
        for cell, (start, width) in enumerate(zip(spacing.breakpoints, spacing.widths, strict=False)):
            shape = bernstein_cell(width, rates[1], rates[2])
            parts = [exponential(-rate * start) * (sums[rate][cell + 1] - sums[rate][cell]) for rate in rates]
            found += [
                sum((on * part for on, part in zip(combination, parts, strict=True)), Decimal(0))
                for combination in shape.combinations
            ]
        found.append(1 - sums[rates[0]][-1])
    return whole(found)


def control_shares(spacing: Spacing, weights: tuple[Fraction, ...], cell: IntArray, share: FloatArray) -> FloatArray:
    """The three weights at a share of each cell, shape (places, 3)."""
    slow, fast = (float(rate) for rate in sum_rates(weights))
    width = np.diff(spacing.positions)[cell]

    def falling(t: FloatArray) -> FloatArray:
        found: FloatArray = slow * np.expm1(-fast * t) - fast * np.expm1(-slow * t)
        return found

    def rising(t: FloatArray) -> FloatArray:
        """In units of e^{rh} on wide cells, where that is beyond doubles and differences from one do not matter."""
        wide = fast * width > _WIDE
        scale, near = np.where(wide, fast * width, 0.0), np.where(wide, 0.0, t)
        close: FloatArray = fast * np.expm1(slow * near) - slow * np.expm1(fast * near)
        far: FloatArray = fast * (np.exp(slow * t - scale) - np.exp(-scale)) - slow * (
            np.exp(np.minimum(fast * t - scale, 0.0)) - np.exp(-scale)
        )
        return np.where(wide, far, close)

    last = rising(share * width) / rising(width)
    first = falling((1 - share) * width) / falling(width)
    return np.stack([first, np.clip(1 - first - last, 0.0, None), last], axis=1)
