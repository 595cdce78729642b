"""Past values from a CSV file: every row is used or skipped with a reason, and none is guessed at."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from robustmech.errors import InputError
from robustmech.problems.binning import EmpiricalLaw, empirical_law, equally_likely_bins
from robustmech.problems.reading import one_line, read_text, shown
from robustmech.problems.records import split_records

_AMOUNT = re.compile(
    r"(?P<sign>[-−])?\s*(?P<leading>[$€£¥])?\s*(?P<inner>[-−])?"
    r"(?P<digits>[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"
    r"|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)"
    r"\s*(?P<trailing>[$€£¥])?"
)
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """What was done with one row of a data file.

    Args:
        row: the record's number, counting the header as 1.
        text: the field as it stands in the file.
        value: the value that was read, exact; None if the row was skipped.
        reason: why the row was skipped; None if it was used.
    """

    row: int
    text: str
    value: Fraction | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReport:
    """What was read from a data file, row by row, and the law of values that it became.

    Args:
        file: the data file.
        column: the column that was read.
        rows: one report per row after the header, in the file's order.
        bins: the number of equally likely bins asked for; None for the empirical law as it is.
        law: the law of values that resulted.
    """

    file: Path
    column: str
    rows: tuple[RowReport, ...]
    bins: int | None
    law: EmpiricalLaw

    @property
    def used(self) -> int:
        """The number of rows whose value was used."""
        return sum(row.value is not None for row in self.rows)

    @property
    def skipped(self) -> int:
        """The number of rows that were skipped."""
        return len(self.rows) - self.used

    @property
    def distinct(self) -> int:
        """The number of different values among the rows used, before binning."""
        return len({row.value for row in self.rows if row.value is not None})


def read_values(path: Path | str, column: str, bins: int | None = None) -> DataReport:
    """Read one column of past values from a CSV file.

    Args:
        path: the file, UTF-8, fields separated by commas, with a header.
        column: the name of the column.
        bins: cut the empirical law into so many equally likely bins; None keeps it as it is.
    Raises:
        InputError: if the file cannot be read, the column is not there exactly once, a value is negative, no
            row is usable, or there are more bins than usable rows. The message names the file, and the row if
            one row is to blame.
    """
    path = Path(path)
    try:
        return _read_values(path, column, bins)
    except InputError as error:
        raise InputError(f"{one_line(str(path))}: {error}") from None


def _read_values(path: Path, column: str, bins: int | None) -> DataReport:
    records = list(split_records(read_text(path)))
    if not records or not any(field.strip() for field in records[0]):
        raise InputError("the first line is blank: it must name the columns")
    header = [field.strip() for field in records[0]]
    place = _column_place(header, column.strip())
    rows = tuple(_row(number, record, place, len(header)) for number, record in enumerate(records[1:], start=2))
    observations = [row.value for row in rows if row.value is not None]
    if not observations:
        first = f"row {rows[0].row} is {rows[0].reason}" if rows else "it has no rows"
        raise InputError(f"column {shown(column)} has no usable value ({first}): give at least one number")
    if bins is not None and not 1 <= bins <= len(observations):
        raise InputError(f"{shown(bins)} bins for {len(observations)} usable rows: ask for 1 to {len(observations)}")
    law = empirical_law(observations) if bins is None else equally_likely_bins(observations, bins)
    return DataReport(file=path, column=column, rows=rows, bins=bins, law=law)


def _column_place(header: Sequence[str], column: str) -> int:
    if header.count(column) == 1:
        return header.index(column)
    if column in header:
        raise InputError(f"column {shown(column)} is named {header.count(column)} times: rename all but one")
    nearest = difflib.get_close_matches(column, header, n=1, cutoff=0.5)
    if nearest:
        raise InputError(f"there is no column {shown(column)}: did you mean {shown(nearest[0])}?")
    hint = " (fields must be separated by commas)" if len(header) == 1 and re.search(r"[;\t]", header[0]) else ""
    listed = ", ".join(shown(name) for name in header[:10])
    raise InputError(f"there is no column {shown(column)}: the columns are {listed}{hint}")


def _row(number: int, record: Sequence[str], place: int, columns: int) -> RowReport:
    text = record[place] if place < len(record) else ""
    if any(field.strip() for field in record[columns:]):
        reason = f"{len(record)} fields where the header has {columns}"
        return RowReport(row=number, text=text, reason=reason)
    if not text.strip():
        return RowReport(row=number, text=text, reason="blank")
    value = _amount(text.strip())
    if value is None:
        return RowReport(row=number, text=text, reason=f"not a number: {shown(text.strip())}")
    if value < 0:
        raise InputError(f"row {number} has the negative value {shown(text.strip())}: values must be at least zero")
    return RowReport(row=number, text=text, value=value)


def _amount(text: str) -> Fraction | None:
    """The amount that a field states, exactly; None if it is anything but a plain number or amount."""
    match = _AMOUNT.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or (match["leading"] and match["trailing"]) or (match["sign"] and match["inner"]):
        return None
    amount = Fraction(match["digits"].replace(",", ""))
    return -amount if match["sign"] or match["inner"] else amount
