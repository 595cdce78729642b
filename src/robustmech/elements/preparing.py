"""What is prepared once for a function and then used for any number of bids."""

import weakref
from collections.abc import Callable

from robustmech.model import FloatArray

Payments = Callable[[FloatArray], FloatArray]
"""From bids (bids, agents) to what agents pay."""

_PREPARED: dict[int, tuple[object, Payments]] = {}


def prepared(mesh: object, growth: FloatArray, prepare: Callable[[FloatArray], Payments]) -> Payments:
    """``prepare(growth)``, kept as long as the array is; anew each time for an array that can still be written to.

    Args:
        mesh: whose Ξ it is.
        growth: the parts of Ξ.
        prepare: what to do with them; its result must not hold on to the array.
    """
    if growth.flags.writeable:
        return prepare(growth)
    kept = _PREPARED.get(id(growth))
    if kept is None or kept[0] is not mesh:
        if kept is None:
            weakref.finalize(growth, _PREPARED.pop, id(growth), None).atexit = False
        kept = _PREPARED[id(growth)] = (mesh, prepare(growth))
    return kept[1]
