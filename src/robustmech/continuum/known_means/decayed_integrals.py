"""Integrals of piecewise polynomials against a decaying exponential, for many rates of decay at once."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from robustmech.continuum.compound.piecewise import chebyshev_coefficients, chebyshev_points
from robustmech.model import FloatArray

DEGREE = 17
_COUNT = DEGREE + 1
_STEEP = 40.0  # decay over half a panel from which the equation is solved for the part without a boundary layer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecayedIntegrals:
    r"""K(r) = ∫_0^r e^{−ρ(r − x)} f(x) dx, or ∫_r^b e^{−ρ(x − r)} f(x) dx from the last break b, for several ρ ≥ 0.

    On a panel K' + ρK = f is solved by collocation at the Chebyshev points, as K + ρ∫K = K_0 + ∫f, which is well
    conditioned. Over a steep panel, the polynomial that satisfies the equation is taken and what is left of K_0
    decays exactly. Exact for polynomials on panels where K is one but for rounding: panels that start at r should
    not be much longer than r or the shortest 1/ρ.
    """

    responses: FloatArray  # (rates, panels, DEGREE + 2, DEGREE + 1): to the values, at the points and the far end
    carried: FloatArray  # (rates, panels, DEGREE + 2): what is left of the value at the near end
    upwards: bool

    @classmethod
    def over(cls, rates: FloatArray, breaks: FloatArray, upwards: bool = True) -> "DecayedIntegrals":
        """The integrals for these rates over the panels between the breaks, from the first up or from the last down."""
        lengths, which = np.unique(np.diff(breaks) if upwards else np.diff(breaks)[::-1], return_inverse=True)
        steepness = rates[:, None] * lengths / 2
        responses = np.empty((*steepness.shape, _COUNT + 1, _COUNT))
        carried = np.empty((*steepness.shape, _COUNT + 1))
        steep = steepness > _STEEP
        for chosen, solve in ((steep, _steep_panels), (~steep, _plain_panels)):
            if chosen.any():
                responses[chosen], carried[chosen] = solve(steepness[chosen])
        responses *= lengths[:, None, None] / 2
        responses, carried = responses[:, which], carried[:, which]
        return cls(responses=responses, carried=carried, upwards=upwards)

    def of(self, values: FloatArray) -> FloatArray:
        """K at the Chebyshev points, for values (rates, functions, panels, DEGREE + 1); one rate serves any number."""
        turned = values if self.upwards else values[..., ::-1, ::-1]
        found = np.matmul(
            np.swapaxes(turned, 1, 2), np.swapaxes(self.responses, 2, 3)
        )  # (rates, panels, functions, points)
        start = np.zeros((found.shape[0], found.shape[2], 1))
        for panel in range(found.shape[1]):
            found[:, panel] += start * self.carried[:, panel, None, :]
            start = found[:, panel, :, -1:]
        whole = np.swapaxes(found[..., :-1], 1, 2)
        return np.asarray(whole if self.upwards else whole[..., ::-1, ::-1])


def _matrices() -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """From values at the Chebyshev points of [−1, 1]: integrals from −1, slopes, and the values at both ends."""
    coefficients = chebyshev_coefficients(np.eye(_COUNT), axis=0)
    points = chebyshev_points(DEGREE)
    integral = np.stack([chebyshev.chebint(column, lbnd=-1) for column in coefficients.T], axis=1)
    slope = np.stack([chebyshev.chebder(column) for column in coefficients.T], axis=1)
    return (
        chebyshev.chebvander(np.append(points, 1.0), DEGREE + 1) @ integral,
        chebyshev.chebvander(points, DEGREE - 1) @ slope,
        chebyshev.chebvander(np.array([-1.0]), DEGREE)[0] @ coefficients,
        chebyshev.chebvander(np.array([1.0]), DEGREE)[0] @ coefficients,
    )


_INTEGRAL, _SLOPE, _NEAR, _FAR = _matrices()


def _plain_panels(steepness: FloatArray) -> tuple[FloatArray, FloatArray]:
    inside = _INTEGRAL[:-1]
    system = np.eye(_COUNT) + steepness[:, None, None] * inside
    solved = np.linalg.solve(
        system, np.broadcast_to(np.column_stack([inside, np.ones(_COUNT)]), (steepness.size, _COUNT, _COUNT + 1))
    )
    end = -steepness[:, None] * np.einsum("b,kba->ka", _INTEGRAL[-1], solved)
    end += np.append(_INTEGRAL[-1], 1.0)
    both = np.concatenate([solved, end[:, None]], axis=1)
    return both[..., :-1], both[..., -1]


def _steep_panels(steepness: FloatArray) -> tuple[FloatArray, FloatArray]:
    system = steepness[:, None, None] * np.eye(_COUNT) + _SLOPE
    polynomial = np.linalg.inv(system)
    everywhere = np.concatenate([polynomial, np.einsum("b,kba->ka", _FAR, polynomial)[:, None]], axis=1)
    layer = np.exp(-steepness[:, None] * (np.append(chebyshev_points(DEGREE), 1.0) + 1.0))
    return everywhere - layer[..., None] * np.einsum("b,kba->ka", _NEAR, polynomial)[:, None], layer
