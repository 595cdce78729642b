"""Models that the tests of the common value share, and quadrature that shares no code with the library."""

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from robustmech.continuum.common_value import CommonValue, ValueLaw

Array = npt.NDArray[np.float64]
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(24)

LAWS: dict[str, Callable[[], ValueLaw]] = {
    "uniform": lambda: ValueLaw.uniform(0, 1),
    "high uniform": lambda: ValueLaw.uniform(1, 2),
    "two clusters": lambda: ValueLaw.mixture([ValueLaw.uniform(0, 0.8), ValueLaw.uniform(3.5, 3.7)], ["4/5", "1/5"]),
    "three atoms": lambda: ValueLaw.from_atoms([0.2, 1, 2], ["0.3", "0.3", "0.4"]),
    "beta": lambda: ValueLaw.from_scipy(stats.beta(2, 4)),
    "atom and uniform": lambda: ValueLaw.mixture(
        [ValueLaw.from_atoms([0, 1.5], [0.5, 0.5]), ValueLaw.uniform(0.5, 2)], [0.4, 0.6]
    ),
    "known": lambda: ValueLaw.from_atoms([1.5], [1]),
}

CASES: list[tuple[str, int, float, bool]] = [
    ("uniform", 2, 0.0, False),
    ("uniform", 2, 0.0, True),
    ("uniform", 3, 0.3, False),
    ("uniform", 1, 0.2, False),
    ("high uniform", 3, 0.5, False),
    ("high uniform", 1, 0.5, False),
    ("two clusters", 3, 0.0, False),
    ("two clusters", 3, 0.25, False),
    ("three atoms", 3, 0.1, False),
    ("three atoms", 4, 0.1, True),
    ("beta", 3, 0.1, True),
    ("beta", 5, 0.1, False),
    ("atom and uniform", 3, 0.4, False),
    ("known", 3, 0.5, False),
]


def model_of(case: tuple[str, int, float, bool]) -> CommonValue:
    name, bidders, cost, must_sell = case
    return CommonValue.from_law(LAWS[name](), bidders, cost, must_sell)


def random_model(generator: np.random.Generator) -> CommonValue:
    """A random law (atoms, uniform stretches or both), number of bidders, cost and obligation to sell."""
    laws = [ValueLaw.from_atoms([generator.uniform(0, 2)], [1]) for _ in range(generator.integers(0, 4))]
    for _ in range(generator.integers(0 if laws else 1, 3)):
        low = generator.uniform(0, 2)
        laws.append(ValueLaw.uniform(low, low + generator.uniform(0.1, 1)))
    law = ValueLaw.mixture(laws, generator.dirichlet(np.ones(len(laws))))
    cost = generator.uniform(0, 0.95) * law.mean
    return CommonValue.from_law(law, int(generator.integers(1, 6)), float(cost), bool(generator.random() < 0.3))


def kinks(model: CommonValue) -> list[float]:
    """Aggregate bids at which some function of the model is not smooth."""
    levels = model.law.cumulative(np.array(_marks(model.law)))
    jumps = special.gammaincinv(model.bidders, np.concatenate([levels, levels - _atom_masses(model.law)]).clip(0, 1))
    ends = [end for interval in model.graded_intervals for end in (interval.start, interval.end)]
    return sorted({float(x) for x in [*jumps, *ends] if 0 < x < 1e4})


def _marks(law: ValueLaw) -> list[float]:
    return sorted({*law.atoms, *(end for part in law.parts for end in (part.low, part.high))})


def _atom_masses(law: ValueLaw) -> Array:
    masses = dict(zip(law.atoms, law.masses, strict=True))
    return np.array([masses.get(v, 0.0) for v in _marks(law)])


def integral(function: Callable[[Array], Array], cuts: list[float], high: float = 90.0, pieces: int = 16) -> float:
    """Composite Gauss–Legendre on [0, high] with cuts at the given points, and finer near zero."""
    inside = sorted({0.0, high, *(c for c in cuts if 0 < c < high)})
    edges = np.unique(
        np.concatenate(
            [
                *(np.linspace(a, b, pieces + 1) for a, b in itertools.pairwise(inside)),
                high * np.geomspace(1e-16, 0.01, 45),
            ]
        )
    )
    half = 0.5 * np.diff(edges)[:, None]
    nodes = 0.5 * (edges[1:] + edges[:-1])[:, None] + half * _POINTS
    return float(np.sum(half * _WEIGHTS * function(nodes)))


def erlang_density(count: int, x: Array) -> Array:
    return np.asarray(stats.gamma.pdf(x, count), dtype=np.float64)
