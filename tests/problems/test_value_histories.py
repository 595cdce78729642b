"""CSV files: what is read, what is skipped, and what stops the reading."""

from fractions import Fraction
from pathlib import Path

import pytest

from robustmech.errors import InputError
from robustmech.problems import DataReport, RowReport, read_values


def read(folder: Path, content: str | bytes, column: str = "price", bins: int | None = None) -> DataReport:
    path = folder / "past.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_values(path, column, bins)


READ = {
    "5": 5,
    "0": 0,
    "00.50": Fraction(1, 2),
    ".5": Fraction(1, 2),
    "  7.25\t": Fraction(29, 4),
    "\xa07\xa0": 7,
    "$1022.30": Fraction(102230, 100),
    '"$1,022.30 "': Fraction(102230, 100),
    ' "1,022.30" ': Fraction(102230, 100),
    '"1,022,000"': 1022000,
    "£5": 5,
    "5 €": 5,
    "5€": 5,
    "¥ 500": 500,
    "1.3E+03": 1300,
    "25e-1": Fraction(5, 2),
    "-0.00": 0,
}
SKIPPED = (
    "n/a",
    '"1.022,30"',
    '"10,22"',
    '"0,123"',
    '"1,0223"',
    '"1022,300"',
    '",123"',
    "1.2.3",
    "5.",
    "1e300",
    "e3",
    "12%",
    "(5)",
    "+5",
    "1 000",
    "$5$",
    "$$5",
    "--5",
    "USD 5",
    "nan",
    "inf",
    "0x10",
    "1/3",
    "1_000",
    "٣",
    "9" * 61,
    '"a ""quoted"" word"',
    '"two\nlines"',
)


@pytest.mark.parametrize("field", READ)
def test_amounts(tmp_path: Path, field: str) -> None:
    report = read(tmp_path, f"lot,price\na,{field}\n")
    assert [row.value for row in report.rows] == [READ[field]]
    assert (report.used, report.skipped) == (1, 0)


@pytest.mark.parametrize("field", SKIPPED)
def test_text_is_not_guessed_at(tmp_path: Path, field: str) -> None:
    report = read(tmp_path, f"price\n{field}\n1\n")
    skipped, used = report.rows
    assert skipped.row == 2
    assert skipped.value is None
    assert skipped.reason is not None
    assert skipped.reason.startswith("not a number: ")
    assert skipped.reason.isprintable()
    assert used == RowReport(row=3, text="1", value=Fraction(1))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark(tmp_path: Path, end: str, last: bool, mark: bytes) -> None:
    text = end.join(["price,month", "$1.50 ,May", '"$1,000 ",June', "", ",July", "2,"]) + end * last
    report = read(tmp_path, mark + text.encode())
    assert [(row.row, row.value, row.reason) for row in report.rows] == [
        (2, Fraction(3, 2), None),
        (3, Fraction(1000), None),
        (4, None, "blank"),
        (5, None, "blank"),
        (6, Fraction(2), None),
    ]


def test_rows_of_another_length(tmp_path: Path) -> None:
    report = read(tmp_path, "price,month\n$1,022.30,May\n7\n3,May,,\n", "price")
    assert [row.value for row in report.rows] == [None, 7, 3]
    assert report.rows[0].reason == "3 fields where the header has 2"
    assert [row.reason for row in read(tmp_path, "month,price\nMay\nMay,1\n").rows] == ["blank", None]


def test_quoted_header_with_comma_blanks_and_repeats_elsewhere(tmp_path: Path) -> None:
    report = read(tmp_path, 'x,x," price, net "\n1,2,3\n', "price, net")
    assert [row.value for row in report.rows] == [3]


def test_law(tmp_path: Path) -> None:
    report = read(tmp_path, "price\n3\n1\n\n3\n4\n")
    assert list(report.law.values) == [1, 3, 4]
    assert report.law.probabilities == (Fraction(1, 4), Fraction(1, 2), Fraction(1, 4))
    assert (report.used, report.skipped, report.distinct, report.bins) == (4, 1, 3, None)
    assert (report.file, report.column) == (tmp_path / "past.csv", "price")


MISTAKES: dict[str, tuple[str | bytes, str, int | None, tuple[str, ...]]] = {
    "empty": (b"", "price", None, ("first line is blank",)),
    "blank first line": ("\nprice\n1\n", "price", None, ("first line is blank",)),
    "no such column": ("lot,pirce\n1,2\n", "price", None, ("no column 'price'", "did you mean 'pirce'?")),
    "columns unlike": ("a,b\n1,2\n", "price", None, ("no column 'price'", "'a', 'b'")),
    "semicolons": ("lot;price\n1;2\n", "price", None, ("no column 'price'", "lot;price")),
    "semicolons and unlike": ("a;bcdefghijk\n1;2\n", "price", None, ("separated by commas",)),
    "duplicated column": ("price, price\n1,2\n", "price", None, ("named 2 times",)),
    "no rows": ("price\n", "price", None, ("no usable value", "no rows")),
    "no usable row": ("price\nn/a\n\n", "price", None, ("no usable value", "row 2", "n/a")),
    "negative": ("price\n1\n-$5\n", "price", None, ("row 3", "'-$5'", "at least zero")),
    "negative inside": ("price\n$-5\n", "price", None, ("row 2", "'$-5'")),
    "negative with another minus": ("price\n−5\n", "price", None, ("row 2", "at least zero")),
    "more bins than rows": ("price\n1\nx\n2\n", "price", 3, ("3 bins for 2 usable rows", "1 to 2")),
    "no bins": ("price\n1\n", "price", 0, ("0 bins",)),
    "unterminated quote": ('price\n1\n"2\n3\n', "price", None, ("line 3", "never closed")),
    "text after a quote": ('price\n"2"x\n', "price", None, ("line 2", "text after a closing quote")),
    "NUL": (b"price\n1\n\0\n", "price", None, ("line 3", "NUL")),
    "cp1252": (b"price\n\x805\n", "price", None, ("not UTF-8", "0x80 on line 2", "save it again as UTF-8")),
    "UTF-16": ("price\n1\n".encode("utf-16"), "price", None, ("not UTF-8",)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_named(tmp_path: Path, name: str) -> None:
    content, column, bins, fragments = MISTAKES[name]
    with pytest.raises(InputError) as caught:
        read(tmp_path, content, column, bins)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(str(tmp_path / "past.csv"))
    for fragment in fragments:
        assert fragment in message


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"past.csv: there is no such file"):
        read_values(tmp_path / "past.csv", "price")
    with pytest.raises(InputError, match="is a folder"):
        read_values(str(tmp_path), "price")


def test_an_unterminated_quote_in_a_large_file_is_found_quickly(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2 opens a quote that is never closed"):
        read(tmp_path, 'price\n"' + '1""\n' * 200_000)
