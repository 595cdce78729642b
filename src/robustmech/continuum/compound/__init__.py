"""The compound proportional auction of Brooks, Du & Feffer (2025), in a form without cancelling exponentials."""

from robustmech.continuum.compound.auction import CompoundProportional
from robustmech.continuum.compound.rounds import Rounds

__all__ = ["CompoundProportional", "Rounds"]
