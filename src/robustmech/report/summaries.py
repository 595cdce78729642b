"""What a person reads about a solution, and what a program reads."""

import math
from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from robustmech.bounds import Solution
from robustmech.bounds.solution import NO_SOLVER
from robustmech.bounds.units import program_unit
from robustmech.model import floats
from robustmech.model.interior import interior_law
from robustmech.problems import DataReport

_SHOWN_ROWS = 8
_SHOWN_DIGITS = 7
_LEAST_SHARE = 1e-4
"""No smaller share is shown."""
_FINEST_DIGITS = 16
_NOISE = 1e-8
"""Of the largest utility: smaller payments are a solver's rounding, and are not shown."""


_ASSUMED = "assumed to exist (the number does not need it)"
_UNKNOWN_TIGHTNESS = "not known: the best guarantee may be below every potential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What a gap is measured against, in the units of the designer's payoff.

    Args:
        expected_value: what the best decision that ignores the state is worth in expectation.
        efficient_surplus: what the best decision in each state is worth in expectation.
        law: which law of the state the expectations are under, in words.
    """

    expected_value: float
    efficient_surplus: float
    law: str


def yardstick(solution: Solution) -> Yardstick:
    """Expectations under the prior, where it is known, and else under the law nature chose against the designer."""
    environment = solution.environment
    beliefs = environment.beliefs
    known = beliefs.prior is not None
    law = solution.state_law if solution.state_law is not None and not known else floats(interior_law(beliefs))
    return Yardstick(
        expected_value=environment.best_constant_decision(law),
        efficient_surplus=float(law @ environment.best_surplus()),
        law="the prior" if known else "nature's law" if solution.upper is not None else "a prior inside the beliefs",
    )


def solution_rows(solution: Solution, *, timed: bool = True) -> list[tuple[str, str]]:
    """The short table: label and text.

    Args:
        solution: what to tell of.
        timed: whether to say how long it took and how much memory, which varies from run to run.
    """
    rows = []
    digits = _digits(solution)
    if solution.lower is not None:
        rows.append(("guarantee at least", _outward(solution.lower.value, digits, upward=False)))
    if solution.upper is not None:
        rows.append(("potential at most", _outward(solution.upper.value, digits, upward=True)))
    measure = yardstick(solution)
    if solution.lower is not None and solution.upper is not None:
        rows.append(("gap", _outward(solution.gap, _SHOWN_DIGITS, upward=True)))
        for name, size in (
            ("the expected value", measure.expected_value),
            ("the efficient surplus", measure.efficient_surplus),
        ):
            if size > 0:
                share = solution.gap / size
                shown = f"{share:.2%}" if share >= _LEAST_SHARE else f"less than {_LEAST_SHARE:.2%}"
                rows.append(("", f"{shown} of {name} {size:.6g} (under {measure.law})"))
    if solution.closed_form is not None:
        rows.append(
            ("closed form", f"{solution.closed_form.value:.7g} ({solution.closed_form.model}{_used(solution)})")
        )
    solved = [record for record in solution.records if record.solver is not NO_SOLVER]
    record = max(solved or solution.records, key=lambda record: record.size.nonzeros)
    solver = f"{record.solver.name} {record.solver.version}".strip()
    rows.append(("status", f"{solution.status} ({solver}: {_details(solution)})"))
    if solution.grids:
        rows.append(("grid", f"{solution.places[0]} ({record.size.profiles:,} profiles)"))
    else:
        rows += zip(_mesh_labels(solution), solution.places, strict=True)
    rows += _qualifications(solution)
    program = f"{record.size.rows:,} rows, {record.size.columns:,} columns, {record.size.nonzeros:,} non-zeros"
    rows += [
        ("program", program if solved else "none was needed"),
    ]
    if timed:
        rows.append(("time", f"{solution.seconds:.2f} s"))
        rows.append(("memory", f"{max(r.peak_memory for r in solution.records) / 2**20:,.0f} MiB at most"))
    return rows


def _qualifications(solution: Solution) -> list[tuple[str, str]]:
    """What the numbers leave out or suppose, and what they do not say."""
    rows = []
    noise = _NOISE * float(program_unit(solution.environment))
    paid = [f"up to {most:.6g} {what}" for what, most in (_entry_payments(solution) or {}).items() if most > noise]
    if paid:
        rows.append(("at lowest actions", f"{' and '.join(paid)} for taking part"))
    elif solution.entry_payments_left_out:
        rows.append(
            ("at lowest actions", "nothing is paid (such payments were left out, and might raise the guarantee)")
        )
    rows += [("restricted to", text) for text in solution.environment.restrictions]
    if solution.existence_assumed:
        rows.append(("equilibrium", _ASSUMED))
    if not solution.narrow_enough and solution.tightness is None and not solution.entry_payments_left_out:
        rows.append(("tightness", _UNKNOWN_TIGHTNESS))
    return rows


def solution_json(solution: Solution, title: str | None, *, timed: bool = True) -> dict[str, object]:
    """One JSON object; floats are written so that they read back to the same double.

    Args:
        solution: what to tell of.
        title: the problem's.
        timed: whether to say how long it took and how much memory, which varies from run to run.
    """
    measure = yardstick(solution)
    both = solution.lower is not None and solution.upper is not None
    return {
        "title": title,
        "lower": None if solution.lower is None else solution.lower.value,
        "upper": None if solution.upper is None else solution.upper.value,
        "gap": solution.gap if both else None,
        "status": solution.status.value,
        "stopped_by": solution.stopped_by,
        "tightness": _tightness(solution),
        "equilibrium_existence": _existence(solution),
        "restrictions": list(solution.environment.restrictions),
        "expected_value": measure.expected_value,
        "efficient_surplus": measure.efficient_surplus,
        "expectations_under": measure.law,
        "closed_form": _closed_form(solution),
        "places": list(solution.places),
        "entry_payments_allowed": _entry_payments_allowed(solution),
        "entry_payments": _entry_payments(solution),
        "grids": [{"name": grid.name, "actions": grid.actions} for grid in solution.grids],
        **_costs(solution, timed),
        "sides": [
            {
                "side": name,
                "status": side.record.status.value,
                "solver": side.record.solver.name,
                "detail": side.record.detail,
                "iterations": side.record.iterations,
                **({"seconds": side.record.seconds} if timed else {}),
            }
            for name, side in (("lower", solution.lower), ("upper", solution.upper))
            if side is not None
        ],
    }


def _costs(solution: Solution, timed: bool) -> dict[str, object]:
    if not timed:
        return {}
    peak = max(record.peak_memory for record in solution.records)
    return {"seconds": solution.seconds, "peak_memory_bytes": peak}


def _tightness(solution: Solution) -> str | None:
    """Why the two numbers' limits meet; None on grids, where nothing is claimed of limits, and where none is known."""
    found = solution.tightness if solution.elapsed is not None else None
    return None if found is None else found.value


def _existence(solution: Solution) -> str | None:
    """Whether the mechanism's game is known to have an equilibrium."""
    if solution.lower is None:
        return None
    return "assumed" if solution.existence_assumed else "finite game"


def _entry_payments_allowed(solution: Solution) -> bool | None:
    """Whether mechanisms could charge agents, or pay them, at action 0; None without transfers or without mechanism."""
    if solution.lower is None or not solution.environment.transfers:
        return None
    return solution.entry_payments


def _closed_form(solution: Solution) -> dict[str, object] | None:
    """The closed form's name and number, and which sides of the bracket are its own mechanism or information."""
    found = solution.closed_form
    return None if found is None else {"model": found.model, "value": found.value, "proves": _proved_by_it(solution)}


def _used(solution: Solution) -> str:
    sides = _proved_by_it(solution)
    own = {"lower": "mechanism", "upper": "information"}
    return f"; its own {' and '.join(own[side] for side in sides)}" if sides else ""


def _proved_by_it(solution: Solution) -> list[str]:
    sides = (("lower", solution.lower), ("upper", solution.upper))
    return [name for name, side in sides if side is not None and side.record.detail.startswith("closed form")]


def _entry_payments(solution: Solution) -> dict[str, float] | None:
    """The most that any agent is charged, and is paid, at its lowest action; None where that must be nothing."""
    entry = None if solution.lower is None else solution.lower.mechanism.entry_payments
    if entry is None:
        return None
    return {"charged": max(0.0, float(entry.amounts.max())), "paid": max(0.0, -float(entry.amounts.min()))}


def data_lines(data: DataReport) -> list[str]:
    """What was done with the rows of a data file."""
    law = f"{data.bins} equally likely bins" if data.bins else "the empirical law as it is"
    lines = [
        f"{data.file.name}, column {data.column}: {data.used} rows used, {data.skipped} skipped; "
        f"{law}, {len(data.law.values)} distinct values"
    ]
    skipped = [row for row in data.rows if row.reason is not None]
    lines += [f"  row {row.row} skipped: {row.reason}" for row in skipped[:_SHOWN_ROWS]]
    if len(skipped) > _SHOWN_ROWS:
        rest = Counter(str(row.reason).partition(":")[0] for row in skipped[_SHOWN_ROWS:])
        lines.append("  and " + ", ".join(f"{count} more: {reason}" for reason, count in rest.items()))
    return lines


def _mesh_labels(solution: Solution) -> list[str]:
    return [
        name for name, side in (("mechanisms", solution.lower), ("information", solution.upper)) if side is not None
    ]


def _details(solution: Solution) -> str:
    details = list(dict.fromkeys(record.detail for record in solution.records))
    if not solution.narrow_enough:
        details.append("not as narrow as asked for")
    if solution.stopped_by is not None:
        details.append(solution.stopped_by)
    return ", ".join(details)


def _digits(solution: Solution) -> int:
    """As many significant digits as tell the two numbers apart: seven, and more where they are closer."""
    if solution.lower is None or solution.upper is None or not solution.gap > 0:
        return _SHOWN_DIGITS
    closeness = max(abs(solution.lower.value), abs(solution.upper.value)) / solution.gap
    return min(_FINEST_DIGITS, max(_SHOWN_DIGITS, math.ceil(math.log10(closeness)) + 2))


def _outward(number: float, digits: int, *, upward: bool) -> str:
    """So many significant digits, rounded so that the text is still a bound."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    context = Context(prec=digits, rounding=ROUND_CEILING if upward else ROUND_FLOOR)
    shown = context.create_decimal(Decimal(number))
    return f"{shown:f}" if -_SHOWN_DIGITS < shown.adjusted() < 2 * _SHOWN_DIGITS else f"{shown.normalize():e}"
