"""What must hold of any auction or environment, on small problems drawn at random."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustmech import Environment, Grid, Solution, auction, product_states, solve
from robustmech.model import Beliefs, simplex

FEW = settings(max_examples=12, deadline=None, derandomize=True)

values = st.fractions(min_value=0, max_value=2, max_denominator=6)
weights = st.integers(min_value=1, max_value=5)
grids = st.lists(weights, min_size=2, max_size=4).map(Grid.from_weights)


@st.composite
def auctions(draw: st.DrawFn) -> tuple[list[tuple[Fraction, Fraction]], list[Fraction], Fraction]:
    """Distinct states, a prior, and a cost."""
    states = draw(st.lists(st.tuples(values, values), min_size=1, max_size=4, unique=True))
    parts = draw(st.lists(weights, min_size=len(states), max_size=len(states)))
    cost = draw(st.sampled_from([Fraction(0), Fraction(1, 4)]))
    return states, [Fraction(part, sum(parts)) for part in parts], cost


Auction = tuple[list[tuple[Fraction, Fraction]], list[Fraction], Fraction]


def bracket(solution: Solution) -> tuple[float, float]:
    assert solution.lower is not None
    assert solution.upper is not None
    return solution.lower.value, solution.upper.value


def sold(drawn: Auction, own: tuple[Grid, Grid], *, entry_payments: bool = True, **terms: Any) -> tuple[float, float]:
    states, law, cost = drawn
    return bracket(solve(auction(states, law, cost=cost, **terms), own, entry_payments=entry_payments))


def same(found: tuple[float, float], other: tuple[float, float], scale: float = 1.0) -> None:
    assert found == pytest.approx(other, abs=3e-6 * scale)


@FEW
@given(auctions(), st.tuples(grids, grids))
def test_weak_duality(drawn: Auction, own: tuple[Grid, Grid]) -> None:
    lower, upper = sold(drawn, own)
    assert lower <= upper + 1e-12
    assert lower >= -1e-6
    states, law, cost = drawn
    efficient = sum(p * max(max(state) - cost, Fraction(0)) for state, p in zip(states, law, strict=True))
    assert lower <= float(efficient) + 1e-12


@FEW
@given(auctions(), st.tuples(grids, grids))
def test_permuting_bidders_changes_nothing(drawn: Auction, own: tuple[Grid, Grid]) -> None:
    states, law, cost = drawn
    swapped = [(second, first) for first, second in states]
    caps = ("1/2", "9/10")
    same(
        sold(drawn, own, caps=caps),
        sold((swapped, law, cost), (own[1], own[0]), caps=caps[::-1]),
    )


@FEW
@given(auctions(), st.tuples(grids, grids), st.permutations(range(4)))
def test_permuting_states_changes_nothing(drawn: Auction, own: tuple[Grid, Grid], order: list[int]) -> None:
    states, law, cost = drawn
    kept = [j for j in order if j < len(states)]
    same(sold(drawn, own), sold(([states[j] for j in kept], [law[j] for j in kept], cost), own))


@FEW
@given(auctions(), st.tuples(grids, grids), st.sampled_from([Fraction(1, 1000), Fraction(7), Fraction(10**6)]))
def test_numbers_scale_with_values_and_cost(drawn: Auction, own: tuple[Grid, Grid], factor: Fraction) -> None:
    states, law, cost = drawn
    scaled = [(factor * first, factor * second) for first, second in states]
    lower, upper = sold(drawn, own)
    size = float(factor)
    same(sold((scaled, law, factor * cost), own), (size * lower, size * upper), size)


@FEW
@given(auctions(), st.tuples(grids, grids), st.tuples(values, values))
def test_a_state_without_mass_changes_nothing(
    drawn: Auction, own: tuple[Grid, Grid], added: tuple[Fraction, Fraction]
) -> None:
    """But for payments at action 0, which is to be secure in every state that is listed."""
    states, law, cost = drawn
    if added in states:
        added = (Fraction(3), Fraction(3))
    more = ([added, *states], [Fraction(0), *law], cost)
    same(sold(drawn, own, entry_payments=False), sold(more, own, entry_payments=False))


@FEW
@given(auctions(), st.tuples(grids, grids), st.data())
def test_splitting_a_state_changes_nothing(drawn: Auction, own: tuple[Grid, Grid], data: st.DataObject) -> None:
    states, law, cost = drawn
    split = data.draw(st.integers(min_value=0, max_value=len(states) - 1))
    sold_whole = auction(states, law, cost=cost)
    repeated = [*range(len(states)), split]
    shares = [p * Fraction(2, 3) if j == split else p for j, p in enumerate(law)]
    twice = Environment(
        utilities=sold_whole.utilities[:, repeated],
        payoff=sold_whole.payoff[repeated],
        decision_set=sold_whole.decision_set,
        beliefs=Beliefs.known([*shares, law[split] / 3]),
        transfers=True,
    )
    same(bracket(solve(sold_whole, own)), bracket(solve(twice, own)))


@FEW
@given(auctions(), st.tuples(grids, grids))
def test_having_to_sell_only_costs_the_seller(drawn: Auction, own: tuple[Grid, Grid]) -> None:
    free, bound = sold(drawn, own), sold(drawn, own, must_sell=True)
    assert bound[0] <= free[0] + 1e-6
    assert bound[1] <= free[1] + 1e-6


@FEW
@given(auctions(), st.tuples(grids, grids), st.sampled_from(["1/4", "1/2", "9/10"]))
def test_caps_only_cost_the_seller(drawn: Auction, own: tuple[Grid, Grid], cap: str) -> None:
    free, capped = sold(drawn, own), sold(drawn, own, caps=cap)
    assert capped[0] <= free[0] + 1e-6
    assert capped[1] <= free[1] + 1e-6


@FEW
@given(auctions(), st.tuples(grids, grids), st.fractions(min_value=0, max_value=1, max_denominator=8))
def test_a_higher_cost_costs_the_seller_at_most_the_difference(
    drawn: Auction, own: tuple[Grid, Grid], more: Fraction
) -> None:
    states, law, cost = drawn
    cheap, dear = sold(drawn, own), sold((states, law, cost + more), own)
    for low, high in zip(dear, cheap, strict=True):
        assert low <= high + 1e-6
        assert high <= low + float(more) + 1e-6


@FEW
@given(st.tuples(grids, grids), st.fractions(min_value=0, max_value=Fraction(1, 2), max_denominator=9))
def test_knowing_less_never_helps(own: tuple[Grid, Grid], tilt: Fraction) -> None:
    """Known prior, known marginals, known means: ever larger sets of priors, ever smaller numbers."""
    states = product_states([[0, 1]] * 2)
    each = Fraction(1, 4)
    prior = [each + tilt / 2, each - tilt / 2, each - tilt / 2, each + tilt / 2]
    half = {0: Fraction(1, 2), 1: Fraction(1, 2)}
    found = [
        bracket(solve(auction(states, beliefs=beliefs), own))
        for beliefs in (
            Beliefs.known(prior),
            Beliefs.marginals(states, [half] * 2),
            Beliefs.means(states, [("1/3", "2/3")] * 2),
        )
    ]
    for small, large in itertools.pairwise(found):
        assert large[0] <= small[0] + 1e-6
        assert large[1] <= small[1] + 1e-6


@FEW
@given(
    st.lists(st.integers(min_value=-4, max_value=4), min_size=12, max_size=12),
    st.integers(min_value=-4, max_value=4),
    st.tuples(grids, grids),
)
def test_a_constant_payoff_shifts_both_numbers(entries: list[int], shift: int, own: tuple[Grid, Grid]) -> None:
    """Two agents, two states, three decisions that add up to one; nobody is ever hurt."""
    utilities = np.abs(np.array(entries)).reshape(2, 2, 3)
    payoff = np.array(entries[:6]).reshape(2, 3)

    def numbers(added: int) -> tuple[float, float]:
        environment = Environment(
            utilities=utilities,
            payoff=payoff + added,
            decision_set=simplex(3),
            beliefs=Beliefs.known(["1/3", "2/3"]),
            transfers=False,
        )
        return bracket(solve(environment, own))

    lower, upper = numbers(0)
    same(numbers(shift), (lower + shift, upper + shift), 10.0)
