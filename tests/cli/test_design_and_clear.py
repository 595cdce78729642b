"""From a seller's history to an auction file, and from bids to payments, through the command."""

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command_runs import environment, words
from robustmech.auctions.auction_file import digest_of
from robustmech.cli.application import run

HISTORY = "price\n$1.00\n2\n\n3\n"
BIDS = "bidder,bid\nbidder 1,1\nbidder 2,0.50\nbidder 3,0\n"
PAST = ["design", "--history", "history.csv", "--column", "price", "--bidders", "2"]
PAST_OF_ONE = ["design", "--column", "price", "--bidders", "1", "--history"]
KNOWN = ["design", "--means", "0.6,0.4", "--bound", "1"]


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
    assert [r["bid"] for r in found["results"]] == ["1", "0.5", "0"]
    assert [r["lots"] for r in found["results"]][2] == 0
    assert [r["payment"] for r in found["results"]][2] == "0.00"
    assert found["lots_sold"] == sum(r["lots"] for r in found["results"]) <= found["lots_offered"]
    cents = [int(r["payment"].replace(".", "")) for r in found["results"]]
    assert sum(cents) == int(found["revenue"].replace(".", ""))
    said = capsys.readouterr().out
    assert found["digest"] in said
    assert found["rounding"] in said
    assert found["payment"] in said


def test_every_way_of_writing_the_same_bids_gives_the_same_bytes(
    auction: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = auction.parent / "other.csv"
    other.write_bytes(b"bid,bidder\r\n0,bidder 3\r\n1.0,bidder 1\r\n.5,bidder 2\r\n")
    capsys.readouterr()
    said = []
    for bids in (auction.parent / "bids.csv", other):
        assert command(monkeypatch, "clear", auction, bids, "--json") == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert json.loads(said[0])["schema"] == "robustmech/settlement"


def test_what_if(auction: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A bidder asks against the others' bids; the answer is what clearing those bids would show."""
    bids, partial = auction.parent / "bids.csv", auction.parent / "partial.csv"
    partial.write_text("bidder,bid\nbidder 1,1\nbidder 3,0\n")
    capsys.readouterr()
    assert command(monkeypatch, "clear", auction, partial, "--what-if", "bidder 2=0.5", "--json") == 0
    before, instead = json.loads(capsys.readouterr().out)["what_if"]
    assert (before["bid"], before["expected_lots"], before["expected_payment"]) == ("0", 0, 0)
    assert command(monkeypatch, "clear", auction, bids, "--json") == 0
    line = json.loads(capsys.readouterr().out)["results"][1]
    assert (instead["expected_lots"], instead["price_per_lot"]) == (line["expected_lots"], line["price_per_lot"])
    questions = ["--what-if", "bidder 2=1", "--what-if", "bidder 3=2"]
    assert command(monkeypatch, "clear", auction, bids, *questions) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 5
    assert said[1].startswith("bidder 2, as bid ")
    assert said[2].startswith("bidder 2, instead ")
    assert said[4].startswith("bidder 3, instead ")
    assert len({len(line) for line in said}) == 1


def test_what_if_says_who_did_not_bid(
    auction: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    partial = auction.parent / "partial.csv"
    partial.write_text("bidder,bid\nbidder 1,1\nbidder 3,0\n")
    questions = ["--what-if", "bidder 2=0.5", "--what-if", "bidder 3=1"]
    capsys.readouterr()
    assert command(monkeypatch, "clear", auction, partial, *questions) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].split() == ["bidder", "2,", "did", "not", "bid", "–", "0.0000", "–", "0.00"]
    assert said[3].startswith("bidder 3, as bid   ")
    assert said[3].split()[4] == "0.0"
    assert command(monkeypatch, "clear", auction, partial, *questions, "--json") == 0
    answers = json.loads(capsys.readouterr().out)["what_if"]
    assert [answer["case"] for answer in answers] == ["did not bid", "instead", "as bid", "instead"]


def test_numbers_of_a_column_have_the_same_decimals(
    auction: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert command(monkeypatch, *KNOWN, "--lots", 640, "--out", auction.parent / "k.json") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[2].strip() == "of the ideal rule, without bid steps, coins, whole lots or the draw"
    promised = [line[21:].split()[0] for line in (said[1], *said[3:5])]
    start = next(k for k, line in enumerate(said) if line.startswith("points"))
    columns = zip(*(line.split() for line in said[start + 1 : start + 10]), strict=True)
    for entries in (promised, *columns):
        assert len({len(entry.partition(".")[2]) for entry in entries}) == 1
    assert command(monkeypatch, "clear", auction, auction.parent / "bids.csv") == 0
    rows = [line.split()[2:] for line in capsys.readouterr().out.splitlines()[2:4]]
    for one, other in zip(*rows, strict=True):
        assert len(one.partition(".")[2]) == len(other.partition(".")[2])


def test_one_bidder_and_one_lot(
    auction: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, bids = auction.parent / "alone.json", auction.parent / "alone.csv"
    bids.write_text("bidder,bid\nbidder 1,1\n")
    capsys.readouterr()
    assert command(monkeypatch, *PAST_OF_ONE, auction.parent / "history.csv", "--lots", 1, "--out", out) == 0
    assert command(monkeypatch, "clear", out, bids) == 0
    said = capsys.readouterr().out
    assert "for the one lot" in said
    assert "of 1 lot offered" in said
    for wrong in ("1 lots", "1 bidders", "   each other"):
        assert wrong not in said


def test_a_price_that_cannot_be_posted_is_not_called_unknown(
    auction: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["design", "--history", auction.parent / "history.csv", "--column", "price", "--bidders", 2]
    capsys.readouterr()
    assert command(monkeypatch, *arguments, "--must-sell", "--out", auction.parent / "must.json") == 0
    said = capsys.readouterr().out
    assert "unknown" not in said
    assert "\nposted price         cannot be used: it does not always sell" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [({"guarantee": 700.0}, "the guarantee is 700"), ({"currency": "US\nD"}, "the currency is 'US\\nD'")],
)
def test_a_file_with_a_new_digest_is_not_believed(
    auction: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    message: str,
) -> None:
    content = json.loads(auction.read_text()) | change
    del content["digest"]
    auction.write_text(json.dumps(content | {"digest": digest_of(content)}))
    capsys.readouterr()
    result = auction.parent / "result.json"
    assert command(monkeypatch, "clear", auction, auction.parent / "bids.csv", "--out", result) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert f"auction.json: {message}" in said.err
    assert not result.exists()


def test_design_says_what_it_read_and_what_it_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = tmp_path / "history.csv"
    history.write_text(HISTORY)
    arguments = ["design", "--history", history, "--column", "price", "--bidders", 3, "--out", tmp_path / "a.json"]
    assert command(monkeypatch, *arguments, "--lots", 640, "--seed", "May draw") == 0
    said = capsys.readouterr().out
    content = json.loads((tmp_path / "a.json").read_text())
    for part in ("row 4 skipped: blank", "guarantee ", "posted price", "first-price auction", "USD for all 640 lots"):
        assert part in said
    for part in (content["assumptions"], content["bid"], content["digest"], *content["rules"]):
        assert part in said
    assert "May draw" in said
    assert "what bids of bidder 1 bring" in said


def test_a_cost_and_an_obligation_to_sell_lower_the_guarantee(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = tmp_path / "history.csv"
    history.write_text(HISTORY)
    arguments = ["design", "--history", history, "--column", "price", "--bidders", 3, "--out"]
    found = []
    for name, options in (("a", []), ("b", ["--cost", "0.5"]), ("c", ["--cost", "0.5", "--must-sell"])):
        assert command(monkeypatch, *arguments, tmp_path / f"{name}.json", *options) == 0
        found.append(json.loads((tmp_path / f"{name}.json").read_text()))
    assert found[0]["guarantee"] > found[1]["guarantee"] >= found[2]["guarantee"] > 0
    assert [c["terms"]["cost"] for c in found] == ["0", "1/2", "1/2"]
    assert found[2]["terms"]["must_sell"]


def test_from_a_problem_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    law = tmp_path / "law.toml"
    law.write_text(
        'version = 1\ntitle = "Tulips"\n[auction]\nbidders = 3\nvalues = [0, 0.5, 1]\ndependence = "common"\n'
    )
    assert command(monkeypatch, "design", law, "--lots", 1, "--out", tmp_path / "a.json") == 0
    found = json.loads((tmp_path / "a.json").read_text())
    assert (found["title"], len(found["bidders"])) == ("Tulips", 3)


def test_files_of_ours_are_replaced_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, picture = tmp_path / "a.json", tmp_path / "a.png"
    for lots in (5, 6):
        assert command(monkeypatch, *KNOWN, "--lots", lots, "--out", out, "--picture", picture) == 0
        assert json.loads(out.read_text())["lots"] == lots
    before = out.read_bytes()
    picture.write_bytes(b"\x89PNG somebody's holiday")
    capsys.readouterr()
    assert command(monkeypatch, *KNOWN, "--lots", 7, "--out", out, "--picture", picture) == 2
    assert "is not an auction's picture" in capsys.readouterr().err
    assert (picture.read_bytes(), out.read_bytes()) == (b"\x89PNG somebody's holiday", before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["design", "--out", "x.json"], "exactly one"),
        (["design", "--means", "0.6,2", "--bound", "1", "--out", "x.json"], "mean of bidder 2 is 2"),
        (["design", "--means", "0.6,0", "--bound", "1", "--out", "x.json"], "mean of bidder 2 is 0"),
        (["design", "--means", "0.6,1", "--bound", "1", "--out", "x.json"], "is the bound 1"),
        (["design", "--means", "0.6,x", "--bound", "1", "--out", "x.json"], "--means 'x'"),
        (["design", "--means", "0.6", "--out", "x.json"], "needs --bound"),
        ([*KNOWN, "--bidders", "5", "--out", "x.json"], "--bidders goes with --history only"),
        ([*KNOWN, "--must-sell", "--out", "x.json"], "--must-sell goes with --history only"),
        ([*KNOWN, "--names", "a,", "--out", "x.json"], "a bidder's name is ''"),
        ([*KNOWN, "--names", "a", "--out", "x.json"], "1 names for 2"),
        ([*KNOWN, "--names", "Ann,Ann ", "--out", "x.json"], "two bidders have the same name 'Ann'"),
        ([*KNOWN, "--rounding", "up", "--out", "x.json"], "--rounding"),
        ([*KNOWN, "--rounding", "remainders", "--seed", "1", "--out", "x.json"], "a seed is for the lottery"),
        ([*KNOWN, "--out", "none/x.json"], "does not exist"),
        ([*KNOWN, "--out", "x.json", "--picture", "none/x.png"], "does not exist"),
        ([*KNOWN, "--out", "x.json", "--picture", "x.jpg"], "ends in .png"),
        ([*KNOWN, "--out", "x.png", "--picture", "x.png"], "the same file"),
        ([*KNOWN, "--out", "."], "is a folder"),
        (["design", "--history", "history.csv", "--out", "x.json"], "needs --column and --bidders"),
        (["design", "--history", "history.csv", "--column", "prize", "--bidders", "2", "--out", "x.json"], "'price'?"),
        ([*PAST, "--bound", "3", "--out", "x.json"], "--bound goes with --means only"),
        ([*PAST, "--cost", "2", "--out", "x.json"], "not above the cost 2"),
        ([*KNOWN, "--out", "history.csv"], "is not an auction file"),
        (["clear", "history.csv", "bids.csv"], "is not JSON"),
        (["clear", "auction.json", "nothing.csv"], "nothing.csv"),
        (["clear", "auction.json", "history.csv", "--out", "x.json"], "history.csv: the first line"),
        (["clear", "auction.json", "bids.csv", "--out", "bids.csv"], "never overwritten"),
        (["clear", "auction.json", "bids.csv", "--out", "none/x.json"], "does not exist"),
        (["clear", "auction.json", "bids.csv", "--what-if", "bidder 9=1"], "--what-if"),
        (["clear", "auction.json", "bids.csv", "--what-if", "bidder 1"], "--what-if"),
        (["clear", "auction.json", "bids.csv", "--what-if", "bidder 1=-1"], "negative"),
        (["clear", "auction.json", "bids.csv", "--what-if", "bidder 1=1", "--out", "x.json"], "leave it out"),
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


def test_a_picture_that_cannot_be_finished_leaves_no_auction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file's place disappears while the picture is drawn: neither is left behind."""
    folder = tmp_path / "later"
    folder.mkdir()

    def vanish(_: object) -> bytes:
        folder.rmdir()
        return b"\x89PNG"

    monkeypatch.setattr("robustmech.plots.auction_png", vanish)
    assert command(monkeypatch, *KNOWN, "--out", folder / "a.json", "--picture", tmp_path / "a.png") == 2
    assert "could not be written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_interrupted_is_one_line_and_nothing_written(tmp_path: Path) -> None:
    """Ctrl-C while the history is read through a pipe that never ends."""
    pipe = tmp_path / "history.csv"
    subprocess.run(["mkfifo", pipe], check=True)
    arguments = ["design", "--history", pipe, "--column", "price", "--bidders", 3, "--out", tmp_path / "a.json"]
    process = subprocess.Popen(words(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    with pipe.open("w") as stream:  # returns once the command has opened the other end
        stream.write("price\n1\n")
        stream.flush()
        # A signal that comes in the instant before a read begins is heard only with the next one.
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=3)
        out, err = process.communicate()
    assert process.returncode == 130
    assert out == b""
    assert err.decode().strip() == "robustmech: interrupted; nothing was written"
    assert [entry.name for entry in tmp_path.iterdir()] == ["history.csv"]
