"""What was done with the rows of a data file, in a few lines however many rows there are."""

from pathlib import Path

import pytest

from robustmech.problems.history import read_values
from robustmech.report import data_lines


def lines(folder: Path, fields: list[str], bins: int | None = None) -> list[str]:
    file = folder / "sales.csv"
    file.write_text("lot,price\n" + "".join(f"{number},{field}\n" for number, field in enumerate(fields)))
    return data_lines(read_values(file, "price", bins))


def test_all_rows_used(tmp_path: Path) -> None:
    assert lines(tmp_path, ["1", "2", "2"]) == [
        "sales.csv, column price: 3 rows used, 0 skipped; the empirical law as it is, 2 distinct values"
    ]


def test_bins(tmp_path: Path) -> None:
    (line,) = lines(tmp_path, ["1", "2", "3", "4"], bins=2)
    assert line == "sales.csv, column price: 4 rows used, 0 skipped; 2 equally likely bins, 2 distinct values"


def test_skipped_rows_are_named_with_their_reasons(tmp_path: Path) -> None:
    found = lines(tmp_path, ["1", "", "n/a", "2", '"1,00"'])
    assert found[0].startswith("sales.csv, column price: 2 rows used, 3 skipped; ")
    assert found[1:] == [
        "  row 3 skipped: blank",
        "  row 4 skipped: not a number: 'n/a'",
        "  row 6 skipped: not a number: '1,00'",
    ]


@pytest.mark.parametrize("skipped", [8, 9, 1000])
def test_many_skipped_rows_are_counted_by_reason(tmp_path: Path, skipped: int) -> None:
    found = lines(tmp_path, ["5"] + ["" if row % 2 else "n/a" for row in range(skipped)])
    assert found[0].startswith(f"sales.csv, column price: 1 rows used, {skipped} skipped; ")
    assert [line.split()[1] for line in found[1:9]] == [str(row) for row in range(3, 11)]
    rest = skipped - 8
    if rest == 0:
        assert len(found) == 9
    elif rest == 1:
        assert found[9:] == ["  and 1 more: not a number"]
    else:
        assert found[9:] == [f"  and {rest // 2} more: not a number, {rest // 2} more: blank"]


def test_no_line_holds_a_line_break(tmp_path: Path) -> None:
    found = lines(tmp_path, ["1", '"two\nlines"', '"\x1b[31mred"'])
    assert all(line.isprintable() for line in found)
    assert len(found) == 3
