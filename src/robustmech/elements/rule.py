"""A mechanism for real bids, as the lower program in the continuum returns it."""

from dataclasses import dataclass

from robustmech.elements.meshes import MechanismMesh
from robustmech.errors import InputError, ShapeError
from robustmech.model import MECHANISM_DENOMINATOR, EntryPayments, FloatArray, IntArray
from robustmech.model.profiles import checked_profiles


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PiecewiseLinearMechanism:
    r"""A mechanism whose actions are all non-negative real numbers.

    Args:
        mesh: where its values are given and how they are interpolated.
        decision_counts: decisions at the nodes in units of 2^−40, shape (*mesh.node_shape, decisions).
        growth: Ξ of the transfers beside entry payments, at the mesh's rows, with mean zero to rounding, or its parts
            for each agent (see the mesh's ``parts``); None without transfers.
        own_decisions: which decisions give something to each agent, shape (agents, goods), or None.
        decision_names: names of the decisions.
        entry_payments: what agents pay beside, given at the nodes as decisions are; None if there is nothing.
    Source: Brooks & Du (2025), Lemma 6, for the guarantee, which holds in every equilibrium; derived for these meshes
    in docs/sharp-bounds.md. That there is an equilibrium is assumed (section 5 there). Decisions and transfers are
    Lipschitz in the own action, as the proof needs.
    """

    mesh: MechanismMesh
    decision_counts: IntArray
    growth: FloatArray | None
    own_decisions: IntArray | None
    decision_names: tuple[str, ...] = ()
    entry_payments: EntryPayments | None = None

    def __post_init__(self) -> None:
        shape = self.mesh.node_shape
        if self.decision_counts.shape[:-1] != shape:
            raise ShapeError(f"decisions have shape {self.decision_counts.shape}: expected {shape} and the decisions")
        for array in (self.decision_counts, self.growth):
            if array is not None:
                array.setflags(write=False)

    @property
    def agents(self) -> int:
        """The number of agents."""
        return self.mesh.agents

    @property
    def bidders(self) -> int:
        """The number of agents, where they bid."""
        return self.agents

    @property
    def decisions(self) -> FloatArray:
        """Decisions at the nodes, shape (*mesh.node_shape, decisions); exact in doubles."""
        return self.decision_counts / MECHANISM_DENOMINATOR

    def decide(self, bids: FloatArray) -> FloatArray:
        """The probability (or quantity) of each decision at real bids, shape (…, decisions) for bids (…, agents)."""
        flat, shape = self._flat(bids)
        return self.mesh.interpolate(self.decisions, flat).reshape(*shape, self.decision_counts.shape[-1])

    def allocate(self, bids: FloatArray) -> FloatArray:
        """What each agent gets at real bids: shape (…, agents), or (…, agents, goods) with several goods.

        Raises:
            InputError: if decisions are not marked as agents' own.
        """
        if self.own_decisions is None:
            raise InputError("this mechanism does not allocate goods: its decisions are nobody's own; use decide(bids)")
        shares = self.decide(bids)[..., self.own_decisions]
        return shares[..., 0] if self.own_decisions.shape[1] == 1 else shares

    def transfers(self, bids: FloatArray) -> FloatArray:
        """What each agent pays at real bids, shape (…, agents); for action 0 the entry payments, if there are any.

        Raises:
            InputError: if the environment has no transfers.
        """
        if self.growth is None:
            raise InputError("this mechanism has no transfers")
        flat, shape = self._flat(bids)
        paid = self.mesh.transfers(self.growth, flat)
        if self.entry_payments is not None:
            paid = paid + self.mesh.interpolate(self.entry_payments.amounts, flat)
        return paid.reshape(*shape, self.agents)

    def _flat(self, bids: FloatArray) -> tuple[FloatArray, tuple[int, ...]]:
        array = checked_profiles(bids, self.agents, "agent")
        return array.reshape(-1, self.agents), array.shape[:-1]
