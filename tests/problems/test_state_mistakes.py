"""Mistakes in how values are described (states, means, data) and in the other problems give one line each."""

from pathlib import Path

import pytest

from robustmech.errors import InputError
from robustmech.problems import load_problem

AUCTION = "version = 1\n[auction]\nbidders = 2\n"
COMMON = AUCTION + 'dependence = "common"\n'
STATES = AUCTION + "[[auction.state]]\nvalues = [1, 0]\n{0}\n[[auction.state]]\nvalues = [0, 1]\n{1}\n"
SPENDING = "version = 1\n[public_expenditure]\nagents = 2\n"
FINITE = 'version = 1\n[environment]\nagents = 2\ntransfers = false\noutcomes = ["a", "b"]\n'
FINITE_STATE = "[[environment.state]]\nprobability = 1\n"

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "values and states": (
        COMMON + "values = [1]\n[[auction.state]]\nvalues = [1, 1]\n",
        ("auction has both values and state",),
    ),
    "values and data": (
        COMMON + 'values = [1]\n[auction.data]\nfile = "a"\ncolumn = "b"\n',
        ("auction has both values and data",),
    ),
    "values and means": (COMMON + "values = [1]\nmeans = [1, 1]\n", ("auction.means cannot be combined",)),
    "states and dependence": (
        COMMON + "[[auction.state]]\nvalues = [1, 1]\nprobability = 1\n",
        ("auction.dependence cannot be combined with auction.state",),
    ),
    "means and dependence": (COMMON + "means = [0.5, 0.5]\n", ("auction.dependence cannot be combined",)),
    "values and bound": (COMMON + "values = [1]\nbound = 1\n", ("auction.bound cannot be combined",)),
    "state not listed": (
        AUCTION + "[auction.state]\nvalues = [1, 1]\n",
        ("auction.state is a table", "a list"),
    ),
    "no states": (AUCTION + "state = []\n", ("auction.state is empty",)),
    "state without values": (
        AUCTION + "[[auction.state]]\nprobability = 1\n",
        ("state[0].values is missing",),
    ),
    "state of one value": (
        AUCTION + "[[auction.state]]\nvalues = [1]\nprobability = 1\n",
        ("auction.state[0].values has 1 entry for 2 bidders", "one per bidder"),
    ),
    "state negative": (
        AUCTION + "[[auction.state]]\nvalues = [1, -1]\nprobability = 1\n",
        ("auction.state[0].values[1] is -1", "at least zero"),
    ),
    "state twice": (
        AUCTION + '[[auction.state]]\nvalues = [1, 0.5]\nprobability = "1/2"\n'
        '[[auction.state]]\nvalues = [1.0, "1/2"]\nprobability = "1/2"\n',
        ("auction.state[1].values repeats auction.state[0]",),
    ),
    "goods disagree": (
        AUCTION + "[[auction.state]]\nvalues = [[1, 2], [1]]\nprobability = 1\n",
        ("auction.state[0].values[1] has 1 entry for 2 goods",),
    ),
    "goods in one state only": (
        AUCTION + "[[auction.state]]\nvalues = [[1], [1]]\nprobability = 1\n"
        "[[auction.state]]\nvalues = [1, 1]\nprobability = 0\n",
        ("auction.state[1].values is unlike the first",),
    ),
    "no probabilities": (STATES.format("", ""), ("auction.state[0].probability is missing",)),
    "one probability": (STATES.format("probability = 1", ""), ("auction.state[1].probability is missing",)),
    "probability and penalty": (
        STATES.format("probability = 1\npenalty = 1", "probability = 0"),
        ("auction.state[0] has both probability and penalty",),
    ),
    "probability, then penalty": (
        STATES.format("probability = 1", "penalty = 1"),
        ("auction.state[1].probability is missing",),
    ),
    "state probabilities off": (
        STATES.format('probability = "1/2"', 'probability = "1/3"'),
        ("the probabilities of auction.state sum to 5/6",),
    ),
    "state probability negative": (
        STATES.format("probability = 2", "probability = -1"),
        ("auction.state[1].probability is -1",),
    ),
    "penalty infinite": (STATES.format("penalty = inf", "penalty = 0"), ("auction.state[0].penalty 'inf'",)),
    "means and probability": (
        STATES.format("", "probability = 1").replace("bidders = 2", "bidders = 2\nmeans = [0.5, 0.5]"),
        ("auction.state[1].probability cannot be combined with auction.means",),
    ),
    "means beyond the states": (
        STATES.format("", "").replace("bidders = 2", "bidders = 2\nmeans = [0.5, 1.5]"),
        ("auction.means[1] is 3/2", "from 0 to 1"),
    ),
    "means with goods": (
        AUCTION + "means = [1, 1]\n[[auction.state]]\nvalues = [[1], [1]]\n",
        ("auction.means needs states with one value per bidder",),
    ),
    "one mean": (AUCTION + "means = [0.5]\n", ("auction.means has 1 entries for 2 bidders",)),
    "mean beyond the bound": (
        AUCTION + "means = [0.5, 2]\nbound = 1\n",
        ("auction.means[1] is 2", "bound, 1"),
    ),
    "mean interval beyond": (AUCTION + "means = [0.5, [0, 2]]\n", ("auction.means[1] is 2", "bound, 1")),
    "mean negative": (AUCTION + "means = [0.5, -0.1]\n", ("auction.means[1] is -0.1", "at least zero")),
    "mean interval crossed": (AUCTION + "means = [0.5, [0.6, 0.5]]\n", ("auction.means[1]", "3/5", "above")),
    "mean of three": (AUCTION + "means = [0.5, [0, 0, 1]]\n", ("auction.means[1] is a list of 3", "pair")),
    "mean interval of words": (AUCTION + 'means = [0.5, [0, "x"]]\n', ("auction.means[1][1] 'x'",)),
    "bound zero": (AUCTION + "means = [0, 0]\nbound = 0\n", ("auction.bound is 0",)),
    "caps for three": (
        COMMON + "values = [1]\ncaps = [1, 1, 1]\n",
        ("auction.caps has 3 entries for 2 bidders",),
    ),
    "cap zero": (COMMON + "values = [1]\ncaps = [1, 0]\n", ("auction.caps[1] is 0",)),
    "cap negative": (COMMON + "values = [1]\ncaps = [1, -1]\n", ("auction.caps[1] is -1",)),
    "caps too small to sell": (
        COMMON + "values = [1]\ncaps = 0.4\nmust_sell = true\n",
        ("auction.caps sum to 4/5", "at least 1"),
    ),
    "cost negative": (COMMON + "values = [1]\ncost = -1\n", ("auction.cost is -1", "at least zero")),
    "costs for two goods": (
        COMMON + "values = [1]\ncost = [1, 1]\n",
        ("auction.cost has 2 entries for 1 goods",),
    ),
    "cost a table": (COMMON + "values = [1]\ncost = {a = 1}\n", ("auction.cost is a table", "a number")),
    "data without column": (COMMON + '[auction.data]\nfile = "a.csv"\n', ("auction.data.column is missing",)),
    "no data file": (
        COMMON + '[auction.data]\nfile = "a.csv"\ncolumn = "b"\n',
        ("auction.data: ", "a.csv: there is no such file"),
    ),
    "data file with NUL": (COMMON + '[auction.data]\nfile = "a\\u0000"\ncolumn = "b"\n', ("a\\x00: ", "NUL")),
    "no bins": (
        COMMON + '[auction.data]\nfile = "a"\ncolumn = "b"\nbins = 0\n',
        ("data.bins is 0", "at least 1"),
    ),
    "data and probabilities": (
        COMMON + 'probabilities = [1]\n[auction.data]\nfile = "a"\ncolumn = "b"\n',
        ("auction.probabilities cannot be combined with auction.data",),
    ),
    "spending on nothing": (SPENDING, ("public_expenditure has neither value nor state",)),
    "spending said twice": (
        SPENDING + "value = 3\n[[public_expenditure.state]]\nvalues = [1, 1]\nprobability = 1\n",
        ("public_expenditure has both value and state",),
    ),
    "spending on what is worth nothing": (
        SPENDING + "value = 0\n",
        ("public_expenditure.value is 0", "above zero"),
    ),
    "spending negative": (SPENDING + "value = -3\n", ("public_expenditure.value is -3", "at least zero")),
    "spending without agents": ("version = 1\n[public_expenditure]\nvalue = 3\n", ("agents is missing",)),
    "spending on goods": (
        SPENDING + "[[public_expenditure.state]]\nvalues = [[1], [1]]\nprobability = 1\n",
        ("public_expenditure.state[0].values holds lists",),
    ),
    "spending state short": (
        SPENDING + "[[public_expenditure.state]]\nvalues = [1]\nprobability = 1\n",
        ("public_expenditure.state[0].values has 1 entry for 2 agents",),
    ),
    "transfers missing": (FINITE.replace("transfers = false\n", ""), ("environment.transfers is missing",)),
    "no outcomes": (
        FINITE.replace('["a", "b"]', "[]") + FINITE_STATE + "utilities = [[], []]\npayoff = []\n",
        ("environment.outcomes is empty",),
    ),
    "outcome twice": (
        FINITE.replace('"b"', '"a"') + FINITE_STATE + "utilities = [[0, 0], [0, 0]]\npayoff = [0, 0]\n",
        ("environment.outcomes[1] repeats the name 'a'",),
    ),
    "outcome a number": (FINITE.replace('"b"', "2"), ("environment.outcomes[1] is 2", "string")),
    "general state missing": (FINITE, ("environment.state is missing",)),
    "general states empty": (FINITE + "state = []\n", ("environment.state is empty",)),
    "utilities of one agent": (
        FINITE + FINITE_STATE + "utilities = [[0, 1]]\npayoff = [0, 0]\n",
        ("environment.state[0].utilities has 1 lists for 2 agents",),
    ),
    "utilities of one outcome": (
        FINITE + FINITE_STATE + "utilities = [[0, 1], [0]]\npayoff = [0, 0]\n",
        ("environment.state[0].utilities[1] has 1 numbers for 2 outcomes",),
    ),
    "utilities flat": (
        FINITE + FINITE_STATE + "utilities = [0, 1]\npayoff = [0, 0]\n",
        ("environment.state[0].utilities[0] is 0", "a list"),
    ),
    "payoff short": (
        FINITE + FINITE_STATE + "utilities = [[0, 1], [0, 1]]\npayoff = [0]\n",
        ("environment.state[0].payoff has 1 numbers for 2 outcomes",),
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
