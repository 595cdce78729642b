"""robustmech clear: from sealed bids to lots and payments."""

import json
from pathlib import Path

import click

from robustmech.auctions import AuctionFile, Line, SealedBids, Settlement, parse_bid, read_auction, read_bids, settle
from robustmech.auctions.auction_file import write_whole
from robustmech.auctions.settlement import ROUNDING_RULE
from robustmech.errors import InputError


@click.command("clear", short_help="From sealed bids to lots and payments.")
@click.argument("auction", type=click.Path(path_type=Path))
@click.argument("bids", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="RESULT.json", help="Write the result to a new file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--what-if", metavar="BIDDER=POINTS", help="Show instead what another bid would bring that bidder.")
def clear_command(auction: Path, bids: Path, out: Path | None, as_json: bool, what_if: str | None) -> None:
    """Clear AUCTION (a file that design wrote) with BIDS (a CSV with the columns bidder and bid)."""
    if out is not None and out.exists():
        raise InputError(f"{out}: exists; results are never overwritten, choose another name")
    rules = read_auction(auction)
    given = read_bids(bids, rules.bidders)
    if what_if is not None:
        _show_alternative(rules, given, what_if)
        return
    settlement = settle(rules, given)
    text = json.dumps(_content(rules, settlement), indent=2, ensure_ascii=False, allow_nan=False)
    if out is not None:
        write_whole(out, (text + "\n").encode())
    if as_json:
        click.echo(text)
    else:
        _show(rules, settlement, out)


def _content(rules: AuctionFile, settlement: Settlement) -> dict[str, object]:
    return {
        "schema": "robustmech/settlement",
        "version": 1,
        "title": rules.title,
        "digest": settlement.digest,
        "auction_digest": rules.digest,
        "currency": rules.currency,
        "rounding": ROUNDING_RULE,
        "results": [
            {"bidder": r.bidder, "bid": r.bid, "share": r.share, "lots": r.lots, "payment": str(r.payment)}
            for r in settlement.lines
        ],
        "lots_sold": settlement.lots,
        "lots_offered": rules.lots,
        "revenue": str(settlement.revenue),
    }


def _show(rules: AuctionFile, settlement: Settlement, out: Path | None) -> None:
    click.echo(click.style(rules.title, bold=True))
    width = max(len("bidder"), *(len(line.bidder) for line in settlement.lines))
    click.echo(f"{'bidder':{width}}  {'bid':>12}  {'share':>9}  {'lots':>12}  {'payment ' + rules.currency:>18}")
    for line in settlement.lines:
        click.echo(f"{line.bidder:{width}}  {_row(line)}")
    click.echo(f"{'total':{width}}  {'':12}  {'':9}  {settlement.lots:>12,}  {settlement.revenue:>18,}")
    click.echo(ROUNDING_RULE)
    click.echo(f"digest of rules and bids: {settlement.digest}")
    if out is not None:
        click.echo(f"written to {out}")


def _row(line: Line) -> str:
    return f"{line.bid:>12}  {line.share:>9.6f}  {line.lots:>12,}  {line.payment:>18,}"


def _show_alternative(rules: AuctionFile, given: SealedBids, what_if: str) -> None:
    name, found, points = what_if.partition("=")
    name = name.strip()
    if not found or name not in rules.bidders:
        raise InputError(
            f"--what-if is '{what_if[:60]}': write a bidder of this auction and points, as in {rules.bidders[0]}=0.5"
        )
    place = rules.bidders.index(name)
    amounts = list(given.amounts)
    amounts[place] = parse_bid(points, "--what-if: the bid")
    other = settle(rules, SealedBids(bidders=given.bidders, amounts=tuple(amounts)))
    click.echo(f"as bid:   {_row(settle(rules, given).lines[place])}")
    click.echo(f"instead:  {_row(other.lines[place])}")
