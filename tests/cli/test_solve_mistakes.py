"""Bad input through the command: exit status 2, one line that names file, place and mend, and nothing written."""

from pathlib import Path

import pytest

from cli.command_runs import COMMON_VALUES, EXAMPLES, Command

AUCTION = "version = 1\n[auction]\nbidders = 2\n"
COMMON = AUCTION + 'dependence = "common"\n'
STATES = AUCTION + "[[auction.state]]\nvalues = {0}\nprobability = {1}\n[[auction.state]]\nvalues = {2}\n"
SECOND = "probability = {0}\n"


def two_states(first: str, probability: str, second: str, other: str) -> str:
    return STATES.format(first, probability, second) + SECOND.format(other)


FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "empty": ("", ("empty",)),
    "malformed": (COMMON + "values = 0, 1\n", ("not valid TOML", "line 5")),
    "unknown key": (COMMON + "values = [0, 1]\nprobabilitys = [1, 1]\n", ("auction.probabilitys", "probabilities?")),
    "negative probability": (COMMON + "values = [0, 1]\nprobabilities = [1.5, -0.5]\n", ("probabilities[1]", "zero")),
    "decimals that do not sum to one": (COMMON + "values = [0, 1]\nprobabilities = [0.5, 0.4]\n", ("sum", "one")),
    "strings that do not sum to one": (
        COMMON + 'values = [0, 1]\nprobabilities = ["1/3", "333333333333/500000000000"]\n',
        ("sum", "one"),
    ),
    "state probabilities that do not sum to one": (two_states("[1, 0]", '"1/2"', "[0, 1]", '"1/3"'), ("sum", "5/6")),
    "not a number": (COMMON + "values = [0, nan]\n", ("auction.values[1]", "nan", "finite")),
    "infinity": (COMMON + "values = [inf, 0]\n", ("auction.values[0]", "inf", "finite")),
    "infinite probability": (two_states("[1, 0]", "inf", "[0, 1]", "0.5"), ("auction.state[0].probability", "finite")),
    "value below zero": (COMMON + "values = [0, -0.25]\n", ("auction.values[1]", "-0.25", "at least zero")),
    "state value below zero": (two_states("[1, 0]", "0.5", "[0, -1]", "0.5"), ("auction.state[1]", "at least zero")),
    "state listed twice": (two_states("[1, 0]", "0.5", '["1/1", 0.0]', "0.5"), ("auction.state[1]", "repeats")),
    "one bidder's values missing": (two_states("[1]", "0.5", "[0, 1]", "0.5"), ("auction.state[0].values", "2")),
    "one bidder's list missing": (
        AUCTION + 'dependence = "independent"\nvalues = [[0, 1]]\n',
        ("auction.values", "1 list", "2 bidders"),
    ),
    "shapes that disagree": (COMMON + "values = [0, 1]\nprobabilities = [1]\n", ("auction.probabilities", "1", "2")),
    "grid of one action": (COMMON + "values = [0, 1]\n[grid]\nactions = 1\n", ("grid.actions is 1", "at least 2")),
    "newer schema version": ("version = 2\n[auction]\nbidders = 2\n", ("version is 2", "newer")),
    "number of absurd length": (COMMON + 'values = ["1e5000000"]\n', ("auction.values[0]", "power of ten")),
    "literal of absurd length": (COMMON + f"values = [{'9' * 100000}]\n", ("line 5", "digits")),
    "missing data file": (
        COMMON + '[auction.data]\nfile = "none.csv"\ncolumn = "price"\n',
        ("none.csv", "no such file"),
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_file_that_cannot_be_used(command: Command, tmp_path: Path, case: str) -> None:
    text, said = FILES[case]
    file = tmp_path / "my problem.toml"
    file.write_text(text)
    message = command("solve", file, "--out", tmp_path / "r").mistake
    assert str(file) in message
    for part in said:
        assert part in message
    assert len(message) < 500
    assert [entry.name for entry in tmp_path.iterdir()] == ["my problem.toml"]


def test_no_file_a_folder_and_not_text(command: Command, tmp_path: Path) -> None:
    assert "no such file" in command("solve", tmp_path / "none.toml").mistake
    assert "is a folder" in command("solve", tmp_path).mistake
    (tmp_path / "picture.toml").write_bytes(b"\x89PNG\r\n\xff")
    assert "UTF-8" in command("solve", tmp_path / "picture.toml").mistake
    assert "none\\n.toml" in command("solve", tmp_path / "none\n.toml").mistake


OPTIONS: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    "one action": (("--actions", 1), ("action",)),
    "no action": (("--actions", 0), ("action",)),
    "fewer than no actions": (("--actions", -3), ("actions",)),
    "one action for one agent": (("--actions", "5,1"), ("action",)),
    "decimal actions": (("--actions", 1.5), ("--actions", "1.5", "whole number")),
    "blank actions": (("--actions", ""), ("--actions", "whole number")),
    "actions with a comma too many": (("--actions", "3,"), ("--actions", "3,")),
    "three grids for two agents": (("--actions", "3,4,5"), ("3 grids for 2 agents",)),
    "absurdly many actions": (("--actions", "9" * 25), ("actions",)),
    "actions of absurd length": (("--actions", "9" * 5000), ("actions",)),
    "published 1": (("--published", 1), ("between 2 and 100",)),
    "published 101": (("--published", 101), ("between 2 and 100",)),
    "published word": (("--published", "ten"), ("--published", "ten")),
    "both grids": (("--actions", 3, "--published", 3), ("--actions", "--published", "one")),
    "unknown option": (("--action", 3), ("--action", "--actions")),
    "option without its value": (("--actions",), ("--actions",)),
    "second file": ((COMMON_VALUES,), ("argument",)),
    "unknown side": (("--side", "left"), ("--side", "left", "lower")),
    "unknown solver": (("--solver", "gurobi"), ("--solver", "gurobi", "highs")),
    "time limit of zero": (("--time-limit", 0), ("time limit", "positive")),
    "negative time limit": (("--time-limit", -1), ("time limit", "positive")),
    "time limit that is no number": (("--time-limit", "nan"), ("time limit", "positive")),
    "iteration limit of zero": (("--iteration-limit", 0), ("iteration limit", "give")),
    "negative iteration limit": (("--iteration-limit", -5), ("iteration limit", "give")),
    "decimal iteration limit": (("--iteration-limit", 2.5), ("--iteration-limit", "2.5")),
    "memory limit of zero": (("--memory-limit", 0), ("--memory-limit", "positive")),
    "negative memory limit": (("--memory-limit", -1), ("--memory-limit", "positive")),
    "memory limit that is no number": (("--memory-limit", "nan"), ("--memory-limit", "positive")),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options_that_make_no_sense(command: Command, tmp_path: Path, case: str) -> None:
    options, said = OPTIONS[case]
    message = command("solve", COMMON_VALUES, "--out", tmp_path / "r", *options).mistake
    for part in said:
        assert part in message
    assert len(message) < 500
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("solver", ["clarabel", "highs"])
@pytest.mark.parametrize("limit", [2**31, 2**64, 10**30])
def test_absurd_iteration_limit_is_no_limit_or_a_mistake(command: Command, solver: str, limit: int) -> None:
    ran = command("solve", COMMON_VALUES, "--actions", 3, "--solver", solver, "--iteration-limit", limit, "--json")
    if ran.code == 0:
        assert ran.answer["status"] == "proved"
    else:
        assert "iteration" in ran.mistake


def test_missing_and_unknown_arguments(command: Command) -> None:
    assert "PROBLEM" in command("solve").mistake
    assert "FOLDER" in command("verify").mistake
    assert "solve" in command("slove").mistake
    assert "--jsn" in command("--jsn").mistake


def test_too_large_a_program_is_refused_with_sizes_and_a_grid_that_fits(command: Command, tmp_path: Path) -> None:
    options = ("--memory-limit", 0.15, "--out", tmp_path / "r")
    message = command("solve", COMMON_VALUES, *options, "--actions", 100).mistake
    for part in ("10,000 profiles", "110,000 rows", "non-zeros", "GiB", "limit of 0.1", "raise the memory limit"):
        assert part in message
    fits = int(message.partition(" actions each would fit")[0].split()[-1])
    assert 2 <= fits < 100
    assert command("solve", COMMON_VALUES, *options, "--actions", fits + 1).mistake.count("would fit") == 1
    assert list(tmp_path.iterdir()) == []
    assert command("solve", COMMON_VALUES, *options, "--actions", fits, "--iteration-limit", 1).code == 0
    assert command("solve", COMMON_VALUES, "--actions", 99_999).mistake.count("profiles") == 1


def test_infeasible_beliefs_are_a_mistake(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "means.toml"
    file.write_text(AUCTION + "means = [2, 0.5]\nbound = 1\n")
    assert str(file) in command("solve", file, "--out", tmp_path / "r").mistake
    assert [entry.name for entry in tmp_path.iterdir()] == ["means.toml"]


def test_gaps_are_positive_and_exclude_grids(command: Command) -> None:
    file = EXAMPLES / "known-means.toml"
    assert "positive" in command("solve", file, "--gap", "-1").mistake
    assert "positive" in command("solve", file, "--relative-gap", "0").mistake
    assert "grid" in command("solve", file, "--gap", "0.1", "--actions", 4).mistake
    assert "grid" in command("solve", COMMON_VALUES, "--gap", "0.1").mistake
