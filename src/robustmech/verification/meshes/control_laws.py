"""The information structure behind an upper number on a mesh: control laws, and what they must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from robustmech.verification.arrays import Expected, read_arrays
from robustmech.verification.checks import Flaw, described
from robustmech.verification.enclosure import Enclosure, exactly
from robustmech.verification.exactness import Whole, common_denominator, first_place, scaled, whole_array
from robustmech.verification.integrity import Folder
from robustmech.verification.limits import check_array, check_steps, longest_scaled, product_weight
from robustmech.verification.meshes.nodes import Block, Nodes, Signals, combined
from robustmech.verification.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlLaws:
    r"""The conditional laws `L_l(θ)` of the state at the controls of a mesh, with masses `M_l`.

    With `l(θ) = law(l, θ) / denominator` and ε the mixture: with transfers
    `L_l(θ) = (1−ε) (l(θ) − m(θ)) + μ(θ)`, where `m = Σ_l M_l l`; without, `L_l(θ) = (1−ε) l(θ)/M_l + ε ν(θ)`.

    Args:
        law: whole numbers (laws, states).
        denominator: a positive whole number.
        nodes: where the potential is evaluated.
        masses: `M_l`.
        mixture: ε.
        correction: ν, `None` with transfers.
        state_law: μ.
    """

    law: npt.NDArray[np.int64]
    denominator: int
    nodes: Nodes
    masses: Enclosure
    mixture: Fraction
    correction: tuple[Fraction, ...] | None
    state_law: tuple[Fraction, ...]

    def check_law(self) -> str:
        """`law ≥ 0`; its rows sum to the denominator with transfers, and all of it does without."""
        if np.any(self.law < 0):
            raise Flaw(f"the law is negative at (law, state) {first_place(self.law < 0)}")
        sums = whole_array(self.law).sum(axis=1)
        if self.correction is None and np.any(sums != self.denominator):
            (place,) = first_place(sums != self.denominator)
            raise Flaw(f"law {place} sums to {sums[place]}, not to {self.denominator}")
        if self.correction is not None and sums.sum() != self.denominator:
            raise Flaw(f"the law sums to {sums.sum()}, not to {self.denominator}")
        return "at least zero, with the sums that it must have"

    def prior(self) -> tuple[Fraction, ...]:
        """The law of the state `μ`, if it is what the laws allow or imply.

        With transfers `μ(θ) − (1−ε) m(θ) ≥ 0`, for all that m may be: then every `L_l(θ) ≥ 0`, and their mean is
        μ. Without, `μ(θ) = (1−ε) Σ_l l(θ) + ε ν(θ)` exactly.
        """
        share = 1 - self.mixture
        for state, mass in enumerate(self.state_law):
            column = whole_array(self.law[:, state])
            if self.correction is None:
                most = Fraction(int((column * self.masses.high).sum()), self.denominator * self.masses.unit)
                if mass < share * most:
                    excess = described(share * most - mass)
                    raise Flaw(f"the mixture leaves too little of state {state}: short by {excess}")
            elif mass != share * Fraction(int(column.sum()), self.denominator) + self.mixture * self.correction[state]:
                raise Flaw(f"the stated law of the state is not that of the control laws at state {state}")
        return self.state_law

    def potential(self, problem: Problem, prior: tuple[Fraction, ...]) -> Fraction:
        r"""The high end of `Σ mass · max { c·V : c in the decision set } − Σ_θ penalty(θ) μ(θ)`.

        `V_k` is a sum, over terms at the node, of coefficients times `A(l) = Σ_θ u[i,θ,k] L_l(θ)` or
        `Σ_θ w[θ,k] L_l(θ)`. As decisions are at least zero, the largest V gives the largest maximum.
        """
        clear = problem.denominator()
        other = self.state_law if self.correction is None else self.correction
        multiple = common_denominator(other)
        share = self.mixture.denominator - self.mixture.numerator
        self._check_size(problem, clear, share * multiple)
        constant = self.mixture.denominator if self.correction is None else self.mixture.numerator

        def quantity(weights: Mapping[int, int]) -> Enclosure:
            """`A`, times `clear · denominator · ε's denominator · multiple`."""
            fixed = sum(weight * scaled(other[state], multiple) for state, weight in weights.items())
            fixed *= constant * self.denominator
            unit = self.masses.unit
            return self._varying(weights).times(share * multiple) + exactly([fixed * unit], unit)

        payoffs = {k: quantity(weights) for k, weights in _payoff_weights(problem, clear).items()}
        interim = {pair: quantity(weights) for pair, weights in _utility_weights(problem, clear).items()}
        blocks = [_expected_maximum(problem, block, payoffs, interim) for block in self.nodes.blocks]
        scale = clear * multiple * self.denominator * self.mixture.denominator
        return sum(blocks, Fraction(0)) / scale - problem.beliefs.expected_penalty(prior)

    def _check_size(self, problem: Problem, clear: int, raised: int) -> None:
        """Refuse what would take hours, or more memory than there is, by all that enters a product."""
        number = longest_scaled((*problem.utility_numbers(), *problem.payoff_numbers()), clear)
        bits = number + 64 + 3 * self.masses.unit.bit_length() + raised.bit_length()
        pairs, payoffs = problem.utility_pairs(), len(problem.payoff_decisions())
        check_array(2 * len(self.law) * (payoffs + len(pairs)), bits, "interim values")
        check_steps(len(self.law), problem.terms() * product_weight(number, 64), "interim values")
        for block in self.nodes.blocks:
            count, digits = len(block.mass.low), block.mass.unit.bit_length()
            check_array(count * (problem.decisions + 8), bits + 2 * digits, "the objective")
            products = payoffs * (1 + len(block.value_terms)) + sum(len(block.virtual[agent]) for agent, _ in pairs)
            check_steps(count, products * product_weight(bits, 2 * digits), "the objective")

    def _varying(self, weights: Mapping[int, int]) -> Enclosure:
        """`denominator · Σ_θ weight(θ) (l(θ) − m(θ))` with transfers, and with `l(θ)/M_l` in its place without."""
        unit = self.masses.unit
        sums: Whole = np.zeros(len(self.law), dtype=object)
        for state, weight in weights.items():
            sums = sums + weight * whole_array(self.law[:, state])
        own = exactly(sums * unit, unit)
        return own - (self.masses * own).total() if self.correction is None else own / self.masses


def _payoff_weights(problem: Problem, clear: int) -> dict[int, dict[int, int]]:
    """For each decision the payoffs by state, times `clear`."""
    weights: dict[int, dict[int, int]] = {}
    for state, entries in problem.payoff.items():
        for k, value in entries.items():
            weights.setdefault(k, {})[state] = scaled(value, clear)
    return weights


def _utility_weights(problem: Problem, clear: int) -> dict[tuple[int, int], dict[int, int]]:
    """For each agent and decision the utilities by state, times `clear`."""
    weights: dict[tuple[int, int], dict[int, int]] = {}
    for state, entries in problem.utilities.items():
        for pair, value in entries.items():
            weights.setdefault(pair, {})[state] = scaled(value, clear)
    return weights


def _expected_maximum(
    problem: Problem, block: Block, payoffs: Mapping[int, Enclosure], interim: Mapping[tuple[int, int], Enclosure]
) -> Fraction:
    """The high end of `Σ mass · max { c·V : c in the decision set }` over some nodes."""
    length, unit = len(block.mass.low), block.mass.unit
    values: Whole = np.zeros((length, problem.decisions), dtype=object)
    if block.value is not None:
        for k, quantity in payoffs.items():
            values[:, k] += quantity.high[block.value]
    if block.value_terms:
        for k, quantity in payoffs.items():
            values[:, k] += combined(block.value_terms, quantity, length).high
    for (agent, k), quantity in interim.items():
        if block.virtual[agent]:
            values[:, k] += combined(block.virtual[agent], quantity, length).high
    best, caps_unit = problem.decision_set.maximum(values)
    total = (np.where(best >= 0, block.mass.high, block.mass.low) * best).sum()
    return Fraction(int(total), caps_unit * unit * unit)


def read_control_laws(
    files: Folder,
    name: str,
    problem: Problem,
    signals: Signals,
    *,
    mixture: Fraction,
    correction: tuple[Fraction, ...] | None,
    state_law: tuple[Fraction, ...],
) -> ControlLaws:
    """Read `information.npz` and enclose the mesh's masses."""
    expected = {
        "law": Expected(kind="<i8", shape=(signals.laws, problem.states)),
        "denominator": Expected(kind="<i8", shape=()),
    }
    arrays = read_arrays(files, name, expected)
    denominator = int(arrays["denominator"])
    if denominator <= 0:
        raise Flaw(f"{name}: the denominator is {denominator}, not positive")
    check_steps(signals.laws, problem.terms(), f"{name}: the objective")
    nodes = signals.nodes()
    return ControlLaws(
        law=arrays["law"],
        denominator=denominator,
        nodes=nodes,
        masses=nodes.law_masses(),
        mixture=mixture,
        correction=correction,
        state_law=state_law,
    )
