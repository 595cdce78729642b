"""Brackets, closed forms on grids, and the closed form in one picture."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from robustmech.errors import InputError
from robustmech.plots import NumbersOnGrid, closed_form_overlay

EXAMPLE = Path(__file__).parents[2] / "examples" / "closed_form_overlay.py"
NUMBERS = [
    NumbersOnGrid(actions=8, lower=0.22, upper=0.30, guarantee=0.21, potential=0.33),
    NumbersOnGrid(actions=4, lower=0.19, upper=0.32, guarantee=0.18),
]


def test_every_number_is_drawn_where_it_belongs() -> None:
    axes = closed_form_overlay(Figure().subplots(), NUMBERS, 0.27, title="two bidders")
    drawn = {str(line.get_label()): line for line in axes.lines}
    assert np.asarray(drawn["upper value"].get_xydata()).tolist() == [[4, 0.32], [8, 0.30]]
    assert np.asarray(drawn["lower value"].get_xydata()).tolist() == [[4, 0.19], [8, 0.22]]
    assert np.asarray(drawn["guarantee of its rule on the grid"].get_xydata()).tolist() == [[4, 0.18], [8, 0.21]]
    assert np.asarray(drawn["potential of its information on the grid"].get_xydata()).tolist() == [[8, 0.33]]
    assert set(np.asarray(drawn["closed form, 0.27"].get_ydata()).tolist()) == {0.27}
    assert axes.get_title() == "two bidders"


def test_numbers_that_were_not_computed_are_left_out() -> None:
    axes = closed_form_overlay(Figure().subplots(), [NumbersOnGrid(actions=4, lower=0.1, upper=0.3)], 0.2)
    assert [str(line.get_label()) for line in axes.lines] == ["upper value", "lower value", "closed form, 0.2"]


def test_numbers_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"lower is 0\.3 and upper 0\.2"):
        NumbersOnGrid(actions=4, lower=0.3, upper=0.2)
    with pytest.raises(InputError, match=r"guarantee is 0\.4 and upper 0\.3"):
        NumbersOnGrid(actions=4, lower=0.2, upper=0.3, guarantee=0.4)
    with pytest.raises(InputError, match="at least two"):
        NumbersOnGrid(actions=1, lower=0.2, upper=0.3)
    with pytest.raises(InputError, match="one for each number"):
        closed_form_overlay(Figure().subplots(), [NUMBERS[0]] * 2, 0.27)
    with pytest.raises(InputError, match="at least one"):
        closed_form_overlay(Figure().subplots(), [], 0.27)


@pytest.mark.parametrize(("model", "closed_form"), [("common_value", 0.272069), ("known_means", 0.270907)])
def test_the_example_straddles_the_closed_form(model: str, closed_form: float) -> None:
    """Published closed forms; every certified number on its own side, and nearer with more actions."""
    numbers, found = runpy.run_path(str(EXAMPLE))[model]((4, 8))
    assert found == pytest.approx(closed_form, abs=5e-7)
    for entry in numbers:
        assert max(entry.lower, entry.guarantee) < found < min(entry.upper, entry.potential)
    few, more = numbers
    assert few.guarantee < more.guarantee
    assert few.potential > more.potential


def test_the_example_writes_its_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = runpy.run_path(str(EXAMPLE))
    monkeypatch.setitem(example["main"].__globals__, "ACTIONS", (3, 4))
    monkeypatch.setattr(sys, "argv", ["closed_form_overlay.py", str(tmp_path / "a.png")])
    example["main"]()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
