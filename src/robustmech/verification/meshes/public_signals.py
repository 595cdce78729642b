"""Information without transfers that is public: finitely many signals, and multipliers on participation at each."""

from dataclasses import dataclass
from fractions import Fraction

from robustmech.verification.checks import Flaw
from robustmech.verification.enclosure import enclosed, nearly
from robustmech.verification.fields import exact_sequence, record, sequence
from robustmech.verification.meshes.axis import check_count
from robustmech.verification.meshes.nodes import Block, Nodes, Term
from robustmech.verification.problem import Problem
from robustmech.verification.rows import places

_MOST_BITS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSignals:
    """For each agent its multiplier at each signal, at least zero."""

    multipliers: tuple[tuple[Fraction, ...], ...]

    @property
    def laws(self) -> int:
        """One for each signal."""
        return len(self.multipliers[0])

    def nodes(self) -> Nodes:
        """The signals themselves: the virtual value is the law times the multiplier."""
        return enclosed(self._nodes)

    def _nodes(self, unit: int) -> Nodes:
        own = places(range(self.laws))
        mass = nearly([Fraction(1, self.laws)] * self.laws, unit)
        virtual = tuple((Term(laws=own, coefficient=nearly(agent, unit)),) for agent in self.multipliers)
        return Nodes(laws=self.laws, blocks=(Block(mass=mass, value=own, virtual=virtual),), own_masses=mass)


def parse_public_signals(value: object, where: str, problem: Problem) -> PublicSignals:
    """The signals that a certificate's `discretisation` describes."""
    fields = record(value, where, {"kind", "multipliers"})
    if problem.transfers:
        raise Flaw(f"{where}: only for problems without transfers")
    lists = sequence(fields["multipliers"], f"{where}.multipliers", problem.agents)
    first = len(sequence(lists[0], f"{where}.multipliers[0]"))
    check_count(first * problem.agents, where, "multipliers")
    if first == 0:
        raise Flaw(f"{where}.multipliers[0]: there must be a signal")
    found = tuple(exact_sequence(own, f"{where}.multipliers[{agent}]", first) for agent, own in enumerate(lists))
    for agent, own in enumerate(found):
        for signal, multiplier in enumerate(own):
            name = f"{where}.multipliers[{agent}][{signal}]"
            if multiplier < 0:
                raise Flaw(f"{name}: a multiplier on participation must be at least zero")
            if max(multiplier.numerator.bit_length(), multiplier.denominator.bit_length()) > _MOST_BITS:
                raise Flaw(f"{name}: has more than {_MOST_BITS} bits")
    return PublicSignals(multipliers=found)
