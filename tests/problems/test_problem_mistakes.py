"""Every mistake gives one line that names the file, the place and the mend."""

import os
from pathlib import Path

import pytest

from robustmech.errors import InputError
from robustmech.problems import load_problem

AUCTION = "version = 1\n[auction]\nbidders = 2\n"
COMMON = AUCTION + 'dependence = "common"\n'
STATES = AUCTION + "[[auction.state]]\nvalues = [1, 0]\n{0}\n[[auction.state]]\nvalues = [0, 1]\n{1}\n"

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "empty": ("", ("is empty", "version = 1")),
    "blank": ("  \n\n", ("is empty",)),
    "only a comment": ("# nothing\n", ("version is missing",)),
    "malformed": ("version = \n", ("not valid TOML", "line 1")),
    "key given twice": ("version = 1\nversion = 1\n", ("not valid TOML",)),
    "nested too deeply": ("version = " + "[" * 5000, ("not valid TOML", "nested too deeply")),
    "version missing": ("[auction]\nbidders = 2\n", ("version is missing", "version = 1")),
    "version newer": ("version = 2\nnews = 3\n", ("version is 2", "reads only 1", "install a newer")),
    "version zero": ("version = 0\n", ("version is 0",)),
    "version text": ('version = "1"\n', ("version is '1'",)),
    "version decimal": ("version = 1.0\n", ("version is 1.0",)),
    "version boolean": ("version = true\n", ("version is true",)),
    "no problem": ("version = 1\n", ("[auction], [public_expenditure] or [environment]",)),
    "two problems": (COMMON + "values = [1]\n[public_expenditure]\nagents = 2\nvalue = 3\n", ("keep one",)),
    "unknown table": ("version = 1\n[auctoin]\nbidders = 2\n", ("auctoin is not a known key", "auction?")),
    "unknown key": (
        AUCTION + "valeus = [1]\n",
        ("auction.valeus is not a known key", "did you mean values?"),
    ),
    "unknown key far from all": (AUCTION + "zzz = 1\n", ("auction.zzz", "the keys here are bidders, values")),
    "key in the wrong table": ("version = 1\npublished = 3\n", ("published", "belongs in [grid]")),
    "unknown key in a state": (STATES.format("probabilty = 1", ""), ("state[0].probabilty", "probability?")),
    "unknown key with line break": ('version = 1\n"a\\nb" = 1\n', ("a\\nb is not a known key",)),
    "dependence with line break": (AUCTION + 'dependence = "a\\nb"\n', ("auction.dependence is 'a\\nb'",)),
    "bins in long hexadecimal": (
        COMMON + f'[auction.data]\nfile = "a"\ncolumn = "b"\nbins = 0x{"f" * 9000}\n',
        ("auction.data.bins is a number of more than 60 digits", "at most"),
    ),
    "title of the wrong type": ("version = 1\ntitle = 3\n", ("title is 3", "string")),
    "auction not a table": ("version = 1\nauction = 3\n", ("auction is 3", "a table")),
    "auction listed": ("version = 1\n[[auction]]\nbidders = 2\n", ("auction is a list of 1", "a table")),
    "grid with both": (
        COMMON + "values = [1]\n[grid]\nactions = 3\npublished = 3\n",
        ("grid: ", "exactly one"),
    ),
    "grid with neither": (COMMON + "values = [1]\n[grid]\n", ("grid: ", "exactly one")),
    "grid of one action": (
        COMMON + "values = [1]\n[grid]\nactions = 1\n",
        ("grid.actions is 1", "at least 2"),
    ),
    "grid of many actions": (
        COMMON + "values = [1]\n[grid]\nactions = 1000000\n",
        ("grid.actions", "at most"),
    ),
    "bidders missing": ("version = 1\n[auction]\nvalues = [1]\n", ("auction.bidders is missing",)),
    "no bidders": ("version = 1\n[auction]\nbidders = 0\n", ("auction.bidders is 0", "at least 1")),
    "negative bidders": ("version = 1\n[auction]\nbidders = -2\n", ("auction.bidders is -2", "at least 1")),
    "many bidders": (
        "version = 1\n[auction]\nbidders = 1000000\n",
        ("auction.bidders is 1000000", "at most 100"),
    ),
    "bidders of 300 digits": (
        f"version = 1\n[auction]\nbidders = {'9' * 300}\n",
        ("auction.bidders", "60 digits"),
    ),
    "bidders decimal": (
        "version = 1\n[auction]\nbidders = 2.0\n",
        ("auction.bidders is 2.0", "whole number"),
    ),
    "bidders boolean": (
        "version = 1\n[auction]\nbidders = true\n",
        ("auction.bidders is true", "whole number"),
    ),
    "bidders text": (
        'version = 1\n[auction]\nbidders = "two"\n',
        ("auction.bidders is 'two'", "whole number"),
    ),
    "must_sell text": (AUCTION + 'must_sell = "no"\n', ("auction.must_sell is 'no'", "true or false")),
    "says nothing": (AUCTION, ("auction says nothing of values", "give values")),
    "values a number": (COMMON + "values = 3\n", ("auction.values is 3", "a list")),
    "values empty": (COMMON + "values = []\n", ("auction.values has an empty list",)),
    "values with an empty list": (COMMON + "values = [[1], []]\n", ("auction.values has an empty list",)),
    "values mixed": (COMMON + "values = [1, [2]]\n", ("auction.values mixes",)),
    "values nested thrice": (COMMON + "values = [[[1]], [[2]]]\n", ("auction.values[0][0] is a list of 1",)),
    "value a word": (COMMON + 'values = [0, "abc"]\n', ("auction.values[1] 'abc' is not a finite number",)),
    "value over zero": (COMMON + 'values = ["1/0"]\n', ("auction.values[0] '1/0'",)),
    "value a date": (COMMON + "values = [2020-01-01]\n", ("auction.values[0]", "type date")),
    "value boolean": (COMMON + "values = [true]\n", ("auction.values[0]", "expected a number")),
    "value nan": (COMMON + "values = [nan]\n", ("auction.values[0] 'nan' is not a finite number",)),
    "value infinite": (COMMON + "values = [0, -inf]\n", ("auction.values[1] '-inf' is not a finite number",)),
    "value negative": (COMMON + "values = [1, -0.5]\n", ("auction.values[1] is -0.5", "at least zero")),
    "value of a huge power": (COMMON + "values = [1e5000000]\n", ("auction.values[0]", "power of ten")),
    "value of a huger power": (
        COMMON + "values = [1e99999999999999999999]\n",
        ("auction.values[0]", "power of ten"),
    ),
    "value text of a huge power": (
        COMMON + 'values = ["1e5000000"]\n',
        ("auction.values[0]", "power of ten"),
    ),
    "value of 5001 digits": (COMMON + f"values = [{10**3000}{'0' * 2001}]\n", ("line 5", "4300 digits")),
    "value of 3001 digits": (COMMON + f"values = [{10**3000}]\n", ("auction.values[0]", "rescale")),
    "value in long hexadecimal": (COMMON + f"values = [0x{'f' * 9000}]\n", ("auction.values[0]", "rescale")),
    "value a long string": (COMMON + f'values = ["0.{"1" * 5000}"]\n', ("auction.values[0]", "at most 60")),
    "value twice": (COMMON + 'values = [0, 0.5, "1/2"]\n', ("auction.values[2] repeats the value 1/2",)),
    "dependence missing": (AUCTION + "values = [1]\n", ("auction.dependence is missing", "independent")),
    "dependence unheard of": (AUCTION + 'values = [1]\ndependence = "comon"\n', ("'comon'", "common")),
    "common with lists": (
        COMMON + "values = [[1], [2]]\n",
        ("auction.values has a list per bidder", "one list"),
    ),
    "three lists for two": (
        AUCTION + 'dependence = "unknown"\nvalues = [[1], [2], [3]]\n',
        ("auction.values has 3 lists for 2 bidders",),
    ),
    "too many states": (
        f'version = 1\n[auction]\nbidders = 100\ndependence = "independent"\nvalues = {list(range(50))}\n',
        ("auction.values", "more than 10**12 states", "fewer"),
    ),
    "too many utilities": (
        'version = 1\n[auction]\nbidders = 17\ndependence = "unknown"\nvalues = [0, 1]\n',
        ("131072 states × 17 agents", "fewer"),
    ),
    "too many corners": (
        f"version = 1\n[auction]\nbidders = 30\nmeans = {[0.5] * 30}\n",
        ("auction.means", "1073741824 states", "fewer"),
    ),
    "probabilities short": (COMMON + "values = [0, 1]\nprobabilities = [1]\n", ("1 entries for 2 values",)),
    "probabilities in lists": (
        COMMON + "values = [0, 1]\nprobabilities = [[1, 0], [1, 0]]\n",
        ("auction.probabilities has a list per bidder", "values likewise"),
    ),
    "probabilities not in lists": (
        AUCTION + 'dependence = "unknown"\nvalues = [[0], [1]]\nprobabilities = [1]\n',
        ("auction.values has a list per bidder", "probabilities"),
    ),
    "probabilities in three lists": (
        AUCTION + 'dependence = "unknown"\nvalues = [[0], [1]]\nprobabilities = [[1], [1], [1]]\n',
        ("auction.probabilities has 3 lists for 2 bidders",),
    ),
    "probability of a list off": (
        AUCTION + 'dependence = "unknown"\nvalues = [[0], [1, 2]]\nprobabilities = [[1], ["1/2", "1/3"]]\n',
        ("auction.probabilities[1] sum to 5/6",),
    ),
    "probability negative": (
        COMMON + "values = [0, 1]\nprobabilities = [1.5, -0.5]\n",
        ("auction.probabilities[1] is -0.5", "at least zero"),
    ),
    "probability nan": (COMMON + "values = [0, 1]\nprobabilities = [nan, 1]\n", ("probabilities[0] 'nan'",)),
    "exact sum off by little": (
        COMMON + 'values = [0, 1]\nprobabilities = ["0.5", "0.4999999999"]\n',
        ("auction.probabilities sum to 9999999999/10000000000",),
    ),
    "decimal sum off": (
        COMMON + "values = [0, 1]\nprobabilities = [0.5, 0.4]\n",
        ("sum to 0.9:", "sum to one"),
    ),
}


def message_for(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_problem(path)
    message = str(caught.value)
    assert message.isprintable(), "one line"
    assert len(message) < 400 + len(str(path))
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


@pytest.mark.parametrize("name", CASES)
def test_mistakes_are_named(name: str, tmp_path: Path) -> None:
    text, fragments = CASES[name]
    path = tmp_path / "problem.toml"
    path.write_text(text, encoding="utf-8")
    message = message_for(path)
    for fragment in fragments:
        assert fragment in message


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file" in message_for(tmp_path / "nowhere.toml")


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in message_for(tmp_path)


def test_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert "cannot be read" in message_for(tmp_path / "a" / "b.toml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file(tmp_path: Path) -> None:
    path = tmp_path / "problem.toml"
    path.write_text(COMMON)
    path.chmod(0)
    assert "cannot be read" in message_for(path)


@pytest.mark.parametrize("content", [b"version = 1\ntitle = '\xe9'\n", "version = 1\n".encode("utf-16")])
def test_not_utf8(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "problem.toml"
    path.write_bytes(content)
    message = message_for(path)
    assert "is not UTF-8" in message
    assert "save it again as UTF-8" in message


def test_nul_bytes(tmp_path: Path) -> None:
    path = tmp_path / "problem.toml"
    path.write_bytes(b"version = 1\n\0\0\0")
    assert "not valid TOML" in message_for(path)


def test_file_name_with_a_line_break(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\\nb.toml: there is no such file") as caught:
        load_problem(tmp_path / "a\nb.toml")
    assert "\n" not in str(caught.value)
