"""From a problem without a closed form to an auction file, and from bids to payments, through the command."""

import json
from pathlib import Path

import pytest

from cli.test_design_and_clear import command

PROBLEM = """
version = 1
title = "Two wells"
[auction]
bidders = 2
values = [0, 1]
dependence = "independent"
"""
FAST = ["--relative-gap", "0.1", "--quiet"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "wells.toml").write_text(PROBLEM)
    (tmp_path / "common.toml").write_text(PROBLEM.replace("independent", "common"))
    goods = "version = 1\n[auction]\nbidders = 2\n[[auction.state]]\nvalues = [[1, 2], [3, 4]]\nprobability = 1\n"
    (tmp_path / "goods.toml").write_text(goods)
    (tmp_path / "good.toml").write_text("version = 1\n[public_expenditure]\nagents = 2\nvalue = 3\n")
    (tmp_path / "bids.csv").write_text("bidder,bid\nAnn,1\nBob,0.52\n")
    (tmp_path / "history.csv").write_text("price\n1\n2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_a_problem_to_payments(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    design = ["design", "wells.toml", *FAST, "--names", "Ann,Bob", "--lots", 100, "--currency", "EUR"]
    assert command(monkeypatch, *design, "--out", "a.json", "--picture", "a.png") == 0
    said = capsys.readouterr().out
    content = json.loads((folder / "a.json").read_text())
    assert content["terms"]["kind"] == "solved"
    assert (content["title"], content["bidders"]) == ("Two wells", ["Ann", "Bob"])
    for part in (
        content["assumptions"],
        content["bid"],
        content["digest"],
        *content["rules"],
        "payment for all lots EUR",
    ):
        assert part in said
    assert "solved in" in said
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")
    for name in ("one.json", "two.json"):
        assert command(monkeypatch, "clear", "a.json", "bids.csv", "--out", name) == 0
    assert (folder / "one.json").read_bytes() == (folder / "two.json").read_bytes()
    found = json.loads((folder / "one.json").read_text())
    assert "payments are for bids and not for lots" in found["payment"]
    assert [line["price_per_lot"] for line in found["results"]] == [None, None]
    cents = [int(line["payment"].replace(".", "")) for line in found["results"]]
    assert sum(cents) == int(found["revenue"].replace(".", ""))
    assert found["lots_sold"] == sum(line["lots"] for line in found["results"]) <= found["lots_offered"] == 100


def test_what_if(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(monkeypatch, "design", "wells.toml", *FAST, "--names", "Ann,Bob", "--out", "a.json") == 0
    capsys.readouterr()
    questions = ["--what-if", "Bob=1", "--what-if", "Ann=0"]
    assert command(monkeypatch, "clear", "a.json", "bids.csv", *questions, "--json") == 0
    before, instead, _, nothing = json.loads(capsys.readouterr().out)["what_if"]
    assert (nothing["expected_payment"], nothing["price_per_lot"]) == (0, None)
    (folder / "bids.csv").write_text("bidder,bid\nAnn,1\nBob,1\n")
    assert command(monkeypatch, "clear", "a.json", "bids.csv", "--json") == 0
    line = json.loads(capsys.readouterr().out)["results"][1]
    assert instead["expected_lots"] == line["expected_lots"] > before["expected_lots"]
    assert abs(instead["expected_payment"] - float(line["payment"])) <= 0.005
    assert command(monkeypatch, "clear", "a.json", "bids.csv", *questions) == 0
    said = capsys.readouterr().out.splitlines()
    assert "charge" in said[0]
    assert len(said) == 5


def test_increments(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A bid between two steps is cleared as the lower one; the file says what the steps cost."""
    design = ["design", "wells.toml", *FAST, "--names", "Ann,Bob", "--increment", "0.05", "--out", "a.json"]
    assert command(monkeypatch, *design) == 0
    content = json.loads((folder / "a.json").read_text())
    assert content["terms"]["increment"] == "1/20"
    assert "bids in steps of 0.05 cost" in content["assumptions"]
    assert "bids in steps of 0.05 cost" in capsys.readouterr().out
    results = []
    for bob in ("0.52", "0.5"):
        (folder / "bids.csv").write_text(f"bidder,bid\nAnn,1\nBob,{bob}\n")
        assert command(monkeypatch, "clear", "a.json", "bids.csv", "--json") == 0
        results.append(json.loads(capsys.readouterr().out)["results"])
    for one, two in zip(*results, strict=True):
        assert (one["share"], one["payment"]) == (two["share"], two["payment"])


def test_a_closed_form_is_taken_unless_solving_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = []
    for options in ([], ["--solve"], FAST):
        assert command(monkeypatch, "design", "common.toml", *options, "--out", "a.json") == 0
        content = json.loads((folder / "a.json").read_text())
        kinds.append((content["terms"]["kind"], round(content["guarantee"], 2)))
    assert kinds == [("common value", 0.25), ("solved", 0.25), ("solved", 0.25)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["goods.toml"], "goods.toml: this problem has 2 goods"),
        (["good.toml"], "good.toml: this problem is not a sale with payments"),
        (["wells.toml", "--increment", "x"], "wells.toml: the increment 'x' is not a finite number"),
        (["wells.toml", "--increment", "0"], "above 0 and at most 1"),
        (["wells.toml", "--increment", "0.00001", *FAST], "too many: take a larger increment"),
        (["wells.toml", "--relative-gap", "-1"], "relative gap is -1"),
        (["wells.toml", "--names", "a,b,c", *FAST], "3 names for 2 bidders"),
        (["--means", "0.6,0.4", "--bound", "1", "--increment", "0.1"], "--increment goes with a problem file only"),
        (["--means", "0.6,0.4", "--bound", "1", "--solve"], "--solve goes with a problem file only"),
        (
            ["--history", "history.csv", "--column", "price", "--bidders", "2", "--time-limit", "3"],
            "--time-limit goes with a problem file only",
        ),
    ],
)
def test_mistakes_are_one_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    before = sorted(folder.iterdir())
    assert command(monkeypatch, "design", *arguments, "--out", "x.json") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert message in said.err
    assert sorted(folder.iterdir()) == before
