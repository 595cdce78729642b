"""robustmech design: from what a seller knows to an auction file."""

from pathlib import Path

import click

from robustmech.auctions import (
    AuctionFile,
    CommonValueTerms,
    KnownMeansTerms,
    Terms,
    design,
    require_replaceable,
    terms_of,
    write_auction,
)
from robustmech.auctions.auction_file import write_whole
from robustmech.errors import InputError
from robustmech.model import rational
from robustmech.problems import load_problem, read_values
from robustmech.report import data_lines


@click.command("design", short_help="From what a seller knows to an auction file.")
@click.argument("problem", required=False, type=click.Path(path_type=Path))
@click.option(
    "--history", type=click.Path(path_type=Path), metavar="CSV", help="Past values of one lot, a common value."
)
@click.option("--column", metavar="NAME", help="The column of the history that holds the values.")
@click.option("--bins", type=int, metavar="N", help="Cut the history into so many equally likely values.")
@click.option("--means", metavar="M1,M2,…", help="Instead: each bidder's expected value, with --bound.")
@click.option("--bound", metavar="B", help="The highest value a lot can have.")
@click.option("--bidders", type=click.IntRange(1, 1000), metavar="N", help="The number of bidders, with --history.")
@click.option("--names", metavar="A,B,…", help="The bidders' names.")
@click.option("--lots", type=click.IntRange(1, 10**12), default=1000, show_default=True, help="Lots for sale.")
@click.option("--currency", default="USD", show_default=True, help="What values and payments are counted in.")
@click.option(
    "--minor-digits",
    type=click.IntRange(0, 6),
    default=2,
    show_default=True,
    help="Decimals of the currency's smallest coin.",
)
@click.option("--title", help="What is sold.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="AUCTION.json", help="The auction file.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="PNG", help="Draw what a bid brings and costs.")
def design_command(
    problem: Path | None,
    history: Path | None,
    column: str | None,
    bins: int | None,
    means: str | None,
    bound: str | None,
    bidders: int | None,
    names: str | None,
    lots: int,
    currency: str,
    minor_digits: int,
    title: str | None,
    out: Path,
    picture: Path | None,
) -> None:
    """Design the auction with the best guarantee from PROBLEM (a TOML file), --history, or --means."""
    if sum(given is not None for given in (problem, history, means)) != 1:
        raise InputError("give exactly one of a problem file, --history and --means")
    require_replaceable(out)
    if picture is not None and picture.suffix.lower() != ".png":
        raise InputError(f"--picture is {picture}: give a name that ends in .png")
    if problem is not None:
        asked = load_problem(problem)
        terms, title = terms_of(asked.environment), title or asked.title
    elif history is not None:
        terms = _from_history(history, column, bins, bidders)
    else:
        terms = _from_means(str(means), bound)
    auction = design(
        terms,
        title=title or "Auction",
        bidders=None if names is None else [name.strip() for name in names.split(",")],
        lots=lots,
        currency=currency,
        minor_digits=minor_digits,
    )
    write_auction(out, auction)
    if picture is not None:
        from robustmech.plots import auction_png

        write_whole(picture, auction_png(auction))
    _show(auction, out)


def _from_history(history: Path, column: str | None, bins: int | None, bidders: int | None) -> Terms:
    if column is None or bidders is None:
        raise InputError("--history needs --column and --bidders")
    data = read_values(history, column, bins)
    for line in data_lines(data):
        click.echo(line)
    return CommonValueTerms(
        values=tuple(data.law.values),
        probabilities=tuple(data.law.probabilities),
        bidders=bidders,
        cost=rational(0),
        must_sell=False,
    )


def _from_means(means: str, bound: str | None) -> Terms:
    if bound is None:
        raise InputError("--means needs --bound")
    numbers = tuple(rational(part.strip(), "--means") for part in means.split(","))
    return KnownMeansTerms(means=numbers, bound=rational(bound, "--bound"))


def _show(auction: AuctionFile, out: Path) -> None:
    click.echo(click.style(auction.title, bold=True))
    click.echo(f"guarantee           {auction.guarantee:.7g} {auction.currency} per lot, for {auction.lots:,} lots")
    for comparison in auction.comparisons:
        value = "unknown" if comparison.guarantee is None else f"{comparison.guarantee:.7g}"
        click.echo(f"{comparison.format:18}  {value} ({comparison.remark})")
    click.echo(f"assumes             {auction.assumptions}")
    for number, rule in enumerate(auction.rules, start=1):
        click.echo(f"{number}. {rule}")
    click.echo(f"written to {out}; clear bids with: robustmech clear {out} BIDS.csv")
