"""The particulars of a sale that the seller chooses: what is sold, to whom, in what currency, rounded how."""

from collections.abc import Sequence

from robustmech.auctions.rounding import Rounding
from robustmech.errors import InputError
from robustmech.problems.reading import shown

_LONGEST_NAME, _LONGEST_TEXT = 100, 300


def require_particulars(
    *,
    names: Sequence[str],
    bidders: int,
    title: str,
    currency: str,
    lots: int,
    minor_digits: int,
    rounding: Rounding,
    seed: str,
) -> None:
    """Refuse what no auction file may say, whether it is to be written or was read.

    Args:
        names: the bidders' names.
        bidders: how many bidders there are.
        title: what is sold.
        currency: what values and payments are counted in.
        lots: the number of indivisible lots.
        minor_digits: decimals of the currency's smallest coin.
        rounding: how shares become whole lots.
        seed: words that enter the lottery's draw.
    Raises:
        InputError: one line that says which cannot be, and the mend.
    """
    if len(names) != bidders:
        raise InputError(f"{len(names)} names for {bidders} bidders: give each bidder a name of its own")
    require_distinct(names)
    for name in names:
        _require_text(name, "a bidder's name", _LONGEST_NAME)
    _require_text(title, "the title", _LONGEST_TEXT)
    _require_text(currency, "the currency", _LONGEST_NAME)
    if not 1 <= lots <= 10**12:
        raise InputError(f"lots is {lots}: give a whole number from 1 to 10^12")
    if not 0 <= minor_digits <= 6:
        raise InputError(f"minor_digits is {minor_digits}: give a whole number from 0 to 6")
    if seed:
        _require_text(seed, "the seed", _LONGEST_TEXT)
    if rounding not in ("lottery", "remainders"):
        raise InputError(f"rounding is {shown(rounding)}: choose 'lottery' or 'remainders'")
    if seed and rounding != "lottery":
        raise InputError("a seed is for the lottery: leave it out where lots are rounded by remainders")


def require_distinct(names: Sequence[str]) -> None:
    """Refuse names of which two are the same.

    Raises:
        InputError: one line with the name.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"two bidders have the same name {shown(name)}: give each bidder a name of its own")
        seen.add(name)


def _require_text(text: str, what: str, longest: int) -> None:
    if not text.strip() or text != text.strip() or not text.isprintable() or len(text) > longest:
        raise InputError(f"{what} is {shown(text)}: give one line of 1 to {longest} characters, no blanks at its ends")
