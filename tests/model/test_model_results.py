"""Mechanisms and information structures: their arrays, and labelled views of them."""

from fractions import Fraction

import numpy as np
import pytest

from definitions.cases import CASES, P, Q
from definitions.problem import law, probability
from robustmech import InformationStructure, Mechanism, ShapeError, auction, public_expenditure, solve
from robustmech.model import LAW_DENOMINATOR, MECHANISM_DENOMINATOR, rationals

GRIDS = (Q(2), P(2))


def mechanism() -> Mechanism:
    counts = np.arange(2 * 5 * 3).reshape(2, 5, 3) * 2**30
    return Mechanism(
        grids=GRIDS,
        decision_counts=counts,
        transfers=np.arange(20.0).reshape(2, 2, 5),
        aggregate_excess_growth=np.zeros((2, 5)),
        decision_names=("a", "b", "c"),
    )


def information(product_signals: bool) -> InformationStructure:
    rng = np.random.default_rng(0)
    if product_signals:
        counts = rng.multinomial(LAW_DENOMINATOR, [0.2, 0.3, 0.5], size=(2, 5))
    else:
        counts = rng.multinomial(LAW_DENOMINATOR, rng.dirichlet(np.ones(30))).reshape(2, 5, 3)
        counts[0, 0] = 0
        counts[1, 1, 1] += LAW_DENOMINATOR - counts.sum()
    third = rationals(["1/3"] * 3)
    return InformationStructure(
        grids=GRIDS,
        law_counts=counts,
        denominator=LAW_DENOMINATOR,
        mixture=Fraction(0 if not product_signals else "1/4"),
        correction=third,
        product_signals=product_signals,
        state_law=third,
    )


def test_mechanism_decisions_are_exact_and_read_only() -> None:
    found = mechanism()
    assert found.agents == 2
    assert found.decisions[1, 2, 1] == (1 * 15 + 2 * 3 + 1) * 2**30 / MECHANISM_DENOMINATOR
    for array in (found.decision_counts, found.transfers, found.aggregate_excess_growth):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 0


def test_mechanism_labels() -> None:
    view = mechanism().labelled()
    assert view["decisions"].dims == ("action of agent 1", "action of agent 2", "decision")
    assert view["transfers"].dims == ("agent", "action of agent 1", "action of agent 2")
    assert view["aggregate_excess_growth"].dims == ("action of agent 1", "action of agent 2")
    assert view["action of agent 2"].values == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert (
        float(view["decisions"].sel({"action of agent 2": 1.0, "decision": "b"})[1]) == mechanism().decisions[1, 2, 1]
    )
    bare = Mechanism(grids=GRIDS, decision_counts=np.zeros((2, 5, 1), dtype=np.int64)).labelled()
    assert list(bare) == ["decisions"]
    assert "decision" not in bare.coords


@pytest.mark.parametrize("product_signals", [True, False])
def test_joint_law_by_its_definition(product_signals: bool) -> None:
    found = information(product_signals)
    laws = [law(grid) for grid in GRIDS]
    joint = found.joint
    assert joint.shape == (2, 5, 3)
    assert joint.sum() == pytest.approx(1.0)
    for x in np.ndindex(2, 5):
        mass = float(probability(laws, x))
        if product_signals:
            assert joint[x].sum() == pytest.approx(mass)
        for state in range(3):
            share = found.law_counts[(*x, state)] / LAW_DENOMINATOR
            expected = 0.75 * mass * share + 0.25 * mass / 3 if product_signals else share
            assert joint[(*x, state)] == pytest.approx(expected, rel=1e-12)


def test_information_labels() -> None:
    view = information(True).labelled()
    assert view["joint"].dims == ("signal of agent 1", "signal of agent 2", "state")
    assert view["signal of agent 2"].values == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert np.array_equal(view["joint"].values, information(True).joint)


def test_interim_values_are_conditional_expectations() -> None:
    values = np.array([[[0, 1], [2, 0.5]], [[1, 1], [0, 3]], [[2, 0], [1, 1]]])
    sale = auction(values, ["1/3"] * 3)
    found = information(True)
    interim = found.interim_values(sale)
    assert interim.shape == (2, 2, 2, 5)
    conditional = found.joint / found.joint.sum(axis=-1, keepdims=True)
    for i in range(2):
        for good in range(2):
            assert interim[i, good] == pytest.approx(conditional @ values[:, i, good])


def test_interim_values_where_signals_never_occur_are_not_numbers() -> None:
    spending = public_expenditure([[3, 0], [0, 3], [1, 1]], ["1/3"] * 3)
    interim = information(False).interim_values(spending)
    assert interim.shape == (2, 1, 2, 5)
    assert np.isnan(interim[:, :, 0, 0]).all()
    assert np.isfinite(interim[:, :, 1, :]).all()


def test_interim_values_of_a_general_environment_are_of_every_decision() -> None:
    case = CASES["general 4 with transfers"]()
    upper = solve(case.environment, case.grids, side="upper").upper
    assert upper is not None
    assert isinstance(upper.information, InformationStructure)
    interim = upper.information.interim_values(case.environment)
    assert interim.shape == (2, 4, 4, 3)
    joint = upper.information.joint
    average = np.einsum("xy,xy->", interim[1, 2], joint.sum(axis=-1))
    assert average == pytest.approx(joint.sum(axis=(0, 1)) @ case.environment.utilities_rounded[1, :, 2])


def test_shapes_must_fit_the_grids() -> None:
    with pytest.raises(ShapeError, match=r"decisions have shape \(5, 2, 3\): expected \(2, 5\)"):
        Mechanism(grids=GRIDS, decision_counts=np.zeros((5, 2, 3), dtype=np.int64))
    with pytest.raises(ShapeError, match=r"transfers have shape \(1, 2, 5\): expected \(2, 2, 5\)"):
        Mechanism(grids=GRIDS, decision_counts=np.zeros((2, 5, 3), dtype=np.int64), transfers=np.zeros((1, 2, 5)))
    with pytest.raises(ShapeError, match=r"the law has shape \(2, 4, 3\): expected \(2, 5, 3\)"):
        InformationStructure(
            grids=GRIDS,
            law_counts=np.zeros((2, 4, 3), dtype=np.int64),
            denominator=1,
            mixture=Fraction(0),
            correction=rationals([0, 0, 1]),
            product_signals=True,
            state_law=rationals([0, 0, 1]),
        )
