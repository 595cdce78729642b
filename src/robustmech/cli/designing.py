"""What design does: the auction from what a seller knows, its file and picture, and what is printed of it."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path

from robustmech.auctions import (
    AuctionFile,
    CommonValueTerms,
    KnownMeansTerms,
    Sale,
    Terms,
    solved_terms,
    terms_of,
)
from robustmech.auctions.bid_steps import checked_increment
from robustmech.auctions.settlement import in_currency
from robustmech.auctions.writing import auction_text, require_replaceable, require_replaceable_picture, write_whole
from robustmech.bounds import solve
from robustmech.cli.progress import shown_progress
from robustmech.cli.tables import column, padded, table
from robustmech.errors import InputError
from robustmech.model import Environment, rational
from robustmech.problems import load_problem, read_values
from robustmech.report import data_lines

_SHOWN_CONSTANTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the seller knows, as given on the command line; exactly one source."""

    problem: Path | None
    history: Path | None
    column: str | None
    bins: int | None
    bidders: int | None
    cost: str | None
    must_sell: bool
    means: str | None
    bound: str | None
    solve: bool
    increment: str | None
    relative_gap: float | None
    time_limit: float | None
    quiet: bool

    def terms(self) -> tuple[Terms, str | None, list[str]]:
        """What the auction rests on, a title if the source has one, and what to say about the data or the solve."""
        if sum(given is not None for given in (self.problem, self.history, self.means)) != 1:
            raise InputError("give exactly one of a problem file, --history and --means")
        if self.history is None:
            self._refuse("column", "bins", "bidders", "cost", "must_sell", only_with="--history")
        if self.means is None:
            self._refuse("bound", only_with="--means")
        if self.problem is not None:
            asked = load_problem(self.problem)
            try:
                terms, notes = self._from_problem(asked.environment)
            except InputError as error:
                raise InputError(f"{self.problem}: {error}") from None
            return terms, asked.title, notes
        self._refuse("solve", "increment", "relative_gap", "time_limit", only_with="a problem file")
        if self.history is not None:
            return self._from_history(self.history)
        return self._from_means(str(self.means)), None, []

    def _refuse(self, *names: str, only_with: str) -> None:
        for name in names:
            if getattr(self, name) not in (None, False):
                raise InputError(f"--{name.replace('_', '-')} goes with {only_with} only: leave it out")

    def _from_problem(self, environment: Environment) -> tuple[Terms, list[str]]:
        """The closed form if there is one and nothing else is asked for, or else what solving finds."""
        if not self.solve and self.increment is None and self.relative_gap is None and self.time_limit is None:
            try:
                return terms_of(environment), []
            except InputError:
                pass
        Sale.of(environment)
        step = None if self.increment is None else checked_increment(self.increment)
        with shown_progress(enabled=not self.quiet) as watch:
            solution = solve(
                environment,
                relative_gap=self.relative_gap,
                time_limit=self.time_limit,
                entry_payments=False,
                watch=watch,
            )
        terms = solved_terms(solution, increment=step)
        return terms, [f"solved in {solution.seconds:.1f} seconds ({solution.status}): {terms.mesh.description}"]

    def _from_history(self, history: Path) -> tuple[Terms, None, list[str]]:
        if self.column is None or self.bidders is None:
            raise InputError("--history needs --column and --bidders")
        data = read_values(history, self.column, self.bins)
        terms = CommonValueTerms(
            values=tuple(data.law.values),
            probabilities=tuple(data.law.probabilities),
            bidders=self.bidders,
            cost=rational(self.cost or 0, "--cost"),
            must_sell=self.must_sell,
        )
        return terms, None, data_lines(data)

    def _from_means(self, means: str) -> Terms:
        if self.bound is None:
            raise InputError("--means needs --bound")
        numbers = tuple(rational(part.strip(), "--means") for part in means.split(","))
        return KnownMeansTerms(means=numbers, bound=rational(self.bound, "--bound"))


def require_places(out: Path, picture: Path | None) -> None:
    """Refuse, before any work is done, places that cannot be written to or hold something else."""
    require_replaceable(out)
    if picture is not None:
        require_replaceable_picture(picture)
        if picture.absolute() == out.absolute():
            raise InputError("--picture and --out name the same file: give two names")


def write(auction: AuctionFile, out: Path, picture: Path | None) -> None:
    """Write the picture and the file: both or, if it can be helped, neither."""
    text = auction_text(auction).encode()
    if picture is None:
        write_whole(out, text)
        return
    from robustmech.plots import auction_png

    drawn, existed = auction_png(auction), picture.exists()
    write_whole(picture, drawn)
    try:
        write_whole(out, text)
    except InputError:
        if not existed:
            picture.unlink()
        raise


def lines(auction: AuctionFile) -> list[str]:
    """What the seller reads: the promise, how it compares, the rules, and what bids bring."""
    lines = _promise_lines(auction)
    lines += [auction.assumptions, "", auction.bid, "", "rules"]
    lines += [f"{number}. {rule}" for number, rule in enumerate(auction.rules, start=1)]
    for constants in auction.constants[:_SHOWN_CONSTANTS]:
        lines.append(f"   {constants.name}: {', '.join(f'{number:.7g}' for number in constants.numbers)}")
    if len(auction.constants) > _SHOWN_CONSTANTS:
        lines.append(f"   and {len(auction.constants) - _SHOWN_CONSTANTS} more in the file")
    return [*lines, "", *_example_lines(auction), "", f"digest {auction.digest}"]


def _promise_lines(auction: AuctionFile) -> list[str]:
    """The guarantee, and what other ways of selling guarantee."""
    unit, digits = auction.currency, auction.minor_digits
    whole = in_currency(floor(Fraction(auction.guarantee) * auction.lots * 10**digits), digits)
    everything = "the one lot" if auction.lots == 1 else f"all {auction.lots:,} lots"
    promised = [auction.guarantee, *(each.guarantee for each in auction.comparisons)]
    numbers = column(promised, least=digits, downward=True)
    names = ["guarantee", *(each.format for each in auction.comparisons)]
    remarks = [f", {whole:,} {unit} for {everything}", *(f" ({each.remark})" for each in auction.comparisons)]
    width = max(map(len, numbers))
    lines = [
        f"{name:20} {number:>{width}} {unit} per lot{remark}"
        for name, number, remark in zip(names, numbers, remarks, strict=True)
    ]
    for place, each in enumerate(auction.comparisons, start=1):
        if each.guarantee is None:
            lines[place] = f"{each.format:20} {each.remark}"
    # Beside the number, since what people run rounds the rule.
    lines.insert(1, f"{'':20} of {auction.guarantee_of}")
    return lines


def _example_lines(auction: AuctionFile) -> list[str]:
    """The table of examples for the first bidder in it."""
    shown = auction.examples[0].bidder
    alone = len(auction.bidders) == 1
    last = "price per lot" if auction.terms.pays_per_lot else "payment for all lots"
    examples = [example for example in auction.examples if example.bidder == shown]
    costs = [e.payment if e.price_per_lot is None else e.price_per_lot if e.lots else None for e in examples]
    columns = {
        "points": padded([f"{e.bid:g}" for e in examples]),
        "each other": padded([f"{e.others:g}" for e in examples]),
        "lots": column([e.lots for e in examples]),
        f"{last} {auction.currency}": column(costs, least=auction.minor_digits),
    }
    if alone:
        del columns["each other"]
    lines = [f"what bids of {shown} bring", *table(list(columns), list(zip(*columns.values(), strict=True)))]
    others = list(dict.fromkeys(e.bidder for e in auction.examples if e.bidder != shown))
    if others:
        lines.append(f"the file has the same for {', '.join(others)}")
    return lines
