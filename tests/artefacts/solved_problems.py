"""Small problems of every kind, solved once; and folders of their results."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from robustmech import Beliefs, Environment, Grid, Solution, auction, public_expenditure, solve
from robustmech.artefacts import write_result
from robustmech.verification import manifest_text

PICTURES = b"\x89PNG\r\n\x1a\n stands for pictures"
Arrays = dict[str, npt.NDArray[Any]]


def common_value() -> Environment:
    return auction([[0, 0], ["1/2", "1/2"], [1, 1]], ["1/4", "1/4", "1/2"])


def no_transfers() -> Environment:
    return public_expenditure([[3, 0], [0, 3]], ["1/2", "1/2"])


def no_transfers_unequal() -> Environment:
    return public_expenditure([["5/2", 0], [0, 3], [1, 1]], ["1/2", "1/4", "1/4"])


def three_bidders() -> Environment:
    values = [[0, 0, 0], [1, "1/3", "1/3"], [1, 1, 1]]
    return auction(values, ["1/3", "1/3", "1/3"], cost="1/10", caps=["1/2", 1, "2/3"])


def limits_and_penalty() -> Environment:
    values = [[0, 0], [0, 1], [1, 0], [1, 1]]
    known = Beliefs.moments([[0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]], ["1/3", None, 0], ["2/3", "1/2", None])
    return auction(values, beliefs=replace(known, penalties=Beliefs.penalty([0, "1/7", "-1/9", "1/10"]).penalties))


def excluded_state() -> Environment:
    return auction([[0, 0], [1, 1], [5, 5]], [0.5, 0.5, 0.0])


def two_goods() -> Environment:
    values = [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[1, 1], ["1/2", "1/2"]]]
    return auction(values, ["1/3", "1/3", "1/3"], must_sell=True)


def forced_sale() -> Environment:
    return auction([["1/3", "1/5"], [1, "1/2"], ["1/7", 1]], ["1/3"] * 3, caps="3/5", must_sell=True)


CASES: dict[str, Callable[[], Solution]] = {
    "common value": lambda: solve(common_value(), Grid.quantile(4)),
    "published grid": lambda: solve(common_value(), Grid.published(3)),
    "custom grid": lambda: solve(common_value(), Grid.from_weights([5, "7/3", 2, 1])),
    "unequal grids": lambda: solve(common_value(), (Grid.quantile(3), Grid.exponential(5, 2.0))),
    "no transfers": lambda: solve(no_transfers(), Grid.published(2)),
    "no transfers, unequal": lambda: solve(no_transfers_unequal(), (Grid.quantile(2), Grid.published(2))),
    "three bidders": lambda: solve(three_bidders(), Grid.quantile(3)),
    "three unequal grids": lambda: solve(three_bidders(), (Grid.quantile(2), Grid.quantile(3), Grid.published(2))),
    "limits and penalty": lambda: solve(limits_and_penalty(), Grid.quantile(3)),
    "excluded state": lambda: solve(excluded_state(), Grid.quantile(3)),
    "two goods": lambda: solve(two_goods(), Grid.quantile(3)),
    "entry payments": lambda: solve(forced_sale(), (Grid.quantile(3), Grid.exponential(4, 2.0))),
    "lower side only": lambda: solve(common_value(), Grid.quantile(3), side="lower"),
    "upper side only": lambda: solve(common_value(), Grid.quantile(3), side="upper"),
    "stopped early": lambda: solve(common_value(), Grid.quantile(4), iteration_limit=4),
}


@cache
def solved(case: str) -> Solution:
    return CASES[case]()


def written(folder: Path, case: str) -> Path:
    write_result(folder, solved(case), PICTURES)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


def load(file: Path) -> Arrays:
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def renew_manifest(folder: Path) -> None:
    """Make MANIFEST right again, as somebody who changes a result on purpose would."""
    (folder / "MANIFEST").unlink(missing_ok=True)
    (folder / "MANIFEST").write_text(manifest_text(contents(folder)))


def rewrite_arrays(file: Path, changed: Mapping[str, npt.NDArray[Any]]) -> None:
    np.savez_compressed(file, allow_pickle=False, **{**load(file), **changed})
    renew_manifest(file.parent)


def rewrite_json(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(file.read_bytes())
    change(content)
    file.write_text(json.dumps(content))
    renew_manifest(file.parent)
