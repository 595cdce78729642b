"""The tables and keys that a problem file may hold, version 1."""

from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter

from robustmech.errors import InputError
from robustmech.model.rational import rational
from robustmech.problems.reading import DecimalLiteral, shown

SCHEMA_VERSION = 1
"""The version of problem files that this library reads."""

MOST_AGENTS = 100
"""The most bidders or agents a file may ask for."""


class ReadNumber(NamedTuple):
    """An exact number, and whether it was written as a TOML decimal (and so perhaps rounded)."""

    value: Fraction
    decimal: bool


def _read_number(raw: Any) -> Fraction:
    text = raw.text.replace("_", "") if isinstance(raw, DecimalLiteral) else raw
    if isinstance(raw, dict | list):
        raise ValueError(f"is {shown(raw)}: expected a number or a string such as '1/3'")
    try:
        return rational(text, "")
    except InputError as error:
        raise ValueError(str(error).strip()) from None


def _read_non_negative(raw: Any) -> Fraction:
    number = _read_number(raw)
    if number < 0:
        raise ValueError(f"is {shown(raw)}: it must be at least zero")
    return number


def _read_probability(raw: Any) -> ReadNumber:
    return ReadNumber(_read_non_negative(raw), isinstance(raw, DecimalLiteral))


def _read_mean(raw: Any) -> tuple[Fraction, Fraction]:
    if not isinstance(raw, list):
        number = _read_non_negative(raw)
        return number, number
    if len(raw) != 2:
        raise ValueError(f"is {shown(raw)}: give a number or a pair [lowest, highest]")
    low, high = TypeAdapter(list[NonNegative]).validate_python(raw)
    if low > high:
        raise ValueError(f"is a pair whose lowest, {low}, is above its highest, {high}")
    return low, high


Number = Annotated[Fraction, PlainValidator(_read_number)]
NonNegative = Annotated[Fraction, PlainValidator(_read_non_negative)]
Probability = Annotated[ReadNumber, PlainValidator(_read_probability)]
Mean = Annotated[tuple[Fraction, Fraction], PlainValidator(_read_mean)]


def _read_flat_or_nested(raw: Any, entry: Any) -> Any:
    """A list of entries, or a list of such lists; never a mixture and never empty."""
    if not isinstance(raw, list):
        raise ValueError(f"is {shown(raw)}: expected a list")
    nested = [isinstance(part, list) for part in raw]
    if any(nested) and not all(nested):
        raise ValueError("mixes numbers and lists: give either numbers or lists of numbers")
    if not raw or any(not part for part in raw if isinstance(part, list)):
        raise ValueError("has an empty list: give at least one number")
    return TypeAdapter(list[list[entry]] if any(nested) else list[entry]).validate_python(raw)


def _read_values(raw: Any) -> Any:
    return _read_flat_or_nested(raw, NonNegative)


def _read_probabilities(raw: Any) -> Any:
    return _read_flat_or_nested(raw, Probability)


def _read_one_or_several(raw: Any) -> Any:
    return TypeAdapter(list[NonNegative]).validate_python(raw) if isinstance(raw, list) else _read_non_negative(raw)


Values = Annotated[list[Fraction] | list[list[Fraction]], PlainValidator(_read_values)]
Probabilities = Annotated[list[ReadNumber] | list[list[ReadNumber]], PlainValidator(_read_probabilities)]
OneOrSeveral = Annotated[Fraction | list[Fraction], PlainValidator(_read_one_or_several)]
Agents = Annotated[int, Field(ge=1, le=MOST_AGENTS)]


class Table(BaseModel):
    """A TOML table that refuses unknown keys and never converts types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class GridTable(Table):
    """The grid to use where the command names none."""

    actions: Annotated[int, Field(ge=2, le=100_000)] | None = None
    published: Annotated[int, Field(ge=2, le=100)] | None = None
    entry_payments: bool | None = None


class WeightedState(Table):
    """What is said of any state's likelihood."""

    probability: Probability | None = None
    penalty: Number | None = None


class ValueState(WeightedState):
    """One state: a value per bidder, or a list per bidder with one value per good."""

    values: Values


class DataTable(Table):
    """Past values, read from a column of a CSV file."""

    file: str
    column: str
    bins: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class AuctionTable(Table):
    """An auction."""

    bidders: Agents
    values: Values | None = None
    probabilities: Probabilities | None = None
    dependence: Literal["common", "independent", "unknown"] | None = None
    cost: OneOrSeveral = Fraction(0)
    must_sell: bool = False
    caps: OneOrSeveral | None = None
    means: list[Mean] | None = None
    bound: NonNegative | None = None
    state: list[ValueState] | None = None
    data: DataTable | None = None


class PublicExpenditureTable(Table):
    """A public good that one agent is to pay for."""

    agents: Agents
    value: NonNegative | None = None
    state: list[ValueState] | None = None


class OutcomeState(WeightedState):
    """One state of the general model: utilities agent by outcome, the designer's payoff by outcome."""

    utilities: list[list[Number]]
    payoff: list[Number]


class EnvironmentTable(Table):
    """The general finite model."""

    agents: Agents
    transfers: bool
    outcomes: list[str]
    state: list[OutcomeState]


class ProblemFile(Table):
    """A whole problem file."""

    version: int
    title: str | None = None
    grid: GridTable | None = None
    auction: AuctionTable | None = None
    public_expenditure: PublicExpenditureTable | None = None
    environment: EnvironmentTable | None = None


TABLES: dict[tuple[str, ...], type[Table]] = {
    (): ProblemFile,
    ("grid",): GridTable,
    ("auction",): AuctionTable,
    ("auction", "state"): ValueState,
    ("auction", "data"): DataTable,
    ("public_expenditure",): PublicExpenditureTable,
    ("public_expenditure", "state"): ValueState,
    ("environment",): EnvironmentTable,
    ("environment", "state"): OutcomeState,
}
"""The model of every table, by its place in the file."""
