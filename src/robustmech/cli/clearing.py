"""What clear prints and writes: the settlement, or what other bids would have brought."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from robustmech.auctions import AuctionFile, Line, SealedBids, Settlement, parse_bid, read_bids, settle
from robustmech.auctions.phrases import number_of
from robustmech.auctions.rounding import payment_rule, rounding_rule
from robustmech.cli.saying import say, say_json
from robustmech.cli.tables import ABSENT, column, padded, table
from robustmech.errors import InputError
from robustmech.problems.reading import shown

_NO_BID = "did not bid"


def content(rules: AuctionFile, settlement: Settlement) -> dict[str, object]:
    """A settlement as JSON."""
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


def show(rules: AuctionFile, settlement: Settlement, out: Path | None) -> None:
    """Print a settlement as a table."""
    say(rules.title, bold=True)
    headings = ["bidder", *_headings(rules), "lots", f"payment {rules.currency}"]
    rows = [
        [line.bidder, *row, f"{line.lots:,}", f"{line.payment:,}"]
        for line, row in zip(settlement.lines, _rows(rules, settlement.lines), strict=True)
    ]
    total = ["total", "", "", "", f"{settlement.lots:,}", f"{settlement.revenue:,}"]
    for text in table(headings, [*rows, total]):
        say(text)
    say(f"of {number_of(rules.lots, 'lot')} offered")
    say(rounding_rule(rules.rounding, rules.seed))
    say(payment_rule(rules.terms.pays_per_lot))
    say(f"digest of rules and bids: {settlement.digest}")
    if out is not None:
        say(f"written to {out}")


def _headings(rules: AuctionFile) -> list[str]:
    return ["bid", "lots in share", "price per lot" if rules.terms.pays_per_lot else "charge"]


def _rows(rules: AuctionFile, lines: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    """Bid, lots in the share, and what they cost; where a bidder gets nothing there is no price per lot."""
    costs = [
        line.expected_payment if line.price_per_lot is None else line.price_per_lot if line.expected_lots else None
        for line in lines
    ]
    lots = column([line.expected_lots for line in lines])
    return zip(padded([line.bid for line in lines]), lots, column(costs, least=rules.minor_digits), strict=True)


def show_alternatives(rules: AuctionFile, bids: Path, alternatives: tuple[str, ...], as_json: bool) -> None:
    """Each asked bidder's line as bid and with the other bid, before shares are made whole lots."""
    asked = [_asked(rules, alternative) for alternative in alternatives]
    given = read_bids(bids, rules.bidders, absent={name for name, _ in asked})
    found: list[tuple[str, Line]] = []
    for name, points in asked:
        place = rules.bidders.index(name)
        amounts = list(given.amounts)
        amounts[place] = parse_bid(points, "--what-if: the bid")
        changed = SealedBids(bidders=given.bidders, amounts=tuple(amounts))
        before = _NO_BID if name in given.absent else "as bid"
        found.append((before, settle(rules, given).lines[place]))
        found.append(("instead", settle(rules, changed).lines[place]))
    if as_json:
        answers = [_answer(case, line) for case, line in found]
        say_json(json.dumps({"currency": rules.currency, "what_if": answers}, indent=2, ensure_ascii=False))
        return
    last, digits = "lots × price" if rules.terms.pays_per_lot else "payment", rules.minor_digits
    rows = [
        [f"{line.bidder}, {case}", ABSENT if case == _NO_BID else bid, *row, f"{line.expected_payment:,.{digits}f}"]
        for (case, line), (bid, *row) in zip(found, _rows(rules, [line for _, line in found]), strict=True)
    ]
    for text in table(["bidder", *_headings(rules), f"{last} {rules.currency}"], rows):
        say(text)


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
