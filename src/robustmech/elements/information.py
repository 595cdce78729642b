"""Information with real signals, as the upper program in the continuum returns it."""

from dataclasses import dataclass

import numpy as np

from robustmech.elements.meshes import InformationMesh
from robustmech.errors import InputError, ShapeError
from robustmech.model import Environment, ExactLaw, FloatArray, RationalArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExponentialInformation:
    r"""A joint law of real signals and the state, whose law of the state is exact.

    With transfers signals are independent exponentials, and the law of the state given the signals interpolates the
    laws at the mesh's rows, mixed with weight ε with the law ν that makes the law of the state exactly
    ``law.state_law``. Without transfers the density of signals and state is what is interpolated, relative to
    independent exponentials, or for share densities to the uniform law on sums up to the last breakpoint.

    Args:
        mesh: where laws are given and how they are interpolated.
        law: the joint law of rows and states.
    Source: Brooks & Du (2025), Proposition 1, for the potential; derived for these meshes in docs/sharp-bounds.md.
    """

    mesh: InformationMesh
    law: ExactLaw

    @property
    def agents(self) -> int:
        """The number of agents."""
        return self.mesh.agents

    @property
    def state_law(self) -> RationalArray:
        """The law of the state, exact, shape (states,)."""
        return self.law.state_law

    def density(self, signals: FloatArray) -> FloatArray:
        """The joint density of signals and state, rounded: (…, states) for signals (…, agents)."""
        array = np.asarray(signals, dtype=np.float64)
        if array.ndim == 0 or array.shape[-1] != self.agents:
            raise ShapeError(f"signals have shape {array.shape}: expected one per agent, (…, {self.agents})")
        if not np.all(np.isfinite(array) & (array >= 0)):
            raise InputError("signals must be finite and at least zero")
        conditional = self.law.joint / self.law.mass[:, None]
        found = self.mesh.weights(array.reshape(-1, self.agents)) @ conditional
        density: FloatArray = found.reshape(*array.shape[:-1], conditional.shape[1])
        return density

    def posterior(self, signals: FloatArray) -> FloatArray:
        """The law of the state given the signals, shape (…, states); NaN where signals have no density."""
        density = self.density(signals)
        total = density.sum(axis=-1, keepdims=True)
        posterior: FloatArray = np.full_like(density, np.nan)
        np.divide(density, total, out=posterior, where=total > 0)
        return posterior

    def interim_values(self, environment: Environment, signals: FloatArray) -> FloatArray:
        """Expected utility of each agent's own decisions given the signals, shape (agents, goods, …)."""
        return environment.own_values(self.posterior(signals))
