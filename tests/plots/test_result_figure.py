"""The figure of a solution: four titled panels under a bracket that is still proved, in the same bytes each time."""

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotted_solutions import common_value, large_numbers, outcomes, public_expenditure, trade, unequal_grids

import robustmech as rm
from robustmech.plots import result_figure, result_png


def titles(figure: Figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def panel_words(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def chunks(png: bytes) -> dict[bytes, bytes]:
    """The chunks of a PNG file by name, their checksums checked."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found: dict[bytes, bytes] = {}
    place = 8
    while place < len(png):
        size, name = struct.unpack(">I4s", png[place : place + 8])
        body = png[place + 8 : place + 8 + size]
        assert struct.unpack(">I", png[place + 8 + size : place + 12 + size]) == (zlib.crc32(name + body),)
        found[name] = found.get(name, b"") + body
        place += 12 + size
    return found


@pytest.mark.parametrize(
    ("solve", "third"),
    [
        (lambda: common_value(1, 12), "Transfer from bidder 1"),
        (lambda: common_value(2, 8), "Transfer from bidder 1"),
        (lambda: common_value(3, 5), "Transfer from bidder 1"),
        (unequal_grids, "Transfer from bidder 1"),
        (large_numbers, "Transfer from bidder 1"),
        (lambda: outcomes(3), "Transfer from agent 1"),
        (public_expenditure, "Own decision of agent 1"),
        (trade, "Decision: “trade at"),
    ],
)
def test_four_titled_panels(solve: Callable[[], rm.Solution], third: str) -> None:
    names = titles(result_figure(solve()))
    assert len(names) == 4
    assert names[2].startswith(third)
    assert names[3].startswith("Interim expected")


@pytest.mark.parametrize("solve", [lambda: common_value(1, 12), lambda: common_value(3, 5), public_expenditure])
def test_a_small_valid_file_without_metadata(solve: Callable[[], rm.Solution]) -> None:
    png = result_png(solve())
    parts = chunks(png)
    assert struct.unpack(">II", parts[b"IHDR"][:8]) == (1200, 1080)
    assert set(parts) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}
    assert len(zlib.decompress(parts[b"IDAT"])) == 1080 * (1 + 4 * 1200)
    assert len(png) < 500_000


def test_same_solution_same_bytes() -> None:
    assert result_png(unequal_grids()) == result_png(unequal_grids())


def test_a_missing_side_says_so() -> None:
    solution = common_value(2, 8)
    panels = result_figure(replace(solution, lower=None)).axes[:4]
    assert [panel_words(axes) for axes in panels[:3]] == [["not solved"]] * 3
    assert "not solved" not in panel_words(panels[3])
    panels = result_figure(replace(solution, upper=None)).axes[:4]
    assert panel_words(panels[3]) == ["not solved"]
    assert all("not solved" not in panel_words(axes) for axes in panels[:3])
    panels = result_figure(replace(solution, lower=None, upper=None)).axes
    assert [panel_words(axes) for axes in panels] == [["not solved"]] * 4


@pytest.mark.parametrize("scale", [1.0, 1e-7, 3e4, 2e9])
def test_the_printed_bracket_is_still_proved(scale: float) -> None:
    solution = common_value(2, 8)
    assert solution.lower is not None
    assert solution.upper is not None
    low, high = scale * solution.lower.value, scale * solution.upper.value
    scaled = replace(solution, lower=replace(solution.lower, value=low), upper=replace(solution.upper, value=high))
    words = result_figure(scaled).get_suptitle()
    first, second = words.split(", ")
    printed_low = Fraction(first.removeprefix("guarantee ≥ "))
    printed_high = Fraction(second.removeprefix("potential ≤ "))
    assert Fraction(low) * Fraction(9999, 10000) < printed_low <= Fraction(low)
    assert Fraction(high) <= printed_high < Fraction(high) * Fraction(10001, 10000)


@pytest.mark.parametrize(("value", "words"), [(0.0, "≥ 0.0000"), (-0.25, "≥ -0.25000"), (float("-inf"), "≥ -Infinity")])
def test_a_bracket_of_one_side(value: float, words: str) -> None:
    solution = common_value(2, 8)
    assert solution.lower is not None
    one = replace(solution, lower=replace(solution.lower, value=value), upper=None)
    assert result_figure(one).get_suptitle() == f"guarantee {words}, potential not solved"


def test_grids_are_named() -> None:
    assert "grids: published 4 × quantile 9" in result_figure(unequal_grids()).get_supxlabel()
    assert result_figure(common_value(2, 8)).get_supxlabel().endswith("grid: quantile 8")


def test_pyplot_is_never_loaded_and_matplotlib_only_here() -> None:
    program = (
        "import sys, robustmech; assert 'matplotlib' not in sys.modules;"
        "import robustmech.plots; assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
