"""Result folders made by hand: small random environments, with numbers from plain loops over fractions."""

import copy
import io
import itertools
import json
import math
import random
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import plain_definitions as plain

from robustmech.verification import manifest_text

Json = Any


def npz(arrays: dict[str, Any]) -> bytes:
    """The bytes of an `.npz` file."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@dataclass
class Artefact:
    """The contents of a result folder, open to change."""

    problem: Json
    certificate: Json
    mechanism: dict[str, Any] | None
    information: dict[str, Any] | None

    def copy(self) -> "Artefact":
        return copy.deepcopy(self)

    def contents(self) -> dict[str, bytes]:
        files = {
            "problem.json": json.dumps(self.problem).encode(),
            "certificate.json": json.dumps(self.certificate).encode(),
        }
        if self.mechanism is not None:
            files["mechanism.npz"] = npz(self.mechanism)
        if self.information is not None:
            files["information.npz"] = npz(self.information)
        return files

    def write(self, folder: Path) -> Path:
        return write(folder, self.contents())


def write(folder: Path, contents: dict[str, bytes]) -> Path:
    """Write the files, and a manifest that is right for them."""
    folder.mkdir(exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    (folder / "MANIFEST").write_text(manifest_text(contents))
    return folder


def downward(value: Fraction) -> float:
    """The largest double that is at most this."""
    nearest = float(value)
    return nearest if Fraction(nearest) <= value else math.nextafter(nearest, -math.inf)


def upward(value: Fraction) -> float:
    """The smallest double that is at least this."""
    return -downward(-value)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a random artefact looks like."""

    seed: int
    lower_weights: list[list[int]]
    upper_weights: list[list[int]]
    states: int = 3
    transfers: bool = True
    groups: tuple[int, ...] = (0, 0)  # the group of each decision
    required: tuple[bool, ...] = (False,)
    caps: tuple[str, ...] = ("1", "1")
    penalty: bool = False
    limits: str = "known"  # known: μ itself; rows: random rows with equal, one-sided and no limits
    signed: bool = False  # whether utilities may be negative; then nothing happens where someone plays action 0

    @property
    def agents(self) -> int:
        return len(self.lower_weights)


def make(recipe: Recipe) -> Artefact:
    """An artefact that is right, with claims that are tight to the last digit."""
    rng = random.Random(recipe.seed)

    def number(least: int = 0) -> Fraction:
        return Fraction(rng.randint(least, 12), rng.randint(1, 6))

    agents, states, decisions = recipe.agents, recipe.states, len(recipe.groups)
    u = [[[number(-9 if recipe.signed else 0) for _ in range(decisions)] for _ in range(states)] for _ in range(agents)]
    w = [[number(-12) if rng.random() < 0.7 else Fraction(0) for _ in range(decisions)] for _ in range(states)]
    penalty = [number(-6) for _ in range(states)] if recipe.penalty else None
    caps = [Fraction(cap) for cap in recipe.caps]
    information, mixture, correction, sigma = _information(recipe, rng)
    prior = [sum((sigma[key] for key in sigma if key[-1] == state), Fraction(0)) for state in range(states)]
    rows, lower, upper = _limits(recipe, rng, prior)
    multipliers = [
        Fraction(rng.randint(-9 if high is not None else 0, 9 if low is not None else 0), rng.randint(1, 7))
        for low, high in zip(lower, upper, strict=True)
    ]
    environment = plain.Environment(
        u=u, w=w, transfers=recipe.transfers, groups=recipe.groups, required=recipe.required, caps=caps,
        rows=rows, lower=lower, upper=upper, penalty=penalty,
    )  # fmt: skip
    information["interim_values"] = _interim_values(recipe, environment, sigma)
    mechanism, allocation = _mechanism(recipe, rng)
    bound, excess = plain.lower_number(environment, recipe.lower_weights, allocation, multipliers)
    if recipe.transfers:
        shape = tuple(map(len, recipe.lower_weights))
        balanced = plain.balanced(recipe.lower_weights, excess)
        payments = plain.transfers_with_growth(recipe.lower_weights, balanced)
        mechanism["aggregate_excess_growth"] = _doubles(shape, balanced)
        mechanism["transfers"] = np.stack([_doubles(shape, own) for own in payments])
        stored = [{x: Fraction(float(own[x])) for x in payments[0]} for own in mechanism["transfers"]]
        bound = plain.stored_number(recipe.lower_weights, bound, excess, stored)
    return Artefact(
        problem=_problem_json(recipe, environment),
        certificate={
            "schema": "robustmech/certificate",
            "version": 2,
            "software": "robustmech 0.1.0",
            "lower": {
                "value": downward(bound),
                "discretisation": _grid_json(recipe.lower_weights),
                "multipliers": [str(multiplier) for multiplier in multipliers],
                "prior": [str(share) for share in prior],
            },
            "upper": {
                "value": upward(plain.upper_number(environment, recipe.upper_weights, sigma)),
                "discretisation": _grid_json(recipe.upper_weights),
                "mixture": str(mixture),
                "correction": [str(share) for share in correction],
            },
        },
        mechanism=mechanism,
        information=information,
    )


def _doubles(shape: tuple[int, ...], values: dict[tuple[int, ...], Fraction]) -> Any:
    array = np.zeros(shape)
    for key, value in values.items():
        array[key] = float(value)
    return array


def _grid_json(weights: list[list[int]]) -> Json:
    names = [f"grid {agent}" for agent in range(len(weights))]
    return {"kind": "grid", "names": names, "weights": [[str(weight) for weight in own] for own in weights]}


def _mechanism(recipe: Recipe, rng: random.Random) -> tuple[dict[str, Any], plain.Allocation]:
    """Random decisions in the decision set, in multiples of 1/60."""
    denominator, shape = 60, tuple(map(len, recipe.lower_weights))
    decisions = np.zeros((*shape, len(recipe.groups)), dtype=np.int64)
    for profile in np.ndindex(*shape):
        if recipe.signed and 0 in profile:
            continue
        for group, required in enumerate(recipe.required):
            own = [k for k, other in enumerate(recipe.groups) if other == group]
            rng.shuffle(own)
            left = denominator
            for k in own:
                most = min(left, int(Fraction(recipe.caps[k]) * denominator))
                decisions[(*profile, k)] = most if required else rng.randint(0, most)
                left -= int(decisions[(*profile, k)])
    allocation = {
        profile: [Fraction(int(level), denominator) for level in decisions[profile]] for profile in np.ndindex(*shape)
    }
    return {"decisions": decisions, "denominator": np.int64(denominator)}, allocation


def _information(recipe: Recipe, rng: random.Random) -> tuple[dict[str, Any], Fraction, list[Fraction], plain.JointLaw]:
    """A random law, in which some entries are zero, mixed with another."""
    shape, states = tuple(map(len, recipe.upper_weights)), recipe.states
    counts = np.zeros((*shape, states), dtype=np.int64)
    denominator = 24 if recipe.transfers else 24 * math.prod(shape)
    for profile in np.ndindex(*shape) if recipe.transfers else [()]:
        places = list(np.ndindex(counts[profile].shape))
        for place in rng.choices(places, k=denominator):
            counts[(*profile, *place)] += 1
    mixture, correction = (
        Fraction(1, 7),
        [Fraction(1 + state, states * (states + 1) // 2) for state in range(states)],
    )
    sigma: plain.JointLaw = {}
    for profile in np.ndindex(*shape):
        mass = plain.mass(recipe.upper_weights, profile)
        for state in range(states):
            law = Fraction(int(counts[(*profile, state)]), denominator)
            part = mass * law if recipe.transfers else law
            sigma[(*profile, state)] = (1 - mixture) * part + mixture * mass * correction[state]
    arrays = {
        "law": counts,
        "denominator": np.int64(denominator),
        "joint": _doubles((*shape, states), sigma),
    }
    return arrays, mixture, correction, sigma


def _own_decisions(recipe: Recipe) -> list[list[int]]:
    return [[k for k in range(len(recipe.groups)) if k % recipe.agents == i] for i in range(recipe.agents)]


def _interim_values(recipe: Recipe, environment: plain.Environment, sigma: plain.JointLaw) -> Any:
    """Expected utility of each own decision given the signals; agents may have different numbers of them."""
    own, shape = _own_decisions(recipe), tuple(map(len, recipe.upper_weights))
    values = np.zeros((recipe.agents, max(map(len, own)), *shape))
    for agent, decisions in enumerate(own):
        for good, k in enumerate(decisions):
            for profile in np.ndindex(*shape):
                law = [sigma[(*profile, state)] for state in range(recipe.states)]
                total = sum((p * environment.u[agent][t][k] for t, p in enumerate(law)), Fraction(0))
                values[(agent, good, *profile)] = float(total / sum(law, Fraction(0))) if any(law) else 0.0
    return values


def _limits(
    recipe: Recipe, rng: random.Random, prior: list[Fraction]
) -> tuple[list[list[Fraction]], list[Fraction | None], list[Fraction | None]]:
    """Rows and limits that this prior meets, some of them just so."""
    states = range(recipe.states)
    if recipe.limits == "known":
        rows = [[Fraction(int(row == state)) for state in states] for row in states]
        return rows, list(prior), list(prior)
    rows = [[Fraction(rng.randint(-4, 4), 3) for _ in states] for _ in range(4)]
    values = [sum((b * mass for b, mass in zip(row, prior, strict=True)), Fraction(0)) for row in rows]
    return rows, [values[0], values[1] - 1, None, None], [values[0] + 1, None, values[2], None]


def _problem_json(recipe: Recipe, environment: plain.Environment) -> Json:
    agents, states, decisions = recipe.agents, recipe.states, len(recipe.groups)
    utilities = [
        (i, t, k, environment.u[i][t][k])
        for i, t, k in itertools.product(range(agents), range(states), range(decisions))
        if environment.u[i][t][k]
    ]
    payoff = [(t, k, environment.w[t][k]) for t in range(states) for k in range(decisions) if environment.w[t][k]]
    rows = [(r, t, b) for r, row in enumerate(environment.rows) for t, b in enumerate(row) if b]
    limits = {
        side: [None if limit is None else str(limit) for limit in values]
        for side, values in (("lower", environment.lower), ("upper", environment.upper))
    }
    penalty = environment.penalty
    return {
        "schema": "robustmech/problem",
        "version": 1,
        "agents": agents,
        "states": states,
        "decisions": decisions,
        "transfers": recipe.transfers,
        "agent_names": [f"bidder {i}" for i in range(agents)],
        "decision_names": [f"good {k}" for k in range(decisions)],
        "utilities": _sparse(("agent", "state", "decision"), utilities),
        "payoff": _sparse(("state", "decision"), payoff),
        "decision_set": {
            "group": list(recipe.groups),
            "required": list(recipe.required),
            "cap": list(recipe.caps),
        },
        "beliefs": {
            **_sparse(("row", "state"), rows),
            **limits,
            "penalty": None if penalty is None else [str(cost) for cost in penalty],
        },
        "own_decisions": _own_decisions(recipe),
    }


def _sparse(axes: tuple[str, ...], entries: list[Any]) -> Json:
    return {
        **{axis: [entry[place] for entry in entries] for place, axis in enumerate(axes)},
        "value": [str(entry[-1]) for entry in entries],
    }


RECIPES = {
    "one agent, two actions": Recipe(seed=1, lower_weights=[[1, 1]], upper_weights=[[1, 1]], states=2),
    "unequal weights": Recipe(seed=2, lower_weights=[[3, 5, 2], [7, 1]], upper_weights=[[2, 9], [4, 1, 6]]),
    "three agents": Recipe(
        seed=3, lower_weights=[[1, 1], [1, 2], [1, 3]], upper_weights=[[5, 1], [1, 1], [2, 7]],
        groups=(0, 0, 0), caps=("1", "1", "1"),
    ),
    "single action": Recipe(seed=4, lower_weights=[[4], [1, 2, 3]], upper_weights=[[9, 3, 3], [2]]),
    "belief rows": Recipe(
        seed=5, lower_weights=[[1, 4], [2, 3, 2]], upper_weights=[[2, 3], [3, 3]],
        states=4, limits="rows", penalty=True,
    ),
    "caps and a required group": Recipe(
        seed=6, lower_weights=[[1, 2, 3], [1, 2]], upper_weights=[[1, 2], [5, 2]],
        groups=(0, 1, 0, 1, 0), required=(True, False), caps=("1/2", "2/3", "1/4", "1/3", "1/2"),
        limits="rows",
    ),
    "no transfers": Recipe(
        seed=7, lower_weights=[[3, 1, 1], [1, 5, 2]], upper_weights=[[2, 1, 4], [3, 2]],
        transfers=False, signed=True, penalty=True,
    ),
    "no transfers, belief rows, required": Recipe(
        seed=8, lower_weights=[[3, 1], [1, 5]], upper_weights=[[2, 1], [3, 2]], transfers=False,
        groups=(0, 0, 0), required=(True,), caps=("1", "1/2", "3/4"), limits="rows",
    ),
    "huge weights": Recipe(
        seed=9, lower_weights=[[9**j * 10 ** (99 - j) for j in (0, 40, 99)]] * 2,
        upper_weights=[[2**400, 3**150]] * 2,
    ),
}  # fmt: skip
