"""Masses as whole numbers: in doubt by no more than is said, also for tiny elements and those far out."""

import itertools
import warnings
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elements.meshes_and_problems import FEW
from robustmech import InputError
from robustmech.elements import (
    Boxes,
    CrossedTriangles,
    ExponentialBoxes,
    ExponentialSums,
    ExponentialTriangles,
    Shares,
    Spacing,
    Triangles,
)
from robustmech.elements.integrals import divided_difference
from robustmech.elements.masses import UNIT
from robustmech.model import Discretisation

DIGITS = 90
SMALLEST = Fraction(1, 10**9)
UGLY = {
    "tiny cells first": Spacing.at([0, SMALLEST, 2 * SMALLEST, 1]),
    "a tiny cell further out": Spacing.at([0, 1, 1 + SMALLEST, 3]),
    "one tiny cell": Spacing.at([0, SMALLEST]),
    "one large cell": Spacing.at([0, 30]),
    "sevenths": Spacing.at([0, Fraction(1, 7), Fraction(22, 7)]),
}


def number(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def decay(value: Fraction) -> Any:
    return mpmath.exp(-number(value))


def in_doubt(discretisation: Discretisation, truth: list[Any]) -> bool:
    """Whether some whole number is further from the truth than is admitted."""
    assert len(truth) == discretisation.rows
    units = [abs(int(w) - m * UNIT) for w, m in zip(discretisation.mass_weights, truth, strict=True)]
    return bool(max(units) > discretisation.mass_doubt)


@pytest.mark.parametrize("one", UGLY)
@pytest.mark.parametrize("two", ["tiny cells first", "sevenths"])
def test_masses_of_triangles(one: str, two: str) -> None:
    first, second = UGLY[one], UGLY[two]
    with mpmath.workdps(DIGITS):
        lower, upper = [], []
        for a, g in zip(first.breakpoints, first.widths, strict=False):
            for b, h in zip(second.breakpoints, second.widths, strict=False):
                bend = number(h / g - 1)
                inner = number(g) if bend == 0 else mpmath.expm1(bend * number(g)) / bend
                below = 1 - decay(g) - decay(h) * inner
                lower.append(decay(a + b) * below)
                upper.append(decay(a + b) * ((1 - decay(g)) * (1 - decay(h)) - below))
        last = [spacing.breakpoints[-1] for spacing in (first, second)]
        strips = [
            decay(last[1 - i]) * (decay(x) - decay(x + h))
            for i, own in ((1, second), (0, first))
            for x, h in zip(own.breakpoints, own.widths, strict=False)
        ]
        truth = [*lower, *upper, *strips, decay(sum(last, Fraction(0)))]
        assert not in_doubt(Triangles(spacings=(first, second)).discretise(), truth)
        # the crossed triangles of a cell have half of their middle line in common: pairs make up the cells' halves
        found = CrossedTriangles(spacings=(first, second)).discretise()
        cells = [low + high for low, high in zip(lower, upper, strict=True)]
        by_cell = found.mass_weights[: 4 * len(cells)].reshape(4, -1).sum(axis=0)
        units = [abs(int(w) - m * UNIT) for w, m in zip(by_cell, cells, strict=True)]
        assert max(units) <= 4 * found.mass_doubt


@pytest.mark.parametrize("name", [name for name in UGLY if name != "one large cell"])
@pytest.mark.parametrize("slant", [(1, 1), (1, Fraction(1, 3)), (1, Fraction(1, 3), Fraction(1, 2))], ids=str)
def test_masses_in_sums(name: str, slant: tuple[Fraction, ...]) -> None:
    mesh = ExponentialSums(spacing=UGLY[name], slant=tuple(map(Fraction, slant)))
    with mpmath.workdps(70):
        eta = [number(Fraction(weight)) for weight in slant]
        p, r = 1 / max(eta), 1 / min(eta)
        r = r if r > p * 5 / 4 else 2 * p

        def density(s: Any) -> Any:
            if len(set(slant)) == 1:
                return s * mpmath.exp(-s)
            others = [mpmath.fprod(e / (e - o) for j, o in enumerate(eta) if j != i) for i, e in enumerate(eta)]
            return sum(c * mpmath.exp(-s / e) / e for c, e in zip(others, eta, strict=True))

        nodes = []
        points = [number(point) for point in mesh.spacing.breakpoints]
        for a, b in itertools.pairwise(points):

            def first(t: Any) -> Any:
                return r * (1 - mpmath.exp(-p * t)) - p * (1 - mpmath.exp(-r * t))

            def last(t: Any) -> Any:
                return r * mpmath.expm1(p * t) - p * mpmath.expm1(r * t)

            parts = mpmath.linspace(a, b, 6)
            start = mpmath.quad(lambda s, a=a, b=b: density(s) * first(b - s) / first(b - a), parts)
            end = mpmath.quad(lambda s, a=a, b=b: density(s) * last(s - a) / last(b - a), parts)
            nodes += [start, mpmath.quad(density, parts) - start - end, end]
        nodes.append(1 - sum(nodes))
        truth = [mpmath.mpf(0)] * (2 * mesh.spacing.cells + 1)
        for node, mass in enumerate(nodes):
            truth[node - node // 3] += mass
        assert not in_doubt(mesh.discretise(), truth)


@pytest.mark.parametrize("name", UGLY)
@pytest.mark.parametrize("agents", [2, 4])
def test_masses_in_shares(name: str, agents: int) -> None:
    spacing = UGLY[name]
    if (name, agents) in (("one tiny cell", 4), ("tiny cells first", 4)):
        with pytest.raises(InputError, match="too small or too far out"):
            Shares(spacing=spacing, agents=agents).discretise()
        return
    with mpmath.workdps(DIGITS):
        points = [*(number(point) for point in spacing.breakpoints), mpmath.inf]

        def mean(power: int, a: Any, b: Any) -> Any:
            """∫ s^power times the law of the sum."""
            return mpmath.gammainc(agents + power, a, b) / mpmath.factorial(agents - 1)

        truth = [mean(0, points[0], points[1])]
        for a, b in itertools.pairwise(points[1:]):
            inverse = 0 if b == mpmath.inf else 1 / b
            early = (mean(-1, a, b) - inverse * mean(0, a, b)) / (1 / a - inverse)
            late = mean(0, a, b) - early
            truth += [early / agents] * agents + ([late] if b == mpmath.inf else [late / agents] * agents)
        assert not in_doubt(Shares(spacing=spacing, agents=agents).discretise(), truth)


@FEW
@given(st.lists(st.fractions(min_value=-40, max_value=40, max_denominator=1000), min_size=1, max_size=4))
def test_divided_differences_have_many_digits(values: list[Fraction]) -> None:
    """Of the exponential over any values, from their definition by recursion where they differ."""
    distinct = sorted(set(values))
    with mpmath.workdps(140):
        table = [mpmath.exp(number(value)) for value in distinct]
        for order in range(1, len(distinct)):
            table = [
                (high - low) / (number(distinct[k + order]) - number(distinct[k]))
                for k, (low, high) in enumerate(itertools.pairwise(table))
            ]
        found = mpmath.mpf(str(divided_difference(tuple(distinct))))
        assert abs(found / table[0] - 1) < mpmath.mpf(10) ** -55


FAR = {
    "far": Spacing.at([0, Fraction(1, 3), 20, 60]),
    "very far": Spacing.at([0, 1, 100]),
    "wide": Spacing.at([0, 30, 100]),
    "tiny": Spacing.at([0, SMALLEST, 2 * SMALLEST]),
}
AT_THE_LIMITS: list[Any] = [
    lambda s: Triangles(spacings=(s, s)),
    lambda s: Triangles(spacings=(s, s), corner_rows=True),
    lambda s: CrossedTriangles(spacings=(s, s)),
    lambda s: Boxes(spacings=(s, s)),
    lambda s: Shares(spacing=s, agents=3),
    lambda s: ExponentialBoxes(spacings=(s, s)),
    lambda s: ExponentialTriangles(step=s.widths[0], cells=2),
    lambda s: ExponentialSums(spacing=s, slant=(Fraction(1), Fraction(1, 20))),
    lambda s: ExponentialSums(spacing=s, slant=(Fraction(1), Fraction(1), Fraction(20))),
]


@pytest.mark.parametrize("make", AT_THE_LIMITS)
@pytest.mark.parametrize("name", FAR)
def test_spacings_at_the_limits_work_or_are_refused_in_one_line(name: str, make: Any) -> None:
    mesh = make(FAR[name])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            discretisation = mesh.discretise()
        except InputError as error:
            assert str(error) == "spacing: elements too small or too far out for the precision of their masses"  # noqa: PT017
            return
        places = np.outer([0.0, 1e-7, 0.9, 21.0, 59.0, 99.0, 1e3], np.ones(mesh.agents))
        if hasattr(mesh, "weights"):
            weights = mesh.weights(places).toarray()
            assert weights.min() >= 0
            assert np.abs(weights.sum(axis=1) - 1).max() < 1e-9
        else:
            values = np.random.default_rng(0).random((*mesh.node_shape, 1))
            found = mesh.interpolate(values, places)
            assert values.min() - 1e-12 <= found.min()
            assert found.max() <= values.max() + 1e-12
    for operator in (discretisation.evaluation, *discretisation.local):
        assert np.isfinite(operator.data).all()


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([0], "at least two breakpoints"),
        ([1, 2], "the first of them zero"),
        ([0, 1, 1], "must increase by at least 1e-09"),
        ([0, 2, 1], "must increase by at least 1e-09"),
        ([0, 101], "to at most 100"),
        ([0, "nan"], "nan"),
    ],
)
def test_bad_spacings_are_named(points: list[Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        Spacing.at(points)
    assert "\n" not in str(error.value)


def test_weights_and_agents_that_make_no_sense_are_named() -> None:
    with pytest.raises(InputError, match="at least two agents"):
        Shares(spacing=UGLY["sevenths"], agents=1)
    for slant in ((), (Fraction(1), Fraction(0)), (Fraction(1), Fraction(-1))):
        with pytest.raises(InputError, match="every agent needs a positive weight"):
            ExponentialSums(spacing=UGLY["sevenths"], slant=slant)
    with pytest.raises(InputError, match="spacing"):
        ExponentialTriangles(step=Fraction(0), cells=3)
