"""From a problem file to an environment."""

from dataclasses import dataclass
from pathlib import Path

from robustmech.errors import InputError
from robustmech.model import Environment
from robustmech.problems.auctions import auction_environment
from robustmech.problems.building import finite_environment, public_expenditure_environment
from robustmech.problems.history import DataReport
from robustmech.problems.reading import one_line, parse_toml, read_text
from robustmech.problems.schema import GridTable, ProblemFile
from robustmech.problems.validation import validate


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRequest:
    """The grid a problem file asks for where the command names none; exactly one of the first two is given.

    Args:
        actions: the number of actions of a quantile grid.
        published: the papers' k, for the grid with k² + 1 actions.
        entry_payments: whether payments at action 0 are allowed there; None for what is usual on such a grid.
    """

    actions: int | None = None
    published: int | None = None
    entry_payments: bool | None = None

    def __post_init__(self) -> None:
        if (self.actions is None) == (self.published is None):
            raise InputError("grid: give exactly one of actions and published")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a problem file says.

    Args:
        environment: agents, states, decisions, payoffs and beliefs.
        title: the file's title, if it has one.
        grid: the grid it asks for, if it does.
        data: what was done with each row of its data file, if it has one.
        source: the problem file.
    """

    environment: Environment
    title: str | None
    grid: GridRequest | None
    data: DataReport | None
    source: Path


def load_problem(path: Path | str) -> Problem:
    """Read a problem file.

    Args:
        path: a TOML file as docs/problem-files.md describes.
    Raises:
        InputError: if the file cannot be read or used; one line that names the file, the place and the mend.
    """
    path = Path(path)
    try:
        return _load(path)
    except InputError as error:
        raise type(error)(one_line(f"{path}: {error}")) from None


def _load(path: Path) -> Problem:
    content = validate(parse_toml(read_text(path)))
    grid = None if content.grid is None else _grid_request(content.grid)
    environment, data = _environment(content, path.parent)
    return Problem(environment=environment, title=content.title, grid=grid, data=data, source=path)


def _grid_request(table: GridTable) -> GridRequest:
    return GridRequest(actions=table.actions, published=table.published, entry_payments=table.entry_payments)


def _environment(content: ProblemFile, folder: Path) -> tuple[Environment, DataReport | None]:
    names = [name for name in ("auction", "public_expenditure", "environment") if getattr(content, name) is not None]
    if len(names) > 1:
        raise InputError(f"both [{names[0]}] and [{names[1]}] are given: keep one")
    if content.auction is not None:
        return auction_environment(content.auction, folder)
    if content.public_expenditure is not None:
        return public_expenditure_environment(content.public_expenditure), None
    if content.environment is not None:
        return finite_environment(content.environment), None
    raise InputError("no problem is stated: add a table [auction], [public_expenditure] or [environment]")
