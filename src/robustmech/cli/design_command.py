"""robustmech design: from what a seller knows to an auction file."""

from pathlib import Path
from typing import Literal

import click

from robustmech.cli.saying import say


@click.command("design", short_help="From what a seller knows to an auction file.")
@click.argument("problem", required=False, type=click.Path(path_type=Path))
@click.option(
    "--history", type=click.Path(path_type=Path), metavar="CSV", help="Past values of one lot, a common value."
)
@click.option("--column", metavar="NAME", help="The column of the history that holds the values.")
@click.option("--bins", type=int, metavar="N", help="Cut the history into so many equally likely values.")
@click.option("--bidders", type=click.IntRange(1, 1000), metavar="N", help="The number of bidders, with --history.")
@click.option("--cost", metavar="C", help="What a lot costs the seller, with --history.  [default: 0]")
@click.option("--must-sell", is_flag=True, help="Everything must be sold, with --history.")
@click.option("--means", metavar="M1,M2,…", help="Instead: each bidder's expected value of a lot, with --bound.")
@click.option("--bound", metavar="B", help="The highest value a lot can have.")
@click.option("--solve", "solved", is_flag=True, help="Solve PROBLEM even where there is a closed form for it.")
@click.option("--increment", metavar="D", help="Solve PROBLEM for bids in steps of D points.")
@click.option(
    "--relative-gap",
    type=float,
    metavar="R",
    help="Solve PROBLEM until no auction can guarantee more by this part.  [default: 0.01]",
)
@click.option("--time-limit", type=float, metavar="S", help="Solve PROBLEM for at most so many seconds.  [default: 60]")
@click.option("--quiet", is_flag=True, help="No progress display.")
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
@click.option(
    "--rounding",
    type=click.Choice(["lottery", "remainders"]),
    default="lottery",
    show_default=True,
    help="How shares become whole lots: by lot, or to the largest remainders.",
)
@click.option("--seed", default="", metavar="TEXT", help="Words for the lottery, stated in the file.")
@click.option("--title", help="What is sold.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="AUCTION.json", help="The auction file.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="PNG", help="Draw what a bid brings and costs.")
def design_command(
    problem: Path | None,
    history: Path | None,
    column: str | None,
    bins: int | None,
    bidders: int | None,
    cost: str | None,
    must_sell: bool,
    means: str | None,
    bound: str | None,
    solved: bool,
    increment: str | None,
    relative_gap: float | None,
    time_limit: float | None,
    quiet: bool,
    names: str | None,
    lots: int,
    currency: str,
    minor_digits: int,
    rounding: Literal["lottery", "remainders"],
    seed: str,
    title: str | None,
    out: Path,
    picture: Path | None,
) -> None:
    """Design the auction with the best guarantee from PROBLEM (a TOML file), --history, or --means."""
    # Libraries are loaded where they are used, and so not for help or a mistyped option.
    from robustmech.auctions import design
    from robustmech.auctions.particulars import require_distinct
    from robustmech.cli.designing import Asked, lines, require_places, write

    require_places(out, picture)
    named = None if names is None else [name.strip() for name in names.split(",")]
    require_distinct(named or [])
    asked = Asked(
        problem=problem,
        history=history,
        column=column,
        bins=bins,
        bidders=bidders,
        cost=cost,
        must_sell=must_sell,
        means=means,
        bound=bound,
        solve=solved,
        increment=increment,
        relative_gap=relative_gap,
        time_limit=time_limit,
        quiet=quiet,
    )
    terms, own_title, notes = asked.terms()
    auction = design(
        terms,
        title=title if title is not None else own_title or "Auction",
        bidders=named,
        lots=lots,
        currency=currency,
        minor_digits=minor_digits,
        rounding=rounding,
        seed=seed,
    )
    write(auction, out, picture)
    for note in notes:
        say(note)
    say(auction.title, bold=True)
    for line in [*lines(auction), f"written to {out}; clear bids with: robustmech clear {out} BIDS.csv"]:
        say(line)
