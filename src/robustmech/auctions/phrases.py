"""Numbers and names as people write them."""

from collections.abc import Sequence

EXISTENCE = "That there is an equilibrium is assumed: for bids that may be any number it is not proved."
_MOST_NAMED = 6
_LARGEST_SHORT = 1e6


def number_of(count: int, what: str) -> str:
    """A number of things: 1 lot, 1,000 lots."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def plain(size: float) -> str:
    """A number in six digits, or to the whole where that is more: never as a power of ten for being large."""
    return f"{size:,.6g}" if abs(size) < _LARGEST_SHORT else f"{size:,.0f}"


def listed(names: Sequence[str]) -> str:
    """A few names, or how many bidders there are."""
    return ", ".join(names) if len(names) <= _MOST_NAMED else number_of(len(names), "bidder")


def same_value(bidders: int, law: str) -> str:
    """That all bidders have the same value of a lot, of known law."""
    whose = "" if bidders == 1 else f" is the same for all {bidders} bidders and"
    return f"the value of a lot{whose} has {law}"
