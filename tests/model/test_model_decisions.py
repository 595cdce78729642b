"""The decision set's maximum against its vertices and against SciPy, and its errors."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from definitions.exact_numbers import largest
from definitions.problem import plain
from robustmech import Beliefs, DecisionSet, Environment, InputError, ShapeError, simplex
from robustmech.model import rationals


def chosen_set(group: list[int], required: list[bool], cap: list[Any]) -> DecisionSet:
    return DecisionSet(group=np.array(group), required=np.array(required), cap=rationals(cap))


SETS = {
    "simplex": simplex(4),
    "packing": chosen_set([0, 0, 0, 0], [False], [1, 1, 1, 1]),
    "caps": chosen_set([0, 0, 0, 0], [False], ["1/4", "1/2", 1, "1/3"]),
    "small caps": chosen_set([0, 0, 0, 0], [False], ["1/8", "1/8", "1/8", "1/8"]),
    "caps, required": chosen_set([0, 0, 0, 0], [True], ["1/4", "1/2", "1/3", "1/3"]),
    "caps that just reach": chosen_set([0, 0, 0, 0], [True], ["1/4", "1/4", "1/4", "1/4"]),
    "two groups": chosen_set([1, 0, 1, 0], [True, False], ["1/2", 1, 1, "3/4"]),
    "four groups": chosen_set([3, 1, 0, 2], [True, False, False, True], [1, "1/2", 1, 1]),
    "caps above one": chosen_set([0, 0, 1, 1], [False, True], [3, 1, 2, "1/2"]),
}


@pytest.mark.parametrize("name", SETS)
def test_largest_is_the_best_vertex_and_the_linear_program(name: str) -> None:
    chosen = SETS[name]
    environment = Environment(
        utilities=rationals(np.zeros((1, 1, 4))),
        payoff=rationals(np.zeros((1, 4))),
        decision_set=chosen,
        beliefs=Beliefs.known([1]),
        transfers=False,
    )
    rng = np.random.default_rng(0)
    objectives = np.concatenate([rng.normal(size=(20, 4)), -rng.random((5, 4)), np.zeros((1, 4)), [[1, 1, -1, -1]]])
    found = chosen.largest(objectives)
    assert found.shape == (27,)
    member = np.array([[own == g for own in chosen.group] for g in range(chosen.groups)], dtype=float)
    for objective, value in zip(objectives, found, strict=True):
        exact = largest(plain(environment), rationals(objective).tolist())
        assert value == pytest.approx(float(exact), abs=1e-14)
        solved = linprog(
            -objective,
            A_ub=member[~chosen.required] if not chosen.required.all() else None,
            b_ub=np.ones(np.count_nonzero(~chosen.required)) if not chosen.required.all() else None,
            A_eq=member[chosen.required] if chosen.required.any() else None,
            b_eq=np.ones(np.count_nonzero(chosen.required)) if chosen.required.any() else None,
            bounds=[(0, float(cap)) for cap in chosen.cap],
        )
        assert solved.fun is not None
        assert value == pytest.approx(-solved.fun, abs=1e-9)


def test_largest_works_along_the_last_axis() -> None:
    objectives = np.random.default_rng(1).normal(size=(2, 3, 4))
    found = SETS["caps, required"].largest(objectives)
    assert found.shape == (2, 3)
    assert found[1, 2] == SETS["caps, required"].largest(objectives[1, 2])


def test_properties() -> None:
    chosen = SETS["caps above one"]
    assert (chosen.decisions, chosen.groups) == (4, 2)
    assert chosen.capped.tolist() == [False, False, False, True]
    assert max(chosen.cap) == 1
    assert simplex(3).required.tolist() == [True]
    with pytest.raises(ValueError, match="read-only"):
        chosen.group[0] = 1


@pytest.mark.parametrize(
    ("group", "required", "cap", "error", "message"),
    [
        ([0, 0], [False], [1], ShapeError, "must be equally long"),
        ([[0, 0]], [False], [[1, 1]], ShapeError, "must be equally long"),
        ([], [], [], ShapeError, "must be equally long"),
        ([0, 2], [False, False, False], [1, 1], ShapeError, "groups must be numbered 0, 1"),
        ([0, 1], [False], [1, 1], ShapeError, "groups must be numbered 0, 1"),
        ([0, -1], [False], [1, 1], ShapeError, "groups must be numbered 0, 1"),
        ([0, 0], [False], [1, 0], InputError, "every cap must be positive"),
        ([0, 0], [False], [1, -1], InputError, "every cap must be positive"),
        ([0, 0], [False], [1, "x"], InputError, r"cap\[1\] 'x'"),
        ([0, 0, 1], [False, True], [1, 1, "1/2"], InputError, "caps of group 1 add up to less than the one"),
    ],
)
def test_sets_that_make_no_sense(group: Any, required: Any, cap: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as refused:
        DecisionSet(group=group, required=required, cap=cap)
    assert "\n" not in str(refused.value)
