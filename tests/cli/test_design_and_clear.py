"""From a seller's history to an auction file, and from bids to payments, through the command."""

import json
import sys
from pathlib import Path

import pytest

from robustmech.cli.application import run

HISTORY = "price\n$1.00\n2\n\n3\n"
BIDS = "bidder,bid\nbidder 1,1\nbidder 2,0.5\nbidder 3,0\n"


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["robustmech", *map(str, arguments)])
    try:
        return run()
    except SystemExit as left:
        return int(left.code or 0)


@pytest.fixture
def auction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "history.csv").write_text(HISTORY)
    (tmp_path / "bids.csv").write_text(BIDS)
    path = tmp_path / "auction.json"
    arguments = ["design", "--history", tmp_path / "history.csv", "--column", "price", "--bidders", 3, "--out", path]
    assert command(monkeypatch, *arguments, "--picture", tmp_path / "a.png") == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    return path


def test_from_history_to_payments(
    auction: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bids = auction.parent / "bids.csv"
    for name in ("one.json", "two.json"):
        assert command(monkeypatch, "clear", auction, bids, "--out", auction.parent / name) == 0
    assert (auction.parent / "one.json").read_bytes() == (auction.parent / "two.json").read_bytes()
    found = json.loads((auction.parent / "one.json").read_text())
    assert [r["lots"] for r in found["results"]][2] == 0
    assert [r["payment"] for r in found["results"]][2] == "0.00"
    assert found["lots_sold"] == sum(r["lots"] for r in found["results"]) <= found["lots_offered"]
    said = capsys.readouterr().out
    assert found["digest"] in said
    assert command(monkeypatch, "clear", auction, bids, "--what-if", "bidder 2=1") == 0
    assert "instead:" in capsys.readouterr().out


def test_design_says_what_it_read_and_what_it_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = tmp_path / "history.csv"
    history.write_text(HISTORY)
    arguments = ["design", "--history", history, "--column", "price", "--bidders", 3, "--out", tmp_path / "a.json"]
    assert command(monkeypatch, *arguments) == 0
    said = capsys.readouterr().out
    for part in ("row 4 skipped: blank", "guarantee ", "posted price", "first-price auction", "assumes"):
        assert part in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["design", "--out", "x.json"], "exactly one"),
        (["design", "--means", "0.6,2", "--bound", "1", "--out", "x.json"], "mean"),
        (["design", "--means", "0.6", "--out", "x.json"], "needs --bound"),
        (["design", "--history", "history.csv", "--out", "x.json"], "needs --column and --bidders"),
        (["design", "--means", "0.6,0.4", "--bound", "1", "--out", "history.csv"], "is not an auction file"),
        (["clear", "history.csv", "bids.csv"], "is not JSON"),
        (["clear", "auction.json", "nothing.csv"], "nothing.csv"),
        (["clear", "auction.json", "bids.csv", "--out", "bids.csv"], "never overwritten"),
        (["clear", "auction.json", "bids.csv", "--what-if", "bidder 9=1"], "--what-if"),
        (["clear", "auction.json", "bids.csv", "--what-if", "bidder 1=-1"], "negative"),
    ],
)
def test_mistakes_are_one_line(
    auction: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(auction.parent)
    before = {entry.name: entry.read_bytes() for entry in auction.parent.iterdir()}
    capsys.readouterr()
    assert command(monkeypatch, *arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert message in said.err
    assert {entry.name: entry.read_bytes() for entry in auction.parent.iterdir()} == before
