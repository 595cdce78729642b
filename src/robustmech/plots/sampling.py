"""Rules for real bids and information with real signals, sampled for pictures."""

import numpy as np

from robustmech.elements import ExponentialInformation, PiecewiseLinearMechanism
from robustmech.model import (
    MECHANISM_DENOMINATOR,
    Environment,
    ExactLaw,
    FloatArray,
    Grid,
    InformationStructure,
    Mechanism,
)

_FAR = 5.0
_MOST = {1: 200, 2: 61}
_FEW = 15


def picture_grid(agents: int) -> Grid:
    """A grid whose actions lie evenly from 0 to where one in e^5 lies beyond: a geometric law."""
    actions = _MOST.get(agents, _FEW)
    step = _FAR / (actions - 1)
    weights = [step * (1 - step) ** j for j in range(actions - 1)]
    grid = Grid.from_weights([*weights, (1 - step) ** (actions - 1)])
    return Grid(weights=grid.weights, name="sample")


def sampled_mechanism(mechanism: Mechanism | PiecewiseLinearMechanism) -> Mechanism:
    """A finite mechanism as it is; a rule for real bids at the bids of a picture's grid."""
    if isinstance(mechanism, Mechanism):
        return mechanism
    grid = picture_grid(mechanism.agents)
    bids = _profiles(grid, mechanism.agents)
    transfers = None if mechanism.growth is None else np.moveaxis(mechanism.transfers(bids), -1, 0)
    return Mechanism(
        grids=(grid,) * mechanism.agents,
        decision_counts=np.rint(mechanism.decide(bids) * MECHANISM_DENOMINATOR).astype(np.int64),
        transfers=transfers,
        decision_names=mechanism.decision_names,
    )


def sampled_information(
    information: InformationStructure | ExponentialInformation, environment: Environment
) -> InformationStructure:
    """A finite information structure as it is; one with real signals at the signals of a picture's grid."""
    if isinstance(information, InformationStructure):
        return information
    grid = picture_grid(information.agents)
    density = np.maximum(information.density(_profiles(grid, information.agents)), 0.0)
    density = _without_peak(density.reshape(-1, environment.states))
    counts = np.rint(density * 2**40).astype(np.int64)
    law = ExactLaw(
        counts=counts,
        mass=np.ones(counts.shape[0]),
        denominator=2**40,
        mixture=information.law.mixture * 0,
        correction=information.law.correction,
        product_signals=True,
        state_law=information.state_law,
    )
    return InformationStructure.on((grid,) * information.agents, law)


def _without_peak(density: FloatArray) -> FloatArray:
    """A density that may be unbounded at the origin, the first profile, made no larger than elsewhere, at most one."""
    total = density.sum(axis=1, keepdims=True)
    largest = max(1.0, float(total[1:].max()))
    found: FloatArray = density / np.maximum(total, largest)
    return found


def _profiles(grid: Grid, agents: int) -> FloatArray:
    return np.stack(np.meshgrid(*[grid.positions] * agents, indexing="ij"), axis=-1)
