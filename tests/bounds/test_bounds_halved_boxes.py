"""A solved mechanism on boxes, evaluated again on halved boxes: the same rule, and never a worse number."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from robustmech import BoundStatus, Environment, LowerBound, auction, product_states, public_expenditure, solve
from robustmech.artefacts import write_result
from robustmech.bounds import places
from robustmech.elements import Boxes, ExponentialBoxes, Meshes, PiecewiseLinearMechanism, Spacing
from robustmech.verification import verify

HALF = Fraction(1, 2)
UNEVEN = Spacing.at([0, "1/3", 1, "5/2"])
CORNERS = product_states([[0, 1]] * 2)
INDEPENDENT = auction(product_states([[0, HALF, 1]] * 3), [Fraction(1, 27)] * 27)
ENVIRONMENTS: dict[str, Environment] = {
    "independent": auction(product_states([[0, HALF, 1]] * 2), [Fraction(1, 9)] * 9),
    "costs that all share": auction(CORNERS, ["1/4"] * 4, cost="1/5", must_sell=True),
    "caps": auction(CORNERS, ["1/8", "3/8", "3/8", "1/8"], caps=["1/2", "2/3"]),
    "impossible state": auction(CORNERS, ["1/2", "1/2", 0, 0]),
    "three bidders": INDEPENDENT,
}


def lower(environment: Environment, spacing: Spacing) -> LowerBound:
    own = (spacing,) * environment.agents
    meshes = Meshes(mechanism=Boxes(spacings=own), information=ExponentialBoxes(spacings=own))
    bound = solve(environment, meshes, side="lower").lower
    assert bound is not None
    return bound


def rule(bound: LowerBound) -> PiecewiseLinearMechanism:
    assert isinstance(bound.mechanism, PiecewiseLinearMechanism)
    return bound.mechanism


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_rule_is_the_same_and_the_number_no_worse(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = ENVIRONMENTS[name]
    fine = lower(environment, UNEVEN)
    monkeypatch.setattr(places, "_MOST_EVALUATIONS", 0)
    coarse = lower(environment, UNEVEN)
    assert rule(coarse).mesh.node_shape == (4,) * environment.agents
    assert fine.value >= coarse.value
    assert (rule(fine).mesh.node_shape > rule(coarse).mesh.node_shape) == (fine.value > coarse.value)
    bids = np.random.default_rng(0).exponential(1.5, size=(500, environment.agents))
    assert np.abs(rule(fine).decide(bids) - rule(coarse).decide(bids)).max() < 1e-11
    assert fine.record.status is coarse.record.status is BoundStatus.PROVED


def test_three_bidders_gain_much(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spacing = Spacing.even(1, 3)
    fine = lower(INDEPENDENT, spacing)
    assert fine.value > 0.3131
    monkeypatch.setattr(places, "_MOST_EVALUATIONS", 100_000)
    once = lower(INDEPENDENT, spacing)
    assert 0.3118 < once.value < 0.3119
    assert rule(once).mesh.node_shape == (7, 7, 7)
    own = (spacing,) * 3
    meshes = Meshes(mechanism=Boxes(spacings=own), information=ExponentialBoxes(spacings=own))
    write_result(tmp_path / "r", solve(INDEPENDENT, meshes, side="lower"), None)
    verification = verify(tmp_path / "r")
    assert verification.passed
    assert verification.claimed_lower == once.value


def test_without_transfers_nothing_is_halved() -> None:
    environment = public_expenditure([["5/2", 0], [0, 3], [1, 1]], ["1/2", "1/4", "1/4"])
    assert rule(lower(environment, UNEVEN)).mesh.node_shape == (4, 4)


def test_cells_that_would_be_too_small_stay() -> None:
    spacing = Spacing.at([0, Fraction(3, 2 * 10**9), 1])
    assert rule(lower(ENVIRONMENTS["independent"], spacing)).mesh.node_shape == (3, 3)
