"""A thousand forged folders: none ends in a traceback, and none that verifies claims more than is true.

Truth is asked of loops over fractions on grids, and on meshes of the solver, for the problem as the forger left it.
"""

import itertools
import json
import random
import tempfile
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import plain_definitions as plain
import pytest

from artefacts import solved_meshes, solved_problems
from artefacts.solved_problems import contents, load, renew_manifest
from robustmech import Grid, solve
from robustmech.artefacts import read_result
from robustmech.artefacts.encoding import decode_environment
from robustmech.errors import InputError, RobustmechError
from robustmech.verification import Verification, verify

Json = Any
GRIDS = ("common value", "custom grid", "no transfers", "limits and penalty", "entry payments", "three bidders")
MESHES = (
    "cost and caps: triangles, exponential sums",
    "cost and caps: crossed triangles, exponential boxes",
    "common value: boxes, exponential boxes",
    "cost and caps: shares, exponential sums",
    "entry payments: crossed triangles, exponential boxes",
    "no transfers: boxes, slanted sums",
)
EACH = 84
NUMBERS = ["0", "1", "-1", "1/3", "1000000000000", "-1000000000000", "1/1000000000000", "9" * 400, "1/" + "7" * 400]
SHIFTS = [1e-15, -1e-15, 1e-9, -1e-9, 1e-3, -1e-3, 1.0, -1.0, 1e12, -1e12, 1e300]


class Forger:
    """Changes what is in a folder at random, and makes the list of digests right again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.rng = folder, random.Random(seed)
        self.files = {name: json.loads((folder / name).read_bytes()) for name in ("problem.json", "certificate.json")}
        self.arrays = {name: load(folder / name) for name in ("mechanism.npz", "information.npz")}

    def forge(self) -> None:
        acts: list[Callable[[], None]] = [self.leaf, self.leaf, self.array, self.array, self.boast, *self.plots()]
        for act in self.rng.sample(acts, self.rng.randint(1, 3)):
            with suppress(AttributeError, IndexError, KeyError, TypeError, ValueError):  # after what an earlier act did
                act()
        if self.rng.random() < 0.3:
            self.boast()
        for name, content in self.files.items():
            (self.folder / name).write_text(json.dumps(content))
        for name, arrays in self.arrays.items():
            np.savez(self.folder / name, **arrays)  # type: ignore[arg-type]
        renew_manifest(self.folder)

    def plots(self) -> list[Callable[[], None]]:
        return [self.impossible_state, self.contradiction, self.nothing_paid, self.shifted_multipliers, self.one_side]

    @property
    def problem(self) -> Json:
        return self.files["problem.json"]

    @property
    def certificate(self) -> Json:
        return self.files["certificate.json"]

    def leaf(self) -> None:
        """Some entry of a file is another one, gone, twice there, or of another kind."""
        place = self.files[self.rng.choice(list(self.files))]
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                return
            key = self.rng.choice(keys)
            if isinstance(place[key], dict | list) and self.rng.random() < 0.9:
                place = place[key]
                continue
            break
        if self.rng.random() < 0.1:
            del place[key]
        elif isinstance(place, list) and self.rng.random() < 0.1:
            place.insert(key, place[key])
        else:
            place[key] = self.other(place[key])

    def other(self, value: Json) -> Json:
        """A value like another one."""
        kinds: list[Json] = [None, [], {}, True, "\x1b[31m", 1, 0.5, "1/2"]
        if self.rng.random() < 0.15:
            return self.rng.choice(kinds)
        if isinstance(value, str):
            return self.rng.choice(NUMBERS)
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return value + self.rng.choice([-1, 1, 2, 10**6])
        if isinstance(value, float):
            return value + self.rng.choice(SHIFTS)
        return self.rng.choice(NUMBERS)

    def array(self) -> None:
        """Some entries of an array are others, or it has another shape or kind."""
        arrays = self.arrays[self.rng.choice(list(self.arrays))]
        if not arrays:
            return
        name = self.rng.choice(list(arrays))
        array = np.array(arrays[name])
        way = self.rng.randrange(8)
        if way < 4 and array.size:
            flat = array.reshape(-1)
            place = self.rng.randrange(array.size)
            if array.dtype == np.int64:
                flat[place] += self.rng.choice([-1, 1, 2**30, -(2**30), 2**40, 2**62])
            else:
                flat[place] += self.rng.choice(SHIFTS)
        elif way == 4:
            array = array * 0
        elif way == 5:
            array = -array
        elif way == 6:
            array = array[..., ::-1] if array.ndim else array
        else:
            array = self.rng.choice([array[:1] if array.ndim else array, array.astype(np.float32), array[None]])
        arrays[name] = np.ascontiguousarray(array) if array.ndim else array

    def boast(self) -> None:
        """Better numbers than were found."""
        for side, way in (("lower", 1), ("upper", -1)):
            claim = self.certificate.get(side) if isinstance(self.certificate, dict) else None
            if isinstance(claim, dict) and isinstance(claim.get("value"), float):
                claim["value"] += way * self.rng.choice([5e-16, 1e-14, 1e-12, 1e-9, 1e-6, 0.1, 1e9])

    def one_side(self) -> None:
        """Only one side is claimed."""
        side, name = self.rng.choice([("lower", "mechanism.npz"), ("upper", "information.npz")])
        self.certificate[side] = None
        self.arrays.pop(name, None)
        (self.folder / name).unlink(missing_ok=True)

    def row(self, entries: dict[int, str], lower: str | None, upper: str | None, multiplier: str) -> None:
        beliefs = self.problem["beliefs"]
        number = len(beliefs["lower"])
        for state, value in entries.items():
            beliefs["row"].append(number)
            beliefs["state"].append(state)
            beliefs["value"].append(value)
        beliefs["lower"].append(lower)
        beliefs["upper"].append(upper)
        if self.certificate.get("lower"):
            self.certificate["lower"]["multipliers"].append(multiplier)

    def impossible_state(self) -> None:
        """A state of probability zero in which everything is worth a great deal, and no transfers."""
        self.one_side_only("lower")
        problem, state = self.problem, self.problem["states"]
        problem["states"] = state + 1
        for agent in range(problem["agents"]):
            for axis, index in (("agent", agent), ("state", state), ("decision", agent)):
                problem["utilities"][axis].append(index)
            problem["utilities"]["value"].append("1000000000000")
        if problem["beliefs"]["penalty"] is not None:
            problem["beliefs"]["penalty"].append("0")
        self.row({state: "1"}, "0", "0", "-1000000000000000000")
        self.certificate["lower"]["prior"].append("0")
        if self.rng.random() < 0.7:
            self.nothing_paid()

    def contradiction(self) -> None:
        """Beliefs that no law of the state can have."""
        self.one_side_only("lower")
        everything = dict.fromkeys(range(self.problem["states"]), "1")
        self.row(everything, "2", None, "300000000")
        self.certificate["lower"]["value"] = 3e8

    def one_side_only(self, side: str) -> None:
        other, name = ("upper", "information.npz") if side == "lower" else ("lower", "mechanism.npz")
        self.certificate[other] = None
        self.arrays.pop(name, None)
        (self.folder / name).unlink(missing_ok=True)

    def nothing_paid(self) -> None:
        """No transfers at all."""
        arrays = self.arrays.get("mechanism.npz", {})
        for name in ("transfers", "aggregate_excess_growth", "growth", "entry_payments"):
            if name in arrays:
                arrays[name] = arrays[name] * 0

    def shifted_multipliers(self) -> None:
        """Multipliers with a huge constant added, which changes Ξ and not the number."""
        claim = self.certificate.get("lower")
        if claim:
            claim["multipliers"] = [str(Fraction(y) + 10**16) for y in claim["multipliers"]]


def numbers(texts: list[str | None]) -> list[Fraction | None]:
    return [None if text is None else Fraction(text) for text in texts]


def plain_environment(problem: Json) -> plain.Environment:
    agents, states, decisions = (range(problem[axis]) for axis in ("agents", "states", "decisions"))
    u = [[[Fraction(0) for _ in decisions] for _ in states] for _ in agents]
    w = [[Fraction(0) for _ in decisions] for _ in states]
    rows = [[Fraction(0) for _ in states] for _ in problem["beliefs"]["lower"]]
    table = problem["utilities"]
    for i, state, k, value in zip(*(table[x] for x in ("agent", "state", "decision", "value")), strict=True):
        u[i][state][k] = Fraction(value)
    table = problem["payoff"]
    for state, k, value in zip(*(table[x] for x in ("state", "decision", "value")), strict=True):
        w[state][k] = Fraction(value)
    table = problem["beliefs"]
    for row, state, value in zip(*(table[x] for x in ("row", "state", "value")), strict=True):
        rows[row][state] = Fraction(value)
    chosen, penalty = problem["decision_set"], table["penalty"]
    return plain.Environment(
        u=u, w=w, transfers=problem["transfers"], groups=tuple(chosen["group"]), required=tuple(chosen["required"]),
        caps=[Fraction(cap) for cap in chosen["cap"]], rows=rows, lower=numbers(table["lower"]),
        upper=numbers(table["upper"]), penalty=None if penalty is None else [Fraction(cost) for cost in penalty],
    )  # fmt: skip


def possible(environment: plain.Environment, prior: list[Fraction]) -> bool:
    held = [sum((b * p for b, p in zip(row, prior, strict=True)), Fraction(0)) for row in environment.rows]
    limits = zip(held, environment.lower, environment.upper, strict=True)
    met = all((low is None or low <= value) and (high is None or value <= high) for value, low, high in limits)
    return met and min(prior) >= 0 and sum(prior) == 1


def true_lower(folder: Path, problem: Json, claim: Json) -> Fraction | None:
    """The guarantee of the mechanism on a grid by its local inequalities, None if it is no mechanism of the problem."""
    environment, arrays = plain_environment(problem), load(folder / "mechanism.npz")
    weights = [[int(weight) for weight in own] for own in claim["discretisation"]["weights"]]
    denominator = int(arrays["denominator"].item())
    allocation = {
        x: [Fraction(int(level), denominator) for level in arrays["decisions"][x]] for x in plain.profiles(weights)
    }
    for levels in allocation.values():
        if any(level < 0 or level > cap for level, cap in zip(levels, environment.caps, strict=True)):
            return None
        for group, required in enumerate(environment.required):
            total = sum((c for c, own in zip(levels, environment.groups, strict=True) if own == group), Fraction(0))
            if total > 1 or (required and total != 1):
                return None
    agents = range(len(weights))
    paid = [dict.fromkeys(allocation, Fraction(0)) for _ in agents]
    if environment.transfers:
        paid = [{x: Fraction(float(own[x])) for x in allocation} for own in arrays["transfers"]]
    for i, x, state in itertools.product(agents, allocation, range(len(environment.w))):
        worth = sum((u * c for u, c in zip(environment.u[i][state], allocation[x], strict=True)), Fraction(0))
        if x[i] == 0 and worth < paid[i][x]:
            return None
    if not possible(environment, [Fraction(share) for share in claim["prior"]]):
        return None
    multipliers = [Fraction(y) for y in claim["multipliers"]]
    number, excess = plain.lower_number(environment, weights, allocation, multipliers)
    return plain.stored_number(weights, number, excess, paid) if environment.transfers else number


def true_upper(folder: Path, problem: Json, claim: Json) -> Fraction | None:
    """The potential of the information on a grid, None if it is no information that the beliefs allow."""
    environment, arrays = plain_environment(problem), load(folder / "information.npz")
    weights = [[int(weight) for weight in own] for own in claim["discretisation"]["weights"]]
    mixture, correction = Fraction(claim["mixture"]), [Fraction(share) for share in claim["correction"]]
    sigma = {}
    for x in plain.profiles(weights):
        mass = plain.mass(weights, x)
        for state, share in enumerate(correction):
            law = Fraction(int(arrays["law"][(*x, state)]), int(arrays["denominator"].item()))
            sigma[(*x, state)] = (1 - mixture) * (law * mass if environment.transfers else law) + mixture * mass * share
        marginal = sum((sigma[(*x, state)] for state in range(len(correction))), Fraction(0))
        if environment.transfers and marginal != mass:
            return None
    prior = [sum((sigma[(*x, t)] for x in plain.profiles(weights)), Fraction(0)) for t in range(len(correction))]
    if min(sigma.values()) < 0 or not possible(environment, prior):
        return None
    return plain.upper_number(environment, weights, sigma)


def check_on_grids(folder: Path, found: Verification) -> None:
    problem, certificate = (json.loads((folder / name).read_bytes()) for name in ("problem.json", "certificate.json"))
    if found.claimed_lower is not None:
        truth = true_lower(folder, problem, certificate["lower"])
        assert truth is not None
        assert Fraction(found.claimed_lower) <= truth == found.lower
    if found.claimed_upper is not None:
        truth = true_upper(folder, problem, certificate["upper"])
        assert truth is not None
        assert Fraction(found.claimed_upper) >= truth == found.upper


def check_on_meshes(folder: Path, found: Verification) -> None:
    """What is claimed does not contradict what the solver proves of the other side, with a little to spare."""
    content = json.loads((folder / "problem.json").read_bytes())
    try:
        environment = decode_environment(content | {"own_decisions": None})
        other = solve(environment, Grid.quantile(4), entry_payments=True)
    except RobustmechError:  # absurd numbers: then the claim must be about them, and it was checked exactly
        assert found.lower is not None or found.upper is not None
        return
    assert other.lower is not None
    assert other.upper is not None
    spare = 1e-9 * environment.scale
    assert found.claimed_lower is None or found.claimed_lower <= other.upper.value + spare
    assert found.claimed_upper is None or found.claimed_upper >= other.lower.value - spare


@cache
def honest(case: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as place:
        cases = solved_problems if case in GRIDS else solved_meshes
        return contents(cases.written(Path(place) / "r", case))


@pytest.mark.parametrize("case", GRIDS + MESHES)
def test_forged_folders_prove_nothing_false(case: str, tmp_path: Path) -> None:
    accepted = refused = 0
    for seed in range(EACH):
        folder = tmp_path / str(seed)
        folder.mkdir()
        for name, data in honest(case).items():
            (folder / name).write_bytes(data)
        Forger(folder, seed).forge()
        found = verify(folder)
        assert all(check.detail.isprintable() for check in found.checks)
        assert not [check for check in found.failures if "could not be checked" in check.detail], seed
        if not found.passed:
            refused += 1
            continue
        accepted += 1
        (check_on_grids if case in GRIDS else check_on_meshes)(folder, found)
        with suppress(InputError):  # one line, where a verified folder is not of the kind that we write
            read_result(folder)
    assert accepted > 0
    assert refused > EACH // 2
