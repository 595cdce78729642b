"""Reading numbers exactly."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustmech import InputError, ShapeError
from robustmech.model import floats, rational, rationals

GOOD: list[tuple[Any, Fraction]] = [
    (0, Fraction(0)),
    (-7, Fraction(-7)),
    (10**60, Fraction(10**60)),
    (0.1, Fraction(3602879701896397, 36028797018963968)),
    (-0.0, Fraction(0)),
    (Fraction(1, 3), Fraction(1, 3)),
    (Decimal("0.1"), Fraction(1, 10)),
    (Decimal("1E+3"), Fraction(1000)),
    (np.float64(0.5), Fraction(1, 2)),
    (np.float32(0.25), Fraction(1, 4)),
    (np.int64(5), Fraction(5)),
    (np.uint8(5), Fraction(5)),
    ("1/3", Fraction(1, 3)),
    ("-2/6", Fraction(-1, 3)),
    ("+0.25", Fraction(1, 4)),
    (".5", Fraction(1, 2)),
    ("3.", Fraction(3)),
    ("2e-3", Fraction(1, 500)),
    ("1E2", Fraction(100)),
    ("  7 ", Fraction(7)),
    ("0/5", Fraction(0)),
    ("1e60", Fraction(10**60)),
    ("0." + "0" * 50 + "1", Fraction(1, 10**51)),
]

BAD: list[Any] = [
    None, True, np.bool_(False), 1j, [], {}, b"1", pytest.param(object(), id="object"),
    float("nan"), float("inf"), -float("inf"), np.float64("nan"), Decimal("NaN"), Decimal("Infinity"),
    "", " ", "x", "nan", "inf", "1/0", "1/-3", "1.5/2", "1/2.5", "1e2/3", "1 / 3", "1,000", "$5", "0x10", "1_000",
    "--1", "1/2/3", "1e", "e5", ".", "1e5000000", "1e-5000000", "1e61", "9" * 61, "1/" + "9" * 60,
    10**61, -(10**61), Fraction(1, 10**61), 1e61, 1e-61, 5e-324, Decimal("1e5000000"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "exact"), GOOD, ids=repr)
def test_numbers_are_read_exactly(written: Any, exact: Fraction) -> None:
    found = rational(written)
    assert type(found) is Fraction
    assert found == exact


@pytest.mark.parametrize("written", BAD, ids=lambda written: repr(written)[:30])
def test_other_things_are_refused_in_one_line_that_names_the_place(written: Any) -> None:
    with pytest.raises(InputError) as refused:
        rational(written, "prior[3]")
    message = str(refused.value)
    assert message.startswith("prior[3]")
    assert "\n" not in message
    assert len(message) < 150


@given(st.fractions(max_denominator=10**9).filter(lambda f: f == 0 or 1e-50 < abs(f) < 1e50))
def test_written_fractions_come_back(number: Fraction) -> None:
    assert rational(str(number)) == number
    assert rational(number) == number


@given(st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x == 0 or 1e-50 < abs(x) < 1e50))
def test_floats_are_taken_at_their_binary_value(number: float) -> None:
    assert float(rational(number)) == number
    assert float(rational(repr(number))) == number  # the shortest decimal reads back to the same double


def test_arrays_keep_their_shape_and_cannot_be_written_to() -> None:
    table = rationals([["1/3", 0.5], [2, Fraction(1, 7)]])
    assert table.tolist() == [[Fraction(1, 3), Fraction(1, 2)], [Fraction(2), Fraction(1, 7)]]
    assert rationals("0.25").shape == ()
    assert rationals([]).shape == (0,)
    assert rationals(np.arange(6).reshape(1, 2, 3)).shape == (1, 2, 3)
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = Fraction(0)
    rounded = floats(table)
    assert rounded.dtype == np.float64
    assert rounded.tolist() == [[1 / 3, 0.5], [2.0, 1 / 7]]
    with pytest.raises(ValueError, match="read-only"):
        rounded[0, 0] = 0.0


def test_an_array_names_the_place_of_what_is_wrong() -> None:
    with pytest.raises(InputError, match=r"values\[1, 0\] 'x' is not a finite number"):
        rationals([[1, 2], ["x", 3]], "values")
    with pytest.raises(InputError, match=r"^cost is nan"):
        rationals(float("nan"), "cost")
    with pytest.raises(ShapeError, match="values has rows of different lengths"):
        rationals([[1, 2], [3]], "values")
    with pytest.raises(ShapeError, match="values has rows of different lengths"):
        rationals([[[1], [2]], [[3], 4]], "values")
