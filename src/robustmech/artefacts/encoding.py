"""Environments and certificates as JSON objects with exact numbers; see docs/artefacts.md."""

from collections.abc import Iterable
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from robustmech.artefacts.meshes import encode_mesh
from robustmech.bounds import LowerBound, Solution, UpperBound
from robustmech.model import (
    Beliefs,
    DecisionSet,
    Environment,
    Grid,
    InformationStructure,
    Mechanism,
    RationalArray,
)
from robustmech.model.interior import interior_law

PROBLEM_SCHEMA = "robustmech/problem"
CERTIFICATE_SCHEMA = "robustmech/certificate"
PROBLEM_VERSION = 1
CERTIFICATE_VERSION = 2

Json = dict[str, object]


def encode_environment(environment: Environment) -> Json:
    """The content of problem.json."""
    chosen, beliefs = environment.decision_set, environment.beliefs
    agent, state, decision = np.nonzero(environment.utilities != 0)
    paid_state, paid_decision = np.nonzero(environment.payoff != 0)
    return {
        "schema": PROBLEM_SCHEMA,
        "version": PROBLEM_VERSION,
        "agents": environment.agents,
        "states": environment.states,
        "decisions": environment.decisions,
        "transfers": environment.transfers,
        "agent_names": list(environment.agent_names),
        "decision_names": list(environment.decision_names),
        "utilities": {
            "agent": agent.tolist(),
            "state": state.tolist(),
            "decision": decision.tolist(),
            "value": _texts(environment.utilities[agent, state, decision]),
        },
        "payoff": {
            "state": paid_state.tolist(),
            "decision": paid_decision.tolist(),
            "value": _texts(environment.payoff[paid_state, paid_decision]),
        },
        "decision_set": {
            "group": chosen.group.tolist(),
            "required": chosen.required.tolist(),
            "cap": _texts(chosen.cap),
        },
        "beliefs": {
            "row": beliefs.row.tolist(),
            "state": beliefs.column.tolist(),
            "value": _texts(beliefs.value),
            "lower": [None if v is None else str(v) for v in beliefs.lower],
            "upper": [None if v is None else str(v) for v in beliefs.upper],
            "penalty": None if beliefs.penalties is None else _texts(beliefs.penalties),
        },
        "own_decisions": None if environment.own_decisions is None else environment.own_decisions.tolist(),
    }


def encode_certificate(solution: Solution) -> Json:
    """The content of certificate.json."""
    return {
        "schema": CERTIFICATE_SCHEMA,
        "version": CERTIFICATE_VERSION,
        "software": f"robustmech {_software_version()}",
        "lower": None if solution.lower is None else _encode_lower(solution.lower, solution.environment.beliefs),
        "upper": None if solution.upper is None else _encode_upper(solution.upper),
    }


def _encode_lower(bound: LowerBound, beliefs: Beliefs) -> Json:
    mechanism = bound.mechanism
    place = _encode_grids(mechanism.grids) if isinstance(mechanism, Mechanism) else encode_mesh(mechanism.mesh)
    entry = mechanism.entry_payments
    return {
        "value": bound.value,
        "discretisation": place,
        "multipliers": _texts(bound.multipliers),
        "prior": _texts(interior_law(beliefs)),
        **({} if entry is None else {"entry_unit": str(entry.unit)}),
    }


def _encode_upper(bound: UpperBound) -> Json:
    information = bound.information
    common: Json = {"value": bound.value}
    if isinstance(information, InformationStructure):
        return {
            **common,
            "discretisation": _encode_grids(information.grids),
            "mixture": str(information.mixture),
            "correction": _texts(information.correction),
        }
    law = information.law
    return {
        **common,
        "discretisation": encode_mesh(information.mesh),
        "mixture": str(law.mixture),
        "correction": None if law.product_signals else _texts(law.correction),
        "state_law": _texts(law.state_law),
    }


def _encode_grids(grids: tuple[Grid, ...]) -> Json:
    return {
        "kind": "grid",
        "names": [grid.name for grid in grids],
        "weights": [[str(w) for w in grid.weights] for grid in grids],
    }


def decode_environment(content: Json) -> Environment:
    """The environment of a problem.json that `encode_environment` wrote."""
    agents, states, decisions = (int(str(content[name])) for name in ("agents", "states", "decisions"))
    zero = Fraction(0)
    utilities = np.full((agents, states, decisions), zero, dtype=object)
    payoff = np.full((states, decisions), zero, dtype=object)
    u, w = _table(content["utilities"]), _table(content["payoff"])
    utilities[tuple(np.array([u["agent"], u["state"], u["decision"]], dtype=np.int64))] = exact_numbers(u["value"])
    payoff[tuple(np.array([w["state"], w["decision"]], dtype=np.int64))] = exact_numbers(w["value"])
    chosen, known = _table(content["decision_set"]), _table(content["beliefs"])
    own = content["own_decisions"]
    return Environment(
        utilities=utilities,
        payoff=payoff,
        decision_set=DecisionSet(
            group=np.array(chosen["group"]), required=np.array(chosen["required"]), cap=exact_numbers(chosen["cap"])
        ),
        beliefs=Beliefs(
            states=states,
            row=np.array(known["row"], dtype=np.int64),
            column=np.array(known["state"], dtype=np.int64),
            value=exact_numbers(known["value"]),
            lower=tuple(None if v is None else Fraction(v) for v in known["lower"]),
            upper=tuple(None if v is None else Fraction(v) for v in known["upper"]),
            penalties=None if known["penalty"] is None else exact_numbers(known["penalty"]),
        ),
        transfers=bool(content["transfers"]),
        own_decisions=None if own is None else np.array(own, dtype=np.int64),
        agent_names=tuple(_list(content["agent_names"])),
        decision_names=tuple(_list(content["decision_names"])),
    )


def decode_grids(content: object) -> tuple[Grid, ...]:
    """The grids of one side of a certificate.json."""
    table = _table(content)
    return tuple(
        Grid(weights=tuple(int(w) for w in weights), name=str(name))
        for weights, name in zip(table["weights"], table["names"], strict=True)
    )


def exact_numbers(texts: Iterable[str]) -> RationalArray:
    """Whole numbers and fractions, of any length, as an array."""
    return np.array([Fraction(text) for text in texts], dtype=object)


def _table(content: object) -> dict[str, list[Any]]:
    if not isinstance(content, dict):
        raise TypeError("expected a JSON object")
    return content


def _list(content: object) -> list[str]:
    if not isinstance(content, list):
        raise TypeError("expected a JSON list")
    return content


def _texts(numbers: Iterable[Fraction]) -> list[str]:
    return [str(number) for number in numbers]


def _software_version() -> str:
    try:
        return version("robustmech")
    except PackageNotFoundError:
        return "0+unknown"
