"""robustmech clear: from sealed bids to lots and payments."""

import json
from pathlib import Path

import click

from robustmech.auctions import AuctionFile, Line, SealedBids, Settlement, parse_bid, read_auction, read_bids, settle
from robustmech.auctions.rounding import payment_rule, rounding_rule
from robustmech.auctions.writing import require_new, write_whole
from robustmech.errors import InputError
from robustmech.problems.reading import shown


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
    if out is not None:
        require_new(out)
    rules = read_auction(auction)
    if alternatives:
        if out is not None:
            raise InputError("--out is for results: leave it out with --what-if")
        _show_alternatives(rules, bids, alternatives, as_json)
        return
    settlement = settle(rules, read_bids(bids, rules.bidders))
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
        "rounding": rounding_rule(rules.rounding, rules.seed),
        "payment": payment_rule(rules.terms.pays_per_lot),
        "results": [
            {
                "bidder": r.bidder,
                "bid": r.bid,
                "share": r.share,
                "expected_lots": r.expected_lots,
                "price_per_lot": r.price_per_lot,
                "lots": r.lots,
                "payment": str(r.payment),
            }
            for r in settlement.lines
        ],
        "lots_sold": settlement.lots,
        "lots_offered": rules.lots,
        "revenue": str(settlement.revenue),
    }


def _show(rules: AuctionFile, settlement: Settlement, out: Path | None) -> None:
    click.echo(click.style(rules.title, bold=True))
    width = max(len("bidder"), *(len(line.bidder) for line in settlement.lines))
    heading = _heading(rules)
    click.echo(f"{'bidder':{width}}  {heading}  {'lots':>12}  {'payment ' + rules.currency:>18}")
    for line in settlement.lines:
        click.echo(f"{line.bidder:{width}}  {_row(line)}  {line.lots:>12,}  {line.payment:>18,}")
    click.echo(f"{'total':{width}}  {'':{len(heading)}}  {settlement.lots:>12,}  {settlement.revenue:>18,}")
    click.echo(f"of {rules.lots:,} lots offered")
    click.echo(rounding_rule(rules.rounding, rules.seed))
    click.echo(payment_rule(rules.terms.pays_per_lot))
    click.echo(f"digest of rules and bids: {settlement.digest}")
    if out is not None:
        click.echo(f"written to {out}")


def _heading(rules: AuctionFile) -> str:
    third = "price per lot" if rules.terms.pays_per_lot else "charge"
    return f"{'bid':>12}  {'lots in share':>16}  {third:>14}"


def _row(line: Line) -> str:
    third = line.expected_payment if line.price_per_lot is None else line.price_per_lot
    return f"{line.bid:>12}  {line.expected_lots:>16,.4f}  {third:>14,.7g}"


def _show_alternatives(rules: AuctionFile, bids: Path, alternatives: tuple[str, ...], as_json: bool) -> None:
    """Each asked bidder's line as bid and with the other bid, before shares are made whole lots."""
    asked = [_asked(rules, alternative) for alternative in alternatives]
    given = read_bids(bids, rules.bidders, absent={name for name, _ in asked})
    found: list[tuple[str, Line]] = []
    for name, points in asked:
        place = rules.bidders.index(name)
        amounts = list(given.amounts)
        amounts[place] = parse_bid(points, "--what-if: the bid")
        changed = SealedBids(bidders=given.bidders, amounts=tuple(amounts))
        found.append(("as bid", settle(rules, given).lines[place]))
        found.append(("instead", settle(rules, changed).lines[place]))
    if as_json:
        answers = [_answer(case, line) for case, line in found]
        click.echo(json.dumps({"currency": rules.currency, "what_if": answers}, indent=2, ensure_ascii=False))
        return
    width = max(len(line.bidder) for _, line in found)
    last = "lots × price" if rules.terms.pays_per_lot else "payment"
    click.echo(f"{'':{width}}           {_heading(rules)}  {last + ' ' + rules.currency:>22}")
    for case, line in found:
        cost = f"{line.expected_payment:,.{rules.minor_digits}f}"
        click.echo(f"{line.bidder:{width}}  {case + ':':8} {_row(line)}  {cost:>22}")


def _answer(case: str, line: Line) -> dict[str, object]:
    return {
        "bidder": line.bidder,
        "case": case,
        "bid": line.bid,
        "expected_lots": line.expected_lots,
        "price_per_lot": line.price_per_lot,
        "expected_payment": line.expected_payment,
    }


def _asked(rules: AuctionFile, alternative: str) -> tuple[str, str]:
    """The bidder and the points; a name may itself hold an equals sign."""
    name, found, points = alternative.rpartition("=")
    if not found or name.strip() not in rules.bidders:
        raise InputError(
            f"--what-if is {shown(alternative)}: write a bidder of this auction and points, "
            f"as in {shown(rules.bidders[0] + '=0.5')}"
        )
    return name.strip(), points
