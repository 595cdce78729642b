"""What the designer knows about the common value: a law on a bounded interval of non-negative values."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from robustmech.continuum.common_value.law_parts import ContinuousPart, DensityPart, ScipyPart, UniformPart
from robustmech.continuum.common_value.panels import Panels, quadrature_doubt, resolved_edges, sum_doubt, within
from robustmech.continuum.common_value.quantiles import Quantiles
from robustmech.errors import InputError, ShapeError
from robustmech.model import FloatArray
from robustmech.model.rational import Numbers, rationals

_MOST_ATOMS = 200_000
_SUM_TOLERANCE = 1e-9


@dataclass(frozen=True)
class ValueLaw:
    """A mixture of atoms and continuous parts on a bounded interval of values; build it with a named constructor."""

    atoms: tuple[float, ...]
    masses: tuple[float, ...]
    parts: tuple[ContinuousPart, ...] = ()
    weights: tuple[float, ...] = ()
    name: str = field(default="value law", compare=False)

    @classmethod
    def from_atoms(cls, values: Numbers, probabilities: Numbers) -> "ValueLaw":
        """Finitely many values with their probabilities; numbers, Fractions or strings such as "1/3".

        Raises:
            InputError: for negative or non-finite numbers, or probabilities that do not sum to one.
        """
        exact_values, exact_masses = rationals(values, "values"), rationals(probabilities, "probabilities")
        if exact_values.ndim != 1 or exact_values.shape != exact_masses.shape or not exact_values.size:
            raise ShapeError(
                f"values have shape {exact_values.shape} and probabilities {exact_masses.shape}: "
                "give one probability for each value, and at least one value"
            )
        for place, (value, mass) in enumerate(zip(exact_values, exact_masses, strict=True)):
            if value < 0:
                raise InputError(f"values[{place}] is {float(value):.17g}: values must be at least zero")
            if mass < 0:
                raise InputError(f"probabilities[{place}] is {float(mass):.17g}: probabilities must not be negative")
        total = sum(exact_masses)
        if abs(float(total) - 1.0) > _SUM_TOLERANCE:
            raise InputError(f"probabilities sum to {float(total):.17g}: they must sum to one")
        gathered: dict[float, Any] = {}
        for value, mass in zip(exact_values, exact_masses, strict=True):
            if mass:
                gathered[float(value)] = gathered.get(float(value), 0) + mass
        support = sorted(gathered)
        return cls(tuple(support), tuple(float(gathered[v] / total) for v in support), name=f"{len(support)} values")

    @classmethod
    def from_sample(cls, observations: Sequence[float] | FloatArray) -> "ValueLaw":
        """The empirical law of past values: each observation equally likely.

        Raises:
            InputError: if there are none, too many, or one is negative or not finite.
        """
        seen = np.asarray(observations, dtype=np.float64).ravel()
        bad = np.flatnonzero(~(np.isfinite(seen) & (seen >= 0)))
        if bad.size:
            raise InputError(f"observation {bad[0]} is {seen[bad[0]]}: observations must be finite and at least zero")
        if not 0 < seen.size <= _MOST_ATOMS:
            raise InputError(f"there are {seen.size} observations: give between 1 and {_MOST_ATOMS}")
        support, counts = np.unique(seen, return_counts=True)
        return cls(
            tuple(support.tolist()), tuple((counts / seen.size).tolist()), name=f"sample of {seen.size} observations"
        )

    @classmethod
    def uniform(cls, low: float, high: float) -> "ValueLaw":
        """Equally likely values on [low, high]."""
        _check_interval(low, high)
        return cls((), (), (UniformPart(float(low), float(high)),), (1.0,), name=f"uniform on [{low:g}, {high:g}]")

    @classmethod
    def from_density(
        cls, density: Callable[[Any], Any], low: float, high: float, breaks: Sequence[float] = ()
    ) -> "ValueLaw":
        """A density on an interval.

        Args:
            density: function of the value, vectorised or of a single number; must integrate to one within 1e-6.
            low, high: the interval that holds all values.
            breaks: values at which the density jumps or has a kink, if any. They are found without, but slower; only
                what is narrower than 1/5000 of the interval can be missed, and must be given.
        Raises:
            InputError: for an interval that is not bounded, or a density that cannot be evaluated, is negative or does
                not integrate to one.
        """
        _check_interval(low, high)
        part = DensityPart.of(density, float(low), float(high), tuple(float(b) for b in breaks))
        if abs(part.total - 1.0) > 1e-6:
            raise InputError(
                f"the density integrates to {part.total:.10g} over [{low:g}, {high:g}]: it must be one (breaks= names "
                "the ends of what is narrow)"
            )
        return cls((), (), (part,), (1.0,), name=f"density on [{low:g}, {high:g}]")

    @classmethod
    def from_scipy(cls, frozen: Any, below: float | None = None, above: float | None = None) -> "ValueLaw":
        """A frozen law of `scipy.stats`, conditional on lying between `below` and `above` where they are given.

        Raises:
            InputError: if the support is not bounded, or reaches below zero, and no bound mends it.
        """
        if not (hasattr(frozen, "support") and hasattr(frozen, "cdf") and hasattr(frozen, "isf")):
            raise InputError(f"expected a frozen law of scipy.stats, such as beta(2, 4), not {type(frozen).__name__}")
        low, high = (float(v) for v in frozen.support())
        low = low if below is None else max(low, float(below))
        high = high if above is None else min(high, float(above))
        name = getattr(getattr(frozen, "dist", None), "name", "law")
        if not math.isfinite(high) or not math.isfinite(low):
            raise InputError(f"the law '{name}' is unbounded: state a bound, above=… (values beyond it are cut off)")
        _check_interval(low, high, allow_point=hasattr(frozen, "pmf"))
        if hasattr(frozen, "pmf"):
            values = np.arange(math.ceil(low), math.floor(high) + 1)
            if values.size > _MOST_ATOMS:
                raise InputError(f"the law '{name}' has {values.size} values: at most {_MOST_ATOMS} can be used")
            masses = np.asarray(frozen.pmf(values), dtype=np.float64)
            if not masses.sum() > 0:
                raise InputError(f"the law '{name}' gives no probability to [{low:g}, {high:g}]")
            return cls.from_atoms(values, masses / masses.sum())
        part = ScipyPart(frozen, low, high)
        if not part.mass > 1e-12:
            raise InputError(f"the law '{name}' gives probability {part.mass:.3g} to [{low:g}, {high:g}]: too little")
        return cls((), (), (part,), (1.0,), name=f"{name} on [{low:g}, {high:g}]")

    @classmethod
    def mixture(cls, laws: Sequence["ValueLaw"], weights: Numbers) -> "ValueLaw":
        """One of several laws, drawn with the given weights.

        Raises:
            InputError: for weights that are negative or do not sum to one.
        """
        exact = rationals(weights, "weights")
        if exact.shape != (len(laws),) or not laws:
            raise ShapeError(f"there are {len(laws)} laws and weights of shape {exact.shape}: give one weight each")
        if any(w < 0 for w in exact) or abs(float(sum(exact)) - 1.0) > _SUM_TOLERANCE:
            raise InputError("weights of a mixture must not be negative and must sum to one")
        gathered: dict[float, float] = {}
        parts: list[ContinuousPart] = []
        shares: list[float] = []
        for law, exact_weight in zip(laws, exact, strict=True):
            weight = float(exact_weight / sum(exact))
            for value, mass in zip(law.atoms, law.masses, strict=True):
                gathered[value] = gathered.get(value, 0.0) + weight * mass
            parts += law.parts if weight else ()
            shares += [weight * share for share in law.weights] if weight else []
        support = sorted(v for v, mass in gathered.items() if mass > 0)
        masses = tuple(gathered[v] for v in support)
        return cls(tuple(support), masses, tuple(parts), tuple(shares), name=f"mixture of {len(laws)} laws")

    @property
    def lowest(self) -> float:
        """The lowest value of the support."""
        return min([*self.atoms[:1], *(part.low for part in self.parts)])

    @property
    def highest(self) -> float:
        """The highest value of the support."""
        return max([*self.atoms[-1:], *(part.high for part in self.parts)])

    @cached_property
    def quantiles(self) -> Quantiles:
        """The quantile function, in pieces."""
        return Quantiles.of(self.atoms, self.masses, self.parts, self.weights)

    @cached_property
    def mean(self) -> float:
        """The expected value."""
        return self.expectation(lambda values: values)

    def cumulative(self, values: FloatArray | float) -> FloatArray:
        """Probability H(v) of at most each value."""
        at = np.atleast_1d(np.asarray(values, dtype=np.float64))
        running = np.concatenate([[0.0], np.cumsum(self.masses)])
        level = running[np.searchsorted(self.atoms, at, side="right")]
        for part, weight in zip(self.parts, self.weights, strict=True):
            level = level + weight * part.cumulative(at)
        return np.where(at >= self.highest, 1.0, np.minimum(level, 1.0)).reshape(np.shape(values))

    def survival(self, values: FloatArray | float) -> FloatArray:
        """Probability 1 − H(v) of more than each value, accurate near the highest."""
        at = np.atleast_1d(np.asarray(values, dtype=np.float64))
        remaining = np.concatenate([np.cumsum(self.masses[::-1])[::-1], [0.0]])
        level = remaining[np.searchsorted(self.atoms, at, side="right")]
        for part, weight in zip(self.parts, self.weights, strict=True):
            level = level + weight * part.survival(at)
        return np.where(at >= self.highest, 0.0, np.minimum(level, 1.0)).reshape(np.shape(values))

    def expectation(self, function: Callable[[FloatArray], FloatArray], breaks: Sequence[float] = ()) -> float:
        """Expected value of a vectorised function that is piecewise smooth between the given breaks."""
        total = float(np.dot(self.masses, function(np.array(self.atoms)))) if self.atoms else 0.0
        for at_levels, panels in self._levels(function, breaks):
            total += float(panels.integrals(at_levels(panels.nodes)).sum())
        return total

    def expectation_doubt(self, function: Callable[[FloatArray], FloatArray], breaks: Sequence[float] = ()) -> float:
        """How far `expectation` may be from the truth: rounding, and what halving the panels of quadrature changes."""
        size = float(np.dot(self.masses, np.abs(function(np.array(self.atoms))))) if self.atoms else 0.0
        doubt, count = 0.0, len(self.atoms)
        for at_levels, panels in self._levels(function, breaks):
            size += float(panels.integrals(np.abs(at_levels(panels.nodes))).sum())
            doubt += float(quadrature_doubt(at_levels, panels).sum())
            count += panels.count
        return doubt + sum_doubt(size, count)

    def _levels(
        self, function: Callable[[FloatArray], FloatArray], breaks: Sequence[float]
    ) -> Iterator[tuple[Callable[[FloatArray], FloatArray], Panels]]:
        """The function as one of levels of probability, with panels that resolve it, for each smooth stretch."""
        pieces = self.quantiles
        for k in pieces.smooth:
            low, high = pieces.lower[k], pieces.lower[k + 1]
            levels = self.cumulative(np.array([b for b in breaks if pieces.start[k] < b < pieces.end[k]]))
            edges = np.unique(np.clip(np.concatenate([[low, high], levels]), low, high))
            if edges.size == 1:
                continue

            def at_levels(p: FloatArray, k: int = int(k)) -> FloatArray:
                return function(np.clip(pieces(p, 1.0 - p), pieces.start[k], pieces.end[k]))

            size = max(float(np.max(np.abs(at_levels(Panels(edges).nodes)))), 1e-300)
            yield at_levels, Panels(resolved_edges(at_levels, edges, within(1e-15 * size)))

    def binned(self, bins: int) -> "ValueLaw":
        """The law of the value's mean given which of equally likely bins, in order of the value, it is in.

        Whoever knows the bin knows less than the value, so that the law is less spread out and has the same mean.

        Args:
            bins: how many, at least one.
        Raises:
            InputError: for another number of bins.
        """
        if isinstance(bins, bool) or not isinstance(bins, int | np.integer) or not 1 <= bins <= _MOST_ATOMS:
            raise InputError(f"bins is {bins!r}: expected a whole number between 1 and {_MOST_ATOMS}")
        levels = np.arange(bins + 1) / bins

        def at_levels(p: FloatArray) -> FloatArray:
            return self.quantiles(p, 1.0 - p)

        cuts = np.unique(np.concatenate([levels, self.quantiles.lower]))
        panels = Panels(resolved_edges(at_levels, cuts, within(1e-15 * max(self.highest, 1e-300))))
        totals = np.add.reduceat(panels.integrals(at_levels(panels.nodes)), np.searchsorted(panels.edges, levels[:-1]))
        means = np.clip(totals * bins, at_levels(np.nextafter(levels[:-1], 1.0)), at_levels(levels[1:]))
        law = ValueLaw.from_atoms(means.tolist(), [Fraction(1, int(bins))] * int(bins))
        return replace(law, name=f"{self.name}, in {bins} bins")


def _check_interval(low: float, high: float, allow_point: bool = False) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"the values lie in [{low}, {high}]: state finite bounds")
    if low < 0:
        raise InputError(
            f"values reach down to {low:.17g}: values must be at least zero (state below=0 to cut them off)"
        )
    if not (low < high or (allow_point and low == high)):
        raise InputError(f"the values lie in [{low:.17g}, {high:.17g}]: the upper end must exceed the lower")
