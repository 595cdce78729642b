"""robustmech clear: from sealed bids to lots and payments."""

import json
from pathlib import Path

import click

from robustmech.cli.saying import say_json
from robustmech.errors import InputError


@click.command("clear", short_help="From sealed bids to lots and payments.")
@click.argument("auction", type=click.Path(path_type=Path))
@click.argument("bids", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="RESULT.json", help="Write the result to a new file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option(
    "--what-if",
    "alternatives",
    multiple=True,
    metavar="BIDDER=POINTS",
    help="Show instead what another bid would bring that bidder, who may be missing from BIDS. May be repeated.",
)
def clear_command(auction: Path, bids: Path, out: Path | None, as_json: bool, alternatives: tuple[str, ...]) -> None:
    """Clear AUCTION (a file that design wrote) with BIDS (a CSV with the columns bidder and bid)."""
    # Libraries are loaded where they are used, and so not for help or a mistyped option.
    from robustmech.auctions import read_auction, read_bids, settle
    from robustmech.auctions.writing import require_new, write_whole
    from robustmech.cli.clearing import content, show, show_alternatives

    if out is not None:
        require_new(out)
    rules = read_auction(auction)
    if alternatives:
        if out is not None:
            raise InputError("--out is for results: leave it out with --what-if")
        show_alternatives(rules, bids, alternatives, as_json)
        return
    settlement = settle(rules, read_bids(bids, rules.bidders))
    text = json.dumps(content(rules, settlement), indent=2, ensure_ascii=False, allow_nan=False)
    if out is not None:
        write_whole(out, (text + "\n").encode())
    if as_json:
        say_json(text)
    else:
        show(rules, settlement, out)
