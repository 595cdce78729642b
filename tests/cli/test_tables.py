"""Tables in a terminal: one number of decimals in a column, columns in line."""

import pytest

from robustmech.cli.tables import column, padded, table


@pytest.mark.parametrize(
    ("numbers", "least", "expected"),
    [
        ([110.1264, 614.2, 1221.12], 2, ["110.126", "614.200", "1,221.120"]),
        ([640.0, 42.0 + 2 / 3], 0, ["640.0000", "42.6667"]),
        ([1.0, 0.00050025], 0, ["1.0000000", "0.0005003"]),
        ([58489353.6, 233957414.5], 0, ["58,489,354", "233,957,414"]),
        ([428001031.533, 1.0], 2, ["428,001,031.53", "1.00"]),
        ([0.0, None, 3.0], 0, ["0.000000", "–", "3.000000"]),
        ([0.0, None], 2, ["0.00", "–"]),
        ([-0.25, 12.5], 0, ["-0.25000", "12.50000"]),
        ([1.0, 1e-40], 0, ["1.0000000000", "0.0000000000"]),
        ([], 0, []),
    ],
)
def test_a_column_has_one_number_of_decimals(numbers: list[float | None], least: int, expected: list[str]) -> None:
    assert column(numbers, least=least) == expected


def test_bids_are_padded_and_fractions_left() -> None:
    assert padded(["1", "0.5", "2.25"]) == ["1.00", "0.50", "2.25"]
    assert padded(["1", "20"]) == ["1", "20"]
    assert padded(["1/3", "0.5", "1"]) == ["1/3", "0.5", "1.0"]
    assert padded([]) == []


def test_columns_are_in_line_however_long_their_entries() -> None:
    lines = table(["bidder", "payment of a long currency"], [["Ann", "1.00"], ["a long name", "20.00"]])
    assert lines[1] == "Ann" + " " * 33 + "1.00"
    assert len({len(line) for line in lines}) == 1
    assert table(["bidder", "lots"], [["Ann", ""]])[1] == "Ann"
