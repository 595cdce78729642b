"""Beliefs: what each constructor lets through, by direct evaluation, and what it refuses."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from definitions.cases import CORNERS, NINE
from definitions.exact_numbers import in_beliefs
from definitions.problem import plain
from robustmech import Beliefs, InputError, ShapeError, auction
from robustmech.model import rationals

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
UNIFORM = {0: THIRD, HALF: THIRD, 1: THIRD}
SWAP = [[1, 0], [0, 1], [1, 1], [0, 0]]


def admits(beliefs: Beliefs, prior: list[Any]) -> bool:
    distinct = auction([[j] for j in range(beliefs.states)], beliefs=beliefs)
    return in_beliefs(plain(distinct), rationals(prior).tolist())


def test_known_prior_admits_itself_only() -> None:
    beliefs = Beliefs.known(["1/2", "1/3", "1/6"])
    assert admits(beliefs, ["1/2", "1/3", "1/6"])
    assert not admits(beliefs, ["1/2", "1/6", "1/3"])
    assert beliefs.equality.all()
    assert beliefs.matrix.toarray().tolist() == np.eye(3).tolist()


@pytest.mark.parametrize(
    ("prior", "exact"),
    [
        (["1/3"] * 3, [THIRD] * 3),
        ([Fraction(1, 3)] * 3, [THIRD] * 3),
        ([1], [Fraction(1)]),
        ([0, 1, 0], [Fraction(0), Fraction(1), Fraction(0)]),
        ([0.1] * 10, [Fraction(1, 10)] * 10),
        ([1 / 3] * 3, [THIRD] * 3),
        ([0.25, 0.75], [Fraction(1, 4), Fraction(3, 4)]),
        (["0.2", "0.3", "0.5"], [Fraction(1, 5), Fraction(3, 10), HALF]),
        (np.full(7, 1 / 7), [Fraction(1, 7)] * 7),
    ],
)
def test_prior_sums_to_one_exactly(prior: Any, exact: list[Fraction]) -> None:
    """Floats within 1e-9 of it are scaled; equal ones stay equal."""
    found = Beliefs.known(prior).lower
    assert sum(p for p in found if p is not None) == 1
    assert list(found) == exact


@pytest.mark.parametrize(
    ("prior", "error", "message"),
    [
        (["0.333", "0.333", "0.333"], InputError, "prior sums to 999/1000: probabilities must sum to one"),
        ([Fraction(1, 3), Fraction(1, 3)], InputError, "prior sums to 2/3"),
        ([1, 1], InputError, "prior sums to 2"),
        ([0.3, 0.3], InputError, "prior sums to 0.6"),
        ([0.5, 0.5 + 1e-8], InputError, "prior sums to 1.0000000"),
        ([-0.5, 1.5], InputError, r"prior\[0\] is negative"),
        (["3/2", "-1/2"], InputError, r"prior\[1\] is negative"),
        ([float("nan"), 1], InputError, r"prior\[0\] is nan"),
        ([], ShapeError, r"prior has shape \(0,\)"),
        ([[0.5, 0.5]], ShapeError, r"prior has shape \(1, 2\)"),
        ("1", ShapeError, r"prior has shape \(\)"),
    ],
)
def test_priors_that_are_none(prior: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as refused:
        Beliefs.known(prior)
    assert "\n" not in str(refused.value)


def test_marginals_fix_each_agents_law() -> None:
    beliefs = Beliefs.marginals(NINE, [UNIFORM, {1: HALF, 0: HALF, HALF: 0}])
    independent = [THIRD / 2, 0, THIRD / 2] * 3
    assert admits(beliefs, independent)
    assert admits(beliefs, [THIRD, 0, 0, THIRD / 2, 0, THIRD / 2, 0, 0, THIRD])
    assert not admits(beliefs, [THIRD, 0, 0, 0, THIRD, 0, 0, 0, THIRD])
    assert not admits(beliefs, [Fraction(1, 9)] * 9)
    assert beliefs.rows == 6


def test_partition_fixes_events() -> None:
    beliefs = Beliefs.partition([0, 1, 0], ["1/4", "3/4"])
    assert admits(beliefs, ["1/4", "3/4", 0])
    assert admits(beliefs, ["1/8", "3/4", "1/8"])
    assert not admits(beliefs, ["3/4", "1/4", 0])


def test_means_fix_expected_values() -> None:
    beliefs = Beliefs.means(CORNERS, ["0.6", ("1/4", "1/2")])
    assert admits(beliefs, ["0.4", 0, "0.1", "0.5"])
    assert admits(beliefs, ["0.2", "0.2", "0.55", "0.05"])
    assert not admits(beliefs, ["0.4", 0, 0, "0.6"])
    assert not admits(beliefs, ["0.5", 0, 0, "0.5"])
    listed = Beliefs.means(CORNERS, ["0.6", ["1/4", "1/2"]])
    assert (listed.lower, listed.upper) == (beliefs.lower, beliefs.upper)


def test_moments_may_be_one_sided() -> None:
    beliefs = Beliefs.moments([[1, 0, 2], [0, 1, 0]], [None, "1/4"], ["1/2", None])
    assert admits(beliefs, ["1/2", "1/2", 0])
    assert admits(beliefs, [0, "3/4", "1/4"])
    assert not admits(beliefs, ["3/4", "1/4", 0])
    assert not admits(beliefs, ["1/4", 0, "3/4"])
    assert Beliefs.moments([[1, 0]], ["1/3"]).upper == (THIRD,)


def test_empirical_law_is_of_lists_whoever_has_which() -> None:
    beliefs = Beliefs.empirical(SWAP, {(0, 1): "1/2", (1, 1): "1/4", (0, 0): "1/4"})
    assert admits(beliefs, ["1/2", 0, "1/4", "1/4"])
    assert admits(beliefs, ["1/8", "3/8", "1/4", "1/4"])
    assert not admits(beliefs, ["1/4", "1/4", "1/2", 0])


def test_penalty_admits_everything_at_a_price() -> None:
    beliefs = Beliefs.penalty([0, "1/2", 2])
    assert admits(beliefs, [0, 0, 1])
    assert beliefs.rows == 0
    assert beliefs.penalties is not None
    assert beliefs.penalties.tolist() == [0, HALF, 2]


def test_together_asks_for_all_parts_and_adds_penalties() -> None:
    marginals = Beliefs.marginals(CORNERS, [{0: HALF, 1: HALF}] * 2)
    agree = Beliefs.moments([[1, 0, 0, 1]], ["3/4"], [None])
    both = Beliefs.together(marginals, agree, Beliefs.penalty([1, 0, 0, 0]), Beliefs.penalty([1, 0, 0, 2]))
    assert admits(both, ["3/8", "1/8", "1/8", "3/8"])
    assert not admits(both, ["1/4"] * 4)
    assert not admits(both, ["3/4", 0, 0, "1/4"])
    assert both.penalties is not None
    assert both.penalties.tolist() == [2, 0, 0, 2]
    assert both.rows == 5


def test_products_with_the_rows() -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(-3, 4, size=(3, 5))
    beliefs = Beliefs.moments(table, [0, 0, 0], [1, 1, 1])
    law, multipliers = rationals(rng.integers(0, 9, size=5)), rationals(rng.integers(-5, 6, size=3))
    assert beliefs.multiply(law).tolist() == (table @ law.astype(int)).tolist()
    assert beliefs.transpose_multiply(multipliers).tolist() == (table.T @ multipliers.astype(int)).tolist()
    assert beliefs.matrix.toarray().tolist() == table.tolist()
    rows = [{c: Fraction(v) for c, v in enumerate(row) if v} for row in table.tolist()]
    assert beliefs.exact_rows() == rows


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Beliefs.marginals(NINE, [UNIFORM]), ShapeError, "1 marginals for 2 agents"),
        (lambda: Beliefs.marginals([0, 1], [UNIFORM]), ShapeError, r"values has shape \(2,\)"),
        (
            lambda: Beliefs.marginals(NINE, [UNIFORM, {0: HALF, 1: HALF}]),
            InputError, r"marginals\[1\] gives no probability for the value 1/2",
        ),
        (lambda: Beliefs.marginals(NINE, [UNIFORM, {**UNIFORM, "0.5": 0}]), InputError, r"marginals\[1\] lists"),
        (lambda: Beliefs.marginals(NINE, [UNIFORM, dict.fromkeys(UNIFORM, HALF)]), InputError, "sums to 3/2"),
        (lambda: Beliefs.marginals(NINE, [UNIFORM, {"x": 1}]), InputError, r"marginals\[1\] 'x'"),
        (lambda: Beliefs.means(CORNERS, [1]), ShapeError, "1 means for 2 agents"),
        (lambda: Beliefs.means(CORNERS, [1, (0, 1, 2)]), ShapeError, "a number or a pair"),
        (lambda: Beliefs.means(CORNERS, [1, (1, 0)]), InputError, "row 1 asks for at least 1 and at most 0"),
        (lambda: Beliefs.means(CORNERS, [1, "x"]), InputError, r"means\[1\] 'x'"),
        (lambda: Beliefs.moments([1, 0], [1]), ShapeError, r"matrix has shape \(2,\)"),
        (lambda: Beliefs.moments([[1, 0]], [1, 1]), ShapeError, "one entry for each of the 1 rows"),
        (lambda: Beliefs.moments([[1, 0]], [1], [1, 1]), ShapeError, "one entry for each of the 1 rows"),
        (lambda: Beliefs.moments([[1, 0]], ["x"]), InputError, r"lower\[0\] 'x'"),
        (lambda: Beliefs.moments([[1, 0]], [0], ["x"]), InputError, r"upper\[0\] 'x'"),
        (lambda: Beliefs.empirical(SWAP, {(0, 1): 1}), InputError, "no probability for the values 1, 1"),
        (lambda: Beliefs.empirical(SWAP, {(0, 1): HALF, (1, 0): HALF}), InputError, "same values twice"),
        (lambda: Beliefs.partition([0, 2], [HALF, HALF]), ShapeError, "whole numbers below 2"),
        (lambda: Beliefs.partition([0, -1], [HALF, HALF]), ShapeError, "whole numbers below 2"),
        (lambda: Beliefs.partition([[0], [1]], [HALF, HALF]), ShapeError, "whole numbers below 2"),
        (lambda: Beliefs.partition([0, 1], [HALF, "1/3"]), InputError, "probabilities sums to 5/6"),
        (lambda: Beliefs.penalty([1, None]), InputError, r"penalties\[1\]"),
        (lambda: Beliefs.together(), ShapeError, "same number of states"),
        (lambda: Beliefs.together(Beliefs.known([1]), Beliefs.penalty([0, 0])), ShapeError, "same number of states"),
    ],
)  # fmt: skip
def test_knowledge_that_makes_no_sense(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as refused:
        make()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row": [0]}, "equally long"),
        ({"upper": (Fraction(1),)}, "equally long"),
        ({"row": [0, 2]}, "outside the 2 rows and 3 states"),
        ({"column": [0, 3]}, "outside the 2 rows and 3 states"),
        ({"column": [-1, 0]}, "outside the 2 rows and 3 states"),
        ({"penalties": [0]}, r"penalties has shape \(1,\)"),
    ],
)
def test_entries_must_fit_together(change: dict[str, Any], message: str) -> None:
    one = Fraction(1)
    entries: dict[str, Any] = {
        "states": 3,
        "row": [0, 1],
        "column": [0, 1],
        "value": [1, 1],
        "lower": (one, None),
        "upper": (one, one),
    }
    assert Beliefs(**entries).equality.tolist() == [True, False]
    with pytest.raises(ShapeError, match=message):
        Beliefs(**{**entries, **change})
