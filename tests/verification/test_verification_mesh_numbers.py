"""Numbers from wide enclosures are on the safe side, whatever the signs."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from test_verification_mesh_files import problem

from robustmech.verification.enclosure import Enclosure, between, exactly
from robustmech.verification.growth import lowest_mean
from robustmech.verification.meshes.axis import Axis
from robustmech.verification.meshes.boxes import Boxes
from robustmech.verification.meshes.control_laws import ControlLaws
from robustmech.verification.meshes.crossed_triangles import CrossedTriangles
from robustmech.verification.meshes.nodes import Block, Nodes, Term
from robustmech.verification.meshes.shares import Shares
from robustmech.verification.meshes.triangles import Triangles
from robustmech.verification.rows import places, whole

AXIS = Axis(breakpoints=tuple(map(Fraction, ("0", "1/2", "3/2"))))
LONG = Axis(breakpoints=tuple(map(Fraction, range(4))))
MASSES = between([(20, 30), (50, 70)], 100)


def corners(masses: Enclosure) -> list[tuple[Fraction, Fraction]]:
    ends = list(zip(masses.low.tolist(), masses.high.tolist(), strict=True))
    return [(Fraction(one, masses.unit), Fraction(other, masses.unit)) for one in ends[0] for other in ends[1]]


@pytest.mark.parametrize("values", [[9, 14], [-9, 14], [9, -14], [-9, -14], [0, 0], [14, 9]])
def test_mean_holds_for_all_masses_that_sum_to_one(values: list[int]) -> None:
    truths = [one * values[0] + (1 - one) * values[1] for one in (Fraction(3, 10), Fraction(1, 2))]
    found = lowest_mean(whole(values), between([(30, 50), (50, 70)], 100))
    assert min(truths) - Fraction(5) <= found <= min(truths)


def test_mean_of_a_constant_has_no_doubt() -> None:
    assert lowest_mean(whole([7, 7]), MASSES) == 7


@pytest.mark.parametrize("required", [False, True])
def test_potential_holds_for_all_masses_and_coefficients(required: bool) -> None:
    """With a required decision the maximum may be negative, and then the least mass counts."""
    given = problem()
    given = replace(
        given,
        payoff={},
        utilities={0: {(0, 0): Fraction(-2)}, 1: {(0, 0): Fraction(1)}},
        decision_set=replace(
            given.decision_set, groups=((0,), (1,)), required=(required, False), caps=(Fraction(1), Fraction(0))
        ),
    )
    coefficient = between([(-150, 100), (50, 120)], 100)
    block = Block(
        mass=MASSES,
        value=places([0, 1]),
        virtual=((Term(laws=places([0, 1]), coefficient=coefficient),), ()),
    )
    laws = ControlLaws(
        law=np.array([[3, 1, 0], [1, 3, 0]]),
        denominator=4,
        nodes=Nodes(laws=2, blocks=(block,)),
        masses=exactly([50, 50], 100),
        mixture=Fraction(1, 2),
        correction=None,
        state_law=(Fraction(1, 2), Fraction(1, 2), Fraction(0)),
    )
    # m = μ, so that L_l = l/2 + μ/2, and the utility of a law is E[-2, 1]
    utility = [-2 * law + (1 - law) for law in (Fraction(5, 8), Fraction(3, 8))]
    ends = [(Fraction(-3, 2), Fraction(1)), (Fraction(1, 2), Fraction(6, 5))]
    truths = []
    for masses in corners(MASSES):
        for first in ends[0]:
            for second in ends[1]:
                values = [first * utility[0], second * utility[1]]
                best = [value if required else max(value, Fraction(0)) for value in values]
                truths.append(sum((mass * value for mass, value in zip(masses, best, strict=True)), Fraction(0)))
    found = laws.potential(given, laws.prior())
    assert max(truths) <= found <= max(truths) + Fraction(5, 100)


def test_lowest_nodes_are_where_an_agent_does_not_act() -> None:
    boxes, triangles = Boxes(axes=(AXIS, LONG)), Triangles(axes=(AXIS, LONG), by_corner=False, has_payoff=False)
    crossed = CrossedTriangles(axes=(AXIS, LONG), has_payoff=False)
    for mesh in (boxes, triangles, crossed):
        assert mesh.lowest(0).tolist() == [0, 1, 2, 3]
        assert mesh.lowest(1).tolist() == [0, 4, 8]
    shares = Shares(axis=AXIS, agents=3, has_payoff=False)
    assert shares.lowest(1).tolist() == [0, 1, 3, 4, 6]
